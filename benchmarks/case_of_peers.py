"""What all solvers of peers.py solve: neurons that differ, in one animal after 1 mg/kg psilocybin."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import jax
import numpy as np
import peer_solvers
from jax import numpy as jnp

from plastisim import cascade, model
from plastisim.biology.calcium import OSCILLATORY, SMOOTH
from plastisim.biology.exposure import Exposure
from plastisim.biology.ligands import LigandState
from plastisim.course import Course
from plastisim.engine import control
from plastisim.engine.clock import AFTER_EVENT, Segments, schedule
from plastisim.engine.crew import Crew
from plastisim.engine.fields import declarations
from plastisim.exchange.sbml_out import export_sbml
from plastisim.lab.cohort import PT, Cohort, Spread
from plastisim.lab.compounds import PSILOCYBIN
from plastisim.lab.protocol import DAY, TICK, Arm, Dose, Protocol
from plastisim.population import exposures, populate
from plastisim.setup import Settings, Setup
from plastisim.treatment import administered

ARM = Arm("psilocybin", (Dose(PSILOCYBIN, 1.0),))
PROTOCOL = Protocol((ARM,), start=0, end=DAY, sessions=(0,))
ALIKE_MICE = Spread(elimination=0.0)  # one animal's exposure for all, as the file has it
FLOOR = 0.1  # of a variable's declared scale, below which its error counts as absolute
NEURONS = 8  # a mouse
PRESETS = {"smooth": (SMOOTH, DAY), "oscillatory": (OSCILLATORY, 3600)}  # calcium, length of the stretch in s
SCALE = np.array([declared.metadata["scale"] for declared in model.variables()])


def pathway(preset: str) -> model.Pathway:
    """Return the pathway without exchange between neighbours, of which the file has none."""
    plain = model.default_pathway()
    calcium, _ = PRESETS[preset]
    return dataclasses.replace(plain, calcium=calcium, bdnf=dataclasses.replace(plain.bdnf, diffusion=0.0))


def with_own(given: model.Pathway, own: Any) -> model.Pathway:
    """Return a pathway with a neuron's own numbers, in the order of `peer_solvers.OWN`."""
    return dataclasses.replace(
        given,
        gq=dataclasses.replace(given.gq, reserve=own[0]),
        excitability=dataclasses.replace(given.excitability, resting_rate=own[1], htr1a_weight=own[2]),
    )


def animal() -> tuple[Exposure, np.ndarray]:
    """Return the animal and its variables right after the dose, shape (variable,)."""
    population = populate(PROTOCOL, (Cohort("one", PT, 1, 1, 1),), 0)
    exposure = exposures(population, ALIKE_MICE, jnp.dtype("float64"))
    start = np.array([leaf[0] for leaf in jax.tree.leaves(exposure.initial(jnp.zeros(1)))])
    return exposure, start + administered(PROTOCOL, segments("smooth"), np.dtype(float))[0][0, :, 0]


def segments(preset: str) -> Segments:
    """Return the stretch in segments, in one chunk of the usual size."""
    length = PRESETS[preset][1]
    tick = min(length, 7200)
    (chunk,) = schedule(0, length, tick, [0], [wait for wait in AFTER_EVENT if wait < length]).chunks(32)
    return chunk


class Ours:
    """Plastisim's own blocks and programs on all cores, the cascade and exposure without the spines."""

    def __init__(self, preset: str, neurons: int, crew: Crew) -> None:
        """Draw the neurons as a run does, and solve their rest."""
        cohort = Cohort("one", PT, neurons // NEURONS, NEURONS, 1)
        protocol = dataclasses.replace(PROTOCOL, end=max(PRESETS[preset][1], TICK))  # its length decides on the steps
        setup = Setup.of(protocol, (cohort,), pathway=pathway(preset), spread=ALIKE_MICE, settings=Settings(slots=32))
        self.crew, self.course = crew, Course(setup, crew)
        self.course.start()
        self.chunk = segments(preset)
        self.given = self.course._given(self.chunk)
        self.starts = [(block.animals, block.neurons) for block in self.course.blocks]

    def solve(self, tolerance: float) -> np.ndarray:
        """Return the cascade at the segments' ends, shape (neuron, time, variable)."""
        within = cascade.tolerances(len(self.course.setup.population.compounds), tolerance)
        real = self.chunk.end > self.chunk.begin

        def one(job: tuple[Any, tuple[control.Lanes, control.Lanes]]) -> np.ndarray:
            block, (block.animals, block.neurons) = job
            block.within = within
            lengths, pieces, _ = block._expose(self.chunk, self.given)
            values = block._cascade(self.chunk, block.rest, block.neurons, pieces, lengths)[1]
            return np.asarray(values)[real, :, : block.who.own[0]]

        found = np.concatenate(self.crew.each(one, zip(self.course.blocks, self.starts, strict=True)), axis=-1)
        return np.moveaxis(found, -1, 0)

    def neurons(self, count: int) -> peer_solvers.Neurons:
        """Return the first neurons as the peers take them."""
        block = self.course.blocks[0]
        if count > block.who.own[0]:
            raise ValueError(f"peers take at most {block.who.own[0]} neurons, but got {count}")
        own = block.pathway.gq.reserve, block.pathway.excitability.resting_rate, block.pathway.excitability.htr1a_weight
        rest = {f"rest_{name}": leaf for name, leaf in vars(block.rest).items()}
        columns = [np.broadcast_to(leaf, block.who.lanes.shape)[:count] for leaf in (*own, *rest.values())]
        return peer_solvers.Neurons(
            tuple(declared.name for declared in model.variables()), (*peer_solvers.OWN, *rest),
            np.asarray(block.neurons.values).T[:count], np.stack(columns, axis=1),
        )  # fmt: skip


def task(preset: str, folder: Path) -> peer_solvers.Task:
    """Write the SBML file and return what the peers solve."""
    file = export_sbml(ARM, folder / f"{preset}.xml", pathway=pathway(preset), end=DAY, overwrite=True)
    ligand = [declared.metadata["scale"] for declared in declarations(LigandState, "variable")]
    exposed = np.array([*ligand * len(PROTOCOL.compounds()), *ligand, 1.0])
    chunk = segments(preset)
    times = np.array([0, *chunk.end[chunk.end > chunk.begin]], float)
    return peer_solvers.Task(str(file), times, cascade.ABSOLUTE * np.concatenate([exposed, SCALE]))


def worst(found: np.ndarray, wanted: np.ndarray) -> float:
    """Return the largest relative error of any variable at any time; `nan` counts as infinite."""
    miss = np.abs(found - wanted) / np.maximum(np.abs(wanted), FLOOR * SCALE)
    return float(np.nan_to_num(miss, nan=np.inf).max())


def cheapest(candidates: Sequence[dict[str, Any]], target: float) -> dict[str, Any] | None:
    """Return the fastest setting of a solver whose error is at most the target."""
    good = [one for one in candidates if one["error"] <= target]
    return min(good, key=lambda one: one["seconds"]) if good else None
