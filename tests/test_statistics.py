"""Statistics of branches: small tables worked out by hand, independent programs, and the published figures."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from plastisim.engine.errors import ConfigError
from plastisim.lab.branch_table import ELIMINATION, FORMATION, HEAD_WIDTH, SPINE_DENSITY, BranchTable
from plastisim.lab.measures import Change, Level, Pair, Sample, SpinesSeen
from plastisim.lab.mixed_model import mixed_model
from plastisim.lab.statistics import Arm, Statistic, drug_minus_vehicle, repeatability, spread
from plastisim.lab.summaries import MiceBeyond, Quantile, branch_mean, branch_sd, correlation, mouse_mean, mouse_sd
from plastisim.lab.table_reader import read_branch_table

DAYS = np.array([-3.0, -1.0, 1.0])


def small() -> BranchTable:
    """Return five branches whose changes on day 1 are −10, +20, 0 (vehicle) and +50, +10 % (drug)."""
    density = [[0.4, 0.6, 0.45], [0.5, 0.5, 0.6], [0.5, np.nan, 0.5], [0.2, 0.6, 0.6], [0.4, 0.6, 0.55]]
    formation = [[np.nan, 0.1, 0.3], [np.nan, 0.2, 0.2], [np.nan, 0.0, 0.1], [np.nan, 0.1, 0.5], [np.nan, 0.0, 0.2]]
    return BranchTable(
        np.array(["a", "a", "b", "a", "b"]),
        np.array(["vehicle"] * 3 + ["psilocybin"] * 2),
        DAYS,
        np.array(density),
        formation=np.array(formation),
    )


def random_sample(seed: int = 3) -> tuple[Sample, np.ndarray]:
    """Return a sample of four mice and weights 2, 0, 1, 3, with the values that the weights stand for."""
    generator = np.random.default_rng(seed)
    mouse = np.repeat([0, 1, 2, 3], [3, 4, 2, 5])
    sample = Sample(generator.normal(size=14), mouse, 4)
    return sample, np.concatenate([np.tile(sample.values[mouse == m], w) for m, w in enumerate((2, 0, 1, 3))])


WEIGHTS = np.array([[2.0, 0.0, 1.0, 3.0]])


def test_change_from_the_branchs_own_baseline():
    np.testing.assert_allclose(Change(1.0).values(small(), SPINE_DENSITY), [-10.0, 20.0, 0.0, 50.0, 10.0])
    np.testing.assert_allclose(Change(1.0, (-3.0,)).values(small(), SPINE_DENSITY), [12.5, 20.0, 0.0, 200.0, 37.5])
    np.testing.assert_allclose(Change(1.0).values(small(), FORMATION), [20.0, 0.0, 10.0, 40.0, 20.0])
    np.testing.assert_allclose(Level((1.0,)).values(small(), FORMATION), [30.0, 20.0, 10.0, 50.0, 20.0])
    np.testing.assert_allclose(Level().values(small(), SPINE_DENSITY), [0.5, 0.5, 0.5, 0.4, 0.5])


def test_an_empty_branch_has_no_fold_change():
    table = BranchTable(
        np.array(["a", "b"]), np.array(["vehicle"] * 2), DAYS, np.array([[0.0, 0.0, 0.3], [0.5, 0.5, 0.6]])
    )
    changes = Change(1.0).values(table, SPINE_DENSITY)
    assert np.isnan(changes[0])
    assert changes[1] == pytest.approx(20.0)


def test_drug_minus_vehicle_counts_every_branch_once():
    effect = drug_minus_vehicle(small(), SPINE_DENSITY, resamples=2000)
    assert effect.value == pytest.approx(30.0 - 10.0 / 3.0)
    assert (effect.mice, effect.branches) == ((2, 2), (3, 2))
    # vehicle draws: mouse a twice 5, both 10/3, b twice 0; drug draws: 50, 30, 10
    assert effect.interval == pytest.approx((10.0 - 5.0, 50.0 - 0.0))
    rates = drug_minus_vehicle(small(), FORMATION, resamples=10)
    assert rates.value == pytest.approx(30.0 - 10.0)


def test_seed_repeats_and_changes_the_interval(shared: Path):
    table = read_branch_table(shared / "data" / "shao2021")
    first, again, other = (drug_minus_vehicle(table, SPINE_DENSITY, resamples=200, seed=s) for s in (1, 1, 2))
    assert first == again
    assert first.interval != other.interval
    assert first.value == other.value


def test_bootstrap_agrees_with_a_loop_over_resamples(shared: Path):
    table = read_branch_table(shared / "data" / "shao2025_pt")
    generator = np.random.default_rng(11)
    draws = []
    arms = [(t.mouse, Change(1.0).values(t, SPINE_DENSITY)) for t in map(table.select, ("psilocybin", "vehicle"))]
    for _ in range(3000):
        means = []
        for mouse, change in arms:
            chosen = generator.choice(np.unique(mouse), len(np.unique(mouse)))
            means.append(np.concatenate([change[mouse == name] for name in chosen]).mean())
        draws.append(means[0] - means[1])
    expected = np.percentile(draws, [2.5, 97.5])
    np.testing.assert_allclose(drug_minus_vehicle(table, SPINE_DENSITY).interval, expected, atol=0.35)


def test_summaries_equal_numpy_on_the_resampled_values():
    sample, values = random_sample()
    means = np.repeat(sample.mouse_means(), [2, 0, 1, 3])
    assert branch_mean(sample, WEIGHTS)[0] == pytest.approx(values.mean())
    assert branch_sd(sample, WEIGHTS)[0] == pytest.approx(values.std(ddof=1))
    assert mouse_mean(sample, WEIGHTS)[0] == pytest.approx(means.mean())
    assert mouse_sd(sample, WEIGHTS)[0] == pytest.approx(means.std(ddof=1))
    limit = float(np.median(means))
    assert MiceBeyond(limit)(sample, WEIGHTS)[0] == pytest.approx(np.mean(means > limit))
    for share in (0.0, 0.025, 0.5, 0.8, 1.0):
        assert Quantile(share)(sample, WEIGHTS)[0] == pytest.approx(np.quantile(values, share))


def test_quantiles_of_many_resamples_are_those_of_each(monkeypatch: pytest.MonkeyPatch):
    sample, _ = random_sample()
    weights = np.random.default_rng(0).multinomial(4, np.full(4, 0.25), size=50).astype(float)
    whole = Quantile(0.3)(sample, weights)
    monkeypatch.setattr("plastisim.lab.summaries._CELLS_AT_ONCE", 40)
    np.testing.assert_array_equal(Quantile(0.3)(sample, weights), whole)
    np.testing.assert_array_equal(whole[7:8], Quantile(0.3)(sample, weights[7:8]))


def test_correlation_equals_numpy():
    pairs = np.random.default_rng(5).normal(size=(14, 2)) @ np.array([[1.0, 0.6], [0.0, 0.8]])
    mouse = np.repeat([0, 1, 2, 3], [3, 4, 2, 5])
    repeated = np.concatenate([np.tile(pairs[mouse == m], (w, 1)) for m, w in enumerate((2, 0, 1, 3))])
    found = correlation(Sample(pairs, mouse, 4), WEIGHTS)[0]
    assert found == pytest.approx(np.corrcoef(repeated.T)[0, 1])


def test_pairs_need_both_sessions():
    assert Pair().sample(small(), SPINE_DENSITY).values.shape == (4, 2)
    first, second = [0.4, 0.5, 0.2, 0.4], [0.6, 0.5, 0.6, 0.6]
    assert repeatability(small(), SPINE_DENSITY) == pytest.approx(np.corrcoef(first, second)[0, 1])


def test_one_name_in_two_arms_is_two_mice():
    assert Level().sample(small(), SPINE_DENSITY).mice == 4


def test_spines_seen_are_the_common_denominator():
    gained = np.array([[np.nan, 0.33333, 0.0, 0.1], [np.nan, 0.0, 0.5, 0.2]])
    lost = np.array([[np.nan, 0.25, 0.0, 0.1], [np.nan, 0.125, 0.0, 0.1]])
    days = np.array([-3.0, -1.0, 1.0, 28.0])
    table = BranchTable(
        np.array(["a", "b"]), np.array(["vehicle"] * 2), days, np.full((2, 4), 0.5), None, gained, lost
    )  # fmt: skip
    np.testing.assert_array_equal(SpinesSeen().sample(table, FORMATION).values, [12.0, 8.0, 2.0])


def test_spread_tells_mice_from_branches():
    """Mice 0, 4 with branches ±1 around them: variance within 2, between 2·(4−0)²/2 = 16, so 7 beyond the noise."""
    change = np.array([-1.0, 1.0, 3.0, 5.0])
    density = np.column_stack([np.ones(4), np.ones(4), 1.0 + change / 100.0])
    table = BranchTable(np.array(["a", "a", "b", "b"]), np.array(["vehicle"] * 4), DAYS, density)
    found = spread(table, SPINE_DENSITY, Change(1.0))
    assert found.mouse_sd == pytest.approx(np.sqrt(8.0))
    assert found.branch_sd == pytest.approx(np.std(change, ddof=1))
    assert found.mouse_variance == pytest.approx(7.0)
    assert (found.mice, found.branches) == (2, 4)


def balanced(mouse_sd: float) -> BranchTable:
    """Return 2 × 6 mice with 8 branches each; the drug adds 10 %."""
    generator = np.random.default_rng(0)
    mice = generator.normal(size=(12, 1)) * mouse_sd
    change = mice - mice.mean() + generator.normal(size=(12, 8)) * 5.0 + np.repeat([0.0, 10.0], 6)[:, None]
    density = np.column_stack([np.full(96, 0.5), np.full(96, 0.5), 0.5 * (1.0 + change.ravel() / 100.0)])
    names = np.repeat([f"m{i}" for i in range(12)], 8)
    return BranchTable(names, np.repeat(["vehicle", "psilocybin"], 48), DAYS, density)


def test_mixed_model_of_a_balanced_table_is_the_difference_of_means():
    table = balanced(8.0)
    fit = mixed_model(table, SPINE_DENSITY)
    change = Change(1.0).values(table, SPINE_DENSITY).reshape(12, 8)
    means = change.mean(axis=1)
    assert fit.effect == pytest.approx(means[6:].mean() - means[:6].mean(), abs=1e-3)
    within = change.var(axis=1, ddof=1).mean()
    pooled = (means[:6].var(ddof=1) + means[6:].var(ddof=1)) / 2
    assert fit.mouse_sd == pytest.approx(np.sqrt(pooled - within / 8), rel=1e-3)
    assert fit.residual_sd == pytest.approx(np.sqrt(within), rel=1e-3)
    half = 1.96 * np.sqrt(pooled * 2 / 6)
    assert fit.interval == pytest.approx((fit.effect - half, fit.effect + half), rel=1e-2)
    assert (fit.converged, fit.singular, fit.message) == (True, False, "")


def test_mixed_model_reports_what_cannot_be_fitted():
    table = balanced(8.0)
    flat = BranchTable(table.mouse, table.condition, DAYS, np.full((96, 3), 0.5))
    failed = mixed_model(flat, SPINE_DENSITY)
    assert not failed.converged
    assert np.isnan(failed.effect)
    assert "fit failed" in failed.message
    means = Change(1.0).values(table, SPINE_DENSITY).reshape(12, 8).mean(axis=1)
    density = table.spine_density.copy()
    density[:, 2] -= 0.5 * np.repeat(means, 8) / 100.0  # every mouse alike: less spread than chance
    edge = mixed_model(BranchTable(table.mouse, table.condition, DAYS, density), SPINE_DENSITY)
    assert edge.singular
    assert "boundary" in edge.message
    assert edge.mouse_sd < 0.5


def test_missing_arms_and_sessions_are_named():
    table = small()
    with pytest.raises(ConfigError, match="day 9"):
        drug_minus_vehicle(table, SPINE_DENSITY, 9.0)
    with pytest.raises(ConfigError, match="ketamine"):
        drug_minus_vehicle(table, SPINE_DENSITY, drug="ketamine")
    with pytest.raises(ConfigError, match="one drug arm"):
        drug_minus_vehicle(table.select("vehicle"), SPINE_DENSITY)
    with pytest.raises(ConfigError, match="no spine formation was measured"):
        Statistic(Arm.VEHICLE, Level((-3.0,))).evaluate(table, FORMATION)


@pytest.mark.parametrize(
    ("cohort", "quantity", "since", "printed"),
    [
        ("shao2021", SPINE_DENSITY, None, {1: (10.0, 3.4, 16.2), 3: (12.8, 5.2, 20.3), 7: (13.9, 3.8, 22.7)}),  # P2
        ("shao2021", FORMATION, None, {1: (5.3, 2.8, 8.2), 3: (3.7, 1.9, 5.5), 7: (1.4, -2.0, 5.2)}),  # P4
        ("shao2021", ELIMINATION, None, {1: (-0.7, -6.0, 3.5), 3: (2.1, -2.0, 5.5)}),  # P5
        ("shao2021", HEAD_WIDTH, (-3.0,), {1: (10.6, 4.7, 17.9), 3: (7.1, 2.5, 12.7), 7: (5.1, 2.2, 8.7)}),  # P6
        ("shao2025_pt", SPINE_DENSITY, None, {1: (22.4, 18.3, 26.6), 5: (23.3, 18.1, 28.3), 7: (23.4, 19.4, 27.0)}),
        ("shao2025_pt", FORMATION, None, {1: (14.8, 9.6, 21.1), 3: (1.8, -1.7, 6.1)}),  # P10
        ("shao2025_pt", ELIMINATION, None, {1: (-5.3, -8.6, -1.9), 3: (2.4, -0.6, 6.3)}),  # P11
        ("shao2025_pt", HEAD_WIDTH, (-3.0,), {1: (8.2, 4.7, 11.3), 7: (9.5, 4.6, 14.4)}),  # P13
    ],
)
def test_published_effects_are_reproduced(shared: Path, cohort: str, quantity, since, printed: dict):
    table = read_branch_table(shared / "data" / cohort)
    for day, (value, low, high) in printed.items():
        effect = drug_minus_vehicle(table, quantity, day, since=since)
        assert effect.value == pytest.approx(value, abs=0.051), (cohort, quantity.name, day)
        width = high - low  # intervals of two bootstraps differ by chance: 4 % of the width
        np.testing.assert_allclose(effect.interval, (low, high), atol=0.04 * width)
