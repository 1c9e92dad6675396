"""What a slow, noisy simulation would say anywhere, learned from some of its runs.

Each output is a constant, a linear and a quadratic function of the inputs plus noise, all coefficients normal around
zero: a Gaussian process with the kernel a + b x·y + c (x·y)². How much of each there is comes from the marginal
likelihood of each output, so an output that the inputs hardly move is flat, and noise is not mistaken for curvature.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from plastisim.lab.branch_table import FloatArray

LEVEL = 1e4  # variance of the constant, relative to the noise: the level is free
LINEAR = (0.0, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0)  # variance of slopes tried, relative to the noise
CURVED = (0.0, 0.001, 0.01, 0.1, 1.0)  # the same of the coefficients of products


class Emulator(NamedTuple):
    """An emulator of several outputs.

    Attributes:
        inputs: of the runs, shape (run, input).
        sees: which inputs an output can depend on, shape (output, input).
        kernel: slope and curvature variances of each output, relative to its noise, shape (output, 2).
        weights: shape (run, output).
        error: SD of what the emulator does not know about the expectation, in the middle of the runs, (output,).
        left_out: what each run gave less what the others predict for it, shape (run, output).
    """

    inputs: FloatArray
    sees: FloatArray
    kernel: FloatArray
    weights: FloatArray
    error: FloatArray
    left_out: FloatArray

    def __call__(self, points: FloatArray) -> FloatArray:
        """Return the expectation of every output at some points, shape (point, output)."""
        found = np.empty((len(points), len(self.sees)))
        for mask, outputs in _alike(self.sees):
            product = (points * mask) @ self.inputs.T
            slope, curve = self.kernel[outputs].T
            weights = self.weights[:, outputs]
            found[:, outputs] = (
                LEVEL * weights.sum(axis=0) + product @ (weights * slope) + product**2 @ (weights * curve)
            )
        return found


def learn(inputs: FloatArray, outputs: FloatArray, sees: FloatArray) -> Emulator:
    """Return an emulator of the outputs of some runs.

    Args:
        inputs: shape (run, input), centred and of order one.
        outputs: shape (run, output).
        sees: 1 where an output can depend on an input, else 0, shape (output, input).
    """
    runs, count = outputs.shape
    kernel, weights, error, left_out = np.zeros((count, 2)), np.zeros((runs, count)), np.zeros(count), outputs.copy()
    for mask, mine in _alike(sees):
        product = (inputs * mask) @ inputs.T
        best = np.full(len(mine), -np.inf)
        for slope, curve in itertools.product(LINEAR, CURVED):
            signal = LEVEL + slope * product + curve * product**2
            covariance = signal + np.eye(runs)
            inverse = np.linalg.inv(covariance)
            solved = inverse @ outputs[:, mine]
            noise = (outputs[:, mine] * solved).sum(axis=0) / runs
            evidence = -0.5 * runs * np.log(noise) - 0.5 * np.linalg.slogdet(covariance)[1]
            better = evidence > best
            now, best = mine[better], np.where(better, evidence, best)
            kernel[now], weights[:, now] = (slope, curve), solved[:, better]
            known = LEVEL - LEVEL**2 * inverse.sum()  # of the level where all inputs are zero
            error[now] = np.sqrt(max(known, 0.0) * noise[better])
            left_out[:, now] = solved[:, better] / np.diag(inverse)[:, None]
    return Emulator(inputs, sees, kernel, weights, error, left_out)


def _alike(sees: FloatArray) -> Sequence[tuple[FloatArray, np.ndarray]]:
    """Return the outputs that see the same inputs together: mask over inputs, indices of outputs."""
    masks, which = np.unique(sees, axis=0, return_inverse=True)
    return [(mask, np.flatnonzero(which.ravel() == index)) for index, mask in enumerate(masks)]
