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

from plastisim.engine.tracing import bind, flat_program

Row = dict[int, Array]
Rates = Callable[[Sequence[Array], Any], Sequence[Array]]

_SIGNS = {"add": (1, 1), "add_any": (1, 1), "sub": (1, -1), "neg": (-1,)}
# Listed, because a shape says nothing: a sum that runs along the lanes or a permutation of them keeps it.
_ELEMENTWISE = frozenset(
    "add add_any sub mul div neg pow integer_pow square sqrt rsqrt cbrt exp exp2 expm1 log log1p logistic tanh sinh "
    "cosh sin cos tan asin acos atan asinh acosh atanh atan2 erf erfc abs sign floor ceil max min clamp select_n "
    "convert_element_type copy broadcast_in_dim".split()
)


def linearise(
    rates: Rates, values: Sequence[Array], inputs: Any, drift: Sequence[Array | None] = ()
) -> tuple[list[Array], list[Row]]:
    """Return the rates and the non-zero entries of their Jacobian.

    Args:
        rates: elementwise function of `values` (a list of arrays of shape (lane,)) and of `inputs`.
        values: the variables, each of shape (lane,).
        inputs: any pytree.
        drift: slope in time of each leaf of `inputs`, None where it stands still; empty if all do (see `moving`).

    Returns:
        rates, each of shape (lane,); and for each of them a mapping from variable index to derivative. Time counts as
        one variable more: the entry at `len(values)`, if there is one, is what the inputs' drift does to the rate.

    Raises:
        NotImplementedError: if an operation of the rates is not elementwise.
    """
    leaves, tree = jax.tree_util.tree_flatten(inputs)
    count = len(values)

    def flat(*arguments: Array) -> Sequence[Array]:
        return rates(arguments[:count], jax.tree_util.tree_unflatten(tree, arguments[count:]))

    program = flat_program(jax.make_jaxpr(flat)(*values, *leaves))
    known: dict[Any, tuple[Any, Row]] = {key: (value, {}) for key, value in program.known.items()}
    for index, (key, value) in enumerate(zip(program.arguments, [*values, *leaves], strict=True)):
        known[key] = (value, {index: jnp.ones_like(value)} if index < count else {})
    for key, value, slope in zip(program.arguments[count:], leaves, drift or [None] * len(leaves), strict=True):
        known[key] = (value, {} if slope is None else {count: slope})
    for operation in program.operations:
        pairs = [known[key] for key in operation.inputs]
        results = _differentiate(operation.equation, [value for value, _ in pairs], [row for _, row in pairs])
        known.update(zip(operation.outputs, results, strict=True))
    outputs = [known[key] for key in program.results]
    return [value for value, _ in outputs], [row for _, row in outputs]


def moving(inputs_at: Callable[[Array], Any], elapsed: Array) -> tuple[Any, list[Array | None]]:
    """Return inputs at a moment, and for each of their leaves its slope in time, None where it cannot change.

    Args:
        inputs_at: any pytree as a function of time.
        elapsed: s, shape (lane,).
    """
    inputs, slopes = jax.jvp(inputs_at, (elapsed,), (jnp.ones_like(elapsed),))
    program = flat_program(jax.make_jaxpr(inputs_at)(elapsed))
    touched = set(program.arguments)
    for operation in program.operations:
        if touched.intersection(operation.inputs):
            touched.update(operation.outputs)
    changing = [key in touched for key in program.results]
    floating = [jnp.issubdtype(jnp.result_type(leaf), jnp.floating) for leaf in jax.tree.leaves(inputs)]
    flags = zip(jax.tree.leaves(slopes), changing, floating, strict=True)
    return inputs, [slope if changes and real else None for slope, changes, real in flags]


def _differentiate(equation: Any, values: list[Any], slopes: list[Row]) -> list[tuple[Any, Row]]:
    """Run one operation and apply the chain rule to it."""
    primitive, params = equation.primitive, equation.params
    inverse = 1.0 / values[1] if primitive.name == "div" and any(slopes) else None  # one division, and not three
    results = bind(equation, values) if inverse is None else [values[0] * inverse]
    if len(results) > 1 and any(slopes):
        raise NotImplementedError(f"rates must be elementwise, but use {primitive.name}")
    if not any(slopes) or not jnp.issubdtype(results[0].dtype, jnp.floating):
        return [(result, {}) for result in results]
    if primitive.name not in _ELEMENTWISE:
        raise NotImplementedError(f"rates must be elementwise, but use {primitive.name}")
    row: Row = {}
    for position, slope in enumerate(slopes):
        if not slope:
            continue
        if values[position].shape != results[0].shape:
            raise NotImplementedError(f"rates must be elementwise, but use {primitive.name} across shapes")
        sign = _SIGNS.get(primitive.name, (0,) * len(values))[position]
        factor = None if sign else _partial(primitive, params, values, position, results[0], inverse)
        for index, entry in slope.items():
            term = entry * factor if factor is not None else (entry if sign > 0 else -entry)
            row[index] = row[index] + term if index in row else term
    return [(results[0], row)]


def _partial(
    primitive: Any, params: dict[str, Any], values: list[Any], position: int, result: Array, inverse: Array | None
) -> Array:
    """Return the derivative of an elementwise operation by its operand at `position`.

    Args:
        primitive: of the operation.
        params: of the operation.
        values: its operands.
        position: of the operand.
        result: of the operation.
        inverse: of the divisor, if the operation is a division.
    """
    shape = values[position].shape
    if primitive.name == "mul":
        other = values[1 - position]
        return jnp.broadcast_to(other, shape) if jnp.ndim(other) == 0 else other
    if inverse is not None:
        return jnp.broadcast_to(inverse, shape) if position == 0 else -(result * inverse)
    if primitive.name == "pow" and position == 0:  # without a second power, which costs as much as ten divisions
        base, exponent = values
        return jnp.where(base > 0.0, exponent * result / base, 0.0)
    return _slope(primitive, params, values, position)


def _slope(primitive: Any, params: dict[str, Any], values: list[Any], position: int) -> Array:
    """Return the derivative of an operation by its operand at `position`, as JAX has it."""

    def of_one(value: Array) -> Array:
        return primitive.bind(*values[:position], value, *values[position + 1 :], **params)

    return jax.jvp(of_one, (values[position],), (jnp.ones_like(values[position]),))[1]
