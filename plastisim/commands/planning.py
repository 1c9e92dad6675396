"""Verbs about what a run takes: plan, bench."""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path
from typing import Annotated

import plastisim as ps
from plastisim.commands.options import STDOUT, Flag, Json, Overrides, Signed, check_json, show
from plastisim.commands.scripts import load_experiment, name_and_recipe


def plan(
    name: str,
    /,
    *,
    out: Path = Path(),
    json: Json = None,
    data: Path | None = None,
    small: Flag = False,
    compound: str | None = None,
    dose: Annotated[str | None, Signed] = None,
    at: Annotated[str | None, Signed] = None,
    sessions: Annotated[str | None, Signed] = None,
    parameters: Overrides = (),
) -> int:
    """Say what a run would take, before anything compiles.

    For example:
        plastisim plan window-24h
        plastisim plan mine.toml --out /scratch/mine --json -

    Args:
        name: name of the experiment, or a file that ends in .toml.
        out: folder that the run would get; asked for the room on its disk.
        json: a file for the plan, or - for its JSON alone on stdout.
        data: as for run, like all that follows.
        small: fewer mice.
        compound: what the drug arm gets.
        dose: with its unit.
        at: time of the dose after day 0.
        sessions: days of imaging.
        parameters: PATH=VALUE, a parameter of the model; --PATH VALUE is the same.
    """
    check_json(json)
    experiment, recipe = name_and_recipe(name)
    request = ps.Request(
        out=out, data=data, small=small, compound=compound, dose=dose, at=at, sessions=sessions,
        experiment=experiment, recipe=recipe, parameters=ps.read_overrides(parameters),
    )  # fmt: skip
    found = ps.plan(ps.asked(ps.run_file if recipe else load_experiment(experiment), request), out)
    show("\n".join(filter(None, (found.card(), request.told))), found.document(), json)
    return 0 if not found.problems else 2


def bench(*, out: Path | None = None, json: Json = None) -> int:
    """Time this machine against C, other solvers and itself; takes a few minutes.

    For example:
        plastisim bench
        plastisim bench --out results/bench --json results/bench.json

    Args:
        out: folder for what each page of the benchmarks writes.
        json: a file for all pages, or - for their JSON alone on stdout.
    """
    check_json(json)
    with contextlib.redirect_stdout(sys.stderr if json == STDOUT else sys.stdout):
        pages = ps.bench(out)
    if json is not None:
        show("", pages, json)
    return 1 if any("failed" in page for page in pages.values()) else 0
