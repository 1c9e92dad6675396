"""Miniature excitatory currents, as a slice recording in TTX would find them in the spines that are there.

In TTX nothing fires: a miniature comes from one vesicle at one synapse. Synapse i has slots for receptors in proportion
to head volume, to which its area is tied (row V32). All synapses share the AMPA receptors that the neuron has, which
go with AMPA gain; B is what a mean synapse holds, S its slots.

    B = S F / (F + K),   F = R - B,   R = f (1 + p) AMPA gain,   K = p (1 - f)        (S = 1 at rest)
    currents of synapse i:  log-normal, mean a_i = B S_i / S, ln variance v = ln(1 + CV²)
    found:                  w_i P(current > T) = w_i Φ(ln(a_i / T) / √v - √v / 2)
    mean of those found:    sum of w_i a_i Φ(ln(a_i / T) / √v + √v / 2) / sum of found

So heads that grow alone soon run out of receptors, receptors that grow alone out of slots, and B stays below
(1 + p) AMPA gain times its rest. f is the share of slots that is filled at rest, p the receptors that wait outside for
each one inside. w_i is smaller for a transient spine, as not every one carries a synapse. T is the threshold: what is
smaller is lost in noise, so that synapses which grow are found more often. Left out: release probability, shaft
synapses, space clamp, that noise adds to what is found, that one vesicle does not reach all of a large synapse.
"""

from __future__ import annotations

import dataclasses
import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from plastisim.engine.fields import Source, chosen, parameter

Floats = npt.NDArray[np.float64]
_TRIESCH = "Triesch, Vo & Hafner 2018, doi 10.7554/eLife.37836, in which synapses compete for receptors"


class Miniatures(NamedTuple):
    """Miniature currents in any one unit; arrays of the spines' shape without the last axis."""

    frequency: Floats
    amplitude: Floats


@dataclasses.dataclass(frozen=True)
class PatchClamp:
    """How spines become miniature currents."""

    transient_weight: float = parameter(
        0.3, "1", "synapses a transient spine, relative to a persistent one",
        chosen("young, thin spines often lack a synapse; no row gives the share"),
    )  # fmt: skip
    width_power: float = parameter(
        3.0, "1", "exponent of head width in the receptor slots of a synapse",
        Source("row V32: synaptic area goes with head volume; volume is the cube of width", "seen"),
    )  # fmt: skip
    filling: float = parameter(
        0.5, "1", "f: share of receptor slots that is filled at rest",
        chosen(f"0.5 or 0.9 in the model of {_TRIESCH}; with the smaller, receptors and slots both count"),
    )  # fmt: skip
    spare: float = parameter(
        2.67, "1", "p: AMPA receptors outside synapses, for each inside, at rest",
        Source(f"the code of the model of {_TRIESCH}", "seen"),
    )  # fmt: skip
    variation: float = parameter(
        0.4, "1", "CV: coefficient of variation of the miniatures of one synapse",
        chosen("vesicles differ in content and place; less than between the synapses of a neuron; no row gives it"),
    )  # fmt: skip
    threshold: float = parameter(
        0.5, "1", "T: smallest current that is found, relative to the mean of a median persistent spine at rest",
        chosen("a criterion some 3 times the noise, as usual, is about half of a mean current; 0 finds all"),
    )  # fmt: skip

    def miniatures(
        self, living: npt.NDArray[np.bool_], transient: npt.NDArray[np.bool_], log_width: Floats, ampa_gain: Floats
    ) -> Miniatures:
        """Return frequency, in synapses whose currents are all found, and the mean amplitude of what is found.

        Amplitude is relative to the mean current of a median persistent spine at rest.

        Args:
            living: whether there is a spine, shape (..., spine).
            transient: whether it is transient, same shape.
            log_width: ln of its head width relative to the median persistent spine, same shape.
            ampa_gain: of the neuron, relative to rest, shape (...).
        """
        synapses = living * np.where(transient, self.transient_weight, 1.0)
        volume = np.exp(self.width_power * np.where(living, log_width, 0.0))
        with np.errstate(invalid="ignore", divide="ignore"):  # no synapse has no size
            slots = (synapses * volume).sum(axis=-1) / synapses.sum(axis=-1)
            current = volume * (self.held(slots, ampa_gain) / slots)[..., None]
            found, charge = (np.where(living, synapses * part, 0.0) for part in self.found(current))
            frequency = found.sum(axis=-1)
            return Miniatures(frequency, charge.sum(axis=-1) / frequency)

    def found(self, current: Floats) -> tuple[Floats, Floats]:
        """Return the share of the miniatures of a synapse that is found, and the current that these add up to.

        Args:
            current: mean of the miniatures of a synapse, found or not, any shape, in the unit of `threshold`.
        """
        from scipy.special import ndtr

        spread = math.sqrt(math.log1p(self.variation**2))
        with np.errstate(divide="ignore"):  # a threshold of 0 is infinitely far
            distance = np.log(current / self.threshold) / spread
        return ndtr(distance - spread / 2.0), current * ndtr(distance + spread / 2.0)

    def held(self, slots: Floats, ampa_gain: Floats) -> Floats:
        """Return the AMPA receptors in a mean synapse relative to rest.

        Args:
            slots: of the mean synapse of a neuron, relative to a median persistent spine at rest.
            ampa_gain: receptors of the neuron, relative to rest, same shape.
        """
        receptors = self.filling * (1.0 + self.spare) * ampa_gain
        either = slots + receptors + self.spare * (1.0 - self.filling)
        bound = 2.0 * slots * receptors / (either + np.sqrt(either**2 - 4.0 * slots * receptors))
        return bound / self.filling
