"""Compounds: one object each, every number with unit, source and confidence.

Concentrations are free, in nmol/L. Rates that the literature gives per hour are written as `5.5 / HOUR`. A compound
that does not bind a target has an affinity of infinity there. Mouse values unless the source says otherwise.
"""

from __future__ import annotations

import dataclasses
import math

from plastisim.engine.errors import ConfigError
from plastisim.engine.fields import Source, chosen, recalled

HOUR = 3600.0


@dataclasses.dataclass(frozen=True)
class Sourced:
    """A number of a compound: value, unit, source."""

    value: float
    unit: str
    source: Source


_NONE = Sourced(math.inf, "nmol/L", chosen("no binding assumed where no source reports it"))
_SLOW_PK = chosen("brain equilibrates with plasma in minutes")


@dataclasses.dataclass(frozen=True)
class Compound:
    """Kinetics, permeability, affinity and efficacy of one compound.

    The fields from `molar_mass` on are those of biology/ligands.py, one to one.
    """

    name: str
    aliases: tuple[str, ...]
    molar_mass: Sourced
    absorption: Sourced
    elimination: Sourced
    volume: Sourced
    brain_ratio: Sourced
    prodrug_fraction: Sourced = Sourced(0.0, "1", chosen("dosed as the active compound"))
    conversion: Sourced = Sourced(0.0, "1/s", chosen("no prodrug"))
    saturation: Sourced = Sourced(0.0, "L/nmol", chosen("first-order clearance"))
    brain_exchange: Sourced = Sourced(12.0 / HOUR, "1/s", _SLOW_PK)
    membrane_exchange: Sourced = Sourced(1.0 / 60.0, "1/s", chosen("a minute to cross the membrane"))
    inside_ratio: Sourced = Sourced(1.0, "1", chosen("a permeant compound equilibrates"))
    htr2a_on: Sourced = Sourced(1e-3, "L/nmol/s", chosen("1e6 L/mol/s, typical of a receptor of this class"))
    htr2a_off: Sourced = Sourced(1.0, "1/s", chosen("no binding assumed where no source reports it"))
    htr2a_efficacy: Sourced = Sourced(0.0, "1", chosen("no agonism assumed where no source reports it"))
    htr1a_affinity: Sourced = _NONE
    htr1a_efficacy: Sourced = Sourced(0.0, "1", chosen("no agonism assumed where no source reports it"))
    sert_affinity: Sourced = _NONE
    nmda_affinity: Sourced = _NONE
    trkb_affinity: Sourced = _NONE
    trkb_block_affinity: Sourced = _NONE
    mtorc1_block_affinity: Sourced = _NONE
    inert: bool = False

    def kinetics(self) -> dict[str, float]:
        """Return every number by its name, in kernel units."""
        return {
            field.name: getattr(self, field.name).value
            for field in dataclasses.fields(self)
            if isinstance(getattr(self, field.name), Sourced)
        }


_SEROTONIN_STATES = chosen("between the high- and the low-affinity state")

SEROTONIN = Compound(
    name="serotonin",
    aliases=("5-HT", "5HT"),
    molar_mass=Sourced(176.2, "g/mol", Source("from the molecular formula", "seen")),
    absorption=Sourced(8.0 / HOUR, "1/s", chosen("not dosed systemically; given in a bath")),
    elimination=Sourced(8.0 / HOUR, "1/s", chosen("not dosed systemically; given in a bath")),
    volume=Sourced(1.0, "L/kg", chosen("not dosed systemically; given in a bath")),
    brain_ratio=Sourced(0.0, "1", Source("serotonin does not cross membranes (Vargas et al. 2023, summary)", "seen")),
    inside_ratio=Sourced(1e-4, "1", chosen("practically impermeant; keeps the intracellular pool defined")),
    htr2a_off=Sourced(0.20, "1/s", _SEROTONIN_STATES),
    htr2a_efficacy=Sourced(1.0, "1", chosen("the endogenous agonist is the unit of efficacy")),
    htr1a_affinity=Sourced(20.0, "nmol/L", _SEROTONIN_STATES),
    htr1a_efficacy=Sourced(1.0, "1", chosen("the endogenous agonist is the unit of efficacy")),
)

_MOUSE_KINETICS = chosen("half-life of 0.7 h in the mouse; no mouse table was found")
_RICKLI = recalled("Rickli et al. 2016: Ki 49 nmol/L at 5-HT2A, 123 nmol/L at 5-HT1A (medium confidence)")

PSILOCYBIN = Compound(
    name="psilocybin",
    aliases=("psilocin",),
    molar_mass=Sourced(284.25, "g/mol", Source("from the molecular formula of psilocybin", "seen")),
    absorption=Sourced(5.5 / HOUR, "1/s", _MOUSE_KINETICS),
    elimination=Sourced(1.0 / HOUR, "1/s", _MOUSE_KINETICS),
    volume=Sourced(3.5, "L/kg", _MOUSE_KINETICS),
    brain_ratio=Sourced(0.5, "1", _MOUSE_KINETICS),
    prodrug_fraction=Sourced(1.0, "1", chosen("dosed as psilocybin; one mole of psilocybin gives one of psilocin")),
    conversion=Sourced(
        20.0 / HOUR, "1/s", chosen("consistent with a psilocin peak 1.9 min after i.v. psilocybin (Hasler et al. 1997)")
    ),
    htr2a_off=Sourced(0.06, "1/s", _RICKLI),
    htr2a_efficacy=Sourced(0.45, "1", chosen("partial agonist; reported efficacies range widely")),
    htr1a_affinity=Sourced(123.0, "nmol/L", _RICKLI),
    htr1a_efficacy=Sourced(0.5, "1", chosen("partial agonist")),
    trkb_affinity=Sourced(6.3, "nmol/L", recalled("Moliner et al. 2023 (medium confidence); the site is disputed")),
)

_KETANSERIN_KINETICS = chosen("no source found; half-life of 2 h, strong plasma binding")

KETANSERIN = Compound(
    name="ketanserin",
    aliases=(),
    molar_mass=Sourced(395.4, "g/mol", Source("from the molecular formula", "seen")),
    absorption=Sourced(4.0 / HOUR, "1/s", _KETANSERIN_KINETICS),
    elimination=Sourced(0.35 / HOUR, "1/s", _KETANSERIN_KINETICS),
    volume=Sourced(4.0, "L/kg", _KETANSERIN_KINETICS),
    brain_ratio=Sourced(0.05, "1", _KETANSERIN_KINETICS),
    htr2a_on=Sourced(3e-4, "L/nmol/s", chosen("rate chosen; off/on is the dissociation constant of 2 nmol/L")),
    htr2a_off=Sourced(6e-4, "1/s", recalled("dissociation constant 2 nmol/L (high confidence); rate chosen")),
)

_INERT = chosen("nothing is dissolved in it")

VEHICLE = Compound(
    name="vehicle",
    aliases=("saline",),
    molar_mass=Sourced(18.0, "g/mol", _INERT),
    absorption=Sourced(1.0 / HOUR, "1/s", _INERT),
    elimination=Sourced(1.0 / HOUR, "1/s", _INERT),
    volume=Sourced(1.0, "L/kg", _INERT),
    brain_ratio=Sourced(0.0, "1", _INERT),
    inert=True,
)
"""An injection without a drug: it does nothing but what the handling of the mouse does."""

COMPOUNDS = (SEROTONIN, PSILOCYBIN, KETANSERIN, VEHICLE)


def find_compound(name: str) -> Compound:
    """Return the compound called `name` (case does not matter; aliases count).

    Raises:
        ConfigError: for an unknown name; the message offers the nearest known one.
    """
    import difflib

    known = {alias.lower(): compound for compound in COMPOUNDS for alias in (compound.name, *compound.aliases)}
    wanted = name.strip().lower() if isinstance(name, str) else repr(name)
    if wanted in known:
        return known[wanted]
    near = difflib.get_close_matches(wanted, known, n=1, cutoff=0.5)
    hint = f"did you mean {near[0]!r}?" if near else "see the list"
    names = ", ".join(compound.name for compound in COMPOUNDS)
    raise ConfigError(f"unknown compound {name!r}; {hint} Known compounds: {names}.")
