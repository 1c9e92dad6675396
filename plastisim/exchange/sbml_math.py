"""Formulas of an SBML file: read from its MathML, and computed with numpy or with JAX.

A formula is a number, a truth value, a name, or an operation on formulas. Calls of function definitions are written
out while reading, so that nothing but the operations of `_OPERATIONS` is left.
"""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

TIME = "#time"  # `#` and `.` cannot stand in an identifier of the file


class Apply(NamedTuple):
    """An operation on formulas."""

    operation: str
    operands: tuple[Formula, ...]


Formula = float | bool | str | Apply


class Unsupported(Exception):
    """A piece of mathematics that is not read; the message names it."""


_UNARY = dict(
    exp="exp", ln="log", abs="abs", floor="floor", ceiling="ceil", sin="sin", cos="cos", tan="tan", sinh="sinh",
    cosh="cosh", tanh="tanh", arcsin="arcsin", arccos="arccos", arctan="arctan", arcsinh="arcsinh",
    arccosh="arccosh", arctanh="arctanh",
)  # fmt: skip
_ONE_OVER = dict(sec="cos", csc="sin", cot="tan", sech="cosh", csch="sinh", coth="tanh")
_OF_ONE_OVER = dict(
    arcsec="arccos", arccsc="arcsin", arccot="arctan", arcsech="arccosh", arccsch="arcsinh", arccoth="arctanh"
)
RELATIONS = dict(gt="greater", geq="greater_equal", lt="less", leq="less_equal", eq="equal", neq="not_equal")
_JUNCTIONS = {"and": ("logical_and", True), "or": ("logical_or", False), "xor": ("logical_xor", False)}


def _chain(name: str, empty: float | bool) -> Callable[..., Any]:
    def compute(xp: Any, *operands: Any) -> Any:
        return functools.reduce(getattr(xp, name), operands) if operands else empty

    return compute


def _minus(xp: Any, first: Any, second: Any = None) -> Any:
    return xp.negative(first) if second is None else xp.subtract(first, second)


def _power(xp: Any, base: Any, exponent: Any) -> Any:
    # A whole number as such: its power has a slope at zero and below, and costs products only.
    whole = isinstance(exponent, float) and exponent.is_integer() and abs(exponent) <= 64.0
    return xp.power(base, int(exponent) if whole else exponent)


def _root(xp: Any, degree: Any, value: Any) -> Any:
    return xp.sqrt(value) if degree == 2.0 else xp.power(value, xp.divide(1.0, degree))


def _log(xp: Any, base: Any, value: Any) -> Any:
    return xp.divide(xp.log(value), xp.log(base))


def _piecewise(xp: Any, *parts: Any) -> Any:
    pairs, rest = (parts, xp.nan) if len(parts) % 2 == 0 else (parts[:-1], parts[-1])
    for value, condition in reversed(list(zip(pairs[::2], pairs[1::2], strict=True))):
        rest = xp.where(condition, value, rest)
    return rest


def _named(name: str) -> Callable[..., Any]:
    return lambda xp, *operands: getattr(xp, name)(*operands)


_OPERATIONS: dict[str, Callable[..., Any]] = {
    "plus": _chain("add", 0.0),
    "times": _chain("multiply", 1.0),
    "minus": _minus,
    "divide": _named("divide"),
    "power": _power,
    "root": _root,
    "log": _log,
    "piecewise": _piecewise,
    "not": _named("logical_not"),
    "max": _chain("maximum", 0.0),
    "min": _chain("minimum", 0.0),
    **{name: _chain(*junction) for name, junction in _JUNCTIONS.items()},
    **{name: _named(target) for name, target in (_UNARY | RELATIONS).items()},
    **{name: lambda xp, x, inner=inner: xp.divide(1.0, getattr(xp, inner)(x)) for name, inner in _ONE_OVER.items()},
    **{name: lambda xp, x, inner=inner: getattr(xp, inner)(xp.divide(1.0, x)) for name, inner in _OF_ONE_OVER.items()},
}
# libSBML's own pi and e have six digits.
_SYMBOLS: dict[str, Formula] = dict(
    constant_e=math.e, constant_pi=math.pi, constant_true=True, constant_false=False, name_time=TIME
)
_TRUTH = {*RELATIONS, *_JUNCTIONS, "not"}
_OF_TRUTH = {*_JUNCTIONS, "not"}


class Values(dict[str, Any]):
    """Values by name; one that has a defining formula is computed when it is first asked for."""

    def __init__(self, known: Mapping[str, Any], formulas: Mapping[str, Formula], xp: Any) -> None:
        """Start with what is known; `xp` is numpy or jax.numpy."""
        super().__init__(known)
        self.formulas, self.xp = formulas, xp

    def __missing__(self, name: str) -> Any:
        self[name] = self.of(self.formulas[name])
        return self[name]

    def of(self, formula: Formula) -> Any:
        """Return the value of a formula."""
        if isinstance(formula, str):
            return self[formula]
        if isinstance(formula, Apply):
            return _OPERATIONS[formula.operation](self.xp, *map(self.of, formula.operands))
        return formula


def names_in(formula: Formula) -> Iterator[str]:
    """Yield every name in a formula."""
    if isinstance(formula, str):
        yield formula
    elif isinstance(formula, Apply):
        for operand in formula.operands:
            yield from names_in(operand)


def read_formula(node: Any, scope: Mapping[str, Formula], functions: Mapping[str, Any]) -> Formula:
    """Return the formula of a libsbml ASTNode.

    Args:
        node: the root of the tree.
        scope: what each name stands for.
        functions: the ASTNode (a lambda) of each function definition.

    Raises:
        Unsupported: for an operation outside the subset, an unknown name, or truth values in place of numbers.
    """
    kinds = _kinds()
    kind = kinds.get(node.getType())
    if node.isNumber() or kind == "name_avogadro":
        return float(node.getValue())
    if kind in _SYMBOLS:
        return _SYMBOLS[kind]
    if kind == "name":
        if node.getName() not in scope:
            raise Unsupported(f"uses {node.getName()!r}, which has no value here")
        return scope[node.getName()]
    operands = tuple(read_formula(node.getChild(i), scope, functions) for i in range(node.getNumChildren()))
    if kind == "function":
        return _called(node.getName(), operands, functions)
    if kind not in _OPERATIONS:
        raise Unsupported(f"uses {node.getOperatorName() or node.getName() or kind or 'an unknown operation'}")
    _check_truth(kind, operands)
    if kind in RELATIONS and len(operands) != 2:
        return Apply("and", tuple(Apply(kind, pair) for pair in itertools.pairwise(operands)))
    return Apply(kind, operands)


def _called(name: str, operands: tuple[Formula, ...], functions: Mapping[str, Any]) -> Formula:
    """Return a function definition written out."""
    if name not in functions:
        raise Unsupported(f"calls {name!r}, which is not defined")
    definition = functions[name]
    count = definition.getNumChildren() - 1
    if len(operands) != count:
        raise Unsupported(f"calls {name!r} with {len(operands)} arguments in place of {count}")
    bound = {definition.getChild(i).getName(): operand for i, operand in enumerate(operands)}
    return read_formula(definition.getChild(count), bound, functions)


def _check_truth(kind: str, operands: tuple[Formula, ...]) -> None:
    """Refuse truth values where numbers belong, and the reverse."""
    for position, operand in enumerate(operands):
        truth = isinstance(operand, bool) or (isinstance(operand, Apply) and operand.operation in _TRUTH)
        wanted = kind in _OF_TRUTH or (kind == "piecewise" and position % 2 == 1)
        if truth != wanted:
            raise Unsupported(f"uses a {'truth value' if truth else 'number'} where {kind} takes the other kind")


@functools.cache
def _kinds() -> dict[int, str]:
    """Return our name of every type of ASTNode that has one."""
    import libsbml

    kinds = {}
    for ours in _OPERATIONS:
        for prefix in ("AST_", "AST_FUNCTION_", "AST_LOGICAL_", "AST_RELATIONAL_"):
            kinds.update({getattr(libsbml, prefix + ours.upper(), None): ours})
    for ours in (*_SYMBOLS, "name", "name_avogadro", "function"):
        kinds[getattr(libsbml, f"AST_{ours.upper()}")] = ours
    return {number: ours for number, ours in kinds.items() if number is not None}
