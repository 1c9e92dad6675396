"""The arms behind the lesson page, simulated some at a time, and of each what the page shows.

All arms have the same mice, and no arm knows of another: arms that are simulated one after the other give what they
give side by side, in less memory.
"""

from __future__ import annotations

import contextlib
import ctypes
import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np

from plastisim.lab.branch_table import QUANTITIES, BranchTable, FloatArray
from plastisim.records import branch_tables, to_dataset
from plastisim.simulation import Run, simulate
from plastisim.teaching.dendrites import shown_spines
from plastisim.teaching.grid import Grid, Treatment, protocol
from plastisim.teaching.signals import SIGNALS, animals


@dataclasses.dataclass(frozen=True, eq=False)
class Kept:
    """What the page keeps of some arms.

    Args:
        signals: each of `SIGNALS`, by key, of every animal, shape (arm, mouse, frame).
        words: unit and long name of each recorded variable.
        table: what was imaged.
        spines: columns of `shown_spines`, by name.
        failures: neurons that diverged.
    """

    signals: dict[str, FloatArray]
    words: dict[str, tuple[str, str]]
    table: BranchTable
    spines: dict[str, np.ndarray]
    failures: tuple[str, ...]


def simulated_parts(grid: Grid, seed: int, progress: Callable[[float], Any]) -> Kept:
    """Simulate all that a grid offers, part by part.

    Args:
        grid: what is offered.
        seed: of all randomness.
        progress: called with the number of simulated seconds after each chunk, as if all arms went side by side.
    """
    found, arms = [], len(list(grid.treatments()))
    for part in grid.parts():
        share = len(part) / arms

        def told(done: float, share: float = share) -> None:
            progress(share * done)

        found.append(kept(simulate(protocol(part), (grid.cohort(),), seed=seed, progress=told), part))
        _give_back()
    return together(found)


def _give_back() -> None:
    """Return freed memory to the system: glibc holds on to what compiling took, some 300 MB by the end of a part."""
    with contextlib.suppress(OSError, AttributeError):  # another C library
        ctypes.CDLL(None).malloc_trim(0)


def kept(run: Run, treatments: tuple[Treatment, ...]) -> Kept:
    """Return what the page keeps of a finished run, whose arms are `treatments`."""
    dataset = to_dataset(run)
    (table,) = branch_tables(run).values()
    words = {one.source: dataset[one.source].attrs for one in SIGNALS}
    return Kept(
        {one.key: animals(dataset, one, treatments) for one in SIGNALS},
        {name: (about["units"], about["long_name"]) for name, about in words.items()},
        table, shown_spines(run), tuple(map(str, run.failures)),
    )  # fmt: skip


def together(parts: list[Kept]) -> Kept:
    """Return several parts as one; their arms in order."""
    first = parts[0]
    names = ("mouse", "condition", *(one.name for one in QUANTITIES))
    columns: dict[str, Any] = {name: np.concatenate([getattr(part.table, name) for part in parts]) for name in names}
    return Kept(
        {key: np.concatenate([part.signals[key] for part in parts]) for key in first.signals},
        first.words,
        BranchTable(days=first.table.days, **columns),
        {name: np.concatenate([part.spines[name] for part in parts]) for name in first.spines},
        tuple(failure for part in parts for failure in part.failures),
    )
