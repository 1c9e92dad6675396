"""The command line: every wrong call is one clear line and exit code 2, before anything is computed or written."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ROOT

from plastisim import cli
from plastisim.commands.scripts import experiment_names, load_experiment

TABLE = "mouse_id,sex,condition,fov,dendrite,day_-1,day_1\n"
WRONG = {
    "no experiment": (["--out", "o"], "needs the name of an experiment"),
    "misspelt experiment": (["windw-24h", "--out", "o"], "did you mean 'window-24h'?"),
    "no output": (["window-24h"], "--out"),
    "misspelt option": (["window-24h", "--out", "o", "--smal"], "Did you mean --small?"),
    "unknown compound": (["window-24h", "--out", "o", "--compound", "psilocibin"], "did you mean 'psilocybin'?"),
    "vehicle as drug": (["window-24h", "--out", "o", "--compound", "saline"], "choose a drug"),
    "dose without unit": (["window-24h", "--out", "o", "--dose", "1"], "mg/kg"),
    "dose of a wrong dimension": (["window-24h", "--out", "o", "--dose", "1 h"], "mg/kg"),
    "negative dose": (["window-24h", "--out", "o", "--dose", "-1 mg/kg"], "more than 0 mg/kg"),
    "infinite dose": (["window-24h", "--out", "o", "--dose", "inf mg/kg"], "mg/kg"),
    "dose after the end": (["window-24h", "--out", "o", "--at", "40 d"], "outside the run"),
    "dose off the clock": (["window-24h", "--out", "o", "--at", "1.5 s"], "whole seconds"),
    "session off the clock": (["window-24h", "--out", "o", "--sessions", "-1,0.03,1"], "off the clock"),
    "sessions that are words": (["window-24h", "--out", "o", "--sessions", "a,b"], "days separated by commas"),
    "no session at 24 h": (["window-24h", "--out", "o", "--sessions", "-1,3"], "expected day 1"),
    "no session before": (["window-24h", "--out", "o", "--sessions", "1,3"], "before the dose"),
    "endless run": (["window-24h", "--out", "o", "--sessions", "-1,1,1e9"], "at most"),
    "seed that is no number": (["window-24h", "--out", "o", "--seed", "abc"], "--seed"),
    "negative seed": (["window-24h", "--out", "o", "--seed", "-1"], "seed"),
    "no table": (["window-24h", "--out", "o", "--data", "nowhere.csv"], "no such file"),
    "empty table": (["window-24h", "--out", "o", "--data", "empty.csv"], "empty"),
    "malformed table": (["window-24h", "--out", "o", "--data", "broken.csv"], "row 2, column day_1"),
    "taken output": (["window-24h", "--out", "taken"], "not empty"),
    "taken JSON": (["window-24h", "--out", "o", "--json", "empty.csv"], "exists"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_call_is_one_clear_line(
    case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PLASTISIM_CACHE", "off")
    (tmp_path / "empty.csv").touch()
    (tmp_path / "broken.csv").write_text(TABLE + "m1,F,saline,1,1,0.4,many\n", encoding="utf-8")
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "thesis.txt").write_text("mine", encoding="utf-8")
    before = sorted(tmp_path.rglob("*"))
    options, expected = WRONG[case]

    code = cli.main(["run", *options])

    error = [line for line in capsys.readouterr().err.splitlines() if not line.startswith("simulating:")]
    assert code == 2
    assert len(error) == 1
    assert error[0].startswith("plastisim: ")
    assert expected in error[0]
    assert sorted(tmp_path.rglob("*")) == before


def test_every_experiment_that_is_offered_can_be_loaded() -> None:
    names = experiment_names()
    assert "window-24h" in names
    assert all(callable(load_experiment(name)) for name in names)


def test_python_can_call_it_as_a_module():
    call = [sys.executable, "-m", "plastisim", "run", "window-24h", "--out", "o", "--dose", "1"]
    done = subprocess.run(
        call, capture_output=True, text=True, check=False, env={**os.environ, "PYTHONPATH": str(ROOT)}
    )
    assert done.returncode == 2
    assert done.stderr.startswith("plastisim: ")
    assert "mg/kg" in done.stderr
