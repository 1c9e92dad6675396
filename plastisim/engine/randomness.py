"""Randomness is addressed, never drawn in turn.

Every draw is a function of the seed, a purpose, and the ids of what it is for (mouse, neuron, dendrite, spine) and
when (tick). Neuron 7 of mouse 3 therefore behaves the same in any population, on any number of devices, straight
through or resumed; and arms that share ids share their randomness.
"""

from __future__ import annotations

import functools
import zlib

import jax
from jax import Array, lax
from jax import numpy as jnp


def key_for(seed: Array | int, purpose: str) -> Array:
    """Return the key of a purpose; `seed` is an integer below 2^32."""
    key = keys_of(jnp.stack([jnp.uint32(0), jnp.asarray(seed, jnp.uint32)]))
    return jax.random.fold_in(key, zlib.crc32(purpose.encode()) & 0x7FFFFFFF)


def keys_of(words: Array) -> Array:
    """Return keys from their two words each, shape (…, 2)."""
    return jax.random.wrap_key_data(words, impl="threefry2x32")


@jax.jit
def address(key: Array, *ids: Array) -> Array:
    """Return one key for each id; `ids` are integer arrays of shape (n,), folded in one after the other.

    Args:
        key: one key, or one for each id.
        ids: what the randomness is for and when.
    """
    for more in ids:
        key = jax.vmap(jax.random.fold_in, (None if key.ndim == 0 else 0, 0))(key, more)
    return key


def addressed_bits(keys: Array, moment: Array | int, ids: Array) -> tuple[Array, Array]:
    """Return two independent 32-bit words for each id at a moment: those of the key with both folded in.

    The cipher is written out, because what JAX calls on CPU is a loop over whole arrays, twice as slow.

    Args:
        keys: shape (n,).
        moment: integer.
        ids: integers, shape (n, m).

    Returns:
        Two arrays of shape (n, m).
    """
    words = jax.random.key_data(keys)
    now = jnp.full(keys.shape, moment, jnp.uint32)
    first, second = lax.optimization_barrier(_threefry(words[:, 0], words[:, 1], now))
    # Fenced, so that the cipher runs once and not once for every use of what it returns (see tracing.py).
    return lax.optimization_barrier(_threefry(first[:, None], second[:, None], jnp.asarray(ids, jnp.uint32)))


def _threefry(first: Array, second: Array, counter: Array) -> tuple[Array, Array]:
    """Return threefry2x32 (20 rounds; Salmon et al. 2011, SC11) of (0, counter): what `jax.random.fold_in` computes."""
    keys = (first, second, first ^ second ^ jnp.uint32(0x1BD11BDA))
    x, y = first + jnp.zeros_like(counter), second + counter
    for number in range(5):
        for turn in ((13, 15, 26, 6), (17, 29, 16, 24))[number % 2]:
            x = x + y
            y = x ^ (y << jnp.uint32(turn) | y >> jnp.uint32(32 - turn))
        x, y = x + keys[(number + 1) % 3], y + (keys[(number + 2) % 3] + jnp.uint32(number + 1))
    return x, y


def bits(keys: Array) -> tuple[Array, Array]:
    """Return two independent 32-bit words for each key, shape of `keys`.

    The words of an addressed key are the output of the counter-based cipher that made it, so no further work is
    needed to draw from it.
    """
    words = jax.random.key_data(keys)
    # Fenced, so that the cipher runs once and not once for every use of what it returns (see tracing.py).
    return lax.optimization_barrier((words[..., 0], words[..., 1]))


@functools.partial(jax.jit, static_argnames="dtype")
def uniform(word: Array, dtype: jnp.dtype) -> Array:
    """Return a number strictly between 0 and 1 for each 32-bit word, with 23 bits of it."""
    return (jnp.asarray(word >> 9, dtype) + 0.5) * 2.0**-23


def words_below(probability: Array) -> Array:
    """Return how many of the 2^23 values of `word >> 9` have a `uniform` number below each probability.

    `word >> 9 < words_below(p)` is `uniform(word) < p`, without a floating point number for each word.
    """
    return jnp.asarray(jnp.ceil(probability * 2.0**23 - 0.5), jnp.int32)


@functools.partial(jax.jit, static_argnames="dtype")
def normal(word: Array, dtype: jnp.dtype) -> Array:
    """Return a standard normal number for each 32-bit word (inverse cumulative distribution)."""
    return jax.scipy.special.ndtri(uniform(word, dtype))


def normals(word: Array, dtype: jnp.dtype) -> tuple[Array, Array]:
    """Return two standard normal numbers for each 32-bit word, with 16 bits each.

    Sixteen bits need no more than single precision, whatever `dtype` they are then used in.
    """
    halves = (word >> 16, word & 0xFFFF)
    first, second = (lax.erf_inv((jnp.float32(half) + 0.5) * 2.0**-15 - 1.0) * 2.0**0.5 for half in halves)
    return jnp.asarray(first, dtype), jnp.asarray(second, dtype)
