"""Cohorts: mice → neurons → dendrites, and how individuals differ.

A cell type fixes what a kind of layer V neuron has in common; a cohort is one laboratory's group of mice, with its
own ordinary turnover and drift, and one random effect on the size of the drug response (targets: the same dose gave
+10 points in one cohort and +22 in another). What differs between mice, neurons and branches is in `Spread`.
"""

from __future__ import annotations

import dataclasses
from pathlib import Path

from plastisim.engine.errors import ConfigError
from plastisim.engine.fields import Fit, Source, chosen, container, fitted, parameter
from plastisim.lab.dendrites import TUFT, Compartment

RATES = Source("Neuropixels rates of layer V frontal units, awake mouse (Davi1990/psilocybin-burst-firing)", "seen")
SHAO_2021 = Source("Shao et al. 2021 Neuron 109:2535, doi 10.1016/j.neuron.2021.06.008, deposited tables", "measured")
SHAO_2025 = Source("Shao, Liao et al. 2025 Nature, doi 10.1038/s41586-025-08813-6, deposited tables", "measured")
FITTED = Fit(Path(__file__).parents[1] / "calibrated.json")


@dataclasses.dataclass(frozen=True)
class CellType:
    """What a kind of layer V pyramidal neuron has in common."""

    name: str
    htr1a_weight: float = parameter(
        0.30, "1", "inhibition of firing by 5-HT1A",
        chosen("the starting model's value; corticopontine cells are inhibited through 5-HT1A (Stephens et al. 2014)"),
    )  # fmt: skip
    spine_density: float = parameter(0.473, "1/um", "seen spines on the apical tuft at rest", SHAO_2025)


PT = CellType("PT")
IT = CellType("IT", htr1a_weight=0.10, spine_density=0.77)
"""Intratelencephalic cells: weaker 5-HT1A (commissural cells are excited, Stephens et al. 2014; size chosen), and
the density of the starting model for IT cells in the same tables."""


@container
class Spread:
    """How individuals differ; standard deviations of natural logarithms unless said otherwise."""

    reserve: float = parameter(
        0.6, "1", "receptor reserve between neurons", chosen("a third of deep layer V cells respond strongly")
    )
    rate_median: float = parameter(1.3, "1/s", "median resting rate", RATES)
    rate: float = parameter(1.37, "1", "resting rate between neurons", RATES)
    tail: float = parameter(
        0.01, "1", "share cut from each tail of the resting rate",
        chosen("leaves 0.05-32 Hz, the range for which calcium extrusion is calibrated"),
    )  # fmt: skip
    elimination: float = parameter(0.2, "1", "clearance between mice", chosen("usual spread within one strain"))
    responsiveness: float = FITTED.parameter("spread.responsiveness", "1", "drug response between mice")
    turnover: float = FITTED.parameter("spread.turnover", "1", "turnover between mice")
    density: float = FITTED.parameter("spread.density", "1", "spine set point between mice")
    branch: float = FITTED.parameter("spread.branch", "1", "spine set point between branches")
    length: float = FITTED.parameter("spread.length", "um", "median length of an imaged branch")
    length_spread: float = parameter(0.25, "1", "length between branches", fitted("row V5"))


@dataclasses.dataclass(frozen=True)
class Cohort:
    """A group of mice imaged in one way.

    Args:
        name: label.
        cell_type: what the labelled neurons are.
        mice: number of mice an arm.
        neurons: imaged neurons a mouse.
        dendrites: imaged branches a neuron.
        turnover: ordinary turnover relative to the pooled cohorts (row V7b).
        drift: slow extra loss of spines while the mice are imaged, 1/s (rows V13, V14).
        handling: share of seen spines that an injection, of vehicle too, puts below detection for a few days. Why
            density falls between day -1 and day 1 in vehicle mice (rows V11, V12) is not known; this is its size.
        responsiveness: scale on the number of spines that the drug adds; the cohort's random effect.
        spine_density: seen spines at rest on the tuft, 1/um; None takes the cell type's.
        compartment: where the branches are; its density relative to the tuft and its drive apply to all of them.
    """

    name: str
    cell_type: CellType
    mice: int
    neurons: int = 4
    dendrites: int = 3
    turnover: float = parameter(1.0, "1", "turnover relative to the pooled cohorts", chosen("the pooled cohorts"))
    drift: float = FITTED.parameter("cohorts.drift", "1/s", "slow extra loss while imaged")
    handling: float = FITTED.parameter("cohorts.handling", "1", "share of seen spines that an injection hides for days")
    responsiveness: float = parameter(1.0, "1", "random effect of the cohort on the drug response", chosen("unit"))
    spine_density: float | None = None
    compartment: Compartment = TUFT

    def __post_init__(self) -> None:
        for what in ("mice", "neurons", "dendrites"):
            value = getattr(self, what)
            if not isinstance(value, int) or isinstance(value, bool) or value < 1:
                raise ConfigError(f"cohort {self.name!r} needs at least one of {what}, but got {value!r}")
        for what in ("turnover", "drift", "handling", "responsiveness", "density"):
            value = getattr(self, what)
            if not value >= 0.0:
                raise ConfigError(f"cohort {self.name!r} needs a {what} of at least 0, but got {value!r}")

    @property
    def density(self) -> float:
        """Seen spines at rest where the branches are, 1/um."""
        on_tuft = self.cell_type.spine_density if self.spine_density is None else self.spine_density
        return on_tuft * self.compartment.relative_density

    @property
    def growth(self) -> float:
        """Scale on the number of spines that the drug adds to these branches."""
        return self.responsiveness * self.compartment.drive

    def with_mice(self, mice: int) -> Cohort:
        """Return the same cohort with another number of mice."""
        return dataclasses.replace(self, mice=mice)


THY1_GFP = Cohort(
    "Thy1-GFP", PT, mice=24, turnover=FITTED.value("Thy1-GFP.turnover", "1"),
    responsiveness=FITTED.value("Thy1-GFP.responsiveness", "1"), spine_density=0.484,
)  # fmt: skip
"""Thy1-GFP line M of Shao et al. 2021: density from its table (row V1), turnover and response fitted."""

PT_2025 = Cohort("PT", PT, mice=24, turnover=FITTED.value("PT.turnover", "1"), responsiveness=1.0)
"""Pons-projecting cells of Shao, Liao et al. 2025: turnover fitted; its response is the unit."""
