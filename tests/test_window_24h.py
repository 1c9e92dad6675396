"""The main job end to end, in a small size: verdict, JSON, store, figure, and a laboratory's own tables."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import plastisim as ps
from plastisim import cli

SHORT = ["--small", "--sessions", "-1,1", "--quiet"]


@pytest.fixture(scope="module")
def delivered(tmp_path_factory: pytest.TempPathFactory) -> tuple[int, Path, dict[str, Any]]:
    """Exit code, output folder and JSON of one short run."""
    folder = tmp_path_factory.mktemp("main job")
    patch = pytest.MonkeyPatch()
    patch.setenv("PLASTISIM_CACHE", "off")
    code = cli.main(["run", "window-24h", "--out", str(folder / "run"), "--json", str(folder / "own.json"), *SHORT])
    patch.undo()
    return code, folder / "run", json.loads((folder / "own.json").read_text(encoding="utf-8"))


def test_psilocybin_leaves_the_window_and_the_json_says_so(delivered: tuple[int, Path, dict[str, Any]]) -> None:
    code, folder, document = delivered
    assert code == (0 if document["verdict"] else 3)
    assert document["verdict"] is True
    assert document["effect"]["interval"][0] > 0.0
    assert document["ordinary_window"]["lower"] < document["ordinary_window"]["mean"] < 0.0
    assert json.loads((folder / "window_24h.json").read_text(encoding="utf-8")) == document


def test_each_figure_stands_beside_its_interval(delivered: tuple[int, Path, dict[str, Any]]) -> None:
    rows = delivered[2]["comparison"]
    assert {"P2", "P8", "V11", "V12"} <= {row["id"] for row in rows}
    for row in rows:
        low, high = row["interval"]
        assert row["inside"] == (low <= row["simulated"] <= high)
        assert row["unit"]


def test_the_store_explains_itself(delivered: tuple[int, Path, dict[str, Any]]) -> None:
    dataset = ps.open_run(delivered[1])
    assert dataset.observed_spine_density.dims == ("arm", "mouse", "session", "neuron", "dendrite")
    assert all(dataset[name].attrs["units"] and dataset[name].attrs["long_name"] for name in dataset.data_vars)
    parameters = json.loads(dataset.attrs["plastisim_parameters"])
    assert len(parameters) > 150
    assert all(one["unit"] and one["source"] and one["confidence"] for one in parameters.values())


def test_the_ledger_agrees_with_the_living_spines(delivered: tuple[int, Path, dict[str, Any]]) -> None:
    dataset = ps.open_run(delivered[1])
    living = int(np.isnan(dataset.spine_death.values).sum())
    last = dataset.spine_density.isel(time=-1) * dataset.branch_length
    assert living == round(float(last.sum()))


def test_the_figure_is_there(delivered: tuple[int, Path, dict[str, Any]]) -> None:
    assert (delivered[1] / "window_24h.png").read_bytes()[1:4] == b"PNG"


@pytest.mark.parametrize("name", ["shao2021", "shao2025_pt"])
def test_a_laboratorys_own_tables_go_through(
    name: str, shared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PLASTISIM_CACHE", "off")
    out = tmp_path / "own"
    code = cli.main(["run", "window-24h", "--out", str(out), "--data", str(shared / "data" / name), *SHORT])
    document = json.loads((out / "window_24h.json").read_text(encoding="utf-8"))
    assert code in (0, 3)
    assert ("data:spine_density_did", 1.0) in {(row["id"], row["day"]) for row in document["comparison"]}
    assert document["measured_verdict"]["holds"] is True
