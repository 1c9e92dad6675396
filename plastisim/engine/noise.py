"""Chance in small pools: molecules are counted, and an integer number of them is born and lost in every tick.

Between two ticks the integrator moves all variables as it always does. At the end of a tick of h seconds a counted
pool, whose rate is births - loss × value, is drawn anew around the value that the integrator gave it:

    lost ~ Binomial(n, 1 - exp(-loss h)),   born ~ Poisson(n1 - n exp(-loss h)),   value = (n - lost + born) / copies

with n = copies × value at the start of the tick and n1 = copies × (the integrator's value at its end). For a pool
whose births and loss do not depend on its own chance within the tick this is the exact law of the birth-death
process, not an approximation of it; the mean is the integrator's, and no draw can be negative. What it leaves out is
the path within a tick: whatever follows the pool sees each draw only from the end of its tick on, which loses a share
loss × h of the variance of slow averages. `loss` is the diagonal of the rates' own Jacobian: there is no second
definition of the biology.

Gillespie 1977 J Phys Chem 81:2340 (the process); Panjer 1981 ASTIN Bull 12:22 (the recursion that draws from it).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import jax
import numpy as np
from jax import Array, lax
from jax import numpy as jnp

from plastisim.engine.control import Lanes, Tolerance
from plastisim.engine.errors import ConfigError
from plastisim.engine.fields import Number
from plastisim.engine.jacobian import Rates
from plastisim.engine.randomness import address, bits, normal, uniform
from plastisim.engine.stepping import Coupling, InputsAt, Method, advance

TICK = 600.0  # s; hides 8 % of the variance that slow averages have from a pool with a half-life of 1.5 h
LARGE = 48.0  # from this mean on a count is drawn as a rounded normal number; its least value is 48 - 5.4 sqrt(48) > 0
MOST = 1e6  # copies; single precision counts 16 times as many one by one


class Counted(NamedTuple):
    """The pools that are counted, and the randomness they draw from.

    Attributes:
        rows: index of each counted variable.
        copies: molecules of each pool where its variable is 1, each of shape () or (lane,).
        keys: of each pool in each lane, shape (pool, lane).
        tick: s; the longest time between two draws.
    """

    rows: tuple[int, ...]
    copies: Sequence[Number]
    keys: Array
    tick: Number = TICK


def counted(copies: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the names of the pools that are counted; the others, with infinitely many copies, are deterministic.

    Args:
        copies: molecules of each pool where its variable is 1: a number, or one for each neuron.

    Raises:
        ConfigError: if a pool has less than one copy or too many to count, or is counted in some neurons only.
    """
    for name, given in copies.items():
        numbers = np.asarray(given, float)
        if np.isinf(numbers).all() and (numbers > 0).all():
            continue
        if not ((numbers >= 1.0) & (numbers <= MOST)).all():
            raise ConfigError(
                f"the copies of {name} must lie between 1 and {MOST:.0e} molecules in every neuron, or be math.inf in "
                f"all of them for a deterministic pool, but got {given!r}"
            )
    return tuple(name for name, given in copies.items() if np.isfinite(np.asarray(given, float)).all())


def advance_counted(
    rates: Rates, inputs_at: InputsAt, lanes: Lanes, length: Array, tolerance: Tolerance, method: Method,
    coupling: Coupling, pools: Counted, moment: Array,
) -> Lanes:  # fmt: skip
    """Integrate every lane over `length` seconds (see `stepping.advance`), drawing the counted pools every tick.

    Args:
        rates: elementwise rates of a list of variables and inputs.
        inputs_at: inputs at (seconds since the start of this stretch, shape (lane,); values, shape (variable, lane)).
        lanes: where the integration stands.
        length: duration, s, shape (); cut into equal ticks no longer than `pools.tick`, none if it is zero.
        tolerance: see `control.Tolerance`.
        method: how a step is made.
        coupling: of neighbouring lanes.
        pools: see `Counted`.
        moment: s, integer, the same for no two stretches of a run; part of the address of every draw.
    """
    ticks = jnp.ceil(length / pools.tick).astype(jnp.int32)
    duration = length / jnp.maximum(jnp.asarray(ticks, length.dtype), 1.0)

    def tick(index: Array, carry: Lanes) -> Lanes:
        begin = duration * jnp.asarray(index, duration.dtype)

        def later(elapsed: Array, values: Array) -> Any:
            return inputs_at(begin + elapsed, values)

        moved = advance(rates, later, carry, duration, tolerance, method, coupling)
        keys = jax.vmap(lambda key: address(address(key, *_alike(carry, moment)), *_alike(carry, index)))(pools.keys)
        drawn = kick(rates, later, carry.values, moved.values, duration, pools._replace(keys=keys))
        # How far a lane came is said in s of its stretch, not of the tick in which it diverged.
        reached = jnp.where((moved.failed >= 0) & (carry.failed < 0), begin + moved.step, moved.step)
        return moved._replace(values=jnp.where(moved.failed >= 0, moved.values, drawn), step=reached)

    return lax.fori_loop(0, ticks, tick, lanes)


def _alike(lanes: Lanes, number: Array) -> tuple[Array]:
    return (jnp.broadcast_to(jnp.asarray(number, jnp.int32), lanes.step.shape),)


def kick(rates: Rates, inputs_at: InputsAt, before: Array, after: Array, duration: Array, pools: Counted) -> Array:
    """Return the values at the end of a tick, the counted pools drawn around what the integrator gave.

    Args:
        rates: elementwise rates.
        inputs_at: inputs at (seconds since the start of the tick, shape (lane,); values).
        before: values at the start of the tick, shape (variable, lane).
        after: the integrator's values at its end, shape (variable, lane).
        duration: of the tick, s, shape ().
        pools: see `Counted`; the keys are those of this tick.
    """
    values, none = after, jnp.zeros_like(after[0])
    ends = ((none, before), (none + duration, after))
    for row, copies, keys in zip(pools.rows, pools.copies, pools.keys, strict=True):
        # The trapezium: what is lost changes little within a tick, and the mean does not depend on it.
        loss = sum((0.5 * _loss(rates, inputs_at(when, state), state, row) for when, state in ends), none)
        values = values.at[row].set(leap(keys, before[row], after[row], loss * duration, copies))
    return values


def _loss(rates: Rates, inputs: Any, values: Array, row: int) -> Array:
    """Return the rate at which one molecule of a pool is lost, 1/s, shape (lane,)."""

    def own(value: Array) -> Array:
        return rates([value if index == row else other for index, other in enumerate([*values])], inputs)[row]

    return -jax.jvp(own, (values[row],), (jnp.ones_like(values[row]),))[1]


def leap(keys: Array, before: Array, after: Array, exposure: Array, copies: Number) -> Array:
    """Return a birth-death pool at the end of a tick; all arrays (lane,).

    Args:
        keys: of this pool and tick.
        before: value at the start of the tick.
        after: mean value at its end.
        exposure: loss rate times duration.
        copies: molecules where the value is 1.
    """
    losses, births = bits(keys)
    number, mean = jnp.round(copies * before), copies * after
    # No more can be left on average than are there at the end: births are never negative, and the mean stays exact.
    left = jnp.minimum(jnp.exp(-exposure), mean / jnp.maximum(number, 1.0))
    lost = binomial(losses, number, 1.0 - left)
    return (number - lost + poisson(births, mean - number * left)) / copies


def poisson(word: Array, mean: Array) -> Array:
    """Return a Poisson number for each 32-bit word, as floating point; all arrays have the shape of `word`."""
    return _invert(word, mean, mean, jnp.exp(-mean), jnp.zeros_like(mean), mean)


def binomial(word: Array, trials: Array, chance: Array) -> Array:
    """Return a binomial number for each 32-bit word, as floating point; all arrays have the shape of `word`."""
    rare = jnp.minimum(chance, 1.0 - chance)
    odds, mean = rare / (1.0 - rare), trials * rare
    first = jnp.exp(trials * jnp.log1p(-rare))
    found = _invert(word, mean, mean * (1.0 - rare), first, -odds, (trials + 1.0) * odds)
    return jnp.where(chance > 0.5, trials - found, found)


def _invert(word: Array, mean: Array, variance: Array, first: Array, a: Array, b: Array) -> Array:
    """Return the number at which the distribution p(k) = (a + b/k) p(k - 1), p(0) = first, reaches a chance.

    Inversion, so that twins with nearly the same mean draw nearly the same number.
    """
    chance, small = uniform(word, mean.dtype), mean < LARGE
    least = float(np.finfo(mean.dtype).eps)

    def going(carry: tuple[Array, Array, Array, Array]) -> Array:
        # Rounding may keep the sum below the chance for ever: past the mean a term below rounding ends the search.
        number, _, term, reached = carry
        return small & (chance >= reached) & ((term > least) | (number < mean))

    def body(carry: tuple[Array, Array, Array, Array]) -> tuple[Array, Array, Array, Array]:
        number, step, term, reached = carry
        more = going(carry)
        following = term * (a + b / step)
        return (
            jnp.where(more, step, number),
            step + 1.0,
            jnp.where(more, following, term),
            jnp.where(more, reached + following, reached),
        )

    none = jnp.zeros_like(mean)
    found = lax.while_loop(lambda carry: jnp.any(going(carry)), body, (none, none + 1.0, first, first))[0]
    many = jnp.round(mean + jnp.sqrt(variance) * normal(word, mean.dtype))
    return jnp.where(small, found, many)
