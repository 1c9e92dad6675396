"""What an experimenter computes from branches: change from baseline, drug minus vehicle, spread, mixed model.

Every figure is a *measure* (which number a branch contributes) followed by a *summary* (how branches or mice are
put together) over one arm, all branches, or drug minus vehicle. A summary takes weights of the mice, so one
matrix product gives all bootstrap resamples: mice, not branches, are drawn with replacement, within each arm.
Changes and rates come out in per cent. Fields of view are ignored: two levels, branches in mice.
"""

from __future__ import annotations

import dataclasses
import enum
import warnings
from collections.abc import Callable
from fractions import Fraction
from math import lcm
from typing import Protocol

import numpy as np
import numpy.typing as npt

from plastisim.engine.errors import ConfigError
from plastisim.lab.branch_table import ELIMINATION, FORMATION, VEHICLE, BranchTable, FloatArray, Quantity

Days = tuple[float, ...]
RESAMPLES = 10_000
_CELLS_AT_ONCE = 10_000_000  # keeps a quantile over all branches and resamples below about 100 MB


# ---- samples: measured values and the mouse each came from ---------------------------------------------------


@dataclasses.dataclass(frozen=True)
class Sample:
    """Measured values, shape (value,) or (value, 2), and the mouse of each, shape (value,), in 0 … mice - 1."""

    values: FloatArray
    mouse: npt.NDArray[np.intp]
    mice: int

    def sums(self, values: FloatArray) -> FloatArray:
        """Return the sum of `values` over each mouse, shape (mouse,)."""
        return np.bincount(self.mouse, values, self.mice).astype(np.float64)

    def counts(self) -> FloatArray:
        """Return the number of values of each mouse, shape (mouse,)."""
        return np.bincount(self.mouse, minlength=self.mice).astype(np.float64)

    def mouse_means(self) -> FloatArray:
        """Return the mean of each mouse over its values, shape (mouse,)."""
        return self.sums(self.values) / self.counts()


def take_sample(table: BranchTable, values: FloatArray, paired: bool = False) -> Sample:
    """Return what was measured, mice numbered; one name in two arms is two mice.

    Args:
        table: the branches.
        values: shape (branch,) or (branch, value); NaN where not measured.
        paired: keep each row together, and only rows measured throughout; otherwise values are flattened.
    """
    rows = values.reshape(len(table), -1)
    measured = np.isfinite(rows)
    branch = np.flatnonzero(measured.all(axis=1)) if paired else np.nonzero(measured)[0]
    names = np.array([f"{arm}/{mouse}" for arm, mouse in zip(table.condition, table.mouse, strict=True)], dtype=np.str_)
    kept, number = np.unique(names[branch], return_inverse=True)
    return Sample(rows[branch] if paired else rows[measured], number, len(kept))


# ---- measures: what one branch contributes -------------------------------------------------------------------


class Measure(Protocol):
    """What each branch contributes to a figure."""

    def sample(self, table: BranchTable, quantity: Quantity) -> Sample:
        """Return the measured contributions of all branches of `table`."""
        ...


@dataclasses.dataclass(frozen=True)
class Level:
    """The value itself, averaged over `days` (None: all sessions before the dose)."""

    days: Days | None = None

    def values(self, table: BranchTable, quantity: Quantity) -> FloatArray:
        """Return levels, shape (branch,), in the unit of the quantity; rates in per cent of spines."""
        days = tuple(table.days[table.days < 0]) if self.days is None else self.days
        found = table.values(quantity)[:, table.sessions(days)]
        measured = np.isfinite(found)
        total, count = np.where(measured, found, 0.0).sum(axis=1), measured.sum(axis=1)
        return (100.0 if quantity.is_rate else 1.0) * np.where(count > 0, total / np.maximum(count, 1), np.nan)

    def sample(self, table: BranchTable, quantity: Quantity) -> Sample:
        """Return the levels that were measured."""
        return take_sample(table, self.values(table, quantity))


@dataclasses.dataclass(frozen=True)
class Change:
    """Change on `day` from the mean of the same branch on the days `since` (None: all sessions before the dose)."""

    day: float
    since: Days | None = None

    def values(self, table: BranchTable, quantity: Quantity) -> FloatArray:
        """Return changes, shape (branch,): per cent of the reference; for rates, percentage points."""
        start = Level(self.since).values(table, quantity)
        end = Level((self.day,)).values(table, quantity)
        if quantity.is_rate:
            return end - start
        return 100.0 * (end / np.where(start > 0, start, np.nan) - 1.0)  # an empty branch has no fold change

    def sample(self, table: BranchTable, quantity: Quantity) -> Sample:
        """Return the changes that were measured."""
        return take_sample(table, self.values(table, quantity))


@dataclasses.dataclass(frozen=True)
class Pair:
    """The values of two sessions side by side, to see how well a branch repeats itself."""

    days: tuple[float, float] = (-3.0, -1.0)

    def sample(self, table: BranchTable, quantity: Quantity) -> Sample:
        """Return values of shape (branch, 2), for the branches measured in both sessions."""
        return take_sample(table, table.values(quantity)[:, table.sessions(self.days)], paired=True)


@dataclasses.dataclass(frozen=True)
class SpinesSeen:
    """Spines on a branch, read from the denominators of its rates: a lower bound, as in the published figure.

    The count is the smallest number of spines that makes both rates whole spines. A session in which nothing was
    gained or lost tells nothing; one more than two days after the previous session is left out.
    """

    most: int = 60

    def sample(self, table: BranchTable, quantity: Quantity) -> Sample:
        """Return one count for each telling branch and session; it always reads both rates, not `quantity`."""
        gained, lost = table.values(FORMATION), table.values(ELIMINATION)
        gaps = np.diff(table.days, prepend=table.days[0] - 2.0)
        use = np.isfinite(gained) & np.isfinite(lost) & (gained + lost > 0) & (gaps <= 2.0)
        spines = np.full(gained.shape, np.nan)
        spines[use] = [self._common(a, b) for a, b in zip(gained[use], lost[use], strict=True)]
        return take_sample(table, spines)

    def _common(self, gained: float, lost: float) -> int:
        """Return the smallest common denominator of two fractions."""
        return lcm(*(Fraction(float(rate)).limit_denominator(self.most).denominator for rate in (gained, lost)))


# ---- summaries: weights of the mice (resample, mouse) → one figure a resample ----------------------------------

Summary = Callable[[Sample, FloatArray], FloatArray]


def branch_mean(sample: Sample, weights: FloatArray) -> FloatArray:
    """Return the mean over branches, shape (resample,)."""
    return weights @ sample.sums(sample.values) / (weights @ sample.counts())


def branch_sd(sample: Sample, weights: FloatArray) -> FloatArray:
    """Return the standard deviation over branches, shape (resample,)."""
    centred = sample.values - sample.values.mean()  # keeps the difference of squares accurate
    return _sd(weights @ sample.counts(), weights @ sample.sums(centred), weights @ sample.sums(centred**2))


def mouse_mean(sample: Sample, weights: FloatArray) -> FloatArray:
    """Return the mean over mice of the mouse means, shape (resample,)."""
    return weights @ sample.mouse_means() / weights.sum(axis=1)


def mouse_sd(sample: Sample, weights: FloatArray) -> FloatArray:
    """Return the standard deviation between the mouse means, shape (resample,)."""
    centred = sample.mouse_means() - sample.mouse_means().mean()
    return _sd(weights.sum(axis=1), weights @ centred, weights @ centred**2)


def correlation(sample: Sample, weights: FloatArray) -> FloatArray:
    """Return Pearson's r over branches between the two columns of a paired sample, shape (resample,)."""
    first, second = (sample.values - sample.values.mean(axis=0)).T
    n = weights @ sample.counts()

    def covariance(a: FloatArray, b: FloatArray) -> FloatArray:
        return weights @ sample.sums(a * b) / n - (weights @ sample.sums(a) / n) * (weights @ sample.sums(b) / n)

    with np.errstate(invalid="ignore", divide="ignore"):  # undefined for one branch: NaN
        return covariance(first, second) / np.sqrt(covariance(first, first) * covariance(second, second))


def _sd(n: FloatArray, total: FloatArray, squares: FloatArray) -> FloatArray:
    """Return the sample standard deviation from counts and sums; NaN where n < 2."""
    variance = (squares - total**2 / n) / np.where(n > 1, n - 1, np.nan)
    return np.sqrt(np.maximum(variance, 0.0))  # rounding can leave -1e-17 where all values agree


@dataclasses.dataclass(frozen=True)
class Quantile:
    """The quantile over branches at `share` (0…1), linear between neighbours as numpy's default."""

    share: float

    def __call__(self, sample: Sample, weights: FloatArray) -> FloatArray:
        """Return the quantile, shape (resample,)."""
        rows = max(1, _CELLS_AT_ONCE // len(sample.values))
        return np.concatenate([self._some(sample, weights[i : i + rows]) for i in range(0, len(weights), rows)])

    def _some(self, sample: Sample, weights: FloatArray) -> FloatArray:
        order = np.argsort(sample.values)
        ranks = np.cumsum(weights[:, sample.mouse[order]], axis=1)
        place = self.share * (ranks[:, -1] - 1)
        low, high = np.floor(place), np.ceil(place)
        ends = [sample.values[order][(ranks <= rank[:, None]).sum(axis=1)] for rank in (low, high)]
        return ends[0] + (place - low) * (ends[1] - ends[0])


@dataclasses.dataclass(frozen=True)
class MiceBeyond:
    """The share of mice whose mean lies above `upper` or, where given, below `lower`."""

    upper: float
    lower: float = -np.inf

    def __call__(self, sample: Sample, weights: FloatArray) -> FloatArray:
        """Return the share of mice, 0…1, shape (resample,)."""
        means = sample.mouse_means()
        return weights @ ((means > self.upper) | (means < self.lower)).astype(np.float64) / weights.sum(axis=1)


# ---- one figure with its bootstrap -----------------------------------------------------------------------------


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
    if (drug is None and len(names) != 1) or (drug is not None and drug not in names):
        raise ConfigError(f"expected one drug arm, got {drug!r} among {', '.join(names) or 'none'}; name one of them")
    return names[0] if drug is None else drug


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
        generator = np.random.default_rng(seed)
        vehicle = table.select(VEHICLE)
        if self.arm is Arm.VEHICLE:
            return self._resample(vehicle, quantity, generator, resamples)
        if self.arm is Arm.EVERY:
            return self._resample(table, quantity, generator, resamples)
        treated = self._resample(table.select(drug_of(table, drug)), quantity, generator, resamples)
        if self.arm is Arm.DRUG:
            return treated
        return treated.minus(self._resample(vehicle, quantity, generator, resamples))

    def _resample(
        self, table: BranchTable, quantity: Quantity, generator: np.random.Generator, resamples: int
    ) -> Resampled:
        sample = self.measure.sample(table, quantity)
        if sample.mice == 0:
            fix = "was measured in this arm; check the day columns"
            raise ConfigError(f"{self.measure}: no {quantity.long_name} {fix}")
        draws = generator.multinomial(sample.mice, np.full(sample.mice, 1.0 / sample.mice), size=resamples)
        point = self.summary(sample, np.ones((1, sample.mice)))
        return Resampled(
            float(point[0]), self.summary(sample, draws.astype(np.float64)), (sample.mice,), (len(sample.values),)
        )


# ---- the questions asked most ----------------------------------------------------------------------------------


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


@dataclasses.dataclass(frozen=True)
class MixedModel:
    """Change ~ drug with a random intercept a mouse, fitted by restricted maximum likelihood.

    Args:
        effect: of the drug, per cent (rates: percentage points).
        interval: 95 % Wald interval of the effect.
        mouse_sd: standard deviation of the mouse intercepts.
        residual_sd: standard deviation of branches within a mouse.
        converged: whether the search for the maximum ended well; False where there is no usable fit.
        singular: the maximum lies at the edge, where no variance between mice can be seen; the interval then
            counts branches as if they were independent.
        message: what the fitting program said; empty where it said nothing.
    """

    effect: float
    interval: tuple[float, float]
    mouse_sd: float
    residual_sd: float
    converged: bool
    singular: bool
    message: str


def mixed_model(
    table: BranchTable,
    quantity: Quantity,
    day: float = 1.0,
    *,
    since: Days | None = None,
    drug: str | None = None,
) -> MixedModel:
    """Fit the mixed model of one session; arguments as in `drug_minus_vehicle`.

    A fit that fails is not hidden: it comes back with NaN, `converged` False and the reason.
    """
    samples = [Change(day, since).sample(table.select(arm), quantity) for arm in (VEHICLE, drug_of(table, drug))]
    change = np.concatenate([sample.values for sample in samples])
    mouse = np.concatenate([samples[0].mouse, samples[1].mouse + samples[0].mice])
    treated = np.repeat([0.0, 1.0], [len(sample.values) for sample in samples])
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        try:
            numbers, converged = _fit_mixed(change, treated, mouse)
        except (np.linalg.LinAlgError, ValueError, ZeroDivisionError) as error:
            numbers, converged = (np.nan,) * 5, False
            warnings.warn(f"fit failed: {error}", stacklevel=1)
    words = "; ".join(dict.fromkeys(str(warning.message) for warning in said))
    usable = converged and bool(np.isfinite(numbers).all())
    effect, low, high, mouse_sd, residual_sd = numbers
    singular = "boundary" in words or "singular" in words.lower()
    return MixedModel(effect, (low, high), mouse_sd, residual_sd, usable, singular, words)


def _fit_mixed(
    change: FloatArray, treated: FloatArray, mouse: npt.NDArray[np.intp]
) -> tuple[tuple[float, float, float, float, float], bool]:
    """Return ((effect, low, high, mouse SD, residual SD), converged) of one fit."""
    from statsmodels.regression.mixed_linear_model import MixedLM

    scale = float(np.std(change))  # the search expects numbers near one
    if not scale > 0:
        raise ValueError("all changes are equal")
    design = np.column_stack([np.ones(len(change)), treated])
    # The default gradient searches stop early on these tables (|grad| of 3 to 6); Powell's search does not.
    fit = MixedLM(change / scale, design, groups=mouse).fit(reml=True, method=["powell"])
    low, high = fit.conf_int()[1] * scale
    mouse_sd = float(np.sqrt(np.asarray(fit.cov_re).ravel()[0])) * scale
    residual_sd = float(np.sqrt(fit.scale)) * scale
    return (float(fit.params[1]) * scale, float(low), float(high), mouse_sd, residual_sd), bool(fit.converged)
