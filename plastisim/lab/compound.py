"""What a compound is: kinetics, permeability, affinity and efficacy, every number with unit, source and confidence.

Concentrations are free, in nmol/L. Rates that the literature gives per hour are written as `5.5 / HOUR`. A compound
that does not bind a target has an affinity of infinity there.
"""

from __future__ import annotations

import dataclasses
import math

from plastisim.engine.fields import Source, chosen

HOUR = 3600.0
ROUTES = {
    "ip": "intraperitoneal",
    "sc": "subcutaneous",
    "oral": "oral",
    "iv": "intravenous",
}


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
    """Kinetics, permeability, affinity and efficacy of one compound in one species.

    The fields from `molar_mass` to `bdnf_affinity` are those of biology/ligands.py, one to one.

    Attributes:
        name: unique; compounds in other animals than mice carry the species, as in `human psilocybin`.
        aliases: other names.
        molar_mass: of what is weighed, the prodrug where there is one.
        absorption: from the depot, by whichever route fills it.
        volume: of distribution over bioavailability.
        saturation: one over the Michaelis constant of clearance; 0 where clearance is first-order.
        brain_ratio: free brain over total plasma concentration, at equilibrium.
        inside_ratio: free intracellular over free outside concentration, at equilibrium.
        routes: keys of `ROUTES` for which there are kinetics; none where a compound is only given in a bath. No table
            compares i.p. and s.c. in mice, so both fill the same depot.
        species: the animal whose kinetics these are.
        inert: whether it does nothing.
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
    htr2a_on: Sourced = Sourced(0.0, "L/nmol/s", chosen("no binding assumed where no source reports it"))
    htr2a_off: Sourced = Sourced(1.0, "1/s", chosen("no binding assumed where no source reports it"))
    htr2a_efficacy: Sourced = Sourced(0.0, "1", chosen("no agonism assumed where no source reports it"))
    htr1a_affinity: Sourced = _NONE
    htr1a_efficacy: Sourced = Sourced(0.0, "1", chosen("no agonism assumed where no source reports it"))
    sert_affinity: Sourced = _NONE
    nmda_affinity: Sourced = _NONE
    ampa_affinity: Sourced = _NONE
    trkb_affinity: Sourced = _NONE
    trkb_block_affinity: Sourced = _NONE
    mtorc1_block_affinity: Sourced = _NONE
    bdnf_affinity: Sourced = _NONE
    routes: tuple[str, ...] = ("ip", "sc", "iv")
    species: str = "mouse"
    inert: bool = False

    def kinetics(self) -> dict[str, float]:
        """Return every number by its name, in kernel units."""
        return {
            field.name: getattr(self, field.name).value
            for field in dataclasses.fields(self)
            if isinstance(getattr(self, field.name), Sourced)
        }


USUAL_ON = Sourced(1e-3, "L/nmol/s", chosen("1e6 L/mol/s, typical of a receptor of this class"))
"""Association with 5-HT2A where only the dissociation constant is known: only their ratio matters at these times."""


def molar_mass(value: float) -> Sourced:
    """Return a molar mass (g/mol) computed from the molecular formula."""
    return Sourced(value, "g/mol", Source("from the molecular formula", "seen"))


def impermeant(compound: Compound) -> Compound:
    """Return the same compound, kept outside the cell as by a permanent charge; it can only be given in a bath."""
    outside = chosen("a permanent charge keeps it out of cells and brain; the rest is as in the parent compound")
    return dataclasses.replace(
        compound,
        name=f"impermeant {compound.name}",
        aliases=tuple(f"impermeant {alias}" for alias in compound.aliases),
        inside_ratio=Sourced(0.0, "1", outside),
        brain_ratio=Sourced(0.0, "1", outside),
        routes=(),
    )
