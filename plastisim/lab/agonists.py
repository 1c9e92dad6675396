"""Compounds that switch something on: serotonin, psychedelics, a 5-HT1A agonist, an entactogen. Mouse kinetics."""

from __future__ import annotations

from plastisim.engine.fields import Source, chosen, fitted, recalled
from plastisim.lab.compound import HOUR, USUAL_ON, Compound, Sourced, impermeant, molar_mass

_BATH_ONLY = chosen("not dosed systemically; given in a bath")
_SEROTONIN_STATES = chosen("between the high- and the low-affinity state")
_UNIT = chosen("the endogenous agonist is the unit of efficacy")

SEROTONIN = Compound(
    name="serotonin",
    aliases=("5-HT", "5HT"),
    molar_mass=molar_mass(176.2),
    absorption=Sourced(8.0 / HOUR, "1/s", _BATH_ONLY),
    elimination=Sourced(8.0 / HOUR, "1/s", _BATH_ONLY),
    volume=Sourced(1.0, "L/kg", _BATH_ONLY),
    brain_ratio=Sourced(0.0, "1", Source("serotonin does not cross membranes (Vargas et al. 2023, summary)", "seen")),
    inside_ratio=Sourced(
        1e-6, "1", chosen("impermeant: 10 umol/L adds 2.5 % to the activity inside at rest; with 1e-4 it is 3.5-fold")
    ),
    htr2a_on=USUAL_ON,
    htr2a_off=Sourced(0.20, "1/s", _SEROTONIN_STATES),
    htr2a_efficacy=Sourced(1.0, "1", _UNIT),
    htr1a_affinity=Sourced(20.0, "nmol/L", _SEROTONIN_STATES),
    htr1a_efficacy=Sourced(1.0, "1", _UNIT),
    routes=(),
)

_PSILOCIN_MOUSE = chosen("half-life of 0.7 h in the mouse; no mouse table was found")
_RICKLI = recalled("Rickli et al. 2016: Ki 49 nmol/L at 5-HT2A, 123 nmol/L at 5-HT1A (medium confidence)")
_PARTIAL = chosen("partial agonist; reported efficacies range widely")
_MOLINER = recalled("Moliner et al. 2023 (medium confidence); the site is disputed")

PSILOCYBIN = Compound(
    name="psilocybin",
    aliases=("psilocin",),
    molar_mass=Sourced(284.25, "g/mol", Source("from the molecular formula of psilocybin", "seen")),
    absorption=Sourced(5.5 / HOUR, "1/s", _PSILOCIN_MOUSE),
    elimination=Sourced(1.0 / HOUR, "1/s", _PSILOCIN_MOUSE),
    volume=Sourced(3.5, "L/kg", _PSILOCIN_MOUSE),
    brain_ratio=Sourced(0.5, "1", _PSILOCIN_MOUSE),
    prodrug_fraction=Sourced(1.0, "1", chosen("dosed as psilocybin; one mole of psilocybin gives one of psilocin")),
    conversion=Sourced(
        20.0 / HOUR, "1/s", chosen("consistent with a psilocin peak 1.9 min after i.v. psilocybin (Hasler et al. 1997)")
    ),
    htr2a_on=USUAL_ON,
    htr2a_off=Sourced(0.06, "1/s", _RICKLI),
    htr2a_efficacy=Sourced(0.45, "1", _PARTIAL),
    htr1a_affinity=Sourced(123.0, "nmol/L", _RICKLI),
    htr1a_efficacy=Sourced(0.5, "1", chosen("partial agonist")),
    trkb_affinity=Sourced(6.3, "nmol/L", _MOLINER),
)

IMPERMEANT_PSILOCYBIN = impermeant(PSILOCYBIN)

_LSD_MOUSE = chosen("no mouse table seen; 1955 work has a plasma half-life of 7 min, human brain reaches 10-20 nmol/L")
_WACKER = recalled("Wacker et al. 2017: residence 221 min at 5-HT2A (medium confidence)")

LSD = Compound(
    name="LSD",
    aliases=("lysergide",),
    molar_mass=molar_mass(323.4),
    absorption=Sourced(5.5 / HOUR, "1/s", _LSD_MOUSE),
    elimination=Sourced(1.2 / HOUR, "1/s", _LSD_MOUSE),
    volume=Sourced(3.0, "L/kg", _LSD_MOUSE),
    brain_ratio=Sourced(0.15, "1", _LSD_MOUSE),
    htr2a_on=Sourced(7.5e-5, "L/nmol/s", chosen("off-rate over a dissociation constant of 1 nmol/L")),
    htr2a_off=Sourced(7.5e-5, "1/s", _WACKER),
    htr2a_efficacy=Sourced(0.40, "1", _PARTIAL),
    htr1a_affinity=Sourced(1.5, "nmol/L", chosen("near the Ki of 1.1 nmol/L in Nichols 2004 (secondary)")),
    htr1a_efficacy=Sourced(0.8, "1", chosen("strong partial agonist")),
    trkb_affinity=Sourced(0.9, "nmol/L", _MOLINER),
)

_DMT_KINETICS = recalled("half-life about 10-15 min in rodents (medium confidence)")
_DMT_RANGE = chosen("within the tabulated 5-HT2A Ki of 53-2323 nmol/L, efficacy of 23-105 %, 5-HT1A Ki above 75 nmol/L")

DMT = Compound(
    name="DMT",
    aliases=("N,N-dimethyltryptamine", "dimethyltryptamine"),
    molar_mass=molar_mass(188.3),
    absorption=Sourced(8.0 / HOUR, "1/s", chosen("faster than its elimination")),
    elimination=Sourced(3.5 / HOUR, "1/s", _DMT_KINETICS),
    volume=Sourced(4.0, "L/kg", chosen("no table found")),
    brain_ratio=Sourced(0.6, "1", chosen("enters the brain freely")),
    htr2a_on=USUAL_ON,
    htr2a_off=Sourced(0.13, "1/s", _DMT_RANGE),
    htr2a_efficacy=Sourced(0.45, "1", _DMT_RANGE),
    htr1a_affinity=Sourced(75.0, "nmol/L", _DMT_RANGE),
    htr1a_efficacy=Sourced(0.8, "1", _DMT_RANGE),
)

_SHEN = fitted(
    "tests/test_compounds.py, row K6 (Shen et al. 2011): half-life 12-19 min up to 2 mg/kg, "
    "more than proportional exposure above"
)
_MEO_RECALLED = recalled("nanomolar at 5-HT1A, hundreds at 5-HT2A (medium confidence)")

MEO_DMT = Compound(
    name="5-MeO-DMT",
    aliases=("5-methoxy-DMT", "mebufotenin"),
    molar_mass=molar_mass(218.3),
    absorption=Sourced(8.0 / HOUR, "1/s", chosen("faster than its elimination")),
    elimination=Sourced(3.3 / HOUR, "1/s", _SHEN),
    volume=Sourced(4.0, "L/kg", chosen("no table found")),
    brain_ratio=Sourced(0.6, "1", chosen("enters the brain freely")),
    saturation=Sourced(1.0 / 6000.0, "L/nmol", _SHEN),
    htr2a_on=USUAL_ON,
    htr2a_off=Sourced(0.20, "1/s", _MEO_RECALLED),
    htr2a_efficacy=Sourced(0.60, "1", chosen("stronger partial agonist than DMT")),
    htr1a_affinity=Sourced(3.0, "nmol/L", _MEO_RECALLED),
    htr1a_efficacy=Sourced(0.9, "1", chosen("nearly full agonist")),
)

_DOI_TABLE = Source("tabulated Ki of DOI: 0.68 nmol/L at 5-HT2A, 2355 nmol/L at 5-HT1A; partial agonist", "seen")
_DOI_KINETICS = chosen("no source found; lasts for hours")

DOI = Compound(
    name="DOI",
    aliases=("2,5-dimethoxy-4-iodoamphetamine",),
    molar_mass=molar_mass(321.2),
    absorption=Sourced(3.0 / HOUR, "1/s", _DOI_KINETICS),
    elimination=Sourced(0.35 / HOUR, "1/s", _DOI_KINETICS),
    volume=Sourced(8.0, "L/kg", _DOI_KINETICS),
    brain_ratio=Sourced(0.1, "1", _DOI_KINETICS),
    htr2a_on=USUAL_ON,
    htr2a_off=Sourced(7e-4, "1/s", _DOI_TABLE),
    htr2a_efficacy=Sourced(0.60, "1", _PARTIAL),
    htr1a_affinity=Sourced(2355.0, "nmol/L", _DOI_TABLE),
    htr1a_efficacy=Sourced(0.5, "1", chosen("partial agonist")),
)

_GENERIC = chosen("a generic compound, not a real one: a weak, slowly arriving, permeant 5-HT2A agonist")

NON_HALLUCINOGENIC_AGONIST = Compound(
    name="non-hallucinogenic agonist",
    aliases=("generic non-hallucinogenic agonist",),
    molar_mass=Sourced(300.0, "g/mol", _GENERIC),
    absorption=Sourced(0.5 / HOUR, "1/s", _GENERIC),
    elimination=Sourced(0.5 / HOUR, "1/s", _GENERIC),
    volume=Sourced(4.0, "L/kg", _GENERIC),
    brain_ratio=Sourced(0.1, "1", _GENERIC),
    htr2a_on=Sourced(1e-5, "L/nmol/s", _GENERIC),
    htr2a_off=Sourced(1e-4, "1/s", _GENERIC),
    htr2a_efficacy=Sourced(0.2, "1", _GENERIC),
    htr1a_affinity=Sourced(100.0, "nmol/L", _GENERIC),
    htr1a_efficacy=Sourced(0.5, "1", _GENERIC),
)
"""All of its numbers are guesses: it stands for a class, to ask what low efficacy and slow binding would do."""

_BUSPIRONE_KINETICS = chosen("recalled half-life of about 1 h (low confidence)")

BUSPIRONE = Compound(
    name="buspirone",
    aliases=(),
    molar_mass=molar_mass(385.5),
    absorption=Sourced(4.0 / HOUR, "1/s", _BUSPIRONE_KINETICS),
    elimination=Sourced(1.0 / HOUR, "1/s", _BUSPIRONE_KINETICS),
    volume=Sourced(5.0, "L/kg", _BUSPIRONE_KINETICS),
    brain_ratio=Sourced(0.1, "1", _BUSPIRONE_KINETICS),
    htr1a_affinity=Sourced(15.0, "nmol/L", recalled("5-HT1A Ki of buspirone (medium confidence)")),
    htr1a_efficacy=Sourced(0.4, "1", recalled("partial agonist (medium confidence)")),
)

_MDMA_KINETICS = chosen("no source found; free brain of a few umol/L after 8 mg/kg")
_MDMA_RECEPTOR = recalled("micromolar at 5-HT2A (medium confidence)")

MDMA = Compound(
    name="MDMA",
    aliases=("3,4-methylenedioxymethamphetamine",),
    molar_mass=molar_mass(193.2),
    absorption=Sourced(4.0 / HOUR, "1/s", _MDMA_KINETICS),
    elimination=Sourced(1.2 / HOUR, "1/s", _MDMA_KINETICS),
    volume=Sourced(6.0, "L/kg", _MDMA_KINETICS),
    brain_ratio=Sourced(0.8, "1", _MDMA_KINETICS),
    htr2a_on=USUAL_ON,
    htr2a_off=Sourced(6.0, "1/s", _MDMA_RECEPTOR),
    htr2a_efficacy=Sourced(0.3, "1", _MDMA_RECEPTOR),
    sert_affinity=Sourced(400.0, "nmol/L", chosen("half of the largest serotonin release at 400 nmol/L")),
)
