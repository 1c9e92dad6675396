"""Neurons whose state diverged: named, with the moment and their own parameters, while the others go on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import numpy as np

from plastisim import model
from plastisim.biology.ligands import LigandState
from plastisim.block import VARIABLES
from plastisim.engine.clock import Segments
from plastisim.engine.control import Lanes
from plastisim.engine.errors import NumericalError
from plastisim.engine.fields import declarations
from plastisim.lab.protocol import DAY
from plastisim.population import Population
from plastisim.treatment import slots


class Failure(NamedTuple):
    """A neuron that diverged; it stands still from then on, and the others go on.

    Attributes:
        arm: name.
        mouse: index.
        neuron: index.
        variable: path of the variable that diverged.
        time: s from day 0.
        lane: index.
        parameters: the neuron's own parameters by path, those that differ between neurons.
    """

    arm: str
    mouse: int
    neuron: int
    variable: str
    time: float
    lane: int
    parameters: dict[str, float]

    def __str__(self) -> str:
        """Return one line."""
        own = ", ".join(f"{path} = {value:.4g}" for path, value in self.parameters.items())
        return (
            f"{self.variable} of neuron {self.neuron} of mouse {self.mouse} in arm {self.arm!r} diverged at "
            f"{self.time / DAY:.4f} d; its own parameters: {own}"
        )


def refuse_lost(population: Population, lanes: Lanes, animals: np.ndarray, now: int) -> None:
    """Refuse animals whose exposure diverged: what their neurons see would no longer mean anything.

    Args:
        population: who is simulated.
        lanes: one lane an animal.
        animals: their numbers in the population, shape (animal,).
        now: s from day 0, by which it happened.

    Raises:
        NumericalError: naming variable, compound, mouse, arm and time.
    """
    failed = np.asarray(lanes.failed)
    if (failed < 0).all():
        return
    lane = int(np.argmax(failed >= 0))
    arm, mouse = divmod(int(animals[lane]), population.mice)
    names = [one.name for one in declarations(LigandState, "variable")]
    compound, variable = divmod(int(failed[lane]), len(names))
    carried = slots(population.protocol)[arm]
    last = int(failed[lane]) == len(lanes.values) - 1
    what = "serotonin_release" if last else f"{names[variable]} of {carried[compound].name}"
    raise NumericalError(
        f"exposure: {what} in mouse {mouse} of arm {population.protocol.arms[arm].name!r} diverged by "
        f"{now / DAY:.4f} d; check the numbers of its compounds and what is given"
    )


def inherited(known: Iterable[Failure], old: Population, new: Population, parents: Sequence[int]) -> list[Failure]:
    """Return who had diverged in the arms that those of another protocol continue, under their new names.

    Args:
        known: of the population `old`.
        old: who was simulated.
        new: the same mice, in other arms.
        parents: index of the arm of `old` that each arm of `new` continues.
    """
    lanes = old.mice * old.filled
    return [
        one._replace(arm=arm.name, lane=one.lane + (index - parent) * lanes)
        for index, (arm, parent) in enumerate(zip(new.protocol.arms, parents, strict=True))
        for one in known
        if one.arm == old.protocol.arms[parent].name
    ]


def failures(
    population: Population, pathway: model.Pathway, chunk: Segments, failed: np.ndarray, reached: np.ndarray
) -> Iterator[Failure]:
    """Yield the neurons that have diverged by the end of a chunk.

    Args:
        population: who is simulated.
        pathway: of every neuron; leaves of shape () or (lane,).
        chunk: segments.
        failed: variable that had diverged at each segment's end, -1 where none, shape (segment, lane).
        reached: how far each diverged lane came in its segment, s, shape (lane,).
    """
    differing = [one for one in declarations(pathway, "parameter") if np.ndim(one.value)]
    for lane in np.flatnonzero(failed[-1] >= 0):
        first = int(np.argmax(failed[:, lane] >= 0))
        animal, neuron = population.lanes()[lane]
        arm, mouse = divmod(int(animal), population.mice)
        yield Failure(
            arm=population.protocol.arms[arm].name,
            mouse=mouse,
            neuron=int(neuron),
            variable=VARIABLES[int(failed[first, lane])].path,
            time=float(chunk.begin[first] + reached[lane]),
            lane=int(lane),
            parameters={one.path: float(np.asarray(one.value)[lane]) for one in differing},
        )
