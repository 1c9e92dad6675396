"""The step loop in one kernel: interpreted on the CPU against the plain loop, and lowered to Triton for CUDA."""

from __future__ import annotations

import dataclasses
import functools
import operator
from collections.abc import Callable
from typing import Any

import jax
import numpy as np
import pytest
from jax import Array
from jax import numpy as jnp
from jax.export import DisabledSafetyCheck, Exported, export

from plastisim import cascade, model
from plastisim.biology.exposure import Drive
from plastisim.engine import control, stepping
from plastisim.engine.control import Lanes, Tolerance
from plastisim.engine.loop import Pieces, evaluate
from plastisim.engine.pallas_loop import Rows, advance_in_one_kernel, evaluate_rows, members, together
from plastisim.engine.rodas import RODAS4P
from plastisim.engine.stepping import Coupling

TRITON = "__gpu$xla.gpu.triton"
LIMITS = Tolerance(1e-4, np.full(2, 1e-9), np.full(2, True))
PAIRS = Coupling(2, None, operator.mul)
PIECES = RODAS4P.pieces


def rates(values: Any, given: Any) -> list[Array]:
    """One stiff decay towards a moving target, and one variable that explodes at 1/fast."""
    stiff, fast, drive = given
    return [stiff * (drive - values[0]), fast * values[1] * values[1]]


def toy(lanes: int = 32) -> tuple[Array, Array]:
    return jnp.asarray(np.geomspace(0.1, 1e5, lanes)), jnp.asarray(np.linspace(-5.0, 0.6, lanes))


def plain_toy(given: Any, lanes: Lanes, length: Array) -> Lanes:
    def inputs_at(elapsed: Array, values: Array) -> Any:
        return *given, jnp.sin(elapsed)

    return stepping.advance(rates, inputs_at, lanes, length, LIMITS, RODAS4P, PAIRS)


def toy_kernel(tile: int = 16, interpret: bool = True) -> Callable[[Any, Lanes, Array], Lanes]:
    def system(given: Any) -> Any:
        return lambda elapsed, rows: (*given, jnp.sin(elapsed)), PAIRS

    return lambda given, lanes, length: advance_in_one_kernel(
        rates, system, given, lanes, length, LIMITS, tile, interpret
    )


def test_the_kernel_takes_the_steps_of_the_plain_loop():
    """A stiff lane, a diverging lane and pairs that share steps; a second stretch goes on where the first ended."""
    given, begin, length = toy(), control.start(jnp.ones((2, 32))), jnp.asarray(2.0)
    plain, kernel = jax.jit(plain_toy), jax.jit(toy_kernel())
    expected, found = plain(given, begin, length), kernel(given, begin, length)
    assert int(jnp.max(expected.failed)) == 1
    for _ in range(2):
        assert np.array_equal(found.failed, expected.failed)
        for count in ("accepted", "rejected"):  # rounding decides how often an exploding pair tries
            assert np.array_equal(getattr(found, count)[:-2], getattr(expected, count)[:-2]), count
        np.testing.assert_allclose(found.values[:, :-2], expected.values[:, :-2], rtol=1e-11)
        expected, found = plain(given, expected, length), kernel(given, found, length)


def test_a_lane_does_not_depend_on_its_tile():
    given, begin, length = toy(), control.start(jnp.ones((2, 32))), jnp.asarray(1.0)
    small, large = (jax.jit(toy_kernel(tile))(given, begin, length) for tile in (8, 32))
    assert np.array_equal(small.accepted, large.accepted)
    np.testing.assert_allclose(small.values, large.values, rtol=1e-12)


@pytest.mark.parametrize(("tile", "message"), [(64, "32 and 64"), (12, "power of two"), (1, "group of 2 lanes")])
def test_a_tile_that_does_not_fit_is_refused(tile: int, message: str):
    with pytest.raises(ValueError, match=message):
        toy_kernel(tile)(toy(), control.start(jnp.ones((2, 32))), jnp.asarray(1.0))


def test_members_of_groups_are_taken_apart_and_put_together():
    row = jnp.arange(24.0)
    for group in (1, 2, 4, 8):
        parts = members(row, group)
        assert np.array_equal(parts[-1], row[group - 1 :: group])
        assert np.array_equal(together(parts), row)


# ---------------------------------------------------------------- the cascade

LANES, ANIMALS = 32, 2
CASCADE_LIMITS = cascade.cell_tolerance(1e-3)


def plain_cascade(given: Any, lanes: Lanes, length: Array) -> Lanes:
    pathway, rest, animal, pieces = given
    exchange = pathway.bdnf.exchange()

    def inputs_at(elapsed: Array, values: Array) -> Any:
        drive = Drive(*evaluate(pieces, animal, elapsed, cascade.DRIVES))
        return pathway, drive, cascade.inflow(values, exchange), rest

    couple = functools.partial(cascade.spread, exchange=exchange)
    coupling = Coupling(cascade.GROUP, cascade.BDNF_OUTSIDE, couple)
    return stepping.advance(cascade._cell_rates, inputs_at, lanes, length, CASCADE_LIMITS, RODAS4P, coupling)


def inflow(row: Array, exchange: Any) -> Array:
    """Return `cascade.inflow` in operations that Triton knows."""
    a, b, c, d = members(row, cascade.GROUP)
    return together([exchange * (pair - 2.0 * own) for pair, own in ((d + b, a), (a + c, b), (b + d, c), (c + a, d))])


def spread(inverse: Array, right: Array, exchange: Any) -> Array:
    """Return `cascade.spread` in operations that Triton knows."""
    kept = 1.0 / (1.0 + 2.0 * exchange * inverse)
    keeps, given = members(kept, cascade.GROUP), members(kept * inverse, cascade.GROUP)
    rights = members(right, cascade.GROUP)
    pairs = [given[i] * rights[i] + given[i - 2] * rights[i - 2] for i in range(4)]
    means = [0.5 * (keeps[i] + keeps[i - 2]) for i in range(4)]
    around = [
        (pairs[i - 1] + (1.0 - means[i - 1]) * pairs[i]) / (means[i] + means[i - 1] - means[i] * means[i - 1])
        for i in range(4)
    ]
    return together([given[i] * (rights[i] + exchange * around[i]) for i in range(4)])


def cascade_kernel(interpret: bool) -> Callable[[Any, Lanes, Array], Lanes]:
    def system(given: Any) -> tuple[Any, Coupling]:
        pathway, rest, animal, pieces = given
        exchange = pathway.bdnf.exchange()

        def inputs_at(elapsed: Array, rows: Rows) -> Any:
            drive = Drive(*evaluate_rows(pieces, animal, elapsed, cascade.DRIVES))
            return pathway, drive, inflow(rows[cascade.BDNF_OUTSIDE], exchange), rest

        couple = functools.partial(spread, exchange=exchange)
        return inputs_at, Coupling(cascade.GROUP, cascade.BDNF_OUTSIDE, couple)

    return lambda given, lanes, length: advance_in_one_kernel(
        cascade._cell_rates, system, given, lanes, length, CASCADE_LIMITS, interpret=interpret
    )


def stretch(dtype: jnp.dtype) -> tuple[Any, Lanes, Array]:
    """Return 20 minutes in which the drive rises from nothing; the neurons differ and start near their rest."""
    differ = jnp.asarray(np.linspace(0.6, 1.6, LANES), dtype)
    pathway = jax.tree.map(lambda value: jnp.asarray(value, dtype), model.default_pathway())
    gq = dataclasses.replace(pathway.gq, reserve=pathway.gq.reserve * differ)
    excitability = dataclasses.replace(pathway.excitability, resting_rate=2.0 * differ[::-1])
    pathway = dataclasses.replace(pathway, gq=gq, excitability=excitability)
    state = model.initial_guess(pathway, jnp.zeros(LANES, dtype))
    animal = jnp.asarray(np.arange(LANES) * ANIMALS // LANES)
    none = Drive(*[jnp.zeros(LANES, dtype)] * cascade.DRIVES)
    rise = np.linspace(0.5, 0.1, cascade.DRIVES) * np.linspace(0.2, 1.0, ANIMALS)[:, None]
    begin = rise * np.arange(PIECES)[:, None, None] / PIECES
    cubic = np.stack([begin, np.broadcast_to(rise / PIECES, begin.shape), 0.0 * begin, 0.0 * begin], axis=2)
    table = jnp.asarray(cubic.reshape(PIECES, ANIMALS, -1), dtype)
    pieces = Pieces(table, jnp.asarray(1200.0 / PIECES, dtype))
    rest = model.resting_values(pathway, state, none)
    return (pathway, rest, animal, pieces), control.start(model.stack(state)), jnp.asarray(1200.0, dtype)


def test_the_cascade_in_one_kernel_is_the_plain_one():
    """The sum of an error's squares is in one order here and there, so that no step is judged differently."""
    arguments = stretch(jnp.dtype("float64"))
    kept = {"xla_disable_hlo_passes": "cse_barrier_expander"}
    quick = {"xla_disable_hlo_passes": "fusion", "xla_backend_optimization_level": 1}
    expected = jax.jit(plain_cascade, compiler_options=kept)(*arguments)
    found = jax.jit(cascade_kernel(True), compiler_options=quick)(*arguments)
    assert np.array_equal(found.accepted, expected.accepted)
    assert np.array_equal(found.rejected, expected.rejected)
    assert int(expected.accepted.min()) > 10
    assert int(expected.accepted.max()) > 20
    scale = np.array([declared.metadata["scale"] for declared in model.variables()])[:, None]
    size = np.maximum(np.abs(expected.values), 1e-3 * scale)
    moved = np.abs(expected.values - arguments[1].values) / size
    assert moved.max() > 0.5
    assert (np.abs(found.values - expected.values) / size).max() < 1e-9


# ---------------------------------------------------------------- CUDA


def for_cuda(program: Callable[..., Any], arguments: Any) -> Exported:
    shapes = jax.tree.map(lambda leaf: jax.ShapeDtypeStruct(leaf.shape, leaf.dtype), arguments)
    try:
        return export(jax.jit(program), platforms=["cuda"], disabled_checks=[DisabledSafetyCheck.custom_call(TRITON)])(
            *shapes
        )
    except RuntimeError as error:  # later versions of JAX compile Triton while they lower
        if "Triton compilation handler" in str(error):
            pytest.skip("this version of JAX lowers Triton kernels only where its CUDA plugin is installed")
        raise


@pytest.mark.parametrize("precision", ["float32", "float64"])
def test_the_cascade_becomes_one_triton_kernel(precision: str):
    with jax.enable_x64(precision == "float64"):
        arguments = stretch(jnp.dtype(precision))
        exported = for_cuda(cascade_kernel(False), arguments)
    text = exported.mlir_module()
    assert exported.platforms == ("cuda",)
    assert text.count("stablehlo.custom_call") == text.count(f"@{TRITON}") == 1
    assert "stablehlo.while" not in text  # the loop is inside
    assert f"grid_x = {LANES // 32} : i32" in text
    assert [one.shape for one in exported.out_avals] == [part.shape for part in arguments[1]]
    assert {str(one.dtype) for one in exported.out_avals} == {precision, "int32"}
