"""The sparse Jacobian read from the traced rates, and the sparse solver that uses it."""

from __future__ import annotations

from typing import Any

import jax
import numpy as np
import pytest
import runs
from hypothesis import given, settings
from hypothesis import strategies as st
from jax import Array
from jax import numpy as jnp

from plastisim import cascade, model
from plastisim.biology.exposure import Drive
from plastisim.engine.jacobian import Row, linearise, moving
from plastisim.engine.linear import factorise, solve

LANES = 3
LINKS = 98  # non-zero entries of the pathway's Jacobian, of 841: who reads whom


def dense(rows: list[Row], size: int) -> np.ndarray:
    """Return the Jacobian as (variable, variable, lane)."""
    full = np.zeros((size, size, LANES))
    for i, row in enumerate(rows):
        for j, entry in row.items():
            full[i, j] = np.broadcast_to(entry, LANES)
    return full


def pathway_point() -> tuple[list[Array], Any]:
    """Return a state in the middle of a response, where every link is active, and its inputs."""
    random = np.random.default_rng(1)
    pathway = jax.tree.map(jnp.asarray, model.default_pathway())
    scale = np.array([declared.metadata["scale"] for declared in model.variables()])
    # Above rest, as after a dose; fractions stay below 1.
    values = [jnp.asarray(scale[i] * random.uniform(1.05, 1.3, LANES)) for i in range(len(scale))]
    drive = Drive(*(jnp.asarray(random.uniform(0.05, 0.4, LANES)) for _ in range(cascade.DRIVES)))
    state = model.unstack([0.7 * value for value in values])
    rest = model.resting_values(pathway, state, drive)
    return values, (pathway, drive, jnp.asarray(random.uniform(0.0, 1e-5, LANES)), rest)


def test_jacobian_of_the_pathway_is_the_dense_one():
    values, inputs = pathway_point()

    def every_lane(stacked: Array) -> Array:
        return jnp.stack(cascade._cell_rates(list(stacked), inputs))

    rates, rows = runs.quickly(lambda given: linearise(cascade._cell_rates, given, inputs))(values)
    plain, slopes = runs.quickly(lambda given: (every_lane(given), jax.jacfwd(every_lane)(given)))(jnp.stack(values))
    np.testing.assert_allclose(np.stack(rates), plain, rtol=1e-13)
    reference = np.einsum("iljl->ijl", np.asarray(slopes))
    found = dense(rows, len(values))
    np.testing.assert_allclose(found, reference, rtol=1e-12, atol=1e-15)
    links = {(i, j) for i, row in enumerate(rows) for j in row}
    assert links == {tuple(map(int, pair)) for pair in np.argwhere(np.abs(reference).max(axis=-1) > 0.0)}
    assert len(links) == LINKS


def test_every_kind_of_operation_that_rates_use():
    def rates(values: Any, given: Any) -> list[Array]:
        x, y, z = values
        nested = jax.jit(lambda a, b: a / (1.0 + b**2))(x, y)
        return [
            -x + y - 2.0 * z * x,
            nested * jnp.maximum(z - 0.5, 0.0),
            jnp.exp(-x) * jnp.where(y > 0.5, y * z, x) ** given,
        ]

    values = [jnp.asarray([0.2, 0.9, 1.7]), jnp.asarray([0.7, 0.1, 0.6]), jnp.asarray([0.9, 0.2, 1.1])]
    power = jnp.asarray(1.6)
    reference = jax.jacfwd(lambda stacked: jnp.stack(rates(list(stacked), power)))(jnp.stack(values))
    found = dense(linearise(rates, values, power)[1], 3)
    np.testing.assert_allclose(found, np.einsum("iljl->ijl", np.asarray(reference)), rtol=1e-13, atol=1e-15)


def test_inputs_are_held_constant():
    values = [jnp.ones(2)]
    _, rows = linearise(lambda v, given: [v[0] * given[0] + given[0] ** 2], values, (3.0 * values[0],))
    assert list(rows[0]) == [0]
    assert rows[0][0].tolist() == [3.0, 3.0]


@pytest.mark.parametrize(
    "mixing",
    [
        lambda value: value - jnp.mean(value),
        lambda value: jnp.cumsum(value),
        lambda value: jnp.roll(value, 1),
        lambda value: value[::-1],
        lambda value: value[jnp.asarray([1, 0, 3, 2])],
        lambda value: jnp.sort(value),
        lambda value: jax.scipy.linalg.expm(jnp.diag(value))[0],
    ],
    ids=["mean", "cumsum", "roll", "reverse", "gather", "sort", "matrix"],
)
def test_an_operation_across_lanes_is_refused(mixing: Any):
    with pytest.raises(NotImplementedError, match="elementwise"):
        linearise(lambda values, _: [mixing(values[0])], [jnp.arange(4.0)], ())


@settings(max_examples=25, deadline=None)
@given(size=st.sampled_from([1, 4, 9]), seed=st.integers(0, 2**31), density=st.floats(0.0, 1.0))
def test_sparse_solution_is_numpys(size: int, seed: int, density: float):
    random = np.random.default_rng(seed)
    pattern = random.random((size, size)) < density
    matrix = np.where(pattern[..., None], random.normal(size=(size, size, LANES)), 0.0)
    rows: list[Row] = [{int(j): matrix[i, j] for j in np.flatnonzero(pattern[i])} for i in range(size)]
    shift = size + np.abs(matrix).sum(axis=1).max(axis=0)  # such that shift - Jacobian is diagonally dominant
    right = random.normal(size=(size, LANES))
    found = np.stack(solve(factorise(shift, rows), list(right)))
    for lane in range(LANES):
        full = shift[lane] * np.eye(size) - matrix[:, :, lane]
        np.testing.assert_allclose(found[:, lane], np.linalg.solve(full, right[:, lane]), rtol=1e-10, atol=1e-12)


def test_pivots_are_chosen_to_fill_in_little():
    """An arrow matrix stays sparse when its tip is eliminated last; in the given order it would fill up."""
    size = 12
    rows: list[Row] = [{j: np.ones(1) for j in range(size)}] + [{0: np.ones(1), i: np.ones(1)} for i in range(1, size)]
    factors = factorise(np.full(1, 50.0), rows)
    assert sum(len(row) for row in (*factors.lower.values(), *factors.upper.values())) == 2 * (size - 1)


def test_only_inputs_that_change_in_time_have_a_slope() -> None:
    found: list[Any] = []

    def traced(still: Array) -> Array:
        def inputs(t: Array) -> dict[str, Any]:
            return {"a": jnp.sin(2.0 * t), "b": still, "c": 2.0 * still, "d": 7.0, "n": jnp.int32(t)}

        found.extend(slope is not None for slope in moving(inputs, still)[1])
        return still

    jax.eval_shape(traced, jnp.zeros(2))
    assert found == [True, False, False, False, False]
    np.testing.assert_allclose(moving(lambda t: jnp.sin(2.0 * t), jnp.zeros(2))[1][0], 2.0)


def test_drift_of_the_inputs_counts_as_one_variable_more() -> None:
    values, inputs = [jnp.asarray([2.0])], (jnp.asarray([5.0]), jnp.asarray([3.0]))
    drift = [jnp.asarray([0.1]), None]
    _, (row,) = linearise(lambda v, given: [v[0] * given[0] ** 2 * given[1]], values, inputs, drift)
    np.testing.assert_allclose(row[0], 75.0)  # by the variable
    np.testing.assert_allclose(row[1], 2.0 * 2.0 * 5.0 * 3.0 * 0.1)  # by time, through the first input alone
