"""TrkB: binding of BDNF (eased by some drugs), endocytosis, and Akt.

    v   = kon Bx eta Ts,   eta = (1 + kT potentiation) / (1 + block)
    Ts' = -v + koff Ta + kr Te + kd (1 - Ts - Ta - Te)
    Ta' =  v - (koff + ki) Ta
    Te' =  ki Ta - (kr + kd) Te
    Akt' = kA T/(1 + 0.8 S6) (1 - Akt) - kdA Akt,   T = Ta + Te/2

Whether drugs potentiate TrkB directly is disputed: kT = 0 switches it off. Left out: autophosphorylation (so the
first 30 s are too fast), PLCγ, p75.
"""

from __future__ import annotations

from jax import Array

from plastisim.biology import sources
from plastisim.engine.fields import Number, chosen, container, parameter, variable

PLATEAU = chosen("Akt reaches its plateau in about 3 min")


@container
class TrkbState:
    """TrkB pools as fractions, and active Akt."""

    trkb_surface: Array = variable("1", "TrkB at the surface, free", 1.0)
    trkb_active: Array = variable("1", "TrkB at the surface, active", 0.02)
    trkb_endosomal: Array = variable("1", "TrkB in signalling endosomes", 0.02)
    akt: Array = variable("1", "active Akt", 0.1)


@container
class Trkb:
    """BDNF receptor and its first kinase."""

    binding: Number = parameter(1e-3, "L/nmol/s", "BDNF binding", sources.TRKB_COMPOSITE)
    unbinding: Number = parameter(1e-3, "1/s", "BDNF unbinding", chosen("dissociation constant 1 nmol/L"))
    endocytosis: Number = parameter(
        2e-3, "1/s", "endocytosis of active TrkB",
        chosen("fits the fall from 5 to 30 min; the composite model has 0.01"),
    )  # fmt: skip
    recycling: Number = parameter(1e-3, "1/s", "return to the surface", sources.TRKB_COMPOSITE)
    turnover: Number = parameter(2e-4, "1/s", "degradation and synthesis", chosen("slower than recycling"))
    potentiation: Number = parameter(
        0.15, "1", "gain of binding by drug at the transmembrane site", chosen("disputed; 0 switches it off")
    )
    endosomal_weight: Number = parameter(0.5, "1", "signalling of endosomal TrkB", chosen("half of surface TrkB"))
    akt_on: Number = parameter(0.08, "1/s", "Akt activation by TrkB", PLATEAU)
    akt_off: Number = parameter(0.02, "1/s", "Akt deactivation", PLATEAU)
    akt_feedback: Number = parameter(0.8, "1", "brake of S6 kinase on Akt", PLATEAU)

    def active(self, state: TrkbState) -> Array:
        """Return signalling TrkB (`T` above), 0..1."""
        return state.trkb_active + self.endosomal_weight * state.trkb_endosomal

    def rates(self, state: TrkbState, *, bdnf: Array, potentiation: Array, block: Array, s6: Array) -> TrkbState:
        """Return d(state)/dt, 1/s; all arrays (neuron,).

        Args:
            state: TrkB pools and Akt.
            bdnf: extracellular BDNF, nmol/L.
            potentiation: drug at the transmembrane site, 0..1.
            block: antagonist concentration over its IC50.
            s6: active S6 kinase, 0..1.
        """
        surface, active, endosomal = state.trkb_surface, state.trkb_active, state.trkb_endosomal
        eased = (1.0 + self.potentiation * potentiation) / (1.0 + block)
        bound = self.binding * bdnf * eased * surface
        synthesis = self.turnover * (1.0 - surface - active - endosomal)
        akt_on = self.akt_on * self.active(state) / (1.0 + self.akt_feedback * s6) * (1.0 - state.akt)
        return TrkbState(
            trkb_surface=-bound + self.unbinding * active + self.recycling * endosomal + synthesis,
            trkb_active=bound - (self.unbinding + self.endocytosis) * active,
            trkb_endosomal=self.endocytosis * active - (self.recycling + self.turnover) * endosomal,
            akt=akt_on - self.akt_off * state.akt,
        )
