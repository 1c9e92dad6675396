"""Spine turnover in the mean: exact cases, stationarity, and agreement with agents."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from plastisim.biology.spines import Spines
from plastisim.calibration.means import Drive, course_of, expected_table
from plastisim.calibration.trial import WEEK, agents_table, hidden_state
from plastisim.engine.errors import ConfigError
from plastisim.lab.cohort import PT_2025, Spread
from plastisim.lab.hazard_laws import HiddenState, OneHazard, SizeDetection, TwoPools
from plastisim.lab.imaging import Microscope
from plastisim.lab.turnover import Flow, observed
from plastisim.lab.turnover_fit import Branches, baseline, fit

LAWS = (
    OneHazard(0.05, 0.0), TwoPools(0.3, 0.1, 0.01, 0.05, 0.0), HiddenState(drift=0.0), SizeDetection(drift=0.0),
)  # fmt: skip


@pytest.mark.parametrize("loss", [0.01, 0.2])
def test_one_hazard_is_exponential(loss: float) -> None:
    seen = observed(OneHazard(loss, 0.0).flow())
    assert seen.elimination == pytest.approx(1.0 - np.exp(-2.0 * loss), rel=1e-12)
    assert seen.late_elimination == pytest.approx(1.0 - np.exp(-27.0 * loss), rel=1e-12)
    assert seen.survival == pytest.approx(np.exp(-loss * np.array([2.0, 4.0, 6.0, 33.0])), rel=1e-12)
    assert seen.returned == (0.0, 0.0, 0.0)


def test_a_missed_spine_looks_lost_and_comes_back() -> None:
    missed, still = 0.1, np.exp(-2.0 * 0.05)
    pools = TwoPools(0.05, 0.5, 0.05, missed, 0.0)  # both pools are lost alike
    seen = observed(pools.flow())
    assert seen.elimination == pytest.approx(1.0 - (1.0 - missed) * still, rel=1e-12)
    assert seen.returned[:2] == pytest.approx((missed * (1.0 - missed) * still**2, missed**2 * (1 - missed) * still**3))


@pytest.mark.parametrize("law", LAWS)
def test_at_rest_gains_equal_losses(law: OneHazard) -> None:
    flow, seen = law.flow(), observed(law.flow())
    assert flow.kept(5.0) @ flow.resting() + flow.added(5.0) == pytest.approx(flow.resting(), rel=1e-9)
    assert seen.formation == pytest.approx(seen.elimination, rel=1e-9)
    assert seen.late_formation == pytest.approx(seen.late_elimination, rel=1e-9)


def test_drift_adds_losses_and_no_gains() -> None:
    rest, drifting = (observed(HiddenState(drift=drift).flow()) for drift in (0.0, 0.01))
    assert drifting.elimination > rest.elimination
    assert drifting.formation < rest.formation


def test_a_law_given_the_wrong_way_round_is_refused() -> None:
    with pytest.raises(ConfigError, match="to, from"):
        Flow(np.array([[-1.0, 1.0], [0.0, -0.1]]).T * np.array([[1.0], [2.0]]) + 1.0, np.ones(2), np.ones(2))


def test_a_fit_finds_the_law_that_made_the_rows() -> None:
    truth, branches = HiddenState(), Branches()
    rows = [dataclasses.replace(row, value=row.expect(observed(truth.flow()), branches)) for row in baseline()]
    start = dataclasses.replace(truth, hiding=0.02, appearing=0.35)
    found = fit("truth", start, ("hiding", "appearing"), rows, branches, starts=1)
    assert found.chi_squared < 1e-6
    assert found.values() == pytest.approx({"hiding": 0.03, "appearing": 0.26}, rel=1e-3)


def test_the_mean_of_a_branch_at_rest_is_the_linear_law() -> None:
    """Two descriptions of one law, by rates and by ticks of `Spines`, agree."""
    quiet = Drive(np.array([0.0]), np.ones((1, 1)), np.zeros((1, 1)))
    cohort = dataclasses.replace(PT_2025, turnover=1.0, drift=0.0, handling=0.0)
    course = course_of(quiet, WEEK, 7200)
    table = expected_table(Spines(), cohort, Spread(), course, Microscope(), "psilocybin")
    seen = observed(hidden_state(Spines()).flow())
    assert np.allclose(table.formation[:, 1:], seen.formation, rtol=0.02)
    assert np.allclose(table.elimination[:, 1:], seen.elimination, rtol=0.02)
    assert np.ptp(table.spine_density) < 2e-3 * table.spine_density.mean()


def test_agents_agree_with_their_mean() -> None:
    """Elimination, an unbiased mean of ratios, within four standard errors; density too."""
    strong = Drive(np.array([0.0, 43200.0, 604800.0]), np.array([[1.0], [1.4], [1.0]]), np.array([[0], [0.3], [0.8]]))
    cohort, spread = PT_2025.with_mice(40), Spread(turnover=0.0)
    microscope = Microscope(resolution=1e-9)
    agents = agents_table(Spines(), cohort, spread, microscope, WEEK, {"vehicle": None, "psilocybin": strong})
    means = expected_table(Spines(), cohort, spread, course_of(strong, WEEK, 7200), microscope, "psilocybin")
    for arm in ("vehicle", "psilocybin"):
        found, expected = agents.select(arm), means.select(arm)
        error = np.nanstd(found.elimination[:, 1:], axis=0) / np.sqrt(len(found))
        assert np.all(np.abs(np.nanmean(found.elimination[:, 1:], 0) - expected.elimination[:, 1:].mean(0)) < 4 * error)
        change, mean = (one.spine_density.mean(0) / one.spine_density[:, 0].mean() for one in (found, expected))
        assert np.allclose(change, mean, atol=0.035)
