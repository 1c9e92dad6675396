"""Verbs that simulate: run, resume."""

from __future__ import annotations

import dataclasses
import gc
from pathlib import Path
from typing import Annotated

import plastisim as ps
from plastisim.commands.options import STDOUT, Flag, Json, Overrides, Signed, Whole, check_json
from plastisim.commands.scripts import experiment_names, load_experiment, name_and_recipe


def run(
    name: str | None = None,
    /,
    *,
    out: Path,
    like: Path | None = None,
    json: Json = None,
    data: Path | None = None,
    small: Flag = False,
    seed: Whole = 0,
    compound: str | None = None,
    dose: Annotated[str | None, Signed] = None,
    at: Annotated[str | None, Signed] = None,
    sessions: Annotated[str | None, Signed] = None,
    parameters: Overrides = (),
    overwrite: Flag = False,
    quiet: Flag = False,
) -> int:
    """Run an experiment by name or from a file.

    For example:
        plastisim run window-24h --out results/first
        plastisim run window-24h --out results/low --small --dose "0.1 mg/kg" --gq.reserve 2
        plastisim run mine.toml --out results/mine --json - --quiet

    Args:
        name: name of the experiment (without one, all names are told), or a file that ends in .toml.
        out: folder for store, figure and JSON; it must not exist.
        like: output folder of an earlier run, to be repeated exactly; takes the place of name and choices.
        json: a further file for the JSON, or - for the JSON alone on stdout.
        data: a laboratory's own table, or a folder of tables, to score against.
        small: fewer mice, for a quick look.
        seed: of all randomness.
        compound: what the drug arm gets, for example psilocybin.
        dose: with its unit, for example "1 mg/kg".
        at: time of the dose after day 0, for example "2 h".
        sessions: days of imaging, for example "-3,-1,1,3".
        parameters: PATH=VALUE, a parameter of the model (see: plastisim parameters), as "spread.length=30 um"; again
            for each. --spread.length "30 um" is the same.
        overwrite: replace an older run of ours.
        quiet: no progress.
    """
    choices = {
        "data": data, "small": small, "seed": seed, "compound": compound, "dose": dose, "at": at, "sessions": sessions
    }  # fmt: skip
    where = {"json_file": None if json == STDOUT else json, "overwrite": overwrite, "quiet": quiet}
    if (name is None) == (like is None):
        raise ps.ConfigError(f"run needs the name of an experiment ({', '.join(experiment_names())}) or --like FOLDER")
    if like is not None:
        chosen = [f"--{option}" for option, value in choices.items() if value] + ["--set"] * bool(parameters)
        if chosen:
            raise ps.ConfigError(f"--like repeats a run exactly; leave out {', '.join(chosen)}")
        return perform(ps.Request.like(like, out, **where), json == STDOUT)
    experiment, recipe = name_and_recipe(name or "")
    changed = ps.read_overrides(parameters)
    request = ps.Request(out, experiment=experiment, recipe=recipe, parameters=changed, **choices, **where)
    return perform(request, json == STDOUT)


def resume(out: Path, /, *, json: Json = None, quiet: Flag = False) -> int:
    """Go on with an interrupted run, to the very result that it would have had.

    For example:
        plastisim resume results/first
        plastisim resume results/first --quiet --json -

    Args:
        out: output folder that the run would have had.
        json: a further file for the JSON, or - for the JSON alone on stdout.
        quiet: no progress.
    """
    check_json(json)
    left = ps.Request.left_in(out)
    own = left.json_file if json in (None, STDOUT) else json
    return perform(dataclasses.replace(left, quiet=quiet, json_file=own), json == STDOUT)


def perform(request: ps.Request, json_alone: bool = False) -> int:
    """Run the experiment of a request, deliver what it found, and return the exit code."""
    experiment = ps.run_file if request.recipe else load_experiment(request.experiment)
    request.check()
    gc.set_threshold(100_000)  # tracing makes a million short-lived objects; collecting them often costs seconds
    ps.keep_compiled_programs()
    outcome = experiment(request)
    name = request.experiment.replace("-", "_")
    code = ps.deliver(outcome, request, name)
    if json_alone:
        print((request.out / f"{name}.json").read_text(encoding="utf-8"))
    else:
        print("\n".join(filter(None, (outcome.text(), request.told, f"written: {request.out}"))))
    return code
