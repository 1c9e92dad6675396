"""The rows of the 24-hour window for any numbers of spines and cohorts, scored as the main job scores them.

Individuals, spines, imaging and recipes are those of `simulate` and `compare`; only what drives the spines is handed
in, because no fitted number changes it. For the numbers that the package ships the rows are those of the main job.
"""

from __future__ import annotations

import numpy as np

from plastisim.calibration.means import Drive
from plastisim.calibration.response import DRUG, Setting
from plastisim.calibration.trial import WEEK, agents, one_arm
from plastisim.lab.branch_table import VEHICLE, concatenate
from plastisim.lab.comparison import ComparisonRow, compare
from plastisim.lab.turnover_fit import COVARIANCES, covariances
from plastisim.records import branch_tables, single_spine_rows
from plastisim.setup import Setup

LATE = (*WEEK, 34.0)
LINKS = ("lost, gained 2 d later", "lost, gained 4 d later", "lost, gained 6 d later", "gained, lost 2 d later")


def rows_of(setting: Setting, drive: Drive, mice: int, seed: int) -> list[ComparisonRow]:
    """Return every row of the main job for a setting, then the covariances of losses and gains within branches.

    Args:
        setting: numbers of the spines, the cohorts and the mice.
        drive: what the drug makes of neurons, at least one.
        mice: of each cohort and arm.
        seed: of all randomness.
    """
    cohorts = tuple(cohort.with_mice(mice) for cohort in setting.cohorts.values())

    def arm(name: str, sessions: tuple[float, ...]) -> Setup:
        return Setup.of(one_arm(name, sessions), cohorts, seed=seed, law=setting.law, spread=setting.spread)

    vehicle = agents(arm(VEHICLE, LATE), None)
    arms = {VEHICLE: branch_tables(vehicle), DRUG: branch_tables(agents(arm(DRUG, WEEK), drive))}
    tables = {one.name: concatenate({name: arms[name][one.name] for name in arms}) for one in cohorts}
    within = covariances(concatenate(arms[VEHICLE]))
    return [*compare(tables, single_spine_rows(vehicle), resamples=1), *_linked(within)]


def _linked(found: tuple[tuple[float, float], ...]) -> list[ComparisonRow]:
    """Return the covariances as rows: they say how many lost spines come back, which no printed mean does."""
    return [
        ComparisonRow(
            "turnover", None, "pooled", "formation", figure, "1", value, (value - 1.96 * error, value + 1.96 * error),
            one, None, bool(abs(one - value) <= 1.96 * error), max(abs(one - value) / (1.96 * error) - 1.0, 0.0),
            "deposited tables of Shao et al. 2021 and 2025, vehicle mice",
        )
        for figure, (value, error), (one, _) in zip(LINKS, COVARIANCES, found, strict=True)
    ]  # fmt: skip


def worth(errors: np.ndarray) -> float:
    """Return how many independent rows some rows are worth, from how they err together, shape (run, row).

    (sum of the eigenvalues of their correlation)² over the sum of the squared ones, less what few runs add by chance.
    """
    runs, rows = errors.shape
    together = np.square(np.corrcoef(errors.T)).sum() - rows * (rows - 1) / (runs - 1)
    return rows**2 / max(float(together), float(rows))
