"""Neurons in a dish: the cascade under a constant drive, with BDNF held outside where it is given.

The rates are those of `plastisim.model`; held BDNF is the same equations with one variable that stands still. A few
neurons for an hour or two at any moments, so a library integrator does, and the kernels compile nothing for it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import jax
import numpy as np
from jax import Array
from jax import numpy as jnp

from plastisim import model
from plastisim.biology.exposure import Drive
from plastisim.cascade import BDNF_OUTSIDE, rest_program
from plastisim.engine.fields import declarations

NAMES = [declared.name for declared in model.variables()]
RELATIVE, ABSOLUTE = 1e-6, 1e-9


class Dish(NamedTuple):
    """What one neuron is and gets.

    Attributes:
        drive: what neurons see while the bath lasts, by name; what is not named stays at rest.
        bdnf: held outside, nmol/L; None leaves it free.
        changes: parameters of the pathway, by path.
    """

    drive: Mapping[str, float]
    bdnf: float | None = None
    changes: Mapping[str, float] = {}


def bathe(dishes: Sequence[Dish], rest: Mapping[str, float], times: np.ndarray) -> list[dict[str, np.ndarray]]:
    """Return every variable of every dish's neuron at some times, by name; the first time is its rest.

    Args:
        dishes: one neuron each.
        rest: drive before the bath, by name.
        times: s since the bath, ascending from 0.
    """
    drives = [one.name for one in declarations(Drive, "variable")]
    with jax.enable_x64(True):
        pathway = _pathways(dishes)
        before = Drive(*(jnp.full(len(dishes), rest[name]) for name in drives))
        during = Drive(*(jnp.asarray([dish.drive.get(name, rest[name]) for dish in dishes]) for name in drives))
        values, resting, _ = rest_program()(pathway, before)
        held = jnp.asarray([dish.bdnf is not None for dish in dishes])

        @jax.jit
        def rates(lane: Array, values: Array) -> Array:
            one = jax.tree.map(lambda leaf: leaf[lane][None], (pathway, during, resting))
            state = model.unstack(values[:, None])
            change = model.stack(model.rates(one[0], state, one[1], jnp.zeros(1), one[2]))[:, 0]
            return change.at[BDNF_OUTSIDE].multiply(jnp.where(held[lane], 0.0, 1.0))

        return [_solved(rates, lane, np.array(values[:, lane]), dish.bdnf, times) for lane, dish in enumerate(dishes)]


def _solved(rates: Any, lane: int, begin: np.ndarray, bdnf: float | None, times: np.ndarray) -> dict[str, np.ndarray]:
    """Return the course of one neuron; its rest stands at time 0."""
    from scipy.integrate import solve_ivp

    start = begin.copy()
    if bdnf is not None:
        start[BDNF_OUTSIDE] = bdnf
    found = solve_ivp(
        lambda _, values: np.asarray(rates(lane, values)), (0.0, times[-1]), start, "LSODA", times, rtol=RELATIVE,
        atol=ABSOLUTE,
    )  # fmt: skip
    course = found.y.copy()
    course[:, 0] = begin
    return dict(zip(NAMES, course, strict=True))


def _pathways(dishes: Sequence[Dish]) -> model.Pathway:
    """Return the default pathway with one value a dish, and each dish's changes."""
    plain = jax.tree.map(lambda leaf: jnp.full(len(dishes), float(leaf)), model.default_pathway())
    for path in dict.fromkeys(path for dish in dishes for path in dish.changes):
        stage, name = path.split(".")
        old = getattr(getattr(plain, stage), name)
        new = jnp.asarray([dish.changes.get(path, float(value)) for dish, value in zip(dishes, old, strict=True)])
        plain = dataclasses.replace(plain, **{stage: dataclasses.replace(getattr(plain, stage), **{name: new})})
    return plain
