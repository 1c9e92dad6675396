"""The scoreboard: what counts as inside, what is never dropped, and neurons in a dish."""

from __future__ import annotations

import math
import runpy
from pathlib import Path

import numpy as np
import pytest

from plastisim.calibration.body_readouts import slice_drives
from plastisim.calibration.scores import of_comparison, of_findings, score_figure, score_table, scores_to_json, tally
from plastisim.calibration.slices import Dish, bathe
from plastisim.engine.errors import ConfigError
from plastisim.lab.comparison import ComparisonRow
from plastisim.lab.published import PUBLISHED
from plastisim.lab.published_body import BODY
from plastisim.lab.published_cell import CELL
from plastisim.lab.published_finding import Finding, beyond, falls, rises
from plastisim.lab.published_size import SIZE

FINDINGS = (*BODY, *CELL, *SIZE)
NUMBER = Finding("X1", "receptors", "a number", 2.0, (1.0, 3.0), "1", "someone")
UP, DOWN = rises("X2", "receptors", "up", "someone"), falls("X3", "receptors", "down", "someone")
NEVER = beyond("X4", "receptors", "never", "someone", "there is none")


def scored(*values: float):
    readouts = dict(zip((("X1", "a number"), ("X2", "up"), ("X3", "down")), values, strict=True))
    return of_findings((NUMBER, UP, DOWN, NEVER), readouts, {"X1": "because"})


def test_a_row_is_inside_its_interval_and_a_sign_on_its_side():
    good, bad = tally(scored(3.0, 0.1, -0.1)), tally(scored(3.1, -0.1, 0.1))
    assert (good.scored, good.inside, good.signs, good.right, good.missing) == (3, 3, 2, 2, 1)
    assert good.holds
    assert (bad.inside, bad.right) == (0, 0)


def test_one_wrong_sign_fails_whatever_else_is_right():
    many = [*scored(2.0, 0.1, -0.1)[:1]] * 100
    assert tally(many).holds
    assert not tally([*many, *scored(2.0, -0.1, -0.1)[1:2]]).holds


def test_a_miss_has_a_cause_and_what_cannot_be_said_a_reason():
    table = score_table(scored(9.0, 0.1, 0.1))
    assert "OUTSIDE: because" in table
    assert "OUTSIDE: not known" in table
    assert "not simulated: there is none" in table


def test_one_figure_of_a_row_may_have_a_cause_of_its_own():
    causes = {"X1": "of the row", "X1 a number": "of the figure"}
    (line,) = of_findings([NUMBER], {("X1", "a number"): 9.0}, causes)
    assert line.cause == "of the figure"
    row = ComparisonRow("X1", 1.0, "PT", "d", "f", "%", 22.0, (18.0, 26.0), 30.0, None, False, 1.0, "c")
    assert of_comparison([row], causes)[0].cause == "of the row"


def test_every_cause_belongs_to_a_row_or_to_one_of_its_figures():
    script = Path(__file__).parents[1] / "experiments" / "scoreboard.py"
    keys = runpy.run_path(str(script), run_name="script")["CAUSES"]
    rows = {one.id for one in (*FINDINGS, *PUBLISHED)}
    figures = {f"{row.id} {row.figure}" for row in PUBLISHED} | {f"{one.id} {one.readout}" for one in FINDINGS}
    assert set(keys) <= rows | figures
    assert set(keys) - rows


def test_no_row_is_dropped_silently():
    with pytest.raises(ConfigError, match=r"not simulated.*X3"):
        of_findings((NUMBER, UP, DOWN), {("X1", "a number"): 1.0, ("X2", "up"): 1.0}, {})
    with pytest.raises(ConfigError, match=r"not measured.*X9"):
        of_findings((UP,), {("X2", "up"): 1.0, ("X9", "else"): 1.0}, {})


def test_an_imaged_row_keeps_its_verdict():
    row = ComparisonRow("P8", 1.0, "PT", "d", "f", "%", 22.0, (18.0, 26.0), 30.0, None, False, 1.0, "c")
    (line,) = of_comparison([row], {"P8": "why"})
    assert (line.id, line.stage, line.inside, line.cause) == ("P8@1", "spines after a dose", False, "why")
    assert line.place == pytest.approx(2.0)


def test_the_figure_is_drawn_and_json_has_no_infinities(tmp_path):
    lines = scored(9.0, 0.1, 0.1)
    score_figure(lines, tmp_path / "board.png")
    assert (tmp_path / "board.png").read_bytes()[1:4] == b"PNG"
    document = scores_to_json(lines)
    assert document[1]["interval"] == [0.0, None]
    assert document[3]["simulated"] is None


def test_every_row_to_fit_is_on_the_board(shared):
    """Each row of the target list whose use is F is scored, or listed with the reason why it cannot be."""
    lines = [line.split("|") for line in (shared / "targets.md").read_text(encoding="utf-8").splitlines()]
    wanted = {cells[1].strip() for cells in lines if len(cells) > 3 and cells[-2].strip().startswith("F")}
    assert len(wanted) > 45
    assert wanted - {row.id for row in PUBLISHED} - {one.id for one in FINDINGS} == set()


def test_no_two_findings_share_a_readout():
    names = [(one.id, one.readout) for one in FINDINGS]
    assert len(names) == len(set(names))
    assert all(one.missing or one.is_sign or one.interval[0] <= one.value <= one.interval[1] for one in FINDINGS)
    assert all(math.isnan(one.value) for one in FINDINGS if one.missing)


def test_a_neuron_in_a_dish_rests_without_a_bath_and_answers_to_bdnf():
    rest, serotonin = slice_drives()
    times = np.array([0.0, 60.0, 300.0, 1800.0])
    quiet, fed, moved = bathe([Dish({}), Dish({}, 2.0), Dish(serotonin)], rest, times)
    for name, course in quiet.items():
        np.testing.assert_allclose(course, course[0], rtol=1e-4, atol=1e-6, err_msg=name)
    assert fed["bdnf_extracellular"][1:] == pytest.approx(2.0, rel=1e-12)
    assert fed["trkb_active"][2] > 5.0 * fed["trkb_active"][0]
    assert moved["calcium_free"].max() > 1.5 * moved["calcium_free"][0]
    assert moved["htr2a_surface"][-1] < moved["htr2a_surface"][0]
