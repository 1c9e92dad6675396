"""Step control: where lanes stand, how long their next step is, whether it is accepted, and who has diverged.

Plain elementwise functions, shared by the integrator that is compiled for all lanes (stepping.py) and the one that
keeps a tile of them in one kernel (pallas_loop.py).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from jax import Array
from jax import numpy as jnp

SMALLEST_STEP = 1e-7  # s; a lane that needs less has diverged
FIRST_STEP = 0.1  # s
HUGE = 1e30  # in units of the error allowed


class Tolerance(NamedTuple):
    """How accurate a step must be; data of a program, so that another one compiles nothing.

    Attributes:
        relative: error allowed relative to a variable.
        absolute: error allowed at zero, shape (variable,); in the variable's own unit.
        signed: whether a variable may be negative, shape (variable,).
    """

    relative: float
    absolute: np.ndarray
    signed: np.ndarray


class Lanes(NamedTuple):
    """The state of the integration; everything needed to go on exactly.

    Attributes:
        values: shape (variable, lane).
        step: the next step to try, s, shape (lane,); in a lane that diverged, how far it came in its stretch, s.
        accepted: accepted steps so far, shape (lane,).
        rejected: rejected steps so far, shape (lane,).
        failed: index of the variable that diverged, -1 while there is none, shape (lane,).
    """

    values: Array
    step: Array
    accepted: Array
    rejected: Array
    failed: Array


def start(values: Array) -> Lanes:
    """Return lanes at the start of an integration; `values` of shape (variable, lane)."""
    lanes = values.shape[1]
    none = jnp.zeros(lanes, jnp.int32)
    return Lanes(values, jnp.full(lanes, FIRST_STEP, values.dtype), none, none, none - 1)


class Trial(NamedTuple):
    """One attempted step of every lane; every array has shape (lane,).

    Attributes:
        active: whether the lane has not finished; the step of one that has is 1 s and means nothing.
        last: whether the step reaches the end of the stretch.
        step: s.
    """

    active: Array
    last: Array
    step: Array


def plan(step: Array, elapsed: Array, length: Array) -> Trial:
    """Return the steps to attempt: `step`, cut short (or stretched by rounding) to end on `length`, s."""
    active = elapsed < length
    rest = length - elapsed
    last = step >= rest * (1.0 - 1e-6)
    return Trial(active, last, jnp.where(active, jnp.where(last, rest, step), 1.0))


def judge(
    values: Array, proposed: Array, error: Array, relative: float, absolute: Array | float, signed: Array | np.bool_
) -> tuple[Array, Array, Array]:
    """Return proposed values, whether each is inadmissible, and the error in units of the error allowed.

    Elementwise, for one variable or for all of them in one array; arguments as in `Tolerance`.
    """
    allowed = relative * jnp.maximum(jnp.abs(values), jnp.abs(proposed)) + absolute
    # Below zero by less than the error allowed at zero is zero; by more, the step is refused, never clipped.
    negative = (proposed < 0.0) & ~signed
    bad = ~jnp.isfinite(proposed) | (negative & (proposed < -absolute))
    return jnp.where(negative & ~bad, 0.0, proposed), bad, error / allowed


def blame(failed: Array, error: Array, inadmissible: Array, sound: Array) -> tuple[Array, Array]:
    """Return each lane's own error, infinite where its values are inadmissible, and its guilt if the group is stuck.

    Neighbours hand on what is not a number, so that the guilty one is not the one with the largest error but the one
    whose own rates are none. A lane that diverged earlier has no say.

    Args:
        failed: variable that diverged, -1 while there is none, shape (lane,).
        error: in units of the error allowed, shape (lane,).
        inadmissible: whether a proposed value is, shape (lane,).
        sound: whether the lane's rates are finite where the step begins, shape (lane,).
    """
    over = failed >= 0
    own = jnp.where(inadmissible | ~jnp.isfinite(error), jnp.inf, error)
    guilt = jnp.where(sound, jnp.minimum(own, HUGE), jnp.inf)
    return jnp.where(over, 0.0, own), jnp.where(over, 0.0, guilt)


def decide(
    lanes: Lanes, elapsed: Array, length: Array, trial: Trial, worst: Array, blamed: Array, culprit: Array, order: int
) -> tuple[Array, Lanes, Array]:
    """Accept or reject a step and choose the next one.

    Args:
        lanes: before the step; their values are not used.
        elapsed: s since the start of the stretch, shape (lane,).
        length: of the stretch, s, shape ().
        trial: the attempted step.
        worst: the largest error of the group (see `blame`), shape (lane,).
        blamed: whether the lane is the guilty one of its group, shape (lane,).
        culprit: index of the variable to blame if the lane diverges, shape (lane,).
        order: of the method; that of its error estimate is one lower.

    Returns:
        Whether the step is accepted, (lane,); the lanes after it, with their old values; s since the start, (lane,).
    """
    active, last, step = trial
    accept = active & (worst <= 1.0)
    factor = jnp.clip(0.9 * jnp.maximum(worst, 1e-8) ** (-1.0 / order), 0.2, 5.0)
    following = step * jnp.where(jnp.isinf(worst), 0.25, factor)
    # A step cut short by the end of the stretch says nothing about the step to take after it.
    following = jnp.where(accept & last, jnp.maximum(following, lanes.step), following)
    following = jnp.where(active, following, lanes.step)
    # Who diverges is taken out; its group begins anew beside it.
    stuck = active & ~accept & (following < SMALLEST_STEP)
    diverged = stuck & blamed
    following = jnp.where(stuck, jnp.where(blamed, elapsed, FIRST_STEP), following)
    finished = jnp.where(accept & last, length, jnp.where(accept, elapsed + step, elapsed))
    after = Lanes(
        values=lanes.values,
        step=following,
        accepted=lanes.accepted + jnp.int32(accept),
        rejected=lanes.rejected + jnp.int32(active & ~accept),
        failed=jnp.where(diverged, culprit, lanes.failed),
    )
    return accept, after, jnp.where(diverged, length, finished)
