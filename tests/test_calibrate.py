"""The fit of spines and cohorts, what it learns from agents, its posterior, sizes, and the shipped file."""

from __future__ import annotations

import dataclasses
import json
import math
import runpy
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from plastisim.biology.spines import Spines
from plastisim.calibration.emulator import learn
from plastisim.calibration.joint import Prior, Problem, Rows, ensemble, identified, optimum, profile
from plastisim.calibration.main_job import rows_of, worth
from plastisim.calibration.mean_rows import Approximation
from plastisim.calibration.means import Drive, course_of, expected_table
from plastisim.calibration.response import Expectation, Free, Setting, figures_of
from plastisim.calibration.shipping import SHIPPED, Number, fingerprint, write
from plastisim.calibration.sizes import SHOWN_SD, sizes
from plastisim.calibration.trial import WEEK, drive_of, hidden_state
from plastisim.engine.errors import ConfigError
from plastisim.engine.fields import Fit
from plastisim.lab.agonists import PSILOCYBIN
from plastisim.lab.cohort import PT_2025, THY1_GFP, Spread
from plastisim.lab.comparison import compare
from plastisim.lab.compounds import VEHICLE
from plastisim.lab.dendrites import BASAL
from plastisim.lab.giving import Dose
from plastisim.lab.imaging import Microscope
from plastisim.lab.protocol import DAY, Arm, Protocol
from plastisim.lab.published import PUBLISHED
from plastisim.lab.published_figure import PT
from plastisim.lab.turnover import observed
from plastisim.records import branch_tables, single_spine_rows
from plastisim.simulation import simulate

FREE = (Free("hiding"), Free("pulse_gain"))
EXPERIMENTS = Path(__file__).parents[1] / "experiments"


@dataclasses.dataclass(frozen=True)
class Straight:
    """A problem whose posterior is a normal one: two rows that see sums of the numbers, and a prior each."""

    free = FREE
    priors = (Prior(1.0, 1.0), Prior(1.0, 1.0))

    def scores(self, logs: np.ndarray) -> np.ndarray:
        row = (logs.sum(axis=1, keepdims=True) - 1.0) / 0.1
        return np.hstack([row, row, logs])


def setting() -> Setting:
    return Setting(Spines(), {PT: PT_2025})


def drive() -> Drive:
    time = np.array([0.0, 43200.0, 604800.0])
    return Drive(time, np.array([[1.0], [1.5], [1.0]]), np.array([[0.0], [0.3], [0.8]]))


def problem(truth: Setting) -> Problem:
    """Return a problem whose rows were made by `truth`."""
    rows = tuple(row for row in PUBLISHED if row.cohort == PT and row.id in ("P8", "P10", "V7b") and row.statistic)
    predicted = Approximation(setting(), FREE, course_of(drive(), WEEK, 7200), Microscope(), rows)
    logs = np.log([one.get(truth) for one in FREE])
    value = predicted(logs[None])[0]
    error = np.array([*((row.interval[1] - row.interval[0]) / 3.92 for row in rows), *[1.0] * 4])
    measured = Rows(tuple("r" for _ in value), value, error, error)
    priors = tuple(Prior(one.get(truth), 1.0) for one in FREE)
    return Problem(setting(), FREE, priors, measured, predicted, None, logs, np.ones(2))


def test_a_fit_finds_the_numbers_that_made_the_rows() -> None:
    truth = FREE[1].put(FREE[0].put(setting(), 0.04 / 86400.0), 3.0)
    expected = np.log([one.get(truth) for one in FREE])
    found = optimum(problem(truth), [expected + 0.4])
    assert found.logs == pytest.approx(expected, abs=0.02)
    assert np.square(found.scores).sum() < 0.01


def test_rows_of_many_settings_at_once_are_those_of_mean_tables() -> None:
    """The batch computes what a table of expected branches gives by the row's own recipe, and has no other recipe."""
    rows = tuple(row for row in PUBLISHED if row.cohort == PT and row.id in ("P8", "P10", "P11", "P13", "V14"))
    course, free = course_of(drive(), WEEK, 7200), (*FREE, Free("turnover", (PT,)), Free("responsiveness", spread=True))
    predicted = Approximation(setting(), free, course, Microscope(), rows)
    logs = np.log([one.get(setting()) for one in free]) + np.array([[0.0] * 4, [0.3, -0.2, 0.2, 0.4]])
    found = predicted(logs)[:, : len(rows)]
    for each, values in zip(logs, found, strict=True):
        made = setting()
        for one, log in zip(free, each, strict=True):
            made = one.put(made, float(np.exp(log)))
        table = Expectation(course, made.spread, Microscope()).tables(made)
        assert values == pytest.approx(figures_of(table, rows), rel=1e-6)


def test_agents_are_those_of_the_main_job() -> None:
    """With the drive of a run handed in, every row is the run's own."""
    cohorts = tuple(one.with_mice(3) for one in (THY1_GFP, PT_2025))
    arms = (Arm("vehicle", (Dose(VEHICLE),)), Arm("psilocybin", (Dose(PSILOCYBIN, 1.0),)))
    protocol = Protocol(arms, end=34 * DAY, sessions=(-3, -1, 1, 3, 5, 7, 34))
    run = simulate(protocol, cohorts, seed=5)
    own = compare(branch_tables(run), single_spine_rows(run), resamples=1)
    found = rows_of(Setting(Spines(), {one.name: one for one in cohorts}), drive_of(run), 3, 5)
    assert len(found) == len(own) + 4
    for one, other in zip(found, own, strict=False):
        assert (one.id, one.day, one.figure, one.inside) == (other.id, other.day, other.figure, other.inside)
        assert one.simulated == pytest.approx(other.simulated, rel=1e-4, abs=1e-4)


def test_an_emulator_tells_slope_curvature_and_noise_apart() -> None:
    random = np.random.default_rng(3)
    inputs = random.normal(size=(160, 6))
    truth = np.stack([inputs[:, 0] - 0.5 * inputs[:, 1], inputs[:, 2] * inputs[:, 3], 0.0 * inputs[:, 0]], axis=1)
    outputs = 2.0 + truth + 0.2 * random.normal(size=truth.shape)
    emulator = learn(inputs, outputs, np.ones((3, 6)))
    points = random.normal(size=(50, 6))
    expected = np.stack([points[:, 0] - 0.5 * points[:, 1], points[:, 2] * points[:, 3], np.zeros(50)], axis=1)
    error = np.sqrt(np.square(emulator(points) - 2.0 - expected).mean(axis=0))
    assert (error < [0.1, 0.25, 0.05]).all()
    assert 0.15 < emulator.left_out[:, 2].std() < 0.25
    blind, without = learn(inputs, outputs, np.tile(np.arange(6.0) > 0.0, (3, 1))), inputs[:, 1:]
    never = learn(without, outputs, np.ones((3, 5)))
    assert blind(points) == pytest.approx(never(points[:, 1:]), rel=1e-9)
    assert blind.left_out == pytest.approx(never.left_out, rel=1e-9)
    assert 0.9 < blind.left_out[:, 0].std() < 1.2  # the input that it must not see is noise to it


def test_rows_that_err_together_are_worth_fewer() -> None:
    random = np.random.default_rng(1)
    common, own = random.normal(size=(4000, 1)), random.normal(size=(4000, 6))
    assert worth(own) == pytest.approx(6.0, rel=0.02)
    assert worth(np.hstack([common] * 3 + [own[:, :1]])) == pytest.approx(16.0 / 10.0, rel=0.05)
    few = random.normal(size=(30, 40, 10))
    assert np.mean([worth(np.repeat(one, 3, axis=1)) for one in few]) == pytest.approx(10.0, rel=0.05)


def test_rows_of_the_question_count_in_full() -> None:
    script = runpy.run_path(str(EXPERIMENTS / "calibrate.py"), run_name="script")
    names = ("P8@1 PT drug minus vehicle", "P8@3 PT drug minus vehicle", "V6 pooled vehicle branch mean")
    assert script["weights"](names).tolist() == [1.0, 0.7, 0.7]
    rows = {f"{row.id}@{row.day:g}" for row in PUBLISHED if row.scored and row.day is not None}
    assert set(script["QUESTION"]) <= rows
    plain = problem(setting())
    logs = np.log([[one.get(setting()) for one in FREE]]) + 0.3
    weight = np.ones(len(plain.rows.names))
    weight[0] = 4.0
    found, before = dataclasses.replace(plain, weight=weight).scores(logs), plain.scores(logs)
    assert found[0, 0] == pytest.approx(2.0 * before[0, 0])
    assert found[0, 1:] == pytest.approx(before[0, 1:])


def test_the_ensemble_is_the_posterior() -> None:
    """Sum known to 0.0707, difference by the priors only: SD of each is about 1 / sqrt(2)."""
    straight: Any = Straight()
    best = optimum(straight, [np.array([0.3, -0.2])])
    draws = ensemble(straight, best, 4000, 3)
    assert draws.size > 1000
    total = draws.logs.sum(axis=1)
    mean = draws.weights @ total
    assert math.sqrt(draws.weights @ np.square(total - mean)) == pytest.approx(1.0 / math.sqrt(200.5), rel=0.1)
    assert draws.deviation() == pytest.approx(math.sqrt(0.25 / 200.5 + 0.5), rel=0.1)
    assert draws.pick(50, 1).shape == (50, 2)


def test_what_the_rows_do_not_fix_is_named() -> None:
    straight: Any = Straight()
    best = optimum(straight, [np.array([0.3, -0.2])])
    known = identified(straight, best)
    assert known.eigenvalues == pytest.approx([0.0, 400.0], abs=1e-3)
    assert known.learned == pytest.approx([0.5, 0.5], abs=0.01)
    assert known.correlation[0, 1] < -0.99
    assert set(known.weakest[0].split()[1::2]) == {"hiding", "pulse_gain"}
    held, least, other = profile(straight, best, 0, (0.5, 1.0, 2.0))
    assert least == pytest.approx(best.others[0], rel=1e-6)
    assert min(held, other) > least + 0.4  # (ln 2)² from the prior of each, less what the other number takes over


def test_the_mean_field_refuses_use_and_knows_compartments() -> None:
    by_use = dataclasses.replace(Spines(), use_capture=1e-6)
    course = course_of(drive(), WEEK, 7200)
    with pytest.raises(ConfigError, match=r"no AMPA gain, but spines.use_capture is 1e-06 1/s"):
        expected_table(by_use, PT_2025, Spread(), course, Microscope(), "psilocybin")
    weaker = dataclasses.replace(PT_2025, compartment=dataclasses.replace(BASAL, drive=0.5))
    scaled = dataclasses.replace(PT_2025, responsiveness=0.5)
    found, expected = (
        expected_table(Spines(), one, Spread(), course, Microscope(), "psilocybin") for one in (weaker, scaled)
    )
    assert np.allclose(found.formation[:, 1:], expected.formation[:, 1:], rtol=1e-9)


@pytest.mark.slow
def test_the_script_runs_in_its_small_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLASTISIM_CACHE", "off")
    monkeypatch.setattr(sys, "argv", ["calibrate", "--small", "--out", str(tmp_path)])
    with pytest.raises(SystemExit) as ended:
        runpy.run_path(str(EXPERIMENTS / "calibrate.py"), run_name="__main__")
    document = json.loads((tmp_path / "calibrate.json").read_text(encoding="utf-8"))
    assert ended.value.code == (0 if document["agree"] else 3)
    assert {one["rows"] for one in document["seeds"]} == {85}


def test_sizes_show_the_rows_they_come_from():
    seen, microscope = observed(hidden_state(Spines()).flow()), Microscope()
    noise, slow, fast, thin = (one[0] for one in sizes(microscope, seen))
    mean = microscope.width_median * math.exp(0.5 * (slow**2 + fast**2))
    shown = mean / (microscope.width_offset + mean) * np.sqrt([noise**2 + slow**2 + fast**2, noise**2, slow**2])
    assert shown[0] == pytest.approx(SHOWN_SD, rel=1e-6)
    assert np.square(shown[1:] / shown[0]) == pytest.approx([0.70, 0.25], rel=1e-6)
    new = seen.new_transient * (microscope.width_offset + mean * math.exp(-thin)) + (1.0 - seen.new_transient) * (
        microscope.width_offset + mean
    )
    assert new / (microscope.width_offset + mean) == pytest.approx(0.82, rel=1e-6)


def test_the_package_ships_what_the_file_says():
    document = json.loads(SHIPPED.read_text(encoding="utf-8"))
    numbers = document["numbers"]
    for path, number in numbers.items():
        owner, name = path.split(".")
        holder = {
            "spines": Spines(),
            "cohorts": PT_2025,
            "Thy1-GFP": THY1_GFP,
            "PT": PT_2025,
            "microscope": Microscope(),
            "spread": Spread(),
        }
        assert getattr(holder[owner], name) == number["value"], path
    fields = {field.name: field for field in dataclasses.fields(Spines)}
    for path in (path for path in numbers if path.startswith("spines.")):
        metadata = fields[path.partition(".")[2]].metadata
        assert metadata["unit"] == numbers[path]["unit"]
        assert metadata["source"].confidence == "fitted"
        assert document["script"] in metadata["source"].text


def test_a_number_in_another_unit_is_refused(tmp_path):
    file = tmp_path / "fit.json"
    write(file, {"a.b": Number(1.23456789e-5, 0.123456, "1/s", "V6")}, "script.py", 4, fingerprint((1, 2)), ())
    assert Fit(file).value("a.b", "1/s") == 1.235e-5
    assert "script.py, seed 4: rows V6" in Fit(file).source("a.b").text
    with pytest.raises(ValueError, match=r"fitted in 1/s, but is declared in 1/d"):
        Fit(file).value("a.b", "1/d")
