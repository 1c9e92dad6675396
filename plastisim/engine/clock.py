"""Time is counted, never summed: whole seconds as integers.

A run is cut into *segments*. Every slow tick (the spines' step), every event and every finer frame after an event
is a segment boundary, so that all neurons land on it exactly.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np

AFTER_EVENT = (1, 5, 15, 60, 120, 300, 600, 1200, 1800)  # s; responses start within seconds and slow down


class Segments(NamedTuple):
    """The stretches of a run, in order; every array has shape (segment,).

    Attributes:
        begin: s, integer.
        end: s, integer.
        slow: whether `end` is a slow tick.
        event: whether something is given or taken away at `begin`.
    """

    begin: np.ndarray
    end: np.ndarray
    slow: np.ndarray
    event: np.ndarray

    def chunks(self, size: int, stops: Iterable[int] = ()) -> Iterator[Segments]:
        """Yield the segments in chunks of `size`, each of them ending no later than the next of `stops` (s).

        A chunk with fewer segments is filled with segments of no length that do nothing.
        """
        cuts = np.searchsorted(self.end, np.array(sorted(stops), dtype=np.int64)) + 1
        first = 0
        while first < len(self.end):
            last = min([first + size, len(self.end), *cuts[cuts > first]])
            filler = (self.end[last - 1], self.end[last - 1], False, False)
            missing = size - (last - first)
            yield Segments(*(np.append(part[first:last], [value] * missing).astype(part.dtype)
                             for part, value in zip(self, filler, strict=True)))  # fmt: skip
            first = last


def schedule(start: int, end: int, slow: int, events: Iterable[int] = (), frames: Iterable[int] = ()) -> Segments:
    """Return the segments of a run from `start` to `end`.

    Args:
        start: s.
        end: s, later than `start`.
        slow: length of a slow tick, s; `end - start` is a multiple of it.
        events: times of events, s.
        frames: further times at which a frame is wanted, s.

    Raises:
        ValueError: if the run is not a whole number of slow ticks.
    """
    if end <= start or (end - start) % slow:
        raise ValueError(f"a run must last a whole number of slow ticks of {slow} s, but lasts {end - start} s")
    events = [time for time in events if start <= time < end]
    marks = set(range(start, end + 1, slow)) | set(events) | set(frames)
    marks |= {time + wait for time in events for wait in AFTER_EVENT}
    times = np.array(sorted(time for time in marks if start <= time <= end), dtype=np.int64)
    begin, finish = times[:-1], times[1:]
    return Segments(begin, finish, (finish - start) % slow == 0, np.isin(begin, np.array(events, dtype=np.int64)))
