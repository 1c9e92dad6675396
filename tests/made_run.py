"""A run without a simulation: made-up frames, and spines whose fate is known by heart."""

from __future__ import annotations

import functools

import numpy as np

import plastisim as ps
from plastisim import model
from plastisim.biology.exposure import Drive
from plastisim.biology.ligands import LigandState
from plastisim.course import Frames
from plastisim.engine import table
from plastisim.engine.fields import declarations
from plastisim.lab.imaging import Snapshots
from plastisim.treatment import slots
from plastisim.trees import Ledger

DAYS = (-1.0, 1.0, 3.0)
FROM, TO = -ps.DAY, 3 * ps.DAY
WIDE = 40  # places on a branch, so far apart that no two spines merge
SETUP = ps.Setup.of(
    ps.Protocol(
        (ps.Arm("vehicle", (ps.Dose(ps.VEHICLE),)), ps.Arm("psilocybin", (ps.Dose(ps.PSILOCYBIN, 1.0),))),
        start=FROM, end=TO, sessions=DAYS,
    ),
    [ps.Cohort(name, ps.PT, mice=mice, neurons=2, dendrites=2) for name, mice in (("PT-A", 4), ("PT-B", 3))],
    seed=7,
)  # fmt: skip
BRANCHES = (2, 7, 2, 2)


@functools.cache
def made() -> ps.Run:
    """Return the run: psilocybin brings three spines to every branch on its first day."""
    ledger, chance = _ledger(), np.random.default_rng(1)
    length = np.full(np.prod(BRANCHES), 30.0)
    moments = np.array(DAYS)[:, None] * ps.DAY
    alive = (ledger.birth <= moments) & (moments < ledger.death)
    shape = (len(DAYS), len(length), WIDE)
    serial = np.full(shape, -1, np.int32)
    visible, birth = np.zeros(shape, bool), np.zeros(shape, np.int32)
    session, spine = np.nonzero(alive)
    where = session, ledger.site[spine], ledger.serial[spine]
    serial[where], visible[where], birth[where] = ledger.serial[spine], True, ledger.birth[spine]
    width, noise = 0.3 * chance.standard_normal(shape), chance.standard_normal(shape)
    place = np.broadcast_to((np.arange(WIDE) + 0.5) / WIDE, shape)
    seen = Snapshots(np.array(DAYS), serial, visible, width, place, noise, birth, np.zeros(shape, bool), length)
    return ps.Run(
        **vars(SETUP), snapshots=seen, steps=np.zeros((2, 28)), residual=0.0, failures=(),
        frames=_frames(chance, len(length)), ledger=ledger,
    )  # fmt: skip


def _ledger() -> Ledger:
    """Return ten to fourteen old spines a branch, some of which die; one born on day 0.5, more under the drug."""
    chance = np.random.default_rng(0)
    rows = []
    for site in range(np.prod(BRANCHES)):
        old = chance.integers(10, 15)
        born = 1 + 3 * (site >= np.prod(BRANCHES) // 2)
        for serial in range(old + born):
            birth = -table.NEVER if serial < old else ps.DAY // 2
            death = 2 * ps.DAY if chance.random() < 0.1 else table.NEVER
            rows.append((site, serial, birth, death))
    return Ledger(*np.array(rows).T)


def _frames(chance: np.random.Generator, sites: int) -> Frames:
    """Return frames every 12 h."""
    time = np.arange(FROM, TO + 1, ps.DAY // 2)
    population = SETUP.population
    ligands = len(slots(population.protocol)[0]) * len(list(declarations(LigandState, "variable"))) + 1
    drives, variables = len(list(declarations(Drive, "variable"))), len(model.variables())
    shapes = ((ligands, population.animals), (drives, population.animals),
              (variables, population.animals * population.filled), (sites,))  # fmt: skip
    return Frames(time, *(chance.random((len(time), *shape)).astype(np.float32) for shape in shapes))
