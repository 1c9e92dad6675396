"""The step loop of a whole stretch inside one GPU kernel (Pallas, lowered to Triton).

What it should save, estimated on paper and measured nowhere, for the cascade of 29 variables in single precision:

    the plain loop (stepping.advance)   930 fenced values an attempt, each a kernel of its own at most: some 950
                                        launches of 3 us = 3 ms, however few the neurons; 930 × (1 write + 2 reads)
                                        × 4 bytes = 11 kB of device memory a neuron
    one kernel                          4,400 operations, 290 of them divisions: 7,000 instructions, at one in four
                                        cycles of 1.7 GHz 16 us; 0.5 kB (cubic pieces of the drive), from cache
    registers a neuron                  29 values + 6 × 29 stages + 114 factors = 317 of 255: some are spilled to cache

So it should pay most for few neurons, and for up to some 30,000 (8 warps on each of 132 multiprocessors) cost the
same. A tile of 32 lanes is one warp: it leaves its loop when its own neurons have finished.

Step control, coefficients, Jacobian and factors are those of `rodas`, `jacobian` and `linear`. What differs is that
variables are a list of rows of shape (tile,), since Triton neither stacks nor slices, and that no value is fenced:
inside one kernel none leaves the registers. Without the fences multiplications and additions are contracted at other
places: results agree with the plain loop to within rounding, steps taken are the same.

Nothing here has run on a GPU. It lowers to Triton's language; but Triton itself, tried without a GPU, had not compiled
the cascade after three minutes of one core (a system of two variables: 0.3 s). See to that before the kernel is used.
"""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable, Sequence
from typing import Any

import jax
import numpy as np
from jax import Array, lax
from jax import numpy as jnp
from jax.experimental import pallas as pl

from plastisim.engine.control import Lanes, Tolerance, blame, decide, judge, plan
from plastisim.engine.jacobian import Rates, linearise, moving
from plastisim.engine.linear import eliminate, factorise, substitute
from plastisim.engine.loop import Pieces
from plastisim.engine.rodas import DRIFT, ERROR, GAMMA, MEMORY, ORDER, RESULT, STAGE, TIMES
from plastisim.engine.stepping import Coupling

TILE = 32

Rows = list[Array]
InputsAt = Callable[[Array, Rows], Any]


def advance_in_one_kernel(
    rates: Rates, system: Callable[[Any], tuple[InputsAt, Coupling]], given: Any, lanes: Lanes, length: Array,
    tolerance: Tolerance, tile: int = TILE, interpret: bool = False,
) -> Lanes:  # fmt: skip
    """Do what `stepping.advance` does with `RODAS4P`, and the whole loop of each tile of lanes in one kernel.

    Args:
        rates: elementwise rates (see `jacobian.linearise`).
        system: returns what `advance` is given as `inputs_at` and `coupling`, from what the kernel holds of `given`;
            both functions work on a list of rows, one a variable, instead of one array.
        given: pytree of all arrays that the system needs, since a kernel sees only what it is handed. Numbers of
            shape () and (lane,) arrive in `system` as such, the latter cut to the tile; anything else arrives whole
            and unread, as a table to be indexed (see `evaluate_rows`).
        lanes: where the integration stands.
        length: duration, s, shape ().
        tolerance: see `Tolerance`.
        tile: lanes of a kernel; a power of two, and a multiple of the coupled group.
        interpret: run on the CPU, operation by operation, to check the kernel.

    Raises:
        ValueError: if the lanes are no whole number of tiles, or a tile is not a whole number of groups.
    """
    count, width = lanes.values.shape
    if width % tile or tile & (tile - 1):
        raise ValueError(f"lanes must be a multiple of a tile that is a power of two, but got {width} and {tile}")
    leaves, tree = jax.tree.flatten(given)
    lane_wise = [jnp.shape(leaf) == (width,) for leaf in leaves]
    leaves = [jnp.reshape(leaf, 1) if jnp.ndim(leaf) == 0 else leaf for leaf in leaves]

    def kernel(*refs: Any) -> None:
        held, end, inputs, results = refs[:5], refs[5], refs[6 : 6 + len(leaves)], refs[6 + len(leaves) :]
        here = [_read(ref, flag) for ref, flag in zip(inputs, lane_wise, strict=True)]
        inputs_at, coupling = system(jax.tree.unflatten(tree, here))
        if tile % coupling.group:
            raise ValueError(f"a tile must be a multiple of the group of {coupling.group} lanes, but has {tile}")
        begin = Lanes(_rows(held[0], count), *(ref[:] for ref in held[1:]))
        after = _loop(rates, inputs_at, coupling, begin, end[0], tolerance)
        for index, row in enumerate(after.values):
            results[0][index, :] = row
        for ref, row in zip(results[1:], after[1:], strict=True):
            ref[:] = row

    row, whole = pl.BlockSpec((tile,), lambda i: (i,)), pl.BlockSpec()
    state = [pl.BlockSpec((count, tile), lambda i: (0, i)), row, row, row, row]
    call = pl.pallas_call(
        kernel,
        grid=(width // tile,),
        in_specs=[*state, whole, *(row if flag else whole for flag in lane_wise)],
        out_specs=state,
        out_shape=[jax.ShapeDtypeStruct(part.shape, part.dtype) for part in lanes],
        interpret=interpret,
        compiler_params=_triton(tile),
    )
    return Lanes(*call(*lanes, jnp.reshape(length, 1), *leaves))


def members(row: Array, group: int) -> Rows:
    """Return the first, second, … member of every group of lanes; `group` is a power of two."""
    parts = lax.split(row.reshape(-1, group), (1,) * group, axis=1)
    return [part.reshape(-1) for part in parts]


def together(parts: Sequence[Array]) -> Array:
    """Return one row from the members of its groups: what `members` took apart."""
    if len(parts) == 1:
        return parts[0]
    return jnp.stack([together(parts[0::2]), together(parts[1::2])], axis=1).reshape(-1)


def evaluate_rows(pieces: Pieces, animal: Array, elapsed: Array, quantities: int) -> Rows:
    """Return what `loop.evaluate` returns, as rows, from coefficients that may be a table in a kernel."""
    position = elapsed / pieces.duration
    index = jnp.clip(position.astype(jnp.int32), 0, pieces.coefficients.shape[0] - 1)
    x = position - jnp.asarray(index, position.dtype)

    def cubic(quantity: int) -> Array:
        a, b, c, d = (pieces.coefficients[index, animal, order * quantities + quantity] for order in range(4))
        return a + x * (b + x * (c + x * d))

    return [cubic(quantity) for quantity in range(quantities)]


def _triton(tile: int) -> Any:
    from jax.experimental.pallas import triton

    return triton.CompilerParams(num_warps=max(1, tile // 32), num_stages=1)


def _read(ref: Any, lane_wise: bool) -> Any:
    if lane_wise:
        return ref[:]
    return ref[0] if ref.shape == (1,) else ref


def _rows(ref: Any, count: int) -> Any:
    return [ref[index, :] for index in range(count)]


def _loop(
    rates: Rates, inputs_at: InputsAt, coupling: Coupling, lanes: Lanes, length: Array, tolerance: Tolerance
) -> Lanes:
    """Do what `stepping.advance` does with `RODAS4P`; `lanes.values` is a list of rows."""

    def unfinished(carry: tuple[Lanes, Array]) -> Array:
        return jnp.min(carry[1]) < length

    def body(carry: tuple[Lanes, Array]) -> tuple[Lanes, Array]:
        return _attempt(rates, inputs_at, coupling, *carry, length, tolerance)

    elapsed = jnp.where(lanes.failed >= 0, length, jnp.zeros_like(lanes.step))
    return lax.while_loop(unfinished, body, (lanes, elapsed))[0]


def _attempt(
    rates: Rates, inputs_at: InputsAt, coupling: Coupling, lanes: Lanes, elapsed: Array, length: Array,
    tolerance: Tolerance,
) -> tuple[Lanes, Array]:  # fmt: skip
    """Try one step in every unfinished lane."""
    group, values = coupling.group, list(lanes.values)
    trial = plan(lanes.step, elapsed, length)
    proposed, errors, sound = _rosenbrock(rates, inputs_at, coupling, lanes, elapsed, trial.step)
    limits = zip(map(float, tolerance.absolute), tolerance.signed, strict=True)
    judged = [
        judge(value, new, error, tolerance.relative, *limit)
        for value, new, error, limit in zip(values, proposed, errors, limits, strict=True)
    ]
    squares = sum((scaled**2 for _, _, scaled in judged), jnp.zeros_like(trial.step))
    inadmissible = functools.reduce(operator.or_, (bad for _, bad, _ in judged))
    own, guilt = blame(lanes.failed, jnp.sqrt(squares / len(errors)), inadmissible, sound)
    blamed = (guilt > 1.0) & (guilt >= _over_group(guilt, group))
    culprit = _largest([jnp.where(bad, jnp.inf, jnp.abs(scaled)) for _, bad, scaled in judged])
    decision = decide(lanes, elapsed, length, trial, _over_group(own, group), blamed, culprit, ORDER)
    accept, after, finished = decision
    chosen = [jnp.where(accept, new, value) for (new, _, _), value in zip(judged, values, strict=True)]
    return Lanes(chosen, *after[1:]), finished  # pyright: ignore[reportArgumentType]


def _rosenbrock(
    rates: Rates, inputs_at: InputsAt, coupling: Coupling, lanes: Lanes, elapsed: Array, step: Array
) -> tuple[Rows, Rows, Array]:
    """Return values, errors and whether rates are finite (see `rodas`)."""
    values, still = list(lanes.values), lanes.failed >= 0
    inputs, drift = moving(lambda t: inputs_at(t, values), elapsed)
    slopes, jacobian = linearise(rates, values, inputs, drift)
    drifts = [step * row.pop(len(values), jnp.zeros_like(step)) for row in jacobian]
    factors = factorise(1.0 / (GAMMA * step), jacobian, coupling.variable)
    last = factors.order[-1]
    pivot = jnp.where(still, 0.0, factors.inverse[last])
    stages: list[Rows] = []
    sound = ~still
    for index in range(len(STAGE)):
        if stages:
            inner = [value + change for value, change in zip(values, _combine(STAGE[index], stages), strict=True)]
            slopes = rates(inner, inputs_at(elapsed + float(TIMES[index]) * step, inner))
            memory = _combine(MEMORY[index], stages)
            slopes = [slope + past / step for slope, past in zip(slopes, memory, strict=True)]
        right = [slope + float(DRIFT[index]) * more for slope, more in zip(slopes, drifts, strict=True)]
        own = eliminate(factors, right)
        if not stages:
            sound = functools.reduce(operator.and_, (jnp.isfinite(row) for row in [*own, pivot]))
        own[last] = coupling.couple(pivot, jnp.where(still, 0.0, own[last]))
        stages.append(substitute(factors, own))
    result = [jnp.where(still, 0.0, row) for row in _combine(RESULT, stages)]
    after = [value + change for value, change in zip(values, result, strict=True)]
    return after, _combine(ERROR, stages), sound


def _combine(weights: np.ndarray, stages: list[Rows]) -> Rows:
    """Return the weighted sum of the stages there are, a row a variable."""
    known = [float(weight) for weight in weights[: len(stages)]]
    return [
        functools.reduce(operator.add, (weight * row for weight, row in zip(known, rows, strict=True)))
        for rows in zip(*stages, strict=True)
    ]


def _largest(rows: Rows) -> Array:
    """Return the index of the row that is largest in each lane."""
    best, index = rows[0], jnp.zeros(rows[0].shape, jnp.int32)
    for position, row in enumerate(rows[1:], start=1):
        better = row > best
        best, index = jnp.where(better, row, best), jnp.where(better, jnp.int32(position), index)
    return index


def _over_group(values: Array, group: int) -> Array:
    """Return the largest value within each group, given back to its members."""
    if group == 1:
        return values
    largest = jnp.max(values.reshape(-1, group), axis=1, keepdims=True)
    return jnp.broadcast_to(largest, (values.shape[0] // group, group)).reshape(-1)
