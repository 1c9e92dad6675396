"""Traced functions read back: one flat list of operations, and each shared value computed once.

XLA on CPU fuses a value into every operation that uses it, and so computes it as often as it is used; in the
straight-line code of a Jacobian and its factors that is thousands of times. Without any fusion each operation is a loop
of its own. `shared` takes the middle way: it fences every value that is used more than once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import jax
from jax import numpy as jnp
from jax.extend import core as jcore

from plastisim.engine.kernels import fence

_NESTED = ("jaxpr", "call_jaxpr", "fun_jaxpr")
_LOOPS = ("while", "scan", "cond")
_CHEAP = ("broadcast_in_dim", "convert_element_type")  # cheaper to repeat than to store


class Operation(NamedTuple):
    """One operation: its equation, and keys of the values that go in and come out."""

    equation: Any
    inputs: tuple[Any, ...]
    outputs: tuple[Any, ...]


class Program(NamedTuple):
    """A traced function without nesting.

    Attributes:
        known: values that are there from the start (constants and literals), by key.
        arguments: keys of the arguments.
        operations: in order.
        results: keys of the results.
    """

    known: dict[Any, Any]
    arguments: list[Any]
    operations: list[Operation]
    results: list[Any]


def flat_program(closed: Any) -> Program:
    """Return a closed jaxpr as one flat list of operations, nested calls written out."""
    program = Program({}, [object() for _ in closed.jaxpr.invars], [], [])
    program.results.extend(_append(program, closed.jaxpr, closed.consts, program.arguments))
    return program


def _append(program: Program, jaxpr: Any, consts: Sequence[Any], arguments: Sequence[Any]) -> list[Any]:
    """Append the operations of a jaxpr and return the keys of its results."""
    keys: dict[Any, Any] = dict(zip(jaxpr.invars, arguments, strict=True))
    for variable, value in zip(jaxpr.constvars, consts, strict=True):
        keys[variable] = object()
        program.known[keys[variable]] = value

    def key_of(atom: Any) -> Any:
        if isinstance(atom, jcore.Literal):
            key = object()
            program.known[key] = atom.val
            return key
        return keys[atom]

    for equation in jaxpr.eqns:
        inputs = tuple(key_of(atom) for atom in equation.invars)
        inner = next((equation.params[name] for name in _NESTED if name in equation.params), None)
        if inner is not None and equation.primitive.name not in _LOOPS:
            outputs = _append(program, inner.jaxpr, inner.consts, inputs)
        else:
            outputs = [object() for _ in equation.outvars]
            program.operations.append(Operation(equation, inputs, tuple(outputs)))
        keys.update(zip(equation.outvars, outputs, strict=True))
    return [key_of(atom) for atom in jaxpr.outvars]


def shared(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return `function`, compiled such that a value with several uses is computed once."""

    def fenced(*arguments: Any) -> Any:
        closed, shape = jax.make_jaxpr(function, return_shape=True)(*arguments)
        program = flat_program(closed)
        uses = _uses(program)
        values = {**program.known, **dict(zip(program.arguments, jax.tree.leaves(arguments), strict=True))}
        for operation in program.operations:
            results = _quick(operation.equation, [values[key] for key in operation.inputs])
            dear = operation.equation.primitive.name not in _CHEAP
            for key, result in zip(operation.outputs, results, strict=True):
                values[key] = fence(result) if dear and uses.get(key, 0) > 1 else result
        return jax.tree.unflatten(jax.tree.structure(shape), [values[key] for key in program.results])

    return fenced


def bind(equation: Any, values: Sequence[Any]) -> list[Any]:
    """Run one operation on values and return its results."""
    results = equation.primitive.bind(*values, **equation.params)
    return list(results) if equation.primitive.multiple_results else [results]


def _quick(equation: Any, values: Sequence[Any]) -> list[Any]:
    """Run one operation on values; a power by exponential and logarithm, as XLA on CPU has no quick one."""
    if equation.primitive.name != "pow":
        return bind(equation, values)
    base, exponent = values
    return [jnp.where(exponent == 0, 1.0, jnp.exp(exponent * jnp.log(base)))]


def _uses(program: Program) -> dict[Any, int]:
    """Return how often each value is used; results and parts of a concatenation count twice, being stored anyway."""
    uses: dict[Any, int] = {}
    for operation in program.operations:
        weight = 2 if operation.equation.primitive.name == "concatenate" else 1
        for key in operation.inputs:
            uses[key] = uses.get(key, 0) + weight
    for key in program.results:
        uses[key] = uses.get(key, 0) + 2
    return uses
