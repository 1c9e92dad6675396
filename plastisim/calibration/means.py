"""The spines of a run in the mean: what `spine_agents.tick` does on average, without drawing a single spine.

The same methods of `Spines`, on the same ticks, move the expected numbers of transient and persistent, seen and hidden
spines of one branch per neuron, and the sum of their ln widths. A branch of expectations is a row of a `BranchTable`,
so it is measured by the same recipes as agents and as a laboratory's own branches. Left out: what comes from counting
few spines (spread between branches, and the small bias of a mean of ratios of counts), and merged spines.
"""

from __future__ import annotations

import functools
from typing import Any, NamedTuple

import jax
import numpy as np
from jax import Array, lax
from jax import numpy as jnp

from plastisim.biology.spines import CellPools, Habit, Spines
from plastisim.engine.errors import ConfigError
from plastisim.lab.branch_table import VEHICLE, BranchTable
from plastisim.lab.cohort import Cohort, Spread
from plastisim.lab.imaging import Microscope

DAY = 86400.0
NODES = (-(1.5**0.5), 0.0, 1.5**0.5)  # equally likely values with the mean, SD and skew of a standard normal number


class Drive(NamedTuple):
    """What a dose makes of neurons.

    Attributes:
        time: s from day 0, shape (time,).
        proteins: plasticity proteins relative to rest, shape (time, neuron); before the first time, as at it.
        set_point: long-lived shift of the set point, same shape.
    """

    time: np.ndarray
    proteins: np.ndarray
    set_point: np.ndarray

    def at(self, times: np.ndarray) -> Drive:
        """Return the drive at other times (s), interpolated."""
        values = (np.stack([np.interp(times, self.time, one) for one in part.T], axis=1) for part in self[1:])
        return Drive(times, *values)


class Course(NamedTuple):
    """What drives the spines, tick by tick.

    Attributes:
        proteins: plasticity proteins relative to rest, mean over the tick, shape (interval, tick, neuron).
        set_point: long-lived shift of the set point, at the end of the tick, same shape.
        injected: whether the animal is injected at the start of the tick, shape (interval, tick).
        duration: of a tick, s.
        sessions: days; the intervals lie between them.
    """

    proteins: np.ndarray
    set_point: np.ndarray
    injected: np.ndarray
    duration: float
    sessions: tuple[float, ...]

    def at_rest(self) -> Course:
        """Return the course of a vehicle animal: injected at the same times, with nothing."""
        return self._replace(proteins=np.ones_like(self.proteins), set_point=np.zeros_like(self.set_point))


class Branches(NamedTuple):
    """Expected imaging results; shapes (session, neuron) and, for rates, (interval, neuron)."""

    seen: Array
    formation: Array
    elimination: Array
    width: Array


class _Mean(NamedTuple):
    """Expected spines relative to the set point, [transient or persistent, seen or hidden, neuron].

    Attributes:
        numbers: living spines.
        logs: sum of their ln widths, without the noise around the mean, which does not change.
        followed: those that were seen in the last session.
        cells: pools of the whole cell.
    """

    numbers: Array
    logs: Array
    followed: Array
    cells: CellPools


def course_of(drive: Drive, sessions: tuple[float, ...], duration: int) -> Course:
    """Return the course between equally spaced sessions, with one injection on day 0.

    Args:
        drive: of every neuron.
        sessions: days, equally spaced.
        duration: of a tick, s.
    """
    ends = np.arange(round(sessions[0] * DAY), round(sessions[-1] * DAY) + 1, duration)
    proteins, set_point = drive.at(ends)[1:]
    shape = (len(sessions) - 1, -1, proteins.shape[1])
    return Course(
        (0.5 * (proteins[1:] + proteins[:-1])).reshape(shape), set_point[1:].reshape(shape),
        (ends[:-1] == 0).reshape(shape[:2]), float(duration), sessions,
    )  # fmt: skip


def follow(law: Spines, habit: Habit, responsiveness: Array, course: Course, microscope: Microscope) -> Branches:
    """Return what imaging is expected to report, from a stationary start.

    Args:
        law: hazards and sizes.
        habit: of the cohort; scalars.
        responsiveness: of each neuron's mouse, shape (neuron,).
        course: what drives the spines.
        microscope: width offset and median.
    """

    def one_tick(now: _Mean, drive: tuple[Array, ...]) -> tuple[_Mean, None]:
        return _tick(law, habit, responsiveness, now, drive, course.duration), None

    def interval(before: _Mean, drive: tuple[Array, ...]) -> tuple[_Mean, tuple[Array, ...]]:
        then = before.numbers[:, 0].sum(axis=0)
        after, _ = lax.scan(one_tick, before._replace(followed=before.numbers.at[:, 1].set(0.0)), drive)
        seen, both = after.numbers[:, 0].sum(axis=0), after.followed[:, 0].sum(axis=0)
        return after, (seen, (seen - both) / then, (then - both) / then, _width(law, after, microscope))

    begin = _start(law, habit, responsiveness)
    drive = tuple(jnp.asarray(part) for part in course[:3])
    _, (seen, formation, elimination, width) = lax.scan(interval, begin, drive)
    first = begin.numbers[:, 0].sum(axis=0), _width(law, begin, microscope)
    return Branches(
        jnp.concatenate([first[0][None], seen]), formation, elimination, jnp.concatenate([first[1][None], width])
    )


def _start(law: Spines, habit: Habit, responsiveness: Array) -> _Mean:
    """Return the stationary state."""
    pools = law.pools(habit)
    hidden = jnp.stack([law.hidden_share(jnp.asarray(flag), habit.turnover) for flag in (True, False)])
    both = jnp.stack([pools.transient, pools.persistent])[:, None] * jnp.stack([1.0 - hidden, hidden], axis=1)
    numbers = jnp.broadcast_to(both[..., None], (2, 2, len(responsiveness)))
    cells = jax.tree.map(lambda pool: jnp.broadcast_to(pool, responsiveness.shape), pools)
    return _Mean(numbers, jnp.zeros_like(numbers), numbers, cells)


def _tick(
    law: Spines, habit: Habit, responsiveness: Array, now: _Mean, drive: tuple[Array, ...], duration: float
) -> _Mean:
    """Return the expectation of one tick of `spine_agents.tick`."""
    proteins, set_point, injected = drive
    growth = law.growth(proteins, set_point, responsiveness, now.cells.transient + now.cells.persistent)
    transient = jnp.array([True, False])[:, None]
    loss, capture = law.exits(transient, growth, habit)
    leaving = -jnp.expm1(-(loss + capture) * duration)
    captured = leaving * capture / (loss + capture)
    hidden = jnp.array([False, True])[:, None]
    toggling = law.toggling(hidden, growth, habit, injected, duration)

    def moved(spines: Array) -> Array:
        staying = spines * (1.0 - leaving)[:, None]
        turned = staying * toggling
        settled = (spines * captured[:, None])[0]
        return (staying - turned + turned[:, ::-1]).at[1].add(settled)

    fade = jnp.exp(-duration / law.fast_time)
    numbers, logs = moved(now.numbers), moved(now.logs)
    # A captured spine keeps its width, that of a transient spine, and then grows.
    logs = logs.at[1].add(-law.transient_width * (now.numbers * captured[:, None])[0])
    logs = growth.widening * numbers + (logs - growth.widening * numbers) * fade
    born = law.births(growth, habit) * duration
    return _Mean(
        numbers.at[0, 0].add(born), logs.at[0, 0].add(born * growth.widening), moved(now.followed),
        law.pools_after(now.cells, growth, habit, duration),
    )  # fmt: skip


def _width(law: Spines, now: _Mean, microscope: Microscope) -> Array:
    """Return the mean apparent width of the seen spines, um, shape (neuron,)."""
    seen, thinner = now.numbers[:, 0], jnp.array([1.0, 0.0])[:, None] * law.transient_width
    true = seen * jnp.exp(now.logs[:, 0] / seen - thinner)
    spread = jnp.exp(0.5 * (law.fast_sd**2 + law.slow_sd**2))
    return microscope.width_offset + microscope.width_median * spread * true.sum(axis=0) / seen.sum(axis=0)


def refuse_use(law: Spines) -> None:
    """Refuse a law whose mean depends on how much spines are used.

    Raises:
        ConfigError: spines stay through use.
    """
    rate = float(np.max(law.use_capture))
    if rate > 0.0:
        raise ConfigError(
            f"the mean field has no AMPA gain, but spines.use_capture is {rate:g} 1/s: set it to 0, or simulate agents "
            "(plastisim.simulate)"
        )


@functools.cache
def _program() -> Any:
    return jax.jit(follow, static_argnames="microscope")


def expected_table(
    law: Spines, cohort: Cohort, spread: Spread, course: Course, microscope: Microscope, drug: str
) -> BranchTable:
    """Return one branch a neuron and mouse, in a vehicle and a drug arm, as if counted without chance.

    Args:
        law: hazards and sizes.
        cohort: turnover, drift, handling and growth; its mice stand for every equally likely one.
        spread: how much responsiveness differs between mice.
        course: of the drug arm.
        microscope: width offset and median.
        drug: name of the drug arm.

    Raises:
        ConfigError: spines stay through use, which no `Course` knows.
    """
    refuse_use(law)
    mice = cohort.growth * np.exp(spread.responsiveness * np.array(NODES) - 0.5 * spread.responsiveness**2)
    neurons = course.proteins.shape[-1]
    arms, numbers = {VEHICLE: course.at_rest(), drug: course}, []
    with jax.enable_x64(True), jax.numpy_rank_promotion("allow"):  # pools × seen × neurons line up by their last axis
        habit = Habit(*(jnp.asarray(getattr(cohort, name), float) for name in ("turnover", "drift", "handling")))
        law = jax.tree.map(lambda leaf: jnp.asarray(leaf, float), law)
        for arm in arms.values():
            repeated = arm._replace(
                proteins=np.tile(arm.proteins, len(NODES)), set_point=np.tile(arm.set_point, len(NODES))
            )
            numbers.append(_program()(law, habit, jnp.asarray(np.repeat(mice, neurons)), repeated, microscope))
    together = (np.concatenate([np.asarray(part).T for part in parts]) for parts in zip(*numbers, strict=True))
    seen, formation, elimination, width = together
    unknown = np.full((len(seen), 1), np.nan)
    names = np.repeat([f"{number}" for number in range(len(NODES))], neurons)
    return BranchTable(
        np.tile(names, len(arms)), np.repeat(list(arms), len(names)), np.array(course.sessions, float),
        cohort.density * seen / seen[:, :1], width,
        np.hstack([unknown, formation]), np.hstack([unknown, elimination]),
    )  # fmt: skip
