"""A block: some neighbouring neurons with their animals and branches, computed by one set of programs on one device.

Every block has the same width and needs nothing of any other, so that neither the size of the population nor the
number of devices changes a bit of a neuron's life, and no population size compiles anything anew.
"""

from __future__ import annotations

import dataclasses
from typing import Any, NamedTuple

import jax
import numpy as np
from jax import Array
from jax import numpy as jnp

from plastisim import model
from plastisim.biology.exposure import Drive, Exposure
from plastisim.biology.ligands import Supply
from plastisim.biology.spines import Spines
from plastisim.cascade import GROUP, cascade_program, drive_program, exposure_program, rest_program, tolerances
from plastisim.engine import control
from plastisim.engine.clock import Segments
from plastisim.engine.control import Lanes
from plastisim.engine.loop import Pieces, at_end
from plastisim.engine.placing import placed, taken
from plastisim.engine.randomness import keys_of
from plastisim.engine.stepping import Method
from plastisim.population import Population
from plastisim.spine_agents import Sites, keyed
from plastisim.trees import Ledger, Seen, Trees

VARIABLES = model.variables()
VECTOR = 16  # animals; in whole vectors, since the rest of a loop is rounded otherwise
_NAMES = [declared.name for declared in VARIABLES]
GROWTH = [_NAMES.index(name) for name in ("plasticity_proteins", "spine_set_point", "ampa_gain")]


class Members(NamedTuple):
    """Who belongs to a block: indices into the population, filled up to a fixed number by repeating the first.

    Attributes:
        animals: shape (animal,).
        lanes: shape (lane,).
        sites: shape (site,).
        animal: of each lane, as an index into `animals`, shape (lane,).
        lane: of each site, as an index into `lanes`, shape (site,).
        own: numbers of lanes and of sites that do not only fill up.
    """

    animals: np.ndarray
    lanes: np.ndarray
    sites: np.ndarray
    animal: np.ndarray
    lane: np.ndarray
    own: tuple[int, int]


class Cast(NamedTuple):
    """Everyone, before they are shared out: parameters with a leading axis of animal, lane or branch.

    Attributes:
        exposure: of every animal; leaves of shape () or (animal,).
        pathway: of every neuron; leaves of shape () or (lane,).
        law: of spines; leaves of shape () or (site,).
        sites: branches, shape (site,); keys as their words.
        copies: molecules of each counted variable, by name; empty where nothing is left to chance.
        chance: words of the keys of each counted variable, shape (counted, lane, 2); None where there is none.
    """

    exposure: Exposure
    pathway: model.Pathway
    law: Spines
    sites: Sites
    copies: dict[str, Any]
    chance: np.ndarray | None


class Given(NamedTuple):
    """What is given to each arm in a chunk.

    Attributes:
        jumps: added to an animal's variables at the start of each segment, shape (segment, variable, arm).
        infusion: nmol/L/s, shape (compound, segment, arm).
        bath: nmol/L, -1 where there is none, shape (compound, segment, arm).
        injected: whether animals are injected at the start of each segment, shape (segment, arm).
        arm: of each animal, shape (animal,).
        branches: number of branches an arm.
    """

    jumps: np.ndarray
    infusion: np.ndarray
    bath: np.ndarray
    injected: np.ndarray
    arm: np.ndarray
    branches: int


class Stretch(NamedTuple):
    """What a block did in a chunk.

    Attributes:
        animals: exposure at each segment's end, shape (segment, variable, animal).
        drive: what the neurons see then, shape (segment, drive, animal).
        cascade: all variables then, shape (segment, variable, lane).
        failed: variable that had diverged then, -1 while there is none, shape (segment, lane).
        spines: living spines, shape (segment, site).
        died: spines that died, their branches as indices into the population.
    """

    animals: np.ndarray
    drive: np.ndarray
    cascade: np.ndarray
    failed: np.ndarray
    spines: np.ndarray
    died: Ledger


def members(population: Population, width: int) -> list[Members]:
    """Share out a population in blocks of `width` lanes."""
    pairs, filled, neurons = population.lanes(), population.filled, population.neurons
    dendrites = population.cohorts[0].dendrites
    most = width // filled if width % filled == 0 else width // filled + 2  # animals, a part of them counted whole
    within = min(width, most * neurons)
    real, blocks = population.animals * filled, []
    for first in range(0, real, width):
        own = np.arange(first, min(first + width, real))
        lanes = _filled(own, width)
        animals = np.unique(pairs[own, 0])
        imaged = own[pairs[own, 1] < neurons]
        carriers = np.repeat(imaged, dendrites)
        start = (pairs[imaged, 0] * neurons + pairs[imaged, 1]) * dendrites
        sites = (start[:, None] + np.arange(dendrites)).ravel()
        blocks.append(
            Members(
                animals=_filled(animals, min(width // GROUP, -(-most // VECTOR) * VECTOR)),
                lanes=lanes,
                sites=_filled(sites, within * dendrites),
                animal=np.searchsorted(animals, pairs[lanes, 0]).astype(np.int32),
                lane=_filled(carriers - first, within * dendrites).astype(np.int32),
                own=(len(own), len(sites)),
            )
        )
    return blocks


def _filled(indices: np.ndarray, width: int) -> np.ndarray:
    return np.concatenate([indices, np.repeat(indices[:1], width - len(indices))])


class Block:
    """One block on its way through time: made, then `settle` and `plant` before it moves."""

    def __init__(self, who: Members, cast: Cast, tolerance: float, method: Method, device: Any) -> None:
        """Take the parameters of its members to its device, where the numbers of all are already (see `sent_once`)."""
        self.who, self.device, self.dtype, self.pieces = who, device, cast.sites.set_point.dtype, method.pieces
        self.exposure = placed(cast.exposure, who.animals, device)
        self.pathway = placed(cast.pathway, who.lanes, device)
        self.law, sites = placed((cast.law, cast.sites), who.sites, device)
        self.animal, lane = jax.device_put((who.animal, who.lane), device)
        self.sites, self.program = keyed(sites._replace(lane=lane)), cascade_program(tuple(cast.copies), method)
        self.within = tolerances(len(self.exposure.ligands), tolerance)
        self.chance = () if cast.chance is None else (
            tuple(taken(number, who.lanes) for number in cast.copies.values()),
            keys_of(jax.device_put(cast.chance[:, who.lanes], device)),
        )  # fmt: skip
        self.initial = self.exposure.initial(self._none(len(who.animals)))
        self.animals = control.start(jnp.stack(jax.tree.leaves(self.initial)))

    def settle(self) -> None:
        """Solve rest for its neurons under their animals' resting drive."""
        none = self._none(len(self.who.animals))
        supply = tuple(Supply(none, none - 1.0) for _ in self.exposure.ligands)
        drive: Drive = drive_program()(self.exposure, self.initial, supply)
        values, self.rest, residual = rest_program()(self.pathway, taken(drive, self.animal))
        self.residual = np.asarray(residual)[:, : self.who.own[0]]
        self.neurons = control.start(values)

    def plant(self, slots: int) -> None:
        """Start its branches in their stationary state."""
        self.trees = Trees(self.law, self.sites, slots)

    def rehearse(self, nothing: Segments, given: Given) -> None:
        """Compile exposure and cascade on a chunk without length, in which nothing moves."""
        lengths, pieces, _ = self._expose(nothing, given)
        lanes = self._none(len(self.who.lanes))
        rest = model.Resting(*(lanes for _ in dataclasses.fields(model.Resting)))
        begin = control.start(self._none(len(VARIABLES), len(self.who.lanes)))
        self._cascade(nothing, rest, begin, pieces, lengths)

    def rehearse_trees(self, nothing: Segments) -> None:
        """Compile the spines' program on a chunk without length."""
        still = self._none(len(nothing.end), len(self.who.lanes))
        nobody = np.zeros((len(nothing.end), len(self.who.sites)), bool)
        self.trees.advance(nothing, still, still, nobody, still)

    def advance(self, chunk: Segments, given: Given) -> Stretch:
        """Move through a chunk: exposure, cascade, spines."""
        lengths, pieces, animals = self._expose(chunk, given)
        self.neurons, values, failed = self._cascade(chunk, self.rest, self.neurons, pieces, lengths)
        struck = given.injected[:, self.who.sites // given.branches]
        proteins, set_point, ampa_gain = (values[:, row] for row in GROWTH)
        counts, died = self.trees.advance(chunk, proteins, set_point, struck, ampa_gain)
        lanes, sites = self.who.own
        return Stretch(
            np.asarray(animals), at_end(pieces), np.asarray(values)[..., :lanes],
            np.asarray(failed)[:, :lanes], np.asarray(counts)[:, :sites], self._own(died),
        )  # fmt: skip

    def _cascade(
        self, chunk: Segments, rest: model.Resting, neurons: Lanes, pieces: Pieces, lengths: np.ndarray
    ) -> tuple[Lanes, Array, Array]:
        return self.program(
            self.within.neurons, self.pathway, rest, self.animal, neurons, pieces, chunk.event, lengths,
            chunk.end.astype(np.int32), *self.chance,
        )  # fmt: skip

    def _expose(self, chunk: Segments, given: Given) -> tuple[np.ndarray, Pieces, Array]:
        """Move the animals; return the segments' lengths, what the neurons see in them, and the animals' variables."""
        here = given.arm[self.who.animals]
        lengths = (chunk.end - chunk.begin).astype(self.dtype)
        jumps, infusion, bath = (part[..., here] for part in (given.jumps, given.infusion, given.bath))
        supply = tuple(Supply(rate, held) for rate, held in zip(infusion, bath, strict=True))
        moving = (self.within.animals, self.exposure, self.animals, jumps, supply, lengths)
        self.animals, pieces, values = exposure_program(self.pieces)(*moving)
        return lengths, pieces, values

    def look(self, now: int) -> Seen:
        """Return what imaging at `now` (s) needs of every spine of its own branches."""
        return Seen(*(part[: self.who.own[1]] for part in self.trees.look(now)))

    def living(self) -> Ledger:
        """Return its living spines."""
        return self._own(self.trees.living())

    def _own(self, spines: Ledger) -> Ledger:
        """Return spines on branches of its own, the branches as indices into the population."""
        mine = spines.site < self.who.own[1]
        return Ledger(*(part[mine] for part in spines))._replace(site=self.who.sites[spines.site[mine]])

    def _none(self, *shape: int) -> Array:
        return jax.device_put(np.zeros(shape, self.dtype), self.device)
