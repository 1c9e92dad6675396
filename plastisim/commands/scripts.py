"""The experiment scripts that come with the package, by name."""

from __future__ import annotations

import difflib
import importlib.util
from collections.abc import Callable
from pathlib import Path

import plastisim as ps

Experiment = Callable[["ps.Request"], "ps.Outcome"]


def experiments_folder() -> Path:
    """Return the folder with the experiment scripts: beside the package in a clone, inside it in a wheel."""
    package = Path(__file__).resolve().parents[1]
    inside = package / "experiments"
    return inside if inside.is_dir() else package.parent / "experiments"


def experiment_names() -> list[str]:
    """Return the experiments that can be run by name."""
    files = experiments_folder().glob("*.py")
    return sorted(file.stem.replace("_", "-") for file in files if "def experiment(" in file.read_text("utf-8"))


def load_experiment(name: str) -> Experiment:
    """Return the function `experiment` of a script, by its name.

    Raises:
        ConfigError: there is no such script; the nearest name is offered.
    """
    known = experiment_names()
    script = experiments_folder() / f"{name.replace('-', '_')}.py"
    if name not in known and name.replace("_", "-") not in known and script.is_file():
        raise ps.ConfigError(f"{name} is a script of its own; run: python {script} --out DIR")
    if name not in known:
        near = difflib.get_close_matches(name, known, n=1)
        hint = f"did you mean {near[0]!r}? " if near else ""
        raise ps.ConfigError(f"unknown experiment {name!r}; {hint}known: {', '.join(known)}")
    spec = importlib.util.spec_from_file_location(f"plastisim_experiment_{script.stem}", script)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.experiment


def name_and_recipe(name: str) -> tuple[str, str]:
    """Return name and text of an experiment: of a file that ends in .toml, or, without text, of a script.

    Raises:
        ConfigError: all faults of the file.
    """
    file = Path(name)
    if file.suffix != ".toml":
        return name, ""
    return file.stem, ps.as_toml(ps.load_experiment_file(file))
