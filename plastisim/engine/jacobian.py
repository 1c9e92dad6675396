"""The Jacobian of a rate equation, read from its traced form: only the entries that are not zero.

Rate equations are written once, as elementwise arithmetic on arrays of shape (lane,). Tracing gives the list of
operations; each is differentiated by itself and the chain rule is applied with sparse rows. The result is
straight-line code with as many products as the pathway has links, instead of a dense block a lane.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import jax
from jax import Array
from jax import numpy as jnp
from jax.extend import core as jcore

Row = dict[int, Array]
Rates = Callable[[Sequence[Array], Any], Sequence[Array]]

_SIGNS = {"add": (1, 1), "add_any": (1, 1), "sub": (1, -1), "neg": (-1,)}
_NESTED = ("jaxpr", "call_jaxpr", "fun_jaxpr")


def linearise(rates: Rates, values: Sequence[Array], inputs: Any) -> tuple[list[Array], list[Row]]:
    """Return the rates and the non-zero entries of their Jacobian.

    Args:
        rates: elementwise function of `values` (a list of arrays of shape (lane,)) and of `inputs`.
        values: the variables, each of shape (lane,).
        inputs: any pytree; held constant.

    Returns:
        rates, each of shape (lane,); and for each of them a mapping from variable index to derivative.

    Raises:
        NotImplementedError: if an operation of the rates is not elementwise.
    """
    leaves, tree = jax.tree_util.tree_flatten(inputs)
    count = len(values)

    def flat(*arguments: Array) -> Sequence[Array]:
        return rates(arguments[:count], jax.tree_util.tree_unflatten(tree, arguments[count:]))

    closed = jax.make_jaxpr(flat)(*values, *leaves)
    rows: list[Row] = [{index: jnp.ones_like(value)} for index, value in enumerate(values)]
    rows += [{} for _ in leaves]
    return _evaluate(closed.jaxpr, closed.consts, [*values, *leaves], rows)


def _evaluate(jaxpr: Any, consts: Sequence[Any], arguments: list[Any], rows: list[Row]) -> tuple[list[Any], list[Row]]:
    """Run a jaxpr, carrying a sparse row of derivatives beside each value."""
    known: dict[Any, tuple[Any, Row]] = {}
    known.update(zip(jaxpr.constvars, ((const, {}) for const in consts), strict=True))
    known.update(zip(jaxpr.invars, zip(arguments, rows, strict=True), strict=True))

    def read(atom: Any) -> tuple[Any, Row]:
        return (atom.val, {}) if isinstance(atom, jcore.Literal) else known[atom]

    for equation in jaxpr.eqns:
        pairs = [read(atom) for atom in equation.invars]
        values, slopes = [value for value, _ in pairs], [row for _, row in pairs]
        inner = next((equation.params[name] for name in _NESTED if name in equation.params), None)
        if inner is not None:
            results = _evaluate(inner.jaxpr, inner.consts, values, slopes)
        else:
            results = _differentiate(equation, values, slopes)
        known.update(zip(equation.outvars, zip(*results, strict=True), strict=True))
    outputs = [read(atom) for atom in jaxpr.outvars]
    return [value for value, _ in outputs], [row for _, row in outputs]


def _differentiate(equation: Any, values: list[Any], slopes: list[Row]) -> tuple[list[Any], list[Row]]:
    """Run one operation and apply the chain rule to it."""
    primitive, params = equation.primitive, equation.params
    results = primitive.bind(*values, **params)
    if primitive.multiple_results:
        if any(slopes):
            raise NotImplementedError(f"rates must be elementwise, but use {primitive.name}")
        return list(results), [{} for _ in results]
    if not any(slopes) or not jnp.issubdtype(results.dtype, jnp.floating):
        return [results], [{}]
    row: Row = {}
    for position, slope in enumerate(slopes):
        if not slope:
            continue
        if values[position].shape != results.shape:
            raise NotImplementedError(f"rates must be elementwise, but use {primitive.name} across shapes")
        sign = _SIGNS.get(primitive.name, (0,) * len(values))[position]
        factor = None if sign else _partial(primitive, params, values, position)
        for index, entry in slope.items():
            term = entry * factor if factor is not None else (entry if sign > 0 else -entry)
            row[index] = row[index] + term if index in row else term
    return [results], [row]


def _partial(primitive: Any, params: dict[str, Any], values: list[Any], position: int) -> Array:
    """Return the derivative of an elementwise operation by its operand at `position`."""
    if primitive.name == "mul":
        other = values[1 - position]
        return jnp.broadcast_to(other, values[position].shape) if jnp.ndim(other) == 0 else other

    def of_one(value: Array) -> Array:
        return primitive.bind(*values[:position], value, *values[position + 1 :], **params)

    return jax.jvp(of_one, (values[position],), (jnp.ones_like(values[position]),))[1]
