"""The verdict: holds, does not hold for either reason, and cannot tell."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from plastisim.lab.branch_table import FORMATION, SPINE_DENSITY, BranchTable
from plastisim.lab.table_reader import read_branch_table
from plastisim.lab.window import Direction, Thresholds, judge, mouse_changes, ordinary_window

VEHICLE = (-4.0, 0.0, 4.0, 0.0)


def mice(vehicle: tuple[float, ...], drug: tuple[float, ...], branches: int = 2) -> BranchTable:
    """Return a table in which every branch of a mouse changes by that mouse's per cent on day 1."""
    change = np.repeat([*vehicle, *drug], branches)
    density = np.column_stack([np.full(len(change), 0.5), np.full(len(change), 0.5), 0.5 + 0.5 * change / 100.0])
    names = np.repeat([f"m{i}" for i in range(len(vehicle) + len(drug))], branches)
    arms = np.repeat(["vehicle", "psilocybin"], [len(vehicle) * branches, len(drug) * branches])
    return BranchTable(names, arms, np.array([-3.0, -1.0, 1.0]), density)


def test_window_is_the_vehicle_mices_own_spread():
    window = ordinary_window(mice(VEHICLE, (50.0,)))
    sd = np.sqrt(32.0 / 3.0)
    assert window.mean == pytest.approx(0.0)
    assert window.sd == pytest.approx(sd)
    assert (window.lower, window.upper) == pytest.approx((-1.96 * sd, 1.96 * sd))
    assert window.n_mice == 4
    assert "1.96 SD" in window.basis


@pytest.mark.parametrize(
    ("drug", "holds", "direction", "share"),
    [
        ((20.0, 20.0, 20.0), True, Direction.ABOVE, 1.0),
        ((-20.0, -20.0, -20.0, 0.0), True, Direction.BELOW, 0.75),
        ((20.0, 20.0, 6.0, 6.0), False, Direction.ABOVE, 0.5),  # half is not more than half
        ((20.0, 20.0, -20.0, -20.0), False, Direction.NEITHER, 1.0),  # outside, on both sides
        ((20.0, 20.0, -20.0), False, Direction.NEITHER, 1.0),  # most above, and the interval still holds zero
        ((1.0, 0.0, -1.0), False, Direction.NEITHER, 0.0),
    ],
)
def test_verdict_needs_the_effect_and_the_mice(
    drug: tuple[float, ...], holds: bool, direction: Direction, share: float
):
    verdict = judge(mice(VEHICLE, drug))
    assert verdict.holds is holds
    assert verdict.direction is direction
    assert verdict.share_outside == pytest.approx(share)
    assert verdict.effect == pytest.approx(np.mean(drug))
    assert verdict.interval[0] <= verdict.effect <= verdict.interval[1]
    assert ("does not leave" in verdict.statement) is not holds
    assert f"{round(share * len(drug))} of {len(drug)} mice" in verdict.statement


def test_thresholds_are_obeyed():
    table = mice(VEHICLE, (20.0, 20.0, 6.0, 6.0))
    assert judge(table, thresholds=Thresholds(share=0.4)).holds
    assert judge(table, thresholds=Thresholds(width=1.0)).holds
    assert not judge(table, thresholds=Thresholds(share=0.4, mice=5)).holds
    wide = judge(mice((-4.0, 0.0, 4.0), (20.0, 2.0, 9.0)), thresholds=Thresholds(level=0.9999)).interval
    narrow = judge(mice((-4.0, 0.0, 4.0), (20.0, 2.0, 9.0)), thresholds=Thresholds(level=0.5)).interval
    assert wide[0] < narrow[0] < narrow[1] < wide[1]


@pytest.mark.parametrize(("vehicle", "drug"), [(VEHICLE, (50.0, 50.0)), ((0.0, 1.0), (50.0,) * 4)])
def test_too_few_mice_cannot_tell(vehicle: tuple[float, ...], drug: tuple[float, ...]):
    verdict = judge(mice(vehicle, drug))
    assert not verdict.holds
    assert np.isnan(verdict.effect)
    assert "cannot be told" in verdict.statement
    assert verdict.headline == "Too few mice to tell whether psilocybin leaves the ordinary window"
    assert f"{len(vehicle)} vehicle and {len(drug)} psilocybin mice" in verdict.statement


def test_a_mouse_not_imaged_on_the_day_is_not_counted():
    table = mice(VEHICLE, (20.0, 20.0, 20.0))
    table.spine_density[-2:, 2] = np.nan
    verdict = judge(table)
    assert verdict.n_mice == 2
    assert "cannot be told" in verdict.statement


def test_measured_cohorts(shared: Path):
    """P21, P22: 4 of 6 and 9 of 9 mice above; both cohorts leave the window in density."""
    thy1, pt = (read_branch_table(shared / "data" / name) for name in ("shao2021", "shao2025_pt"))
    for table, above, mice_n, sd in ((thy1, 4, 6, 7.2), (pt, 9, 9, 5.3)):
        verdict = judge(table)
        assert verdict.holds
        assert verdict.direction is Direction.ABOVE
        assert verdict.share_outside == pytest.approx(above / mice_n)
        changes = mouse_changes(table.select("psilocybin"), SPINE_DENSITY)
        assert changes.std(ddof=1) == pytest.approx(sd, abs=0.05)
    assert judge(pt, FORMATION).holds
