"""Addressed randomness: a value depends on its address only, and values are as random as they claim."""

from __future__ import annotations

import numpy as np
import pytest
from jax import numpy as jnp
from scipy import stats

from plastisim.engine.randomness import address, addressed_bits, bits, key_for, normal, normals, uniform, words_below

MANY = 40_000
FLOAT = jnp.dtype("float64")


def words(seed: int = 0, purpose: str = "test", count: int = MANY) -> np.ndarray:
    return np.stack(bits(address(key_for(seed, purpose), jnp.arange(count))))


def test_a_value_depends_on_its_address_only():
    everybody = words(count=50)
    np.testing.assert_array_equal(words(count=7), everybody[:, :7])
    some = jnp.asarray([31, 2, 17])
    np.testing.assert_array_equal(np.stack(bits(address(key_for(0, "test"), some))), everybody[:, some])
    mouse, neuron = jnp.asarray([3, 0, 3]), jnp.asarray([7, 7, 1])
    together = np.stack(bits(address(key_for(0, "test"), mouse, neuron)))
    alone = np.stack(bits(address(key_for(0, "test"), mouse[:1], neuron[:1])))
    np.testing.assert_array_equal(together[:, :1], alone)
    in_turn = address(address(key_for(0, "test"), mouse), neuron)
    np.testing.assert_array_equal(np.stack(bits(in_turn)), together)


def test_every_part_of_an_address_counts():
    keys = [
        key_for(0, "a"), key_for(1, "a"), key_for(0, "b"), key_for(2**32 - 1, "a"),
        *address(key_for(0, "a"), jnp.asarray([0, 1, 2**31 - 1])),
        *address(key_for(0, "a"), jnp.asarray([0, 1]), jnp.asarray([1, 0])),
    ]  # fmt: skip
    found = {tuple(int(word) for word in bits(key)) for key in keys}
    assert len(found) == len(keys)


def test_words_of_many_ids_are_those_of_their_own_keys():
    keys, ids = address(key_for(0, "test"), jnp.arange(3)), jnp.asarray([[0, 5, -1], [2**31 - 1, 5, 1], [7, 7, 8]])
    found = np.stack(addressed_bits(keys, 7200, ids))
    for site in range(3):
        for slot in range(3):
            own = address(keys[site : site + 1], jnp.asarray([7200]), ids[site, slot : slot + 1].astype(jnp.int32))
            np.testing.assert_array_equal(found[:, site, slot], np.stack(bits(own))[:, 0])


def test_integer_comparison_of_words_is_that_of_uniform_numbers():
    word = jnp.asarray(words()[0][:200])
    for probability in (0.0, 1e-7, 0.3, float(uniform(word, FLOAT)[3]), 1.0):
        below = uniform(word, FLOAT) < probability
        np.testing.assert_array_equal((word >> 9) < words_below(jnp.asarray(probability)).astype(jnp.uint32), below)


@pytest.mark.parametrize("half", [0, 1])
def test_uniform_numbers_are_uniform(half: int):
    found = np.asarray(uniform(jnp.asarray(words()[half]), FLOAT))
    assert stats.kstest(found, "uniform").pvalue > 1e-3
    assert abs(found.mean() - 0.5) < 5.0 / np.sqrt(12.0 * MANY)
    assert abs(found.var() - 1.0 / 12.0) < 0.003


def test_normal_numbers_are_normal_and_halves_are_independent():
    word, other = (jnp.asarray(part) for part in words())
    pair = [np.asarray(part) for part in normals(word, FLOAT)]
    singles = [np.asarray(normal(part, FLOAT)) for part in (word, other)]
    for found in (*pair, *singles):
        assert stats.kstest(found, "norm").pvalue > 1e-3
        assert abs(found.mean()) < 5.0 / np.sqrt(MANY)
        assert abs(found.var() - 1.0) < 5.0 * np.sqrt(2.0 / MANY)
        assert abs(stats.kurtosis(found)) < 0.15
    for one, two in (pair, singles, (singles[0][:-1], singles[0][1:])):
        assert abs(np.corrcoef(one, two)[0, 1]) < 5.0 / np.sqrt(MANY)
        assert abs(np.corrcoef(one**2, two**2)[0, 1]) < 5.0 / np.sqrt(MANY)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_ends_are_never_reached(dtype: str):
    ends = jnp.asarray([0, 2**32 - 1], jnp.uint32)
    found = np.asarray(uniform(ends, jnp.dtype(dtype)))
    assert found.dtype == dtype
    assert 0.0 < found[0] < found[1] < 1.0
    for part in (normal(ends, jnp.dtype(dtype)), *normals(ends, jnp.dtype(dtype))):
        assert np.isfinite(np.asarray(part)).all()
        assert float(part[0]) == pytest.approx(-float(part[1]), rel=1e-3)


def test_seeds_and_purposes_are_independent():
    base = np.asarray(normal(jnp.asarray(words()[0]), FLOAT))
    for other in (words(seed=1), words(purpose="other")):
        twin = np.asarray(normal(jnp.asarray(other[0]), FLOAT))
        assert abs(np.corrcoef(base, twin)[0, 1]) < 5.0 / np.sqrt(MANY)
