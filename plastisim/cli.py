"""The command line: plastisim run EXPERIMENT --out DIR, plastisim plan EXPERIMENT, plastisim resume DIR, and others.

Results go to stdout, progress and errors to stderr. Exit codes: 0 the verdict holds, 3 the run was fine and it does
not, 2 the call was wrong, 4 a state diverged, 5 a store cannot be used, 130 interrupted, 1 a fault of ours.
"""

from __future__ import annotations

import contextlib
import dataclasses
import gc
import importlib
import importlib.util
import logging
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Literal

import cyclopts

import plastisim as ps

Experiment = Callable[["ps.Request"], "ps.Outcome"]


def experiments_folder() -> Path:
    """Return the folder with the experiment scripts: beside the package in a clone, inside it in a wheel."""
    here = Path(__file__).resolve().parent
    inside = here / "experiments"
    return inside if inside.is_dir() else here.parent / "experiments"


def experiment_names() -> list[str]:
    """Return the experiments that can be run by name."""
    files = experiments_folder().glob("*.py")
    return sorted(file.stem.replace("_", "-") for file in files if "def experiment(" in file.read_text("utf-8"))


def load_experiment(name: str) -> Experiment:
    """Return the function `experiment` of a script, by its name.

    Raises:
        ConfigError: there is no such script; the nearest name is offered.
    """
    import difflib

    known = experiment_names()
    if name not in known:
        near = difflib.get_close_matches(name, known, n=1)
        hint = f"did you mean {near[0]!r}? " if near else ""
        raise ps.ConfigError(f"unknown experiment {name!r}; {hint}known: {', '.join(known)}")
    file = experiments_folder() / f"{name.replace('-', '_')}.py"
    spec = importlib.util.spec_from_file_location(f"plastisim_experiment_{file.stem}", file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.experiment


def perform(request: ps.Request) -> int:
    """Run the experiment of a request, deliver what it found, and return the exit code."""
    experiment = ps.run_file if request.recipe else load_experiment(request.experiment)
    request.check()
    gc.set_threshold(100_000)  # tracing makes a million short-lived objects; collecting them often costs seconds
    ps.keep_compiled_programs()
    threading.Thread(target=_import_ahead, daemon=True).start()
    outcome = experiment(request)
    code = ps.deliver(outcome, request, request.experiment.replace("-", "_"))
    print(outcome.text())
    print(f"written: {request.out}")
    return code


def _import_ahead() -> None:
    """Import what the end of a run needs while the first programs compile on the other core."""
    for name in ("statsmodels.regression.mixed_linear_model", "matplotlib.pyplot", "xarray", "zarr"):
        with contextlib.suppress(ImportError):  # reported where it is needed
            importlib.import_module(name)


app = cyclopts.App(name="plastisim", help=__doc__, help_format="plaintext", version_flags=["--version"])
Signed = cyclopts.Parameter(allow_leading_hyphen=True)  # "-1 mg/kg" and "-3,-1,1" are values, not options
Flag = Annotated[bool, cyclopts.Parameter(negative="")]


@app.command
def run(
    name: str | None = None,
    /,
    *,
    out: Path,
    like: Path | None = None,
    json: Path | None = None,
    data: Path | None = None,
    small: Flag = False,
    seed: Annotated[int, Signed] = 0,
    compound: str | None = None,
    dose: Annotated[str | None, Signed] = None,
    at: Annotated[str | None, Signed] = None,
    sessions: Annotated[str | None, Signed] = None,
    overwrite: Flag = False,
    quiet: Flag = False,
) -> int:
    """Run an experiment by name or from a file, for example: plastisim run window-24h --out results/first.

    Args:
        name: name of the experiment, or a file that ends in .toml.
        out: folder for store, figure and JSON; it must not exist.
        like: output folder of an earlier run, to be repeated exactly; takes the place of all that follows.
        json: a further file for the JSON.
        data: a laboratory's own table, or a folder of tables, to score against.
        small: fewer mice, for a quick look.
        seed: of all randomness.
        compound: what the drug arm gets, for example psilocybin.
        dose: with its unit, for example "1 mg/kg".
        at: time of the dose after day 0, for example "2 h".
        sessions: days of imaging, for example "-3,-1,1,3".
        overwrite: replace an older run of ours.
        quiet: no progress.
    """
    if (name is None) == (like is None):
        raise ps.ConfigError(f"run needs the name of an experiment ({', '.join(experiment_names())}) or --like FOLDER")
    if like is not None:
        return perform(ps.Request.like(like, out, json_file=json, overwrite=overwrite, quiet=quiet))
    file = Path(name or "")
    recipe = ps.as_toml(ps.load_experiment_file(file)) if file.suffix == ".toml" else ""
    request = ps.Request(
        out=out, json_file=json, data=data, small=small, seed=seed, compound=compound, dose=dose, at=at,
        sessions=sessions, overwrite=overwrite, quiet=quiet, experiment=file.stem if recipe else name or "",
        recipe=recipe,
    )  # fmt: skip
    return perform(request)


@app.command
def resume(out: Path, /, *, quiet: Flag = False) -> int:
    """Go on with an interrupted run, for example: plastisim resume results/first.

    Args:
        out: output folder that the run would have had.
        quiet: no progress.
    """
    return perform(dataclasses.replace(ps.Request.left_in(out), quiet=quiet))


@app.command
def plan(
    name: str,
    /,
    *,
    out: Path = Path(),
    json: Path | None = None,
    data: Path | None = None,
    small: Flag = False,
    compound: str | None = None,
    dose: Annotated[str | None, Signed] = None,
    at: Annotated[str | None, Signed] = None,
    sessions: Annotated[str | None, Signed] = None,
) -> int:
    """Say what a run would take, before anything compiles, for example: plastisim plan window-24h.

    Args:
        name: name of the experiment.
        out: folder that the run would get; asked for the room on its disk.
        json: a file for the plan.
        data: as for run, like all that follows.
        small: fewer mice.
        compound: what the drug arm gets.
        dose: with its unit.
        at: time of the dose after day 0.
        sessions: days of imaging.
    """
    experiment = load_experiment(name)
    request = ps.Request(
        out=out, data=data, small=small, compound=compound, dose=dose, at=at, sessions=sessions, experiment=name
    )
    found = ps.plan(ps.asked(experiment, request), out)
    print(found.card())
    if json is not None:
        print(f"written: {found.write(json)}")
    return 0 if not found.problems else 2


@app.command
def bench(*, out: Path | None = None) -> int:
    """Time this machine against C, other solvers and itself; takes a few minutes.

    Args:
        out: folder for what each page of the benchmarks writes.
    """
    return 1 if any("failed" in page for page in ps.bench(out).values()) else 0


@app.command
def export(
    file: Path,
    /,
    *,
    compound: str,
    dose: Annotated[str, Signed],
    at: Annotated[str, Signed] = "0 h",
    route: str = "ip",
    preset: Literal["smooth", "oscillatory"] = "smooth",
    overwrite: Flag = False,
) -> int:
    """Write one neuron under one dose as SBML, for example: plastisim export cascade.xml --compound psilocybin.

    Args:
        file: to be written.
        compound: for example psilocybin.
        dose: with its unit, for example "1 mg/kg".
        at: time of the dose; the file starts at 0, with the neuron at rest, and is meant for a week.
        route: ip or iv.
        preset: of calcium.
        overwrite: replace an older file.
    """
    drug, amount = ps.find_compound(compound), ps.quantity(dose, "mg/kg", "dose", positive=True)
    given = ps.Dose(drug, amount, ps.quantity(at, "s", "time of the dose"), route)
    calcium = {"smooth": ps.SMOOTH, "oscillatory": ps.OSCILLATORY}[preset]
    pathway = dataclasses.replace(ps.default_pathway(), calcium=calcium)
    ps.keep_compiled_programs()
    ps.export_sbml(ps.Arm(f"{drug.name} {dose} {route}", (given,)), file, pathway=pathway, overwrite=overwrite)
    print(f"written: {file}")
    return 0


def main(arguments: list[str] | None = None) -> int:
    """Run the command line and return its exit code; every foreseen failure is one line on stderr."""
    logger = logging.getLogger("plastisim")
    logger.handlers = [logging.StreamHandler()]
    logger.setLevel(logging.INFO)
    try:
        result = app(arguments, exit_on_error=False, print_error=False, result_action="return_value")
        return result if isinstance(result, int) else 0
    except cyclopts.CycloptsError as error:
        return _failed(" ".join(str(error).split()), ps.ConfigError.exit_code)
    except ps.PlastisimError as error:
        return _failed(str(error), error.exit_code)
    except KeyboardInterrupt:
        return _failed("interrupted; a run that had begun can go on with: plastisim resume OUT", 130)


def _failed(message: str, code: int) -> int:
    print(f"plastisim: {message}", file=sys.stderr)
    return code
