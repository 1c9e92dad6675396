"""Summaries: how branches or mice are put together into one figure.

A summary takes a sample and weights of its mice, shape (resample, mouse), and gives one figure a resample: one
matrix product gives all bootstrap resamples, and a row of ones the figure itself.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import numpy as np

from plastisim.lab.branch_table import FloatArray
from plastisim.lab.measures import Sample

Summary = Callable[[Sample, FloatArray], FloatArray]
_CELLS_AT_ONCE = 10_000_000  # keeps a quantile over all branches and resamples below about 100 MB


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


def resampled_mean(values: FloatArray, resamples: int, seed: int = 0) -> FloatArray:
    """Return means of mice drawn with replacement, shape (resample, column); `values` has shape (mouse, column)."""
    mice = len(values)
    weights = np.random.default_rng(seed).multinomial(mice, np.full(mice, 1.0 / mice), size=resamples)
    return weights @ values / mice


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
