"""An explicit step, for systems whose solution is as fast as their fastest rate.

A cell whose calcium oscillates needs short steps whatever the method; a stiff method (rodas.py) then pays for a
Jacobian and its factors that buy no longer step. Dormand & Prince 1980, J Comput Appl Math 6:19, seven stages, order 5,
with an embedded result of order 4 as error estimate (coefficients as in SciPy's RK45).
"""

from __future__ import annotations

import jax
import numpy as np
from jax import Array
from jax import numpy as jnp

from plastisim.engine.control import Lanes
from plastisim.engine.jacobian import Rates
from plastisim.engine.kernels import fence
from plastisim.engine.stepping import Coupling, InputsAt, Method, weighted
from plastisim.engine.tracing import shared

TIMES = np.array([0.0, 1 / 5, 3 / 10, 4 / 5, 8 / 9, 1.0, 1.0])
STAGE = np.zeros((7, 7))
STAGE[1, 0] = 1 / 5
STAGE[2, :2] = 3 / 40, 9 / 40
STAGE[3, :3] = 44 / 45, -56 / 15, 32 / 9
STAGE[4, :4] = 19372 / 6561, -25360 / 2187, 64448 / 6561, -212 / 729
STAGE[5, :5] = 9017 / 3168, -355 / 33, 46732 / 5247, 49 / 176, -5103 / 18656
STAGE[6, :6] = 35 / 384, 0.0, 500 / 1113, 125 / 192, -2187 / 6784, 11 / 84  # the last stage is taken at the result
ERROR = np.array([71 / 57600, 0.0, -71 / 16695, 71 / 1920, -17253 / 339200, 22 / 525, -1 / 40])


def _slope(rates: Rates, inputs_at: InputsAt, lanes: Lanes, elapsed: Array) -> Array:
    """Return the rates where a stretch begins; (variable, lane)."""
    return jnp.stack(shared(rates)(list(lanes.values), inputs_at(elapsed, lanes.values)))


def _dormand_prince(
    rates: Rates, inputs_at: InputsAt, lanes: Lanes, elapsed: Array, step: Array, coupling: Coupling, first: Array
) -> tuple[Array, Array, Array, Array]:
    """Return the values after one step, the estimate of their error, whether `first` is finite, and the rates there.

    What neighbours exchange is in the inputs: an explicit step asks nothing else of the coupling. `first` are the
    rates where the step begins, the last stage of the step before it.
    """
    values, still = lanes.values, lanes.failed >= 0
    slopes = shared(rates)

    @jax.jit  # traced once, called for each stage
    def slope(inner: Array, moment: Array) -> Array:
        # A fence: XLA would compute a stage again wherever it is used.
        return fence(jnp.stack(slopes(list(inner), inputs_at(moment, inner))))

    stages, inner = [first], values
    for index in range(1, len(TIMES)):
        inner = values + jnp.where(still, 0.0, step[None] * weighted(STAGE[index], stages))
        stages.append(slope(inner, elapsed + float(TIMES[index]) * step))
    return inner, step[None] * weighted(ERROR, stages), jnp.isfinite(first).all(axis=0), stages[-1]


DORMAND_PRINCE = Method(5, 32, _slope, _dormand_prince)
