"""Arbors, miniature currents and spine classes: exact cases, and what a run says."""

from __future__ import annotations

import dataclasses
import functools

import numpy as np
import pytest
import runs
from scipy.integrate import quad, solve_ivp
from scipy.stats import lognorm, norm

from plastisim import structure
from plastisim.biology.arbor import Arbor
from plastisim.lab.compounds import ANA12, DMT, DOI, KETANSERIN, LSD, RAPAMYCIN
from plastisim.lab.imaging import Microscope, Snapshots
from plastisim.lab.protocol import DAY, Arm, Bath, Protocol
from plastisim.lab.recordings import PatchClamp
from plastisim.lab.spine_classes import CLASSES, SpineLabels, counts, percentile
from plastisim.quarantine import Failure
from plastisim.records import branch_tables
from plastisim.simulation import simulate

TREE = Arbor()
RADII = np.linspace(0.0, 2000.0, 2001)

# ---------------------------------------------------------------- arbor


def test_branch_points_follow_their_equation():
    time = np.array([0.0, 7200.0, 30_000.0, DAY, 5 * DAY])
    proteins = np.array([1.0, 1.4, 1.5, 0.8, 1.1])

    def rate(now: float, points: np.ndarray) -> np.ndarray:
        rise = np.interp(now, time, np.maximum(proteins - 1.0, 0.0))
        return (1.0 + TREE.gain * rise - points) / TREE.time

    exact = [solve_ivp(rate, (0.0, end), [1.0], rtol=1e-9, max_step=1800.0).y[0, -1] for end in time[1:]]
    np.testing.assert_allclose(TREE.grown(time, proteins)[1:], exact, rtol=1e-6)
    both = TREE.grown(time, np.stack([proteins, np.ones(5)], axis=1))
    np.testing.assert_array_equal(both[:, 0], TREE.grown(time, proteins))
    np.testing.assert_array_equal(both[:, 1], 1.0)  # rest is a fixed point


@pytest.mark.parametrize("points", [0.5, 1.0, 1.6])
def test_crossings_add_up_to_the_length(points: float):
    crossings = TREE.crossings(RADII, np.asarray(points))
    assert crossings[0] == pytest.approx(TREE.stems)
    assert (crossings >= 0.0).all()
    assert crossings[-1] < 1e-6
    length, _ = quad(lambda radius: TREE.crossings(np.array([radius]), np.asarray(points))[0], 0.0, 3000.0, limit=200)
    assert length == pytest.approx(float(TREE.length(np.asarray(points))), rel=1e-6)


def test_more_branch_points_mean_more_crossings_at_every_distance():
    here, there = TREE.crossings(RADII[1:400], np.array([1.0, 1.2]))
    assert (there > here).all()
    assert here.max() > TREE.stems + 1.0  # it branches before it ends


CULTURE = {"LSD": (LSD, 100.0), "DMT": (DMT, 10_000.0), "DOI": (DOI, 1000.0)}
BLOCKED = {"ketanserin": (KETANSERIN, 10_000.0), "ANA-12": (ANA12, 10_000.0), "rapamycin": (RAPAMYCIN, 100.0)}


@functools.cache
def culture() -> dict[str, float]:
    """Return branch points after two days, by arm: a bath for a day, with and without a blocker (row O5)."""
    bath = lambda given: Bath(*given, 0, DAY)  # noqa: E731
    arms = [Arm("vehicle")]
    arms += [Arm(name, baths=(bath(given), Bath(KETANSERIN, 0.0, 0, DAY))) for name, given in CULTURE.items()]
    arms += [Arm(name, baths=(bath(CULTURE["LSD"]), bath(given))) for name, given in BLOCKED.items()]
    run = simulate(Protocol((*arms, Arm("again")), 0, DAY, (0, 1)), (runs.ONE_MOUSE,), spread=runs.ALIKE)
    points = structure.sholl(run).branch_points[:, 0, -1]
    return dict(zip((one.name for one in run.population.protocol.arms), points.tolist(), strict=True))


@pytest.mark.slow
@pytest.mark.parametrize("drug", CULTURE)
def test_agonists_grow_arbors_in_culture(drug: str):
    found = culture()
    assert found[drug] > 1.02 * found["vehicle"]


@pytest.mark.slow
@pytest.mark.parametrize("blocker", BLOCKED)
def test_arbors_do_not_grow_under_a_blocker(blocker: str):
    found = culture()
    assert found[blocker] - found["vehicle"] < 0.25 * (found["LSD"] - found["vehicle"])


# ---------------------------------------------------------------- miniature currents


SPINES = {
    "living": np.array([True, True, False, True]),
    "transient": np.array([False, True, False, False]),
    "log_width": np.log([1.0, 0.5, np.nan, 1.2]),
}


def test_without_a_threshold_all_miniatures_are_found():
    patch = PatchClamp(transient_weight=0.3, width_power=3.0, threshold=0.0)
    found = patch.miniatures(**SPINES, ampa_gain=np.asarray(1.1))
    assert found.frequency == pytest.approx(2.3)
    assert found.amplitude == pytest.approx(patch.held(np.asarray((1.0 + 0.3 * 0.125 + 1.2**3) / 2.3), np.asarray(1.1)))


def test_what_is_found_is_the_tail_of_log_normal_currents():
    patch = PatchClamp(variation=0.4, threshold=0.6)
    mean, spread = np.array([0.3, 1.0, 2.0]), np.sqrt(np.log(1.16))
    tails = [lognorm(spread, scale=one * np.exp(-(spread**2) / 2.0)) for one in mean]
    share, current = patch.found(mean)
    np.testing.assert_allclose(share, [tail.sf(0.6) for tail in tails], rtol=1e-12)
    np.testing.assert_allclose(current, [tail.expect(lb=0.6) for tail in tails], rtol=1e-6)
    assert [tail.std() / tail.mean() for tail in tails] == pytest.approx([0.4] * 3)


def test_a_synapse_has_receptors_as_it_has_slots():
    patch = PatchClamp(transient_weight=0.3, threshold=0.6)
    weight, slots = np.array([1.0, 0.3, 1.0]), np.array([1.0, 0.125, 1.2**3])
    mean = (weight * slots).sum() / weight.sum()
    share, current = patch.found(slots * patch.held(mean, np.asarray(1.1)) / mean)
    found = patch.miniatures(**SPINES, ampa_gain=np.asarray(1.1))
    assert found.frequency == pytest.approx((weight * share).sum())
    assert found.amplitude == pytest.approx((weight * current).sum() / (weight * share).sum())


@pytest.mark.parametrize("gain", [0.8, 1.5])
def test_a_gain_before_the_threshold_leaves_the_frequency(gain: float):
    plenty = PatchClamp(filling=1e-9)  # of slots: currents go with receptors
    here = plenty.miniatures(**SPINES, ampa_gain=np.asarray(1.0))
    there = dataclasses.replace(plenty, threshold=gain * plenty.threshold).miniatures(
        **SPINES, ampa_gain=np.asarray(gain)
    )
    assert there.frequency == pytest.approx(here.frequency, rel=1e-6)
    assert there.amplitude == pytest.approx(gain * here.amplitude, rel=1e-6)
    alone = plenty.miniatures(**SPINES, ampa_gain=np.asarray(gain))
    assert (alone.frequency - here.frequency) * (gain - 1.0) > 0.0


def test_larger_synapses_are_found_more_often_and_look_less_enlarged():
    larger = {**SPINES, "log_width": SPINES["log_width"] + 0.1}
    both = [{**one, "ampa_gain": np.asarray(1.1)} for one in (SPINES, larger)]
    (few, small), (many, large) = (PatchClamp().miniatures(**one) for one in both)
    (_, before), (_, after) = (PatchClamp(threshold=0.0).miniatures(**one) for one in both)
    assert 1.0 < many / few < 1.2
    assert 1.0 < large / small < after / before


def test_synapses_share_the_receptors_of_the_neuron():
    patch = PatchClamp(filling=0.6, spare=2.0)
    slots, gain = np.array([1.0, 1.4, 0.7, 3.0]), np.array([1.0, 1.1, 1.3, 0.9])
    bound = 0.6 * patch.held(slots, gain)
    free = 0.6 * 3.0 * gain - bound
    np.testing.assert_allclose(bound, slots * free / (free + 0.8), rtol=1e-12)  # at equilibrium with what is left
    rest, heads, receptors = patch.held(np.array([1.0, 1e6, 2.0]), np.array([1.0, 1.2, 1e6]))
    assert rest == pytest.approx(1.0)
    assert heads == pytest.approx(3.0 * 1.2, rel=1e-4)  # every receptor sits in a slot
    assert receptors == pytest.approx(2.0 / 0.6, rel=1e-4)  # every slot is filled


def test_a_neuron_without_spines_has_no_amplitude():
    none = np.zeros((2, 3), bool)
    found = PatchClamp().miniatures(none, none, np.zeros((2, 3)), np.ones(2))
    assert found.frequency.tolist() == [0.0, 0.0]
    assert np.isnan(found.amplitude).all()


# ---------------------------------------------------------------- spine classes


def test_classes_by_hand():
    """A newborn, one a day old, one captured young, persistent spines of three sizes, a hidden one, an empty slot."""
    days = np.array([1.0])
    serial = np.array([[[7, 6, 8, 0, 1, 2, 3, -1]]], np.int32)
    birth = np.array([[[43_200, 0, 43_200, *4 * [-(2**31) + 1], 0]]], np.int32)
    transient = np.array([[[True, True, *6 * [False]]]])
    width = np.array([[[0.9, -0.5, -0.3, -0.1, 0.1, 0.3, 0.3, 0.0]]])
    visible = np.array([[[*6 * [True], False, False]]])
    place = np.linspace(0.1, 0.9, 8)[None, None]
    spines = Snapshots(days, serial, visible, width, place, 0.0 * place, birth, transient, np.array([20.0]))
    label = SpineLabels().of(spines, Microscope(), stubby=0.0, mushroom=0.2)
    assert [CLASSES[index] if index >= 0 else "" for index in label[0, 0]] == [
        "filopodium", "thin", "thin", "thin", "stubby", "mushroom", "", "",
    ]  # fmt: skip
    assert counts(label)[:, 0, 0].tolist() == [1, 3, 1, 1]


@pytest.mark.parametrize("share", [0.1, 0.5, 0.75])
def test_percentiles_of_two_pools(share: float):
    width = percentile(share, 0.0628, 0.5, 0.2)
    assert 0.0628 * norm.cdf((width + 0.5) / 0.2) + 0.9372 * norm.cdf(width / 0.2) == pytest.approx(share, abs=1e-9)
    assert percentile(share, 0.0, 0.5, 0.2) == pytest.approx(0.2 * norm.ppf(share), abs=1e-9)


# ---------------------------------------------------------------- a run


def test_a_run_has_miniatures_relative_to_vehicle():
    run = runs.persistence()
    found = structure.mini_epsc(run)
    assert found.frequency.shape == found.amplitude.shape == (4, 2, 3)
    np.testing.assert_allclose(found.frequency[0].mean(axis=0), 1.0)
    np.testing.assert_allclose(found.amplitude[0].mean(axis=0), 1.0)
    np.testing.assert_allclose(found.frequency[:, :, 0], found.frequency[:1, :, 0].repeat(4, 0))  # before the drug
    assert (found.frequency[1:, :, 1:].mean(axis=1) > 1.0).all()
    gain = run.population.imaged(run.frames.cascade[:, runs.VARIABLES.index("ampa_gain")])[[0, -1]].mean(axis=-1)
    plenty = PatchClamp(width_power=0.0, filling=1e-9, threshold=0.0)  # of slots, all alike, and all found
    bare = structure.mini_epsc(run, plenty).amplitude[..., [0, -1]]
    np.testing.assert_allclose(bare, np.moveaxis(gain / gain[:, :1].mean(axis=2, keepdims=True), 0, -1), rtol=1e-8)
    assert (gain[-1, 1:] > 1.02).all()
    assert (found.amplitude[1:, :, -1] > 1.1 * bare[1:, :, -1]).all()  # heads grow too


def test_every_living_spine_is_in_the_snapshots_of_a_run():
    run = runs.persistence()
    living = (run.snapshots.serial >= 0).sum(axis=-1)
    at = [int(np.flatnonzero(run.frames.time == day * DAY)[0]) for day in (1, 2)]
    np.testing.assert_array_equal(living[1:], run.frames.spines[at])


def test_a_run_grows_arbors():
    found = structure.sholl(runs.persistence())
    assert found.crossings.shape == (4, 2, 3, len(found.radius))
    np.testing.assert_allclose(found.branch_points[0], TREE.branch_points, rtol=1e-6)
    assert (np.diff(found.branch_points[1:], axis=-1) > 0.0).all()
    assert (found.length[1:, :, -1] > 1.01 * found.length[:1, :, -1]).all()
    assert (found.crossings[1:, :, -1] > found.crossings[:1, :, -1]).all()


def test_classes_of_a_run_are_those_that_imaging_counts():
    run = runs.persistence()
    found = structure.spine_classes(run)
    table = next(iter(branch_tables(run).values()))
    counted = np.moveaxis(found.count.sum(axis=0), 2, -1).reshape(-1, 3)
    np.testing.assert_allclose(counted, table.spine_density * run.snapshots.length[:, None])
    share = found.share()
    np.testing.assert_allclose(share.sum(axis=0), 1.0)
    rest = share[:, 0].mean(axis=(1, 2))
    assert rest[3] == pytest.approx(0.25, abs=0.05)  # as the percentile says
    assert rest[:2].sum() == pytest.approx(0.50, abs=0.07)
    assert share[0, 1:, :, 1].mean() > 2.0 * share[0, 0].mean()  # growth is filopodia first
    assert share[3, 1:, :, 2].mean() > rest[3] + 0.05  # then larger heads


def test_a_diverged_neuron_is_missing():
    run = runs.persistence()
    lost = Failure("vehicle", 0, 3, "translation.ampa_gain", 0.0, 3, {})
    cascade = run.frames.cascade.copy()
    cascade[:, :, lost.lane] = np.nan
    broken = dataclasses.replace(run, frames=run.frames._replace(cascade=cascade), failures=(lost,))
    assert np.isnan(structure.spine_classes(broken).count[:, 0, 0, :, 3]).all()
    assert np.isfinite(structure.spine_classes(broken).share()).all()
    whole, without = structure.mini_epsc(run), structure.mini_epsc(broken)
    for here, there in zip(whole[1:], without[1:], strict=True):
        assert np.isfinite(there).all()
        assert here[0, 0, 1] != there[0, 0, 1]
    np.testing.assert_allclose(structure.sholl(broken).branch_points[0, 0], TREE.branch_points, rtol=1e-6)
