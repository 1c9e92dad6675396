"""Compartments, what keeps density up, and how arms may differ in it."""

from __future__ import annotations

import dataclasses

import jax
import numpy as np
import pytest
import runs
from jax import numpy as jnp

from plastisim import treatment
from plastisim.biology.spines import OF_ARMS, CellPools, Growth, Habit, Spines
from plastisim.engine.clock import Segments
from plastisim.engine.errors import ConfigError
from plastisim.engine.fields import declarations
from plastisim.lab.cohort import PT, Cohort, Spread
from plastisim.lab.dendrites import BASAL, OBLIQUE, TUFT, Compartment
from plastisim.lab.hypotheses import CONSOLIDATION, FORMATION_PULSE, PERSISTENCE, STABILISATION, Hypothesis
from plastisim.lab.imaging import Microscope
from plastisim.lab.protocol import DAY, Arm, Protocol
from plastisim.population import populate, sites
from plastisim.spine_agents import Sites, keyed
from plastisim.trees import Trees

LAW = Spines()
HABIT = Habit(jnp.asarray(1.0), jnp.asarray(0.0), jnp.asarray(0.0))


def branches(*cohorts: Cohort, law: Spines = LAW) -> Sites:
    population = populate(Protocol((Arm("one"),), 0, DAY, (0,)), cohorts, 0)
    return keyed(sites(population, Spread(), law, Microscope(resolution=0.0), jnp.dtype("float64"))[0])


# ---------------------------------------------------------------- compartments


def test_a_basal_branch_is_a_tuft_branch_with_other_density_and_drive():
    tuft = Cohort("one", PT, mice=2, neurons=4, dendrites=2)
    basal = dataclasses.replace(tuft, compartment=BASAL)
    ratio = 0.702 / 0.439  # row V18, one method for both
    here, there = branches(tuft), branches(basal)
    np.testing.assert_allclose(there.set_point / here.set_point, ratio)
    np.testing.assert_allclose(there.responsiveness / here.responsiveness, BASAL.drive)
    assert basal.density == pytest.approx(0.473 * ratio)
    assert Cohort("one", PT, mice=1, spine_density=0.484, compartment=BASAL).density == pytest.approx(0.484 * ratio)


def test_compartments_lie_side_by_side_in_one_run():
    each = [Cohort(one.name, PT, mice=1, neurons=4, dendrites=1, compartment=one) for one in (TUFT, OBLIQUE, BASAL)]
    found = branches(*each).responsiveness.reshape(3, 4)
    spread = branches(*(dataclasses.replace(one, compartment=TUFT) for one in each)).responsiveness.reshape(3, 4)
    np.testing.assert_allclose((found / spread)[:, 0], [1.0, OBLIQUE.drive, BASAL.drive])
    assert TUFT.relative_density == OBLIQUE.relative_density == 1.0


@pytest.mark.parametrize(("density", "drive"), [(0.0, 1.0), (-0.4, 1.0), (0.4, -0.1), (np.nan, 1.0)])
def test_an_impossible_compartment_is_refused(density: float, drive: float):
    with pytest.raises(ConfigError, match="compartment 'soma' needs a density above 0 /um and a drive of at least 0"):
        Compartment("soma", density, drive)


# ---------------------------------------------------------------- persistence


def growth(law: Spines, set_point: float = 0.0, ampa_gain: float = 1.0, proteins: float = 1.0) -> Growth:
    given = (jnp.asarray(value) for value in (proteins, set_point, 1.0, 1.0))
    return law.growth(*given, jnp.asarray(ampa_gain))


@pytest.mark.parametrize("name", OF_ARMS)
def test_what_arms_may_change_does_nothing_at_rest(name: str):
    other = dataclasses.replace(LAW, **{name: 3.0 * getattr(LAW, name) + 0.1})
    for transient in (True, False):
        here, there = (
            (*law.exits(jnp.asarray(transient), growth(law), HABIT), law.births(growth(law), HABIT),
             growth(law).widening, law.toggling(jnp.asarray(True), growth(law), HABIT, jnp.asarray(False), DAY))
            for law in (LAW, other)
        )  # fmt: skip
        assert here == there


def test_the_other_parameters_do_act_at_rest_and_are_not_for_arms():
    names = {one.name for one in declarations(LAW, "parameter")}
    assert set(OF_ARMS) < names
    for name in sorted(names - set(OF_ARMS)):
        arm = Arm("own", hypothesis=Hypothesis("own", "a test", spines={name: 0.1}))
        with pytest.raises(ConfigError, match=f"hypothesis 'own' changes {name}, which also acts at rest"):
            treatment.check(Protocol((arm,), 0, DAY, (0,)))


def test_held_spines_are_lost_less_and_captured_more():
    law = Spines(held_loss=2.0, held_capture=0.1 / DAY)
    for transient in (True, False):
        kind = jnp.asarray(transient)
        (loss, capture), (rest_loss, rest_capture) = (
            map(float, law.exits(kind, growth(law, shift), HABIT)) for shift in (0.5, 0.0)
        )
        assert loss == pytest.approx(rest_loss * np.exp(-2.0 * 0.5), rel=1e-12)
        assert capture - rest_capture == pytest.approx(0.05 / DAY if transient else 0.0, rel=1e-9)


def test_used_spines_are_captured():
    """Use is AMPA gain times the head width that growth aims at; below rest it does nothing."""
    law = Spines(use_capture=1.0 / DAY, width_set_point=0.2)
    transient, rest = jnp.asarray(True), LAW.maturation()
    for gain, shift in ((1.1, 0.0), (1.0, 0.5), (1.1, 0.5), (0.8, 0.0)):
        use = max(gain * np.exp(0.2 * shift) - 1.0, 0.0)
        assert float(law.exits(transient, growth(law, shift, gain), HABIT)[1] - rest) == pytest.approx(
            use / DAY, abs=1e-18
        )
    assert law.exits(jnp.asarray(False), growth(law, 0.5, 1.1), HABIT)[1] == 0.0


@runs.quickly
def moved(law: Spines, pools: CellPools, proteins: float, set_point: float, ampa_gain: float) -> CellPools:
    """Return the pools of a cell after a tick."""
    one = jnp.asarray(1.0)
    driven = law.growth(proteins, set_point, one, pools.transient + pools.persistent, ampa_gain)
    return law.pools_after(pools, driven, HABIT, 7200.0)


def density(hypothesis: Hypothesis | None, days: tuple[int, ...]) -> list[float]:
    """Return mean density of a cell relative to rest, under a pulse of half a protein for a day."""
    own = {} if hypothesis is None else hypothesis.spines
    memory = 60.0 if hypothesis is None else hypothesis.pathway.get("translation.set_point_weight", 60.0)  # d
    law = dataclasses.replace(LAW, **own)
    pools, shift, gain, found = law.pools(HABIT), 0.0, 1.0, []
    for tick in range(12 * max(days)):
        rise = 0.5 if tick < 12 else 0.0
        shift += (memory * rise - shift) / (12.0 * memory)
        gain += (1.0 + 0.35 * rise - gain) / 18.0
        pools = moved(law, pools, 1.0 + rise, shift, gain)
        if (tick + 1) / 12 in days:
            found.append(float(pools.transient + pools.persistent))
    return found


def test_each_answer_keeps_density_and_none_of_them_does_not():
    after = {one.name: density(one, (1, 7, 30)) for one in PERSISTENCE}
    default = density(None, (1, 7, 30))
    assert after["persistence by set point"] == default
    alone = after[FORMATION_PULSE.name]
    assert max(alone[1:]) < 1.0 + 0.25 * (alone[0] - 1.0)
    for one in PERSISTENCE[:-1]:
        first, week, month = after[one.name]
        assert first == pytest.approx(default[0], abs=0.025)
        assert week - 1.0 > 2.0 * (alone[1] - 1.0), one.name
        assert month - 1.0 > 2.0 * (alone[2] - 1.0), one.name


# ---------------------------------------------------------------- arms that differ, in the programs


def test_arms_get_their_own_numbers_and_share_the_rest():
    arms = (Arm("a"), Arm("b", hypothesis=STABILISATION), Arm("c", hypothesis=CONSOLIDATION))
    law = treatment.changed_spines(LAW, Protocol(arms, 0, DAY, (0,)), np.repeat([0, 1, 2], 2))
    np.testing.assert_array_equal(law.held_loss, [0, 0, 2, 2, 0, 0])
    np.testing.assert_array_equal(law.use_capture, np.repeat([0.0, 0.0, 1.0 / DAY], 2))
    np.testing.assert_array_equal(law.set_point_gain, np.repeat([LAW.set_point_gain, 0.0, 0.0], 2))
    assert np.ndim(law.capture) == 0
    same = treatment.changed_spines(LAW, Protocol((Arm("a"), Arm("b")), 0, DAY, (0,)), np.repeat([0, 1], 2))
    assert same == LAW


def grove(law: Spines, gain: float | None) -> tuple[np.ndarray, np.ndarray]:
    """Return living and transient spines a branch after eight days under a set-point shift and an AMPA gain."""
    place = branches(*(Cohort(name, PT, mice=5, neurons=8, dendrites=3) for name in "ab"))
    place = place._replace(lane=jnp.zeros(240, jnp.int32))
    trees = Trees(jax.tree.map(jnp.asarray, law), place, 64)
    for first in range(0, 96, 32):
        begin = np.arange(first, first + 32) * 7200
        chunk = Segments(begin, begin + 7200, np.ones(32, bool), np.zeros(32, bool))
        still = jnp.ones((32, 1))
        given = () if gain is None else (gain * still,)
        trees.advance(chunk, still, 0.8 * still, jnp.zeros((32, 240), bool), *given)
    seen = trees.look(96 * 7200)
    living = seen.serial >= 0
    assert (seen.birth[living] <= 96 * 7200).all()
    assert ((seen.birth[living] > 0).any(), (seen.birth[living] < 0).any()) == (True, True)
    return living.sum(axis=1), (living & seen.transient).sum(axis=1)


def test_branches_of_one_run_follow_their_own_law_and_read_use():
    half = np.arange(240) >= 120
    law = dataclasses.replace(LAW, use_capture=np.where(half, 2.0 / DAY, 0.0))
    plain, young = grove(LAW, None)
    count, transient = grove(law, 1.2)
    np.testing.assert_array_equal(count[~half], plain[~half])  # to the spine, beside others of another law
    np.testing.assert_array_equal(transient[~half], young[~half])
    assert transient[half].sum() < 0.7 * young[half].sum()
    assert count[half].sum() > 1.02 * plain[half].sum()
    with pytest.raises(ConfigError, match="need the neurons' AMPA gain"):
        grove(law, None)


def test_arms_of_a_run_keep_density_in_their_own_way():
    run = runs.persistence()
    first, last = run.frames.spines[[0, -1]].reshape(2, 4, -1)
    np.testing.assert_array_equal(first, np.broadcast_to(first[0], first.shape))  # the same mice, at rest alike
    arm = run.population.imaged(run.frames.cascade[:, runs.VARIABLES.index("spine_set_point")])[-1].mean(axis=(1, 2))
    assert arm[2] != arm[1]  # a memory of ten days instead of sixty
    assert arm[1] == arm[3]
    transient = (run.snapshots.transient[-1] & (run.snapshots.serial[-1] >= 0)).sum(axis=1).reshape(4, -1).sum(axis=1)
    assert transient[3] < transient[1]  # used spines became persistent
    assert last[2].sum() > last[0].sum()
