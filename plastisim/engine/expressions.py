"""Functions read back as expressions: what is compiled, as formulas with names.

`read` traces a function of scalars and turns its operations into expressions. Equal expressions are one object, known
numbers are folded in, and what the source assigns to a local variable keeps that name. Nothing here knows biology.
"""

from __future__ import annotations

import contextlib
import dataclasses
import math
import operator
import sys
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from types import FrameType
from typing import Any, NamedTuple

import jax
import numpy as np
from jax import core

from plastisim.engine.errors import ConfigError
from plastisim.engine.tracing import Operation, Program, flat_program


@dataclasses.dataclass(frozen=True, eq=False)
class Expression:
    """A number, a symbol, or an operation on other expressions; within one reading, equal ones are the same object.

    Attributes:
        operation: `number`, `symbol`, or a key of `OPERATIONS`.
        parts: operands.
        value: of a number, or the name of a symbol.
    """

    operation: str
    parts: tuple[Expression, ...] = ()
    value: float | bool | str | None = None


OPERATIONS: dict[str, Callable[..., Any]] = {
    "add": operator.add,
    "sub": operator.sub,
    "mul": operator.mul,
    "div": lambda a, b: a / b if b else math.copysign(math.inf, a) if a else math.nan,
    "pow": operator.pow,
    "neg": operator.neg,
    "abs": abs,
    "exp": math.exp,
    "log": math.log,
    "sqrt": math.sqrt,
    "max": max,
    "min": min,
    "ge": operator.ge,
    "gt": operator.gt,
    "le": operator.le,
    "lt": operator.lt,
    "eq": operator.eq,
    "ne": operator.ne,
    "and": lambda a, b: a and b,
    "or": lambda a, b: a or b,
    "not": operator.not_,
    "where": lambda condition, yes, no: yes if condition else no,
}
_SAME = ("convert_element_type", "broadcast_in_dim", "reshape", "squeeze", "copy", "stop_gradient")


class Builder:
    """Makes expressions, each once."""

    def __init__(self) -> None:
        """Start without any."""
        self._made: dict[Any, Expression] = {}

    def number(self, value: float | bool) -> Expression:
        """Return a number."""
        return self._make("number", (), value)

    def symbol(self, name: str) -> Expression:
        """Return a symbol."""
        return self._make("symbol", (), name)

    def apply(self, operation: str, *parts: Expression) -> Expression:
        """Return an operation on expressions; what follows from known numbers is worked out."""
        if all(part.operation == "number" for part in parts):
            return self.number(OPERATIONS[operation](*(part.value for part in parts)))
        simple = self._simple(operation, *parts)
        return self._make(operation, parts, None) if simple is None else simple

    def _make(self, operation: str, parts: tuple[Expression, ...], value: Any) -> Expression:
        key = (operation, tuple(map(id, parts)), value, type(value))
        return self._made.setdefault(key, Expression(operation, parts, value))

    def _simple(self, operation: str, *parts: Expression) -> Expression | None:
        """Return what is left where a 0, a 1 or an infinity decides; all symbols are taken as finite."""
        first, second = parts[0].value, parts[-1].value
        numeric = [part.operation == "number" for part in parts]
        if operation == "where" and numeric[0]:
            return parts[1] if first else parts[2]
        if operation in ("add", "sub") and numeric[1] and second == 0.0:
            return parts[0]
        if operation == "add" and numeric[0] and first == 0.0:
            return parts[1]
        if operation == "sub" and numeric[0] and first == 0.0:
            return self.apply("neg", parts[1])
        if operation in ("add", "sub") and any(_infinite(part) for part in parts):
            return self.number(math.inf if _infinite(parts[0]) or operation == "add" else -math.inf)
        if operation in ("mul", "div") and numeric[0] and first == 0.0:
            return parts[0]
        if operation == "mul" and numeric[0] and first == 1.0:
            return parts[1]
        if operation in ("mul", "div", "pow") and numeric[-1] and second == 1.0:
            return parts[0]
        if (operation == "mul" and numeric[1] and second == 0.0) or (operation == "div" and _infinite(parts[1])):
            return self.number(0.0)
        return None


def _infinite(expression: Expression) -> bool:
    return expression.operation == "number" and expression.value == math.inf


def leaves(expression: Expression) -> set[str]:
    """Return the names of the symbols in an expression."""
    seen: set[Expression] = set()
    waiting = [expression]
    while waiting:
        one = waiting.pop()
        if one not in seen:
            seen.add(one)
            waiting.extend(one.parts)
    return {str(one.value) for one in seen if one.operation == "symbol"}


class Reading(NamedTuple):
    """A function read back.

    Attributes:
        result: what the function returned, with an expression in place of each array.
        labels: module and local variable that hold an intermediate value in the source, by expression. Elements of a
            list carry the list's name, so that several values may have one label.
    """

    result: Any
    labels: dict[Expression, tuple[str, str]]


def read(
    function: Callable[..., Any], *arguments: Any, named_in: Collection[str] = (), constants: Mapping[float, str] = {}
) -> Reading:
    """Return a function as expressions of its arguments.

    Args:
        function: elementwise arithmetic on arrays; it is traced with scalars.
        arguments: pytrees whose leaves are symbol names (strings) or known numbers, which are folded in.
        named_in: modules whose local variables give names to intermediate values.
        constants: numbers in the function's source that are symbols, because they have a unit.

    Raises:
        ConfigError: the function uses an operation that has no expression; the message names it.
    """
    leaves, structure = jax.tree.flatten(arguments)
    labels: list[tuple[str, str]] = []
    shape: list[Any] = []

    def flat(*values: Any) -> list[Any]:
        with _assigned(named_in) as found:
            result = function(*jax.tree.unflatten(structure, values))
        unique = {id(value): (label, value) for label, value in found}  # later ones come from outer functions
        labels.extend(label for label, _ in unique.values())
        shape.append(jax.tree.structure(result))
        return [*jax.tree.leaves(result), *(value for _, value in unique.values())]

    with jax.enable_x64(True):
        closed = jax.make_jaxpr(flat)(*(jax.ShapeDtypeStruct((), np.float64) for _ in leaves))
    builder = Builder()
    made = [builder.symbol(leaf) if isinstance(leaf, str) else builder.number(float(leaf)) for leaf in leaves]
    results = _expressions(builder, flat_program(closed), made, constants)
    count = len(results) - len(labels)
    named = zip(results[count:], labels, strict=True)
    return Reading(jax.tree.unflatten(shape[0], results[:count]), {one: label for one, label in named if one.parts})


@contextlib.contextmanager
def _assigned(modules: Collection[str]) -> Iterator[list[tuple[tuple[str, str], Any]]]:
    """Collect ((module, name), value) of the traced local variables of every function of `modules`, as it returns."""
    found: list[tuple[tuple[str, str], Any]] = []

    def returned(frame: FrameType, event: str, _: Any) -> None:
        module = frame.f_globals.get("__name__", "")
        if event != "return" or module not in modules or frame.f_code.co_name.startswith("<"):
            return
        code = frame.f_code
        given = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
        for name, held in reversed(list(frame.f_locals.items())):  # of two names for one value, the first stays
            values = held if isinstance(held, list) else [held]
            if name not in given:
                found.extend(((module, name), one) for one in values if isinstance(one, core.Tracer))

    before = sys.getprofile()
    if modules:
        sys.setprofile(returned)
    try:
        yield found
    finally:
        sys.setprofile(before)


def _expressions(
    builder: Builder, program: Program, arguments: Sequence[Expression], constants: Mapping[float, str]
) -> list[Expression]:
    """Return the results of a flat program whose arguments are expressions."""
    values = {key: _constant(builder, value, constants) for key, value in program.known.items()}
    values.update(zip(program.arguments, arguments, strict=True))
    for operation in program.operations:
        values[operation.outputs[0]] = _one(builder, operation, [values[key] for key in operation.inputs])
    return [values[key] for key in program.results]


def _constant(builder: Builder, value: Any, constants: Mapping[float, str]) -> Expression:
    if np.shape(value):
        raise ConfigError(f"only scalars can be read back as a formula, but got a constant of shape {np.shape(value)}")
    number = np.asarray(value).item()
    return builder.symbol(constants[number]) if number in constants else builder.number(number)


def _one(builder: Builder, operation: Operation, parts: list[Expression]) -> Expression:
    """Return the expression of one operation.

    Raises:
        ConfigError: the operation has no expression.
    """
    name, parameters = operation.equation.primitive.name, operation.equation.params
    one = builder.number(1.0)
    if name in _SAME:
        return parts[0]
    if name in ("integer_pow", "square"):
        return builder.apply("pow", parts[0], builder.number(float(parameters.get("y", 2))))
    if name == "log1p":
        return builder.apply("log", builder.apply("add", one, parts[0]))
    if name == "expm1":
        return builder.apply("sub", builder.apply("exp", parts[0]), one)
    if name == "select_n" and len(parts) == 3:  # the case that a false condition takes comes first
        return builder.apply("where", parts[0], parts[2], parts[1])
    if name == "where" or name not in OPERATIONS:
        known = ", ".join(sorted(OPERATIONS))
        raise ConfigError(f"the operation {name!r} has no formula; rates are made of {known}")
    return builder.apply(name, *parts)
