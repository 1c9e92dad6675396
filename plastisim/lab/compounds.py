"""Every compound that can be given, and how it is found by name.

What a compound is: compound.py. Their numbers: agonists.py, blockers.py and human.py.
"""

from __future__ import annotations

import difflib

from plastisim.engine.errors import ConfigError
from plastisim.engine.fields import chosen
from plastisim.lab.agonists import (
    BUSPIRONE,
    DMT,
    DOI,
    IMPERMEANT_PSILOCYBIN,
    LSD,
    MDMA,
    MEO_DMT,
    NON_HALLUCINOGENIC_AGONIST,
    PSILOCYBIN,
    SEROTONIN,
)
from plastisim.lab.blockers import AMPA_BLOCKER, ANA12, BDNF_SCAVENGER, KETAMINE, KETANSERIN, RAPAMYCIN, VOLINANSERIN
from plastisim.lab.compound import HOUR, ROUTES, Compound, Sourced
from plastisim.lab.human import HUMAN_LSD, HUMAN_PSILOCYBIN

_INERT = chosen("nothing is dissolved in it")

VEHICLE = Compound(
    name="vehicle",
    aliases=("saline",),
    molar_mass=Sourced(18.0, "g/mol", _INERT),
    absorption=Sourced(1.0 / HOUR, "1/s", _INERT),
    elimination=Sourced(1.0 / HOUR, "1/s", _INERT),
    volume=Sourced(1.0, "L/kg", _INERT),
    brain_ratio=Sourced(0.0, "1", _INERT),
    routes=tuple(ROUTES),
    inert=True,
)
"""An injection without a drug: it does nothing but what the handling of the mouse does."""

COMPOUNDS = (
    SEROTONIN, PSILOCYBIN, IMPERMEANT_PSILOCYBIN, LSD, DMT, MEO_DMT, DOI, NON_HALLUCINOGENIC_AGONIST, BUSPIRONE, MDMA,
    KETAMINE, KETANSERIN, VOLINANSERIN, ANA12, RAPAMYCIN, AMPA_BLOCKER, BDNF_SCAVENGER, HUMAN_PSILOCYBIN, HUMAN_LSD,
    VEHICLE,
)  # fmt: skip

_ALIKE = 0.82  # a slip of the pen; mescaline and saline come to 0.80


def find_compound(name: str) -> Compound:
    """Return the compound called `name` (case does not matter; aliases count).

    Raises:
        ConfigError: for an unknown name; the message offers the nearest known one.
    """
    known = {alias.lower(): compound for compound in COMPOUNDS for alias in (compound.name, *compound.aliases)}
    wanted = name.strip().lower() if isinstance(name, str) else repr(name)
    if wanted in known:
        return known[wanted]
    near = difflib.get_close_matches(wanted, known, n=1, cutoff=_ALIKE)
    others = "those known are listed by: plastisim compounds. For another one change the numbers of a relative"
    hint = f"did you mean {near[0]!r}?" if near else others
    raise ConfigError(f"unknown compound {name!r}; {hint}")


__all__ = [
    "AMPA_BLOCKER", "ANA12", "BDNF_SCAVENGER", "BUSPIRONE", "COMPOUNDS", "DMT", "DOI", "HUMAN_LSD", "HUMAN_PSILOCYBIN",
    "IMPERMEANT_PSILOCYBIN", "KETAMINE", "KETANSERIN", "LSD", "MDMA", "MEO_DMT", "NON_HALLUCINOGENIC_AGONIST",
    "PSILOCYBIN", "RAPAMYCIN", "SEROTONIN", "VEHICLE", "VOLINANSERIN", "Compound", "Sourced", "find_compound",
]  # fmt: skip
