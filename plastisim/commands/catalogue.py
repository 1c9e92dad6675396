"""Verbs that list what the model is made of: parameters, compounds."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import plastisim as ps
from plastisim.commands.options import Json, check_json, show, table

WIDE = 60  # letters of a source on the terminal; the JSON has all of it


def parameters(
    pattern: str | None = None, /, *, stage: str | None = None, confidence: str | None = None, json: Json = None
) -> int:
    """List the parameters of the model: path, value, unit, confidence, source. Each can be set in a run.

    For example:
        plastisim parameters
        plastisim parameters "gq.*" --confidence chosen
        plastisim parameters trkb --json -

    Args:
        pattern: part of a path or meaning, or a pattern with *.
        stage: of the pathway, as gq or calcium; or spines, spread, microscope, cohort.
        confidence: measured, seen, recalled, fitted or chosen.
        json: a file for the list, or - for its JSON alone on stdout.
    """
    check_json(json)
    rows = ps.parameter_rows(pattern, stage, confidence)
    cells = [
        [row["path"].removeprefix("pathway."), f"{row['value']:.6g}", row["unit"], row["confidence"], _cut(row)]
        for row in rows
    ]
    text = table(["path", "value", "unit", "confidence", "source"], cells, right=(1,))
    show(f"{text}\n{len(rows)} parameters", rows, json)
    return 0


def compounds(name: str | None = None, /, *, json: Json = None) -> int:
    """List the compounds, or all numbers of one: affinity, efficacy, permeability, kinetics, with their sources.

    For example:
        plastisim compounds
        plastisim compounds psilocybin
        plastisim compounds --json compounds.json

    Args:
        name: of a compound, or one of its other names.
        json: a file for the list, or - for its JSON alone on stdout.
    """
    check_json(json)
    found = [_compound(one) for one in (ps.COMPOUNDS if name is None else (ps.find_compound(name),))]
    show(_all(found) if name is None else _one(found[0]), found, json)
    return 0


def _compound(compound: ps.Compound) -> dict[str, Any]:
    """Return a compound in JSON types; it does not bind where an affinity is null."""
    fields: dict[str, Any] = {one.name: getattr(compound, one.name) for one in dataclasses.fields(compound)}
    sourced: dict[str, Any] = {name: one for name, one in fields.items() if dataclasses.is_dataclass(one)}
    numbers = [
        {
            "name": name,
            "value": one.value if math.isfinite(one.value) else None,
            "unit": one.unit,
            "confidence": one.source.confidence,
            "source": one.source.text,
        }
        for name, one in sourced.items()
    ]
    plain = {name: list(value) if isinstance(value, tuple) else value for name, value in fields.items()}
    return {name: value for name, value in plain.items() if name not in sourced} | {"numbers": numbers}


def _one(compound: dict[str, Any]) -> str:
    """Return all numbers of a compound as a table."""
    about = [compound["name"], *compound["aliases"]]
    routes = ", ".join(compound["routes"]) or "none, only in a bath"
    cells = [
        [one["name"], _number(one["value"]), one["unit"], one["confidence"], _cut(one)] for one in compound["numbers"]
    ]
    text = table(["number", "value", "unit", "confidence", "source"], cells, right=(1,))
    return f"{', '.join(about)}\nspecies: {compound['species']}; routes: {routes}\n{text}"


def _all(found: list[dict[str, Any]]) -> str:
    """Return a line for each compound: what it binds, how much of it enters, how long it stays."""
    rows = []
    for compound in found:
        number = {one["name"]: one["value"] for one in compound["numbers"]}
        on, off = number["htr2a_on"], number["htr2a_off"]
        binds = [name.removesuffix("_affinity") for name, value in number.items()
                 if name.endswith("_affinity") and name != "htr1a_affinity" and value is not None]  # fmt: skip
        rows.append(
            [
                compound["name"],
                _number(off / on if on else None),
                _number(number["htr2a_efficacy"]),
                _number(number["htr1a_affinity"]),
                _number(number["inside_ratio"]),
                _number(number["brain_ratio"]),
                ", ".join(compound["routes"]) or "bath",
                ", ".join(binds) or "-",
            ]
        )
    head = ["compound", "Htr2a Kd", "efficacy", "Htr1a Kd", "inside", "brain", "routes", "other affinities"]
    notes = "Kd in nmol/L; inside, brain: free concentration over that outside the cell, over plasma"
    return f"{table(head, rows, right=range(1, 6))}\n{notes}; all numbers and sources: plastisim compounds NAME"


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.4g}"


def _cut(row: dict[str, Any]) -> str:
    text = row["source"]
    return text if len(text) <= WIDE else text[: WIDE - 4] + " ..."
