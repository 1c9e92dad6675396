"""What an experimenter computes from branches: figures with their bootstrap, drug minus vehicle, spread.

Every figure is a *measure* (which number a branch contributes) followed by a *summary* (how branches or mice are
put together) over one arm, all branches, or drug minus vehicle. Mice, not branches, are drawn with replacement,
within each arm.
"""

from __future__ import annotations

import dataclasses
import enum
import functools
from typing import NamedTuple

import numpy as np

from plastisim.engine.errors import ConfigError
from plastisim.lab.branch_table import VEHICLE, BranchTable, FloatArray, Quantity
from plastisim.lab.measures import Change, Days, Measure, Pair
from plastisim.lab.summaries import Summary, branch_mean, branch_sd, correlation, mouse_sd

RESAMPLES = 10_000


class Arm(enum.StrEnum):
    """Which branches a figure is about."""

    VEHICLE = "vehicle"
    DRUG = "drug"
    EVERY = "every arm"
    DIFFERENCE = "drug minus vehicle"


@dataclasses.dataclass(frozen=True, eq=False)
class Resampled:
    """A figure (`value`), the same figure of each bootstrap resample (`draws`), and what it was computed from."""

    value: float
    draws: FloatArray
    mice: tuple[int, ...]
    branches: tuple[int, ...]

    def interval(self, level: float = 0.95) -> tuple[float, float]:
        """Return the percentile interval that holds `level` of the resamples."""
        low, high = np.quantile(self.draws, [0.5 - level / 2, 0.5 + level / 2])
        return float(low), float(high)

    def minus(self, other: Resampled) -> Resampled:
        """Return this figure less an independent one."""
        mice, branches = other.mice + self.mice, other.branches + self.branches
        return Resampled(self.value - other.value, self.draws - other.draws, mice, branches)


def drug_of(table: BranchTable, drug: str | None = None) -> str:
    """Return the name of the drug arm.

    Args:
        table: branches of at least one drug.
        drug: which, where there are several.

    Raises:
        ConfigError: no drug arm of that name, or several and none named.
    """
    names = table.drugs()
    there = ", ".join(names) or "none"
    if drug is None and len(names) != 1:
        raise ConfigError(f"expected one drug arm, got {there}; where there are several, name one (`drug`)")
    if drug is not None and drug not in names:
        raise ConfigError(f"no drug arm {drug!r}, expected one of {there}")
    return names[0] if drug is None else drug


class _Draws(NamedTuple):
    """Resamples of mice, drawn one group after the other from one seed.

    Attributes:
        seed: of the resampling.
        resamples: how many.
        before: numbers of mice of the groups that were drawn earlier.
    """

    seed: int
    resamples: int
    before: tuple[int, ...] = ()

    def of(self, mice: int) -> np.ndarray:
        """Return how often each mouse is in each resample, shape (resample, mouse)."""
        return _drawn(self.seed, self.resamples, (*self.before, mice))


@functools.lru_cache(maxsize=8)  # dozens of figures resample the same mice
def _drawn(seed: int, resamples: int, groups: tuple[int, ...]) -> np.ndarray:
    generator = np.random.default_rng(seed)
    for mice in groups:
        draws = generator.multinomial(mice, np.full(mice, 1.0 / mice), size=resamples)
    weights = draws.astype(np.float64)
    weights.flags.writeable = False  # shared by whoever asks next
    return weights


@dataclasses.dataclass(frozen=True)
class Statistic:
    """A complete recipe: which branches, which number each contributes, how they are put together."""

    arm: Arm
    measure: Measure
    summary: Summary = branch_mean

    def evaluate(
        self,
        table: BranchTable,
        quantity: Quantity,
        *,
        drug: str | None = None,
        resamples: int = RESAMPLES,
        seed: int = 0,
    ) -> Resampled:
        """Return the figure and its bootstrap over mice.

        Args:
            table: branches of all arms.
            quantity: which quantity.
            drug: name of the drug arm, where there are several.
            resamples: number of bootstrap resamples.
            seed: of the resampling; the same seed gives the same interval.

        Raises:
            ConfigError: the arm, the quantity or a session is missing, or nothing in it was measured.
        """
        vehicle = table.select(VEHICLE)
        if self.arm is Arm.VEHICLE:
            return self._resample(vehicle, quantity, _Draws(seed, resamples))
        if self.arm is Arm.EVERY:
            return self._resample(table, quantity, _Draws(seed, resamples))
        treated = self._resample(table.select(drug_of(table, drug)), quantity, _Draws(seed, resamples))
        if self.arm is Arm.DRUG:
            return treated
        return treated.minus(self._resample(vehicle, quantity, _Draws(seed, resamples, treated.mice)))

    def _resample(self, table: BranchTable, quantity: Quantity, draws: _Draws) -> Resampled:
        sample = self.measure.sample(table, quantity)
        if sample.mice == 0:
            fix = "was measured in this arm; check the day columns"
            raise ConfigError(f"{self.measure}: no {quantity.long_name} {fix}")
        point = self.summary(sample, np.ones((1, sample.mice)))
        return Resampled(
            float(point[0]), self.summary(sample, draws.of(sample.mice)), (sample.mice,), (len(sample.values),)
        )


@dataclasses.dataclass(frozen=True)
class Effect:
    """Drug minus vehicle: value and interval in per cent (rates: percentage points), mice and branches an arm."""

    value: float
    interval: tuple[float, float]
    mice: tuple[int, int]
    branches: tuple[int, int]


def drug_minus_vehicle(
    table: BranchTable,
    quantity: Quantity,
    day: float = 1.0,
    *,
    since: Days | None = None,
    drug: str | None = None,
    level: float = 0.95,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> Effect:
    """Return the difference in change from baseline between the arms, every branch counting once.

    Args:
        table: branches of vehicle and drug.
        quantity: which quantity.
        day: session after the dose; 1 is 24 h.
        since: reference days (None: the mean of all sessions before the dose of the same branch).
        drug: name of the drug arm, where there are several.
        level: of the interval.
        resamples: bootstrap resamples of the mice, within each arm.
        seed: of the resampling.

    Returns:
        The effect; its `mice` and `branches` count (vehicle, drug).

    Raises:
        ConfigError: an arm, the quantity or a session is missing.
    """
    recipe = Statistic(Arm.DIFFERENCE, Change(day, since))
    found = recipe.evaluate(table, quantity, drug=drug, resamples=resamples, seed=seed)
    (vehicle, treated), (few, many) = found.mice, found.branches
    return Effect(found.value, found.interval(level), (vehicle, treated), (few, many))


@dataclasses.dataclass(frozen=True)
class Spread:
    """How branches and mice differ in one arm, in the unit of the measure.

    Args:
        branch_sd: standard deviation over branches.
        mouse_sd: standard deviation between mouse means; includes what is left of the branches' noise.
        mouse_variance: variance between mice once that noise is taken out (method of moments, unequal numbers);
            a negative estimate means that none can be seen.
        mice: number of mice.
        branches: number of branches.
    """

    branch_sd: float
    mouse_sd: float
    mouse_variance: float
    mice: int
    branches: int


def spread(table: BranchTable, quantity: Quantity, measure: Measure) -> Spread:
    """Return the spread of `measure` over the branches and mice of `table`; select an arm first."""
    sample = measure.sample(table, quantity)
    counts, means = sample.counts(), sample.mouse_means()
    branches, ones = len(sample.values), np.ones((1, sample.mice))
    variance = np.nan
    if 1 < sample.mice < branches:
        within = np.sum((sample.values - means[sample.mouse]) ** 2) / (branches - sample.mice)
        between = np.sum(counts * (means - sample.values.mean()) ** 2) / (sample.mice - 1)
        typical = (branches - np.sum(counts**2) / branches) / (sample.mice - 1)
        variance = (between - within) / typical
    sds = [float(summary(sample, ones)[0]) for summary in (branch_sd, mouse_sd)]
    return Spread(sds[0], sds[1], float(variance), sample.mice, branches)


def repeatability(table: BranchTable, quantity: Quantity, days: tuple[float, float] = (-3.0, -1.0)) -> float:
    """Return Pearson's r over branches between two sessions without a dose in between."""
    sample = Pair(days).sample(table, quantity)
    return float(correlation(sample, np.ones((1, sample.mice)))[0])
