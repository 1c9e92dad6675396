"""Receptors: who sits on them, how strongly they signal, and where they are.

Occupancy of 5-HT2A is solved once per animal, for the surface and the intracellular pool:

    bound' = kon C (1 - sum of bound) - koff bound          drive = sum of efficacy × bound

5-HT1A, NMDA receptor, TrkB and mTORC1 ligands are in equilibrium (their kinetics are fast next to minutes).
Each neuron then moves its surface 5-HT2A: phosphorylation by agonist drive, internalisation, recycling, synthesis.
Left out: occupancy carried along with trafficking (pools re-equilibrate with their own ligand).
"""

from __future__ import annotations

import math

from jax import Array

from plastisim.biology import sources
from plastisim.biology.ligands import Ligand
from plastisim.engine.fields import Number, chosen, container, parameter, variable

HOUR = 3600.0
TRAFFICKING = chosen("within 1e-4..1e-1 of Fallahi-Sichani & Linderman 2009")


def occupancy_rate(ligand: Ligand, free: Array, bound: Array, vacant: Array) -> Array:
    """Return d(bound)/dt (1/s) of one compound at 5-HT2A.

    Args:
        ligand: association (L/nmol/s) and dissociation (1/s).
        free: free concentration at the pool, nmol/L.
        bound: fraction of receptors that the compound occupies.
        vacant: fraction of receptors that nothing occupies.
    """
    return ligand.htr2a_on * free * vacant - ligand.htr2a_off * bound


@container
class ReceptorState:
    """Where the neuron's 5-HT2A receptors are, as fractions of the pool that can reach the surface."""

    htr2a_surface: Array = variable("1", "5-HT2A at the surface and coupled", 1.0)
    htr2a_phosphorylated: Array = variable("1", "5-HT2A at the surface, phosphorylated", 1e-2)
    htr2a_internalised: Array = variable("1", "5-HT2A internalised", 1e-1)


@container
class Receptors:
    """Trafficking of 5-HT2A in one neuron.

    surface'        = -kp drive (1 + w PKC) surface + kd phosphorylated + kr internalised + kg (1 - total)
    phosphorylated' =  kp drive (1 + w PKC) surface - (kd + ki) phosphorylated
    internalised'   =  ki phosphorylated - (kr + kg) internalised
    """

    phosphorylation: Number = parameter(
        1.5e-3, "1/s", "phosphorylation at full agonism",
        chosen("about 11 min at full agonism; overexpression fits give 0.9-2 /min GRK steps, so an effective rate"),
    )  # fmt: skip
    pkc_weight: Number = parameter(0.3, "1", "extra phosphorylation by PKC", chosen("a modest PKC contribution"))
    dephosphorylation: Number = parameter(3e-3, "1/s", "dephosphorylation", TRAFFICKING)
    internalisation: Number = parameter(1.5e-3, "1/s", "internalisation", TRAFFICKING)
    recycling: Number = parameter(
        math.log(2) / (2.5 * HOUR), "1/s", "return to the surface", sources.RECEPTOR_RECYCLING
    )
    turnover: Number = parameter(
        math.log(2) / (24 * HOUR), "1/s", "degradation and synthesis", chosen("receptor half-life of a day")
    )

    def rates(self, state: ReceptorState, *, drive: Array, pkc: Array) -> ReceptorState:
        """Return d(state)/dt, 1/s; all arrays (neuron,).

        Args:
            state: receptor fractions.
            drive: agonist drive of surface 5-HT2A, 0..1.
            pkc: active PKC, 0..1.
        """
        surface, marked, inside = state.htr2a_surface, state.htr2a_phosphorylated, state.htr2a_internalised
        marking = self.phosphorylation * drive * (1.0 + self.pkc_weight * pkc) * surface
        synthesis = self.turnover * (1.0 - surface - marked - inside)
        return ReceptorState(
            -marking + self.dephosphorylation * marked + self.recycling * inside + synthesis,
            marking - (self.dephosphorylation + self.internalisation) * marked,
            self.internalisation * marked - (self.recycling + self.turnover) * inside,
        )
