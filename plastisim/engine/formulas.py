"""Expressions as text: plain, and LaTeX for the documentation."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

from plastisim.engine.expressions import Expression

_INFIX = {"add": " + ", "sub": " - ", "mul": " * ", "div": " / ", "pow": "^", "and": " and ", "or": " or "}
_COMPARE = {"ge": ">=", "gt": ">", "le": "<=", "lt": "<", "eq": "==", "ne": "!="}
_RANK = {"or": 0, "and": 1, "add": 3, "sub": 3, "mul": 4, "div": 4, "neg": 5, "pow": 6}
_ATOM = 9
_LATEX_COMPARE = {"ge": r"\ge", "gt": ">", "le": r"\le", "lt": "<", "eq": "=", "ne": r"\ne"}


def plain(expression: Expression, names: Mapping[Expression, str] | None = None) -> str:
    """Return an expression as plain text; `names` replace whole expressions."""
    return _plain(expression, names or {}, 0, whole=True)


def _plain(one: Expression, names: Mapping[Expression, str], least: int, whole: bool = False) -> str:
    if one in names and not whole:
        return names[one]
    operation, parts = one.operation, one.parts
    if operation in ("number", "symbol"):
        return str(one.value) if operation == "symbol" else number(one.value)
    rank = 2 if operation in _COMPARE else _RANK.get(operation, _ATOM)
    if operation == "neg":
        text = f"-{_plain(parts[0], names, rank)}"
    elif operation in _INFIX or operation in _COMPARE:
        sign = _INFIX.get(operation) or f" {_COMPARE[operation]} "
        left = _plain(parts[0], names, rank + (operation == "pow"))
        text = f"{left}{sign}{_plain(parts[1], names, rank + (operation in ('sub', 'div', 'pow')))}"
    else:
        text = f"{operation}({', '.join(_plain(part, names, 0) for part in parts)})"
    return f"({text})" if rank < least else text


def number(value: float | bool | str | None) -> str:
    """Return a number as text that reads back exactly, without a needless `.0`."""
    if isinstance(value, bool):
        return str(value).lower()
    return repr(float(value or 0.0)).removesuffix(".0")


def latex(expression: Expression, names: Mapping[Expression, str] | None = None) -> str:
    """Return an expression as LaTeX; `names` replace whole expressions."""
    return _latex(expression, names or {}, 0, whole=True)


def _latex(one: Expression, names: Mapping[Expression, str], least: int, whole: bool = False) -> str:
    if one in names and not whole:
        return latex_name(names[one])
    operation, parts = one.operation, one.parts
    if operation == "symbol":
        return latex_name(str(one.value))
    if operation == "number":
        return _latex_number(one.value)

    def inner(index: int, rank: int = 0) -> str:
        return _latex(parts[index], names, rank)

    if operation == "div":
        return rf"\frac{{{inner(0)}}}{{{inner(1)}}}"
    if operation == "pow":
        return f"{inner(0, 7)}^{{{inner(1)}}}"
    if operation == "exp":
        return f"e^{{{inner(0)}}}"
    if operation == "sqrt":
        return rf"\sqrt{{{inner(0)}}}"
    if operation == "where":
        return rf"\begin{{cases}} {inner(1)} & {inner(0)} \\ {inner(2)} & \text{{else}} \end{{cases}}"
    if operation in _LATEX_COMPARE:
        return f"{inner(0, 3)} {_LATEX_COMPARE[operation]} {inner(1, 3)}"
    rank = _RANK.get(operation, _ATOM)
    if operation in ("add", "sub"):
        text = f"{inner(0, rank)} {'+' if operation == 'add' else '-'} {inner(1, rank + (operation == 'sub'))}"
    elif operation == "mul":
        text = rf"{inner(0, rank)} \, {inner(1, rank)}"
    elif operation == "neg":
        text = f"-{inner(0, rank)}"
    else:
        return rf"\operatorname{{{operation}}}\left({', '.join(inner(index) for index in range(len(parts)))}\right)"
    return rf"\left({text}\right)" if rank < least else text


def latex_name(name: str) -> str:
    """Return a name in upright letters."""
    shown = name.replace("_", r"\_")
    return rf"\mathrm{{{shown}}}"


def _latex_number(value: float | bool | str | None) -> str:
    if isinstance(value, float) and math.isinf(value):
        return r"\infty" if value > 0 else r"-\infty"
    mantissa, _, power = number(value).partition("e")
    return mantissa if not power else rf"{mantissa} \cdot 10^{{{int(power)}}}"


def ordered(expressions: Iterable[Expression], chosen: Iterable[Expression]) -> list[Expression]:
    """Return those of the `chosen` that the expressions need, each after the ones that it needs itself."""
    wanted, seen, found = set(chosen), set(), []

    def visit(one: Expression) -> None:
        if one in seen:
            return
        seen.add(one)
        for part in one.parts:
            visit(part)
        if one in wanted:
            found.append(one)

    for one in expressions:
        visit(one)
    return found


def uses(expressions: Iterable[Expression]) -> dict[Expression, int]:
    """Return how often each expression is used by another one, or as a result."""
    count: dict[Expression, int] = {}

    def visit(one: Expression) -> None:
        count[one] = count.get(one, 0) + 1
        if count[one] == 1:
            for part in one.parts:
                visit(part)

    for one in expressions:
        visit(one)
    return count
