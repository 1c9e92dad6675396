"""The fit of spines and cohorts, its posterior, sizes, and the shipped file."""

from __future__ import annotations

import dataclasses
import json
import math
from typing import Any

import numpy as np
import pytest

from plastisim.biology.spines import Spines
from plastisim.calibration.joint import Prior, Problem, ensemble, identified, optimum
from plastisim.calibration.means import Drive, course_of
from plastisim.calibration.response import Expectation, Free, Setting, figures_of
from plastisim.calibration.shipping import SHIPPED, Number, fingerprint, write
from plastisim.calibration.sizes import SHOWN_SD, sizes
from plastisim.calibration.trial import WEEK, hidden_state
from plastisim.engine.fields import Fit
from plastisim.lab.cohort import PT_2025, THY1_GFP, Spread
from plastisim.lab.imaging import Microscope
from plastisim.lab.published import PUBLISHED
from plastisim.lab.published_figure import PT
from plastisim.lab.turnover import observed
from plastisim.lab.turnover_fit import Branches

FREE = (Free("hiding"), Free("pulse_gain"))


@dataclasses.dataclass(frozen=True)
class Straight:
    """A problem whose posterior is a normal one: two rows that see sums of the numbers, and a prior each."""

    free = FREE
    priors = (Prior(1.0, 1.0), Prior(1.0, 1.0))

    def scores(self, logs: np.ndarray) -> np.ndarray:
        return np.array([(logs[0] + logs[1] - 1.0) / 0.1, (logs[0] + logs[1] - 1.0) / 0.1, *logs])


def problem(truth: Setting) -> Problem:
    """Return a problem whose rows were made by `truth`."""
    time = np.array([0.0, 43200.0, 604800.0])
    drive = Drive(time, np.array([[1.0], [1.5], [1.0]]), np.array([[0.0], [0.3], [0.8]]))
    expectation = Expectation(course_of(drive, WEEK, 7200), Spread(), Microscope())
    rows = tuple(row for row in PUBLISHED if row.cohort == PT and row.id in ("P8", "P10", "V7b") and row.statistic)
    made = figures_of(expectation.tables(truth), rows)
    figures = tuple(dataclasses.replace(row, value=float(value)) for row, value in zip(rows, made, strict=True))
    start = Setting(Spines(), {PT: PT_2025})
    priors = tuple(Prior(one.get(truth), 1.0) for one in FREE)
    return Problem(start, FREE, priors, (), PT, Branches(), figures, expectation, np.zeros(len(figures)))


def test_a_fit_finds_the_numbers_that_made_the_rows():
    truth = FREE[1].put(FREE[0].put(Setting(Spines(), {PT: PT_2025}), 0.04 / 86400.0), 3.0)
    made = problem(truth)
    expected = np.log([one.get(truth) for one in FREE])
    found = optimum(made, [expected + 0.4])
    assert found.logs == pytest.approx(expected, abs=0.02)
    assert np.square(found.scores).sum() < 0.01


def test_the_ensemble_is_the_posterior():
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


def test_what_the_rows_do_not_fix_is_named():
    straight: Any = Straight()
    known = identified(straight, optimum(straight, [np.array([0.3, -0.2])]))
    assert known.eigenvalues == pytest.approx([0.0, 400.0], abs=1e-3)
    assert known.learned == pytest.approx([0.5, 0.5], abs=0.01)
    assert known.correlation[0, 1] < -0.99
    assert set(known.weakest[0].split()[1::2]) == {"hiding", "pulse_gain"}


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
