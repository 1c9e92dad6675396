"""The ordinary 24-hour window, and the verdict whether a drug takes the spines out of it.

The window is what vehicle mice do by themselves in the same days: the mean of their own changes, ± 1.96 standard
deviations between mice. A drug leaves it when two things hold, with thresholds fixed before the run: the 95 %
interval of drug minus vehicle (mice resampled) excludes zero, and more than half of the drug mice lie outside
the window, all on the side to which the effect points. With too few mice it says that it cannot tell.
"""

from __future__ import annotations

import dataclasses
import enum
import math

import numpy as np

from plastisim.lab.branch_table import SPINE_DENSITY, VEHICLE, BranchTable, FloatArray, Quantity
from plastisim.lab.measures import Change, Days
from plastisim.lab.statistics import RESAMPLES, drug_minus_vehicle, drug_of


class Direction(enum.StrEnum):
    """To which side of vehicle the drug arm went, as far as the interval can tell."""

    ABOVE = "above"
    BELOW = "below"
    NEITHER = "neither"


@dataclasses.dataclass(frozen=True)
class Thresholds:
    """What counts as leaving the window; fix it before the run.

    Args:
        day: session judged; 1 is 24 h after the dose.
        since: reference days (None: the mean of all sessions before the dose of the same branch).
        width: half-width of the window in standard deviations between vehicle mice.
        level: of the interval of drug minus vehicle, which must exclude zero.
        share: the share of drug mice outside the window must be greater than this.
        mice: the fewest mice an arm from which anything is concluded.
        resamples: bootstrap resamples of the mice.
        seed: of the resampling.
    """

    day: float = 1.0
    since: Days | None = None
    width: float = 1.96
    level: float = 0.95
    share: float = 0.5
    mice: int = 3
    resamples: int = RESAMPLES
    seed: int = 0


@dataclasses.dataclass(frozen=True)
class OrdinaryWindow:
    """The change that vehicle mice show by themselves, per cent (rates: percentage points).

    Args:
        mean: over mice, of each mouse's mean change.
        sd: between mice; NaN with fewer than two.
        lower: lower edge.
        upper: upper edge.
        n_mice: vehicle mice it was built from.
        basis: how it was built, in words.
    """

    mean: float
    sd: float
    lower: float
    upper: float
    n_mice: int
    basis: str


@dataclasses.dataclass(frozen=True)
class Verdict:
    """Whether the drug arm left the ordinary window.

    Args:
        holds: True where both conditions are met.
        direction: side of vehicle on which the whole interval lies.
        effect: drug minus vehicle, per cent (rates: percentage points); NaN where it cannot tell.
        interval: of the effect.
        share_outside: share of drug mice outside the window on the side of the effect (either side where the
            interval holds zero).
        n_mice: drug mice.
        window: the window they were judged by.
        thresholds: what was demanded.
        statement: the verdict in one sentence.
        drug: name of the drug arm.
    """

    holds: bool
    direction: Direction
    effect: float
    interval: tuple[float, float]
    share_outside: float
    n_mice: int
    window: OrdinaryWindow
    thresholds: Thresholds
    statement: str
    drug: str

    @property
    def headline(self) -> str:
        """The verdict in a few words, for a figure."""
        low, high = self.interval
        if math.isnan(self.effect):
            return f"Too few mice to tell whether {self.drug} leaves the ordinary window"
        answer = "leaves" if self.holds else "does not leave"
        return (
            f"It {answer} the ordinary window: {self.drug} minus vehicle {self.effect:+.1f} points "
            f"[{low:+.1f}, {high:+.1f}], {self.share_outside:.0%} of mice outside"
        )


def mouse_changes(table: BranchTable, quantity: Quantity, day: float = 1.0, since: Days | None = None) -> FloatArray:
    """Return the mean change of each mouse over its branches, shape (mouse,), per cent (rates: points).

    Args:
        table: branches of one arm.
        quantity: which quantity.
        day: session after the dose.
        since: reference days (None: all sessions before the dose).

    Raises:
        ConfigError: the quantity or a session is missing.
    """
    return Change(day, since).sample(table, quantity).mouse_means()


def ordinary_window(
    table: BranchTable, quantity: Quantity = SPINE_DENSITY, thresholds: Thresholds | None = None
) -> OrdinaryWindow:
    """Return the window of the vehicle mice of `table`; other arms are not looked at.

    Raises:
        ConfigError: the quantity or a session is missing.
    """
    chosen = thresholds or Thresholds()
    changes = mouse_changes(table.select(VEHICLE), quantity, chosen.day, chosen.since)
    mean = float(changes.mean()) if len(changes) else np.nan
    sd = float(changes.std(ddof=1)) if len(changes) > 1 else np.nan
    basis = f"mean ± {chosen.width:g} SD of the vehicle mice's own change in {quantity.long_name} on day {chosen.day:g}"
    return OrdinaryWindow(mean, sd, mean - chosen.width * sd, mean + chosen.width * sd, len(changes), basis)


def judge(
    table: BranchTable,
    quantity: Quantity = SPINE_DENSITY,
    *,
    thresholds: Thresholds | None = None,
    drug: str | None = None,
) -> Verdict:
    """Return whether the drug arm of `table` left the ordinary window of its own vehicle arm.

    Args:
        table: branches of vehicle and drug.
        quantity: which quantity.
        thresholds: what is demanded (None: the defaults).
        drug: name of the drug arm, where there are several.

    Raises:
        ConfigError: a drug arm, the quantity or a session is missing.
    """
    chosen, name = thresholds or Thresholds(), drug_of(table, drug)
    window = ordinary_window(table, quantity, chosen)
    changes = mouse_changes(table.select(name), quantity, chosen.day, chosen.since)
    if min(window.n_mice, len(changes)) < max(chosen.mice, 2):
        return _cannot_tell(window, chosen, len(changes), name)
    effect = drug_minus_vehicle(
        table,
        quantity,
        chosen.day,
        since=chosen.since,
        drug=name,
        level=chosen.level,
        resamples=chosen.resamples,
        seed=chosen.seed,
    )
    low, high = effect.interval
    direction = Direction.ABOVE if low > 0 else Direction.BELOW if high < 0 else Direction.NEITHER
    outside = _outside(changes, window, direction)
    share = outside / len(changes)
    holds = direction is not Direction.NEITHER and share > chosen.share
    side = "outside" if direction is Direction.NEITHER else direction.value
    statement = (
        f"{_moment(chosen.day)} after {name}, {quantity.long_name} changed by {effect.value:+.1f} points relative to "
        f"vehicle ({chosen.level:.0%} interval {low:+.1f} to {high:+.1f}) and {outside} of {len(changes)} mice lie "
        f"{side} the ordinary window of {window.lower:+.1f} to {window.upper:+.1f} %: "
        f"it {'leaves' if holds else 'does not leave'} the window."
    )
    return Verdict(
        holds, direction, effect.value, effect.interval, share, len(changes), window, chosen, statement, name
    )


def _outside(changes: FloatArray, window: OrdinaryWindow, direction: Direction) -> int:
    """Return how many mice lie outside on the side of the effect; on either side where it has none."""
    above, below = changes > window.upper, changes < window.lower
    counted = {Direction.ABOVE: above, Direction.BELOW: below, Direction.NEITHER: above | below}[direction]
    return int(counted.sum())


def _moment(day: float) -> str:
    """Return the time after the dose in words."""
    return "24 h" if day == 1.0 else f"{day:g} days"


def _cannot_tell(window: OrdinaryWindow, thresholds: Thresholds, n_mice: int, drug: str) -> Verdict:
    """Return the verdict on too few mice."""
    statement = (
        f"It cannot be told whether {drug} leaves the ordinary window: "
        f"{window.n_mice} vehicle and {n_mice} {drug} mice were measured on day {thresholds.day:g}, "
        f"at least {max(thresholds.mice, 2)} an arm are needed."
    )
    nothing = (np.nan, np.nan)
    return Verdict(False, Direction.NEITHER, np.nan, nothing, np.nan, n_mice, window, thresholds, statement, drug)
