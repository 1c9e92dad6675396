"""Spines as single agents: the table, exact transition laws, stationarity, and the time step."""

from __future__ import annotations

import functools

import jax
import numpy as np
import pytest
import runs
from hypothesis import given, settings
from hypothesis import strategies as st
from jax import Array
from jax import numpy as jnp
from scipy.linalg import expm
from scipy.stats import poisson

from plastisim import spine_agents
from plastisim.biology.spines import Habit, Spines
from plastisim.engine import table as slots
from plastisim.engine.randomness import address, key_for, uniform
from plastisim.spine_agents import LARGEST_BROOD, Forest, Sites
from plastisim.spine_programs import forest_program, start_program

DAY = 86400.0
LAW = jax.tree.map(jnp.asarray, Spines())
BRANCHES, WIDTH = 3600, 56
CHUNK = 12  # ticks that are compiled together
SET_POINT = 22.0 * (1.0 - Spines().dispersion) / (1.0 - Spines().transient_share)  # 22 trials a branch


def branches(turnover: float = 1.0, drift: float = 0.0, seed: int = 0) -> Sites:
    ids = jnp.arange(BRANCHES)
    of = functools.partial(jnp.full, (BRANCHES,))
    return Sites(
        lane=ids, fates=address(key_for(seed, "fates"), ids), broods=address(key_for(seed, "broods"), ids),
        set_point=of(SET_POINT), responsiveness=of(1.0), habit=Habit(of(turnover), of(drift), of(0.1)),
    )  # fmt: skip


def start(sites: Sites) -> Forest:
    return start_program(WIDTH)(LAW, sites)


def move(
    sites: Sites, forest: Forest, ticks: int, duration: float, proteins: float = 1.0, injected: bool = False,
    law: Spines = LAW,
) -> Forest:  # fmt: skip
    """Return the forest after `ticks` ticks of `duration` s at constant plasticity proteins."""
    drive = jnp.full((CHUNK, BRANCHES), proteins)
    struck = jnp.zeros((CHUNK, BRANCHES), bool).at[0].set(injected)
    forest = forest._replace(proteins=drive[0])
    for first in range(0, ticks, CHUNK):
        number = np.arange(first, first + CHUNK)
        ends, real = jnp.asarray((number + 1) * int(duration)), jnp.asarray(number < ticks)
        forest = forest._replace(table=slots.release(forest.table))
        given = (drive, 0.0 * drive, struck if first == 0 else struck & False, ends, real)
        forest, _ = forest_program()(law, sites, forest, *given, jnp.asarray(duration))
    return forest


def share_is(hits: Array, of: Array, probability: float) -> None:
    """Check a share of independent individuals against its exact probability, at five standard errors."""
    total = int(of.sum())
    error = np.sqrt(probability * (1.0 - probability) / total)
    assert abs(int((hits & of).sum()) / total - probability) < 5.0 * error, (probability, total)
    assert error < 0.25 * probability  # precise enough to notice a rate that is wrong by a factor


# ---------------------------------------------------------------- the table


@settings(max_examples=25, deadline=None)
@given(
    births=st.lists(st.lists(st.integers(0, 3), min_size=2, max_size=2), min_size=1, max_size=5),
    deaths=st.integers(0, 2**31), capacity=st.sampled_from([4, 8]), read=st.booleans(),
)  # fmt: skip
def test_table_keeps_its_books(births: list[list[int]], deaths: int, capacity: int, read: bool):
    random, held = np.random.default_rng(deaths), slots.empty(2, capacity)
    expected: list[dict[int, list[int]]] = [{}, {}]
    kept: list[dict[int, list[int]]] = [{}, {}]
    for now, count in enumerate(births):
        dying = np.asarray(slots.alive(held)) & (random.random((2, capacity)) < 0.3)
        for site, slot in np.argwhere(dying):
            expected[site][int(held.serial[site, slot])][1] = now
        held = slots.bury(held, jnp.asarray(dying), jnp.int32(now))
        free = [int((held.serial[site] == slots.FREE).sum()) for site in (0, 1)]
        already = held.overflow.tolist()
        held, newborn = slots.bear(held, jnp.asarray(count, jnp.int32), jnp.int32(now))
        assert held.overflow.tolist() == [a or c > f for a, c, f in zip(already, count, free, strict=True)]
        if bool(held.overflow.any()):
            return  # the caller throws this table away
        for site in (0, 1):
            assert int(newborn[site].sum()) == count[site]
            for _ in range(count[site]):
                expected[site][len(expected[site])] = [now, slots.NEVER]
        if read:
            for site, slot in np.argwhere(np.asarray((held.serial != slots.FREE) & ~slots.alive(held))):
                kept[site][int(held.serial[site, slot])] = [int(held.birth[site, slot]), int(held.death[site, slot])]
            held = slots.release(held)
        held = slots.widen(held, capacity)
    for site in (0, 1):
        there = {
            int(held.serial[site, slot]): [int(held.birth[site, slot]), int(held.death[site, slot])]
            for slot in np.flatnonzero(np.asarray(held.serial[site]) != slots.FREE)
        }
        assert len(there) == int((held.serial[site] != slots.FREE).sum())  # no serial number twice
        assert {**kept[site], **there} == expected[site]
        assert int(held.born[site]) == len(expected[site])
        assert int(slots.alive(held)[site].sum()) == sum(death == slots.NEVER for _, death in expected[site].values())


def test_widening_keeps_everybody():
    held, _ = slots.bear(slots.empty(1, 2), jnp.asarray([2], jnp.int32), jnp.int32(5))
    wide = slots.widen(held, 5)
    assert wide.serial.tolist() == [[0, 1, -1, -1, -1]]
    assert slots.alive(wide).sum() == 2
    wide, newborn = slots.bear(wide, jnp.asarray([3], jnp.int32), jnp.int32(6))
    assert newborn.tolist() == [[False, False, True, True, True]]
    assert not wide.overflow[0]


def test_ledger_is_complete_and_agrees_with_counts_and_sessions():
    run = runs.two_arms()
    ledger, spines = run.ledger, run.snapshots
    branches = run.frames.spines.shape[1]
    assert len(np.unique(np.stack([ledger.site, ledger.serial]), axis=1).T) == len(ledger.site)
    assert (ledger.birth < ledger.death).all()
    assert (ledger.death < slots.NEVER).any()
    assert (ledger.birth > run.population.protocol.start).any()
    for time, counted in zip(run.frames.time, run.frames.spines, strict=True):
        living = (ledger.birth <= time) & (time < ledger.death)
        np.testing.assert_array_equal(np.bincount(ledger.site[living], minlength=branches), counted)
    for day, serial, visible in zip(spines.days, spines.serial, spines.visible, strict=True):
        living = (ledger.birth <= day * DAY) & (day * DAY < ledger.death)
        there = set(zip(ledger.site[living].tolist(), ledger.serial[living].tolist(), strict=True))
        site, slot = np.nonzero(visible)
        shown = set(zip(site.tolist(), serial[site, slot].tolist(), strict=True))
        assert shown <= there
        assert 0.8 < len(shown) / len(there) < 1.0  # the hidden ones are alive too


# ---------------------------------------------------------------- exact laws


def pulse_at(proteins: float) -> float:
    rise = proteins - 1.0
    return rise**4 / (rise**4 + Spines().pulse_half ** 4)


def test_a_small_rise_of_proteins_opens_no_door():
    """In a knockout proteins rise by 2 to 4 %: neither births nor capture nor appearance may answer by 2 %."""
    law, habit = Spines(), Habit(turnover=jnp.ones(1), drift=jnp.zeros(1), handling=jnp.zeros(1))

    def answers(proteins: float) -> np.ndarray:
        growth = law.growth(jnp.full(1, proteins), jnp.zeros(1), jnp.ones(1), jnp.ones(1))
        capture = law.exits(jnp.ones(1, bool), growth, habit)[1]
        appearing = law.toggling(jnp.ones(1, bool), growth, habit, jnp.zeros(1, bool), 60.0)
        return np.array([law.births(growth, habit)[0], capture[0], appearing[0]])

    assert (answers(1.04) / answers(1.0) < 1.02).all()
    assert (answers(1.4) / answers(1.0) > 2.0).all()


@pytest.mark.parametrize("proteins", [1.0, 1.5])
def test_transitions_over_a_long_tick_are_exact(proteins: float):
    """One tick of two days: probabilities are 1 - exp(-rate × tick), whatever the tick."""
    sites, duration = branches(turnover=1.2, drift=0.02 / DAY), 2.0 * DAY
    before = start(sites)
    after = move(sites, before, 1, duration, proteins, injected=True)
    law, pulse = Spines(), pulse_at(proteins)
    km = law.persistent_loss * (1.0 - law.transient_share) / law.transient_share
    loss, capture = law.transient_loss + 0.02 / DAY, km + law.capture * pulse
    leaving = 1.0 - np.exp(-(loss + capture) * duration)

    was = slots.alive(before.table)
    dead = was & (after.table.death != slots.NEVER)
    transient, persistent = was & before.spines.transient, was & ~before.spines.transient
    share_is(dead, transient, leaving * loss / (loss + capture))
    share_is(~dead & ~after.spines.transient, transient, leaving * capture / (loss + capture))
    share = law.transient_share * 1.2
    share_is(dead, persistent, 1.0 - np.exp(-(km * share / (1.0 - share) + 0.02 / DAY) * duration))
    assert not (after.spines.transient & persistent).any()

    stayed = persistent & ~dead
    hide = 1.0 - np.exp(-law.hiding * 1.2 * duration) * (1.0 - 0.1)  # an injection hides a tenth at once
    share_is(after.spines.hidden, stayed & ~before.spines.hidden, hide)
    appear = 1.0 - np.exp(-law.appearing * (1.0 + law.appearing_gain * pulse) * duration)
    share_is(~after.spines.hidden, stayed & before.spines.hidden, appear)


def test_the_start_is_what_it_claims():
    forest, law = start(branches()), Spines()
    living = np.asarray(slots.alive(forest.table))
    transient = np.asarray(forest.spines.transient)
    settled, passing = (living & ~transient).sum(axis=1), (living & transient).sum(axis=1)
    share = law.transient_share
    for count, mean, fano in ((settled, SET_POINT * (1.0 - share), law.dispersion), (passing, SET_POINT * share, 1.0)):
        assert count.mean() == pytest.approx(mean, abs=5.0 * np.sqrt(fano * mean / BRANCHES))
        assert count.var() / count.mean() == pytest.approx(fano, rel=0.15)


def test_counts_shares_and_widths_stay_for_thirty_days():
    sites = branches()
    begin = start(sites)
    forest = begin
    forest = move(sites, forest, 360, 7200.0)
    assert not forest.table.overflow.any()

    def summary(held: Forest) -> np.ndarray:
        living = np.asarray(slots.alive(held.table))
        transient, hidden, fast, slow = (np.asarray(part)[living] for part in jax.tree.leaves(held.spines))
        return np.array([living.sum() / BRANCHES, transient.mean(), hidden.mean(), fast.std(), slow.std()])

    law, (count, transient, hidden, fast, slow) = Spines(), summary(forest)
    np.testing.assert_array_less(np.abs(summary(forest) / summary(begin) - 1.0), [0.02, 0.1, 0.06, 0.4, 0.03])
    assert count == pytest.approx(SET_POINT, rel=0.02)
    assert transient == pytest.approx(law.transient_share, rel=0.1)
    rest = law.hiding / (law.hiding + law.appearing)
    assert hidden == pytest.approx(rest, rel=0.08)
    assert slow == pytest.approx(law.slow_sd, rel=0.03)
    assert fast == pytest.approx(law.fast_sd, rel=0.4)  # captured spines start thin
    # Spines captured within a tick are not lost within it: (loss × tick)² / 2 a tick, 1e-9.
    np.testing.assert_allclose(forest.cells.transient + forest.cells.persistent, 1.0, rtol=1e-6)


@pytest.mark.parametrize("mean", [0.05, 0.7, 2.0])
def test_broods_are_poisson(mean: float):
    keys = branches().broods
    count, excess = jax.vmap(lambda moment: spine_agents._poisson(keys, moment, jnp.full(BRANCHES, mean)))(
        jnp.arange(20)
    )
    count = np.asarray(count).ravel()
    assert count.mean() == pytest.approx(mean, abs=5.0 * np.sqrt(mean / len(count)))
    assert count.var() == pytest.approx(mean, rel=0.06)
    assert (count == 0).mean() == pytest.approx(np.exp(-mean), abs=0.015)
    assert not excess.any()
    assert abs(np.corrcoef(count[:-1], count[1:])[0, 1]) < 0.03


@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_the_largest_chance_gives_a_number_that_is_seldom_and_not_too_large(kind: type[np.floating]):
    """A sum of probabilities that rounds to a little less than 1 must not leave room for twelve births."""
    top = np.array([2**32 - 1], np.uint32)
    mean = np.geomspace(1e-4, 1.0, 4000).astype(kind)
    chance = jnp.broadcast_to(uniform(jnp.asarray(top), jnp.dtype(kind)), mean.shape)
    count, excess = jax.jit(spine_agents.inverted)(chance, jnp.asarray(mean))
    assert not np.any(excess)
    exact = poisson.ppf(np.asarray(chance, float), mean.astype(float))
    assert np.abs(np.asarray(count) - exact).max() <= (2 if kind is np.float32 else 0)  # the sum is rounded
    many, excess = jax.jit(spine_agents.inverted)(chance, 1000.0 + jnp.asarray(mean))
    assert np.all(excess)
    assert np.all(many == LARGEST_BROOD)


def test_a_brood_too_large_is_flagged_and_never_cut_in_silence():
    count, excess = spine_agents._poisson(branches().broods, 0, jnp.full(BRANCHES, float(LARGEST_BROOD)))
    assert 0.3 < excess.mean() < 0.5  # P(more than 12) at a mean of 12
    assert (np.asarray(count)[np.asarray(excess)] == LARGEST_BROOD).all()
    law = jax.tree.map(jnp.asarray, Spines(transient_loss=20.0 / DAY))
    moved = move(branches(), start(branches()), 1, DAY, law=law)
    assert bool(moved.table.overflow.any())


# ---------------------------------------------------------------- the time step


def test_half_the_tick_gives_the_same_distribution():
    """Three days of strong growth at ticks of 2 h and 1 h: counts, hidden spines and widths agree within noise."""
    results = []
    for duration in (7200.0, 3600.0):
        sites = branches(seed=1)
        forest = move(sites, start(sites), int(3 * DAY / duration), duration, proteins=1.5)
        assert not forest.table.overflow.any()
        living = np.asarray(slots.alive(forest.table))
        count, size = living.sum(axis=1), np.asarray(LAW.log_width(forest.spines))[living]
        results.append((count, (living & np.asarray(forest.spines.hidden)).sum(axis=1), size))
        density = np.asarray(forest.cells.transient + forest.cells.persistent)[0]
        assert count.mean() / SET_POINT == pytest.approx(
            density, abs=5.0 * count.std() / SET_POINT / np.sqrt(BRANCHES) + 0.01
        )
        assert count.mean() > 1.08 * SET_POINT
    for coarse, fine in zip(*results, strict=True):
        error = np.sqrt(coarse.var() / len(coarse) + fine.var() / len(fine))
        assert coarse.mean() == pytest.approx(fine.mean(), abs=4.0 * error)
        assert coarse.std() == pytest.approx(fine.std(), rel=0.06)


def pools_after(law: Spines, ticks: int) -> np.ndarray:
    """Return the mean pools after three days of growth, in steps."""
    habit, pools = Habit(1.0, 0.0, 0.0), law.pools(Habit(jnp.asarray(1.0), 0.0, 0.0))
    for _ in range(ticks):
        growth = law.growth(jnp.asarray(1.5), jnp.asarray(0.5), jnp.asarray(1.0), pools.transient + pools.persistent)
        pools = law.pools_after(pools, growth, habit, 3.0 * DAY / ticks)
    return np.array([float(pools.transient), float(pools.persistent)])


def test_mean_pools_converge_with_the_tick():
    """Crowding is held constant over a tick: first order."""
    errors = [abs((pools_after(Spines(), ticks) - pools_after(Spines(), 320)).sum()) for ticks in (10, 20, 40)]
    assert errors[0] > 1e-4
    assert 0.4 < errors[1] / errors[0] < 0.55
    assert 0.35 < errors[2] / errors[1] < 0.55


def test_mean_pools_follow_their_equations():
    """Without crowding the equations are linear: (T, P, 1)' = rates × (T, P, 1)."""
    law, pulse = Spines(crowding=0.0), pulse_at(1.5)
    km = law.persistent_loss * (1.0 - law.transient_share) / law.transient_share
    births = (law.transient_loss + km) * law.transient_share * (1.0 + law.pulse_gain * pulse + law.set_point_gain * 0.5)
    capture = km + law.capture * pulse
    rates = np.array([
        [-law.transient_loss - capture, 0.0, births], [capture, -law.persistent_loss, 0.0], [0.0, 0.0, 0.0],
    ])  # fmt: skip
    exact = expm(3.0 * DAY * rates) @ [law.transient_share, 1.0 - law.transient_share, 1.0]
    np.testing.assert_allclose(pools_after(law, 36), exact[:2], rtol=1e-4)
