"""The read-outs: what can be asked of a finished run, each with name, unit and how it is computed, in one list.

Every read-out gives a number for each animal. What is seen of spines comes through the virtual microscope,
a molecule from the recorded frames (reading.py). A mouse has a twin in every arm: a difference between arms is the mean
over mice of twin minus twin, and its interval comes from drawing mice with replacement. In a laboratory nobody has a
twin; there the same number of mice leaves a wider interval.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

import numpy as np

from plastisim.engine.errors import ConfigError
from plastisim.lab.branch_table import ELIMINATION, FORMATION, HEAD_WIDTH, SPINE_DENSITY, FloatArray, Quantity
from plastisim.lab.summaries import resampled_mean

RESAMPLES = 2000  # of the mice


@dataclasses.dataclass(frozen=True)
class Readout:
    """One thing that can be asked of a run.

    Args:
        name: as it is asked for.
        label: in a word or two, for figures.
        unit: ASCII.
        long_name: words for tables and axis labels.
        source: recorded variable, or imaged quantity.
        imaged: seen in an imaging session; else recorded while the run goes on.
        fold: whether it is usually given as a multiple of vehicle.
        compared: with what was seen of the same mouse before the dose or in the session before.
    """

    name: str
    label: str
    unit: str
    long_name: str
    source: str | Quantity
    imaged: bool = False
    fold: bool = False
    compared: bool = False


_COMPARED = {"imaged": True, "compared": True}
READOUTS = {
    one.name: one
    for one in (
        Readout("density", "spine density", "%", "spine density, change from own baseline", SPINE_DENSITY, **_COMPARED),
        Readout("head_width", "head width", "%", "spine head width, change from own baseline", HEAD_WIDTH, **_COMPARED),
        Readout("formation", "formation", "%", "spines formed since the previous session", FORMATION, **_COMPARED),
        Readout(
            "elimination", "elimination", "%", "spines eliminated since the previous session", ELIMINATION, **_COMPARED
        ),
        Readout(
            "new_spine_survival",
            "new-spine survival",
            "%",
            "spines new in the first session after day 0, still there",
            "",
            **_COMPARED,
        ),
        Readout("spine_density", "spines per um", "1/um", "spine density as counted", SPINE_DENSITY, True, True),
        Readout("mepsc_frequency", "mEPSC frequency", "1", "mEPSC frequency, vehicle 1", "frequency", imaged=True),
        Readout("mepsc_amplitude", "mEPSC amplitude", "1", "mEPSC amplitude, vehicle 1", "amplitude", imaged=True),
        Readout(
            "branch_points", "branch points", "1", "branch points of a dendritic tree", "branch_points", True, True
        ),
        Readout(
            "sholl_crossings", "Sholl crossings", "1", "most Sholl crossings at one distance", "crossings", True, True
        ),
        Readout("calcium", "Ca²⁺", "umol/L", "free cytosolic Ca2+", "calcium_free", fold=True),
        Readout("firing_rate", "firing rate", "1/s", "firing rate", "firing_rate", fold=True),
        Readout("perk", "pERK", "1", "phosphorylated ERK", "erk", fold=True),
        Readout("bdnf_mrna", "Bdnf mRNA", "1", "Bdnf mRNA", "bdnf_mrna", fold=True),
        Readout("bdnf", "BDNF", "nmol/L", "extracellular BDNF", "bdnf_extracellular", fold=True),
        Readout("trkb", "active TrkB", "1", "active TrkB", "trkb_active", fold=True),
        Readout("mtorc1", "mTORC1", "1", "active mTORC1", "mtorc1", fold=True),
        Readout("s6", "S6 kinase", "1", "active S6 kinase", "s6k", fold=True),
        Readout(
            "plasticity_proteins", "plasticity proteins", "1", "plasticity proteins", "plasticity_proteins", fold=True
        ),
        Readout(
            "occupancy", "5-HT2A occupancy", "%", "surface 5-HT2A occupied by what was given", "compound_bound_surface"
        ),
        Readout(
            "head_twitch_drive", "surface 5-HT2A drive", "1", "agonist drive of surface 5-HT2A", "drive_htr2a_surface"
        ),
        Readout(
            "inside_drive", "inner 5-HT2A drive", "1", "agonist drive of intracellular 5-HT2A", "drive_htr2a_inside"
        ),
    )
}


@dataclasses.dataclass(frozen=True)
class Asked:
    """A read-out that is wanted, and when.

    Args:
        name: of `READOUTS`.
        times: s from day 0; imaged read-outs without times are taken in every session after day 0.
    """

    name: str
    times: tuple[float, ...] = ()


@dataclasses.dataclass(frozen=True)
class Estimate:
    """A mean over mice and its 95 % interval, mice drawn with replacement."""

    value: float
    interval: tuple[float, float]
    n_mice: int


@dataclasses.dataclass(frozen=True, eq=False)
class Found:
    """One read-out of one cohort.

    Attributes:
        readout: what it is.
        cohort: name of the cohort.
        arms: names; the first is the vehicle.
        times: s from day 0.
        values: one number an animal, shape (arm, mouse, time).
    """

    readout: Readout
    cohort: str
    arms: tuple[str, ...]
    times: tuple[float, ...]
    values: FloatArray

    def mice(self, arm: str, time: float | None = None) -> FloatArray:
        """Return the number of every mouse of an arm, shape (mouse,); None is the last time.

        Raises:
            ConfigError: there is no such arm or time.
        """
        if arm not in self.arms:
            raise ConfigError(f"there is no arm {arm!r}; there are {', '.join(self.arms)}")
        if time is not None and time not in self.times:
            raise ConfigError(f"{self.readout.name} was not asked for at {time:g} s")
        return self.values[self.arms.index(arm), :, -1 if time is None else self.times.index(time)]

    def mean(self, arm: str, time: float | None = None) -> Estimate:
        """Return the mean of an arm."""
        return _estimate(self.mice(arm, time)[:, None], lambda means: means[:, 0])

    def minus(self, arm: str, time: float | None = None, other: str | None = None) -> Estimate:
        """Return the arm less another, twin by twin; None is the vehicle."""
        return _estimate(
            (self.mice(arm, time) - self.mice(other or self.arms[0], time))[:, None], lambda one: one[:, 0]
        )

    def fold(self, arm: str, time: float | None = None, other: str | None = None) -> Estimate:
        """Return the arm's mean over that of another; None is the vehicle."""
        pairs = np.stack([self.mice(arm, time), self.mice(other or self.arms[0], time)], axis=1)
        return _estimate(pairs, lambda means: means[:, 0] / means[:, 1])

    def rows(self) -> Iterator[dict[str, Any]]:
        """Yield one line of the JSON for each arm and time."""
        for arm in self.arms:
            for time in self.times:
                mean, minus = self.mean(arm, time), self.minus(arm, time)
                fold = self.fold(arm, time) if self.readout.fold else None
                yield {
                    "readout": self.readout.name, "label": self.readout.label, "unit": self.readout.unit,
                    "cohort": self.cohort, "arm": arm, "time": time, "mean": mean.value, "interval": mean.interval,
                    "minus_vehicle": minus.value, "minus_vehicle_interval": minus.interval, "n_mice": mean.n_mice,
                    "fold_of_vehicle": fold and fold.value, "fold_interval": fold and fold.interval,
                }  # fmt: skip


def known_readout(name: str) -> Readout:
    """Return a read-out by its name.

    Raises:
        ConfigError: there is none; the nearest name is offered.
    """
    import difflib

    if name in READOUTS:
        return READOUTS[name]
    near = difflib.get_close_matches(str(name), READOUTS, n=1)
    hint = f"did you mean {near[0]!r}? " if near else ""
    raise ConfigError(f"there is no read-out {name!r}; {hint}known: {', '.join(READOUTS)}")


def _estimate(values: FloatArray, figure: Any) -> Estimate:
    """Return a figure of column means over mice, values (mouse, column), with its interval."""
    kept = values[np.isfinite(values).all(axis=1)]
    if not len(kept):
        return Estimate(np.nan, (np.nan, np.nan), 0)
    draws = figure(resampled_mean(kept, RESAMPLES))
    low, high = np.quantile(draws, [0.025, 0.975])
    return Estimate(float(figure(kept.mean(axis=0, keepdims=True))[0]), (float(low), float(high)), len(kept))
