"""Small rate laws that several stages share."""

import functools
import operator
from collections.abc import Iterable

from jax import Array
from jax import numpy as jnp

from plastisim.engine.fields import Number


def hill(amount: Array, half: Number, order: int = 1) -> Array:
    """Return the saturating fraction amount^n / (amount^n + half^n), between 0 and 1.

    Args:
        amount: non-negative quantity, any shape.
        half: amount at which the fraction is one half, same unit.
        order: Hill coefficient, a positive integer.
    """
    powered = amount**order
    return powered / (powered + half**order)


def above(value: Array, threshold: float) -> Array:
    """Return how far `value` lies above `threshold`, zero below it."""
    return jnp.maximum(value - threshold, 0.0)


def total(parts: Iterable[Array]) -> Array:
    """Return the sum of at least one array."""
    return functools.reduce(operator.add, parts)
