"""A step of the cascade is one kernel on a CPU, whatever its arguments, and gives what its operations give."""

from __future__ import annotations

import re
import subprocess
import sys
from typing import Any

import jax
import numpy as np
import pytest
from jax import Array, lax
from jax import numpy as jnp

from plastisim.engine.devices import compiled
from plastisim.engine.jacobian import linearise
from plastisim.engine.kernels import fence, kernel
from plastisim.engine.loop import Pieces, evaluate
from plastisim.engine.tracing import shared

VALUES = np.linspace(0.1, 2.0, 64)


def pool(values: Array, rate: Array, _: Array) -> Array:
    for _ in range(5):
        values = fence(values + rate * jnp.exp(-values))
    return values


def in_a_loop(step: Any, values: Any = VALUES) -> Array:
    """Return what ten steps do, compiled; `step` is called with values, rate and something that it does not use."""
    return jax.jit(lambda some, rate: lax.fori_loop(0, 10, lambda _, now: step(now, rate, 7.0 * some), some))(
        jnp.asarray(values), jnp.asarray(0.1)
    )


def test_a_kernel_does_what_its_function_does():
    assert np.allclose(in_a_loop(kernel(pool)), in_a_loop(pool), rtol=1e-6)
    assert not np.allclose(in_a_loop(kernel(pool)), VALUES)


def test_what_a_kernel_does_not_use_does_no_harm():
    """XLA would end the process, so that another one has to try."""
    code = (
        "import jax, numpy as np; from jax import numpy as jnp; from plastisim.engine.kernels import kernel\n"
        "run = jax.jit(lambda a, b: kernel(lambda used, never: 2.0 * used)(a, b))\n"
        "print(float(run(jnp.ones(64), jnp.ones(64))[0]))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.strip()) == (0, "2.0"), done.stderr[-500:]


def test_values_of_the_outside_are_seen_inside():
    found = jax.jit(lambda outside: kernel(lambda given: {"sum": given["one"] + outside})({"one": 2.0 * outside}))(
        jnp.asarray(VALUES)
    )
    assert np.allclose(found["sum"], 3.0 * VALUES)


@pytest.mark.skipif(jax.default_backend() != "cpu", reason="elsewhere a kernel is its operations")
def test_many_operations_are_one_function():
    def entry(step: Any) -> str:
        text = jax.jit(lambda values: step(values, jnp.asarray(0.1), values)).lower(jnp.asarray(VALUES)).compile()
        return re.split(r"\nENTRY ", text.as_text())[1]

    pattern = r" (?:fusion|call|exponential|add|multiply)\("
    assert len(re.findall(pattern, entry(pool))) >= 5
    assert len(re.findall(pattern, entry(kernel(pool)))) == 1
    assert 'xla_cpu_small_call="true"' in entry(kernel(pool))


def test_a_wide_block_compiles():
    """XLA gives reductions over many lanes to a library, which it cannot call from a kernel."""
    lanes, quantities, group = 4096, 3, 4
    pieces = Pieces(jnp.ones((8, 2, 4 * quantities)), jnp.asarray(10.0))
    look = compiled(lambda when, animal: kernel(lambda now: evaluate(pieces, animal, now, quantities, group))(when))
    found = look(jnp.zeros(lanes), jnp.zeros(lanes, jnp.int32))
    assert np.array_equal(found, np.ones((quantities, lanes)))


def test_a_fence_has_the_slope_of_what_it_keeps():
    value, slope = jax.jvp(lambda x: fence(x * x), (jnp.asarray(3.0),), (jnp.asarray(1.0),))
    assert (float(value), float(slope)) == (9.0, 6.0)


def test_a_power_without_a_power():
    """XLA on CPU calls a library once a lane for it; a base of zero must not become what is not a number."""
    base, exponent = jnp.asarray([0.0, 0.0, 0.3, 2.5]), jnp.asarray([0.0, 1.7, 1.7, -0.4])
    assert np.allclose(jax.jit(shared(jnp.power))(base, exponent), base**exponent, rtol=1e-6, atol=0.0)


def test_slopes_of_a_power_and_of_a_quotient():
    def rates(values: Any, exponent: Array) -> list[Array]:
        return [values[0] ** exponent, values[0] / values[1], exponent / values[1]]

    values, exponent = [jnp.asarray([0.0, 0.3, 2.5]), jnp.asarray([0.7, -1.3, 4.0])], jnp.asarray(1.7)
    found, slopes = linearise(rates, values, exponent)
    expected = jax.vmap(jax.jacfwd(lambda *both: jnp.stack(rates(both, exponent)), (0, 1)))(*values)
    assert np.allclose(found, rates(values, exponent), rtol=1e-6)
    for row, slope in enumerate(slopes):
        for column, entry in slope.items():
            assert np.allclose(entry, expected[column][:, row], rtol=1e-5), (row, column)
    assert [sorted(slope) for slope in slopes] == [[0], [0, 1], [1]]
