"""An experiment as the text of a TOML file that `read_experiment` reads back as the same objects."""

from __future__ import annotations

import contextlib
import json
import math
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from plastisim.compound_numbers import is_ours, likeness
from plastisim.description import described, setup_of
from plastisim.engine.errors import ConfigError, StoreError
from plastisim.experiment import Experiment
from plastisim.experiment_file import (
    CELL_TYPES,
    COHORT_NUMBERS,
    COMPARTMENTS,
    DISPUTED,
    MANIPULATIONS,
    SCHEMA_NAME,
    read_experiment,
)
from plastisim.lab.cohort import Cohort
from plastisim.lab.compound import Compound
from plastisim.lab.protocol import Arm
from plastisim.parameters import changes, settable_parameters
from plastisim.readout_table import READOUTS, Asked
from plastisim.results.files import reason
from plastisim.results.store import open_run
from plastisim.setup import Setup

_PLAIN = re.compile(r"[A-Za-z0-9_-]+")
FILE = "experiment.toml"  # beside the store of a run
USUAL = ("density", "head_width", "formation", "elimination")


def experiment_of(setup: Setup, title: str) -> Experiment:
    """Return a run's configuration as an experiment that reads out its spines.

    Raises:
        ConfigError: it holds something that a file cannot say, such as settings of the computation.
    """
    population = setup.population
    after = any(day > 0 for day in population.protocol.sessions) and any(
        day < 0 for day in population.protocol.sessions
    )
    asked = tuple(Asked(name) for name in USUAL) if after else ()
    looks = tuple(map(float, population.protocol.moments))
    if looks or not after:
        asked += (Asked("calcium", looks or (float(population.protocol.end),)),)
    return Experiment(title, population.protocol, population.cohorts, asked, population.seed, changes(setup))


def written_back(folder: str | Path) -> str:
    """Return the experiment file that repeats a stored run.

    Args:
        folder: output folder of an experiment, or a store. The file that lies in the folder is taken if it says what
            the store holds; else one is made from the store, which then reads out the spines.

    Raises:
        ConfigError: no run is there, or it holds something that a file cannot say.
        StoreError: it cannot be read.
    """
    attributes = open_run(folder).attrs
    try:
        stored = json.loads(attributes["plastisim_config"])
        setup = setup_of(stored)
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise StoreError(f"the configuration of {str(folder)!r} cannot be read: {reason(error)}") from error
    with contextlib.suppress(OSError, ValueError, ConfigError):
        text = (Path(folder) / FILE).read_text(encoding="utf-8")
        if json.loads(json.dumps(described(read_experiment(text).setup()))) == stored:
            return text
    return as_toml(experiment_of(setup, attributes["title"]))


def as_toml(experiment: Experiment) -> str:
    """Return an experiment in TOML.

    Raises:
        ConfigError: it holds a compound described in Python, or a cell type that has no name here.
    """
    protocol = experiment.protocol
    sessions = [_number(day) for day in protocol.sessions]
    lines = [f"schema = {_value(SCHEMA_NAME)}", f"title = {_value(experiment.title)}"]
    lines += [] if experiment.seed is None else [f"seed = {experiment.seed}"]
    lines += ["", "[imaging]", f"sessions = {_value(sessions)}  # days"]
    lines += ["", "[run]", f'start = "{protocol.start} s"', f'end = "{protocol.end} s"']
    for cohort in experiment.cohorts:
        lines += ["", "[[cohorts]]", *_lines(_cohort(cohort))]
    for own in (one for one in protocol.compounds() if not is_ours(one)):
        lines += ["", "[[compounds]]", *_lines(_own(own))]
    for arm in protocol.arms:
        lines += ["", "[[arms]]", *_lines(_arm(arm))]
    for asked in experiment.readouts:
        at = {"at": [f"{_number(time)} s" for time in asked.times]} if asked.times else {}
        lines += ["", "[[readouts]]", *_lines({"name": asked.name, **at})]
    if experiment.parameters:
        known = settable_parameters()
        units = {path: known[path].metadata["unit"] for path in experiment.parameters}
        values = {path: _with_unit(value, units[path]) for path, value in experiment.parameters.items()}
        lines += ["", "[parameters]", *_lines(values)]
    if experiment.verdict is not None:
        wanted, unit = experiment.verdict, READOUTS[experiment.verdict.readout].unit
        edges = {name: getattr(wanted, name) for name in ("above", "below") if getattr(wanted, name) is not None}
        table = {"readout": wanted.readout, "arm": wanted.arm, "at": f"{_number(wanted.time)} s"}
        lines += ["", "[verdict]", *_lines(table | {name: _with_unit(edge, unit) for name, edge in edges.items()})]
    return "\n".join([*lines, ""])


def _cohort(cohort: Cohort) -> dict[str, Any]:
    if CELL_TYPES.get(cohort.cell_type.name) != cohort.cell_type:
        raise ConfigError(f"the cell type {cohort.cell_type.name!r} of cohort {cohort.name!r} is none of ours")
    found: dict[str, Any] = {"name": cohort.name, "cell_type": cohort.cell_type.name}
    if COMPARTMENTS.get(cohort.compartment.name) != cohort.compartment:
        raise ConfigError(f"the compartment {cohort.compartment.name!r} of cohort {cohort.name!r} is none of ours")
    found["compartment"] = cohort.compartment.name
    found |= {what: getattr(cohort, what) for what in ("mice", "neurons", "dendrites")}
    numbers = {what: (getattr(cohort, what), unit) for what, unit in COHORT_NUMBERS.items()}
    return found | {what: _with_unit(value, unit) for what, (value, unit) in numbers.items() if value is not None}


def _arm(arm: Arm) -> dict[str, Any]:
    """Return an arm; what is empty or usual is left out."""
    doses = [
        {
            "compound": one.compound.name,
            **({} if math.isnan(one.amount) else {"amount": _with_unit(one.amount, "mg/kg")}),
            "at": f"{_number(one.at)} s",
            "route": one.route,
        }
        for one in arm.doses
    ]
    baths = [
        {"compound": one.compound.name, "concentration": _with_unit(one.concentration, "nmol/L"), **_span(one)}
        for one in arm.baths
    ]
    infusions = [
        {"compound": one.compound.name, "rate": _with_unit(one.rate, "mg/kg/h"), **_span(one)} for one in arm.infusions
    ]
    changed = [_known(one, MANIPULATIONS, ("pathway", "exposure", "compounds")) for one in arm.manipulations]
    parts = {"doses": doses, "baths": baths, "infusions": infusions, "manipulations": changed}
    found: dict[str, Any] = {"name": arm.name, **{name: part for name, part in parts.items() if part}}
    if arm.htr2a_density != 1.0:
        found["htr2a_density"] = _with_unit(arm.htr2a_density, "1")
    if arm.hypothesis is not None:
        found["hypothesis"] = _known(arm.hypothesis, DISPUTED, ("pathway", "spines"))
    return found


def _known(one: Any, named: Mapping[str, Any], maps: Iterable[str]) -> Any:
    if named.get(one.name) == one:
        return one.name
    numbers = {name: dict(getattr(one, name)) for name in maps if getattr(one, name)}
    return {"name": one.name, "statement": one.statement, **numbers}


def _own(compound: Compound) -> dict[str, Any]:
    like, numbers = likeness(compound)
    values = {name: _with_unit(one.value, one.unit) for name, one in numbers.items()}
    return {"name": compound.name, "like": like, **values}


def _span(given: Any) -> dict[str, str]:
    return {"start": f"{_number(given.start)} s", "stop": f"{_number(given.stop)} s"}


def _with_unit(value: float, unit: str) -> str:
    return repr(float(value)) if unit == "1" else f"{float(value)!r} {unit}"


def _number(value: float) -> float | int:
    return int(value) if float(value).is_integer() else float(value)


def _lines(table: Mapping[str, Any]) -> list[str]:
    return [f"{_key(key)} = {_value(value)}" for key, value in table.items()]


def _key(key: str) -> str:
    return key if _PLAIN.fullmatch(key) else _value(key)


def _value(value: Any) -> str:
    """Return a value in TOML; text is written as in JSON, which TOML reads too."""
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{_key(key)} = {_value(part)}" for key, part in value.items()) + " }"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(_value(part) for part in value) + "]"
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
