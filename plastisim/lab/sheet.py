"""One CSV file of a laboratory's measurements, read and checked.

It refuses nonsense with one line that says file, row, column and what to fix, and leaves out every column that it
does not know.
"""

from __future__ import annotations

import csv
import dataclasses
import io
import math
import re
from pathlib import Path

import numpy as np

from plastisim.engine.errors import ConfigError
from plastisim.lab.branch_table import ELIMINATION, FORMATION, VEHICLE, FloatArray, Quantity

_NAMES = ("mouse_id", "condition", "fov", "dendrite")
_VEHICLES = (VEHICLE, "saline")
_BLANKS = ("", "na", "nan", "n/a")
_DAY = re.compile(r"day_(-?\d+(?:\.\d+)?)$")
_RATE_ZEROS = 0.2  # share of exact zeros above which a table cannot be a density


@dataclasses.dataclass(frozen=True)
class Sheet:
    """One CSV file: line number, mouse, condition and (fov, dendrite) of each row; values (row, day)."""

    path: Path
    lines: list[int]
    mouse: list[str]
    condition: list[str]
    label: list[tuple[str, str]]
    days: list[float]
    values: FloatArray

    def keys(self) -> list[tuple[str, str, str]]:
        """Return (mouse, fov, dendrite) of each row."""
        return [(mouse, *label) for mouse, label in zip(self.mouse, self.label, strict=True)]


def read_sheet(path: Path, quantity: Quantity) -> Sheet:
    """Read and check one CSV file."""
    rows = _rows(path)
    (_, header), body = rows[0], rows[1:]
    header = [name.strip() for name in header]
    days = _day_columns(path, header)
    if not body:
        raise ConfigError(f"{path}: a header but no data; expected one row a dendrite")
    columns = {name: header.index(name) for name in _NAMES}
    texts: dict[str, list[str]] = {name: [] for name in _NAMES}
    values = np.empty((len(body), len(days)))
    for i, (line, cells) in enumerate(body):
        if len(cells) != len(header):
            fix = "look for a missing or extra comma, or a decimal comma"
            raise ConfigError(f"{path}, row {line}: {len(cells)} cells, expected {len(header)} as in the header; {fix}")
        for name, column in columns.items():
            texts[name].append(cells[column].strip())
            if not texts[name][-1]:
                raise ConfigError(f"{path}, row {line}, column {name}: blank, expected a name; fill it in")
        values[i] = [_number(f"{path}, row {line}, column {header[c]}", cells[c], quantity) for c in days.values()]
    condition = [VEHICLE if name.lower() in _VEHICLES else name.lower() for name in texts["condition"]]
    label = list(zip(texts["fov"], texts["dendrite"], strict=True))
    sheet = Sheet(path, [line for line, _ in body], texts["mouse_id"], condition, label, list(days), values)
    _check_arms(sheet)
    _check_rows(sheet)
    _check_unit(sheet, quantity)
    return sheet


def _rows(path: Path) -> list[tuple[int, list[str]]]:
    """Return (line number as in an editor, cells) of every row that is not blank; the header comes first."""
    try:
        content = path.read_bytes()
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        kind = "an Excel workbook" if content.startswith(b"PK") else "no UTF-8 text"
        raise ConfigError(f"{path}: {kind} (byte {error.start}); save it as CSV UTF-8") from None
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read ({error.strerror}); expected a CSV file") from None
    if "\0" in text:
        raise ConfigError(f"{path}: holds zero bytes, expected CSV text; save it as CSV UTF-8")
    reader = csv.reader(io.StringIO(text, newline=""))
    rows, line = [], 1
    try:
        for cells in reader:
            if any("\n" in cell or "\r" in cell for cell in cells):
                raise ConfigError(f"{path}, row {line}: a cell spans several lines; look for a stray quote")
            if any(cell.strip() for cell in cells):
                rows.append((line, cells))
            line = reader.line_num + 1
    except csv.Error as error:
        raise ConfigError(f"{path}, row {reader.line_num}: not readable as CSV ({error}); look for a quote") from None
    if not rows:
        raise ConfigError(f"{path}: the file is empty; expected a header row {','.join(_NAMES)},day_-3,day_-1,day_1")
    return rows


def _day_columns(path: Path, header: list[str]) -> dict[float, int]:
    """Return day → column, after checking every name of the header."""
    place = f"{path}, row 1"
    if not any(name in header for name in _NAMES):
        fix = "save with commas between cells" if len(header) == 1 else "add a header row"
        got = ",".join(header)[:60]
        raise ConfigError(f"{place}: no header, got {got!r}, expected {','.join(_NAMES)},day_-1,day_1; {fix}")
    for name in (*_NAMES, *header):
        if header.count(name) > 1 and name:
            raise ConfigError(f"{place}, column {name}: appears {header.count(name)} times, expected once; remove one")
        if name not in header:
            raise ConfigError(f"{place}, column {name}: missing, got {','.join(header)}; add or rename the column")
    days: dict[float, int] = {}
    for column, name in enumerate(header):
        if not name.lower().startswith("day"):
            continue
        match = _DAY.match(name)
        if match is None:
            raise ConfigError(f"{place}, column {name}: expected a session such as day_-1 or day_3; rename it")
        day = float(match[1])
        if day in days or (days and day < max(days)):
            fix = "expected ascending days; reorder"
            raise ConfigError(f"{place}, column {name}: comes after day {max(days):g}, {fix}")
        days[day] = column
    if not any(day < 0 for day in days):
        fix = "expected day_-1 or earlier (dose on day 0); add the baseline"
        raise ConfigError(f"{place}: no session before day 0, {fix}")
    if 1.0 not in days:
        raise ConfigError(f"{place}, column day_1: missing, expected the session 24 h after the dose; add or rename it")
    return days


def _number(place: str, cell: str, quantity: Quantity) -> float:
    """Return the value of one cell, NaN where blank."""
    text = cell.strip()
    if text.lower() in _BLANKS:
        return math.nan
    unit = "spines per spine" if quantity.is_rate else quantity.unit
    expected = f"expected {quantity.long_name} as a number in {unit}"
    try:
        value = float(text.replace("_", "?"))  # Python would read 1_0 as ten
    except ValueError:
        raise ConfigError(f"{place}: got {text!r}, {expected}; leave the cell blank where not measured") from None
    if not math.isfinite(value):
        raise ConfigError(f"{place}: got {text}, {expected}, finite; leave the cell blank where not measured")
    if value < 0:
        raise ConfigError(f"{place}: got {text}, {expected}, not negative; leave the cell blank where not measured")
    if quantity is ELIMINATION and value > 1:
        raise ConfigError(f"{place}: got {text}, {expected}, at most 1; {quantity.hint}")
    return value


def _check_arms(sheet: Sheet) -> None:
    """Refuse a table without a vehicle arm, without a drug arm, or with a mouse in two arms."""
    names, place = ", ".join(sorted(set(sheet.condition))), f"{sheet.path}, column condition"
    if VEHICLE not in sheet.condition:
        fix = "expected vehicle or saline; rename"
        raise ConfigError(f"{place}: got {names}, none recognised as vehicle, {fix}")
    if len(set(sheet.condition)) == 1:
        raise ConfigError(f"{place}: only one arm ({names}), expected a drug arm too; add its rows")
    first: dict[str, str] = {}
    for line, mouse, condition in zip(sheet.lines, sheet.mouse, sheet.condition, strict=True):
        if first.setdefault(mouse, condition) != condition:
            got = f"mouse {mouse} is {condition} here and {first[mouse]} above"
            fix = "expected one condition a mouse; correct one, or give the animals two names"
            raise ConfigError(f"{sheet.path}, row {line}, column condition: {got}, {fix}")


def _check_rows(sheet: Sheet) -> None:
    """Refuse a dendrite that is listed twice."""
    seen: dict[tuple[str, str, str], int] = {}
    for line, key in zip(sheet.lines, sheet.keys(), strict=True):
        if key in seen:
            name = f"mouse_id {key[0]}, fov {key[1]}, dendrite {key[2]}"
            fix = "expected one row a dendrite; remove one"
            raise ConfigError(f"{sheet.path}, row {line}: {name} is already in row {seen[key]}, {fix}")
        seen[key] = line


def _check_unit(sheet: Sheet, quantity: Quantity) -> None:
    """Refuse values that cannot be in the expected unit, judged by their median (zeros left out)."""
    measured = sheet.values[np.isfinite(sheet.values)]
    if not (measured > 0).any():
        raise ConfigError(f"{sheet.path}: no {quantity.long_name} above 0 in any day column; expected measured values")
    if not quantity.is_rate and np.mean(measured == 0) > _RATE_ZEROS:
        raise ConfigError(
            f"{sheet.path}: {np.mean(measured == 0):.0%} of the values are exactly 0, expected {quantity.long_name} in "
            f"{quantity.unit}; if these are rates, name the file {FORMATION.file} or {ELIMINATION.file}"
        )
    low, high = quantity.plausible
    median = float(np.median(measured[measured > 0]))
    if not low <= median <= high:
        hint = quantity.hint if median > high else f"{quantity.long_name} is rarely that small: check the unit"
        unit = "a fraction of spines" if quantity.is_rate else quantity.unit
        raise ConfigError(f"{sheet.path}: median {median:g}, expected {low:g} to {high:g} ({unit}); {hint}")
