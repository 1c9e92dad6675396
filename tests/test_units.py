"""Quantities at the door: what users write, what they must not write, and the table against pint."""

from __future__ import annotations

import dataclasses
import importlib
import math
import pkgutil
import subprocess
import sys

import numpy as np
import pint
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import plastisim.biology
from plastisim.engine import units
from plastisim.engine.errors import ConfigError
from plastisim.engine.units import check_unit, quantity

PINT = pint.UnitRegistry()


@pytest.mark.parametrize(
    ("text", "unit", "expected"),
    [
        ("1 mg/kg", "mg/kg", 1.0),
        ("1mg/kg", "mg/kg", 1.0),
        (" 0.3  mg / kg ", "mg/kg", 0.3),
        ("500 ug/kg", "mg/kg", 0.5),
        ("24 h", "s", 86400.0),
        ("30 min", "s", 1800.0),
        ("1 d", "s", 86400.0),
        ("1 day", "h", 24.0),
        ("-3 days", "d", -3.0),
        ("\u22123 d", "d", -3.0),
        ("60 nmol/L", "nmol/L", 60.0),
        ("60 nM", "umol/L", 0.06),
        ("2 uM", "nmol/L", 2000.0),
        ("2 \u00b5M", "umol/L", 2.0),
        ("2 \u03bcM", "umol/L", 2.0),
        ("1e-3 mM", "umol/L", 1.0),
        ("0.5/um", "1/um", 0.5),
        ("2 Hz", "1/s", 2.0),
        ("50 %", "1", 0.5),
        ("0.5", "1", 0.5),
        (0.5, "1", 0.5),
        (np.float32(0.5), "1", 0.5),
        (5, "%", 5.0),
        ("3 fortnights", "d", 42.0),
        ("5 1/nM/s", "L/umol/s", 5000.0),
        ("37 degC", "K", 310.15),
    ],
)
def test_what_users_write(text: str | float, unit: str, expected: float) -> None:
    assert quantity(text, unit) == pytest.approx(expected, rel=1e-14)


@pytest.mark.parametrize(
    ("text", "unit", "part"),
    [
        ("1", "mg/kg", 'write "1 mg/kg" if that is meant'),
        (1, "mg/kg", 'write "1 mg/kg" if that is meant'),
        ("mg/kg", "mg/kg", "the number is missing"),
        ("1,5 mg/kg", "mg/kg", "decimal point"),
        ("1 MG/KG", "mg/kg", "did you mean 'mg/kg'"),
        ("30 m", "s", "minutes are min"),
        ("1 mg", "mg/kg", "not in a unit like mg/kg"),
        ("5 %", "mg/kg", "not in a unit like mg/kg"),
        ("1 mg/mg", "mg/kg", "not in a unit like mg/kg"),
        ("1 mg/kg", "1", "not in a unit like 1"),
        ("1 h", "umol/L", "not in a unit like umol/L"),
        ("1e400 mg/kg", "mg/kg", "not a finite number"),
        (math.nan, "1", "not a finite number"),
        (-math.inf, "1", "not a finite number"),
        pytest.param(10**400, "1", "not a finite number", id="huge integer"),
        pytest.param("1" + "0" * 90 + " s", "s", "expected a number with its unit", id="long number"),
        ("1 mg/kg; import os", "mg/kg", "expected a number with its unit"),
        ("9**9**9**9 mg", "mg/kg", "expected a number with its unit"),
        ("1 m^9^9", "um", "expected a number with its unit"),
        ("nan mg/kg", "mg/kg", "expected a number with its unit"),
        ("\uff11 s", "s", "expected a number with its unit"),
        ("1 \U0001f9e0", "s", "expected a number with its unit"),
        ("1\x00s", "s", "expected a number with its unit"),
        ("1 s\n", "mg/kg", "not in a unit like mg/kg"),
        ("", "s", 'as "24 h"'),
        ("   ", "s", 'as "24 h"'),
        (None, "s", 'as "24 h"'),
        (True, "1", "expected a number"),
        ([1], "s", 'as "24 h"'),
        pytest.param("x" * 10**5, "s", "expected a number with its unit", id="long text"),
    ],
)
def test_refused_with_value_and_expectation(text: object, unit: str, part: str) -> None:
    with pytest.raises(ConfigError) as caught:
        quantity(text, unit, "arms.drug.dose")  # pyright: ignore[reportArgumentType]
    message = str(caught.value)
    assert message.startswith("arms.drug.dose: got ")
    assert part in message
    assert "\n" not in message
    assert len(message) < 300


@pytest.mark.parametrize(
    ("bounds", "text", "part"),
    [
        ({"positive": True}, "0 s", "more than 0 s"),
        ({"minimum": 0.0}, "-1 s", "at least 0 s"),
        ({"maximum": 3600.0}, "2 h", "at most 3600 s"),
    ],
)
def test_bounds(bounds: dict, text: str, part: str) -> None:
    assert quantity("1 h", "s", **bounds) == 3600.0
    with pytest.raises(ConfigError, match=part):
        quantity(text, "s", **bounds)


def test_bounds_include_their_end() -> None:
    assert quantity("0 s", "s", minimum=0.0, maximum=0.0) == 0.0


@pytest.mark.parametrize("kind", sorted(units._TABLE))
def test_table_agrees_with_pint(kind: str) -> None:
    table = units._TABLE[kind]
    base = next(name for name, factor in table.items() if factor == 1)
    for name, factor in table.items():
        one = PINT.Quantity(1.0, PINT.parse_units("1" + name if name.startswith("/") else name))
        assert one.to(base).magnitude == pytest.approx(float(factor), rel=1e-12), name


@settings(deadline=None, max_examples=300)
@given(
    value=st.floats(-1e12, 1e12, allow_nan=False),
    pair=st.sampled_from([(a, b) for kind in units._TABLE.values() for a in kind for b in kind if a[0] != "/" != b[0]]),
)
def test_there_and_back(value: float, pair: tuple[str, str]) -> None:
    there = quantity(f"{value!r} {pair[0]}", pair[1])
    assert quantity(f"{there!r} {pair[1]}", pair[0]) == pytest.approx(value, rel=1e-12, abs=1e-300)


@settings(deadline=None, max_examples=500)
@given(st.text(max_size=30) | st.from_regex(r"[0-9.eE+-]{1,6} ?[A-Za-z0-9µ%/*^ -]{0,12}", fullmatch=True))
@example("1 /")
@example("1 1")
@example("5 degC/s")
@example("1 dB")
@example("0 1/0")
def test_any_text_is_a_number_or_one_clear_error(text: str) -> None:
    message, value = "", 0.0
    try:
        value = quantity(text, "mg/kg", "dose")
    except ConfigError as error:
        message = str(error)
    assert math.isfinite(value)
    assert not message or (message.startswith("dose: got ") and message.isprintable())


def test_every_declared_unit_is_in_the_common_spelling() -> None:
    declared = {
        field.metadata["unit"]
        for info in pkgutil.iter_modules(plastisim.biology.__path__)
        for kind in vars(importlib.import_module(f"plastisim.biology.{info.name}")).values()
        if isinstance(kind, type) and dataclasses.is_dataclass(kind)
        for field in dataclasses.fields(kind)
        if "unit" in field.metadata
    }
    assert {"1", "1/s", "umol/L"} <= declared
    for unit in sorted(declared):
        check_unit(unit)


@pytest.mark.parametrize("unit", ["umol/L", "1/um", "1/um^2", "1/s", "%", "1", "mV", "L/umol/s", "um^2/s"])
def test_common_spelling(unit: str) -> None:
    assert check_unit(unit) is None


@pytest.mark.parametrize(
    "unit", ["", "µmol/L", "um-1", "umol L-1", "um2", "um**2", "1/um^2 ", "bogus", "s/1", "//s", 1]
)
def test_other_spellings_are_refused(unit: str) -> None:
    with pytest.raises(ConfigError, match="unit"):
        check_unit(unit)


def test_common_units_need_no_pint() -> None:
    code = (
        "import sys; sys.modules['pint'] = None\n"
        "from plastisim.engine.units import quantity\n"
        "assert quantity('1 mg/kg', 'mg/kg') == 1.0 and quantity('60 nM', 'umol/L') == 0.06\n"
        "try: quantity('1 fortnight', 's')\n"
        "except Exception as error: print(type(error).__name__, error)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("ConfigError ")
    assert "pip install pint" in done.stdout
