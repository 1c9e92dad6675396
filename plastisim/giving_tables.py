"""What is given, from tables of an experiment file: doses, trains of doses, baths, infusions.

`own` are the compounds that the file describes itself, by name; one with faults is None there.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from plastisim.lab.compound import ROUTES, Compound
from plastisim.lab.compounds import find_compound
from plastisim.lab.giving import Bath, Dose, Infusion, per_kilogram, repeated
from plastisim.toml_table import MISSING, TomlTable

_EVERY = 'the time between doses, as "24 h"'
_TIME = 'a time, as "2 h"'
_WEIGHT = 'a mass, as "70 kg"'
Own = Mapping[str, Compound | None]


def _compound(table: TomlTable, own: Own) -> Any:
    """Return the compound that a table names."""
    name = table.take("compound", str, expected="the name of a compound")
    if name is None:
        return None
    if name in own:
        return own[name]
    return table.attempt("compound", lambda: find_compound(name))


def doses(table: TomlTable, own: Own) -> tuple[Dose, ...] | None:
    """Return a dose, or a train of them."""
    compound = _compound(table, own)
    optional = compound is None or compound.inert
    amount = _amount(table, math.nan if optional else MISSING)
    at = table.quantity("at", "s", 0.0)
    usual = next(iter(compound.routes), "ip") if compound else "ip"
    route = table.choice("route", ROUTES, usual)
    times, every = table.take("times", int, 1), table.take("every", str, None, _EVERY)
    if times != 1 and "every" not in table.values:
        table.faults.append(f"{table.at('every')}: is missing, expected {_EVERY}")
    table.close()
    if not table.sound or compound is None:
        return None
    one = table.attempt("", lambda: Dose(compound, amount, at, route))
    return None if one is None else table.attempt("", lambda: repeated(one, times, "1 d" if every is None else every))


def _amount(table: TomlTable, default: Any) -> Any:
    """Return a dose in mg/kg."""
    weight = table.take("body_weight", str, None, _WEIGHT)
    if "amount" not in table.values:
        return table.quantity("amount", "mg/kg", default)
    table.known.append("amount")
    where = table.at("amount")
    return table.attempt("" if weight else "amount", lambda: per_kilogram(table.values["amount"], weight, where))


def bath(table: TomlTable, own: Own) -> Bath | None:
    """Return a bath."""
    compound, held = _compound(table, own), table.quantity("concentration", "nmol/L", minimum=0.0)
    start, stop = table.quantity("start", "s", 0.0), table.quantity("stop", "s")
    table.close()
    if not table.sound or compound is None:
        return None
    return table.attempt("", lambda: Bath(compound, held, start, stop))


def infusion(table: TomlTable, own: Own) -> Infusion | None:
    """Return an infusion."""
    compound, rate = _compound(table, own), table.take("rate", str, expected='a rate with its unit, as "0.5 mg/kg/h"')
    start, stop = table.take("start", str, "0 s", _TIME), table.take("stop", str, expected=_TIME)
    weight = table.take("body_weight", str, None, _WEIGHT)
    table.close()
    if not table.sound or compound is None:
        return None
    return table.attempt("", lambda: Infusion.of(compound, rate, start=start, stop=stop, body_weight=weight))
