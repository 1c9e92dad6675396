"""Miniature excitatory currents, as a slice recording in TTX would find them in the spines that are there.

In TTX nothing fires: a miniature comes from one vesicle at one synapse. Their frequency goes with the number of
synapses; their size with the AMPA receptors of a synapse, that is AMPA gain times head volume, to which the area of the
synapse is tied (row V32). A transient spine counts less, as not every one carries a synapse. Both are means over what
the neuron has, relative to others. Left out: release probability, shaft synapses, space clamp, what falls into noise.
"""

from __future__ import annotations

import dataclasses
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from plastisim.engine.fields import Source, chosen, parameter

Floats = npt.NDArray[np.float64]


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
        3.0, "1", "exponent of head width in the AMPA receptors of a synapse",
        Source("row V32: synaptic area goes with head volume; volume is the cube of width", "seen"),
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
            return Miniatures(frequency, ampa_gain * (synapses * volume).sum(axis=-1) / frequency)
