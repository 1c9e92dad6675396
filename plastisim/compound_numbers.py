"""The numbers of compounds as parameters of a run: `compound.psilocybin.elimination`, wherever the run gives it.

Serotonin is in every animal already, and vehicle does nothing: neither has parameters here.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping

from plastisim.engine.errors import ConfigError
from plastisim.engine.fields import Declared, chosen
from plastisim.lab.compound import Compound, Sourced
from plastisim.lab.compounds import COMPOUNDS, SEROTONIN
from plastisim.lab.protocol import Arm, Protocol

COMPOUND = "compound."
DIVISORS = ("molar_mass", "volume", "htr2a_on")  # and affinities
_OWN = chosen("set for this run")
_NAMED = {one.name: one for one in COMPOUNDS if one is not SEROTONIN and not one.inert}


def compound_parameters() -> dict[str, Declared]:
    """Return every number of every compound that can be given, by its path."""
    return {
        path: Declared(path, name, one.value, {
            "unit": one.unit, "meaning": f"{name.replace('_', ' ')} of {compound.name}", "source": one.source,
        })
        for compound in _NAMED.values() for name, one in _sourced(compound).items()
        for path in [_path(compound, name)]
    }  # fmt: skip


def with_numbers(protocol: Protocol, values: Mapping[str, float]) -> Protocol:
    """Return a protocol that gives its compounds with other numbers.

    Args:
        protocol: what is given.
        values: by path, in the unit of the number.

    Raises:
        ConfigError: the protocol does not give the compound, or a divisor is zero.
    """
    given = [one for one in protocol.compounds() if one.name in _NAMED]
    known = {_path(one, name): (one, name) for one in given for name in _sourced(one)}
    for path, value in values.items():
        if path not in known:
            there = ", ".join(one.name for one in given) or "no drug"
            raise ConfigError(f"{path}: this run does not give that compound; it gives {there}")
        if value == 0.0 and (known[path][1] in DIVISORS or path.endswith("_affinity")):
            raise ConfigError(f"{path}: got 0, expected more than 0")
    changed = {one: _changed(one, {name: values[path] for path, (of, name) in known.items()
                                   if of is one and path in values}) for one in given}  # fmt: skip

    def arm_with(arm: Arm) -> Arm:
        parts = {what: tuple(dataclasses.replace(one, compound=changed.get(one.compound, one.compound))
                             for one in getattr(arm, what)) for what in ("doses", "baths", "infusions")}  # fmt: skip
        return dataclasses.replace(arm, **parts)

    return dataclasses.replace(protocol, arms=tuple(map(arm_with, protocol.arms))) if values else protocol


def number_changes(compounds: Iterable[Compound]) -> dict[str, float]:
    """Return the numbers of compounds that `with_numbers` changed, by path."""
    return {
        _path(one, name): number.value
        for one in compounds if one.name in _NAMED
        for name, number in _sourced(one).items() if number != _sourced(_NAMED[one.name])[name]
    }  # fmt: skip


def is_ours(compound: Compound) -> bool:
    """Return whether a compound is one of the package, with other numbers at most."""
    ours = {one.name: one for one in COMPOUNDS}.get(compound.name)
    values = {path.rpartition(".")[2]: value for path, value in number_changes([compound]).items()}
    return ours is not None and _changed(ours, values) == compound


def _changed(compound: Compound, values: Mapping[str, float]) -> Compound:
    own = {name: Sourced(value, getattr(compound, name).unit, _OWN) for name, value in values.items()}
    return dataclasses.replace(compound, **own)  # pyright: ignore[reportArgumentType]


def _sourced(compound: Compound) -> dict[str, Sourced]:
    held = {field.name: getattr(compound, field.name) for field in dataclasses.fields(compound)}
    return {name: one for name, one in held.items() if isinstance(one, Sourced)}


def _path(compound: Compound, name: str) -> str:
    return f"{COMPOUND}{compound.name.replace(' ', '_')}.{name}"
