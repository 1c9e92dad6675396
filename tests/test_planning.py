"""A plan says before anything compiles what a run takes: exactly where it can, else within a factor of two."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest
import runs

import plastisim as ps
from plastisim import cli, costs, planning
from plastisim.commands.scripts import load_experiment
from plastisim.diary import parts_folder
from plastisim.results.store import open_run

SETUP = ps.Setup.of(runs.TWO_ARMS, (runs.FOUR_MICE,), seed=11)


def within_two(predicted: float, measured: float) -> bool:
    return measured / 2 <= predicted <= 2 * measured


def bytes_of(folder: Path, but: str = "") -> int:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file() and file.name != but)


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> ps.Stored:
    return ps.record(tmp_path_factory.mktemp("plan") / "run.zarr", SETUP, "to be planned", tidy=False)


def test_what_follows_from_the_setup_is_exact(recorded: ps.Stored):
    found, dataset = ps.plan(SETUP), open_run(recorded.store)
    assert found.lanes == recorded.steps.shape[1] == 64
    assert found.blocks == 1
    assert found.frames == dataset.sizes["time"]
    assert found.branches == np.prod([dataset.sizes[name] for name in ("arm", "mouse", "neuron", "dendrite")])
    assert found.chunks == len(list(parts_folder(recorded.store).glob("died-*.npz")))


def test_steps_and_disk_are_within_a_factor_of_two(recorded: ps.Stored):
    found = ps.plan(SETUP)
    assert within_two(found.steps, recorded.steps.sum())
    assert within_two(found.disk, bytes_of(recorded.store))
    words = costs.of("words") * costs.MIB  # more than all numbers in so small a run
    assert within_two(found.disk - words, bytes_of(recorded.store, but="zarr.json"))
    assert within_two(found.working, bytes_of(parts_folder(recorded.store)))


def test_cells_that_oscillate_take_more_steps():
    pathway = dataclasses.replace(ps.default_pathway(), calcium=ps.OSCILLATORY)
    protocol = ps.Protocol((ps.Arm("psilocybin", (ps.Dose(ps.PSILOCYBIN, 1.0),)),), start=0, end=7200, sessions=(0,))
    smooth, found = (ps.plan(ps.Setup.of(protocol, (runs.FOUR_MICE,), pathway=one)) for one in (None, pathway))
    assert found.steps > 20.0 * smooth.steps
    assert found.running > smooth.running


def test_what_is_planned_is_what_the_experiment_asks(tmp_path: Path):
    request = ps.Request(out=tmp_path / "run", small=True, seed=5, experiment="window-24h")
    setup = ps.asked(load_experiment("window-24h"), request)
    assert setup.population.seed == 5
    assert [cohort.mice for cohort in setup.population.cohorts] == [10, 10]
    assert not list(tmp_path.iterdir())


def test_a_finer_tolerance_and_finer_input_cost_more():
    finer = dataclasses.replace(SETUP, settings=dataclasses.replace(SETUP.settings, tolerance=3e-9))
    assert 1.2 < ps.plan(finer).steps / ps.plan(SETUP).steps < 10.0  # steps at rest are those of segments
    pathway = dataclasses.replace(SETUP.pathway, calcium=ps.OSCILLATORY)
    assert ps.plan(dataclasses.replace(SETUP, pathway=pathway)).device > 1.5 * ps.plan(SETUP).device


def test_nothing_is_compiled():
    runs.compilations()
    before = runs.compilations()
    ps.plan(SETUP)
    assert runs.compilations() == before


def test_a_larger_run_takes_more():
    large = ps.Setup.of(runs.TWO_ARMS, (runs.FOUR_MICE.with_mice(4000),), seed=11)
    small, plan = ps.plan(SETUP), ps.plan(large)
    for what in ("lanes", "blocks", "branches", "steps", "device", "host", "disk", "working", "running"):
        assert getattr(plan, what) > getattr(small, what), what
    assert plan.compiling == small.compiling


def test_too_little_room_is_said_with_the_fix(monkeypatch: pytest.MonkeyPatch):
    assert ps.plan(SETUP).problems == ()
    monkeypatch.setattr(planning, "_free_memory", lambda: 2**20)
    monkeypatch.setattr(planning.shutil, "disk_usage", lambda _: type("Usage", (), {"free": 2**10}))
    memory, disk = ps.plan(SETUP).problems
    assert "of the mice" in memory
    assert "float32" in memory
    assert "another disk" in disk


def test_the_command_prints_a_card_and_writes_json(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.chdir(tmp_path)
    assert cli.main(["plan", "window-24h", "--small", "--json", "plan.json"]) == 0
    card = capsys.readouterr().out
    written = json.loads(Path("plan.json").read_text(encoding="utf-8"))
    assert f"{written['lanes']:,} in {written['blocks']:,} blocks" in card
    assert written["lanes"] == 2 * 20 * 4
    assert written["problems"] == []
    numbers = {name for name, one in written.items() if isinstance(one, (int, float))}
    counts = {"lanes", "blocks", "branches", "frames", "chunks", "steps", "cores"}
    assert written["units"].keys() == (numbers | {"free_memory"}) - counts  # that may be unknown
    assert (written["units"]["cold"], written["units"]["running"]) == ("byte", "s")
    assert cli.main(["plan", "windw-24h"]) == 2
