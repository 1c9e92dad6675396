"""Small sparse linear systems, one a lane, all with the same pattern.

The elimination order (Markowitz: fewest updates first) is chosen once, while tracing; what is compiled is
straight-line arithmetic on arrays of shape (lane,). Pivots are taken on the diagonal: the matrices solved here are
`shift - Jacobian` with a positive shift, for which this is stable wherever the step control accepts the step.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Sequence

import jax
from jax import Array

from plastisim.engine.jacobian import Row


@functools.partial(jax.tree_util.register_dataclass, data_fields=["inverse", "lower", "upper"], meta_fields=["order"])
@dataclasses.dataclass(frozen=True)
class Factors:
    """Triangular factors.

    Attributes:
        order: pivots in the order of elimination; known while tracing.
        inverse: of each pivot.
        lower: entries below each pivot.
        upper: entries right of each pivot.
    """

    order: tuple[int, ...]
    inverse: dict[int, Array]
    lower: dict[int, Row]
    upper: dict[int, Row]


def factorise(shift: Array, jacobian: Sequence[Row], last: int | None = None) -> Factors:
    """Return the factors of `shift I - jacobian`.

    Args:
        shift: shape (lane,).
        jacobian: one sparse row a variable; entries of shape (lane,).
        last: variable that is eliminated after all others, since lanes are coupled in it (see `stepping.Coupling`).
    """
    size = len(jacobian)
    rows: list[Row] = [{j: -entry for j, entry in row.items()} for row in jacobian]
    for index in range(size):
        rows[index][index] = shift + rows[index][index] if index in rows[index] else shift
    remaining = set(range(size))
    order: list[int] = []
    inverses: dict[int, Array] = {}
    lower: dict[int, Row] = {}
    upper: dict[int, Row] = {}
    while remaining:
        pivot = _cheapest(rows, remaining, last)
        remaining.remove(pivot)
        inverse = 1.0 / rows[pivot][pivot]
        right = {j: entry for j, entry in rows[pivot].items() if j in remaining}
        below: Row = {}
        for i in sorted(remaining):
            if pivot in rows[i]:
                below[i] = rows[i].pop(pivot) * inverse
                for j, entry in right.items():
                    update = below[i] * entry
                    rows[i][j] = rows[i][j] - update if j in rows[i] else -update
        order.append(pivot)
        inverses[pivot], lower[pivot], upper[pivot] = inverse, below, right
    return Factors(tuple(order), inverses, lower, upper)


def _cheapest(rows: Sequence[Row], remaining: set[int], last: int | None) -> int:
    """Return the pivot whose elimination makes the fewest updates."""

    def updates(pivot: int) -> tuple[bool, int, int]:
        right = sum(j in remaining for j in rows[pivot]) - 1
        below = sum(pivot in rows[i] for i in remaining) - 1
        return pivot == last, right * below, pivot

    return min(remaining, key=updates)


def solve(factors: Factors, right_side: Sequence[Array]) -> list[Array]:
    """Return the solution for one right-hand side, each entry of shape (lane,).

    Where lanes are coupled in the variable eliminated last, its value takes another way between the two passes.
    """
    values, last = eliminate(factors, right_side), factors.order[-1]
    values[last] = factors.inverse[last] * values[last]
    return substitute(factors, values)


def eliminate(factors: Factors, right_side: Sequence[Array]) -> list[Array]:
    """Return the right-hand side after elimination."""
    values = list(right_side)
    for pivot in factors.order:
        for i, entry in factors.lower[pivot].items():
            values[i] = values[i] - entry * values[pivot]
    return values


def substitute(factors: Factors, values: Sequence[Array]) -> list[Array]:
    """Return the solution, from what `eliminate` returns with the variable eliminated last already solved."""
    values = list(values)
    for pivot in reversed(factors.order[:-1]):
        for j, entry in factors.upper[pivot].items():
            values[pivot] = values[pivot] - entry * values[j]
        values[pivot] = values[pivot] * factors.inverse[pivot]
    return values
