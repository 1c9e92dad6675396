"""Which share of the variance of an answer comes from which numbers: a regression on all of them at once.

The answer is a sum of a line and a parabola in each shift, which are uncorrelated where shifts are standard normal: the
squares of their coefficients add up to the variance explained, less what chance gives each. What the numbers do
together (products), and what bends otherwise, is left in the rest.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from plastisim.calibration.factors import Factor
from plastisim.engine.errors import ConfigError
from plastisim.engine.fields import CONFIDENCE
from plastisim.lab.branch_table import FloatArray

RESAMPLES = 400


class Shares(NamedTuple):
    """Shares of the variance of an answer; errors are SDs over resampled residuals.

    Attributes:
        each: of every number, shape (factor,); those that matter little scatter around zero.
        error: of that.
        slope: of the answer, in its unit, a SD of the number's logarithm, shape (factor,).
        groups: share and its error, by confidence.
        explained: share that the regression has, fitted: the sum of all shares.
        predicted: share of the variance of sets that were left out that it predicts.
    """

    each: FloatArray
    error: FloatArray
    slope: FloatArray
    groups: dict[str, tuple[float, float]]
    explained: float
    predicted: float


def shares(known: Sequence[Factor], shifts: FloatArray, answer: FloatArray, seed: int) -> Shares:
    """Return what each number contributes.

    Args:
        known: numbers that were varied.
        shifts: of the sets, SDs, (set, factor).
        answer: of every set, finite, (set,).
        seed: of the resampling.

    Raises:
        ConfigError: too few sets for so many numbers.
    """
    sets, count = shifts.shape
    bent = np.square(shifts)
    bent = (bent - bent.mean(axis=0)) / bent.std(axis=0)
    columns = np.column_stack([np.ones(sets), shifts, bent])
    free = sets - columns.shape[1]
    if free < count // 4:
        needed = columns.shape[1] + count // 4
        raise ConfigError(f"{count} numbers need at least {needed} sets that were followed, but there are {sets}")
    inverse = np.linalg.inv(columns.T @ columns)
    solve = inverse @ columns.T
    leverage = np.einsum("ij,ji->i", columns, solve)
    weight = np.concatenate([shifts.var(axis=0), np.ones(count)])

    def share(values: FloatArray, fitted: FloatArray) -> FloatArray:
        """Return the share of each number for columns of answers, (factor, column)."""
        left = values - columns @ fitted
        chance = np.square(left).sum(axis=0) / free * np.diag(inverse)[1:, None]
        both = weight[:, None] * (np.square(fitted[1:]) - chance) / values.var(axis=0)
        return both[:count] + both[count:]

    found = solve @ answer
    left = answer - columns @ found
    own = share(answer[:, None], found[:, None])[:, 0]
    scaled = left / np.sqrt(1.0 - leverage)
    picks = np.random.default_rng(seed).choice(scaled - scaled.mean(), (sets, RESAMPLES))
    again = columns @ found[:, None] + picks
    others = share(again, solve @ again)
    mine = {name: np.array([one.confidence == name for one in known]) for name in CONFIDENCE}
    groups = {
        name: (float(own[which].sum()), float(others[which].sum(axis=0).std()))
        for name, which in mine.items()
        if which.any()
    }
    predicted = 1.0 - float(np.square(left / (1.0 - leverage)).mean() / answer.var())
    return Shares(own, others.std(axis=1), found[1 : count + 1], groups, float(own.sum()), predicted)
