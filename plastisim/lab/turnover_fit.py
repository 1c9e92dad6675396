"""The ordinary baseline as rows that a law of spine turnover is fitted to, and the fit.

Each row is one measured number with its standard error, and how it follows from the expectation of a law. Two things
stand between an expectation and what a laboratory tabulates for branches of about ten spines, and `Branches` holds
both: a mean of ratios of small counts is biased, and a spine that is lost and comes back shows as a covariance
between the losses and the later gains of its branch. Both are calibrated on agents, for which all is known.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from plastisim.engine.errors import ConfigError
from plastisim.lab.branch_table import BranchTable, FloatArray
from plastisim.lab.hazard_laws import Law
from plastisim.lab.turnover import Observed, observed


@dataclasses.dataclass(frozen=True)
class Branches:
    """What small branches add to expectations; the defaults are what experiments/spine_law.py finds on agents.

    Attributes:
        turnover: added to the mean of two-day formation and elimination: births do not shrink with a branch that
            happens to hold few spines, and the injection on day 0 hides some.
        late_formation: added to formation over 27 days.
        late_elimination: added to elimination over 27 days.
        gain: covariance for each unit of the share of spines that comes back; about 1 / (spines on a branch).
        offsets: covariances of losses and gains 2, 4, 6 d later where no spine goes into hiding by itself, and of gains
            and the next losses less `gain` times the share lost again.
    """

    turnover: float = 0.0075
    late_formation: float = 0.0166
    late_elimination: float = 0.0
    gain: float = 0.121
    offsets: tuple[float, float, float, float] = (0.7e-4, 0.6e-4, 0.9e-4, -15e-4)


@dataclasses.dataclass(frozen=True)
class Row:
    """One measured number of the baseline.

    Args:
        name: row of the target list, and what it is.
        value: as measured.
        error: its standard error.
        expect: what a law predicts for it.
        trials: for a share of so many spines, the binomial error at the prediction replaces `error`.
    """

    name: str
    value: float
    error: float
    expect: Callable[[Observed, Branches], float]
    trials: int = 0

    def score(self, seen: Observed, branches: Branches) -> float:
        """Return how many standard errors the prediction lies above the measured value."""
        predicted = self.expect(seen, branches)
        chance = min(max(predicted, 0.01), 0.99)
        error = math.sqrt(chance * (1.0 - chance) / self.trials) if self.trials else self.error
        return (predicted - self.value) / error


def turnover(seen: Observed, branches: Branches) -> float:
    """Return the mean of two-day formation and elimination as tabulated."""
    return 0.5 * (seen.formation + seen.elimination) + branches.turnover


def late_formation(seen: Observed, branches: Branches) -> float:
    """Return formation over 27 days as tabulated."""
    return seen.late_formation + branches.late_formation


def late_elimination(seen: Observed, branches: Branches) -> float:
    """Return elimination over 27 days as tabulated."""
    return seen.late_elimination + branches.late_elimination


def covariance(seen: Observed, branches: Branches, lag: int) -> float:
    """Return the covariance of losses and gains `lag` + 1 sessions later; 3 is that of gains and the next losses."""
    shares = (*seen.returned, seen.lost_again)
    return branches.offsets[lag] + branches.gain * shares[lag]


COVARIANCES = ((15.5e-4, 3.0e-4), (10.6e-4, 3.2e-4), (5.0e-4, 3.7e-4), (27.0e-4, 3.5e-4))
"""Losses with gains 2, 4, 6 d later, and gains with the losses 2 d later, within branches of vehicle mice."""

NEW_SPINES = ((3, 36, 11), (5, 25, 2), (7, 23, 3), (34, 20, 6))
"""Day, spines of row V10 still seen in the session before, and how many of these were not seen on that day."""


def baseline(covariances: Sequence[tuple[float, float]] = COVARIANCES) -> tuple[Row, ...]:
    """Return the rows that every law is fitted to.

    V6 and V7 come from the same spines and make one row. The survival of new spines (V10) enters as its four
    independent steps. The two mice of V8-V10 turned over like the pool (9.7 % in two days).

    Args:
        covariances: value and standard error of the three lost-then-gained rows and of the gained-then-lost row.
    """
    steps = tuple(
        Row(f"V10 loss by day {day}", lost / spines, 0.0, lambda o, b, k=k: o.losses()[k], spines)
        for k, (day, spines, lost) in enumerate(NEW_SPINES)
    )
    back = tuple(
        Row(f"lost, gained {2 * k + 2} d later", *covariances[k], lambda o, b, k=k: covariance(o, b, k))
        for k in range(3)
    )
    again = Row("gained, lost 2 d later", *covariances[3], lambda o, b: covariance(o, b, 3))
    return (
        Row("V6, V7 two-day turnover", 0.094, 0.0045, turnover),
        Row("V8 elimination, 27 d", 0.222, 0.020, late_elimination),
        Row("V9 formation, 27 d", 0.139, 0.019, late_formation),
        *steps,
        *back,
        again,
    )


@dataclasses.dataclass(frozen=True)
class Fit:
    """A fitted law.

    Attributes:
        name: of the law.
        law: with its fitted numbers.
        free: the fields that were fitted.
        errors: standard error of the natural logarithm of each free number.
        correlation: between them, [free, free].
        seen: expected results of imaging.
        scores: of each row.
    """

    name: str
    law: Any
    free: tuple[str, ...]
    errors: tuple[float, ...]
    correlation: FloatArray
    seen: Observed
    scores: tuple[float, ...]

    @property
    def chi_squared(self) -> float:
        """Sum of the squared scores."""
        return float(np.square(self.scores).sum())

    @property
    def degrees(self) -> int:
        """Rows less free numbers."""
        return len(self.scores) - len(self.free)

    def values(self) -> dict[str, float]:
        """Return the free numbers."""
        return {name: getattr(self.law, name) for name in self.free}


def fit(name: str, law: Law, free: tuple[str, ...], rows: Sequence[Row], branches: Branches, starts: int = 6) -> Fit:
    """Return `law` with its free numbers fitted by least squares of the scores.

    Args:
        name: label.
        law: a dataclass with the fields `free`; where the search starts.
        free: fields to fit, all positive; none leaves the law as it is.
        rows: what to fit to.
        branches: calibration.
        starts: number of starting points; the first is the law itself.

    Raises:
        ConfigError: a free field does not exist or starts at zero.
    """
    from scipy.optimize import least_squares

    def scores(made: Any) -> FloatArray:
        seen = observed(made.flow())
        return np.array([row.score(seen, branches) for row in rows])

    if not free:
        return Fit(name, law, (), (), np.empty((0, 0)), observed(law.flow()), tuple(scores(law)))
    begin = np.array([getattr(law, field, 0.0) for field in free])
    if not (begin > 0).all():
        raise ConfigError(f"free numbers of {name!r} must exist and start above zero, but got {begin} for {free}")

    def made(logs: FloatArray) -> Any:
        return dataclasses.replace(law, **dict(zip(free, np.exp(logs).tolist(), strict=True)))  # pyright: ignore

    spread = np.random.default_rng(0).normal(0.0, 0.5, (starts, len(free)))
    spread[0] = 0.0
    limits = (np.log(1e-6), np.log(0.95 if "transient_share" in free else 5.0))
    found = min(
        (
            least_squares(lambda logs: scores(made(logs)), np.clip(np.log(begin) + jump, *limits), bounds=limits,
                          diff_step=1e-3, max_nfev=60)
            for jump in spread
        ),
        key=lambda result: result.cost,
    )  # fmt: skip
    best, covariance = made(found.x), np.linalg.pinv(found.jac.T @ found.jac)
    errors = np.sqrt(np.maximum(np.diag(covariance), 1e-30))
    return Fit(
        name, best, free, tuple(errors.tolist()), covariance / np.outer(errors, errors), observed(best.flow()),
        tuple(scores(best).tolist()),
    )  # fmt: skip


def covariances(table: BranchTable) -> tuple[tuple[float, float], ...]:
    """Return the four covariances of a table of vehicle branches, each with its standard error.

    Rates are centred on mouse and session, so what mice have in common does not count; products of all sessions that
    are two days apart are averaged.
    """
    if table.formation is None or table.elimination is None:
        raise ConfigError("covariances need formation and elimination; add both files beside the density file")
    regular = np.flatnonzero(np.diff(table.days, prepend=table.days[0]) == 2.0)
    gained, lost = (_centred(rates[:, regular], table.mouse) for rates in (table.formation, table.elimination))
    return (*(_products(lost, gained, lag) for lag in (1, 2, 3)), _products(gained, lost, 1))


def _centred(rates: FloatArray, mouse: Any) -> FloatArray:
    """Return rates less the mean of their mouse in their session."""
    centred = rates.copy()
    for name in np.unique(mouse):
        mine = rates[mouse == name]
        measured = np.isfinite(mine)
        means = np.where(measured, mine, 0.0).sum(axis=0) / np.maximum(measured.sum(axis=0), 1)
        centred[mouse == name] = mine - means
    return centred


def _products(first: FloatArray, second: FloatArray, lag: int) -> tuple[float, float]:
    """Return the mean of products `lag` sessions apart and its standard error."""
    products = (first[:, :-lag] * second[:, lag:]).ravel()
    products = products[np.isfinite(products)]
    return float(products.mean()), float(products.std() / math.sqrt(len(products)))
