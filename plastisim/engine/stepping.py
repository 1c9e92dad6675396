"""The integrator: adaptive steps of many lanes at once, by one of several methods (rodas.py, explicit.py).

Each group of lanes (neighbouring neurons) has its own time and its own step; no group ever waits for the accuracy
of another, so that a neuron's trajectory does not depend on how many others are simulated beside it.
"""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import numpy as np
from jax import Array, lax
from jax import numpy as jnp

from plastisim.engine.control import Lanes, Tolerance, blame, decide, judge, plan
from plastisim.engine.jacobian import Rates
from plastisim.engine.kernels import fence, kernel


class Coupling(NamedTuple):
    """How lanes of a group act on each other, beside the elementwise rates: in one variable, and linearly.

    Attributes:
        group: number of consecutive lanes that are coupled and therefore share their steps.
        variable: index of the variable that they exchange; None if each stands for itself.
        couple: solves x / inverse - coupling × x = right for that variable in all lanes; arguments inverse and right,
            (lane,), with inverse 0 in a lane that diverged earlier and stands still. The coupling itself enters the
            rates through their inputs.
    """

    group: int
    variable: int | None
    couple: Callable[[Array, Array], Array]


ALONE = Coupling(1, None, operator.mul)
InputsAt = Callable[[Array, Array], Any]


class Method(NamedTuple):
    """How one step is made.

    Attributes:
        order: of the result; that of its error estimate is one lower.
        pieces: cubics in which each segment's input is kept (see loop.py), fine enough for its steps.
        begin: what the first step takes over, as every other does from the step before it, of (rates, inputs at,
            lanes, elapsed): an array (variable, lane), or None if steps hand nothing on.
        attempt: returns the values after a step and the estimate of their error, (variable, lane), whether rates are
            finite, (lane,), and what the next step takes over, of (rates, inputs at, lanes, elapsed, step, coupling,
            what is taken over).
    """

    order: int
    pieces: int
    begin: Callable[[Rates, InputsAt, Lanes, Array], Array | None]
    attempt: Callable[..., tuple[Array, Array, Array, Array | None]]


def advance(
    rates: Rates, inputs_at: InputsAt, lanes: Lanes, length: Array, tolerance: Tolerance, method: Method,
    coupling: Coupling = ALONE,
) -> Lanes:  # fmt: skip
    """Integrate every lane over `length` seconds, each group of lanes with its own steps.

    Args:
        rates: elementwise rates of a list of variables and inputs (see `jacobian.linearise`).
        inputs_at: inputs at (seconds since the start of this stretch, shape (lane,); values, shape (variable, lane)).
        lanes: where the integration stands; the lane count is a multiple of the coupled group.
        length: duration, s, shape ().
        tolerance: see `Tolerance`.
        method: how a step is made.
        coupling: of neighbouring lanes.

    Returns:
        Lanes at the end. A lane whose step became too small or whose values are not finite keeps its last good
        values and has `failed` set; the other lanes of its group go on beside it.
    """

    def unfinished(carry: _Carry) -> Array:
        return jnp.any(carry[1] < length)

    @kernel
    def body(carry: _Carry) -> _Carry:
        return _attempt(rates, inputs_at, carry, length, tolerance, method, coupling)

    elapsed = jnp.where(lanes.failed >= 0, length, jnp.zeros_like(lanes.step))
    begin = (lanes, elapsed, method.begin(rates, inputs_at, lanes, elapsed))
    return lax.while_loop(unfinished, body, begin)[0]


_Carry = tuple[Lanes, Array, Array | None]


def _attempt(
    rates: Rates, inputs_at: InputsAt, carry: _Carry, length: Array, tolerance: Tolerance, method: Method,
    coupling: Coupling,
) -> _Carry:  # fmt: skip
    """Try one step in every unfinished lane."""
    lanes, elapsed, carried = carry
    group = coupling.group
    trial = plan(lanes.step, elapsed, length)
    proposed, error, sound, after = method.attempt(rates, inputs_at, lanes, elapsed, trial.step, coupling, carried)

    absolute = jnp.asarray(tolerance.absolute, error.dtype)[:, None]
    signed = jnp.asarray(tolerance.signed)[:, None]
    judged = judge(lanes.values, proposed, error, tolerance.relative, absolute, signed)
    proposed, bad, scaled = map(fence, judged)
    # One by one: the order in which XLA sums an axis depends on the number of lanes, and a neuron must not.
    squares = fence(functools.reduce(operator.add, [*scaled**2]))
    inadmissible = functools.reduce(operator.or_, [*bad])
    own, guilt = map(fence, blame(lanes.failed, jnp.sqrt(squares / len(error)), inadmissible, sound))
    worst, blamed = _over_group(own, group), (guilt > 1.0) & (guilt >= _over_group(guilt, group))
    culprit = _largest(jnp.where(bad, jnp.inf, jnp.abs(scaled)))
    accept, following, finished = decide(lanes, elapsed, length, trial, worst, blamed, culprit, method.order)
    carried = jax.tree.map(lambda new, old: jnp.where(accept[None], new, old), after, carried)
    return following._replace(values=jnp.where(accept[None], proposed, lanes.values)), finished, carried


def _largest(rows: Array) -> Array:
    """Return the first row in which each lane has its largest value, shape (lane,); row by row, as XLA on CPU is slow.

    A value that is not a number is not the largest.
    """
    most, found = rows[0], jnp.zeros(rows.shape[1], jnp.int32)
    for index, row in enumerate(rows[1:], start=1):
        found = jnp.where(row > most, index, found)
        most = jnp.maximum(most, row)
    return found


def weighted(weights: np.ndarray, stages: list[Array]) -> Array:
    """Return the weighted sum of the stages so far, (variable, lane), in an order that no number of lanes changes."""
    parts = [float(weight) * stage for weight, stage in zip(weights, stages, strict=False) if weight]
    return functools.reduce(operator.add, parts)


def _over_group(values: Array, group: int) -> Array:
    """Return the largest value (or any) within each group, given back to its members; shape (lane,)."""
    if group == 1:
        return values
    together = functools.reduce(jnp.maximum, [*values.reshape(-1, group).T])  # not `max`: see `loop.evaluate`
    return jnp.repeat(together, group)
