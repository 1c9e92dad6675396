"""The stiff method: a linearly implicit step, L-stable, for systems with rates much faster than their solution.

Rodas4P (Steinebach 1995, TH Darmstadt preprint 1741; coefficients as in the code RODAS of Hairer & Wanner,
Solving Ordinary Differential Equations II, and in OrdinaryDiffEq.jl), six stages, order 4, L-stable, stiffly accurate,
with an embedded error estimate of order 3. Its order holds for an exact Jacobian only, so the coupling between
neighbouring lanes is in it: the variable that they exchange is eliminated last, and solved for a whole group at once.
What the drift of the drive does to the rates is in it too: fast variables follow a drive that changes, and without it
their error sets the step.
"""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable
from typing import Any

import numpy as np
from jax import Array, lax
from jax import numpy as jnp

from plastisim.engine.control import Lanes
from plastisim.engine.jacobian import Rates, linearise, moving
from plastisim.engine.kernels import fence
from plastisim.engine.linear import Factors, eliminate, factorise, substitute
from plastisim.engine.stepping import Coupling, InputsAt, Method, weighted
from plastisim.engine.tracing import shared

ORDER = 4
GAMMA = 0.25
TIMES = np.array([0.0, 0.75, 0.21, 0.63, 1.0, 1.0])
DRIFT = np.array([0.25, -0.5, -0.023504, -0.0362, 0.0, 0.0])
# Both in the variables u = GAMMA k, in which no product with the Jacobian is left.
STAGE = np.zeros((6, 6))
STAGE[1, 0] = 3.0
STAGE[2, :2] = 1.831036793486759, 0.4955183967433795
STAGE[3, :3] = 2.304376582692669, -0.05249275245743001, -1.176798761832782
STAGE[4:, :4] = -7.170454962423024, -4.741636671481785, -16.31002631330971, -1.062004044111401
STAGE[5, 4] = 1.0
MEMORY = np.zeros((6, 6))
MEMORY[1, 0] = -12.0
MEMORY[2, :2] = -8.791795173947035, -2.207865586973518
MEMORY[3, :3] = 10.81793056857153, 6.780270611428266, 19.53485944642410
MEMORY[4, :4] = 34.19095006749676, 15.49671153725963, 54.74760875964130, 14.16005392148534
MEMORY[5, :5] = 34.62605830930532, 15.30084976114473, 56.99955578662667, 18.40807009793095, -5.714285714285717
ERROR = np.array([0.0, 0.0, 0.0, 0.0, 0.0, 1.0])
RESULT = STAGE[5] + ERROR


def _rosenbrock(
    rates: Rates, inputs_at: InputsAt, lanes: Lanes, elapsed: Array, step: Array, coupling: Coupling, _: None = None
) -> tuple[Array, Array, Array, None]:
    """Return the values after one step and the estimate of their error, (variable, lane), and whether rates are finite.

    A lane that diverged earlier stands still: its neighbours see a value that does not change.
    """
    values, still = lanes.values, lanes.failed >= 0
    inputs, drift = moving(lambda t: inputs_at(t, values), elapsed)
    first, factors, drifts = shared(_prepare(rates, coupling.variable))(list(values), inputs, drift, step)
    drifted = step[None] * jnp.stack(drifts)
    slopes, forward, backward = shared(rates), shared(eliminate), shared(substitute)
    last = factors.order[-1]
    pivot = jnp.where(still, 0.0, factors.inverse[last])

    def stage(slope: Array) -> tuple[Array, Array]:
        own = forward(factors, list(slope))
        sound = functools.reduce(operator.and_, [jnp.isfinite(one) for one in (*own, pivot)])
        own[last] = coupling.couple(pivot, jnp.where(still, 0.0, own[last]))
        # A fence: XLA would compute a stage again, and all stages before it, wherever it is used.
        return fence(jnp.stack(backward(factors, own))), sound

    def mixed(index: int, stages: Array) -> tuple[Array, Array, Array]:
        known = [*stages[:index]]
        memory = weighted(MEMORY[index], known) / step[None] + float(DRIFT[index]) * drifted
        moment = elapsed + float(TIMES[index]) * step
        return fence(values + weighted(STAGE[index], known)), fence(memory), fence(moment)

    # A loop, so that rates and passes are compiled once and not for each stage: half the time to compile.
    def later(index: Array, stages: Array) -> Array:
        inner, memory, moment = lax.switch(index - 1, mixes, stages)
        slope = jnp.stack(slopes(list(inner), inputs_at(moment, inner))) + memory
        return lax.dynamic_update_index_in_dim(stages, stage(slope)[0], index, 0)

    mixes = [functools.partial(mixed, index) for index in range(1, len(TIMES))]
    begin, sound = stage(jnp.stack(first) + float(DRIFT[0]) * drifted)
    none = jnp.zeros((len(TIMES) - 1, *begin.shape), begin.dtype)
    stages = [*lax.fori_loop(1, len(TIMES), later, jnp.concatenate([begin[None], none]))]
    result, error = weighted(RESULT, stages), weighted(ERROR, stages)
    return values + jnp.where(still, 0.0, result), error, sound, None


def _prepare(rates: Rates, last: int | None) -> Callable[..., Any]:
    """Return the function that gives rates, factors of a step and what the inputs' drift does to the rates."""

    def prepare(
        values: list[Array], inputs: Any, drift: list[Array | None], step: Array
    ) -> tuple[list[Array], Factors, list[Array]]:
        slopes, jacobian = linearise(rates, values, inputs, drift)
        drifts = [row.pop(len(values), jnp.zeros_like(step)) for row in jacobian]
        return slopes, factorise(1.0 / (GAMMA * step), jacobian, last), drifts

    return prepare


RODAS4P = Method(ORDER, 8, lambda *_: None, _rosenbrock)
