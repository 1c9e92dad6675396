"""The clock: a schedule covers the run exactly, every event is a boundary, and chunks tile it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from plastisim.engine.clock import AFTER_EVENT, Segments, schedule

SLOW = 7200


def test_a_schedule_by_hand():
    found = schedule(0, 2 * SLOW, SLOW, events=[SLOW])
    assert found.begin.tolist() == [0, SLOW, *(SLOW + wait for wait in AFTER_EVENT)]
    assert found.end.tolist() == [SLOW, *(SLOW + wait for wait in AFTER_EVENT), 2 * SLOW]
    assert found.slow.tolist() == [True] + [False] * len(AFTER_EVENT) + [True]
    assert found.event.tolist() == [False, True] + [False] * len(AFTER_EVENT)


@given(
    start=st.integers(-5, 5), ticks=st.integers(1, 30), events=st.lists(st.integers(-40_000, 300_000), max_size=4),
    size=st.integers(1, 40), stops=st.lists(st.integers(0, 30), max_size=3),
)  # fmt: skip
def test_segments_cover_the_run_and_chunks_tile_it(
    start: int, ticks: int, events: list[int], size: int, stops: list[int]
):
    first, last = start * SLOW, (start + ticks) * SLOW
    found = schedule(first, last, SLOW, events)
    assert found.begin[0] == first
    assert found.end[-1] == last
    np.testing.assert_array_equal(found.begin[1:], found.end[:-1])
    assert (found.end > found.begin).all()
    assert found.begin.dtype == np.int64
    assert found.end[found.slow].tolist() == [first + SLOW * i for i in range(1, ticks + 1)]
    inside = sorted({event for event in events if first <= event < last})
    assert found.begin[found.event].tolist() == inside

    stops = [first + SLOW * stop for stop in stops]
    chunks = list(found.chunks(size, stops))
    for chunk in chunks:
        assert {len(part) for part in chunk} == {size}
        filler = chunk.end == chunk.begin
        assert not (chunk.slow | chunk.event)[filler].any()
        assert not filler[: size - filler.sum()].any()  # only at the end
        assert not any(chunk.begin[0] < stop < chunk.end[-1] for stop in stops)
    real = [part[chunk.end > chunk.begin] for chunk in chunks for part in chunk]
    joined = Segments(*(np.concatenate(real[i :: len(found)]) for i in range(len(found))))
    for part, whole in zip(joined, found, strict=True):
        np.testing.assert_array_equal(part, whole)


@pytest.mark.parametrize(("start", "end"), [(0, SLOW + 1), (0, 0), (SLOW, 0)])
def test_a_run_that_is_no_whole_number_of_ticks_is_refused(start: int, end: int):
    with pytest.raises(ValueError, match="whole number of slow ticks of 7200 s"):
        schedule(start, end, SLOW)


def test_further_frames_are_boundaries_and_not_events():
    found = schedule(0, SLOW, SLOW, frames=[100, 200])
    assert found.end.tolist() == [100, 200, SLOW]
    assert not found.event.any()
    assert found.slow.tolist() == [False, False, True]
