"""The dendrites of the lesson page: every spine of some branches, with its identity, place, birth and death.

It is the run's own ledger.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from plastisim.engine import table
from plastisim.lab.protocol import TICK
from plastisim.simulation import Run
from plastisim.spine_ledger import places
from plastisim.teaching.signals import base64_words

OLDER, ALIVE = 0, 65535  # in place of a birth or death outside the run
FRACTION = 65535  # of a branch, in one place unit


def shown_spines(run: Run) -> dict[str, np.ndarray]:
    """Return the spines on the branches of the first neuron of every mouse, as whole numbers.

    `length` (um) has shape (arm, mouse, branch), and so has `count`, the number of spines; the other columns have an
    entry a spine. Births and deaths count ticks since the start of the run.
    """
    population = run.population
    each, branches = population.neurons * population.cohorts[0].dendrites, population.cohorts[0].dendrites
    shown = run.ledger.site % each < branches
    site, serial, birth, death = (np.asarray(column)[shown] for column in run.ledger)
    shape, start = (population.arms, population.mice, each), population.protocol.start
    return {
        "length": np.asarray(run.snapshots.length).reshape(shape)[..., :branches],
        "count": np.bincount(site, minlength=len(run.snapshots.length)).reshape(shape)[..., :branches],
        "serial": serial,
        "place": np.round(places(run, site, serial) * FRACTION),
        "birth": np.where(birth == -table.NEVER, OLDER, (birth - start) // TICK),
        "death": np.where(death == table.NEVER, ALIVE, (death - start) // TICK),
    }


def packed_spines(columns: Mapping[str, np.ndarray], start: int) -> dict[str, Any]:
    """Return the columns of `shown_spines` in JSON types; `start` is that of the run, s from day 0."""
    length = columns["length"][0]
    packed = {name: base64_words(values) for name, values in columns.items() if name != "length"}
    return {
        "branches": length.shape[-1], "tick": TICK, "start": start, "length": np.round(length, 2).tolist(), **packed,
    }  # fmt: skip
