"""The one container that simulated and measured imaging data pass through, and the reader of a laboratory's files.

A row is one dendritic branch followed over the sessions of one mouse. Statistics, window and comparison
see nothing else, so a simulated cohort and a laboratory's own table are treated alike. The reader accepts a
folder of CSV files, one a quantity, or one CSV file; it refuses nonsense with one line that says what to fix.
It leaves out sex, and every column that it does not know.
"""

from __future__ import annotations

import csv
import dataclasses
import io
import math
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from plastisim.engine.errors import ConfigError

FloatArray = npt.NDArray[np.float64]
TextArray = npt.NDArray[np.str_]

VEHICLE = "vehicle"


@dataclasses.dataclass(frozen=True)
class Quantity:
    """One measured quantity.

    Args:
        name: field of `BranchTable` that holds it.
        unit: unit of the values, ASCII.
        long_name: words for tables and axis labels.
        file: name of its CSV file inside a folder.
        is_rate: True where a value is a fraction of spines per interval between two sessions.
        plausible: lowest and highest believable median, in `unit`.
        hint: what a median above the plausible range usually means.
    """

    name: str
    unit: str
    long_name: str
    file: str
    is_rate: bool
    plausible: tuple[float, float]
    hint: str


SPINE_DENSITY = Quantity(
    "spine_density", "1/um", "spine density", "spine_density.csv", False, (0.01, 5.0),
    "perhaps spines per 10 um: divide by 10",
)  # fmt: skip
HEAD_WIDTH = Quantity(
    "head_width", "um", "spine head width", "spine_head_width.csv", False, (0.05, 5.0),
    "perhaps nanometres: divide by 1000",
)  # fmt: skip
FORMATION = Quantity(
    "formation", "1", "spine formation", "formation_rate.csv", True, (0.0, 1.0), "perhaps per cent: divide by 100"
)
ELIMINATION = Quantity(
    "elimination", "1", "spine elimination", "elimination_rate.csv", True, (0.0, 1.0), "perhaps per cent: divide by 100"
)
QUANTITIES = (SPINE_DENSITY, HEAD_WIDTH, FORMATION, ELIMINATION)


@dataclasses.dataclass(frozen=True, eq=False)
class BranchTable:
    """Branches followed over imaging sessions; NaN stands for "not measured".

    Args:
        mouse: mouse of each branch, shape (branch,); the same name in two arms means two animals.
        condition: `vehicle`, `psilocybin` or another drug, shape (branch,).
        days: day of each session, ascending, dose on day 0, shape (session,).
        spine_density: spines per length, shape (branch, session), 1/um.
        head_width: mean head width of the branch's spines, shape (branch, session), um.
        formation: spines gained since the previous session / spines present then, shape (branch, session).
        elimination: spines lost since the previous session / spines present then, shape (branch, session).
        notes: what the reader had to reconcile, one sentence each.
    """

    mouse: TextArray
    condition: TextArray
    days: FloatArray
    spine_density: FloatArray
    head_width: FloatArray | None = None
    formation: FloatArray | None = None
    elimination: FloatArray | None = None
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse shapes that do not fit each other."""
        if np.any(np.diff(self.days) <= 0):
            raise ValueError(f"days must ascend without repeats, but got {self.days.tolist()}")
        shape = (len(self.mouse), len(self.days))
        for quantity in QUANTITIES:
            values = getattr(self, quantity.name)
            if values is not None and np.shape(values) != shape:
                raise ValueError(f"{quantity.name} must have shape (branch, session) = {shape}, got {np.shape(values)}")
        if len(self.condition) != len(self.mouse):
            raise ValueError(f"condition must have {len(self.mouse)} entries, one a branch, got {len(self.condition)}")

    def __len__(self) -> int:
        """Return the number of branches."""
        return len(self.mouse)

    def has(self, quantity: Quantity) -> bool:
        """Return whether any value of `quantity` was measured."""
        values = getattr(self, quantity.name)
        return values is not None and bool(np.isfinite(values).any())

    def values(self, quantity: Quantity) -> FloatArray:
        """Return `quantity` in its own unit, shape (branch, session).

        Raises:
            ConfigError: the quantity was not measured.
        """
        if not self.has(quantity):
            raise ConfigError(f"this table holds no {quantity.long_name}; add {quantity.file} beside the density file")
        return getattr(self, quantity.name)

    def sessions(self, days: Sequence[float]) -> npt.NDArray[np.intp]:
        """Return the session index of each day.

        Raises:
            ConfigError: a day was not imaged.
        """
        missing = [day for day in days if day not in self.days]
        if missing:
            imaged = ", ".join(f"{day:g}" for day in self.days)
            raise ConfigError(f"no imaging session on day {missing[0]:g}; this table has days {imaged}")
        return np.searchsorted(self.days, np.asarray(days, dtype=np.float64))

    def drugs(self) -> tuple[str, ...]:
        """Return the names of all conditions that are not the vehicle."""
        return tuple(sorted({str(name) for name in self.condition} - {VEHICLE}))

    def select(self, condition: str) -> BranchTable:
        """Return the branches of one condition, in the same order."""
        keep = self.condition == condition
        found = {q.name: getattr(self, q.name) for q in QUANTITIES}
        cut = {name: None if values is None else values[keep] for name, values in found.items()}
        return dataclasses.replace(self, mouse=self.mouse[keep], condition=self.condition[keep], **cut)


def concatenate(tables: Mapping[str, BranchTable]) -> BranchTable:
    """Return all branches of several cohorts in one table.

    Args:
        tables: cohort name → table. Mice are renamed `cohort/mouse`, so equal names stay two animals;
            sessions are the union of all days, NaN where a cohort was not imaged.
    """
    days = np.unique(np.concatenate([table.days for table in tables.values()]))
    columns: dict[str, FloatArray | None] = {}
    for quantity in QUANTITIES:
        parts = [_on_days(table, quantity, days) for table in tables.values()]
        columns[quantity.name] = np.concatenate(parts) if any(t.has(quantity) for t in tables.values()) else None
    density = columns.pop("spine_density")
    mouse = np.array([f"{name}/{mouse}" for name, table in tables.items() for mouse in table.mouse], dtype=np.str_)
    condition = np.concatenate([table.condition for table in tables.values()])
    empty = np.full((len(mouse), len(days)), np.nan)
    notes = tuple(note for table in tables.values() for note in table.notes)
    return BranchTable(mouse, condition, days, empty if density is None else density, **columns, notes=notes)


def _on_days(table: BranchTable, quantity: Quantity, days: FloatArray) -> FloatArray:
    """Return `quantity` on other sessions, shape (branch, len(days)); NaN where not measured."""
    spread = np.full((len(table), len(days)), np.nan)
    if table.has(quantity):
        spread[:, np.searchsorted(days, table.days)] = table.values(quantity)
    return spread


# ---- reading a laboratory's files ------------------------------------------------------------------------

_NAMES = ("mouse_id", "condition", "fov", "dendrite")
_VEHICLES = (VEHICLE, "saline")
_BLANKS = ("", "na", "nan", "n/a")
_DAY = re.compile(r"day_(-?\d+(?:\.\d+)?)$")
_MISLABELLED = 0.05  # share of lines whose fov/dendrite label may differ between two files listing the same branches
_RATE_ZEROS = 0.2  # share of exact zeros above which a table cannot be a density


@dataclasses.dataclass(frozen=True)
class _Sheet:
    """One CSV file: line number, mouse, condition and (fov, dendrite) of each row; values (row, day)."""

    path: Path
    lines: list[int]
    mouse: list[str]
    condition: list[str]
    label: list[tuple[str, str]]
    days: list[float]
    values: FloatArray

    def keys(self) -> list[tuple[str, str, str]]:
        return [(mouse, *label) for mouse, label in zip(self.mouse, self.label, strict=True)]


def read_branch_table(path: str | os.PathLike[str]) -> BranchTable:
    """Read a laboratory's own measurements.

    Args:
        path: a folder with `spine_density.csv` and, where measured, `spine_head_width.csv`, `formation_rate.csv`
            and `elimination_rate.csv`; or one CSV file, whose name says which of the four it is (density
            otherwise). Columns: mouse_id, condition, fov, dendrite, and `day_D` for each session, dose on day 0.
            `saline` is read as `vehicle`; a blank cell, `NA` or `NaN` is "not measured".

    Returns:
        The table. Its `notes` say what differed between the files of a folder and how it was matched.

    Raises:
        ConfigError: anything in the files that cannot be meant; the message names file, row and column.
    """
    place = Path(path)
    if not place.exists():
        raise ConfigError(f"{place}: no such file or folder; give a CSV file or a folder holding {SPINE_DENSITY.file}")
    if not place.is_dir():
        quantity = _quantity_of(place.name)
        return _assemble({quantity: _read_sheet(place, quantity)}, ())
    present = [quantity for quantity in QUANTITIES if (place / quantity.file).exists()]
    if SPINE_DENSITY not in present:
        found = ", ".join(sorted(child.name for child in place.glob("*.csv"))) or "no CSV file"
        raise ConfigError(f"{place}: expected {SPINE_DENSITY.file} in this folder, found {found}; rename or add it")
    sheets = {quantity: _read_sheet(place / quantity.file, quantity) for quantity in present}
    notes: list[str] = []
    for quantity in present[1:]:
        sheets[quantity] = _align(sheets[SPINE_DENSITY], sheets[quantity], notes)
    return _assemble(sheets, tuple(notes))


def _quantity_of(name: str) -> Quantity:
    """Return the quantity that a file name speaks of; spine density where it names none."""
    words = {"head": HEAD_WIDTH, "width": HEAD_WIDTH, "formation": FORMATION, "elimination": ELIMINATION}
    return next((quantity for word, quantity in words.items() if word in name.lower()), SPINE_DENSITY)


def _read_sheet(path: Path, quantity: Quantity) -> _Sheet:
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
    sheet = _Sheet(path, [line for line, _ in body], texts["mouse_id"], condition, label, list(days), values)
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
    if not any(name in header for name in (*_NAMES, "sex")):
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


def _check_arms(sheet: _Sheet) -> None:
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


def _check_rows(sheet: _Sheet) -> None:
    """Refuse a dendrite that is listed twice."""
    seen: dict[tuple[str, str, str], int] = {}
    for line, key in zip(sheet.lines, sheet.keys(), strict=True):
        if key in seen:
            name = f"mouse_id {key[0]}, fov {key[1]}, dendrite {key[2]}"
            fix = "expected one row a dendrite; remove one"
            raise ConfigError(f"{sheet.path}, row {line}: {name} is already in row {seen[key]}, {fix}")
        seen[key] = line


def _check_unit(sheet: _Sheet, quantity: Quantity) -> None:
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


def _align(reference: _Sheet, sheet: _Sheet, notes: list[str]) -> _Sheet:
    """Return `sheet` with its rows in the order of `reference`; what had to be reconciled is added to `notes`.

    Spellings of a mouse that differ by punctuation or case only are one mouse. Where the two files list the same
    mice line by line and a few branch labels differ, lines are matched by position: a label was mistyped.
    """
    sheet = _respell(reference, sheet, notes)
    position = {key: i for i, key in enumerate(sheet.keys())}
    if set(position) == set(reference.keys()):
        order = [position[key] for key in reference.keys()]
    else:
        order = list(range(len(sheet.lines)))
        pairs = zip(reference.keys(), sheet.keys(), strict=False)
        differing = [i for i, (expected, got) in enumerate(pairs) if expected != got]
        same_mice = sheet.mouse == reference.mouse and sheet.condition == reference.condition
        if not same_mice or len(differing) > _MISLABELLED * len(order):
            _refuse_difference(reference, sheet)
        for i in differing:
            got, expected = "/".join(sheet.keys()[i]), "/".join(reference.keys()[i])
            notes.append(f"{sheet.path.name} row {sheet.lines[i]}: {got} read as {expected} of {reference.path.name}")
    if [sheet.condition[i] for i in order] != reference.condition:
        _refuse_difference(reference, sheet)
    return dataclasses.replace(sheet, values=sheet.values[order])


def _respell(reference: _Sheet, sheet: _Sheet, notes: list[str]) -> _Sheet:
    """Return `sheet` with mouse names spelled as in `reference`, where only punctuation or case differs."""
    known = _folded(reference.mouse)
    if len(known) < len(set(reference.mouse)) or len(_folded(sheet.mouse)) < len(set(sheet.mouse)):
        return sheet  # a-11 and a1-1 are two mice: then only exact names are safe
    spelling = {mouse: known.get(fold, mouse) for fold, mouse in _folded(sheet.mouse).items()}
    for mouse, other in spelling.items():
        if mouse != other:
            notes.append(f"{sheet.path.name}: mouse {mouse} read as {other} of {reference.path.name}")
    return dataclasses.replace(sheet, mouse=[spelling[mouse] for mouse in sheet.mouse])


def _folded(mice: Iterable[str]) -> dict[str, str]:
    """Return name without punctuation and case → name."""
    return {re.sub(r"[\W_]", "", mouse).casefold(): mouse for mouse in mice}


def _refuse_difference(reference: _Sheet, sheet: _Sheet) -> None:
    """Raise for the first row of `sheet` that has no twin in `reference`, or the first that it lacks."""
    here, there = (
        {(*key, arm): line for key, arm, line in zip(one.keys(), one.condition, one.lines, strict=True)}
        for one in (sheet, reference)
    )
    extra = [(line, key) for key, line in here.items() if key not in there]
    file, other, (line, key) = sheet.path, reference.path.name, extra[0] if extra else (0, ())
    if not extra:
        lacking = [(line, key) for key, line in there.items() if key not in here]
        file, other, (line, key) = reference.path, sheet.path.name, lacking[0]
    name = ", ".join(f"{k} {v}" for k, v in zip(("mouse_id", "fov", "dendrite", "condition"), key, strict=True))
    raise ConfigError(f"{file}, row {line}: {name} has no such row in {other}; expected the same rows in both; add it")


def _assemble(sheets: Mapping[Quantity, _Sheet], notes: tuple[str, ...]) -> BranchTable:
    """Return the table of aligned sheets, on the union of their sessions."""
    first = next(iter(sheets.values()))
    days = np.unique([day for sheet in sheets.values() for day in sheet.days])
    columns: dict[str, FloatArray] = {SPINE_DENSITY.name: np.full((len(first.mouse), len(days)), np.nan)}
    for quantity, sheet in sheets.items():
        columns[quantity.name] = np.full((len(first.mouse), len(days)), np.nan)
        columns[quantity.name][:, np.searchsorted(days, sheet.days)] = sheet.values
    mouse, condition = np.array(first.mouse, dtype=np.str_), np.array(first.condition, dtype=np.str_)
    return BranchTable(mouse, condition, days, **columns, notes=notes)
