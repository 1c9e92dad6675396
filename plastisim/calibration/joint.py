"""One fit of everything that the spine rows inform: baseline, cohorts, response and widths together, with priors.

The score of a row is (predicted - measured) / standard error; a prior on a number that the rows hardly inform is one
more row. The optimum is found by least squares from several starts; the posterior by importance resampling: draws of
a wide normal approximation (Student t), weighed by their true posterior.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from plastisim.calibration.response import Expectation, Free, Setting, figures_of
from plastisim.calibration.trial import hidden_state
from plastisim.lab.branch_table import FloatArray
from plastisim.lab.published_figure import Published
from plastisim.lab.turnover import observed
from plastisim.lab.turnover_fit import Branches, Row

DAY = 86400.0
TAILS = 30  # degrees of freedom of the proposal; fewer waste the draws in so many dimensions
REACH = 3.0  # ln units around the start in which the optimum is sought


class Prior(NamedTuple):
    """A log-normal belief about a number: its median, in the number's own unit, and the SD of its logarithm."""

    median: float
    sd: float


@dataclasses.dataclass(frozen=True)
class Problem:
    """What is fitted to what.

    Attributes:
        start: setting whose other numbers are kept.
        free: numbers to fit, all positive.
        priors: of each.
        rows: of the ordinary baseline.
        reference: cohort whose drift the baseline has.
        branches: what small branches add to the baseline rows.
        figures: of imaged tables.
        expectation: how a setting becomes tables.
        added: what counting few spines adds to each figure.
    """

    start: Setting
    free: tuple[Free, ...]
    priors: tuple[Prior, ...]
    rows: tuple[Row, ...]
    reference: str
    branches: Branches
    figures: tuple[Published, ...]
    expectation: Expectation
    added: FloatArray

    def made(self, logs: FloatArray) -> Setting:
        """Return the setting with other free numbers, given by their logarithms."""
        changed = self.start
        for one, value in zip(self.free, np.exp(logs), strict=True):
            changed = one.put(changed, float(value))
        return changed

    def scores(self, logs: FloatArray) -> FloatArray:
        """Return the scores of baseline rows, figures and priors, in this order."""
        setting = self.made(logs)
        law = dataclasses.replace(hidden_state(setting.law), drift=setting.cohorts[self.reference].drift * DAY)
        seen = observed(law.flow())
        baseline = [row.score(seen, self.branches) for row in self.rows]
        predicted = figures_of(self.expectation.tables(setting), self.figures) + self.added
        measured = np.array([figure.value for figure in self.figures])
        errors = np.array([(figure.interval[1] - figure.interval[0]) / 3.92 for figure in self.figures])
        believed = [(log - np.log(prior.median)) / prior.sd for log, prior in zip(logs, self.priors, strict=True)]
        return np.concatenate([baseline, (predicted - measured) / errors, believed])


class Optimum(NamedTuple):
    """Where the posterior is highest.

    Attributes:
        logs: of the free numbers.
        scores: of all rows and priors there.
        jacobian: of the scores, [score, free].
        others: sums of squared scores found from each start, ascending.
    """

    logs: FloatArray
    scores: FloatArray
    jacobian: FloatArray
    others: tuple[float, ...]


def optimum(problem: Problem, starts: Sequence[FloatArray]) -> Optimum:
    """Return the best of the optima found from some starts (logarithms)."""
    from scipy.optimize import least_squares

    found = [
        least_squares(
            problem.scores, begin, bounds=(begin - REACH, begin + REACH), diff_step=1e-3, max_nfev=14, ftol=1e-4
        )
        for begin in starts
    ]
    found.sort(key=lambda one: one.cost)
    best = found[0]
    return Optimum(best.x, best.fun, best.jac, tuple(2.0 * float(one.cost) for one in found))


class Ensemble(NamedTuple):
    """Draws of the posterior.

    Attributes:
        logs: shape (draw, free).
        weights: of each; they add up to 1. None exceeds the mean by more than the root of their number (Ionides 2008).
        approximate: SD of each logarithm in the normal approximation.
    """

    logs: FloatArray
    weights: FloatArray
    approximate: FloatArray

    @property
    def size(self) -> float:
        """How many independent draws it is worth."""
        return float(1.0 / np.square(self.weights).sum())

    def deviation(self) -> FloatArray:
        """Return the SD of each logarithm; the normal approximation's where the draws are worth too little."""
        if self.size < 2 * self.logs.shape[1]:
            return self.approximate
        mean = self.weights @ self.logs
        return np.sqrt(self.weights @ np.square(self.logs - mean))

    def pick(self, count: int, seed: int) -> FloatArray:
        """Return some draws, by their weights."""
        return self.logs[np.random.default_rng(seed).choice(len(self.logs), count, p=self.weights)]


def ensemble(problem: Problem, best: Optimum, draws: int, seed: int) -> Ensemble:
    """Return the posterior around an optimum, half of the draws spent on finding where it lies."""
    random = np.random.default_rng(seed)
    centre, covariance = best.logs, np.linalg.inv(best.jacobian.T @ best.jacobian)
    logs, weights, approximate = centre[None], np.ones(1), np.sqrt(np.diag(covariance))
    for share in (0.5, 0.5):
        count, size = max(int(share * draws), 4), len(centre)
        root = np.linalg.cholesky(covariance)
        normal = random.normal(size=(count, size))
        stretch = np.sqrt(TAILS / random.chisquare(TAILS, count))
        logs = centre + stretch[:, None] * (normal @ root.T)
        density = -0.5 * (TAILS + size) * np.log1p(np.square(stretch[:, None] * normal).sum(axis=1) / TAILS)
        weights = _weights(problem, logs, density)
        if 1.0 / np.square(weights).sum() > 2 * size:  # enough to say where the posterior lies
            centre = weights @ logs
            shift = logs - centre
            covariance = (weights * shift.T) @ shift + 0.02 * np.diag(np.diag(covariance))
    return Ensemble(logs, weights, approximate)


def _weights(problem: Problem, logs: FloatArray, density: FloatArray) -> FloatArray:
    heights = np.array([-0.5 * np.square(problem.scores(one)).sum() for one in logs]) - density
    weights = np.exp(heights - heights.max())
    weights = np.minimum(weights, math.sqrt(len(weights)) * weights.mean())
    return weights / weights.sum()


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
    from scipy.optimize import least_squares

    others = np.arange(len(best.logs)) != index
    sums = []
    for factor in factors:
        logs = best.logs.copy()
        logs[index] += np.log(factor)

        def scores(rest: FloatArray, fixed: FloatArray = logs) -> FloatArray:
            whole = fixed.copy()
            whole[others] = rest
            return problem.scores(whole)

        sums.append(2.0 * least_squares(scores, logs[others], diff_step=1e-3, max_nfev=3).cost)
    return np.array(sums)
