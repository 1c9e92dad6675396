"""Translation: mTORC1 and S6 kinase, and the growth programme that spines read.

    mT' = 0.004 Akt (1 - mT) - 1.2e-3 mT                                   (mTORC1)
    S6' = 3e-4 mT / (1 + block) (1 - S6) - 2.93e-4 S6                       (S6K/S6/4E-BP, lumped)
    Q'  = (s^1.6 - Q) / 6 h,   s = S6/S6_0                                  (plasticity proteins, 1 at rest)
    AM' = (1 + 0.35 (Q - 1) - AM) / 36 h                                    (AMPA gain)
    L'  = (60 (Q - 1)+ - L) / 60 d                                          (long-lived shift of the set point)

L is phenomenological: it stands for whatever keeps density high for weeks. Left out: single proteins.
"""

from __future__ import annotations

from jax import Array

from plastisim.biology import sources
from plastisim.biology.kinetics import above
from plastisim.engine.fields import Number, chosen, container, parameter, variable

HOUR, DAY = 3600.0, 86400.0
GROWTH = chosen("phenomenological growth programme; spine density responds within a day and lasts for weeks")


@container
class TranslationState:
    """Translation and the growth programme of one neuron."""

    mtorc1: Array = variable("1", "active mTORC1", 0.2)
    s6k: Array = variable("1", "active S6 kinase", 0.2)
    plasticity_proteins: Array = variable("1", "plasticity proteins relative to rest", 1.0)
    ampa_gain: Array = variable("1", "AMPA gain relative to rest", 1.0)
    spine_set_point: Array = variable("1", "long-lived shift of the spine set point", 0.1)


@container
class Translation:
    """From Akt to the proteins that build spines."""

    mtorc1_on: Number = parameter(0.004, "1/s", "mTORC1 activation by Akt", chosen("plateau in about 10 min"))
    mtorc1_off: Number = parameter(1.2e-3, "1/s", "mTORC1 deactivation", chosen("plateau in about 10 min"))
    s6_on: Number = parameter(3e-4, "1/s", "S6 kinase activation by mTORC1", chosen("plateau in about 1 h"))
    s6_off: Number = parameter(2.93e-4, "1/s", "S6 dephosphorylation", sources.NGF_S6)
    protein_time: Number = parameter(6 * HOUR, "s", "time constant of plasticity proteins", GROWTH)
    protein_order: Number = parameter(1.6, "1", "exponent of plasticity proteins in S6 kinase", GROWTH)
    ampa_time: Number = parameter(36 * HOUR, "s", "time constant of AMPA gain", GROWTH)
    ampa_weight: Number = parameter(0.35, "1", "AMPA gain per plasticity protein", GROWTH)
    set_point_time: Number = parameter(60 * DAY, "s", "time constant of the set-point shift", GROWTH)
    set_point_weight: Number = parameter(60.0, "1", "set-point shift per plasticity protein, steady", GROWTH)

    def rates(self, state: TranslationState, *, akt: Array, block: Array, s6_ratio: Array) -> TranslationState:
        """Return d(state)/dt, 1/s; all arrays (neuron,).

        Args:
            state: active fractions and relative amounts.
            akt: active Akt, 0..1.
            block: mTORC1 inhibitor over its IC50.
            s6_ratio: S6 kinase relative to the neuron's rest.
        """
        proteins = state.plasticity_proteins
        return TranslationState(
            mtorc1=self.mtorc1_on * akt * (1.0 - state.mtorc1) - self.mtorc1_off * state.mtorc1,
            s6k=self.s6_on * state.mtorc1 / (1.0 + block) * (1.0 - state.s6k) - self.s6_off * state.s6k,
            plasticity_proteins=(s6_ratio**self.protein_order - proteins) / self.protein_time,
            ampa_gain=(1.0 + self.ampa_weight * (proteins - 1.0) - state.ampa_gain) / self.ampa_time,
            spine_set_point=(self.set_point_weight * above(proteins, 1.0) - state.spine_set_point)
            / self.set_point_time,
        )
