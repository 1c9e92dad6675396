"""simulate(): cohort × arms × schedule → recorded frames."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import numpy as np
from jax import numpy as jnp

from plastisim import model
from plastisim.biology.spines import Spines
from plastisim.engine.clock import schedule
from plastisim.engine.errors import ConfigError
from plastisim.lab.cohort import Cohort, Spread
from plastisim.lab.imaging import Microscope, Snapshots
from plastisim.lab.protocol import DAY, TICK, Protocol
from plastisim.population import Population, populate
from plastisim.runners import Animals, Ledger, Neurons, Trees

CHUNK = 32  # segments compiled together
TOLERANCE = 3e-5  # relative; every variable then agrees with a tight reference within 1e-3


@dataclasses.dataclass(frozen=True)
class Settings:
    """How a run is computed; none of these changes what is asked.

    Args:
        tolerance: relative tolerance of the cascade.
        precision: `float64` or `float32`.
        slots: first guess of the spine slots a branch; too few are noticed and the chunk is replayed with more.
    """

    tolerance: float = TOLERANCE
    precision: str = "float64"
    slots: int = 64

    def __post_init__(self) -> None:
        if not 0.0 < self.tolerance < 1.0:
            raise ConfigError(f"the tolerance must lie between 0 and 1, but got {self.tolerance!r}")
        if self.precision not in ("float64", "float32"):
            raise ConfigError(f"precision must be 'float64' or 'float32', but got {self.precision!r}")
        if self.slots < 1:
            raise ConfigError(f"slots must be at least 1, but got {self.slots!r}")


class Frames(NamedTuple):
    """What is recorded at the end of each segment.

    Attributes:
        time: s from day 0, shape (time,).
        cascade: all variables, shape (time, variable, lane).
        spines: living spines, shape (time, site).
    """

    time: np.ndarray
    cascade: np.ndarray
    spines: np.ndarray


@dataclasses.dataclass(frozen=True, eq=False)
class Run:
    """A finished simulation.

    Attributes:
        population: who was simulated.
        pathway: parameters of the cascade, before neurons differ.
        law: parameters of the spines.
        spread: how individuals differed.
        microscope: how branches were imaged.
        settings: how it was computed.
        frames: recorded states.
        snapshots: all spines in every imaging session.
        ledger: every spine's birth and death.
        steps: accepted and rejected steps of the cascade, shape (2, lane).
        residual: largest relative residual of the resting state.
    """

    population: Population
    pathway: model.Pathway
    law: Spines
    spread: Spread
    microscope: Microscope
    settings: Settings
    frames: Frames
    snapshots: Snapshots
    ledger: Ledger
    steps: np.ndarray
    residual: float


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
        NumericalError: if a neuron's state diverges; names variable, neuron and time.
    """
    population = populate(protocol, cohorts, seed)
    settings = settings or Settings()
    parts = (pathway or model.default_pathway(), law or Spines(), spread or Spread(), microscope or Microscope())
    with jax.enable_x64(settings.precision == "float64"):
        return _simulate(population, settings, *parts, progress)


def _simulate(
    population: Population, settings: Settings, pathway: model.Pathway, law: Spines, spread: Spread,
    microscope: Microscope, progress: Callable[[float], Any],
) -> Run:  # fmt: skip
    """Run `simulate` within its precision."""
    dtype, protocol, frames = jnp.dtype(settings.precision), population.protocol, []
    animals = Animals(population, spread, dtype)
    neurons = Neurons(population, pathway, spread, animals.resting_drive(), settings.tolerance, dtype)
    trees = Trees(population, law, spread, microscope, settings.slots, dtype)
    trees.look(protocol.start, protocol.sessions)
    segments = schedule(protocol.start, protocol.end, TICK, protocol.events())
    for chunk in segments.chunks(CHUNK, [round(day * DAY) for day in protocol.sessions]):
        lengths = jnp.asarray(chunk.end - chunk.begin, dtype)
        values = neurons.advance(chunk, lengths, animals.advance(chunk, lengths))
        counts = trees.advance(chunk, values)
        trees.look(int(chunk.end[-1]), protocol.sessions)
        real = chunk.end > chunk.begin
        frames.append(Frames(chunk.end[real], np.asarray(values)[real], np.asarray(counts)[real]))
        progress(float((chunk.end - chunk.begin).sum()))
    steps = np.stack([np.asarray(neurons.lanes.accepted), np.asarray(neurons.lanes.rejected)])
    return Run(
        population, pathway, law, spread, microscope, settings,
        Frames(*(np.concatenate(part) for part in zip(*frames, strict=True))), trees.snapshots(), trees.ledger(),
        steps, neurons.residual,
    )  # fmt: skip
