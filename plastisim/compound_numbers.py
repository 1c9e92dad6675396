"""The numbers of compounds as parameters of a run: `compound.psilocybin.elimination`, wherever the run gives it.

A compound of one's own is a relative with another name and other numbers. Serotonin is in every animal already, and
vehicle does nothing: neither has parameters or relatives here.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable, Mapping

from plastisim.engine.errors import ConfigError
from plastisim.engine.fields import Declared, chosen
from plastisim.lab.compound import Compound, Sourced
from plastisim.lab.compounds import COMPOUNDS, SEROTONIN
from plastisim.lab.protocol import Arm, Protocol
from plastisim.toml_table import TomlTable

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
        if value == 0.0 and _divides(known[path][1]):
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


def own_compound(table: TomlTable) -> Compound | None:
    """Return the compound of a table: `name`, the relative that it is `like`, and each number that differs."""
    name, like = table.name(), table.choice("like", _NAMED)
    if name is None or like is None:
        return None
    if name.strip().lower() in {word.lower() for one in COMPOUNDS for word in (one.name, *one.aliases)}:
        table.wrong("name", name, "a name that no compound of the package has")
    numbers = _sourced(_NAMED[like])
    values = {
        key: table.quantity(key, one.unit, minimum=0.0, positive=_divides(key))
        for key, one in numbers.items() if key in table.values
    }  # fmt: skip
    table.known += numbers
    table.close()
    return _changed(dataclasses.replace(_NAMED[like], name=name, aliases=()), values) if table.sound else None


def likeness(compound: Compound) -> tuple[str, dict[str, Sourced]]:
    """Return what `own_compound` reads as this compound: the nearest relative, and the numbers that differ from it.

    Raises:
        ConfigError: there is none, for it differs from all relatives in more than numbers that a file has set.
    """
    found = []
    for relative in (one for one in COMPOUNDS if one.name in (*_NAMED, compound.name)):
        itself = relative.name == compound.name
        plain = relative if itself else dataclasses.replace(relative, name=compound.name, aliases=())
        numbers = {name: one for name, one in _sourced(compound).items() if one != getattr(plain, name)}
        values = {name: one.value for name, one in numbers.items()}
        if _changed(plain, values) == compound and all(map(math.isfinite, values.values())):
            found.append((relative.name, numbers))
    if not found:
        raise ConfigError(f"the compound {compound.name!r} was described in Python; an experiment file cannot say it")
    return min(found, key=lambda one: len(one[1]))


def _divides(name: str) -> bool:
    return name in DIVISORS or name.endswith("_affinity")


def _changed(compound: Compound, values: Mapping[str, float]) -> Compound:
    own = {name: Sourced(value, getattr(compound, name).unit, _OWN) for name, value in values.items()}
    return dataclasses.replace(compound, **own)  # pyright: ignore[reportArgumentType]


def _sourced(compound: Compound) -> dict[str, Sourced]:
    held = {field.name: getattr(compound, field.name) for field in dataclasses.fields(compound)}
    return {name: one for name, one in held.items() if isinstance(one, Sourced)}


def _path(compound: Compound, name: str) -> str:
    return f"{COMPOUND}{compound.name.replace(' ', '_')}.{name}"
