"""Arbor: branch points, total dendritic length and Sholl crossings of a neuron that grows.

The growth programme adds branch points n (relative to rest), which are lost slowly; Q are plasticity proteins:

    n' = (1 + g (Q - 1)+ - n) / tau

A tree of s stems with B n branch points has s + B n tips. Branch points lie at exponential distances from the soma
(mean b), tips at those of a sum of two equal exponentials (mean 2 k, k >= b, so that a tip lies beyond its branch
point). What crosses a sphere of radius r are the stems and the branches begun within it, less those ended within it:

    crossings(r) = s (1 - T(r)) + B n (P(r) - T(r)),   P = 1 - e^(-r/b),   T = 1 - (1 + r/k) e^(-r/k)

and the length is its integral, s 2k + B n (2k - b). Chosen for a cortical neuron in culture, where arbors were seen to
grow (row O5); adult arbors in vivo are far more stable. Left out: growth in reach, tips that retract, the difference
of apical and basal trees, branches that run around the soma (they add length and no crossings).
"""

from __future__ import annotations

import dataclasses

import numpy as np
import numpy.typing as npt

from plastisim.engine.fields import chosen, parameter

Floats = npt.NDArray[np.float64]
DAY = 86400.0


@dataclasses.dataclass(frozen=True)
class Arbor:
    """The dendritic tree of one neuron."""

    stems: float = parameter(6.0, "1", "s: dendrites that leave the soma", chosen("a usual pyramidal cell in culture"))
    branch_points: float = parameter(14.0, "1", "B: branch points at rest", chosen("two to three a stem"))
    branch_distance: float = parameter(
        30.0, "um", "b: mean distance of branch points", chosen("within the first 100 um")
    )
    tip_distance: float = parameter(50.0, "um", "k: half the mean distance of tips", chosen("trees of some 200 um"))
    gain: float = parameter(
        2.0, "1", "g: branch points per plasticity protein, steady",
        chosen("arbors grow visibly within a day or two of strong growth; no row gives a size"),
    )  # fmt: skip
    time: float = parameter(
        5.0 * DAY, "s", "tau: time in which branch points come and go", chosen("slower than spines")
    )

    def grown(self, time: Floats, proteins: Floats) -> Floats:
        """Return branch points relative to rest, exact for proteins above rest that are linear between the times.

        Args:
            time: s, ascending, shape (time,); the arbor rests at the first.
            proteins: plasticity proteins relative to rest, shape (time, ...).
        """
        rise = self.gain * np.maximum(np.asarray(proteins, float) - 1.0, 0.0)
        found = [np.zeros_like(rise[0])]
        for step, before, after in zip(np.diff(time), rise[:-1], rise[1:], strict=True):
            lag = self.time * (after - before) / step
            found.append(after - lag + (found[-1] - before + lag) * np.exp(-step / self.time))
        return 1.0 + np.array(found)

    def length(self, branch_points: Floats) -> Floats:
        """Return total dendritic length, um, of trees with so many branch points relative to rest, any shape."""
        reach = 2.0 * self.tip_distance
        return self.stems * reach + self.branch_points * branch_points * (reach - self.branch_distance)

    def crossings(self, radius: Floats, branch_points: Floats) -> Floats:
        """Return Sholl crossings, shape (..., radius).

        Args:
            radius: of the spheres around the soma, um, shape (radius,).
            branch_points: relative to rest, shape (...).
        """
        far = np.asarray(radius, float)
        unended = (1.0 + far / self.tip_distance) * np.exp(-far / self.tip_distance)
        added = unended - np.exp(-far / self.branch_distance)
        return self.stems * unended + self.branch_points * np.asarray(branch_points, float)[..., None] * added
