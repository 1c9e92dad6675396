"""The stiff integrator: linearly implicit steps with an error estimate, many lanes at once.

Method: ROS34PW2 (Rang & Angermann 2005, BIT 45:761), four stages, order 3, L-stable, stiffly accurate, with an
embedded error estimate of order 2. It is a W-method: the order holds for any approximation of the Jacobian, so
that the coupling between neighbouring neurons may be left out of it. What the drift of the drive does to the rates is
in it: fast variables follow a drive that changes, and without it their error sets the step (2.5 times the steps).

Each group of lanes (neighbouring neurons) has its own time and its own step; no group ever waits for the accuracy
of another, so that a neuron's trajectory does not depend on how many others are simulated beside it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from jax import Array, lax
from jax import numpy as jnp

from plastisim.engine.control import Lanes, Tolerance, blame, decide, judge, plan
from plastisim.engine.jacobian import Rates, linearise, moving
from plastisim.engine.linear import Factors, factorise, solve
from plastisim.engine.tracing import shared

GAMMA = 0.43586652150845900
_ALPHA = np.zeros((4, 4))
_ALPHA[1, 0] = 0.87173304301691801
_ALPHA[2, :2] = 0.84457060015369423, -0.11299064236484185
_ALPHA[3, 2] = 1.0
_GAMMA = np.diag([GAMMA] * 4)
_GAMMA[1, 0] = -0.87173304301691801
_GAMMA[2, :2] = -0.90338057013044082, 0.054180672388095326
_GAMMA[3, :3] = 0.24212380706095346, -1.2232505839045147, 0.54526025533510214
_WEIGHTS = np.array([0.24212380706095346, -1.2232505839045147, 1.5452602553351020, 0.43586652150845900])
_EMBEDDED = np.array([0.37810903145819369, -0.096042292212423178, 0.5, 0.21793326075422950])

# In the variables u = GAMMA k no product with the Jacobian is left, and any Jacobian may be used.
_INVERSE = np.linalg.inv(_GAMMA)
STAGE = _ALPHA @ _INVERSE
MEMORY = np.diag(1.0 / np.diag(_GAMMA)) - _INVERSE
RESULT = _WEIGHTS @ _INVERSE
ERROR = (_WEIGHTS - _EMBEDDED) @ _INVERSE
TIMES = _ALPHA.sum(axis=1)
DRIFT = _GAMMA.sum(axis=1)


class Coupling(NamedTuple):
    """How lanes of a group act on each other, beside the elementwise rates.

    Attributes:
        group: number of consecutive lanes that are coupled and therefore share their steps.
        implicit: solves (1 - duration × coupling) x = values for x; arguments (variable, lane) and s, (lane,). The
            coupling itself enters the rates through their inputs.
    """

    group: int
    implicit: Callable[[Array, Array], Array]


ALONE = Coupling(1, lambda values, duration: values)
InputsAt = Callable[[Array, Array], Any]


def advance(
    rates: Rates, inputs_at: InputsAt, lanes: Lanes, length: Array, tolerance: Tolerance,
    coupling: Coupling = ALONE,
) -> Lanes:  # fmt: skip
    """Integrate every lane over `length` seconds, each group of lanes with its own steps.

    Args:
        rates: elementwise rates of a list of variables and inputs (see `jacobian.linearise`).
        inputs_at: inputs at (seconds since the start of this stretch, shape (lane,); values, shape (variable, lane)).
        lanes: where the integration stands; the lane count is a multiple of the coupled group.
        length: duration, s, shape ().
        tolerance: see `Tolerance`.
        coupling: of neighbouring lanes.

    Returns:
        Lanes at the end. A lane whose step became too small or whose values are not finite keeps its last good
        values and has `failed` set; the other lanes of its group go on beside it.
    """

    def unfinished(carry: tuple[Lanes, Array]) -> Array:
        return jnp.any(carry[1] < length)

    def body(carry: tuple[Lanes, Array]) -> tuple[Lanes, Array]:
        return _attempt(rates, inputs_at, carry[0], carry[1], length, tolerance, coupling)

    elapsed = jnp.where(lanes.failed >= 0, length, jnp.zeros_like(lanes.step))
    return lax.while_loop(unfinished, body, (lanes, elapsed))[0]


def _attempt(
    rates: Rates, inputs_at: InputsAt, lanes: Lanes, elapsed: Array, length: Array, tolerance: Tolerance,
    coupling: Coupling,
) -> tuple[Lanes, Array]:  # fmt: skip
    """Try one step in every unfinished lane."""
    group = coupling.group
    trial = plan(lanes.step, elapsed, length)
    proposed, error, sound = _rosenbrock(rates, inputs_at, lanes, elapsed, trial.step, coupling)

    absolute = jnp.asarray(tolerance.absolute, error.dtype)[:, None]
    signed = jnp.asarray(tolerance.signed)[:, None]
    proposed, bad, scaled = judge(lanes.values, proposed, error, tolerance.relative, absolute, signed)
    # One by one: the order in which XLA sums an axis depends on the number of lanes, and a neuron must not.
    squares = sum([*scaled**2], jnp.zeros_like(trial.step))
    own, guilt = blame(lanes.failed, jnp.sqrt(squares / len(error)), jnp.any(bad, axis=0), sound)
    worst, blamed = _over_group(own, group), (guilt > 1.0) & (guilt >= _over_group(guilt, group))
    culprit = jnp.argmax(jnp.where(bad, jnp.inf, jnp.abs(scaled)), axis=0).astype(jnp.int32)
    accept, following, finished = decide(lanes, elapsed, length, trial, worst, blamed, culprit)
    return following._replace(values=jnp.where(accept[None], proposed, lanes.values)), finished


def _rosenbrock(
    rates: Rates, inputs_at: InputsAt, lanes: Lanes, elapsed: Array, step: Array, coupling: Coupling
) -> tuple[Array, Array, Array]:
    """Return the values after one step and the estimate of their error, (variable, lane), and whether rates are finite.

    The matrix that is inverted is the product of the lanes' own part and the coupling's part: close enough to their
    sum for a W-method to keep its order, and as stable for long steps. A lane that diverged earlier stands still.
    """
    values, still = lanes.values, (lanes.failed >= 0)[None]
    inputs, drift = moving(lambda t: inputs_at(t, values), elapsed)
    first, factors, drifts = shared(_prepare(rates))(list(values), inputs, drift, step)
    drifted = step[None] * jnp.stack(drifts)
    slopes, solution = shared(rates), shared(solve)

    def stage(slope: Array) -> tuple[Array, Array]:
        own = jnp.stack(solution(factors, list(slope)))
        return coupling.implicit(jnp.where(still, 0.0, own), GAMMA * step), own

    def later(index: Array, stages: Array) -> Array:
        inner = values + _weighted(_row(STAGE, index, values), stages)
        slope = jnp.stack(slopes(list(inner), inputs_at(elapsed + _row(TIMES, index, values) * step, inner)))
        slope = slope + _weighted(_row(MEMORY, index, values), stages) / step[None]
        slope = slope + _row(DRIFT, index, values) * drifted
        return stages.at[index].set(stage(slope)[0])

    # A loop instead of four copies: less to compile, and nothing slower to run.
    begin, own = stage(jnp.stack(first) + float(DRIFT[0]) * drifted)
    stages = jnp.zeros((4, *values.shape), values.dtype).at[0].set(begin)
    stages = lax.fori_loop(1, 4, later, stages)
    result, error = (_weighted(jnp.asarray(row, values.dtype), stages) for row in (RESULT, ERROR))
    return values + result, error, jnp.isfinite(own).all(axis=0)


def _prepare(rates: Rates) -> Callable[..., Any]:
    """Return the function that gives rates, factors of a step and what the inputs' drift does to the rates."""

    def prepare(
        values: list[Array], inputs: Any, drift: list[Array | None], step: Array
    ) -> tuple[list[Array], Factors, list[Array]]:
        slopes, jacobian = linearise(rates, values, inputs, drift)
        drifts = [row.pop(len(values), jnp.zeros_like(step)) for row in jacobian]
        return slopes, factorise(1.0 / (GAMMA * step), jacobian), drifts

    return prepare


def _weighted(weights: Array, stages: Array) -> Array:
    """Return the weighted sum of the stages, shape (variable, lane), in an order that no number of lanes changes."""
    total = weights[0] * stages[0]
    for weight, stage in zip(weights[1:], stages[1:], strict=True):
        total = total + weight * stage
    return total


def _row(table: np.ndarray, index: Array, like: Array) -> Array:
    """Return one row of a table of coefficients, in the precision of `like`."""
    return jnp.asarray(table, like.dtype)[index]


def _over_group(values: Array, group: int) -> Array:
    """Return the largest value (or any) within each group, given back to its members; shape (lane,)."""
    if group == 1:
        return values
    together = jnp.max(values.reshape(-1, group), axis=1)
    return jnp.repeat(together, group)
