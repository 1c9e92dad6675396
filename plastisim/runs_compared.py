"""Stored runs side by side: what was found in each, and in what they were asked for differently.

Read are the store of a run, for its configuration, and the JSON of its experiment, where there is one.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from plastisim.call import CALL, read_call
from plastisim.compound_numbers import likeness
from plastisim.description import KIND, decoded
from plastisim.engine.errors import ConfigError, StoreError
from plastisim.experiment_file import COHORT_NUMBERS
from plastisim.lab.compound import Compound
from plastisim.lab.protocol import DAY
from plastisim.parameters import settable_parameters
from plastisim.results.files import reason
from plastisim.results.store import open_run

EFFECT = "density"  # read-out that stands for the effect where an experiment states none
GIVEN = {
    "amount": "mg/kg", "at": "s", "start": "s", "stop": "s", "end": "s", "concentration": "nmol/L", "rate": "mg/kg/h",
    **COHORT_NUMBERS,
}  # fmt: skip
_PARTS = {"law": "spines"}  # as parameters are called everywhere else
_BROKEN = (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError)


def compare_runs(folders: Sequence[str | Path]) -> dict[str, Any]:
    """Return stored runs side by side, in JSON types.

    Args:
        folders: output folders of plastisim run, or stores, at least two.

    Returns:
        `runs`, a list with folder, experiment, verdict, statement, effect at 24 h and ordinary window (null where the
        experiment has none); `rows`, each with a value and an interval a run; `configuration`, each difference with
        its dotted name, its unit and a value a run. What a run does not have is null.

    Raises:
        ConfigError: fewer than two, the same twice, or nothing is there.
        StoreError: a store or its JSON cannot be read.
    """
    places = [Path(folder) for folder in folders]
    if len(places) < 2:
        raise ConfigError(f"compare needs at least two stored runs, but got {len(places)}")
    for place in places:
        if places.count(place) > 1:
            raise ConfigError(f"{str(place)!r} is given twice; compare different runs")
    runs = [_run(place) for place in places]
    rows = [run.pop("rows") for run in runs]
    configurations = [run.pop("configuration") for run in runs]
    units = {path: one.metadata["unit"] for path, one in settable_parameters().items()}
    return {
        "runs": runs,
        "rows": [
            {
                "name": name,
                "unit": unit,
                "day": day,
                "values": [one.get((name, unit, day), (None, None))[0] for one in rows],
                "intervals": [one.get((name, unit, day), (None, None))[1] for one in rows],
            }
            for name, unit, day in dict.fromkeys(key for one in rows for key in one)
        ],
        "configuration": [
            {"name": name, "unit": units.get(name, GIVEN.get(name.rpartition(".")[2])), "values": values}
            for name in dict.fromkeys(name for one in configurations for name in one)
            for values in [[one.get(name) for one in configurations]]
            if any(value != values[0] for value in values)
        ],
    }


def _run(folder: Path) -> dict[str, Any]:
    """Return what is said of one run."""
    attributes = open_run(folder).attrs
    call = read_call(folder / CALL) if (folder / CALL).exists() else {}
    experiment = call.get("experiment")
    try:
        configuration = dict(flat(json.loads(attributes["plastisim_config"])))
        document = _document(folder, experiment)
        return {
            "folder": str(folder),
            "title": attributes["title"],
            "experiment": experiment,
            "verdict": document.get("verdict"),
            "statement": document.get("statement"),
            "effect": _effect(document),
            "window": document.get("ordinary_window"),
            "config_sha256": attributes["plastisim_config_sha256"],
            "rows": dict(_rows(document)),
            "configuration": {"experiment": experiment, **configuration},
        }
    except _BROKEN as error:
        raise StoreError(f"what {str(folder)!r} says of itself cannot be read: {reason(error)}") from error


def _document(folder: Path, experiment: str | None) -> dict[str, Any]:
    """Return the JSON of a run's experiment; empty for a bare store."""
    if experiment is None:
        return {}
    return json.loads((folder / f"{experiment.replace('-', '_')}.json").read_text(encoding="utf-8"))


def _effect(document: dict[str, Any]) -> dict[str, Any] | None:
    """Return the stated effect at 24 h, or density of the first arm after vehicle then."""
    stated = document.get("effect")
    if stated is not None:
        return {key: stated[key] for key in ("quantity", "unit", "value", "interval")}
    for row in document.get("readouts", ()):
        if row["readout"] == EFFECT and row["time"] == DAY and row["arm"] != document["arms"][0]:
            words = f"spine density, {row['arm']} minus {document['arms'][0]} at 24 h"
            return {
                "quantity": words,
                "unit": row["unit"],
                "value": row["minus_vehicle"],
                "interval": row["minus_vehicle_interval"],
            }
    return None


def _rows(document: dict[str, Any]) -> Iterator[tuple[tuple[str, str, float | None], tuple[Any, Any]]]:
    """Yield name, unit and day of each figure, and its value and interval."""
    for row in document.get("comparison") or ():
        name = f"{row['id']} {row['cohort']}: {row['quantity'].replace('_', ' ')}, {row['figure']}"
        yield (name, row["unit"], row["day"]), (row["simulated"], row.get("simulated_interval"))
    for row in document.get("readouts", ()):
        if row["arm"] != document["arms"][0]:
            name = f"{row['readout']} {row['cohort']}: {row['arm']} minus {document['arms'][0]}"
            found = row["minus_vehicle"], row["minus_vehicle_interval"]
            yield (name, row["unit"], row["time"] / DAY), found


def flat(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Yield dotted name and value of every number and word of a configuration as `described` writes it."""
    if isinstance(value, dict) and "number" in value:
        yield path, value["number"]
    elif isinstance(value, dict) and value.get(KIND) == "Compound":
        yield path, _compound(decoded(value))
    elif isinstance(value, dict):
        for key, part in value.get("map", value).items():
            inner = f"{path}.{key}" if path else _PARTS.get(str(key), str(key))
            if key != KIND:
                yield from flat(part, "" if inner == "protocol" else inner)
    elif isinstance(value, list) and any(isinstance(part, (dict, list)) for part in value):
        for index, part in enumerate(value):
            name = part.get("name") if isinstance(part, dict) and set(part) != {KIND, "name"} else None
            yield from flat(part, f"{path}.{name}" if isinstance(name, str) else f"{path}[{index}]")
    else:
        yield path, value


def _compound(compound: Compound) -> str:
    """Return a compound in one line: its name, its relative, and the numbers that are not those of the relative."""
    try:
        like, numbers = likeness(compound)
    except ConfigError:
        like, numbers = "nothing of ours", {name: getattr(compound, name) for name in compound.kinetics()}
    told = ", ".join(f"{name} = {one.value:g} {one.unit}".removesuffix(" 1") for name, one in numbers.items())
    relative = "" if like == compound.name else f" like {like}"
    return f"{compound.name}{relative}" + (f" with {told}" if told else "")
