"""What the lesson page shows, as one document of JSON types: choices, curves, verdicts, spines, parameters.

Every number in it comes out of a run made when it was asked for, by `simulate` and the statistics of `lab`; the page
looks numbers up and computes none. The page and the live server read the same kind of document.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

from plastisim import columns
from plastisim.lab.branch_table import SPINE_DENSITY, VEHICLE, BranchTable
from plastisim.lab.window import Thresholds, Verdict, judge, mouse_changes, ordinary_window
from plastisim.outcome import plain
from plastisim.setup import Setup
from plastisim.teaching.dendrites import packed_spines
from plastisim.teaching.grid import FRAMES, QUICK, SESSIONS, WHOLE, Grid, Treatment, protocol
from plastisim.teaching.parts import Kept, simulated_parts
from plastisim.teaching.signals import interval, packed_signals

TITLE = "From dose to spine"
SCHEMA = "plastisim-lesson/1"

# Fixed before the run, as in the experiment `window-24h`.
THRESHOLDS = Thresholds(day=1, level=0.95, share=0.5, resamples=2000)


def lesson(
    *, small: bool = False, seed: int = 0, progress: Callable[[float], Any] = lambda done: None
) -> dict[str, Any]:
    """Simulate everything that can be chosen on the lesson page, and return its document.

    Args:
        small: two compounds and few mice, in seconds instead of minutes.
        seed: of all randomness.
        progress: called with the number of simulated seconds after each chunk; there are 8 days of them.
    """
    grid = QUICK if small else WHOLE
    return simulated(grid, seed, progress)


def simulated(grid: Grid, seed: int, progress: Callable[[float], Any] = lambda done: None) -> dict[str, Any]:
    """Simulate all that a grid offers, and return the document about it."""
    return document_of(grid, seed, simulated_parts(grid, seed, progress))


def document_of(grid: Grid, seed: int, found: Kept) -> dict[str, Any]:
    """Return the document about what was found for a grid."""
    treatments = tuple(grid.treatments())
    setup = Setup.of(protocol(treatments), (grid.cohort(),), seed=seed)
    return plain({
        "schema": SCHEMA,
        "title": TITLE,
        **choices(grid),
        **made(setup),
        "frames": list(FRAMES),
        "sessions": [day for day in SESSIONS if day > 0],
        "signals": packed_signals(found.signals, found.words),
        "window": dataclasses.asdict(ordinary_window(found.table, SPINE_DENSITY, THRESHOLDS)),
        "thresholds": {name: getattr(THRESHOLDS, name) for name in ("day", "width", "level", "share", "mice")},
        "arms": [imaged(found.table, one) for one in treatments],
        "spines": packed_spines(found.spines, setup.population.protocol.start),
        "parameters": [{"path": path, **one} for path, one in columns.parameters(setup).items()],
        "diverged": found.failures,
    })  # fmt: skip


def choices(grid: Grid) -> dict[str, Any]:
    """Return what can be chosen; doses in mg/kg."""
    compounds = [{"name": compound.name, "doses": list(doses)} for compound, doses in grid.given]
    return {
        "compounds": [{"name": VEHICLE, "doses": []}, *compounds],
        "blockers": [{"key": one.key, "name": one.name, "statement": one.statement} for one in grid.blockers],
    }


def made(setup: Setup) -> dict[str, Any]:
    """Return who was simulated, and with what, from the root attributes that a store of it would have."""
    cohort, attributes = setup.population.cohorts[0], columns.attributes(setup, TITLE)
    return {
        "mice": setup.population.mice,
        "neurons": cohort.neurons,
        "dendrites": cohort.dendrites,
        "cohort": cohort.name,
        "seed": attributes["plastisim_seed"],
        "source": attributes["source"],
        "made": attributes["history"].split(" ")[0],
        "config_sha256": attributes["plastisim_config_sha256"],
    }


def imaged(table: BranchTable, one: Treatment) -> dict[str, Any]:
    """Return what the virtual microscope saw in an arm: change of each session, of every mouse, and the verdict."""
    mine = table.select(one.name)
    changes = [mouse_changes(mine, SPINE_DENSITY, day) for day in SESSIONS if day > 0]
    return {
        "name": one.name,
        "compound": one.compound.name,
        "dose": one.dose,
        "blocker": one.blocker.key,
        "sessions": [{"mean": float(own.mean()), "interval": interval(own[:, None])[:, 0].tolist()} for own in changes],
        "mice": [round(float(change), 3) for change in changes[SESSIONS.index(THRESHOLDS.day) - 1]],
        "verdict": None if one.name == VEHICLE else verdict_of(judge(table, thresholds=THRESHOLDS, drug=one.name)),
    }


def verdict_of(verdict: Verdict) -> dict[str, Any]:
    """Return a verdict in JSON types."""
    return {
        "holds": verdict.holds,
        "direction": verdict.direction.value,
        "effect": verdict.effect,
        "interval": list(verdict.interval),
        "share_outside": verdict.share_outside,
        "statement": verdict.statement,
    }
