"""The compiled programs of the spine agents: the start, a chunk of time, and what imaging needs of a moment."""

from __future__ import annotations

import functools
from typing import Any

import jax
from jax import Array, lax
from jax import numpy as jnp

from plastisim.biology.spines import Spines
from plastisim.engine import table as slots
from plastisim.engine.devices import compiled
from plastisim.engine.randomness import normal, uniform
from plastisim.spine_agents import Forest, Sites, populate, tick, words

PLACE = slots.NEVER - 8  # moment at which a spine draws its place on the branch, once and for all


@functools.cache
def start_program(width: int) -> Any:
    """Return the program that makes the stationary start with `width` slots a branch: (spines, sites) → forest."""
    return jax.jit(functools.partial(populate, width=width))


@functools.cache
def forest_program() -> Any:
    """Return the program that moves all spines through a chunk.

    Arguments: spines; sites; forest; plasticity proteins and set-point shift of every neuron at the end of each
    segment, (segment, lane); whether each branch's animal is injected at the start of each segment, (segment, site);
    end of each segment, s; whether that ends a tick; duration of a tick, s; and, only where spines stay through use,
    the AMPA gain of every neuron, (segment, lane). Results: the forest, and the number of living spines on each branch
    at the end of each segment, (segment, site).
    """

    def program(
        spines: Spines, sites: Sites, forest: Forest, proteins: Array, set_point: Array, injected: Array, ends: Array,
        slow: Array, duration: Array, *ampa_gain: Array,
    ) -> tuple[Forest, Array]:  # fmt: skip
        def segment(held: Forest, now: tuple[Array, ...]) -> tuple[Forest, Array]:
            here, shift, struck, end, is_tick, *gain = now
            held = held._replace(injected=held.injected | struck)

            def ticked() -> Forest:
                drive = (here[sites.lane], shift[sites.lane])
                return tick(spines, sites, held, *drive, end, duration, *(one[sites.lane] for one in gain))

            moved = lax.cond(is_tick, ticked, lambda: held)
            return moved, slots.alive(moved.table).sum(axis=1, dtype=jnp.int32)

        return lax.scan(segment, forest, (proteins, set_point, injected, ends, slow, *ampa_gain))

    return compiled(program)


@functools.cache
def session_program() -> Any:
    """Return the program that reads all spines for imaging.

    Arguments: spines, sites (their fates are those of imaging), forest, moment of the session (s). Results, each
    (site, slot): serial, visible, ln width, place on the branch 0..1, a standard normal number for noise, moment of
    birth (s), and whether the spine is transient.
    """

    def program(spines: Spines, sites: Sites, forest: Forest, moment: Array) -> tuple[Array, ...]:
        table, dtype = forest.table, sites.set_point.dtype
        place = uniform(words(sites.fates, table.serial, PLACE)[0], dtype)
        noise = normal(words(sites.fates, table.serial, moment)[0], dtype)
        visible = slots.alive(table) & ~forest.spines.hidden
        widths = spines.log_width(forest.spines)
        return table.serial, visible, widths, place, noise, table.birth, forest.spines.transient

    return jax.jit(program)
