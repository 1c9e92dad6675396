"""A run under way: everyone in it, where it stands in time, and one chunk after the other.

What is recorded is handed out chunk by chunk; who keeps it, in memory or on disk, is not decided here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np
from jax import numpy as jnp

from plastisim import treatment
from plastisim.block import VARIABLES, Block, Cast, Given, Stretch, members
from plastisim.engine.clock import Segments, schedule
from plastisim.engine.crew import Crew
from plastisim.engine.errors import NumericalError, StoreError
from plastisim.engine.noise import counted
from plastisim.engine.placing import sent_once
from plastisim.lab.protocol import DAY, TICK
from plastisim.population import exposures, in_precision, neuron_words, on_host, pathways, sites
from plastisim.quarantine import Failure, failures, refuse_lost
from plastisim.setup import Setup
from plastisim.trees import Ledger, Seen, side_by_side

CHUNK = 32  # segments compiled together
AT_REST = 1e4  # largest relative residual of a resting state, in units of rounding


class Frames(NamedTuple):
    """What is recorded at the end of each segment.

    Attributes:
        time: s from day 0, shape (time,).
        animals: exposure of every animal, shape (time, variable, animal).
        drive: what its neurons see, shape (time, drive, animal).
        cascade: all variables, shape (time, variable, lane); missing after a neuron diverged.
        spines: living spines, shape (time, site).
    """

    time: np.ndarray
    animals: np.ndarray
    drive: np.ndarray
    cascade: np.ndarray
    spines: np.ndarray


class Passed(NamedTuple):
    """A chunk that is over: its frames, the spines that died in it, and the imaging session at its end, if any."""

    frames: Frames
    died: Ledger
    seen: Seen | None


class Course:
    """A run under way.

    Attributes:
        setup: what is simulated.
        length: of all branches, um, shape (site,).
        chunks: all stretches of the run.
        since: where its record begins, s from day 0.
        position: number of chunks that are over.
        blocks: everyone; empty before the start.
        failures: neurons that diverged so far.
    """

    def __init__(self, setup: Setup, crew: Crew, stops: Iterable[int] = (), since: int | None = None) -> None:
        """Lay out a run; call it, and all else, in the precision of the settings.

        Args:
            setup: what is simulated.
            crew: who computes.
            stops: moments at which a chunk must end, besides the imaging sessions, s from day 0.
            since: where the record begins; None is the start. The state there has to be given (`course_state.restore`).
        """
        self.setup, self.crew = setup, crew
        population, dtype = setup.population, jnp.dtype(setup.settings.precision)
        protocol = population.protocol
        self.since = protocol.start if since is None else since
        self.days = {round(day * DAY) for day in protocol.sessions}
        segments = schedule(protocol.start, protocol.end, TICK, protocol.events())
        self.chunks = list(segments.chunks(CHUNK, self.days | set(stops) | {self.since}))
        self.position = self.at(self.since)
        law = in_precision(setup.law, dtype)
        branches, self.length = sites(population, setup.spread, law, setup.microscope, dtype)
        exposure = in_precision(exposures(population, setup.spread, dtype), dtype)
        names = counted(setup.settings.copies)
        copies = in_precision({name: setup.settings.copies[name] for name in names}, dtype)
        chance = np.stack([neuron_words(population, name) for name in names]) if names else None
        pathway = pathways(population, setup.pathway, setup.spread, dtype)
        arm = np.arange(len(self.length)) // (len(self.length) // population.arms)
        law = in_precision(treatment.changed_spines(law, protocol, arm), dtype)
        self.cast = on_host(Cast(exposure, pathway, law, branches, copies, chance))
        self.blocks: list[Block] = []
        self.failures: list[Failure] = []
        self.residual = np.nan

    def start(self) -> None:
        """Solve every neuron's rest and start every branch.

        Raises:
            NumericalError: a neuron has no rest.
        """
        settings, population = self.setup.settings, self.setup.population
        casts = {device: sent_once(self.cast, device) for device in self.crew.devices}
        people = members(population, self.crew.width(population.animals * population.filled))
        blocks = [
            Block(who, casts[device], settings.tolerance, self.setup.method, device)
            for who, device in zip(people, map(self.crew.device, range(len(people))), strict=True)
        ]
        self._compile(blocks[0])
        self.crew.each(Block.settle, blocks[1:])
        self.crew.each(lambda block: block.plant(settings.slots), blocks[1:])
        self.blocks = blocks
        self.residual = float(max(block.residual.max() for block in self.blocks))
        self._check_rest()

    def _compile(self, block: Block) -> None:
        """Make the first block ready, so that all programs compile, side by side."""
        start = np.full(CHUNK, self.setup.population.protocol.start)
        nothing = Segments(start, start, np.zeros(CHUNK, bool), np.zeros(CHUNK, bool))

        def spines() -> None:
            block.plant(self.setup.settings.slots)
            block.rehearse_trees(nothing)
            block.settle()

        self.crew.together(lambda: block.rehearse(nothing, self._given(nothing)), spines)

    def at(self, moment: int) -> int:
        """Return how many chunks are over at a moment (s from day 0) at which one ends.

        Raises:
            StoreError: none ends there.
        """
        ends = [self.setup.population.protocol.start, *(int(chunk.end[-1]) for chunk in self.chunks)]
        if moment not in ends:
            raise StoreError(f"the run cannot begin at {moment} s: it is no moment at which its spines are counted")
        return ends.index(moment)

    @property
    def times(self) -> np.ndarray:
        """When frames are recorded, s from day 0, shape (time,)."""
        ends = [chunk.end[chunk.end > chunk.begin] for chunk in self.chunks[self.at(self.since) :]]
        return np.concatenate(ends)

    @property
    def variables(self) -> int:
        """Number of variables of an animal."""
        return treatment.WIDTH * len(treatment.slots(self.setup.population.protocol)[0]) + 1

    @property
    def now(self) -> int:
        """Where the run stands, s from day 0."""
        return int(self.chunks[self.position - 1].end[-1]) if self.position else self.setup.population.protocol.start

    @property
    def finished(self) -> bool:
        """Whether the end is reached."""
        return self.position == len(self.chunks)

    @property
    def steps(self) -> np.ndarray:
        """Accepted and rejected steps of every lane so far, shape (2, lane)."""
        lanes = [block.neurons for block in self.blocks]
        both = [np.stack([np.asarray(one.accepted), np.asarray(one.rejected)]) for one in lanes]
        return np.concatenate([part[:, : block.who.own[0]] for part, block in zip(both, self.blocks, strict=True)], 1)

    def advance(self, rows: Sequence[int] | slice = slice(None), dtype: Any = None) -> Passed:
        """Move everyone through the next chunk.

        Args:
            rows: which of the cascade's variables are recorded; all, unless said.
            dtype: of the record; None is that of the computation.

        Raises:
            NumericalError: no neuron is left.
        """
        chunk = self.chunks[self.position]
        given = self._given(chunk)
        parts: list[Stretch] = self.crew.each(lambda block: block.advance(chunk, given), self.blocks)
        self.position += 1
        for block in self.blocks:
            refuse_lost(self.setup.population, block.animals, block.who.animals, self.now)
        real = chunk.end > chunk.begin
        animals, drive = (self.of_animals([getattr(one, name)[real] for one in parts]) for name in ("animals", "drive"))
        cascade = np.concatenate([part.cascade[real][:, rows] for part in parts], axis=-1, dtype=dtype)
        spines = np.concatenate([part.spines[real] for part in parts], axis=-1)
        self._quarantine(chunk, np.concatenate([part.failed for part in parts], axis=-1))
        for failure in self.failures:
            cascade[chunk.end[real] > failure.time, :, failure.lane] = np.nan
        frames = Frames(chunk.end[real], animals, drive, cascade, spines)
        return Passed(frames, _joined([part.died for part in parts]), self.look())

    def look(self) -> Seen | None:
        """Return all spines if an imaging session is due now, in one table."""
        if self.now not in self.days:
            return None
        return side_by_side(self.crew.each(lambda block: block.look(self.now), self.blocks))

    def of_animals(self, parts: list[np.ndarray]) -> np.ndarray:
        """Return values of every block's animals, the last axis over animals, as values of all animals."""
        whole = np.zeros((*parts[0].shape[:-1], self.setup.population.animals), parts[0].dtype)
        for block, part in zip(self.blocks, parts, strict=True):
            whole[..., block.who.animals] = part
        return whole

    def living(self) -> Ledger:
        """Return the spines that are alive."""
        return _joined([block.living() for block in self.blocks])

    def _given(self, chunk: Segments) -> Given:
        """Return what each arm gets in a chunk."""
        population = self.setup.population
        dtype = np.dtype(self.setup.settings.precision)
        jumps, infusion, bath = treatment.administered(population.protocol, chunk, dtype)
        injected = [chunk.event & np.isin(chunk.begin, times) for times in population.protocol.injections()]
        arm = np.arange(population.animals) // population.mice
        branches = len(self.length) // population.arms
        return Given(jumps, infusion, bath, np.stack(injected, axis=1), arm, branches)

    def _quarantine(self, chunk: Segments, failed: np.ndarray) -> None:
        """Note which neurons diverged in a chunk; `failed` has shape (segment, lane)."""
        reached = np.concatenate([np.asarray(block.neurons.step)[: block.who.own[0]] for block in self.blocks])
        known = [failure.lane for failure in self.failures]
        found = failures(self.setup.population, self.cast.pathway, chunk, failed, reached)
        self.failures += [failure for failure in found if failure.lane not in known]
        if len(self.failures) == failed.shape[1]:
            raise NumericalError(f"every neuron diverged; the first: {self.failures[0]}")

    def _check_rest(self) -> None:
        """Refuse neurons without a resting state."""
        residual = np.concatenate([block.residual for block in self.blocks], axis=1)
        restless = ~(residual < AT_REST * np.finfo(residual.dtype).eps)  # also true where it is not a number
        if not restless.any():
            return
        lane = int(np.flatnonzero(restless.any(axis=0))[0])
        animal, neuron = self.setup.population.lanes()[lane]
        raise NumericalError(
            f"{VARIABLES[int(np.argmax(restless[:, lane]))].path} of neuron {neuron} of mouse "
            f"{animal % self.setup.population.mice} has no resting value ({int(restless.any(axis=0).sum())} neurons in "
            "all); check its parameters"
        )


def _joined(parts: list[Ledger]) -> Ledger:
    return Ledger(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))
