"""One fit of everything that the spine rows inform: baseline, cohorts, response, widths and spread, with priors.

The score of a row is (predicted - measured) / standard error, so that a row lies inside its interval from -1.96 to
1.96; a prior is one more row. Rows of the same branches err together, so a row can be given a weight below 1. The
optimum is found by least squares from several starts; the posterior by importance sampling from a Student t that moves
to where the posterior is.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from plastisim.calibration.emulator import Emulator
from plastisim.calibration.mean_rows import Approximation
from plastisim.calibration.response import Free, Setting
from plastisim.lab.branch_table import FloatArray

TAILS = 12  # degrees of freedom of the proposal
ROUNDS = 4  # of draws; all but the last only find where the posterior lies
REACH = 3.0  # ln units around the start in which the optimum is sought
STEP = 1e-3


class Prior(NamedTuple):
    """A log-normal belief about a number: its median, in the number's own unit, and the SD of its logarithm."""

    median: float
    sd: float


class Rows(NamedTuple):
    """Measured rows; each array has shape (row,). The standard error can differ above and below the value."""

    names: tuple[str, ...]
    value: FloatArray
    below: FloatArray
    above: FloatArray

    @property
    def error(self) -> FloatArray:
        """Mean standard error."""
        return 0.5 * (self.below + self.above)


@dataclasses.dataclass(frozen=True)
class Problem:
    """What is fitted to what.

    Attributes:
        start: setting whose other numbers are kept.
        free: numbers to fit, all positive.
        priors: of each.
        rows: measured.
        approximation: what is predicted for them without agents.
        added: what agents add, in standard errors, at logs given as (logs - centre) / scale; None adds nothing.
        centre: where the agents were made.
        scale: SD of the logarithms there.
        weight: of each row, relative to an independent one, shape (row,) or one for all.
    """

    start: Setting
    free: tuple[Free, ...]
    priors: tuple[Prior, ...]
    rows: Rows
    approximation: Approximation
    added: Emulator | None
    centre: FloatArray
    scale: FloatArray
    weight: FloatArray | float = 1.0

    def made(self, logs: FloatArray) -> Setting:
        """Return the setting with other free numbers, given by their logarithms, shape (free,)."""
        changed = self.start
        for one, value in zip(self.free, np.exp(logs), strict=True):
            changed = one.put(changed, float(value))
        return changed

    def predicted(self, logs: FloatArray) -> FloatArray:
        """Return every row, (setting, row), for logarithms of the free numbers, (setting, free)."""
        plain = self.approximation(logs)
        if self.added is None:
            return plain
        return plain + self.rows.error * self.added((logs - self.centre) / self.scale)

    def misses(self, logs: FloatArray) -> FloatArray:
        """Return the score of every row, (setting, row); what is not known of the prediction widens its error."""
        above = self.predicted(logs) - self.rows.value
        error = np.where(above > 0.0, self.rows.above, self.rows.below)
        unknown = 0.0 if self.added is None else self.added.error * self.rows.error
        return above / np.hypot(error, unknown)

    def scores(self, logs: FloatArray) -> FloatArray:
        """Return the weighed scores of rows, then of priors, (setting, score)."""
        medians, sds = np.array(self.priors).T
        return np.hstack([np.sqrt(self.weight) * self.misses(logs), (logs - np.log(medians)) / sds])


class Optimum(NamedTuple):
    """Where the posterior is highest.

    Attributes:
        logs: of the free numbers.
        scores: of all rows and priors there, weighed.
        jacobian: of the scores, [score, free].
        others: sums of squared scores found from each start, ascending.
    """

    logs: FloatArray
    scores: FloatArray
    jacobian: FloatArray
    others: tuple[float, ...]


def optimum(problem: Problem, starts: Sequence[FloatArray], held: int | None = None) -> Optimum:
    """Return the best of the optima found from some starts (logarithms).

    Args:
        problem: what is fitted to what.
        starts: logarithms of the free numbers.
        held: index of a number that stays as it starts.
    """
    from scipy.optimize import least_squares

    def scores(logs: FloatArray) -> FloatArray:
        return problem.scores(logs[None])[0]

    def slopes(logs: FloatArray) -> FloatArray:
        found = problem.scores(np.vstack([logs, logs + STEP * np.eye(len(logs))]))
        rise = ((found[1:] - found[0]) / STEP).T
        if held is not None:
            rise[:, held] = 0.0
        return rise

    jacobian: Any = slopes  # the stubs of SciPy know the names of methods only
    found = [
        least_squares(scores, begin, jac=jacobian, bounds=(begin - REACH, begin + REACH), max_nfev=40, ftol=1e-6)
        for begin in starts
    ]
    found.sort(key=lambda one: one.cost)
    best = found[0]
    return Optimum(best.x, best.fun, best.jac, tuple(2.0 * float(one.cost) for one in found))


class Ensemble(NamedTuple):
    """Draws of the posterior.

    Attributes:
        logs: shape (draw, free).
        weights: of each; they add up to 1.
    """

    logs: FloatArray
    weights: FloatArray

    @property
    def size(self) -> float:
        """How many independent draws it is worth."""
        return float(1.0 / np.square(self.weights).sum())

    def middle(self) -> FloatArray:
        """Return the mean of each logarithm."""
        return self.weights @ self.logs

    def deviation(self) -> FloatArray:
        """Return the SD of each logarithm."""
        return np.sqrt(self.weights @ np.square(self.logs - self.middle()))

    def pick(self, count: int, seed: int) -> FloatArray:
        """Return some draws, by their weights."""
        return self.logs[np.random.default_rng(seed).choice(len(self.logs), count, p=self.weights)]


def ensemble(problem: Problem, best: Optimum, draws: int, seed: int) -> Ensemble:
    """Return the posterior around an optimum: each round draws from what the round before has found.

    While the draws are worth little, the heaviest of them count no more than a cap (Ionides 2008), so that a few cannot
    shrink the proposal; the weights of the last round are exact.
    """
    random = np.random.default_rng(seed)
    centre, covariance = best.logs, np.linalg.inv(best.jacobian.T @ best.jacobian)
    first, size = covariance, len(best.logs)
    logs, weights = centre[None], np.ones(1)
    for turn in range(ROUNDS):
        count = draws if turn == ROUNDS - 1 else max(draws // 2, 4)
        root = np.linalg.cholesky(covariance)
        normal = random.normal(size=(count, size))
        stretch = np.sqrt(TAILS / random.chisquare(TAILS, count))[:, None]
        logs = centre + stretch * (normal @ root.T)
        density = -0.5 * (TAILS + size) * np.log1p(np.square(stretch * normal).sum(axis=1) / TAILS)
        height = -0.5 * np.square(problem.scores(logs)).sum(axis=1) - density
        weights = np.exp(height - height.max())
        if turn == ROUNDS - 1:
            break
        weights = np.minimum(weights, np.sqrt(count) * weights.mean())
        weights = weights / weights.sum()
        centre = weights @ logs
        worth = 1.0 / np.square(weights).sum()
        trust = worth / (worth + 2.0 * size)  # few draws say little about so many covariances
        covariance = trust * (weights * (logs - centre).T) @ (logs - centre) + (1.0 - trust) * first
    return Ensemble(logs, weights / weights.sum())


class Identified(NamedTuple):
    """What the rows say about the numbers, without the priors.

    Attributes:
        eigenvalues: of the Hessian in units of the priors, ascending: below 1 the prior says more than the rows.
        weakest: numbers that make up each of those directions, the largest first.
        learned: share of the prior's variance that the rows take away from each number.
        correlation: between the numbers, posterior.
    """

    eigenvalues: FloatArray
    weakest: tuple[str, ...]
    learned: FloatArray
    correlation: FloatArray


def identified(problem: Problem, best: Optimum) -> Identified:
    """Return how far the rows fix the numbers."""
    sds = np.array([prior.sd for prior in problem.priors])
    data = best.jacobian[: -len(sds)] * sds
    values, vectors = np.linalg.eigh(data.T @ data)
    names = [one.name for one in problem.free]
    weakest = tuple(
        " ".join(f"{vectors[index, k]:+.2f} {names[index]}" for index in np.argsort(-np.abs(vectors[:, k]))[:3])
        for k in range(len(sds))
    )
    covariance = np.linalg.inv(best.jacobian.T @ best.jacobian)
    deviation = np.sqrt(np.diag(covariance))
    return Identified(values, weakest, 1.0 - np.square(deviation / sds), covariance / np.outer(deviation, deviation))


def profile(problem: Problem, best: Optimum, index: int, factors: Sequence[float]) -> FloatArray:
    """Return the sum of squared scores with one number held at factors of its optimum, the others fitted again."""
    sums = []
    for factor in factors:
        logs = best.logs.copy()
        logs[index] += np.log(factor)
        sums.append(optimum(problem, [logs], held=index).others[0])
    return np.array(sums)
