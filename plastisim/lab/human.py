"""Compounds in people, by mouth. Only where plasma was measured: kinetics are fitted to it, the rest is the mouse's.

Volumes are those of a body of 70 kg; a dose in mg needs the body weight (see protocol.Dose.of). Left out: the second,
slower phase of LSD (half-life 8.9 h, Dolder et al. 2015), and differences between people.
"""

from __future__ import annotations

import dataclasses

from plastisim.engine.fields import chosen, fitted
from plastisim.lab.agonists import LSD, PSILOCYBIN
from plastisim.lab.compound import HOUR, USUAL_ON, Sourced

_HOLZE = fitted("tests/test_compounds.py, row K1 (Holze et al. 2023): 15, 25 and 30 mg by mouth, 70 kg")
_MADSEN = fitted("tests/test_compounds.py, row R1 (Madsen et al. 2019): half occupancy at 1.97 ug/L in plasma")

HUMAN_PSILOCYBIN = dataclasses.replace(
    PSILOCYBIN,
    name="human psilocybin",
    aliases=("human psilocin",),
    absorption=Sourced(0.57 / HOUR, "1/s", _HOLZE),
    elimination=Sourced(0.564 / HOUR, "1/s", _HOLZE),
    volume=Sourced(5.4, "L/kg", _HOLZE),
    conversion=Sourced(
        195.0 / HOUR, "1/s", fitted("psilocin peaks 1.9 min after i.v. psilocybin (Hasler et al. 1997), by this rate")
    ),
    htr2a_on=USUAL_ON,
    htr2a_off=Sourced(8e-3, "1/s", chosen("dissociation constant of 8 nmol/L, between the 5-10 that row R1 points to")),
    brain_ratio=Sourced(0.83, "1", _MADSEN),
    routes=("oral",),
    species="human",
)

_DOLDER = fitted("tests/test_compounds.py, row K4 (Dolder et al. 2015, Holze et al. 2019): 200 and 100 ug by mouth")

HUMAN_LSD = dataclasses.replace(
    LSD,
    name="human LSD",
    aliases=("human lysergide",),
    absorption=Sourced(1.37 / HOUR, "1/s", _DOLDER),
    elimination=Sourced(0.193 / HOUR, "1/s", _DOLDER),
    volume=Sourced(0.53, "L/kg", _DOLDER),
    routes=("oral",),
    species="human",
)
