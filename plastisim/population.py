"""From arms and cohorts to arrays: one lane a neuron, one row an animal.

Lanes run over arm, mouse and neuron, in that order; a mouse's neurons are filled up to whole neighbour groups, and
the lanes to whole vectors, so that a neuron always sits in the same group and is computed by the same instructions.
An animal is a mouse in an arm: the same mouse in two arms has the same ids, and therefore the same randomness.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Sequence
from typing import Any, TypeVar

import jax
import numpy as np
from jax import Array
from jax import numpy as jnp

from plastisim import individuals, model, treatment
from plastisim.biology.exposure import Exposure
from plastisim.biology.ligands import Ligand
from plastisim.biology.spines import Spines
from plastisim.cascade import GROUP
from plastisim.engine.errors import ConfigError
from plastisim.individuals import Branches, Mice, Neurons, in_pieces
from plastisim.lab.cohort import Cohort, Spread
from plastisim.lab.compounds import SEROTONIN, Compound
from plastisim.lab.imaging import Microscope
from plastisim.lab.protocol import Protocol
from plastisim.spine_agents import Sites

Tree = TypeVar("Tree")
VECTOR = 64  # lanes are filled up to a multiple of this


@dataclasses.dataclass(frozen=True)
class Population:
    """Who is simulated.

    Attributes:
        protocol: arms and times.
        cohorts: groups of mice.
        cohort: index of the cohort of each mouse, shape (mouse,).
        mouse: index of each mouse within its cohort, shape (mouse,).
        neurons: imaged neurons a mouse.
        compounds: serotonin first, then every compound given.
        seed: of all randomness.
    """

    protocol: Protocol
    cohorts: tuple[Cohort, ...]
    cohort: np.ndarray
    mouse: np.ndarray
    neurons: int
    compounds: tuple[Compound, ...]
    seed: int

    @property
    def arms(self) -> int:
        """Number of arms."""
        return len(self.protocol.arms)

    @property
    def mice(self) -> int:
        """Number of mice an arm, over all cohorts."""
        return len(self.mouse)

    @property
    def filled(self) -> int:
        """Neurons a mouse, filled up to whole groups."""
        return -(-self.neurons // GROUP) * GROUP

    @property
    def animals(self) -> int:
        """Number of animals: arms × mice."""
        return self.arms * self.mice

    def lanes(self) -> np.ndarray:
        """Return (animal, neuron) of every lane, shape (lane, 2); lanes beyond the last neuron repeat the first."""
        animal, neuron = np.divmod(np.arange(self.animals * self.filled), self.filled)
        pairs = np.stack([animal, neuron], axis=1)
        missing = -len(pairs) % VECTOR
        return np.concatenate([pairs, pairs[np.zeros(missing, dtype=int)]])

    def imaged(self, values: np.ndarray) -> np.ndarray:
        """Return lane values (…, lane) as (…, arm, mouse, neuron), without the lanes that only fill up."""
        kept = values[..., : self.animals * self.filled]
        return kept.reshape(*values.shape[:-1], self.arms, self.mice, self.filled)[..., : self.neurons]


def populate(protocol: Protocol, cohorts: Sequence[Cohort], seed: int) -> Population:
    """Return the population of a protocol.

    Raises:
        ConfigError: if the cohorts differ in neurons or dendrites a mouse or share a name, or the seed is not a 32-bit
            integer, or an arm changes a parameter that does not exist.
    """
    shapes = {(cohort.neurons, cohort.dendrites) for cohort in cohorts}
    if not cohorts:
        raise ConfigError("a run needs at least one cohort")
    if len(shapes) != 1:
        raise ConfigError(f"cohorts of one run need the same neurons and dendrites a mouse, but got {sorted(shapes)}")
    names = [cohort.name for cohort in cohorts]
    if len(set(names)) < len(names):
        raise ConfigError(f"cohorts need different names, but got {', '.join(map(repr, names))}")
    if not (isinstance(seed, int) and 0 <= seed < 2**32):
        raise ConfigError(f"the seed must be an integer from 0 to 2^32 - 1, but got {seed!r}")
    treatment.check(protocol)
    cohort = np.concatenate([np.full(one.mice, index) for index, one in enumerate(cohorts)])
    mouse = np.concatenate([np.arange(one.mice) for one in cohorts])
    others = tuple(compound for compound in protocol.compounds() if compound is not SEROTONIN and not compound.inert)
    neurons = cohorts[0].neurons
    return Population(protocol, tuple(cohorts), cohort, mouse, neurons, (SEROTONIN, *others), seed)


def in_precision(tree: Tree, dtype: jnp.dtype) -> Tree:
    """Return parameters in one precision; numbers stay on the host until a program reads them."""

    def cast(leaf: Any) -> Any:
        return leaf.astype(dtype) if isinstance(leaf, Array) else np.asarray(leaf, dtype)

    return jax.tree.map(cast, tree)


def on_host(tree: Tree) -> Tree:
    """Return arrays on the host, where a part of them is found much sooner."""
    return jax.tree.map(np.asarray, tree)


def neuron_words(population: Population, purpose: str) -> np.ndarray:
    """Return the two words of each lane's key for a purpose, shape (lane, 2)."""
    draw = functools.partial(individuals.neuron_words, seed=_seed(population), purpose=purpose)
    return in_pieces(draw, _neurons(population))


def _seed(population: Population) -> np.uint32:
    return np.uint32(population.seed)


def _mice(population: Population, animal: np.ndarray) -> Mice:
    """Return the addresses of the mice that some animals are; the same mouse in two arms has one address."""
    mouse = animal % population.mice
    return Mice(population.cohort[mouse], population.mouse[mouse])


def _neurons(population: Population) -> Neurons:
    """Return the addresses of the neurons of all lanes."""
    animal, neuron = population.lanes().T
    return Neurons(_mice(population, animal), neuron)


def exposures(population: Population, spread: Spread, dtype: jnp.dtype) -> Exposure:
    """Return compounds and receptor density of every animal; leaves of shape (animal,) or, where no arm differs, ()."""
    spread = in_precision(spread, dtype)
    draw = functools.partial(individuals.clearance, seed=_seed(population), spread=spread, dtype=dtype)
    clearance = in_pieces(draw, _mice(population, np.arange(population.mice)))

    def of_animals(values: np.ndarray) -> Any:
        same = bool((values == values[0]).all())  # one number then, which divides to the same bit as ever
        return float(values[0]) if same else np.repeat(values, population.mice)

    ligands = []
    for numbers in treatment.ligand_numbers(population.protocol):
        leaves = {name: of_animals(values) for name, values in numbers.items()}
        cleared = np.asarray(numbers["elimination"], dtype)[:, None] * clearance[None]
        ligands.append(Ligand(**(leaves | {"elimination": cleared.ravel()})))
    own: dict[str, Any] = {
        name: np.repeat(values, population.mice)
        for name, values in treatment.animal_numbers(population.protocol).items()
    }
    return in_precision(Exposure(tuple(ligands), **own), dtype)


def pathways(population: Population, pathway: model.Pathway, spread: Spread, dtype: jnp.dtype) -> model.Pathway:
    """Return the parameters of every neuron: `pathway` with each neuron's own reserve, rate and 5-HT1A weight."""
    animal, spread = population.lanes()[:, 0], in_precision(spread, dtype)
    draw = functools.partial(individuals.reserve_and_rate, seed=_seed(population), spread=spread, dtype=dtype)
    reserve, rate = in_pieces(draw, _neurons(population))
    weights = np.array([cohort.cell_type.htr1a_weight for cohort in population.cohorts])[population.cohort]
    htr1a = weights[animal % population.mice]
    own = dataclasses.replace(
        pathway,
        gq=dataclasses.replace(pathway.gq, reserve=pathway.gq.reserve * reserve),
        excitability=dataclasses.replace(pathway.excitability, resting_rate=rate, htr1a_weight=htr1a),
    )
    return in_precision(treatment.changed(own, population.protocol, animal // population.mice), dtype)


def sites(
    population: Population, spread: Spread, law: Spines, microscope: Microscope, dtype: jnp.dtype
) -> tuple[Sites, np.ndarray]:
    """Return the branches, in the order arm, mouse, neuron, dendrite, and their lengths (um), both (site,).

    All on the host, with the words of keys in their place (see `spine_agents.keyed`).

    Args:
        population: who is simulated.
        spread: how branches and mice differ.
        law: hazards of single spines.
        microscope: the set point is what it would count.
        dtype: of the results.
    """
    dendrites = population.cohorts[0].dendrites
    animal, neuron, dendrite = (
        index.ravel() for index in np.indices((population.animals, population.neurons, dendrites))
    )
    where = Branches(_mice(population, animal), neuron, dendrite, animal * population.filled + neuron)
    names = ("density", "turnover", "drift", "handling", "growth")
    cohorts = {name: np.array([getattr(one, name) for one in population.cohorts], dtype) for name in names}
    cohorts["resolved"] = np.array([microscope.resolved(one.density) for one in population.cohorts], dtype)
    given = {"cohorts": cohorts, "spread": in_precision(spread, dtype), "law": law, "dtype": dtype}
    return in_pieces(functools.partial(individuals.branches, seed=_seed(population), **given), where)
