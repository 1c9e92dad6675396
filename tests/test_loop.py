"""What neurons see of their animal, looked up once for each group of lanes."""

from __future__ import annotations

import numpy as np
from jax import numpy as jnp

from plastisim.engine.jacobian import moving
from plastisim.engine.loop import Pieces, evaluate

GROUP, PIECES, ANIMALS, QUANTITIES = 4, 8, 3, 2
ANIMAL = np.repeat([0, 2, 1], GROUP)
NOW = np.repeat([0.0, 17.3, 79.9], GROUP)  # s, of each lane


def pieces() -> Pieces:
    shape = (PIECES, ANIMALS, 4 * QUANTITIES)
    return Pieces(jnp.asarray(np.random.default_rng(3).normal(size=shape)), jnp.asarray(10.0))


def test_a_group_sees_what_each_of_its_lanes_would():
    alone = evaluate(pieces(), jnp.asarray(ANIMAL), jnp.asarray(NOW), QUANTITIES)
    together = evaluate(pieces(), jnp.asarray(ANIMAL), jnp.asarray(NOW), QUANTITIES, GROUP)
    np.testing.assert_array_equal(together, alone)
    cubic = np.asarray(pieces().coefficients)[1, 2].reshape(4, QUANTITIES)  # second piece, third animal
    np.testing.assert_allclose(alone[:, 4], np.array([1.0, 0.73, 0.73**2, 0.73**3]) @ cubic, rtol=1e-12)


def test_a_lane_that_diverged_does_not_move_the_time_of_its_group():
    ahead = NOW.copy()
    ahead[[4, 10]] = 80.0  # one that diverged stands at the end of the stretch

    def seen(moment: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        values, (slope,) = moving(
            lambda t: evaluate(pieces(), jnp.asarray(ANIMAL), t, QUANTITIES, GROUP), jnp.asarray(moment)
        )
        assert slope is not None
        return np.asarray(values), np.asarray(slope)

    for one, other in zip(seen(ahead), seen(NOW), strict=True):
        np.testing.assert_array_equal(one, other)
    slope = seen(NOW)[1][:, 4]
    later, sooner = (evaluate(pieces(), jnp.asarray(ANIMAL), jnp.asarray(NOW + by), QUANTITIES) for by in (1e-5, -1e-5))
    np.testing.assert_allclose(slope, (later - sooner)[:, 4] / 2e-5, rtol=1e-6)
