"""Rows that no mean field gives, roughly: how branches and mice differ, and what becomes of single spines.

Counting few spines is why branches differ from day to day: with formation f and elimination e between two sessions,
N spines change by a variance of f + e relative to N. What is left out (merged spines, rates that differ between mice,
spines that come back) is learned from agents; this only has to follow the numbers in the right direction.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any, NamedTuple

import jax
import numpy as np
from jax import Array
from jax import numpy as jnp

from plastisim.engine.devices import compiled
from plastisim.lab.branch_table import FloatArray

DAY = 86400.0
BRANCHES = 12  # imaged branches a mouse: 4 neurons of 3 dendrites
AT_REST = 0.45  # variance of the spines of a branch at rest, relative to their mean number
RATES = 5.0  # two-day intervals over which the rates of a mouse are averaged
WINDOW = 6.2  # %, upper edge of row V12
GAIN = 0.121  # covariance for each unit of the share of spines that comes back (turnover_fit.Branches)


class Noise(NamedTuple):
    """How branches and mice differ in one arm of a cohort, shape (setting,); variances relative to the density squared.

    Attributes:
        before: of a branch's change from day -3 to -1.
        after: of its change from the mean of days -3 and -1 to day 1.
        mouse: of the change of a mouse after the dose, beyond what its branches bring.
        level: of the density of a branch.
        level_mouse: of the mean density of a mouse.
        spines: median number of spines on a branch.
    """

    before: FloatArray
    after: FloatArray
    mouse: FloatArray
    level: FloatArray
    level_mouse: FloatArray
    spines: FloatArray


def noise(rates: FloatArray, effect: FloatArray, spread: Mapping[str, FloatArray], density: float) -> Noise:
    """Return how branches and mice differ.

    Args:
        rates: formation + elimination, shape (setting, session).
        effect: of the drug on the change of density, relative, shape (setting,).
        spread: numbers of `Spread` by name, each (setting,).
        density: seen spines, 1/um.
    """
    uneven = spread["length_spread"] ** 2 + spread["branch"] ** 2 + spread["density"] ** 2
    spines = density * spread["length"]
    counting = np.exp(0.5 * uneven) / spines  # mean of 1 / spines, of log-normal numbers of spines
    level = spread["branch"] ** 2 + AT_REST * counting
    return Noise(
        rates[:, 1] * counting, (rates[:, 2] + 0.25 * rates[:, 1]) * counting,
        (effect * spread["responsiveness"]) ** 2, level + spread["density"] ** 2,
        spread["density"] ** 2 + level / BRANCHES, spines * np.exp(-0.5 * spread["branch"] ** 2),
    )  # fmt: skip


def singles(law: Mapping[str, FloatArray], turnover: FloatArray) -> dict[str, FloatArray]:
    """Return what becomes of single spines at rest, by name, each (setting, …); see `plastisim.lab.turnover`.

    Args:
        law: numbers of `Spines` by name, each (setting,).
        turnover: of the cohort, (setting,).
    """
    names = ("transient_loss", "transient_share", "persistent_loss", "hiding", "appearing")
    with jax.enable_x64(True):
        found = _program()(*(jnp.asarray(law[name], float) for name in names), jnp.asarray(turnover, float))
    return {name: np.asarray(value) for name, value in found.items()}


@functools.cache
def _program() -> Any:
    return compiled(jax.vmap(_singles))  # in a fixed order: two linear algebra calls at once have locked each other up


def _singles(
    loss: Array, share: Array, lost: Array, hiding: Array, appearing: Array, turnover: Array
) -> dict[str, Array]:
    """Return the same of one setting; states: transient and persistent seen, then both hidden."""
    maturing = lost * (1.0 - share) / share
    share, hiding = share * turnover, hiding * turnover
    lost = maturing * share / (1.0 - share)
    zero = jnp.zeros_like(loss)
    leaving, gone = loss + maturing, lost
    rates = DAY * jnp.stack([
        jnp.stack([-leaving - hiding, zero, appearing, zero]),
        jnp.stack([maturing, -gone - hiding, zero, appearing]),
        jnp.stack([hiding, zero, -leaving - appearing, zero]),
        jnp.stack([zero, hiding, maturing, -gone - appearing]),
    ])  # fmt: skip
    births = jnp.array([1.0, 0.0, 0.0, 0.0])
    seen = jnp.array([1.0, 1.0, 0.0, 0.0])
    numbers = jnp.linalg.solve(rates, -births)
    total = seen @ numbers
    short, long = (jax.scipy.linalg.expm(rates * days) for days in (2.0, 27.0))

    carried = short @ (seen * numbers)
    new = seen * (numbers - carried)
    running, survival = new, []
    for kept in (short, short, short, long):
        running = seen * (kept @ running)
        survival.append(running.sum() / new.sum())
    away, back = (1.0 - seen) * carried, []
    for _ in range(3):
        away = short @ away
        back.append(seen @ away / total)
        away = (1.0 - seen) * away
    again = (new.sum() - seen @ (short @ new)) / total
    return {
        "survival": jnp.stack(survival),
        "late": 1.0 - seen @ (long @ (seen * numbers)) / total,
        "linked": GAIN * jnp.stack([*back, again]),
    }
