"""Transcription: CaMK, ERK and CREB switch on Bdnf.

    gin  = wi gi + 0.3 w0 gs,   G = w0 + wi gi/(gi + 0.1),   w0 = 1 - wi           (which receptor pool counts)
    CK'  = kCK (Ca⁴/(Ca⁴+K⁴) - CK)
    ERK' = ((2 T + 0.45 gin + G (0.5 PKC + CK)) / (1 + 5 MKP) (1 - ERK) - ERK) / 240 s
    MKP' = (2.5 ERK - MKP) / 1 h
    CR'  = ((1.2 G CK + 1.7 ERK)(1 - CR) - 0.6 CR) / 900 s                          (phosphorylated CREB)
    m'   = dm (max(1 + F (fP - fP0), 0.05) - m),   fP = CR²/(CR² + 0.35²)            (Bdnf mRNA, 1 at rest)

G is an AND gate: Ca²⁺ evoked at the surface feeds growth only while the intracellular receptor pool is active
(wi = 0 gives the classical surface model). Left out: separate promoters, histone marks, dendritic mRNA.
"""

from __future__ import annotations

import math

from jax import Array
from jax import numpy as jnp

from plastisim.biology import sources
from plastisim.biology.kinetics import hill
from plastisim.engine.fields import Number, chosen, container, parameter, variable

KINASES = chosen("pERK peak within 15 min, fall to half in 2 h after BDNF")
INTRACELLULAR = chosen("hypothesis of Vargas et al. 2023, switchable: drive from the intracellular receptor pool")


@container
class TranscriptionState:
    """Kinases as active fractions; mRNA relative to rest."""

    camk: Array = variable("1", "active CaMKII/IV", 1e-2)
    erk: Array = variable("1", "phosphorylated ERK", 0.05)
    mkp: Array = variable("1", "MAP kinase phosphatase", 0.1)
    pcreb: Array = variable("1", "phosphorylated CREB", 0.1)
    bdnf_mrna: Array = variable("1", "Bdnf mRNA relative to rest", 1.0)


@container
class Transcription:
    """From Ca²⁺, Gq and TrkB to Bdnf mRNA."""

    inside_weight: Number = parameter(0.95, "1", "weight of the intracellular 5-HT2A pool", INTRACELLULAR)
    surface_share: Number = parameter(
        0.3, "1", "direct drive of the surface pool relative to the inner one", INTRACELLULAR
    )
    gate_half: Number = parameter(0.10, "1", "active inner Gq at half gate", INTRACELLULAR)
    camk_rate: Number = parameter(0.02, "1/s", "CaMK on and off", chosen("decay of about 50 s"))
    camk_calcium: Number = parameter(
        0.35, "umol/L", "Ca²⁺ at half CaMK, Hill 4", chosen("between resting and stimulated Ca²⁺")
    )
    erk_time: Number = parameter(240.0, "s", "ERK time constant", KINASES)
    erk_trkb: Number = parameter(2.0, "1", "ERK by active TrkB", KINASES)
    erk_gq: Number = parameter(0.45, "1", "ERK by Gq", KINASES)
    erk_pkc: Number = parameter(0.5, "1", "ERK by PKC", KINASES)
    erk_camk: Number = parameter(1.0, "1", "ERK by CaMK", KINASES)
    mkp_inhibition: Number = parameter(5.0, "1", "ERK activation divided by 1 + this times MKP", KINASES)
    mkp_induction: Number = parameter(2.5, "1", "MKP per ERK", KINASES)
    mkp_time: Number = parameter(3600.0, "s", "MKP time constant", KINASES)
    creb_time: Number = parameter(900.0, "s", "CREB time constant", KINASES)
    creb_camk: Number = parameter(1.2, "1", "CREB by CaMK", KINASES)
    creb_erk: Number = parameter(1.7, "1", "CREB by ERK", KINASES)
    creb_off: Number = parameter(0.6, "1", "CREB dephosphorylation", KINASES)
    mrna_decay: Number = parameter(math.log(2) / 5400.0, "1/s", "Bdnf mRNA decay", sources.MRNA_HALF_LIFE)
    mrna_gain: Number = parameter(7.0, "1", "largest rise of Bdnf transcription", chosen("2-5-fold peak within 2-4 h"))
    mrna_creb: Number = parameter(
        0.35, "1", "pCREB at half transcription, Hill 2", chosen("2-5-fold peak within 2-4 h")
    )
    mrna_floor: Number = parameter(0.05, "1", "smallest transcription", chosen("never switched off"))

    def drive(self, gq_surface: Array, gq_inside: Array) -> Array:
        """Return the direct Gq drive of growth (`gin` above), 0..1."""
        surface = self.surface_share * (1.0 - self.inside_weight)
        return self.inside_weight * gq_inside + surface * gq_surface

    def gate(self, gq_inside: Array) -> Array:
        """Return how much of the surface-evoked Ca²⁺ signal counts (`G` above), 0..1."""
        return (1.0 - self.inside_weight) + self.inside_weight * hill(gq_inside, self.gate_half)

    def creb_binding(self, state: TranscriptionState) -> Array:
        """Return the promoter occupancy by phosphorylated CREB (`fP` above), 0..1."""
        return hill(state.pcreb, self.mrna_creb, 2)

    def rates(
        self, state: TranscriptionState, *, calcium: Array, pkc: Array, drive: Array, gate: Array, trkb: Array,
        binding_rise: Array,
    ) -> TranscriptionState:  # fmt: skip
        """Return d(state)/dt; all arrays (neuron,).

        Args:
            state: active fractions and mRNA.
            calcium: umol/L.
            pkc: active PKC.
            drive: see `drive`.
            gate: see `gate`.
            trkb: active TrkB.
            binding_rise: promoter occupancy above the neuron's rest.
        """
        erk_input = (
            self.erk_trkb * trkb + self.erk_gq * drive + gate * (self.erk_pkc * pkc + self.erk_camk * state.camk)
        )
        erk_on = erk_input / (1.0 + self.mkp_inhibition * state.mkp) * (1.0 - state.erk)
        creb_on = (gate * self.creb_camk * state.camk + self.creb_erk * state.erk) * (1.0 - state.pcreb)
        transcription = jnp.maximum(1.0 + self.mrna_gain * binding_rise, self.mrna_floor)
        return TranscriptionState(
            camk=self.camk_rate * (hill(calcium, self.camk_calcium, 4) - state.camk),
            erk=(erk_on - state.erk) / self.erk_time,
            mkp=(self.mkp_induction * state.erk - state.mkp) / self.mkp_time,
            pcreb=(creb_on - self.creb_off * state.pcreb) / self.creb_time,
            bdnf_mrna=self.mrna_decay * (transcription - state.bdnf_mrna),
        )
