"""Which numbers the 24-hour effect rests on: what varies, neurons side by side, shares of the variance."""

from __future__ import annotations

import dataclasses
import json
import math
import runpy
import sys
from pathlib import Path

import numpy as np
import pytest

from plastisim.calibration.cell_readouts import density_after_a_day
from plastisim.calibration.effects import FATES, OF_NEURONS, RATE, RESERVE, cascades, effects
from plastisim.calibration.factors import SD, Factor, factors, sets, values_of
from plastisim.calibration.share_figure import share_figure
from plastisim.calibration.shares import shares
from plastisim.calibration.trial import drive_of
from plastisim.engine.errors import ConfigError
from plastisim.lab.agonists import PSILOCYBIN
from plastisim.lab.cohort import PT, PT_2025, Cohort, Spread
from plastisim.lab.protocol import DAY, Arm, Dose, Protocol
from plastisim.model import default_pathway
from plastisim.simulation import simulate

EXPERIMENTS = Path(__file__).parents[1] / "experiments"
KNOWN = [
    Factor("pathway", "gq.reserve", 3.0, "1", "chosen", 0.35),
    Factor("pathway", "gq.basal_activity", 0.002, "1", "chosen", 0.35),
    Factor("spines", "pulse_gain", 5.0, "1", "fitted", 0.2),
    Factor("pathway", "calcium.er_leak", 1.0, "1/s", "seen", 0.1),
]


def answered(function):
    shifts = sets(KNOWN, 1500, 1)
    noise = 0.3 * np.random.default_rng(2).normal(size=len(shifts))
    return shares(KNOWN, shifts, function(shifts) + noise, 0)


def test_lines_and_parabolas_share_the_variance():
    found = answered(lambda x: 2.0 * x[:, 0] + x[:, 1] - 2.0 * x[:, 2] + (x[:, 3] ** 2 - 1.0) / math.sqrt(2.0))
    assert found.each == pytest.approx(np.array([4, 1, 4, 1]) / 10.09, abs=0.05)
    assert found.slope == pytest.approx([2.0, 1.0, -2.0, 0.0], abs=0.05)
    assert {name: round(share, 1) for name, (share, _) in found.groups.items()} == {
        "seen": 0.1, "fitted": 0.4, "chosen": 0.5
    }  # fmt: skip
    assert found.predicted == pytest.approx(10.0 / 10.09, abs=0.02)
    assert found.explained == pytest.approx(sum(found.each), rel=1e-9)


def test_what_numbers_do_together_belongs_to_none():
    found = answered(lambda x: x[:, 0] * x[:, 2])
    assert abs(found.explained) < 0.05
    assert found.predicted < 0.05


def test_the_error_is_that_of_other_noise():
    shifts = sets(KNOWN, 300, 4)
    random = np.random.default_rng(5)
    found = [shares(KNOWN, shifts, shifts[:, 0] + random.normal(size=300), 0) for _ in range(60)]
    assert np.std([one.each[0] for one in found]) == pytest.approx(found[0].error[0], rel=0.35)
    assert np.mean([one.each[1] for one in found]) == pytest.approx(0.0, abs=0.0015)


def test_too_few_sets_are_refused():
    with pytest.raises(ConfigError, match="4 numbers need at least 10 sets"):
        shares(KNOWN, sets(KNOWN, 9, 1), np.arange(9.0), 0)


def test_the_numbers_are_those_between_dose_and_spine():
    known = {one.path: one for one in factors(PSILOCYBIN, PT_2025, {"spines.pulse_gain": 0.4, "PT.turnover": 0.3})}
    assert {"gq.reserve", "psilocybin.htr2a_on", "serotonin_tone", "rate_median", "handling"} <= set(known)
    absent = {"psilocybin.molar_mass", "held_loss", "bdnf.diffusion", "htr2a_density", "serotonin.volume"}
    assert not absent & set(known)
    assert (known["pulse_gain"].sd, known["turnover"].sd) == (0.4, 0.3)
    assert known["gq.reserve"].sd == SD["chosen"] == pytest.approx(math.log(2.0) / 1.96)
    share = known["transcription.inside_weight"].at(np.array([-2.5, 0.0, 2.5]))
    assert share[1] == pytest.approx(0.95)
    assert 0.0 < share[0] < share[1] < share[2] < 1.0
    assert known["gq.reserve"].at(np.array([1.0])) == pytest.approx(3.0 * 2.0 ** (1.0 / 1.96))


@pytest.mark.slow
def test_sets_side_by_side_are_runs_of_their_own():
    """The same four neurons, simulated as a mouse with these numbers, drive the same density; one set has no answer."""
    known = factors(PSILOCYBIN, PT_2025, {})
    shifts = np.zeros((3, len(known)))
    place = {one.path: index for index, one in enumerate(known)}
    shifts[1, [place["gq.reserve"], place["psilocybin.htr2a_efficacy"], place["pulse_half"]]] = 1.0, -0.5, 0.5
    shifts[2, place["calcium.er_leak"]] = -16.0  # a fifth of the leak: calcium oscillates
    found = cascades(known, shifts, PSILOCYBIN, 1.0)
    answer = effects(known, shifts, found, PT_2025)
    assert [FATES[fate] for fate in found.fate[:2]] == ["followed"] * 2
    assert FATES[found.fate[2]] == "oscillates"
    assert np.isnan(answer[2])
    plain = Spread()
    pathway = default_pathway()
    reserve = pathway.gq.reserve * np.exp(plain.reserve * np.resize(RESERVE, 64))
    pathway = dataclasses.replace(pathway, gq=dataclasses.replace(pathway.gq, reserve=reserve))
    alike = Spread(reserve=0.0, rate=0.0, elimination=0.0)
    same = [one for one in range(len(known)) if known[one].path == "rate"]
    shifts[:, same] = -1e4  # neurons with one rate, as in the run
    run = simulate(
        Protocol((Arm("drug", (Dose(PSILOCYBIN, 1.0),)),), start=0, end=DAY, sessions=(0, 1)),
        (Cohort("one", PT, mice=1, neurons=4, dendrites=1),), pathway=pathway, spread=alike,
    )  # fmt: skip
    one = effects(known, shifts, cascades(known, shifts, PSILOCYBIN, 1.0), PT_2025)[0]
    assert one == pytest.approx(density_after_a_day(drive_of(run), cohort=dataclasses.replace(PT_2025)), rel=0.02)
    assert abs(answer[1] - answer[0]) > 0.1


def test_neurons_of_a_set_differ_as_in_a_run():
    assert abs(RESERVE @ RATE) < 0.2 * (RESERVE @ RESERVE)
    assert set(OF_NEURONS) <= {field.name for field in dataclasses.fields(Spread)}
    shifts = sets(KNOWN, 5, 1)
    assert values_of(KNOWN, shifts, "spines")["pulse_gain"] == pytest.approx(5.0 * np.exp(0.2 * shifts[:, 2]))


def test_the_figure_is_drawn(tmp_path: Path):
    share_figure(KNOWN, answered(lambda x: x[:, 0]), "a title", tmp_path / "shares.png")
    assert (tmp_path / "shares.png").read_bytes()[1:4] == b"PNG"


@pytest.mark.slow
def test_the_script_runs_in_its_small_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sys, "argv", ["sensitivity", "--small", "--out", str(tmp_path)])
    with pytest.raises(SystemExit) as ended:
        runpy.run_path(str(EXPERIMENTS / "sensitivity.py"), run_name="__main__")
    assert ended.value.code == 0
    document = json.loads((tmp_path / "sensitivity.json").read_text(encoding="utf-8"))
    assert sum(document["fates"].values()) == document["sets"] == 80
    total = sum(one["share"] for one in document["by_confidence"].values())
    assert total == pytest.approx(document["explained"], rel=1e-9)
    assert (tmp_path / "sensitivity.png").exists()
