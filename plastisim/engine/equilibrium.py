"""Resting states: Newton's method, reached through ever longer implicit steps."""

from __future__ import annotations

from typing import Any

from jax import Array, lax
from jax import numpy as jnp

from plastisim.engine.jacobian import Rates, linearise
from plastisim.engine.kernels import kernel
from plastisim.engine.linear import factorise, solve
from plastisim.engine.tracing import shared

ITERATIONS = 60
NEGLIGIBLE = 1e-30  # in any unit of the model
LONGEST = 1e12  # s; beyond every time constant, so that the last iterations are Newton's


def rest(rates: Rates, values: Array, inputs: Any, iterations: int = ITERATIONS) -> Array:
    """Return the fixed point of `rates` near `values`.

    Args:
        rates: elementwise rates (see `jacobian.linearise`).
        values: first guess, shape (variable, lane).
        inputs: pytree of inputs, held constant.
        iterations: number of steps; each is three times longer than the one before, up to `LONGEST`.

    Returns:
        shape (variable, lane). The caller checks the residual (`relative_residual`).
    """

    def move(current: list[Array], step: Array) -> list[Array]:
        slope, jacobian = linearise(rates, current, inputs)
        return solve(factorise(1.0 / step, jacobian), slope)

    newton = shared(move)

    @kernel
    def body(_: Array, carry: tuple[Array, Array]) -> tuple[Array, Array]:
        current, step = carry
        return current + jnp.stack(newton(list(current), step)), jnp.minimum(3.0 * step, LONGEST)

    first = jnp.ones(values.shape[1], values.dtype)
    found = lax.fori_loop(0, iterations, body, (values, first))[0]
    # A variable that rests at zero is left there by Newton's method only to within rounding.
    return jnp.where(jnp.abs(found) < NEGLIGIBLE, 0.0, found)


def relative_residual(rates: Rates, values: Array, inputs: Any) -> Array:
    """Return |rate| relative to its variable, or to 1e-6 of its unit where it is smaller, 1/s; (variable, lane)."""
    slope = jnp.stack(rates(list(values), inputs))
    return jnp.abs(slope) / jnp.maximum(jnp.abs(values), 1e-6)
