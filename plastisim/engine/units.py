"""Quantities at the door: "1 mg/kg", "24 h" or "60 nM" become plain numbers in fixed internal units.

Below the door no number is ever converted again. Units that users write every day are in a small table, so a bare
GPU host without pint can run, and a start costs nothing; pint, imported on first need, reads all others. A test holds
the table against pint.
"""

from __future__ import annotations

import difflib
import functools
import importlib
import math
import numbers
import re
from fractions import Fraction
from typing import Any

from plastisim.engine.errors import ConfigError

_NUMBER = r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,4})?"
_FACTOR = r"(?:[A-Za-zµ]+(?:(?:\^|\*\*)?-?[1-9])?|%|1)"
# A closed grammar, for pint would compute "9**9**9**9 mg" and run until the memory is gone.
_QUANTITY = re.compile(rf"({_NUMBER})\s*((?:/\s*)?{_FACTOR}(?:\s*[/*]\s*{_FACTOR})*)?")
_UNIT = re.compile(rf"{_FACTOR}(?:\s*[/*]\s*{_FACTOR})*")
_DECLARED = re.compile(r"%|1|(?:[A-Za-z]+(?:\^[2-9])?|1(?=/))(?:/[A-Za-z]+(?:\^[2-9])?)*")
_SPELLING = str.maketrans({"\u03bc": "µ", "\u2212": "-", "\u00b7": "*", "\u00a0": " ", "\u202f": " ", "\u2009": " "})

# kind -> unit -> how many of the kind's base it is.
_TABLE: dict[str, dict[str, Fraction]] = {
    "time": {
        **dict.fromkeys(("s", "sec", "second", "seconds"), Fraction(1)),
        "ms": Fraction(1, 1000),
        **dict.fromkeys(("min", "minute", "minutes"), Fraction(60)),
        **dict.fromkeys(("h", "hr", "hour", "hours"), Fraction(3600)),
        **dict.fromkeys(("d", "day", "days"), Fraction(86400)),
        **dict.fromkeys(("week", "weeks"), Fraction(604800)),
    },
    "concentration": {
        **dict.fromkeys(("pM", "pmol/L"), Fraction(1, 10**6)),
        **dict.fromkeys(("nM", "nmol/L"), Fraction(1, 10**3)),
        **dict.fromkeys(("uM", "µM", "umol/L", "µmol/L"), Fraction(1)),
        **dict.fromkeys(("mM", "mmol/L"), Fraction(10**3)),
        **dict.fromkeys(("M", "mol/L"), Fraction(10**6)),
    },
    "dose": {
        **dict.fromkeys(("ug/kg", "µg/kg"), Fraction(1, 1000)),
        **dict.fromkeys(("mg/kg", "ug/g", "µg/g"), Fraction(1)),
        "g/kg": Fraction(1000),
    },
    "length": {"nm": Fraction(1, 1000), **dict.fromkeys(("um", "µm"), Fraction(1)), "mm": Fraction(1000)},
    "rate": {**dict.fromkeys(("1/s", "/s", "Hz"), Fraction(1)), "1/min": Fraction(1, 60), "1/h": Fraction(1, 3600)},
    "fraction": {"1": Fraction(1), "%": Fraction(1, 100)},
}
_KIND = {unit: kind for kind, units in _TABLE.items() for unit in units}
_EXAMPLE = {"s": "24 h", "mg/kg": "1 mg/kg", "umol/L": "0.5 uM", "nmol/L": "60 nM", "um": "5 um", "1/s": "0.7 1/h"}


def quantity(
    text: str | float | numbers.Real,
    unit: str,
    name: str = "value",
    *,
    minimum: float | None = None,
    maximum: float | None = None,
    positive: bool = False,
) -> float:
    """Return a quantity as a plain number in `unit`.

    Args:
        text: number and unit, as `"1 mg/kg"`, `"30 min"` or `"0.5 µM"`. A bare number is accepted only where
            `unit` is dimensionless (`"1"` or `"%"`).
        unit: the unit of the result.
        name: what the value is, as the user knows it (`arms.drug.dose`); it begins every message.
        minimum: smallest value allowed, in `unit`.
        maximum: largest value allowed, in `unit`.
        positive: whether zero is refused too.

    Raises:
        ConfigError: not a quantity, no unit, another dimension, not finite, or out of bounds.
    """
    shown = _shown(text)
    if isinstance(text, bool) or not isinstance(text, (str, numbers.Real)):
        raise ConfigError(f"{name}: got {shown}, expected {_wanted(unit)}")
    number, given = _split(text, unit, name) if isinstance(text, str) else (_number(text), "")
    if not given and unit not in _TABLE["fraction"]:
        hint = f'; write "{number:g} {unit}" if that is meant' if math.isfinite(number) else ""
        raise ConfigError(f"{name}: got {shown} without a unit, expected {_wanted(unit)}{hint}")
    value = _convert(number, given or unit, unit, name, shown)
    if not math.isfinite(value):
        raise ConfigError(f"{name}: got {shown}, which is not a finite number, expected {_wanted(unit)}")
    _check_bounds(value, unit, name, shown, minimum, maximum, positive)
    return value


def check_unit(unit: str) -> None:
    """Refuse a declared unit that is not in the one spelling UDUNITS, pint and cf_xarray all read.

    Args:
        unit: as in a declaration or a `units` attribute: `s`, `umol/L`, `1/um^2`, `umol/L/s`, `%` or `1`.

    Raises:
        ConfigError: another spelling, or a unit that pint does not know.
    """
    if not isinstance(unit, str) or not _DECLARED.fullmatch(unit):
        raise ConfigError(f"unit {_shown(unit)}: expected ASCII names joined by / and raised by ^, as in 'umol/L/s'")
    _parse(unit, "unit", _shown(unit), "1")


def _number(value: numbers.Real) -> float:
    """Return a Python or NumPy number as a float; one too large for a float is infinite."""
    try:
        return float(value)
    except OverflowError:
        return math.inf


def _split(text: str, unit: str, name: str) -> tuple[float, str]:
    """Return the number and the unit text (perhaps empty) of a quantity string."""
    plain = text.translate(_SPELLING).strip()
    found = _QUANTITY.fullmatch(plain) if len(plain) <= 80 else None
    if found is None:
        hint = ""
        if _UNIT.fullmatch(plain) and not plain[0].isdigit():
            hint = "; the number is missing"
        elif "," in plain:
            hint = "; write a decimal point, not a comma"
        raise ConfigError(f"{name}: got {_shown(text)}, expected {_wanted(unit)}{hint}")
    return float(found[1]), re.sub(r"\s+", "", found[2] or "")


def _convert(number: float, given: str, unit: str, name: str, shown: str) -> float:
    """Return `number` of the unit `given` in `unit`: by the table where both are in it, else by pint."""
    kind = _KIND.get(given)
    if kind is not None and kind == _KIND.get(unit):
        return number * float(_TABLE[kind][given] / _TABLE[kind][unit])
    source, target = _parse(given, name, shown, unit), _parse(unit, name, shown, unit)
    if _sides(source) != _sides(target):
        fix = "; m is metre, minutes are min" if given == "m" else ""
        raise ConfigError(f"{name}: got {shown}, which is not in a unit like {unit}, expected {_wanted(unit)}{fix}")
    try:
        return float(_registry().Quantity(number, source).to(target).magnitude)
    except Exception as error:  # such as an offset unit in a ratio
        raise ConfigError(f"{name}: got {shown}, which has no value in {unit}, expected {_wanted(unit)}") from error


@functools.cache
def _registry() -> Any:
    """Return pint's registry, built on first use (about a second)."""
    try:
        return importlib.import_module("pint").UnitRegistry()
    except ImportError as error:
        raise ConfigError("this unit needs the package pint: pip install pint, or write a common unit") from error


def _parse(unit: str, name: str, shown: str, wanted: str) -> Any:
    """Return pint's unit for a text that already passed the grammar."""
    try:
        return _registry().parse_units("1" + unit if unit.startswith("/") else unit)
    except ConfigError:
        raise
    except Exception as error:  # pint raises half a dozen kinds here, some not its own
        near = difflib.get_close_matches(unit.lower(), _KIND, n=1, cutoff=0.7)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        message = f"{name}: got {shown}, with an unknown unit {unit!r}, expected {_wanted(wanted)}{hint}"
        raise ConfigError(message) from error


def _sides(unit: Any) -> tuple[Any, Any]:
    """Return the dimensions above and below the line.

    Equal dimensions are not enough: a dose in mg/kg is a pure number to pint, and "5 %" would pass for 50,000 mg/kg.
    Only where the whole is a pure number do the two sides matter.
    """
    if not unit.dimensionless:
        return unit.dimensionality, None
    whole = _registry().Unit("")
    above, below = whole, whole
    for factor, power in unit._units.items():
        if power > 0:
            above = above * _registry().Unit(factor) ** power
        else:
            below = below * _registry().Unit(factor) ** -power
    return above.dimensionality, below.dimensionality


def _check_bounds(
    value: float,
    unit: str,
    name: str,
    shown: str,
    minimum: float | None,
    maximum: float | None,
    positive: bool,
) -> None:
    """Refuse a value outside the bounds; the message gives the bound in the user's unit system."""
    shown_unit = "" if unit == "1" else f" {unit}"
    if positive and value <= 0.0:
        raise ConfigError(f"{name}: got {shown}, expected more than 0{shown_unit}")
    if minimum is not None and value < minimum:
        raise ConfigError(f"{name}: got {shown}, expected at least {minimum:g}{shown_unit}")
    if maximum is not None and value > maximum:
        raise ConfigError(f"{name}: got {shown}, expected at most {maximum:g}{shown_unit}")


def _wanted(unit: str) -> str:
    """Return what a user should write instead."""
    if unit in _TABLE["fraction"]:
        return f'a number in units of {unit}, as 0.5 or "50 %"'
    return f'a number with its unit, convertible to {unit}, as "{_EXAMPLE.get(unit, f"1 {unit}")}"'


def _shown(text: object) -> str:
    """Return the value as one printable line of bounded length."""
    line = ascii(text) if not isinstance(text, str) or not text.isprintable() else repr(text)
    return line if len(line) <= 60 else line[:56] + " ..."
