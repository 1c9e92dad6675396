"""A run of an SBML model: stretches between cuts, events on the cuts, and the numbers checked at each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np
from jax import numpy as jnp

from plastisim.engine import control
from plastisim.engine.control import Lanes
from plastisim.engine.errors import ConfigError, NumericalError
from plastisim.exchange.sbml_document import SUPPORTED
from plastisim.exchange.sbml_math import TIME, Values
from plastisim.exchange.sbml_reader import Contents, Event
from plastisim.exchange.sbml_switches import Switches


class Course(NamedTuple):
    """What a run goes through.

    Attributes:
        contents: of the file.
        switches: conditions on time.
        constants: by name, each of shape (lane,).
    """

    contents: Contents
    switches: Switches
    constants: dict[str, np.ndarray]

    def values(self, time: Any, variables: Any) -> Values:
        """Return everything the file defines, at a time; `variables` lists those that are integrated."""
        known = {**self.constants, TIME: time, **dict(zip(self.contents.rates, variables, strict=True))}
        return Values(known, self.contents.formulas, np)

    def blame(self, lanes: Lanes, begin: float, end: float) -> None:
        """Raise the error of the first lane that failed between two times, if any did."""
        failed = np.asarray(lanes.failed)
        if not (failed >= 0).any():
            return
        lane = int(np.argmax(failed >= 0))
        names = list(self.contents.rates)
        slopes = self.values(begin, np.asarray(lanes.values))
        for name, formula in self.contents.rates.items():
            if not np.isfinite(np.broadcast_to(slopes.of(formula), failed.shape)[lane]):
                raise NumericalError(
                    f"{self.contents.source}: the rate of {name!r} is not a number between times {begin:g} and "
                    f"{end:g} (lane {lane})"
                )
        raise NumericalError(
            f"{self.contents.source}: {names[failed[lane]]!r} diverged between times {begin:g} and {end:g} (lane "
            f"{lane}): it needed steps too small to count"
        )


def run(
    course: Course, times: np.ndarray, first: np.ndarray, stretch: Callable[[Lanes, Any, float, float], Lanes]
) -> np.ndarray:
    """Return the integrated variables at `times`, shape (time, variable, lane).

    Args:
        course: the model and its parameters.
        times: output times, increasing, from 0 on.
        first: variables at time 0, shape (variable, lane).
        stretch: moves lanes on under conditions (by name, shape (lane,)), from a time, by a duration.
    """
    cuts = np.unique(np.concatenate([[0.0], course.switches.cuts(course.constants, times[-1]), times]))
    lanes, frames = control.start(jnp.asarray(first)), []
    were = [np.full(first.shape[1], event.before) for event in course.contents.events]
    for begin, end in zip(cuts, [*cuts[1:], None], strict=True):
        lanes, were = _events(course, lanes, begin, begin, were)
        if begin in times:
            frames.append(np.asarray(lanes.values))
        if end is None:
            break
        middle = 0.5 * (begin + end)
        lanes, were = _events(course, lanes, begin, middle, were)
        conditions = {
            name: jnp.asarray(np.broadcast_to(value, first.shape[1]))
            for name, value in course.switches.at(course.constants, middle).items()
        }
        lanes = stretch(lanes, conditions, begin, end - begin)
        course.blame(lanes, begin, end)
    return np.stack(frames)


def _events(
    course: Course, lanes: Lanes, now: float, looked: float, were: list[np.ndarray]
) -> tuple[Lanes, list[np.ndarray]]:
    """Return lanes after the events whose trigger, seen at time `looked`, has become true; and all triggers."""
    events = course.contents.events
    clock = Values({**course.constants, TIME: looked}, course.contents.formulas, np)
    triggers = [np.broadcast_to(clock.of(event.trigger), lanes.step.shape) for event in events]
    due = [(event, is_ & ~was) for event, is_, was in zip(events, triggers, were, strict=True) if (is_ & ~was).any()]
    return (_assign(course, lanes, now, due) if due else lanes), triggers


def _assign(course: Course, lanes: Lanes, now: float, due: list[tuple[Event, np.ndarray]]) -> Lanes:
    """Return lanes after events, all of which read the values before any of them."""
    names, old = list(course.contents.rates), np.asarray(lanes.values)
    before, new, taken = course.values(now, old), old.copy(), np.zeros(old.shape, bool)
    for event, rising in due:
        for name, formula in event.assignments.items():
            row = names.index(name)
            if (taken[row] & rising).any():
                raise ConfigError(
                    f"{course.contents.source}: event {event.name!r} sets {name!r} at time {now:g} as another event "
                    f"does, and their order is not defined; {SUPPORTED}"
                )
            taken[row] |= rising
            new[row] = np.where(rising, before.of(formula), new[row])
            check_numbers(course.contents.source, {name: new[row]}, np.full(1, now))
    return lanes._replace(values=jnp.asarray(new))


def check_numbers(source: str, found: Mapping[str, np.ndarray], times: np.ndarray) -> None:
    """Raise NumericalError for the first value that is not finite; each array has shape (time, lane) or (lane,)."""
    for name, values in found.items():
        wrong = ~np.isfinite(np.atleast_2d(values))
        if wrong.any():
            frame, lane = (int(index) for index in np.argwhere(wrong)[0])
            raise NumericalError(f"{source}: {name!r} is not a number at time {times[frame]:g} (lane {lane})")
