"""Miniature excitatory currents, as a slice recording in TTX would find them in the spines that are there.

In TTX nothing fires: a miniature comes from one vesicle at one synapse. Their frequency goes with the number of
synapses; their size with the AMPA receptors B that a synapse holds. A transient spine counts less, as not every one
carries a synapse. Both are means over what the neuron has, relative to others.

    B = S F / (F + K),   F = R - B,   R = f (1 + p) AMPA gain,   K = p (1 - f)        (each a synapse; S = 1 at rest)

S are slots for receptors: head volume, to which the area of a synapse is tied (row V32). The receptors R that the
neuron has go with AMPA gain, and its synapses share them. So heads that grow alone soon run out of receptors, receptors
that grow alone out of slots, and B stays below (1 + p) AMPA gain times its rest. f is the share of slots that is
filled at rest, p the receptors that wait outside for each one inside. Left out: release probability, shaft synapses,
space clamp, what falls into noise, that one vesicle does not reach all of a large synapse.
"""

from __future__ import annotations

import dataclasses
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

    def miniatures(
        self, living: npt.NDArray[np.bool_], transient: npt.NDArray[np.bool_], log_width: Floats, ampa_gain: Floats
    ) -> Miniatures:
        """Return frequency, in synapses, and mean amplitude, relative to that of a median persistent spine at rest.

        Args:
            living: whether there is a spine, shape (..., spine).
            transient: whether it is transient, same shape.
            log_width: ln of its head width relative to the median persistent spine, same shape.
            ampa_gain: of the neuron, relative to rest, shape (...).
        """
        synapses = living * np.where(transient, self.transient_weight, 1.0)
        volume = np.where(living, np.exp(self.width_power * np.where(living, log_width, 0.0)), 0.0)
        frequency = synapses.sum(axis=-1)
        with np.errstate(invalid="ignore", divide="ignore"):  # no synapse has no size
            slots = (synapses * volume).sum(axis=-1) / frequency
        return Miniatures(frequency, self.held(slots, ampa_gain))

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
