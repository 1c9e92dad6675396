"""What was asked of a run, in JSON types and back: enough to repeat it exactly.

Every container is written as its kind and its fields; a compound that the package knows unchanged, by its name alone.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import numpy as np

from plastisim import model
from plastisim.biology.spines import Spines
from plastisim.engine.errors import StoreError
from plastisim.engine.fields import Source
from plastisim.lab.cohort import CellType, Cohort, Spread
from plastisim.lab.compound import Compound, Sourced
from plastisim.lab.compounds import COMPOUNDS
from plastisim.lab.dendrites import Compartment
from plastisim.lab.giving import Bath, Dose, Infusion
from plastisim.lab.hypotheses import Hypothesis
from plastisim.lab.imaging import Microscope
from plastisim.lab.manipulations import Manipulation
from plastisim.lab.protocol import Arm, Protocol
from plastisim.population import populate
from plastisim.setup import Settings, Setup

_STAGES = tuple(field for field in model.default_pathway().__dict__.values())
_KINDS = {
    kind.__name__: kind
    for kind in (
        model.Pathway, *(type(stage) for stage in _STAGES), Spines, Settings, Source, CellType, Cohort, Spread,
        Compartment, Compound, Sourced, Bath, Dose, Infusion, Hypothesis, Microscope, Manipulation, Arm, Protocol,
    )
}  # fmt: skip
_NAMED = {compound.name: compound for compound in COMPOUNDS}
KIND = "kind"


def described(setup: Setup) -> dict[str, Any]:
    """Return what was asked, in JSON types."""
    population = setup.population
    return {
        "protocol": encoded(population.protocol),
        "cohorts": encoded(population.cohorts),
        "seed": population.seed,
        **{name: encoded(getattr(setup, name)) for name in _PARTS},
    }


_PARTS = tuple(field.name for field in dataclasses.fields(Setup) if field.name != "population")


def setup_of(description: Mapping[str, Any]) -> Setup:
    """Return the setup that `described` wrote.

    Raises:
        StoreError: not such a description, or one of another version.
    """
    try:
        protocol, cohorts = decoded(description["protocol"]), decoded(description["cohorts"])
        parts = {name: decoded(description[name]) for name in _PARTS}
        return Setup(populate(protocol, cohorts, description["seed"]), **parts)
    except (LookupError, TypeError, AttributeError) as error:
        raise StoreError(f"the configuration in the store cannot be read by this version: {error}") from error


def encoded(value: Any) -> Any:
    """Return a container, number, text or collection in JSON types."""
    if isinstance(value, Compound) and _NAMED.get(value.name) == value:
        return {KIND: "Compound", "name": value.name}
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        if type(value).__name__ not in _KINDS:
            raise StoreError(f"{type(value).__name__} cannot be written into a configuration")
        fields = {field.name: encoded(getattr(value, field.name)) for field in dataclasses.fields(value)}
        return {KIND: type(value).__name__, **fields}
    if isinstance(value, Mapping):
        return {"map": {str(key): encoded(part) for key, part in value.items()}}
    if isinstance(value, (list, tuple)):
        return [encoded(part) for part in value]
    if value is None or isinstance(value, (str, bool, int)):
        return value
    number = np.asarray(value)
    if number.ndim:
        raise StoreError(f"a configuration holds single numbers only, but got values of shape {number.shape}")
    return float(number) if np.isfinite(number) else {"number": repr(float(number))}


def decoded(value: Any) -> Any:
    """Return what `encoded` wrote; lists come back as tuples."""
    if isinstance(value, list):
        return tuple(decoded(part) for part in value)
    if not isinstance(value, dict):
        return value
    if "number" in value:
        return float(value["number"])
    if "map" in value:
        return {key: decoded(part) for key, part in value["map"].items()}
    fields = {name: decoded(part) for name, part in value.items() if name != KIND}
    if value[KIND] == "Compound" and set(fields) == {"name"}:
        return _NAMED[fields["name"]]
    return _KINDS[value[KIND]](**fields)
