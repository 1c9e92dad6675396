"""Every number of the model by its dotted path: what there is, what may be changed, and a setup with it changed.

Paths begin with the part of a run that holds them: `pathway.gq.reserve`, `spines.transient_loss`, `spread.rate`,
`microscope.width_noise`, and `cohort.turnover`, which is that of every cohort of the run. `pathway.` may be left out.
Those of what is given, as `compound.psilocybin.elimination`, are in compound_numbers.py.
"""

from __future__ import annotations

import dataclasses
import difflib
from collections.abc import Iterable, Mapping
from typing import Any

from plastisim import model
from plastisim.biology.spines import Spines
from plastisim.compound_numbers import COMPOUND, compound_parameters, number_changes, with_numbers
from plastisim.engine.errors import ConfigError
from plastisim.engine.fields import Declared, declarations
from plastisim.engine.units import quantity
from plastisim.lab.cohort import Cohort, Spread
from plastisim.lab.imaging import Microscope
from plastisim.population import populate
from plastisim.setup import Settings, Setup

PATHWAY, COHORT = "pathway.", "cohort."
# Part to its name in a Setup.
PARTS = {"pathway": "pathway", "spines": "law", "spread": "spread", "microscope": "microscope"}


def declared_parameters(setup: Setup | None = None) -> dict[str, Declared]:
    """Return every parameter by its dotted path, of a setup, or with the defaults and those of any cohort."""
    if setup is not None:
        trees = {part: getattr(setup, name) for part, name in PARTS.items()}
    else:
        trees = {
            "pathway": model.default_pathway(), "spines": Spines(), "spread": Spread(), "microscope": Microscope()
        }  # fmt: skip
    found = {one.path: one for part, tree in trees.items() for one in declarations(tree, "parameter", part)}
    if setup is None:
        of_cohorts = [one for one in declarations(Cohort, "parameter") if one.path == one.name]
        found |= {COHORT + one.name: dataclasses.replace(one, path=COHORT + one.name) for one in of_cohorts}
    return found


def settable_parameters() -> dict[str, Declared]:
    """Return every parameter that a run can have otherwise: `declared_parameters` and the numbers of compounds."""
    return declared_parameters() | compound_parameters()


def known_path(path: str, known: Mapping[str, Declared]) -> Declared:
    """Return the declaration of a parameter; `pathway.` may be left out.

    Raises:
        ConfigError: there is none; the nearest are offered.
    """
    for candidate in (path, PATHWAY + path):
        if candidate in known:
            return known[candidate]
    whole, of_compound = path.startswith(PATHWAY), path.startswith(COMPOUND)
    alike = [one if whole else short(one) for one in known if one.startswith(COMPOUND) == of_compound]
    near = difflib.get_close_matches(path, alike, n=3, cutoff=0.5)
    hint = f"; did you mean {near[0]!r}?" if near else ""
    others = f" Near it: {', '.join(near[1:])}." if near[1:] else ""
    verb = "compounds NAME" if of_compound else "parameters"
    raise ConfigError(f"there is no parameter {path!r}{hint}{others} All are listed by: plastisim {verb}")


def short(path: str) -> str:
    """Return a path as one says it: without `pathway.`."""
    return path.removeprefix(PATHWAY)


def parameter_value(value: Any, declared: Declared, where: str = "") -> float:
    """Return the value of a parameter, given with its unit, as a number in the declared one.

    Args:
        value: as `"0.5 1/d"`; a bare number where the parameter has no unit.
        declared: which parameter.
        where: begins every message; empty for the path.

    Raises:
        ConfigError: no quantity of that kind, or below zero, which no parameter can be.
    """
    name = where or short(declared.path)
    number = quantity(value, declared.metadata["unit"], name)
    if number < 0.0:
        raise ConfigError(f"{name}: got {value!r}, expected at least 0")
    return number


def read_overrides(texts: Iterable[str]) -> dict[str, float]:
    """Return parameters by whole path, in their declared units, of texts like `gq.reserve=2` or `spread.length=30 um`.

    Raises:
        ConfigError: unknown path, wrong unit, no value, or the same parameter twice.
    """
    known, found = settable_parameters(), {}
    for text in texts:
        path, equals, value = (part.strip() for part in text.partition("="))
        if not path:
            raise ConfigError(f"--set: got {text!r}, expected PATH=VALUE, such as gq.reserve=2")
        declared = known_path(path, known)
        if not equals or not value:
            unit = declared.metadata["unit"]
            raise ConfigError(f"{path}: has no value, expected a quantity in a unit like {unit}")
        if declared.path in found:
            raise ConfigError(f"{path}: is given twice; leave one out")
        found[declared.path] = parameter_value(value, declared)
    return found


def changed(setup: Setup, parameters: Mapping[str, float]) -> Setup:
    """Return a setup with other parameters.

    Args:
        setup: what is simulated.
        parameters: value by dotted path, in the declared unit.

    Raises:
        ConfigError: there is no such parameter; the nearest is offered.
    """
    known, numbers = settable_parameters(), {}
    parts = {part: getattr(setup, name) for part, name in PARTS.items()}
    cohorts = setup.population.cohorts
    for path, value in parameters.items():
        whole = known_path(path, known).path
        part, *stages = whole.split(".")
        if whole.startswith(COMPOUND):
            numbers[whole] = value
        elif part in parts:
            parts[part] = _with(parts[part], stages, value)
        else:
            cohorts = tuple(_with(one, stages, value) for one in cohorts)
    population = setup.population
    if numbers or cohorts != population.cohorts:
        population = populate(with_numbers(population.protocol, numbers), cohorts, population.seed)
    return dataclasses.replace(setup, population=population, **{PARTS[part]: tree for part, tree in parts.items()})


def changes(setup: Setup) -> dict[str, float]:
    """Return the parameters of a setup that are not the defaults; cohorts have tables of their own.

    Raises:
        ConfigError: its settings are not the defaults; an experiment file cannot say that.
    """
    if setup.settings != Settings():
        raise ConfigError("an experiment file has no place for unusual settings of the computation")
    plain = declared_parameters()
    found = {
        path: float(one.value) for path, one in declared_parameters(setup).items()
        if float(one.value) != float(plain[path].value)
    }  # fmt: skip
    return found | number_changes(setup.population.protocol.compounds())


def parameter_rows(
    pattern: str | None = None, stage: str | None = None, confidence: str | None = None
) -> list[dict[str, Any]]:
    """Return every parameter, or those that are asked for, in JSON types.

    Args:
        pattern: part of a path or meaning, or a pattern with `*`.
        stage: first name of the path without `pathway.`, as `gq` or `spines`.
        confidence: measured, seen, recalled, fitted or chosen.

    Raises:
        ConfigError: there is no such stage or confidence, and the known ones are named; or nothing fits.
    """
    wanted_rows = rows = [_row(one) for one in declared_parameters().values()]
    for key, wanted in (("stage", stage), ("confidence", confidence)):
        there = list(dict.fromkeys(row[key] for row in rows))
        if wanted is not None and wanted not in there:
            raise ConfigError(f"--{key}: got {wanted!r}, expected one of {', '.join(there)}")
        wanted_rows = [row for row in wanted_rows if wanted in (None, row[key])]
    found = [row for row in wanted_rows if pattern is None or _matches(pattern, row)]
    if not found or pattern == "":
        asked = "".join(f" with --{key} {one}" for key, one in (("stage", stage), ("confidence", confidence)) if one)
        others = sum(_matches(pattern, row) for row in rows) if asked and pattern else 0
        hint = f"{others} do without" if others else "all are listed by: plastisim parameters"
        raise ConfigError(f"no parameter fits {pattern!r}{asked}; {hint}")
    return found


def override_rows(parameters: Mapping[str, float]) -> list[dict[str, Any]]:
    """Return changed parameters beside their defaults, in JSON types; those of cohorts have no one default."""
    known = settable_parameters()
    return [
        {
            "path": path,
            "value": value,
            "default": None if path.startswith(COHORT) else float(known[path].value),
            "unit": known[path].metadata["unit"],
        }
        for path, value in parameters.items()
    ]


def told(parameters: Mapping[str, float]) -> str:
    """Return changed parameters in one line, as `with gq.reserve = 2 (default 3)`; empty where nothing is."""
    words = []
    for one in override_rows(parameters):
        unit = "" if one["unit"] == "1" else f" {one['unit']}"
        usual = "each cohort's own" if one["default"] is None else f"{one['default']:g}{unit}"
        words.append(f"{short(one['path'])} = {one['value']:g}{unit} (default {usual})")
    return f"with {', '.join(words)}" if words else ""


def _row(declared: Declared) -> dict[str, Any]:
    about = declared.metadata
    return {
        "path": declared.path,
        "stage": short(declared.path).split(".")[0],
        "value": float(declared.value),
        "unit": about["unit"],
        "meaning": about["meaning"],
        "confidence": about["source"].confidence,
        "source": about["source"].text,
    }


def _matches(pattern: str, row: Mapping[str, Any]) -> bool:
    """Return whether a path, whole or short, or a meaning has the pattern in it."""
    import fnmatch

    whole = f"*{pattern.lower()}*"
    return any(fnmatch.fnmatchcase(text.lower(), whole) for text in (row["path"], row["meaning"]))


def _with(tree: Any, stages: list[str], value: float) -> Any:
    """Return a tree of containers with one parameter replaced."""
    first, *rest = stages
    return dataclasses.replace(tree, **{first: _with(getattr(tree, first), rest, value) if rest else value})
