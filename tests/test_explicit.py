"""The explicit step: its coefficients, its measured order, and the same oscillating cell as the stiff method."""

from __future__ import annotations

import dataclasses
from typing import Any

import jax
import numpy as np
import pytest
from jax import Array, lax
from jax import numpy as jnp
from scipy.integrate import RK45

import plastisim as ps
from plastisim import cascade, course, model
from plastisim.biology.ligands import Supply
from plastisim.block import Block, members
from plastisim.engine import control, explicit
from plastisim.engine.clock import AFTER_EVENT, schedule
from plastisim.engine.crew import Crew
from plastisim.engine.devices import compiled
from plastisim.engine.explicit import DORMAND_PRINCE
from plastisim.engine.loop import Pieces, evaluate
from plastisim.engine.placing import sent_once
from plastisim.engine.rodas import RODAS4P
from plastisim.engine.stepping import ALONE, Coupling, advance
from plastisim.population import exposures
from plastisim.treatment import administered

WITHIN = control.Tolerance(1e-8, np.full(2, 1e-10), np.full(2, True))


def turning(values: Any, given: Any) -> list[Array]:
    """Return the rates of a circle whose speed grows with time: y = (cos t²/2, sin t²/2)."""
    return [-given[0] * values[1], given[0] * values[0]]


def at(elapsed: Array, values: Array) -> tuple[Array]:
    return (elapsed,)


def circle(moment: float) -> np.ndarray:
    return np.array([[np.cos(moment**2 / 2.0)], [np.sin(moment**2 / 2.0)]])


ONE = jnp.asarray(circle(0.0))


def test_coefficients_are_those_of_scipy():
    np.testing.assert_array_equal(explicit.STAGE[:6, :5], RK45.A)
    np.testing.assert_allclose(explicit.STAGE[6, :6], RK45.B, rtol=1e-15)
    np.testing.assert_allclose(explicit.TIMES[:6], RK45.C, rtol=1e-15)
    np.testing.assert_allclose(-explicit.ERROR, RK45.E, rtol=1e-13)
    np.testing.assert_allclose(explicit.STAGE.sum(axis=1), explicit.TIMES, atol=1e-13)


def fixed(steps: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the values after two seconds in equal steps, and the error estimate of the last step."""
    step = jnp.full(1, 2.0 / steps)

    def body(index: Array, carry: tuple[Array, Array, Array]) -> tuple[Array, Array, Array]:
        values, _, first = carry
        elapsed = step * jnp.asarray(index, values.dtype)
        values, error, _, first = DORMAND_PRINCE.attempt(
            turning, at, control.start(values), elapsed, step, ALONE, first
        )
        return values, error, first

    begin = (ONE, jnp.zeros_like(ONE), jnp.zeros_like(ONE))  # a circle that does not turn yet
    values, error, _ = compiled(lambda carry: lax.fori_loop(0, steps, body, carry))(begin)
    return np.asarray(values), np.asarray(error)


def test_measured_order_is_five_and_that_of_the_estimate_four():
    steps = np.array([16, 32, 64])
    errors, estimates = [], []
    for count in steps:
        values, estimate = fixed(count)
        errors.append(np.abs(values - circle(2.0)).max())
        estimates.append(np.abs(estimate).max())
    assert 4.8 < -np.polyfit(np.log(steps), np.log(errors), 1)[0] < 5.4
    assert 4.8 < -np.polyfit(np.log(steps), np.log(estimates), 1)[0] < 5.4  # of one step: one more than its order


def test_a_stretch_cut_in_two_ends_where_the_whole_one_ends():
    run = compiled(lambda lanes, begin, length: advance(
        turning, lambda t, v: (begin + t,), lanes, length, WITHIN, DORMAND_PRINCE
    ))  # fmt: skip
    start = control.start(ONE)
    whole = run(start, 0.0, 2.0)
    half = run(run(start, 0.0, 0.7), 0.7, 1.3)
    for one in (whole, half):
        np.testing.assert_allclose(one.values, circle(2.0), atol=1e-7)
    assert int(whole.accepted[0]) > 10


def test_a_lane_without_a_solution_is_named_and_its_neighbour_goes_on():
    """y' = y² ends at t = 1; y' = -y does not."""

    def rates(values: Any, given: Any) -> list[Array]:
        return [jnp.where(values[0] >= 1.0, values[0] * values[0], -values[0])]

    limits = control.Tolerance(1e-6, np.full(1, 1e-9), np.full(1, False))
    run = compiled(lambda lanes: advance(rates, lambda *_: (), lanes, 2.0, limits, DORMAND_PRINCE))
    lanes = run(control.start(jnp.asarray([[1.0, 0.5]])))
    assert list(lanes.failed) == [0, -1]
    assert float(lanes.step[0]) == pytest.approx(1.0, abs=1e-4)  # how far it came
    assert float(lanes.values[0, 1]) == pytest.approx(0.5 * np.exp(-2.0), rel=1e-5)


def protocol() -> ps.Protocol:
    arms = (ps.Arm("psilocybin", (ps.Dose(ps.PSILOCYBIN, 1.0),)),)
    return ps.Protocol(arms, start=0, end=7200, sessions=(0,))


def setup(**changes: Any) -> ps.Setup:
    pathway = dataclasses.replace(ps.default_pathway(), **changes)
    return ps.Setup.of(protocol(), [ps.Cohort("one", ps.PT, 1, 4, 1)], pathway=pathway)


def test_cells_that_oscillate_take_explicit_steps():
    assert setup().method is RODAS4P
    assert setup(calcium=ps.OSCILLATORY).method is DORMAND_PRINCE


def test_long_runs_take_stiff_steps():
    long = dataclasses.replace(protocol(), end=24 * 3600)
    pathway = dataclasses.replace(ps.default_pathway(), calcium=ps.OSCILLATORY)
    method = ps.Setup.of(long, [ps.Cohort("one", ps.PT, 1, 4, 1)], pathway=pathway).method
    assert method == RODAS4P._replace(pieces=DORMAND_PRINCE.pieces)


def drives(count: int, times: np.ndarray) -> np.ndarray:
    """Return what neurons see in the first hours, kept as `count` pieces a segment, shape (segment, drive, time).

    Args:
        count: of pieces.
        times: as fractions of a segment, shape (time,).
    """
    (chunk,) = schedule(0, 7200, 7200, [0], AFTER_EVENT).chunks(16)
    dtype = jnp.dtype("float64")
    exposure = exposures(setup().population, ps.Spread(elimination=0.0), dtype)
    lanes = control.start(jnp.stack(jax.tree.leaves(exposure.initial(jnp.zeros(1)))))
    jumps, *given = administered(protocol(), chunk, np.dtype(dtype))
    supply, lengths = tuple(Supply(*one) for one in zip(*given, strict=True)), (chunk.end - chunk.begin).astype(dtype)
    limits = cascade.exposure_tolerance(len(exposure.ligands), 1e-9)
    pieces = cascade.exposure_program(count)(limits, exposure, lanes, jumps, supply, lengths)[1]
    here = [Pieces(*(part[index] for part in pieces)) for index in np.flatnonzero(lengths)]
    who = jnp.zeros(len(times), jnp.int32)
    return np.stack([evaluate(one, who, times * count * one.duration, cascade.DRIVES) for one in here])


def test_what_oscillating_cells_see_is_kept_finely_enough():
    """A phase remembers every error of its drive: at 1e-4, as stiff steps have it, a cell was off by 3e-4."""
    times = np.linspace(0.0, 1.0, 321)
    exact = drives(128, times)
    size = np.maximum(np.abs(exact), 1e-3 * np.abs(exact).max(axis=(0, 2))[None, :, None]) + 1e-30
    error = {one.pieces: (np.abs(drives(one.pieces, times) - exact) / size).max() for one in (RODAS4P, DORMAND_PRINCE)}
    assert error[DORMAND_PRINCE.pieces] < 1e-6
    assert 1e-5 < error[RODAS4P.pieces] < 2e-4


def test_a_block_keeps_what_its_neurons_see_as_finely_as_its_steps_need():
    given = setup(calcium=ps.OSCILLATORY)
    with jax.enable_x64(True), Crew() as crew:
        under_way, device = course.Course(given, crew), crew.device(0)
        (who,) = members(given.population, 64)
        block = Block(who, sent_once(under_way.cast, device), given.settings.tolerance, given.method, device)
        chunk = under_way.chunks[0]
        pieces = block._expose(chunk, under_way._given(chunk))[1]
    assert pieces.coefficients.shape[1] == DORMAND_PRINCE.pieces


def test_an_oscillating_neuron_does_not_depend_on_the_others_nor_on_the_chunks(monkeypatch: pytest.MonkeyPatch):
    pathway = setup(calcium=ps.OSCILLATORY).pathway
    alone = ps.simulate(protocol(), (ps.Cohort("one", ps.PT, 1, 4, 1),), pathway=pathway)
    monkeypatch.setattr(course, "CHUNK", 5)
    among = ps.simulate(protocol(), (ps.Cohort("one", ps.PT, 3, 4, 1),), pathway=pathway)
    assert (np.asarray(alone.steps)[1, :4] > 100).all()  # steps that were refused and tried again
    np.testing.assert_array_equal(among.frames.cascade[:, :, :4], alone.frames.cascade[:, :, :4])
    assert (among.frames.cascade[-1, :, 4:8] != alone.frames.cascade[-1, :, :4]).any()


def test_a_neighbour_without_rates_stands_still_and_the_others_go_on():
    """Two lanes that exchange; the first has no rate, and stays where it is."""

    def rates(values: Any, given: Any) -> list[Array]:
        return [given[0] + 0.1 * (given[1] - values[0])]

    def inputs(elapsed: Array, values: Array) -> tuple[Array, Array]:
        return jnp.asarray([np.nan, 0.0]), values[0][::-1]

    limits = control.Tolerance(1e-8, np.full(1, 1e-10), np.full(1, False))
    pair = Coupling(2, None, ALONE.couple)
    run = compiled(lambda lanes: advance(rates, inputs, lanes, 6.0, limits, DORMAND_PRINCE, pair))
    lanes = run(control.start(jnp.asarray([[1.0, 0.0]])))
    assert np.asarray(lanes.failed).tolist() == [0, -1]
    assert float(lanes.values[0, 0]) == 1.0
    assert float(lanes.values[0, 1]) == pytest.approx(1.0 - np.exp(-0.6), rel=1e-7)


def test_both_methods_find_the_same_oscillating_cells(monkeypatch: pytest.MonkeyPatch):
    """For a quarter of an hour, about a hundred periods: after that, phases drift apart."""
    row = [one.name for one in model.variables()].index("calcium_free")
    found = []
    for method in (RODAS4P._replace(pieces=DORMAND_PRINCE.pieces), DORMAND_PRINCE):
        monkeypatch.setattr(ps.Setup, "method", method)
        given = setup(calcium=ps.OSCILLATORY)
        run = ps.simulate(
            protocol(), given.population.cohorts, pathway=given.pathway, settings=ps.Settings(tolerance=1e-7)
        )
        found.append(run.frames.cascade[run.frames.time <= 900, row])
    assert np.ptp(found[0], axis=0).max() > 0.05  # umol/L; it does oscillate
    np.testing.assert_allclose(*found, rtol=1e-3)
