"""Verbs about stored runs: compare, write."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import plastisim as ps
from plastisim.commands.options import Json, check_json, show, table

SHORT = 40  # figures on the terminal; of more, those of day 1 are shown


def compare(*folders: Path, json: Json = None) -> int:
    """Set stored runs side by side: verdict, effect at 24 h, window, figures, and how they were asked differently.

    For example:
        plastisim compare results/first results/low
        plastisim compare results/a results/b results/c --json -

    Args:
        folders: output folders of plastisim run, at least two.
        json: a file for the comparison, or - for its JSON alone on stdout.
    """
    check_json(json)
    found = ps.compare_runs(folders)
    show(_text(found), found, json)
    return 0


def write(folder: Path, /, *, json: Json = None) -> int:
    """Print a stored run as an experiment file that repeats it, changed parameters included.

    For example:
        plastisim write results/first > again.toml
        plastisim write results/first/run.zarr > again.toml

    Args:
        folder: output folder of plastisim run, or a store.
        json: a file for the text as JSON, or - for its JSON alone on stdout.
    """
    check_json(json)
    text = ps.written_back(folder)
    show(text.rstrip("\n"), {"toml": text}, json)
    return 0


def _text(found: dict[str, Any]) -> str:
    """Return a comparison as plain tables."""
    runs = found["runs"]
    names = _names([run["folder"] for run in runs])
    facts = [
        ["verdict", *({True: "holds", False: "does not hold"}.get(run["verdict"], "none") for run in runs)],
        ["effect at 24 h", *(_effect(run["effect"]) for run in runs)],
        ["ordinary window", *(_window(run["window"]) for run in runs)],
    ]
    lines = [table(["", *names], facts)]
    rows, shown = found["rows"], found["rows"]
    if len(rows) > SHORT:
        shown = [row for row in rows if row["day"] in (None, 1.0)] or rows[:SHORT]
    if shown:
        body = [[_label(row), row["unit"], *map(_number, row["values"])] for row in shown]
        lines += ["", table(["figure", "unit", *names], body, right=range(2, 2 + len(names)))]
    if len(shown) < len(rows):
        lines.append(f"{len(rows) - len(shown)} more are in the JSON")
    asked = [[one["name"], one["unit"] or "", *map(_word, one["values"])] for one in found["configuration"]]
    lines += ["", table(["asked differently", "unit", *names], asked) if asked else "all were asked for the same"]
    return "\n".join(lines)


def _names(folders: list[str]) -> list[str]:
    """Return the last part of each folder where those differ."""
    last = [Path(folder).name for folder in folders]
    return last if len(set(last)) == len(last) else folders


def _effect(effect: dict[str, Any] | None) -> str:
    if effect is None or effect["value"] is None:
        return "-"
    low, high = (_number(edge) for edge in effect["interval"])
    return f"{_number(effect['value'])} [{low}, {high}] {effect['unit']}"


def _window(window: dict[str, Any] | None) -> str:
    return "-" if window is None else f"{_number(window['lower'])} to {_number(window['upper'])} %"


def _label(row: dict[str, Any]) -> str:
    if row["day"] is None:
        return row["name"]
    return f"{row['name']}, " + (f"day {row['day']:.4g}" if abs(row["day"]) >= 1 else f"{24 * row['day']:.4g} h")


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.4g}"


def _word(value: Any) -> str:
    """Return a value of a configuration; the numbers as they were given."""
    return "-" if value is None else value if isinstance(value, str) else repr(value)
