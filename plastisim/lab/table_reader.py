"""The reader of a laboratory's own files: a folder of CSV files, one a quantity, or one CSV file → branch table.

Each file is read and checked by itself (sheet.py); here the files of a folder are matched row by row and put
together. What had to be reconciled on the way is written into the table's notes.
"""

from __future__ import annotations

import dataclasses
import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np

from plastisim.engine.errors import ConfigError
from plastisim.lab.branch_table import (
    ELIMINATION,
    FORMATION,
    HEAD_WIDTH,
    QUANTITIES,
    SPINE_DENSITY,
    BranchTable,
    FloatArray,
    Quantity,
)
from plastisim.lab.sheet import Sheet, read_sheet

_MISLABELLED = 0.05  # share of lines whose fov/dendrite label may differ between two files listing the same branches


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
        return _assemble({quantity: read_sheet(place, quantity)}, ())
    present = [quantity for quantity in QUANTITIES if (place / quantity.file).exists()]
    if SPINE_DENSITY not in present:
        found = ", ".join(sorted(child.name for child in place.glob("*.csv"))) or "no CSV file"
        raise ConfigError(f"{place}: expected {SPINE_DENSITY.file} in this folder, found {found}; rename or add it")
    sheets = {quantity: read_sheet(place / quantity.file, quantity) for quantity in present}
    notes: list[str] = []
    for quantity in present[1:]:
        sheets[quantity] = _align(sheets[SPINE_DENSITY], sheets[quantity], notes)
    return _assemble(sheets, tuple(notes))


def _quantity_of(name: str) -> Quantity:
    """Return the quantity that a file name speaks of; spine density where it names none."""
    words = {"head": HEAD_WIDTH, "width": HEAD_WIDTH, "formation": FORMATION, "elimination": ELIMINATION}
    return next((quantity for word, quantity in words.items() if word in name.lower()), SPINE_DENSITY)


def _align(reference: Sheet, sheet: Sheet, notes: list[str]) -> Sheet:
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


def _respell(reference: Sheet, sheet: Sheet, notes: list[str]) -> Sheet:
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


def _refuse_difference(reference: Sheet, sheet: Sheet) -> None:
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


def _assemble(sheets: Mapping[Quantity, Sheet], notes: tuple[str, ...]) -> BranchTable:
    """Return the table of aligned sheets, on the union of their sessions."""
    first = next(iter(sheets.values()))
    days = np.unique([day for sheet in sheets.values() for day in sheet.days])
    columns: dict[str, FloatArray] = {SPINE_DENSITY.name: np.full((len(first.mouse), len(days)), np.nan)}
    for quantity, sheet in sheets.items():
        columns[quantity.name] = np.full((len(first.mouse), len(days)), np.nan)
        columns[quantity.name][:, np.searchsorted(days, sheet.days)] = sheet.values
    mouse, condition = np.array(first.mouse, dtype=np.str_), np.array(first.condition, dtype=np.str_)
    return BranchTable(mouse, condition, days, **columns, notes=notes)
