"""Every script in experiments/ in its small size, and an experiment from a file: exit code, JSON, repetition."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray

import plastisim as ps
from plastisim import cli
from plastisim.commands.scripts import experiment_names

OWN_TESTS = ("window-24h", "calibrate", "scoreboard", "sensitivity")  # scripts with tests of their own
NAMES = [name for name in experiment_names() if name not in OWN_TESTS]
KEYS = {
    "readout", "label", "unit", "cohort", "arm", "time", "mean", "interval", "minus_vehicle", "minus_vehicle_interval",
    "n_mice", "fold_of_vehicle", "fold_interval",
}  # fmt: skip
FILE = """
schema = "plastisim/1"
title = "A file of the test"
seed = 4
cohorts = [{ like = "PT 2025", mice = 3 }]
imaging.sessions = [-1, 1, 3]

[[arms]]
name = "vehicle"
doses = [{ compound = "vehicle" }]

[[arms]]
name = "drug"
doses = [{ compound = "psilocybin", amount = "1 mg/kg" }]

[[readouts]]
name = "density"

[[readouts]]
name = "new_spine_survival"

[[readouts]]
name = "mepsc_frequency"

[[readouts]]
name = "occupancy"
at = ["10 min", "1 d"]

[[readouts]]
name = "bdnf_mrna"
at = ["2 h"]

[verdict]
readout = "density"
arm = "drug"
at = 1
above = "5 %"
"""


@pytest.fixture(autouse=True)
def _no_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLASTISIM_CACHE", "off")


def run(*arguments: str, out: Path) -> tuple[int, dict[str, Any]]:
    """Return the exit code of a run and its JSON."""
    code = cli.main(["run", *arguments, "--out", str(out), "--quiet"])
    (file,) = [one for one in out.glob("*.json") if one.name != "call.json"]
    return code, json.loads(file.read_text(encoding="utf-8"))


LONG = ("blockade", "compounds-compared", "hypotheses")  # several programs compile for each


@pytest.mark.parametrize("name", [pytest.param(one, marks=[pytest.mark.slow] * (one in LONG)) for one in NAMES])
def test_a_script_runs_in_its_small_size(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, document = run(name, "--small", out=tmp_path / "out")
    assert code == (0 if document["verdict"] else 3)
    assert document["verdict"] == all(document["expected"].values())
    assert all(one in capsys.readouterr().out for one in [document["statement"]])
    assert {row["readout"] for row in document["readouts"]} <= set(ps.READOUTS)
    for row in document["readouts"]:
        assert set(row) == KEYS
        assert row["arm"] in document["arms"]
        low, high = row["minus_vehicle_interval"]
        assert low <= row["minus_vehicle"] <= high
    assert (tmp_path / "out" / f"{name.replace('-', '_')}.png").read_bytes()[1:4] == b"PNG"
    assert ps.load_experiment_file(tmp_path / "out" / "experiment.toml").seed == 0


def test_the_readme_lists_what_can_be_run() -> None:
    text = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
    assert sorted(re.findall(r"^\| `([\w-]+)` \|", text, re.MULTILINE)) == experiment_names()


@pytest.mark.parametrize("name", ["scoreboard", "spine-law"])
def test_a_script_of_its_own_says_how_it_is_run(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["run", name, "--out", str(tmp_path / "o")]) == 2
    said = capsys.readouterr().err
    assert f"{name} is a script of its own; run: python " in said
    assert f"{name.replace('-', '_')}.py --out DIR" in said
    assert cli.main(["run", "blokade", "--out", str(tmp_path / "o")]) == 2
    assert "did you mean 'blockade'?" in capsys.readouterr().err


@pytest.fixture(scope="module")
def from_file(tmp_path_factory: pytest.TempPathFactory) -> tuple[int, dict[str, Any], Path]:
    """Exit code, JSON and output folder of the file."""
    folder = tmp_path_factory.mktemp("file")
    (folder / "own.toml").write_text(FILE, encoding="utf-8")
    patch = pytest.MonkeyPatch()
    patch.setenv("PLASTISIM_CACHE", "off")
    code, document = run(str(folder / "own.toml"), "--gq.reserve", "2", out=folder / "out")
    patch.undo()
    return code, document, folder / "out"


def digest(dataset: xarray.Dataset) -> str:
    """Return a hash of all numbers of a dataset."""
    whole = hashlib.sha256()
    for name in sorted(map(str, dataset.data_vars)):
        whole.update(name.encode() + np.ascontiguousarray(dataset[name].values).tobytes())
    return whole.hexdigest()


def row_of(document: dict[str, Any], readout: str, arm: str, time: float) -> dict[str, Any]:
    (row,) = [row for row in document["readouts"] if (row["readout"], row["arm"], row["time"]) == (readout, arm, time)]
    return row


def test_a_file_gets_its_verdict(from_file: tuple[int, dict[str, Any], Path]) -> None:
    code, document, folder = from_file
    effect = row_of(document, "density", "drug", ps.DAY)
    assert code == (0 if effect["minus_vehicle_interval"][0] > 5.0 else 3)
    assert document["seed"] == 4
    assert (folder / "own.png").exists()


def test_read_outs_agree_with_the_store(from_file: tuple[int, dict[str, Any], Path]) -> None:
    _, document, folder = from_file
    dataset = ps.open_run(folder)
    mrna = dataset.bdnf_mrna.sel(time=7200).mean(("mouse", "neuron"))
    drug = row_of(document, "bdnf_mrna", "drug", 7200)
    assert drug["mean"] == pytest.approx(float(mrna.sel(arm="drug")), rel=1e-5)
    assert drug["fold_of_vehicle"] == pytest.approx(float(mrna.sel(arm="drug") / mrna.sel(arm="vehicle")), rel=1e-5)
    bound = dataset.compound_bound_surface.sel(time=600, arm="drug", compound="psilocybin").mean("mouse")
    assert row_of(document, "occupancy", "drug", 600)["mean"] == pytest.approx(100 * float(bound), rel=1e-5)
    density = dataset.observed_spine_density.sel(arm="drug")
    change = 100 * (density.sel(session=1) / density.sel(session=-1) - 1)
    mice = change.mean(("neuron", "dendrite"))
    assert row_of(document, "density", "drug", ps.DAY)["mean"] == pytest.approx(float(mice.mean()), rel=1e-9)


def test_the_vehicle_does_not_differ_from_itself(from_file: tuple[int, dict[str, Any], Path]) -> None:
    for row in from_file[1]["readouts"]:
        if row["arm"] == "vehicle":
            assert row["minus_vehicle"] == 0.0
            assert row["fold_of_vehicle"] in (None, 1.0)


def test_new_spines_are_followed_mouse_by_mouse(from_file: tuple[int, dict[str, Any], Path]) -> None:
    row = row_of(from_file[1], "new_spine_survival", "drug", 3 * ps.DAY)
    assert 0.0 < row["mean"] < 100.0
    assert row["n_mice"] == 3


def test_the_file_beside_the_store_and_like_repeat_the_run(
    from_file: tuple[int, dict[str, Any], Path], tmp_path: Path
) -> None:
    _, document, folder = from_file
    assert document["parameters"] == [{"path": "pathway.gq.reserve", "value": 2.0, "default": 3.0, "unit": "1"}]
    (tmp_path / "again.toml").write_text(ps.written_back(folder), encoding="utf-8")
    own = run(str(tmp_path / "again.toml"), out=tmp_path / "again")[1]
    like = cli.main(["run", "--like", str(folder), "--out", str(tmp_path / "like"), "--quiet"])
    assert own["readouts"] == document["readouts"]
    assert like in (0, 3)
    stored = [ps.open_run(one) for one in (folder, tmp_path / "again", tmp_path / "like")]
    assert len({one.attrs["plastisim_config_sha256"] for one in stored}) == 1
    assert json.loads(stored[0].attrs["plastisim_parameters"])["pathway.gq.reserve"]["value"] == 2.0
    assert len({digest(one) for one in stored}) == 1


@pytest.mark.parametrize("option", ["--compound", "--dose", "--at", "--sessions", "--data"])
def test_a_fixed_experiment_refuses_what_only_the_main_job_takes(
    option: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["run", "blockade", "--out", str(tmp_path / "o"), option, "1"]) == 2
    assert f"{option}: this experiment is fixed" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())
