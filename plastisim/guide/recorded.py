"""What a stored run holds, told without a simulation."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from plastisim import columns
from plastisim.biology.exposure import Drive
from plastisim.course import Frames
from plastisim.engine.fields import declarations
from plastisim.lab.cohort import PT_2025
from plastisim.lab.compounds import PSILOCYBIN
from plastisim.lab.giving import Dose
from plastisim.lab.imaging import Snapshots
from plastisim.lab.protocol import Arm, Protocol
from plastisim.results.dataset import Column
from plastisim.setup import Setup
from plastisim.treatment import WIDTH, slots
from plastisim.trees import Ledger


def recorded() -> Iterator[Column]:
    """Yield every coordinate and variable of a stored run, from a run of one mouse in which nothing has happened."""
    arms = (Arm("vehicle"), Arm("drug", (Dose(PSILOCYBIN, 1.0),)))
    setup = Setup.of(Protocol(arms, sessions=(-1, 1)), [PT_2025.with_mice(1)])
    population, days = setup.population, np.array([-1.0, 1.0])
    sites, animals, drives = int(np.prod(columns.shape_of(setup))), population.animals, declarations(Drive, "variable")
    variables = len(slots(population.protocol)[0]) * WIDTH + 1

    def none(*shape: int) -> np.ndarray:
        return np.zeros((1, *shape), columns.SINGLE)

    frames = Frames(np.zeros(1), none(variables, animals), none(len(list(drives)), animals),
                    none(len(columns.ROWS), animals * population.filled), none(sites))  # fmt: skip
    yield from columns.coordinates(setup, frames.time, days)
    yield from columns.frame_columns(setup, frames, np.ones(sites))
    yield from columns.static_columns(setup, np.ones(sites))
    yield from columns.session_columns(setup, _sessions(days, sites))
    yield from columns.ledger_columns(Ledger(*(np.zeros(0, np.int32) for _ in Ledger._fields)))


def _sessions(days: np.ndarray, sites: int) -> Snapshots:
    """Return sessions in which every branch has one spine, twice the same."""
    shape = (len(days), sites, 1)
    return Snapshots(
        days, np.zeros(shape, np.int32), np.ones(shape, bool), np.zeros(shape), np.full(shape, 0.5), np.zeros(shape),
        np.full(shape, -1, np.int32), np.zeros(shape, bool), np.ones(sites),
    )  # fmt: skip
