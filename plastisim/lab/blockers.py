"""Compounds that switch something off: at 5-HT2A, NMDA and AMPA receptors, TrkB, mTORC1, and BDNF. Mouse kinetics."""

from __future__ import annotations

from plastisim.engine.fields import Source, chosen, recalled
from plastisim.lab.compound import HOUR, Compound, Sourced, molar_mass

_KETANSERIN_KINETICS = chosen("no source found; half-life of 2 h, strong plasma binding")

KETANSERIN = Compound(
    name="ketanserin",
    aliases=(),
    molar_mass=molar_mass(395.4),
    absorption=Sourced(4.0 / HOUR, "1/s", _KETANSERIN_KINETICS),
    elimination=Sourced(0.35 / HOUR, "1/s", _KETANSERIN_KINETICS),
    volume=Sourced(4.0, "L/kg", _KETANSERIN_KINETICS),
    brain_ratio=Sourced(0.05, "1", _KETANSERIN_KINETICS),
    htr2a_on=Sourced(3e-4, "L/nmol/s", chosen("rate chosen; off/on is the dissociation constant of 2 nmol/L")),
    htr2a_off=Sourced(6e-4, "1/s", recalled("dissociation constant 2 nmol/L (high confidence); rate chosen")),
)

_VOLINANSERIN = chosen("no value in the sources; a selective, permeant 5-HT2A antagonist with ketanserin's kinetics")

VOLINANSERIN = Compound(
    name="volinanserin",
    aliases=("M100907", "MDL100907", "MDL-100907"),
    molar_mass=molar_mass(373.5),
    absorption=Sourced(4.0 / HOUR, "1/s", _VOLINANSERIN),
    elimination=Sourced(0.35 / HOUR, "1/s", _VOLINANSERIN),
    volume=Sourced(4.0, "L/kg", _VOLINANSERIN),
    brain_ratio=Sourced(0.05, "1", _VOLINANSERIN),
    htr2a_on=Sourced(3e-4, "L/nmol/s", _VOLINANSERIN),
    htr2a_off=Sourced(3e-4, "1/s", _VOLINANSERIN),
)

_LORD = Source(
    "Lord et al. 2013: mouse NMDA receptor occupancy peaks by 15 min and is gone by 1 h after 30 mg/kg s.c.; "
    "elimination follows",
    "seen",
)
_KETAMINE_KINETICS = chosen("consistent with a mouse occupancy that peaks by 15 min")

KETAMINE = Compound(
    name="ketamine",
    aliases=(),
    molar_mass=molar_mass(237.7),
    absorption=Sourced(10.0 / HOUR, "1/s", _KETAMINE_KINETICS),
    elimination=Sourced(2.3 / HOUR, "1/s", _LORD),
    volume=Sourced(4.0, "L/kg", _KETAMINE_KINETICS),
    brain_ratio=Sourced(0.5, "1", _KETAMINE_KINETICS),
    nmda_affinity=Sourced(
        1000.0, "nmol/L", chosen("rat occupancy has an unbound plasma IC50 of 1.42 umol/L; lowered to 1")
    ),
)

_CAZORLA = Source(
    "Cazorla et al. 2011: IC50 45.6 nmol/L (high affinity); mouse brain about 400 nmol/L at 30 min and 10 nmol/L at "
    "6 h after 0.5 mg/kg i.p., hence a half-life of 1.03 h",
    "seen",
)
_ANA12_KINETICS = chosen("reproduces the mouse brain concentrations of Cazorla et al. 2011 after 0.5 mg/kg i.p.")

ANA12 = Compound(
    name="ANA-12",
    aliases=("ANA12",),
    molar_mass=molar_mass(407.5),
    absorption=Sourced(4.0 / HOUR, "1/s", _ANA12_KINETICS),
    elimination=Sourced(0.67 / HOUR, "1/s", _CAZORLA),
    volume=Sourced(3.0, "L/kg", _ANA12_KINETICS),
    brain_ratio=Sourced(1.3, "1", _ANA12_KINETICS),
    trkb_block_affinity=Sourced(45.6, "nmol/L", _CAZORLA),
)

_RAPAMYCIN_KINETICS = chosen("recalled half-life of many hours (medium confidence)")

RAPAMYCIN = Compound(
    name="rapamycin",
    aliases=("sirolimus",),
    molar_mass=molar_mass(914.2),
    absorption=Sourced(2.0 / HOUR, "1/s", _RAPAMYCIN_KINETICS),
    elimination=Sourced(0.08 / HOUR, "1/s", _RAPAMYCIN_KINETICS),
    volume=Sourced(5.0, "L/kg", _RAPAMYCIN_KINETICS),
    brain_ratio=Sourced(0.05, "1", _RAPAMYCIN_KINETICS),
    mtorc1_block_affinity=Sourced(0.5, "nmol/L", recalled("nanomolar inhibitor of mTORC1 (medium confidence)")),
)

_AMPA = chosen("a generic compound, not a real one: a competitive AMPA receptor blocker for a bath")

AMPA_BLOCKER = Compound(
    name="AMPA blocker",
    aliases=("generic AMPA blocker",),
    molar_mass=Sourced(300.0, "g/mol", _AMPA),
    absorption=Sourced(1.0 / HOUR, "1/s", _AMPA),
    elimination=Sourced(1.0 / HOUR, "1/s", _AMPA),
    volume=Sourced(1.0, "L/kg", _AMPA),
    brain_ratio=Sourced(0.0, "1", _AMPA),
    ampa_affinity=Sourced(100.0, "nmol/L", _AMPA),
    routes=(),
)

_SCAVENGER = chosen("a generic compound, not a real one: soluble BDNF binding sites, as of a TrkB fusion protein")

BDNF_SCAVENGER = Compound(
    name="BDNF scavenger",
    aliases=("generic BDNF scavenger",),
    molar_mass=Sourced(1e5, "g/mol", _SCAVENGER),
    absorption=Sourced(1.0 / HOUR, "1/s", _SCAVENGER),
    elimination=Sourced(1.0 / HOUR, "1/s", _SCAVENGER),
    volume=Sourced(1.0, "L/kg", _SCAVENGER),
    brain_ratio=Sourced(0.0, "1", _SCAVENGER),
    inside_ratio=Sourced(0.0, "1", chosen("a protein does not cross membranes")),
    bdnf_affinity=Sourced(1.0, "nmol/L", chosen("TrkB's own dissociation constant for BDNF in this model")),
    routes=(),
)
