"""The dendrites of the lesson page: every spine of some branches, with its identity, place, birth and death.

It is the run's own ledger.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from plastisim.engine import table
from plastisim.lab.protocol import TICK
from plastisim.simulation import Run
from plastisim.spine_ledger import places
from plastisim.teaching.signals import base64_words

OLDER, ALIVE = 0, 65535  # in place of a birth or death outside the run
FRACTION = 65535  # of a branch, in one place unit


def packed_spines(run: Run) -> dict[str, Any]:
    """Return the branches of the first neuron of every mouse, in JSON types.

    `count` is the number of spines of each branch, in the order arm, mouse, branch; the other columns have an entry a
    spine. Births and deaths count ticks since the start of the run.
    """
    population = run.population
    each, branches = population.neurons * population.cohorts[0].dendrites, population.cohorts[0].dendrites
    shown = run.ledger.site % each < branches
    site, serial, birth, death = (np.asarray(column)[shown] for column in run.ledger)
    count = np.bincount(site, minlength=len(run.snapshots.length)).reshape(-1, each)[:, :branches]
    length = np.asarray(run.snapshots.length).reshape(population.arms, -1, each)[0, :, :branches]
    start = population.protocol.start
    return {
        "branches": branches,
        "tick": TICK,
        "start": start,
        "length": np.round(length, 2).tolist(),
        "count": base64_words(count),
        "serial": base64_words(serial),
        "place": base64_words(np.round(places(run, site, serial) * FRACTION)),
        "birth": base64_words(np.where(birth == -table.NEVER, OLDER, (birth - start) // TICK)),
        "death": base64_words(np.where(death == table.NEVER, ALIVE, (death - start) // TICK)),
    }
