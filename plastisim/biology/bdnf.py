"""BDNF: made from mRNA, stored, released with activity, spread to neighbours.

    rel = 1 + 2 G (CK - CK0) + 0.6 (gin - gin0) + 0.6 (b - 1)+ + 9 dis
    Bi' = kBi (m s^0.3 (1 + 2 dis) - Bi (1 + rel)/2)                                  (stored, 1 at rest)
    Bx' = kx (Bx0 Bi rel - Bx (1 + S)) + (D/l²) sum over neighbours of (Bx_j - Bx)    (extracellular, nmol/L)

S is a scavenger over its dissociation constant: at steady state a share S / (1 + S) of BDNF is lost to it.

Left out: proBDNF, truncated TrkB as a sink, transport along the dendrite.
"""

from __future__ import annotations

import math

from jax import Array

from plastisim.biology import sources
from plastisim.biology.kinetics import above
from plastisim.engine.fields import Number, chosen, container, parameter, variable

HOUR = 3600.0
RELEASE = chosen("release rises with CaMK, Gq, bursts and disinhibition; weights give mTORC1 x1.4-2 at usual doses")


@container
class BdnfState:
    """BDNF inside and outside one neuron."""

    bdnf_stored: Array = variable("1", "stored BDNF relative to rest", 1.0)
    bdnf_extracellular: Array = variable("nmol/L", "extracellular BDNF at the neuron", 0.05)


@container
class Bdnf:
    """Synthesis, release and spread of BDNF."""

    synthesis: Number = parameter(math.log(2) / (5 * HOUR), "1/s", "turnover of the store", chosen("hours"))
    clearance: Number = parameter(
        math.log(2) / (0.5 * HOUR), "1/s", "removal from the extracellular space", chosen("half an hour")
    )
    resting: Number = parameter(0.05, "nmol/L", "extracellular BDNF at rest", sources.TRKB_COMPOSITE)
    release_camk: Number = parameter(2.0, "1", "release by CaMK", RELEASE)
    release_gq: Number = parameter(0.6, "1", "release by Gq", RELEASE)
    release_burst: Number = parameter(0.6, "1", "release by bursts", RELEASE)
    release_disinhibition: Number = parameter(9.0, "1", "release by disinhibition", RELEASE)
    translation_disinhibition: Number = parameter(2.0, "1", "synthesis by disinhibition (eEF2 kinase off)", RELEASE)
    translation_s6: Number = parameter(0.3, "1", "exponent of synthesis in S6 kinase", chosen("weak feedback"))
    diffusion: Number = parameter(
        5.0, "um^2/s", "effective diffusion of BDNF in tissue", chosen("within 1-10 um²/s: spread over 50-160 um")
    )
    spacing: Number = parameter(50.0, "um", "distance to the next layer V neuron", chosen("within the spread of BDNF"))

    def release(self, *, gate: Array, camk_rise: Array, drive_rise: Array, burst: Array, disinhibition: Array) -> Array:
        """Return release relative to rest; all arrays (neuron,); `_rise` is above the neuron's own rest."""
        return (
            1.0
            + self.release_camk * gate * camk_rise
            + self.release_gq * drive_rise
            + self.release_burst * above(burst, 1.0)
            + self.release_disinhibition * disinhibition
        )

    def exchange(self) -> Number:
        """Return the rate at which BDNF moves to one neighbour, 1/s."""
        return self.diffusion / (self.spacing * self.spacing)

    def rates(
        self, state: BdnfState, *, mrna: Array, release: Array, s6_ratio: Array, disinhibition: Array, inflow: Array,
        scavenging: Array,
    ) -> BdnfState:  # fmt: skip
        """Return d(state)/dt; all arrays (neuron,).

        Args:
            state: stored (relative) and extracellular BDNF (nmol/L).
            mrna: Bdnf mRNA relative to rest.
            release: see `release`.
            s6_ratio: S6 kinase activity relative to rest.
            disinhibition: 0..1.
            inflow: extracellular BDNF arriving from neighbours less that leaving to them, nmol/L/s.
            scavenging: scavenger over its dissociation constant.
        """
        made = mrna * s6_ratio**self.translation_s6 * (1.0 + self.translation_disinhibition * disinhibition)
        outside = state.bdnf_extracellular
        source = self.clearance * (self.resting * state.bdnf_stored * release - outside - scavenging * outside)
        return BdnfState(
            bdnf_stored=self.synthesis * (made - state.bdnf_stored * 0.5 * (1.0 + release)),
            bdnf_extracellular=source + inflow,
        )
