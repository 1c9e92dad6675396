"""Who is moved through time, one chunk after the other: animals, then their neurons, then the spines.

Each runner holds on the host what its compiled program returned, and what has to be kept. Nothing here computes.
"""

from __future__ import annotations

from typing import NamedTuple

import jax
import numpy as np
from jax import Array
from jax import numpy as jnp

from plastisim import model
from plastisim.biology.exposure import Drive
from plastisim.biology.ligands import Supply
from plastisim.biology.spines import Spines, SpineState
from plastisim.cascade import cascade_program, drive_program, exposure_program, rest_program
from plastisim.engine import stepping, table
from plastisim.engine.clock import Segments
from plastisim.engine.errors import NumericalError
from plastisim.engine.loop import Pieces
from plastisim.lab.cohort import Spread
from plastisim.lab.imaging import Microscope, Snapshots
from plastisim.lab.protocol import DAY, TICK
from plastisim.population import Population, administration, exposures, in_precision, pathways, sites
from plastisim.spine_agents import LARGEST_BROOD, Forest
from plastisim.spine_programs import forest_program, session_program, start_program

VARIABLES = model.variables()
PROTEINS, SET_POINT = (
    [declared.name for declared in VARIABLES].index(name) for name in ("plasticity_proteins", "spine_set_point")
)

AT_REST = 1e4  # largest relative residual of a resting state, in units of rounding
MOST_SLOTS = 2048  # slots on a branch; far more than any imaged branch carries


class Ledger(NamedTuple):
    """Every spine that ever lived; each array has shape (spine,).

    Attributes:
        site: branch.
        serial: identity on the branch.
        birth: s from day 0; -`table.NEVER` for spines older than the run.
        death: s from day 0; `table.NEVER` for those alive at the end.
    """

    site: np.ndarray
    serial: np.ndarray
    birth: np.ndarray
    death: np.ndarray


class Animals:
    """Exposure and receptor occupancy of every animal."""

    def __init__(self, population: Population, spread: Spread, dtype: jnp.dtype) -> None:
        """Start drug-free."""
        self.population, self.dtype = population, dtype
        self.exposure = exposures(population, spread, dtype)
        self.initial = self.exposure.initial(jnp.zeros(population.animals, dtype))
        self.lanes = stepping.start(jnp.stack(jax.tree.leaves(self.initial)))

    def resting_drive(self) -> Drive:
        """Return what the neurons see without any drug; leaves of shape (animal,)."""
        none = jnp.zeros(self.population.animals, self.dtype)
        supply = tuple(Supply(none, none - 1.0) for _ in self.population.compounds)
        return drive_program()(self.exposure, self.initial, supply)

    def advance(self, chunk: Segments, lengths: Array) -> Pieces:
        """Move through a chunk and return what the neurons see in it."""
        variables = self.lanes.values.shape[0]
        jumps, infusion, bath = administration(self.population, chunk, variables, self.dtype)
        supply = tuple(Supply(jnp.asarray(rate), jnp.asarray(held)) for rate, held in zip(infusion, bath, strict=True))
        self.lanes, pieces = exposure_program()(self.exposure, self.lanes, jnp.asarray(jumps), supply, lengths)
        return pieces


class Neurons:
    """The cascade of every neuron, from its own rest."""

    def __init__(
        self, population: Population, pathway: model.Pathway, spread: Spread, drive: Drive, tolerance: float,
        dtype: jnp.dtype,
    ) -> None:  # fmt: skip
        """Solve every neuron's resting state, under the animal's resting drive."""
        self.population = population
        self.animal = jnp.asarray(population.lanes()[:, 0])
        self.pathway = pathways(population, pathway, spread, dtype)
        self.program = cascade_program(tolerance)
        drive = jax.tree.map(lambda leaf: leaf[self.animal], drive)
        values, self.rest, residual = rest_program()(self.pathway, drive)
        self.residual = float(jnp.max(residual))
        self._check_rest(np.asarray(residual))
        self.lanes = stepping.start(values)

    def advance(self, chunk: Segments, lengths: Array, pieces: Pieces) -> Array:
        """Move through a chunk and return all variables at each segment's end.

        Raises:
            NumericalError: a neuron diverged.
        """
        event = jnp.asarray(chunk.event)
        self.lanes, values = self.program(self.pathway, self.rest, self.animal, self.lanes, pieces, event, lengths)
        self._check(chunk)
        return values

    def _check_rest(self, residual: np.ndarray) -> None:
        restless = ~(residual < AT_REST * np.finfo(residual.dtype).eps)  # also true where it is not a number
        if not restless.any():
            return
        lane = int(np.flatnonzero(restless.any(axis=0))[0])
        animal, neuron = self.population.lanes()[lane]
        raise NumericalError(
            f"{VARIABLES[int(np.argmax(restless[:, lane]))].path} of neuron {neuron} of mouse "
            f"{animal % self.population.mice} has no resting value ({int(restless.any(axis=0).sum())} neurons in all); "
            "check its parameters"
        )

    def _check(self, chunk: Segments) -> None:
        failed = np.flatnonzero(np.asarray(self.lanes.failed) >= 0)
        if not len(failed):
            return
        lane = failed[0]
        animal, neuron = self.population.lanes()[lane]
        arm, mouse = divmod(int(animal), self.population.mice)
        variable = VARIABLES[int(self.lanes.failed[lane])]
        raise NumericalError(
            f"{variable.path} of neuron {neuron} of mouse {mouse} in arm "
            f"{self.population.protocol.arms[arm].name!r} diverged between {chunk.begin[0] / DAY:.3f} and "
            f"{chunk.end[-1] / DAY:.3f} d ({len(failed)} neurons in all); check its parameters"
        )


class Trees:
    """The spines of every branch, what imaging saw of them, and who lived."""

    def __init__(
        self, population: Population, law: Spines, spread: Spread, microscope: Microscope, slots: int, dtype: jnp.dtype
    ) -> None:
        """Start every branch in its own stationary state."""
        self.population = population
        self.law = in_precision(law, dtype)
        self.sites, self.length = sites(population, spread, law, microscope, dtype)
        self.duration = jnp.asarray(float(TICK), dtype)
        self._dead: list[tuple[np.ndarray, ...]] = []
        self._sessions: list[tuple[np.ndarray, ...]] = []
        self._days: list[float] = []
        self.forest = start_program(slots)(self.law, self.sites)
        while bool(self.forest.table.overflow.any()):
            slots = _doubled(slots)
            self.forest = start_program(slots)(self.law, self.sites)

    def advance(self, chunk: Segments, values: Array) -> Array:
        """Move through a chunk and return the living spines on each branch at each segment's end.

        A table that is too narrow is widened and the chunk is done again from its start.
        """
        struck = jnp.asarray(self._injected(chunk))
        drive = (values[:, PROTEINS], values[:, SET_POINT], struck, jnp.asarray(chunk.end), jnp.asarray(chunk.slow))
        moved, counts = forest_program()(self.law, self.sites, self.forest, *drive, self.duration)
        while bool(moved.table.overflow.any()):
            self.forest = _wider(self.forest, _doubled(self.forest.table.serial.shape[1]))
            moved, counts = forest_program()(self.law, self.sites, self.forest, *drive, self.duration)
        self._bury(moved)
        self.forest = moved._replace(table=table.release(moved.table))
        return counts

    def _injected(self, chunk: Segments) -> np.ndarray:
        """Return whether each branch's animal is injected at the start of each segment, (segment, site)."""
        arms = [chunk.event & np.isin(chunk.begin, times) for times in self.population.protocol.injections()]
        return np.repeat(np.stack(arms, axis=1), self.length.shape[0] // len(arms), axis=1)

    def _bury(self, forest: Forest) -> None:
        """Keep the dead before their slots are released."""
        serial, birth, death = (np.asarray(part) for part in forest.table[:3])
        site, slot = np.nonzero((serial != table.FREE) & (death != table.NEVER))
        self._dead.append((site, serial[site, slot], birth[site, slot], death[site, slot]))

    def look(self, now: int, days: tuple[float, ...]) -> None:
        """Image all branches if `now` (s) is one of the sessions (days)."""
        if now in [round(day * DAY) for day in days]:
            seen = session_program()(self.law, self.sites, self.forest, jnp.asarray(now))
            self._sessions.append(tuple(np.asarray(part) for part in seen))
            self._days.append(now / DAY)

    def snapshots(self) -> Snapshots:
        """Return all sessions, in tables of one width."""
        width = max(session[0].shape[1] for session in self._sessions)
        empty = (table.FREE, False, 0.0, 0.0, 0.0)
        parts = [
            np.stack([_padded(part, width, value) for part in parts])
            for parts, value in zip(zip(*self._sessions, strict=True), empty, strict=True)
        ]
        return Snapshots(np.array(self._days), *parts, length=np.asarray(self.length))

    def ledger(self) -> Ledger:
        """Return every spine that ever lived, ordered by branch and serial number."""
        serial, birth, death = (np.asarray(part) for part in self.forest.table[:3])
        site, slot = np.nonzero(serial != table.FREE)
        living = (site, serial[site, slot], birth[site, slot], death[site, slot])
        columns = [np.concatenate(parts) for parts in zip(living, *self._dead, strict=True)]
        order = np.lexsort((columns[1], columns[0]))
        return Ledger(*(column[order] for column in columns))


def _doubled(slots: int) -> int:
    """Return twice as many slots.

    Raises:
        NumericalError: a branch that still overflows has more births in one tick than can be drawn.
    """
    if slots >= MOST_SLOTS:
        raise NumericalError(
            f"a branch needs more than {MOST_SLOTS} slots, or more than {LARGEST_BROOD} spines are born on it in one "
            f"tick of {TICK} s; give shorter branches (Spread.length) or smaller rates"
        )
    return 2 * slots


def _wider(forest: Forest, width: int) -> Forest:
    """Return the same spines in a table of `width` slots a branch."""
    more = width - forest.table.serial.shape[1]
    padded = [jnp.pad(leaf, ((0, 0), (0, more))) for leaf in jax.tree.leaves(forest.spines)]
    return forest._replace(table=table.widen(forest.table, width), spines=SpineState(*padded))


def _padded(part: np.ndarray, width: int, value: float) -> np.ndarray:
    return np.pad(part, ((0, 0), (0, width - part.shape[1])), constant_values=value)
