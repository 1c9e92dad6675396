"""Gq → PLCβ: PIP2 is cut into IP3 and DAG.

    g     = G A / (1 + G A),  A = receptor drive + a0                     (Gq, quasi-steady: seconds)
    v     = (PIP2 / PIP2*) (k0 + k1 g) Ca / (Ca + KP)                     (PLCβ, umol/L/s)
    PIP'  = k4K PI - (k4P + k5K) PIP + k5P PIP2
    PIP2' = k5K PIP - k5P PIP2 - s v
    IP3'  = v + vd / (1 + IP3/kd) Ca²/(Ca² + Kd²) - r5 IP3 - v3 Ca⁴/(Ca⁴ + KD⁴) IP3/(IP3 + K3)
    DAG'  = v - kDAG DAG

Left out: the stimulated rise of the lipid kinases, and the Gq cycle itself (checked in the literature model: the
calcium peak moves by 1 s and less than 1 %).
"""

from __future__ import annotations

from jax import Array

from plastisim.biology import sources
from plastisim.biology.kinetics import hill
from plastisim.engine.fields import Number, chosen, container, parameter, variable

GRADED = chosen("graded over the resting-to-stimulated range")


@container
class GqState:
    """Lipids at the membrane and the two messengers that PLCβ makes."""

    pip: Array = variable("1/um^2", "PI(4)P", 3600.0)
    pip2: Array = variable("1/um^2", "PIP2", 5000.0)
    ip3: Array = variable("umol/L", "IP3", 0.1)
    dag: Array = variable("umol/L", "DAG", 0.04)


@container
class Gq:
    """Gq, PLCβ, the phosphoinositides, and PKC."""

    reserve: Number = parameter(
        3.0, "1", "receptor reserve: gain from active receptor to Gq",
        chosen("half Gq activation at one third active receptor"),
    )  # fmt: skip
    basal_activity: Number = parameter(
        0.002, "1", "agonist-free receptor activity", chosen("small constitutive activity")
    )
    plc_basal: Number = parameter(0.010, "umol/L/s", "PLCβ rate without Gq", chosen("sets resting IP3 near 0.1 umol/L"))
    plc_gq: Number = parameter(0.40, "umol/L/s", "PLCβ rate at full Gq", chosen("IP3 of a few umol/L at full agonism"))
    plc_calcium: Number = parameter(0.30, "umol/L", "Ca²⁺ at half PLCβ activity", sources.GQ_PATHWAY)
    pip2_reference: Number = parameter(5000.0, "1/um^2", "PIP2 at which PLCβ rates are given", sources.LIPIDS)
    pi: Number = parameter(140000.0, "1/um^2", "phosphatidylinositol", sources.LIPIDS)
    pi4_kinase: Number = parameter(7.8e-4, "1/s", "PI 4-kinase", sources.LIPIDS)
    pip5_kinase: Number = parameter(0.06, "1/s", "PIP 5-kinase", sources.LIPIDS)
    pi4_phosphatase: Number = parameter(
        0.0303, "1/s", "PI 4-phosphatase", chosen("steady state of the lipid pools: 109/3600")
    )
    pip5_phosphatase: Number = parameter(0.0432, "1/s", "PIP 5-phosphatase", chosen("steady state of the lipid pools"))
    surface_to_volume: Number = parameter(
        250.0, "L/umol/um^2", "PIP2 molecules per um² cut per umol/L of IP3 made",
        chosen("dendrite of 1-2 um, surface to volume 2-4 /um"),
    )  # fmt: skip
    ip3_phosphatase: Number = parameter(0.08, "1/s", "IP3 5-phosphatase", sources.PHOSPHOINOSITIDES)
    ip3_kinase: Number = parameter(
        0.10, "umol/L/s", "IP3 3-kinase", chosen("form and constants of De Pittà 2009, lowered from 2")
    )
    ip3_kinase_calcium: Number = parameter(0.7, "umol/L", "Ca²⁺ at half IP3 3-kinase", sources.CALCIUM_CORE)
    ip3_kinase_ip3: Number = parameter(1.0, "umol/L", "IP3 at half IP3 3-kinase", sources.CALCIUM_CORE)
    plcd: Number = parameter(0.006, "umol/L/s", "PLCδ", chosen("De Pittà 2009 has 0.02; lowered for a quiet rest"))
    plcd_calcium: Number = parameter(0.10, "umol/L", "Ca²⁺ at half PLCδ", sources.CALCIUM_CORE)
    plcd_ip3: Number = parameter(1.5, "umol/L", "IP3 that halves PLCδ", sources.CALCIUM_CORE)
    dag_decay: Number = parameter(0.15, "1/s", "DAG removal", sources.GQ_PATHWAY)
    pkc_dag: Number = parameter(0.2, "umol/L", "DAG at half PKC", GRADED)
    pkc_calcium: Number = parameter(0.3, "umol/L", "Ca²⁺ at half PKC", GRADED)

    def activation(self, drive: Array, coupled: Number) -> Array:
        """Return active Gq (0..1) for an agonist drive (0..1) of the `coupled` fraction of receptors."""
        active = self.reserve * (drive * coupled + self.basal_activity)
        return active / (1.0 + active)

    def pkc(self, state: GqState, calcium: Array) -> Array:
        """Return active PKC (0..1), quasi-steady in DAG and Ca²⁺ (umol/L)."""
        return hill(state.dag, self.pkc_dag) * hill(calcium, self.pkc_calcium)

    def rates(self, state: GqState, *, activation: Array, calcium: Array) -> GqState:
        """Return d(state)/dt; all arrays (neuron,).

        Args:
            state: lipids (1/um^2), IP3 and DAG (umol/L).
            activation: active surface Gq, 0..1.
            calcium: free Ca²⁺, umol/L.
        """
        plc = (
            state.pip2 / self.pip2_reference
            * (self.plc_basal + self.plc_gq * activation)
            * hill(calcium, self.plc_calcium)
        )  # fmt: skip
        plcd = self.plcd / (1.0 + state.ip3 / self.plcd_ip3) * hill(calcium, self.plcd_calcium, 2)
        kinase = self.ip3_kinase * hill(calcium, self.ip3_kinase_calcium, 4) * hill(state.ip3, self.ip3_kinase_ip3)
        to_pip2 = self.pip5_kinase * state.pip - self.pip5_phosphatase * state.pip2
        return GqState(
            pip=self.pi4_kinase * self.pi - self.pi4_phosphatase * state.pip - to_pip2,
            pip2=to_pip2 - self.surface_to_volume * plc,
            ip3=plc + plcd - self.ip3_phosphatase * state.ip3 - kinase,
            dag=plc - self.dag_decay * state.dag,
        )
