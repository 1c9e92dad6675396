"""Candidate laws of spine turnover: how many pools, and what hides a spine from the microscope.

Each is a frozen set of numbers whose `flow` gives the linear law that `plastisim.lab.turnover` turns into what imaging
would report. In all of them births balance losses at rest: the capture of transient spines, persistent_loss (1 - U)/U
with U the transient share, and the births follow from the other numbers. Rates are 1/d.
"""

from __future__ import annotations

import dataclasses
import math
from typing import Protocol

import numpy as np

from plastisim.lab.turnover import Floats, Flow


class Law(Protocol):
    """Anything that can say how expected spine numbers move."""

    def flow(self) -> Flow:
        """Return the linear law."""
        ...


@dataclasses.dataclass(frozen=True)
class OneHazard:
    """Every spine is lost at the same rate, and every spine is seen."""

    loss: float = 0.05
    drift: float = 0.003

    def flow(self) -> Flow:
        """Return the law; states: spine."""
        return Flow(np.array([[-self.loss]]), np.ones(1), np.ones(1), self.drift)


@dataclasses.dataclass(frozen=True)
class TwoPools:
    """Transient spines are lost fast, or captured into a persistent pool; a session misses any spine at random.

    Args:
        transient_loss: loss of transient spines.
        transient_share: transient spines at rest, as a share of all.
        persistent_loss: loss of persistent spines.
        missed: probability that a spine is missed in a session, drawn anew each time.
        drift: extra loss while imaged.
    """

    transient_loss: float = 0.3
    transient_share: float = 0.11
    persistent_loss: float = 0.004
    missed: float = 0.0
    drift: float = 0.003

    def flow(self) -> Flow:
        """Return the law; states: transient, persistent."""
        return Flow(_pools(self), np.array([1.0, 0.0]), np.full(2, 1.0 - self.missed), self.drift)


@dataclasses.dataclass(frozen=True)
class HiddenState:
    """Two pools; a seen spine may fall below detection for days, and comes back.

    Args:
        transient_loss: loss of transient spines.
        transient_share: transient spines at rest, as a share of all.
        persistent_loss: loss of persistent spines.
        hiding: rate at which a seen spine falls below detection.
        appearing: rate at which a hidden spine is seen again.
        drift: extra loss while imaged.
    """

    transient_loss: float = 0.5
    transient_share: float = 0.06
    persistent_loss: float = 0.0007
    hiding: float = 0.03
    appearing: float = 0.26
    drift: float = 0.003

    def flow(self) -> Flow:
        """Return the law; states: transient and persistent seen, then both hidden. Spines are born seen."""
        toggles = np.array([[-self.hiding, self.appearing], [self.hiding, -self.appearing]])
        rates = np.kron(np.eye(2), _pools(self)) + np.kron(toggles, np.eye(2))
        return Flow(rates, np.array([1.0, 0, 0, 0]), np.array([1.0, 1.0, 0, 0]), self.drift)


@dataclasses.dataclass(frozen=True)
class Sizes:
    """Head widths that wander: a fast and a slow part of ln width, both Gaussian, in bins (rows V19-V22)."""

    fast_sd: float = 0.107
    slow_sd: float = 0.178
    fast_time: float = 1.5
    slow_time: float = 40.0
    transient_width: float = 0.50
    fast_bins: int = 4
    slow_bins: int = 11

    def bins(self) -> tuple[Floats, Floats, Floats]:
        """Return ln width and resting share of each bin, and the rates between bins (1/d)."""
        fast, fast_share, fast_rates = _wandering(self.fast_bins, self.fast_sd, self.fast_time)
        slow, slow_share, slow_rates = _wandering(self.slow_bins, self.slow_sd, self.slow_time)
        rates = np.kron(fast_rates, np.eye(self.slow_bins)) + np.kron(np.eye(self.fast_bins), slow_rates)
        return np.add.outer(fast, slow).ravel(), np.outer(fast_share, slow_share).ravel(), rates


@dataclasses.dataclass(frozen=True)
class SizeDetection:
    """Two pools; small spines are overlooked, and head widths wander.

    Args:
        transient_loss: loss of transient spines.
        transient_share: transient spines at rest, as a share of all.
        persistent_loss: loss of persistent spines.
        threshold: minus ln width (relative to the median persistent spine) at which half of the spines is seen.
        softness: ln width over which detection rises (logistic).
        drift: extra loss while imaged.
        sizes: how widths wander; not fitted here.
    """

    transient_loss: float = 0.3
    transient_share: float = 0.11
    persistent_loss: float = 0.004
    threshold: float = 0.6
    softness: float = 0.12
    drift: float = 0.003
    sizes: Sizes = dataclasses.field(default_factory=Sizes)

    def flow(self) -> Flow:
        """Return the law; states: pool (transient, persistent) by size bin."""
        width, share, wander = self.sizes.bins()
        rates = np.kron(_pools(self), np.eye(len(width))) + np.kron(np.eye(2), wander)
        widths = np.concatenate([width - self.sizes.transient_width, width])
        seen = 0.5 * (1.0 + np.tanh((widths + self.threshold) / (2.0 * self.softness)))
        return Flow(rates, np.concatenate([share, np.zeros_like(share)]), seen, self.drift)


def _pools(law: TwoPools | HiddenState | SizeDetection) -> Floats:
    """Return the rates between the transient and the persistent pool, [to, from]."""
    share, lost = law.transient_share, law.persistent_loss
    capture = lost * (1.0 - share) / share
    return np.array([[-law.transient_loss - capture, 0.0], [capture, -lost]])


def _wandering(bins: int, sd: float, time: float) -> tuple[Floats, Floats, Floats]:
    """Return places, resting shares and rates of Ehrenfest's urns: a binned Ornstein-Uhlenbeck process.

    Mean, variance and autocorrelation exp(-t/time) are exact for any number of bins >= 2.
    """
    last = bins - 1
    index = np.arange(bins, dtype=np.float64)
    places = sd * (2.0 * index - last) / math.sqrt(last)
    shares = np.array([math.comb(last, k) for k in range(bins)]) / 2.0**last
    up, down = (last - index) / (2.0 * time), index / (2.0 * time)
    rates = np.diag(up[:-1], -1) + np.diag(down[1:], 1) - np.diag(up + down)
    return places, shares, rates
