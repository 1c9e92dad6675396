"""Measures: which number a branch contributes to a figure, and the mouse that each number came from.

Changes and rates come out in per cent. Fields of view are ignored: two levels, branches in mice.
"""

from __future__ import annotations

import dataclasses
from fractions import Fraction
from math import lcm
from typing import Protocol

import numpy as np
import numpy.typing as npt

from plastisim.lab.branch_table import ELIMINATION, FORMATION, BranchTable, FloatArray, Quantity

Days = tuple[float, ...]


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
