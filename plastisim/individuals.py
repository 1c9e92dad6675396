"""How individuals differ: numbers of every mouse, neuron and branch, drawn from their addresses.

One program for each kind, for so many rows at once. Seed and spread are data: neither another seed nor another
population size compiles anything.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

import jax
import numpy as np
from jax import Array
from jax import numpy as jnp

from plastisim.biology.spines import Habit, Spines
from plastisim.engine.randomness import address, bits, key_for, normal, uniform
from plastisim.lab.cohort import Spread
from plastisim.spine_agents import Sites

Rows = TypeVar("Rows", bound=tuple[Any, ...])
WIDTH = 1024  # rows drawn at once; in whole vectors, since the rest of a loop is rounded otherwise


class Mice(NamedTuple):
    """The addresses of mice, or of the mice of some neurons or branches; each array has shape (row,).

    Attributes:
        cohort: index of its cohort.
        mouse: index within the cohort.
    """

    cohort: Any
    mouse: Any


class Neurons(NamedTuple):
    """The addresses of neurons; each array has shape (lane,).

    Attributes:
        mice: of each.
        neuron: index within the mouse.
    """

    mice: Mice
    neuron: Any


class Branches(NamedTuple):
    """The addresses of branches; each array has shape (site,).

    Attributes:
        mice: of each.
        neuron: index within the mouse.
        dendrite: index on the neuron.
        lane: of its neuron.
    """

    mice: Mice
    neuron: Any
    dendrite: Any
    lane: Any


def in_pieces(draw: Callable[[Rows], Any], rows: Rows) -> Any:
    """Return what is drawn for all rows, arrays on the host, with a program for `WIDTH` rows.

    Args:
        draw: row by row; its results are arrays with a leading axis of rows.
        rows: addresses; the last piece is filled up by repeating the last row.
    """
    count, parts = len(jax.tree.leaves(rows)[0]), []
    for first in range(0, count, WIDTH):
        here = np.minimum(np.arange(first, first + WIDTH), count - 1)
        parts.append(jax.device_get(draw(jax.tree.map(lambda leaf, here=here: leaf[here], rows))))
    return jax.tree.map(lambda *leaves: np.concatenate(leaves)[:count], *parts)


def mouse_keys(seed: Any, mice: Mice, purpose: str) -> Array:
    """Return one key a row for a purpose, shape (row,); it does not depend on the arm or the cohort's size."""
    return address(key_for(seed, purpose), *mice)


def neuron_keys(seed: Any, neurons: Neurons, purpose: str) -> Array:
    """Return one key a lane for a purpose, shape (lane,), from its mouse and its place in it."""
    return address(mouse_keys(seed, neurons.mice, purpose), neurons.neuron)


@functools.partial(jax.jit, static_argnames="dtype")
def clearance(mice: Mice, seed: Any, spread: Spread, dtype: jnp.dtype) -> Array:
    """Return how fast each mouse clears compounds, relative to the median, shape (mouse,)."""
    return jnp.exp(spread.elimination * normal(bits(mouse_keys(seed, mice, "elimination"))[0], dtype))


@functools.partial(jax.jit, static_argnames="dtype")
def reserve_and_rate(neurons: Neurons, seed: Any, spread: Spread, dtype: jnp.dtype) -> tuple[Array, Array]:
    """Return each neuron's receptor reserve, relative to the median, and its resting rate (1/s), both (lane,)."""
    reserve = normal(bits(neuron_keys(seed, neurons, "receptor reserve"))[0], dtype)
    word = bits(neuron_keys(seed, neurons, "resting rate"))[0]
    place = spread.tail + (1.0 - 2.0 * spread.tail) * uniform(word, dtype)
    rate = spread.rate_median * jnp.exp(spread.rate * jax.scipy.special.ndtri(place))
    return jnp.exp(spread.reserve * reserve), rate


@functools.partial(jax.jit, static_argnames="purpose")
def neuron_words(neurons: Neurons, seed: Any, purpose: str) -> Array:
    """Return the two words of each neuron's key for a purpose, shape (lane, 2)."""
    return jax.random.key_data(neuron_keys(seed, neurons, purpose))


@functools.partial(jax.jit, static_argnames="dtype")
def branches(
    where: Branches, seed: Any, cohorts: dict[str, Array], spread: Spread, law: Spines, dtype: jnp.dtype
) -> tuple[Sites, Array]:
    """Return the branches, with the two words of each key in its place, and their lengths, um, both (site,).

    Args:
        where: the branches.
        seed: of all randomness, shape ().
        cohorts: of each cohort, shape (cohort,): density, resolved, turnover, drift, handling, growth.
        spread: how branches and mice differ.
        law: hazards of single spines.
        dtype: of the results.
    """

    def keys(purpose: str) -> Array:
        return address(mouse_keys(seed, where.mice, purpose), where.neuron, where.dendrite)

    def between_mice(purpose: str, sd: Any) -> Array:
        return _log_normal(mouse_keys(seed, where.mice, purpose), sd, dtype)

    of = {name: values[where.mice.cohort] for name, values in cohorts.items()}
    length = spread.length * jnp.exp(spread.length_spread * normal(bits(keys("branch length"))[0], dtype))
    habit = Habit(of["turnover"] * between_mice("turnover", spread.turnover), of["drift"], of["handling"])
    share = law.transient_share * habit.turnover
    hidden = [law.hidden_share(jnp.full(share.shape, pool), habit.turnover) for pool in (True, False)]
    density = of["density"] / of["resolved"] / (1.0 - share * hidden[0] - (1.0 - share) * hidden[1])
    set_point = density * length * between_mice("spine set point", spread.density)
    sites = Sites(
        lane=where.lane,
        fates=jax.random.key_data(keys("spine fates")),
        broods=jax.random.key_data(keys("spine births")),
        set_point=set_point * _log_normal(keys("branch set point"), spread.branch, dtype),
        responsiveness=of["growth"] * between_mice("responsiveness", spread.responsiveness),
        habit=habit,
    )
    return sites, length


def _log_normal(keys: Array, sd: Any, dtype: jnp.dtype) -> Array:
    """Return one log-normal factor of mean 1 for each key."""
    return jnp.exp(sd * normal(bits(keys)[0], dtype) - 0.5 * sd * sd)
