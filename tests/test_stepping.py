"""The stiff integrator: its coefficients, its measured order, its error estimate, and lanes that do not meet."""

from __future__ import annotations

import operator
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytest
from jax import Array, lax
from jax import numpy as jnp
from scipy.linalg import expm
from scipy.special import lambertw

from plastisim import cascade
from plastisim.engine import control, rodas
from plastisim.engine.control import Lanes, Tolerance, start
from plastisim.engine.devices import compiled
from plastisim.engine.stepping import ALONE, Coupling, advance

# The method in its original variables k = u / GAMMA-matrix.
GAMMAS = np.linalg.inv(np.eye(6) / rodas.GAMMA - rodas.MEMORY)
ALPHA, B = rodas.STAGE @ GAMMAS, rodas.RESULT @ GAMMAS
BETA, EMBEDDED = ALPHA + GAMMAS, (rodas.RESULT - rodas.ERROR) @ GAMMAS


# ---------------------------------------------------------------- coefficients


def test_sums_of_rows_are_the_times_and_the_weights_of_the_drift():
    np.testing.assert_allclose(ALPHA.sum(axis=1), rodas.TIMES, atol=1e-14)
    np.testing.assert_allclose(GAMMAS.sum(axis=1), rodas.DRIFT, atol=1e-14)


@pytest.mark.parametrize(("weights", "order"), [(B, 4), (EMBEDDED, 3)])
def test_order_conditions(weights: np.ndarray, order: int):
    """Hairer & Wanner, Solving Ordinary Differential Equations II, section IV.7."""
    alpha, beta = ALPHA.sum(axis=1), BETA.sum(axis=1)
    conditions = {
        1: [(weights.sum(), 1.0)],
        2: [(weights @ beta, 1 / 2)],
        3: [(weights @ alpha**2, 1 / 3), (weights @ BETA @ beta, 1 / 6)],
        4: [
            (weights @ alpha**3, 1 / 4), ((weights * alpha) @ ALPHA @ beta, 1 / 8),
            (weights @ BETA @ alpha**2, 1 / 12), (weights @ BETA @ BETA @ beta, 1 / 24),
        ],
    }  # fmt: skip
    for reached, pairs in conditions.items():
        misses = [abs(found - wanted) for found, wanted in pairs]
        if reached <= order:
            assert max(misses) < 1e-12, f"order {reached}"
        else:  # an embedded method of the same order would estimate nothing
            assert max(misses) > 1e-2, f"order {reached}"


def test_l_stable_and_stiffly_accurate():
    one = np.ones(6)
    assert abs(1.0 - B @ np.linalg.solve(BETA, one)) < 1e-12  # R(infinity)
    np.testing.assert_allclose(BETA[5], B, atol=1e-14)
    assert ALPHA[5].sum() == pytest.approx(1.0)
    for z in [*(1j * np.logspace(-2, 6, 200)), -1e-3, -1.0, -1e9]:
        assert abs(1.0 + z * B @ np.linalg.solve(np.eye(6) - z * BETA, one)) <= 1.0 + 1e-9, z


# ---------------------------------------------------------------- order, measured


def kaps(values: Any, given: Any) -> list[Array]:
    """Kaps' problem: y1 = exp(-2t), y2 = exp(-t) for any stiffness."""
    (stiffness,) = given
    y1, y2 = values
    return [-(stiffness + 2.0) * y1 + stiffness * y2 * y2, y1 - y2 - y2 * y2]


def driven(values: Any, given: Any) -> list[Array]:
    """Return y' = -y² cos t: y = 1/(1 + sin t)."""
    return [-values[0] * values[0] * jnp.cos(given[0])]


def of_kaps(stiffness: float) -> Callable[[Array, Array], Any]:
    return lambda elapsed, values: (stiffness,)


def only_time(elapsed: Array, values: Array) -> Any:
    return (elapsed,)


def fixed(rates: Any, inputs_at: Any, first: np.ndarray, length: float, steps: int) -> np.ndarray:
    """Return the values after `steps` equal steps."""
    step = jnp.full(first.shape[1], length / steps)

    def body(index: Array, values: Array) -> Array:
        elapsed = step * jnp.asarray(index, values.dtype)
        return rodas._rosenbrock(rates, inputs_at, control.start(values), elapsed, step, ALONE)[0]

    return np.asarray(compiled(lambda values: lax.fori_loop(0, steps, body, values))(jnp.asarray(first)))


ONE_LANE = np.ones((2, 1))
KAPS = [[np.exp(-2.0)], [np.exp(-1.0)]]
CASES = {
    "known problem": (kaps, of_kaps(1.0), ONE_LANE, KAPS),
    "driven by time": (driven, only_time, np.ones((1, 1)), [[1.0 / (1.0 + np.sin(1.0))]]),
}


@pytest.mark.parametrize("case", CASES)
def test_measured_order_is_four(case: str):
    rates, inputs_at, first, exact = CASES[case]
    steps = np.array([32, 64, 128])
    errors = [np.abs(fixed(rates, inputs_at, first, 1.0, count) - exact).max() for count in steps]
    order = -np.polyfit(np.log(steps), np.log(errors), 1)[0]
    assert 3.8 < order < 4.3, errors


def test_stiff_problem_keeps_its_accuracy():
    found = fixed(kaps, of_kaps(1e8), ONE_LANE, 1.0, 32)
    np.testing.assert_allclose(found, KAPS, rtol=1e-6)


def test_estimate_bounds_the_error_of_a_step():
    """The estimate is one order lower than the error of the result: it is on the safe side, and falls as step⁴."""
    steps = np.array([0.1, 0.05, 0.025, 0.0125])
    values = jnp.ones((2, len(steps)))
    lanes = control.start(values)
    found, error, *_ = rodas._rosenbrock(kaps, of_kaps(1.0), lanes, 0.0 * steps, jnp.asarray(steps), ALONE)
    true = np.abs(np.asarray(found) - np.exp([-2.0 * steps, -steps])).max(axis=0)
    estimate = np.abs(np.asarray(error)).max(axis=0)
    assert (true < estimate).all()
    assert 3.7 < np.polyfit(np.log(steps), np.log(estimate), 1)[0] < 4.3
    assert 4.5 < np.polyfit(np.log(steps), np.log(true), 1)[0] < 5.5


# ---------------------------------------------------------------- step control


def integrator(
    rates: Any, inputs_at: Any, variables: int, relative: float = 1e-6, coupling: Coupling = ALONE,
    absolute: float = 1e-9, signed: bool = False,
) -> Callable[[Lanes, float], Lanes]:  # fmt: skip
    limits = Tolerance(relative, np.full(variables, absolute), np.full(variables, signed))
    return compiled(lambda lanes, length: advance(rates, inputs_at, lanes, length, limits, rodas.RODAS4P, coupling))


def nothing(elapsed: Array, values: Array) -> tuple[()]:
    return ()


def test_error_follows_the_tolerance():
    errors = []
    for relative in (1e-3, 1e-5, 1e-7):
        lanes = integrator(kaps, of_kaps(1e4), 2, relative)(start(jnp.asarray(ONE_LANE)), 1.0)
        errors.append(np.abs(np.asarray(lanes.values) / KAPS - 1.0).max())
        assert errors[-1] < 10.0 * relative
    assert errors[0] > errors[1] > errors[2]


def test_a_decaying_variable_never_becomes_negative():
    """y' = -y / (y + K) falls in a straight line and ends sharply at zero; y = K W(exp((1 - t)/K) / K)."""
    half = 1e-2
    run = integrator(lambda values, _: [-values[0] / (values[0] + half)], nothing, 1, 1e-2, absolute=1e-4)
    lanes, found, times = start(jnp.ones((1, 1))), [], np.arange(1, 41) * 0.05
    for _ in times:
        lanes = run(lanes, 0.05)
        found.append(float(lanes.values[0, 0]))
    exact = half * lambertw(np.exp((1.0 - times) / half) / half).real
    assert min(found) >= 0.0
    np.testing.assert_allclose(found, exact, atol=5e-3)
    assert int(lanes.rejected[0]) > 0  # a step that went below zero was refused, not clipped


def test_steps_end_on_the_stretch_and_remember_their_size():
    run = integrator(kaps, of_kaps(1.0), 2, 1e-4)
    lanes = start(jnp.ones((2, 1)))
    for _ in range(500):
        lanes = run(lanes, 0.002)
    np.testing.assert_allclose(np.asarray(lanes.values), KAPS, rtol=1e-4)
    assert float(lanes.step[0]) > 0.02  # ten stretches: a step cut short says nothing


def test_the_error_of_many_variables_is_summed_in_one_order():
    """XLA sums an axis in an order that depends on the other one: a hundred lanes and four must step alike."""

    def chain(values: Any, given: Any) -> list[Array]:
        return [given[0] * (0.3 * before - now) for before, now in zip(values[-1:] + values[:-1], values, strict=True)]

    def run(lanes: int) -> Lanes:
        speed = jnp.asarray(np.geomspace(0.1, 30.0, 512)[:lanes])
        first = jnp.asarray(np.random.default_rng(0).random((29, 512))[:, :lanes])
        return integrator(chain, lambda elapsed, values: (speed,), 29, 1e-4)(start(first), 2.0)

    few, many = run(4), run(512)
    for one, other in zip(few, many, strict=True):
        assert np.asarray(one).tobytes() == np.ascontiguousarray(np.asarray(other)[..., :4]).tobytes()


def pairs(values: Any, given: Any) -> list[Array]:
    """Two variables, each with its own rate a lane; the second one explodes at 1/rate."""
    slow, fast = given
    return [-slow * values[0], fast * values[1] * values[1]]


def with_rates(slow: Array, fast: Array) -> Callable[[Array, Array], Any]:
    return lambda elapsed, values: (slow, fast)


def test_a_lane_is_the_same_in_any_batch():
    def run(lanes: int) -> Lanes:
        slow, fast = jnp.asarray(np.geomspace(0.1, 300.0, 64)[:lanes]), jnp.asarray(np.linspace(-5.0, 0.4, 64)[:lanes])
        return integrator(pairs, with_rates(slow, fast), 2)(start(jnp.ones((2, lanes))), 2.0)

    few, many = run(4), run(64)
    for one, other in zip(few, many, strict=True):
        assert np.asarray(one).tobytes() == np.ascontiguousarray(np.asarray(other)[..., :4]).tobytes()


def test_a_diverging_lane_is_frozen_and_named_and_the_others_finish():
    slow, fast = jnp.asarray([1.0, 1.0, 1.0]), jnp.asarray([-1.0, 1.0, 0.1])  # the second explodes at 1 s
    run = integrator(pairs, with_rates(slow, fast), 2, signed=True)
    lanes = run(start(jnp.ones((2, 3))), 2.0)
    assert lanes.failed.tolist() == [-1, 1, -1]
    assert np.isfinite(np.asarray(lanes.values)).all()
    exact = [np.full(2, np.exp(-2.0)), [1.0 / 3.0, 1.0 / (1.0 - 0.2)]]
    np.testing.assert_allclose(np.asarray(lanes.values)[:, [0, 2]], exact, rtol=1e-4)
    after = run(lanes, 1.0)
    assert np.array_equal(after.values[:, 1], lanes.values[:, 1])
    assert int(after.accepted[1]) == int(lanes.accepted[1])
    assert after.failed.tolist() == [-1, 1, -1]


def test_groups_share_steps_within_and_never_between():
    slow, fast = jnp.asarray([0.01, 200.0, 0.01, 0.01]), jnp.zeros(4)

    def alone(lanes: Any) -> Lanes:
        run = integrator(pairs, with_rates(slow[lanes], fast[lanes]), 2, 1e-7)
        return run(start(jnp.ones((2, len(lanes)))), 5.0)

    single = alone(np.arange(4))
    assert int(single.accepted[1]) > 3 * int(single.accepted[0])
    together = Coupling(2, None, operator.mul)
    lanes = integrator(pairs, with_rates(slow, fast), 2, 1e-7, together)(start(jnp.ones((2, 4))), 5.0)
    assert int(lanes.accepted[0]) == int(lanes.accepted[1]) > 3 * int(lanes.accepted[2])
    assert lanes.accepted[2:].tolist() == single.accepted[2:].tolist()


# ---------------------------------------------------------------- coupling


def on_a_ring(exchange: float, relative: float = 1e-7) -> Callable[[Lanes, float], Lanes]:
    """Nothing happens but the spread of BDNF among the four neurons of a group."""

    def rates(values: Any, given: Any) -> list[Array]:
        return [given[0] if i == cascade.BDNF_OUTSIDE else 0.0 * value for i, value in enumerate(values)]

    coupling = Coupling(cascade.GROUP, cascade.BDNF_OUTSIDE, partial(cascade.spread, exchange=exchange))
    inputs_at = lambda elapsed, values: (cascade.inflow(values, jnp.asarray(exchange)),)  # noqa: E731
    return integrator(rates, inputs_at, 29, relative, coupling)


RING = np.roll(np.eye(4), 1, axis=0) + np.roll(np.eye(4), -1, axis=0) - 2.0 * np.eye(4)
FIRST = np.array([[1.0, 0.0, 0.3, 0.1], [0.0, 2.0, 0.0, 0.0]])


@pytest.mark.parametrize("length", [0.5, 20.0])
def test_diffusion_on_a_ring_of_four_is_exact(length: float):
    values = jnp.ones((29, 8)).at[cascade.BDNF_OUTSIDE].set(FIRST.ravel())
    lanes = on_a_ring(0.3)(start(values), length)
    exact = FIRST @ expm(0.3 * length * RING)
    np.testing.assert_allclose(np.asarray(lanes.values[cascade.BDNF_OUTSIDE]).reshape(2, 4), exact, atol=1e-6)
    others = np.delete(np.asarray(lanes.values), cascade.BDNF_OUTSIDE, axis=0)
    assert (others == 1.0).all()


def test_fast_diffusion_takes_few_steps_and_loses_nothing():
    values = jnp.ones((29, 8)).at[cascade.BDNF_OUTSIDE].set(FIRST.ravel())
    lanes = on_a_ring(1e3, 1e-4)(start(values), 1e4)  # an explicit method would need 1e7 steps
    found = np.asarray(lanes.values[cascade.BDNF_OUTSIDE]).reshape(2, 4)
    np.testing.assert_allclose(found, FIRST.mean(axis=1, keepdims=True) * np.ones(4), rtol=1e-3)
    # What rounding of the exchange itself can lose: its rate times the time in units of the last digit.
    np.testing.assert_allclose(found.sum(axis=1), FIRST.sum(axis=1), atol=1e3 * 1e4 * np.finfo(float).eps)
    assert int(lanes.accepted.max()) < 200


@pytest.mark.parametrize("exchange", [0.7, 1e6])
def test_spread_is_the_inverse_of_the_ring(exchange: float):
    random = np.random.default_rng(0)
    inverse, right = 1.0 / random.uniform(0.1, 3.0, 8), random.random(8)
    found = cascade.spread(jnp.asarray(inverse), jnp.asarray(right), exchange)
    for group in (slice(0, 4), slice(4, 8)):
        matrix = np.diag(1.0 / inverse[group]) - exchange * RING
        np.testing.assert_allclose(found[group], np.linalg.solve(matrix, right[group]), rtol=1e-9)
        np.testing.assert_allclose((found / inverse)[group].sum(), right[group].sum(), rtol=1e-13)  # none is lost


def test_a_neuron_that_stands_still_gives_its_neighbours_nothing():
    inverse, right = jnp.asarray([0.5, 0.0, 2.0, 1.0]), jnp.asarray([1.0, 0.0, 3.0, 2.0])
    found = cascade.spread(inverse, right, 0.7)
    others = [0, 2, 3]
    matrix = (np.diag([2.0, 1.0, 0.5, 1.0]) - 0.7 * RING)[np.ix_(others, others)]
    np.testing.assert_allclose(
        found[jnp.asarray(others)], np.linalg.solve(matrix, right[jnp.asarray(others)]), rtol=1e-12
    )
    assert found[1] == 0.0


def test_a_fast_chain_follows_a_moving_input_in_long_steps() -> None:
    """x follows 1 + t and y follows x⁴, both within 1 ms: without the drift of the input, y is 3 % off."""
    rate, step = 1000.0, 0.05

    def chain(values: Any, given: Any) -> list[Array]:
        return [-rate * (values[0] - 1.0 - given[0]), -rate * (values[1] - values[0] ** 4)]

    def slow(t: float) -> list[list[float]]:
        x = 1.0 + t - 1.0 / rate
        return [[x], [x**4 - 4.0 * x**3 / rate + 12.0 * x**2 / rate**2]]

    found = fixed(chain, only_time, np.array(slow(0.0)), step, 1)
    np.testing.assert_allclose(found, slow(step), rtol=3e-5)
