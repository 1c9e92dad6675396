"""The change of spine density over the sessions, arm by arm: of any table, and as measured in the published cohorts."""

from __future__ import annotations

import dataclasses

import numpy as np

from plastisim.lab.branch_table import SPINE_DENSITY, VEHICLE, BranchTable
from plastisim.lab.statistics import RESAMPLES, Arm, Change, Statistic


@dataclasses.dataclass(frozen=True)
class Point:
    """Mean change of one arm on one day, with its 95 % interval (mice resampled).

    Args:
        cohort: which cohort.
        condition: `vehicle`, or the drug.
        day: session, dose on day 0.
        value: mean over branches of the change from the same branch's mean before the dose, per cent.
        interval: 95 % interval, per cent.
        n_mice: mice of the arm.
    """

    cohort: str
    condition: str
    day: float
    value: float
    interval: tuple[float, float]
    n_mice: int


def time_course(table: BranchTable, cohort: str, resamples: int = RESAMPLES) -> list[Point]:
    """Return the points of every arm and session after the dose.

    Args:
        table: branches of one cohort.
        cohort: its name.
        resamples: bootstrap resamples of the mice.
    """
    points = []
    for arm, condition in ((Arm.VEHICLE, VEHICLE), *((Arm.DRUG, drug) for drug in table.drugs())):
        density = table.select(condition).spine_density
        measured = np.isfinite(density).any(axis=0)  # a session may have been counted for turnover only
        for day in (float(day) for day in table.days[measured] if day > 0):
            drug = None if arm is Arm.VEHICLE else condition
            found = Statistic(arm, Change(day)).evaluate(table, SPINE_DENSITY, drug=drug, resamples=resamples)
            points.append(Point(cohort, condition, day, found.value, found.interval(), found.mice[0]))
    return points


def _measured(cohort: str, condition: str, n_mice: int, *points: tuple[float, float, float, float]) -> list[Point]:
    return [Point(cohort, condition, day, value, (low, high), n_mice) for day, value, low, high in points]


# Computed by `time_course` from the deposited tables of Shao et al. 2021 (doi 10.1016/j.neuron.2021.06.008; 85
# vehicle and 76 drug branches) and Shao, Liao et al. 2025 (doi 10.1038/s41586-025-08813-6; 85 and 75), seed 0.
MEASURED = (
    *_measured(
        "Thy1-GFP", VEHICLE, 6,
        (1, -3.0, -4.8, -0.2), (3, -2.7, -4.6, 0.7), (5, -1.6, -4.9, 1.8), (7, -1.4, -4.2, 2.3),
    ),
    *_measured(
        "Thy1-GFP", "psilocybin", 6,
        (1, 7.0, 0.8, 12.7), (3, 10.1, 3.0, 17.3), (5, 10.8, 3.4, 17.7), (7, 12.4, 2.8, 20.4),
    ),
    *_measured(
        "PT", VEHICLE, 8,
        (1, -3.3, -6.2, -0.6), (3, -1.8, -5.0, 2.1), (5, -3.8, -6.8, -0.2), (7, -4.3, -7.4, -0.7),
    ),
    *_measured(
        "PT", "psilocybin", 9,
        (1, 19.1, 15.9, 22.1), (3, 17.4, 13.3, 20.9), (5, 19.5, 15.9, 23.3), (7, 19.1, 17.4, 20.8),
    ),
)  # fmt: skip
