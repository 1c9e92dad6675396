"""How individuals differ: numbers of every mouse, neuron and branch, drawn from their addresses.

One program for each kind. Seed and spread are data, so that another seed compiles nothing.
"""

from __future__ import annotations

import functools
from typing import Any, NamedTuple

import jax
from jax import Array
from jax import numpy as jnp

from plastisim.biology.spines import Habit, Spines
from plastisim.engine.randomness import address, bits, key_for, normal, uniform
from plastisim.lab.cohort import Spread
from plastisim.spine_agents import Sites


class Mice(NamedTuple):
    """The addresses of all mice.

    Attributes:
        seed: of all randomness, shape ().
        cohort: index of the cohort of each mouse, shape (mouse,).
        mouse: index of each mouse within its cohort, shape (mouse,).
    """

    seed: Any
    cohort: Any
    mouse: Any


class Branches(NamedTuple):
    """The addresses of all branches; each array has shape (site,).

    Attributes:
        mouse: index into the mice.
        neuron: index within the mouse.
        dendrite: index on the neuron.
        lane: of its neuron.
    """

    mouse: Any
    neuron: Any
    dendrite: Any
    lane: Any


def mouse_keys(mice: Mice, purpose: str) -> Array:
    """Return one key a mouse for a purpose, shape (mouse,); it does not depend on the arm or the cohort's size."""
    return address(key_for(mice.seed, purpose), mice.cohort, mice.mouse)


@functools.partial(jax.jit, static_argnames="purpose")
def neuron_keys(mice: Mice, mouse: Array, neuron: Array, purpose: str) -> Array:
    """Return one key a lane for a purpose, shape (lane,), from its mouse and its place in it."""
    return jax.vmap(jax.random.fold_in)(mouse_keys(mice, purpose)[mouse], neuron)


@functools.partial(jax.jit, static_argnames="dtype")
def clearance(mice: Mice, spread: Spread, dtype: jnp.dtype) -> Array:
    """Return how fast each mouse clears compounds, relative to the median, shape (mouse,)."""
    return jnp.exp(spread.elimination * normal(bits(mouse_keys(mice, "elimination"))[0], dtype))


@functools.partial(jax.jit, static_argnames="dtype")
def reserve_and_rate(mice: Mice, mouse: Array, neuron: Array, spread: Spread, dtype: jnp.dtype) -> tuple[Array, Array]:
    """Return each neuron's receptor reserve, relative to the median, and its resting rate (1/s), both (lane,)."""
    reserve = normal(bits(neuron_keys(mice, mouse, neuron, "receptor reserve"))[0], dtype)
    word = bits(neuron_keys(mice, mouse, neuron, "resting rate"))[0]
    place = spread.tail + (1.0 - 2.0 * spread.tail) * uniform(word, dtype)
    rate = spread.rate_median * jnp.exp(spread.rate * jax.scipy.special.ndtri(place))
    return jnp.exp(spread.reserve * reserve), rate


@functools.partial(jax.jit, static_argnames="dtype")
def branches(
    mice: Mice, where: Branches, cohorts: dict[str, Array], spread: Spread, law: Spines, dtype: jnp.dtype
) -> tuple[Sites, Array]:
    """Return the branches and their lengths, um, both (site,).

    Args:
        mice: everyone.
        where: the branches.
        cohorts: of each cohort, shape (cohort,): density, resolved, turnover, drift, handling, growth.
        spread: how branches and mice differ.
        law: hazards of single spines.
        dtype: of the results.
    """

    def keys(purpose: str) -> Array:
        return address(mouse_keys(mice, purpose)[where.mouse], where.neuron, where.dendrite)

    def between_mice(purpose: str, sd: Any) -> Array:
        return _log_normal(mouse_keys(mice, purpose), sd, dtype)[where.mouse]

    of = {name: values[mice.cohort[where.mouse]] for name, values in cohorts.items()}
    length = spread.length * jnp.exp(spread.length_spread * normal(bits(keys("branch length"))[0], dtype))
    habit = Habit(of["turnover"] * between_mice("turnover", spread.turnover), of["drift"], of["handling"])
    share = law.transient_share * habit.turnover
    hidden = [law.hidden_share(jnp.full(share.shape, pool), habit.turnover) for pool in (True, False)]
    density = of["density"] / of["resolved"] / (1.0 - share * hidden[0] - (1.0 - share) * hidden[1])
    set_point = density * length * between_mice("spine set point", spread.density)
    sites = Sites(
        lane=where.lane,
        fates=keys("spine fates"),
        broods=keys("spine births"),
        set_point=set_point * _log_normal(keys("branch set point"), spread.branch, dtype),
        responsiveness=of["growth"] * between_mice("responsiveness", spread.responsiveness),
        habit=habit,
    )
    return sites, length


def _log_normal(keys: Array, sd: Any, dtype: jnp.dtype) -> Array:
    """Return one log-normal factor of mean 1 for each key."""
    return jnp.exp(sd * normal(bits(keys)[0], dtype) - 0.5 * sd * sd)
