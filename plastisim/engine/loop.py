"""The loops over time: segments of one chunk, compiled as one program.

Two kinds of system share the same integrator. *Animals* are solved first; what their neurons see is kept as cubic
pieces of time. *Neurons* are then solved with that as their input. Chunks have a fixed number of segments, so that
neither the length of a run nor its events compile anything anew.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import numpy as np
from jax import Array, lax
from jax import numpy as jnp

from plastisim.engine.control import FIRST_STEP, Lanes, Tolerance
from plastisim.engine.jacobian import Rates
from plastisim.engine.kernels import fence, kernel
from plastisim.engine.noise import Counted, advance_counted
from plastisim.engine.rodas import RODAS4P
from plastisim.engine.stepping import Coupling, Method, advance


class Pieces(NamedTuple):
    """A quantity of each animal over one segment, as cubics in time.

    Attributes:
        coefficients: shape (piece, animal, 4 × quantity), lowest order first.
        duration: length of a piece, s, shape ().
    """

    coefficients: Array
    duration: Array


def animals_chunk(
    rates: Rates,
    outputs: Callable[[list[Array], Any], Any],
    lanes: Lanes,
    jumps: Array,
    inputs: Any,
    lengths: Array,
    tolerance: Tolerance,
    count: int,
) -> tuple[Lanes, Pieces, Array]:
    """Advance animals through the segments of a chunk and keep what their neurons see.

    Args:
        rates: rates of the animal's variables (see `jacobian.linearise`).
        outputs: what neurons see, as a pytree of arrays (animal,), a function of variables and inputs.
        lanes: one lane an animal.
        jumps: added to the variables at the start of each segment, shape (segment, variable, animal).
        inputs: pytree of arrays with a leading segment axis, constant within a segment.
        lengths: s, shape (segment,).
        tolerance: see `control.Tolerance`.
        count: of pieces a segment (see `stepping.Method`).

    Returns:
        The lanes at the end, the cubic pieces with a leading segment axis, and the values at the end of each segment,
        shape (segment, variable, animal).
    """

    def seen(values: Array, given: Any) -> tuple[Array, Array]:
        def of(state: Array) -> Array:
            return jnp.stack(jax.tree.leaves(outputs(list(state), given)))

        return jax.jvp(of, (values,), (jnp.stack(rates(list(values), given)),))

    def piece(carry: tuple[Lanes, tuple[Array, Array]], duration: Array, given: Any) -> tuple[Any, Array]:
        lanes, (begin, slope_begin) = carry
        lanes = advance(rates, lambda *_: given, lanes, duration, tolerance, RODAS4P)
        end, slope_end = seen(lanes.values, given)
        first, last, rise = slope_begin * duration, slope_end * duration, end - begin
        cubic = jnp.stack([begin, first, 3.0 * rise - 2.0 * first - last, first + last - 2.0 * rise])
        return (lanes, (end, slope_end)), jnp.moveaxis(cubic, -1, 0)

    @kernel
    def pieces(lanes: Lanes, duration: Array, given: Any) -> tuple[Lanes, Array]:
        start = (lanes, seen(lanes.values, given))
        (lanes, _), cubics = lax.scan(lambda carry, _: piece(carry, duration, given), start, None, count)
        return lanes, cubics

    def segment(carry: Lanes, now: tuple[Array, Any, Array]) -> tuple[Lanes, tuple[Pieces, Array]]:
        jump, given, length = now
        carry = carry._replace(
            values=carry.values + jump,
            step=jnp.where(jnp.any(jump != 0.0, axis=0), FIRST_STEP, carry.step),
        )
        duration = length / count
        carry, cubics = pieces(carry, duration, given)
        return carry, (Pieces(cubics.reshape(*cubics.shape[:2], -1), duration), carry.values)

    lanes, (found, values) = lax.scan(segment, lanes, (jumps, inputs, lengths))
    return lanes, found, values


def evaluate(pieces: Pieces, animal: Array, elapsed: Array, quantities: int, group: int = 1) -> Array:
    """Return the animals' quantities at a moment of a segment.

    Args:
        pieces: of this segment.
        animal: index of the animal of each lane, shape (lane,).
        elapsed: s since the start of the segment, shape (lane,).
        quantities: number of quantities.
        group: number of consecutive lanes with one animal and one time; one that diverged may be ahead of the others.

    Returns:
        shape (quantity, lane).
    """
    # Once a group: looked up in every lane, this takes a fifth of the time of a step.
    # One by one: XLA hands a long reduction to a library, which a kernel cannot call.
    position = functools.reduce(jnp.minimum, [*elapsed.reshape(-1, group).T]) / pieces.duration
    count, animals, numbers = pieces.coefficients.shape
    index = jnp.clip(position.astype(jnp.int32), 0, count - 1)
    row = index * animals + jnp.asarray(animal[::group], index.dtype)
    cubic = pieces.coefficients.reshape(-1, numbers)[row].T.reshape(4, quantities, -1)
    x = (position - jnp.asarray(index, position.dtype))[None]
    found = fence(cubic[0] + x * (cubic[1] + x * (cubic[2] + x * cubic[3])))
    return jnp.broadcast_to(found[..., None], (*found.shape, group)).reshape(quantities, -1)


def at_end(pieces: Pieces) -> np.ndarray:
    """Return the animals' quantities at the end of each segment of a chunk, shape (segment, quantity, animal)."""
    last = np.asarray(pieces.coefficients[:, -1])  # cut on the device: all pieces may be gigabytes on a GPU
    return np.moveaxis(last.reshape(*last.shape[:2], 4, -1).sum(axis=2), 1, 2)


def neurons_chunk(
    rates: Rates,
    inputs_at: Callable[[Pieces, Array, Array], Any],
    lanes: Lanes,
    pieces: Pieces,
    events: Array,
    lengths: Array,
    tolerance: Tolerance,
    coupling: Coupling,
    ends: Array,
    pools: Counted | None = None,
    method: Method = RODAS4P,
) -> tuple[Lanes, Array, Array]:
    """Advance neurons through the segments of a chunk.

    Args:
        rates: rates of the neuron's variables.
        inputs_at: inputs at (pieces of the segment; s since its start, (lane,); values, (variable, lane)).
        lanes: one lane a neuron.
        pieces: with a leading segment axis.
        events: whether a segment begins with an event, shape (segment,).
        lengths: s, shape (segment,).
        tolerance: see `control.Tolerance`.
        coupling: how neighbouring neurons exchange (see `stepping.Coupling`).
        ends: end of each segment, s, integer, shape (segment,); part of the address of chance.
        pools: variables that are counted molecules (see noise.py); None where nothing is left to chance.
        method: how a step is made.

    Returns:
        The lanes at the end; the values at the end of each segment, (segment, variable, lane), and which variable had
        diverged by then, -1 where none, (segment, lane).
    """

    def segment(carry: Lanes, now: tuple[Pieces, Array, Array, Array]) -> tuple[Lanes, tuple[Array, Array]]:
        here, event, length, end = now
        fresh = event & (carry.failed < 0)
        carry = carry._replace(step=jnp.where(fresh, jnp.minimum(carry.step, FIRST_STEP), carry.step))
        system = (rates, lambda t, v: inputs_at(here, t, v), carry, length, tolerance, method, coupling)
        carry = advance(*system) if pools is None else advance_counted(*system, pools, end)
        return carry, (carry.values, carry.failed)

    lanes, (values, failed) = lax.scan(segment, lanes, (pieces, events, lengths, ends))
    return lanes, values, failed
