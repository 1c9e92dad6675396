"""Virtual imaging on spines placed by hand: density, turnover, merging, survival and widths are exact."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from plastisim.lab.imaging import (
    Microscope,
    Snapshots,
    image,
    kept,
    measured_widths,
    new_spine_survival,
    new_to_old_width,
    seen,
)  # fmt: skip

SHARP = Microscope(resolution=0.1, width_offset=0.3, width_median=0.5, width_noise=0.0)
ABSENT = -1
# One row a session; one column a spine: its serial number, ABSENT before birth and after death.
SERIAL = [[0, 1, 2, 3, ABSENT], [0, 1, 2, ABSENT, 5], [0, 6, 2, ABSENT, 5], [0, 6, 2, ABSENT, ABSENT]]
HIDDEN = [[0, 0, 0, 0, 0], [0, 0, 1, 0, 0], [0, 0, 0, 0, 0], [0, 0, 0, 0, 0]]
DAYS = (-1.0, 1.0, 3.0, 5.0)


def snapshots(
    serial: object = SERIAL, hidden: object = HIDDEN, place: object = (0.1, 0.3, 0.5, 0.7, 0.9),
    width: object = (0.0, 0.0, 0.0, 0.0, 0.0), length: float = 10.0, days: tuple[float, ...] = DAYS,
) -> Snapshots:  # fmt: skip
    """Return one branch, seen in every session."""
    held = np.asarray(serial, np.int32)[:, None]
    of = lambda values: np.broadcast_to(np.asarray(values, float), held.shape).copy()  # noqa: E731
    visible = (held != ABSENT) & ~np.asarray(hidden, bool)[:, None]
    return ageless(days, held, visible, of(width), of(place), np.zeros(held.shape), length=[length])


def ageless(days: Sequence[float], *tables: np.ndarray, length: object) -> Snapshots:
    """Return spines of whose age and pool nothing is asked."""
    shape = tables[0].shape
    age = {"birth": np.zeros(shape, np.int32), "transient": np.zeros(shape, bool)}
    return Snapshots(np.asarray(days), *tables, **age, length=np.asarray(length, float))


def test_density_and_turnover_by_hand():
    """Session 1 lost spine 3, hides 2 and has 5 new; session 2 lost 1, shows 2 again and has 6 new, in 1's slot."""
    table = image(snapshots(), SHARP, np.array(["m"]), np.array(["vehicle"]))
    np.testing.assert_allclose(table.spine_density, [[0.4, 0.3, 0.4, 0.3]])
    np.testing.assert_allclose(table.formation, [[np.nan, 1 / 4, 2 / 3, 0.0]])
    np.testing.assert_allclose(table.elimination, [[np.nan, 2 / 4, 1 / 3, 1 / 4]])
    np.testing.assert_allclose(table.head_width, [[0.8] * 4])
    assert (table.mouse[0], table.condition[0]) == ("m", "vehicle")
    np.testing.assert_array_equal(table.days, DAYS)


def test_a_spine_is_followed_by_its_identity_not_by_its_slot():
    moved = snapshots([[0, 1, ABSENT], [1, ABSENT, 0]], [[0] * 3] * 2, (0.1, 0.5, 0.9), (0.0,) * 3, days=(-1.0, 1.0))
    counted = seen(moved, SHARP)
    assert kept(moved, counted, 0, 1)[0].tolist() == [True, False, True]
    both = [np.concatenate([part, part], axis=1) for part in (moved.visible, moved.log_width, moved.place, moved.noise)]
    serial = np.concatenate([moved.serial, moved.serial + (moved.serial >= 0)], axis=1)
    two = ageless((-1.0, 1.0), serial, *both, length=[10.0, 10.0])
    assert kept(two, seen(two, SHARP), 0, 1)[1].tolist() == [True, False, True]


@pytest.mark.parametrize(
    ("gap", "serial", "counted"),
    [
        (0.09, (3, 8), [True, False]),  # the older keeps its identity
        (0.09, (8, 3), [False, True]),
        (0.11, (3, 8), [True, True]),  # resolved
    ],
)
def test_two_close_spines_are_counted_as_the_older(gap: float, serial: tuple[int, int], counted: list[bool]):
    pair = snapshots([serial], [[0, 0]], (0.5, 0.5 + gap / 10.0), (0.0, 0.5), days=(1.0,))
    assert seen(pair, SHARP)[0, 0].tolist() == counted
    table = image(pair, SHARP, np.array(["m"]), np.array(["vehicle"]))
    assert float(table.spine_density[0, 0]) == pytest.approx(sum(counted) / 10.0)


def test_a_hidden_spine_merges_with_nobody():
    pair = snapshots([[0, 1]], [[0, 1]], (0.5, 0.5), (0.0, 1.0), days=(1.0,))
    assert seen(pair, SHARP)[0, 0].tolist() == [True, False]


def test_the_resolved_share_is_what_random_places_give():
    random, branches, slots = np.random.default_rng(0), 4000, 40
    count = random.poisson(0.6 * 24.0, branches)
    visible = np.arange(slots) < count[:, None]
    assert count.max() < slots
    serial = np.where(visible, np.arange(slots), ABSENT).astype(np.int32)[None]
    flat = np.zeros(serial.shape)
    place, length = random.random(serial.shape), np.full(branches, 24.0)
    spines = ageless((1.0,), serial, visible[None], flat, place, flat, length=length)
    counted = seen(spines, SHARP).sum() / (24.0 * branches)
    assert SHARP.resolved(counted) == pytest.approx(counted / (visible.sum() / (24.0 * branches)), rel=2e-3)
    assert Microscope(resolution=0.0).resolved(0.6) == 1.0


def test_new_spines_survive_until_they_are_missed_once():
    """Spine 5 is new on day 1 and gone on day 5; spine 2 comes back on day 3 and is new there, not on day 1."""
    assert new_spine_survival(snapshots(), SHARP) == {3.0: 1.0, 5.0: 0.0}
    blink = snapshots(hidden=[[0] * 5, [0, 0, 1, 0, 0], [0, 0, 0, 0, 1], [0] * 5])
    assert new_spine_survival(blink, SHARP) == {3.0: 0.0, 5.0: 0.0}


def test_widths_go_through_offset_noise_and_identity():
    spines = snapshots(width=(0.0, 0.0, 0.0, 0.0, np.log(0.5)))
    assert measured_widths(spines, SHARP)[1, 0].tolist() == pytest.approx([0.8, 0.8, 0.8, 0.8, 0.55])
    assert new_to_old_width(spines, SHARP) == pytest.approx(0.55 / 0.8)
    noise = np.random.default_rng(1).normal(size=(1, 1, 50_000))
    serial, there = np.arange(50_000, dtype=np.int32)[None, None], np.ones(noise.shape, bool)
    many = ageless((1.0,), serial, there, 0.0 * noise, noise, noise, length=[1.0])
    found = measured_widths(many, Microscope(width_offset=0.0, width_median=1.0, width_noise=0.17))
    assert found.mean() == pytest.approx(1.0, abs=0.005)  # noise adds nothing on average
    assert np.log(found).std() == pytest.approx(0.17, rel=0.02)


def test_a_branch_without_spines_is_not_measured_and_not_zero_turnover():
    bare = snapshots([[ABSENT], [0]], [[0], [0]], (0.5,), (0.0,), days=(-1.0, 1.0))
    table = image(bare, SHARP, np.array(["m"]), np.array(["vehicle"]))
    np.testing.assert_allclose(table.spine_density, [[0.0, 0.1]])
    np.testing.assert_allclose(table.head_width, [[np.nan, 0.8]])
    assert np.isnan(table.formation).all()
    assert np.isnan(table.elimination).all()
