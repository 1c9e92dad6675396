"""simulate(): cohort × arms × schedule → recorded frames."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any

import jax
import numpy as np

from plastisim import model
from plastisim.biology.spines import Spines
from plastisim.course import Course, Frames, Passed
from plastisim.engine.crew import Crew
from plastisim.lab.cohort import Cohort, Spread
from plastisim.lab.imaging import Microscope, Snapshots
from plastisim.lab.protocol import DAY, Protocol
from plastisim.quarantine import Failure
from plastisim.setup import Settings, Setup
from plastisim.trees import BLANK, Ledger, Seen, padded


@dataclasses.dataclass(frozen=True, eq=False)
class Imaged(Setup):
    """A finished simulation, as far as every one is kept.

    Attributes:
        snapshots: all spines in every imaging session.
        steps: accepted and rejected steps of the cascade, shape (2, lane).
        residual: largest relative residual of the resting state.
        failures: neurons that diverged, in the order in which they were noticed.
    """

    snapshots: Snapshots
    steps: np.ndarray
    residual: float
    failures: tuple[Failure, ...]


@dataclasses.dataclass(frozen=True, eq=False)
class Run(Imaged):
    """A finished simulation in memory.

    Attributes:
        frames: recorded states.
        ledger: every spine's birth and death.
    """

    frames: Frames
    ledger: Ledger


def simulate(
    protocol: Protocol,
    cohorts: tuple[Cohort, ...],
    *,
    seed: int = 0,
    pathway: model.Pathway | None = None,
    law: Spines | None = None,
    spread: Spread | None = None,
    microscope: Microscope | None = None,
    settings: Settings | None = None,
    progress: Callable[[float], Any] = lambda done: None,
) -> Run:
    """Simulate every arm of a protocol on the same individuals.

    Args:
        protocol: arms, times and imaging sessions.
        cohorts: groups of mice.
        seed: of all randomness, 0 to 2^32 - 1.
        pathway: parameters of the cascade; None takes the defaults.
        law: parameters of the spines; None takes the defaults.
        spread: how individuals differ; None takes the defaults.
        microscope: how branches are imaged; None takes the defaults.
        settings: how it is computed.
        progress: called with the number of simulated seconds after each chunk.

    Raises:
        ConfigError: for a population that makes no sense.
        NumericalError: a neuron has no rest, or no neuron is left. A single neuron that diverges is named in
            `Run.failures`, stands still and is missing from the record; its neighbours go on.
    """
    setup = Setup.of(
        protocol, cohorts, seed=seed, pathway=pathway, law=law, spread=spread, microscope=microscope, settings=settings
    )
    with jax.enable_x64(setup.settings.precision == "float64"), Crew() as crew:
        course = Course(setup, crew)
        course.start()
        sessions, passed = [course.look()], []
        while not course.finished:
            before = course.now
            passed.append(course.advance())
            sessions.append(passed[-1].seen)
            progress(float(course.now - before))
        return _finished(course, passed, [seen for seen in sessions if seen is not None])


def _finished(course: Course, passed: list[Passed], sessions: list[Seen]) -> Run:
    """Return what was kept in memory."""
    columns = zip(*(one.died for one in passed), course.living(), strict=True)
    spines = [np.concatenate(parts) for parts in columns]
    order = np.lexsort((spines[1], spines[0]))
    return Run(
        **vars(course.setup),
        snapshots=snapshots(sessions, sorted(course.days), course.length),
        steps=course.steps,
        residual=course.residual,
        failures=tuple(course.failures),
        frames=Frames(*(np.concatenate(parts) for parts in zip(*(one.frames for one in passed), strict=True))),
        ledger=Ledger(*(column[order] for column in spines)),
    )


def snapshots(sessions: Sequence[Seen], moments: Sequence[int], length: np.ndarray) -> Snapshots:
    """Return all sessions, at some moments (s from day 0), in tables of one width."""
    width = max(session.serial.shape[1] for session in sessions)
    columns = zip(*sessions, BLANK, strict=True)
    tables = [np.stack([padded(part, width, blank) for part in parts]) for *parts, blank in columns]
    return Snapshots(np.array(moments) / DAY, **dict(zip(Seen._fields, tables, strict=True)), length=length)
