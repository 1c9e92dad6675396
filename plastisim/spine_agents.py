"""The spine agents of a run: a table of single spines on every branch, moved from one slow tick to the next.

Transition probabilities over a tick are exact for constant rates, 1 - exp(-rate × tick). A spine draws from
(seed, cohort, mouse, neuron, dendrite, its serial number, tick): neither the size of the table, nor the length of
a chunk, nor who else is simulated changes its fate, and the same branch in two arms shares its randomness.
"""

from __future__ import annotations

from typing import NamedTuple

from jax import Array, lax
from jax import numpy as jnp

from plastisim.biology.spines import CellPools, Growth, Habit, Spines, SpineState
from plastisim.engine import table as slots
from plastisim.engine.fields import Number
from plastisim.engine.randomness import address, addressed_bits, bits, keys_of, normals, uniform, words_below
from plastisim.engine.table import Table

START = slots.NEVER - 2  # moments at which the stationary start draws; no tick ends then
WIDTH_TICKS = 3  # head widths remember days: they move every 6 h
LARGEST_BROOD = 12  # births on one branch in one tick; more set `overflow`


class Sites(NamedTuple):
    """The branches; every array has shape (site,).

    Attributes:
        lane: the neuron that carries the branch.
        fates: key of each branch, for what happens to its spines.
        broods: key of each branch, for births.
        set_point: expected number of spines at rest.
        responsiveness: of cohort and mouse.
        habit: turnover and drift of the cohort.
    """

    lane: Array
    fates: Array
    broods: Array
    set_point: Array
    responsiveness: Array
    habit: Habit


class Forest(NamedTuple):
    """All spines; everything needed to go on exactly.

    Attributes:
        table: who lives in which slot.
        spines: their pool, visibility and width, shape (site, slot).
        cells: mean pools of the whole cell that carries each branch, shape (site,).
        proteins: plasticity proteins of that cell at the last tick, shape (site,).
        injected: whether the animal was injected since the last tick, shape (site,).
    """

    table: Table
    spines: SpineState
    cells: CellPools
    proteins: Array
    injected: Array


def populate(spines: Spines, sites: Sites, width: int) -> Forest:
    """Return the stationary start, `width` slots a branch: exact, because hazards at rest depend on the pool only.

    Persistent spines are the successes of (1 - U) m / (1 - F) trials with probability 1 - F, whose variance is F
    times their mean; transient spines are Poisson.
    """
    dtype = sites.set_point.dtype
    share = (spines.transient_share * sites.habit.turnover)[:, None]
    success = 1.0 - spines.dispersion
    trials = jnp.round(sites.set_point[:, None] * (1.0 - share) / success).astype(jnp.int32)
    serial = jnp.broadcast_to(jnp.arange(width, dtype=jnp.int32), (sites.lane.shape[0], width))
    present = (serial < trials) & (uniform(words(sites.fates, serial, START)[0], dtype) < success)
    table = slots.empty(sites.lane.shape[0], width)
    table = table._replace(
        serial=jnp.where(present, serial, slots.FREE),
        birth=jnp.where(present, jnp.int32(-slots.NEVER), table.birth),
        born=trials[:, 0],
        overflow=trials[:, 0] > width,
    )
    count, excess = _poisson(sites.broods, START, (share * sites.set_point[:, None])[:, 0])
    table, newborn = slots.bear(table, count, jnp.int32(-slots.NEVER))
    table = table._replace(overflow=table.overflow | excess)

    events, sizes = words(sites.fates, table.serial, START + 1)
    hidden = uniform(events, dtype) < spines.hidden_share(newborn, sites.habit.turnover[:, None])
    fast, slow = normals(sizes, dtype)
    state = SpineState(newborn, hidden, spines.fast_sd * fast, spines.slow_sd * slow)
    rest = jnp.ones_like(sites.set_point)
    return Forest(table, state, spines.pools(sites.habit), rest, rest < 0.0)


def tick(
    spines: Spines, sites: Sites, forest: Forest, proteins: Array, set_point: Array, now: Array, duration: Number,
    ampa_gain: Array | float = 1.0,
) -> Forest:  # fmt: skip
    """Move every spine over one slow tick that ends at `now`.

    Args:
        spines: parameters.
        sites: branches.
        forest: spines at the start of the tick.
        proteins: plasticity proteins of the branch's neuron at the end of the tick, relative to rest, shape (site,).
        set_point: its long-lived set-point shift, shape (site,).
        now: s, integer.
        duration: of the tick, s.
        ampa_gain: AMPA gain of the neuron relative to rest, shape (site,); needed only where spines stay through use.
    """
    density = forest.cells.transient + forest.cells.persistent
    growth = spines.growth(0.5 * (forest.proteins + proteins), set_point, sites.responsiveness, density, ampa_gain)
    births = spines.births(growth, sites.habit) * sites.set_point * duration
    count, excess = _poisson(sites.broods, now, births)
    table, newborn = slots.bear(forest.table, count, now)
    events, sizes = words(sites.fates, table.serial, now)
    state, lost = _fates(spines, sites, forest, growth, events, duration)
    state = _widths(spines, state, growth.widening[:, None], sizes, now, duration)
    state = _newborn(spines, sites, state, forest.table.born, table, newborn, growth.widening, now)
    return Forest(
        slots.bury(table, lost, now)._replace(overflow=table.overflow | excess),
        state,
        spines.pools_after(forest.cells, growth, sites.habit, duration),
        proteins,
        jnp.zeros_like(forest.injected),
    )


def _fates(
    spines: Spines, sites: Sites, forest: Forest, growth: Growth, events: Array, duration: Number
) -> tuple[SpineState, Array]:
    """Return the spines after loss, capture and hiding, and which were lost; `events` are words, (site, slot).

    Rates depend on the branch and the pool only, so that every probability is computed once a branch.
    """
    state, habit, yes = forest.spines, sites.habit, jnp.ones_like(forest.injected)
    loss, capture = spines.exits(yes, growth, habit)
    leaving = -jnp.expm1(-(loss + capture) * duration)
    persistent_loss = -jnp.expm1(-spines.exits(~yes, growth, habit)[0] * duration)
    appears, hides = (spines.toggling(flag, growth, habit, forest.injected, duration) for flag in (yes, ~yes))

    def until(transient: Array, persistent: Array) -> Array:
        """Return where a range of words ends that begins at zero, by the pool of each spine."""
        ends = lax.optimization_barrier((words_below(transient)[:, None], words_below(persistent)[:, None]))
        return jnp.where(state.transient, *ends)

    def until_toggled(probability: Array) -> Array:
        return until(*(leaves + (1.0 - leaves) * probability for leaves in (leaving, persistent_loss)))

    living, chance = slots.alive(forest.table), jnp.asarray(events >> 9, jnp.int32)
    captured_below = lax.optimization_barrier(words_below(leaving * capture / (loss + capture)))
    captured = living & state.transient & (chance < captured_below[:, None])
    leaves = until(leaving, persistent_loss)
    toggles = jnp.where(state.hidden, until_toggled(appears), until_toggled(hides))
    moved = SpineState(
        transient=state.transient & ~captured,
        hidden=state.hidden ^ ((chance >= leaves) & (chance < toggles)),
        # Capture does not change a spine's width at once: it starts thin and then grows.
        fast=jnp.where(captured, state.fast - spines.transient_width, state.fast),
        slow=state.slow,
    )
    return moved, living & ~captured & (chance < leaves)


def _widths(spines: Spines, state: SpineState, target: Array, sizes: Array, now: Array, duration: Number) -> SpineState:
    """Return the spines with their widths moved, every few ticks."""
    dtype = target.dtype
    turn = WIDTH_TICKS * duration

    def moved() -> tuple[Array, Array]:
        after = spines.widths(state, normals(sizes, dtype), target, turn)
        return after.fast, after.slow

    fast, slow = lax.cond(jnp.asarray(now, dtype) % turn == 0.0, moved, lambda: (state.fast, state.slow))
    return SpineState(state.transient, state.hidden, fast, slow)


def _newborn(
    spines: Spines, sites: Sites, state: SpineState, first: Array, table: Table, newborn: Array, target: Array,
    now: Array,
) -> SpineState:  # fmt: skip
    """Return the spines with the newborn among them: transient, seen, and thick or thin by chance.

    They are few: one pass over the table for each of the largest brood costs less than drawing for every slot.
    `first` is the serial number of each branch's first newborn.
    """

    def place(number: Array, widths: tuple[Array, Array]) -> tuple[Array, Array]:
        own = first[:, None] + number
        fast, slow = normals(words(sites.fates, own, now)[1], target.dtype)
        here = table.serial == own
        fast, slow = target[:, None] + spines.fast_sd * fast, spines.slow_sd * slow
        return jnp.where(here, fast, widths[0]), jnp.where(here, slow, widths[1])

    fast, slow = lax.fori_loop(0, jnp.max(table.born - first), place, (state.fast, state.slow))
    return SpineState(state.transient | newborn, state.hidden & ~newborn, fast, slow)


def keyed(sites: Sites) -> Sites:
    """Return branches with keys made of their words, as programs take them."""
    return sites._replace(fates=keys_of(sites.fates), broods=keys_of(sites.broods))


def words(keys: Array, serial: Array, moment: Array | int) -> tuple[Array, Array]:
    """Return two random words for each spine at a moment.

    Args:
        keys: one a branch, shape (site,).
        serial: identity of the spines, shape (site, slot).
        moment: s, or one of the moments of the start.

    Returns:
        Two arrays of 32-bit words, shape (site, slot).
    """
    return addressed_bits(keys, moment, serial)


def _poisson(keys: Array, moment: Array | int, mean: Array) -> tuple[Array, Array]:
    """Return a Poisson number for each branch, and whether it was larger than this inversion reaches."""
    word, _ = bits(address(keys, jnp.broadcast_to(jnp.asarray(moment), keys.shape)))
    return inverted(uniform(word, mean.dtype), mean)


def inverted(chance: Array, mean: Array) -> tuple[Array, Array]:
    """Return the smallest number whose cumulative Poisson probability exceeds `chance`, and whether it was not reached.

    Args:
        chance: between 0 and 1, both excluded.
        mean: same shape.
    """
    term = jnp.exp(-mean)
    reached, count = term, jnp.zeros(mean.shape, jnp.int32)
    for number in range(1, LARGEST_BROOD + 1):
        count = count + jnp.int32(chance >= reached)
        term = term * mean / number
        # A sum that its terms no longer change is 1 but for rounding; the largest chance may lie above it.
        done = (reached + term == reached) & (number > mean)
        reached = jnp.where(done, 1.0, reached + term)
    return count, chance >= reached
