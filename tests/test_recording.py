"""Runs on disk: the same as in memory, resumed exactly, branched, repeated, and never half there."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
from pathlib import Path
from typing import Any

import kill_and_resume
import numpy as np
import pytest
import runs

from plastisim import diary, request
from plastisim.description import decoded, described, encoded, setup_of
from plastisim.engine.errors import ConfigError, StoreError
from plastisim.lab.branch_table import QUANTITIES
from plastisim.lab.cohort import Cohort
from plastisim.lab.protocol import DAY, Arm
from plastisim.recording import branch, record, resume
from plastisim.records import branch_tables, to_dataset
from plastisim.results import checkpoint
from plastisim.results.store import open_run
from plastisim.setup import Setup

SETUP = Setup.of(runs.TWO_ARMS, (runs.FOUR_MICE,), seed=11)


class Stopped(BaseException):
    """What ends a run in these tests."""


def arrays(store: Path) -> dict[str, bytes]:
    """Return every numeric variable of a store as bytes."""
    dataset = open_run(store)
    return {str(name): part.values.tobytes() for name, part in dataset.variables.items() if part.dtype.kind in "biuf"}


@pytest.fixture
def every_chunk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make a checkpoint after every chunk; these runs take less than the usual time between two."""
    monkeypatch.setattr(diary, "SECONDS", 0.0)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the store of an undisturbed run, with a checkpoint of day 1 beside it."""
    folder = tmp_path_factory.mktemp("whole")
    record(folder / "run.zarr", SETUP, "whole", keep=(1,))
    return folder / "run.zarr"


def test_a_store_holds_what_memory_holds(whole: Path) -> None:
    stored, memory = open_run(whole), to_dataset(runs.two_arms(), "whole")
    assert set(stored.variables) == set(memory.variables)
    for name in memory.variables:
        np.testing.assert_array_equal(stored[name].values, memory[name].values)
        assert stored[name].attrs == memory[name].attrs
    assert sorted(path.name for path in whole.parent.iterdir()) == ["run.zarr", "run.zarr.day-1.npz"]


def test_what_waits_is_bounded(whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else memory grows with simulated time in a run that takes no longer than the time between two writings."""
    waited: list[int] = []
    commit = diary.Diary._commit

    def counted(self: diary.Diary) -> None:
        waited.append(len(self._waiting))
        commit(self)

    monkeypatch.setattr(diary.Diary, "_commit", counted)
    monkeypatch.setattr(diary, "SECONDS", np.inf)
    record(tmp_path / "at once.zarr", SETUP, "whole")
    assert len(waited) == 1
    chunks = waited.pop()
    monkeypatch.setattr(diary, "WAITING", 1)
    record(tmp_path / "one by one.zarr", SETUP, "whole")
    assert waited == [1] * chunks
    assert arrays(tmp_path / "one by one.zarr") == arrays(tmp_path / "at once.zarr") == arrays(whole)


def interrupted(store: Path, chunks: int) -> None:
    """Record until some chunks are over, then stop as abruptly as a process can stop itself."""
    done = []

    def progress(seconds: float) -> None:
        done.append(seconds)
        if len(done) == chunks:
            raise Stopped

    with pytest.raises(Stopped):
        record(store, SETUP, "whole", progress=progress)
    with pytest.raises(StoreError, match="unfinished"):
        open_run(store)


@pytest.mark.usefixtures("every_chunk")
@pytest.mark.parametrize("chunks", [1, 2])
def test_resumed_is_straight_bit_for_bit(whole: Path, tmp_path: Path, chunks: int) -> None:
    store = tmp_path / "run.zarr"
    interrupted(store, chunks)
    done: list[float] = []
    again = resume(store, progress=done.append)
    assert arrays(store) == arrays(whole)
    assert sum(done) == runs.TWO_ARMS.duration
    for quantity in ("serial", "log_width"):
        assert getattr(again.snapshots, quantity).tobytes() == getattr(runs.two_arms().snapshots, quantity).tobytes()
    assert [path.name for path in tmp_path.iterdir()] == ["run.zarr"]


@pytest.mark.usefixtures("every_chunk")
@pytest.mark.parametrize("kept", [False, True])
def test_resumed_before_the_first_and_after_the_last_checkpoint(whole: Path, tmp_path: Path, kept: bool) -> None:
    store = tmp_path / "run.zarr"
    interrupted(store, 3 if kept else 1)
    if not kept:
        (tmp_path / "run.zarr.progress" / "checkpoint.npz").unlink()
    resume(store)
    assert arrays(store) == arrays(whole)


@pytest.mark.usefixtures("every_chunk")
def test_what_cannot_be_resumed_says_so(whole: Path, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="nothing to resume"):
        resume(whole)
    store = tmp_path / "run.zarr"
    interrupted(store, 2)
    with pytest.raises(StoreError, match="resume it, or overwrite it"):
        record(store, SETUP, "another")
    saved = tmp_path / "run.zarr.progress" / "checkpoint.npz"
    parts, about = checkpoint.load(saved)
    checkpoint.save(saved, parts, {**about, "steps": [4, 16]})
    with pytest.raises(StoreError, match=r"another version of plastisim.*order and pieces \[4, 16\], here \[4, 8\]"):
        resume(store)
    checkpoint.save(saved, parts, {name: one for name, one in about.items() if name != "steps"})
    with pytest.raises(StoreError, match=r"order and pieces unknown, here"):
        resume(store)
    checkpoint.save(saved, parts, {**about, "config": "of another run"})
    with pytest.raises(StoreError, match="belongs to another run"):
        resume(store)
    checkpoint.save(saved, {**parts, "neurons.step": parts["neurons.step"][:-1]}, about)
    with pytest.raises(StoreError, match="neurons or branches differ"):
        resume(store)
    saved.write_bytes(saved.read_bytes()[:1000])
    with pytest.raises(StoreError, match="cannot be read"):
        resume(store)


def test_a_branch_goes_on_as_its_parent_did(whole: Path, tmp_path: Path) -> None:
    kept = whole.with_name("run.zarr.day-1.npz")
    branch(kept, tmp_path / "same.zarr", runs.TWO_ARMS)
    parent, child = open_run(whole), open_run(tmp_path / "same.zarr")
    assert float(child.time[0]) > DAY
    later = parent.sel(time=child.time)
    for name in child.data_vars:
        if "time" in child[name].dims:
            assert child[name].values.tobytes() == later[name].values.tobytes()


def test_a_branch_under_another_protocol(whole: Path, tmp_path: Path) -> None:
    """The vehicle arm, given the drug now, differs from what it did; without the drug it does not."""
    kept = whole.with_name("run.zarr.day-1.npz")
    quiet, dosed = (
        runs.TWO_ARMS.arms[0],
        Arm("late", tuple(dataclasses.replace(one, at=DAY) for one in runs.PSILOCYBIN_1)),
    )
    protocol = dataclasses.replace(runs.TWO_ARMS, arms=(quiet, dosed))
    branch(kept, tmp_path / "late.zarr", protocol, parents={"late": "vehicle"})
    parent, child = open_run(whole), open_run(tmp_path / "late.zarr")
    before = parent.sel(time=child.time).isel(arm=0)
    assert child.isel(arm=0).plasticity_proteins.values.tobytes() == before.plasticity_proteins.values.tobytes()
    assert (child.isel(arm=1, time=-1).plasticity_proteins > before.isel(time=-1).plasticity_proteins).all()
    with pytest.raises(ConfigError, match="no arm 'nobody' to continue"):
        branch(kept, tmp_path / "no.zarr", protocol, parents={"late": "nobody"})
    with pytest.raises(ConfigError, match="begins when its parent began"):
        branch(kept, tmp_path / "no.zarr", dataclasses.replace(runs.TWO_ARMS, start=0, sessions=(1,)))
    with pytest.raises(ConfigError, match="ends at day 1, and the checkpoint is of day 1"):
        branch(kept, tmp_path / "no.zarr", dataclasses.replace(runs.TWO_ARMS, arms=(quiet,), end=DAY, sessions=(1,)))


def test_a_description_repeats_the_setup() -> None:
    again = setup_of(described(SETUP))
    assert described(again) == described(SETUP)
    assert again.population.protocol == SETUP.population.protocol
    assert again.settings == SETUP.settings
    odd = dataclasses.replace(runs.FOUR_MICE, drift=float("inf"))
    back = decoded(encoded(odd))
    assert isinstance(back, Cohort)
    assert back == odd


def test_a_description_of_another_version_is_refused() -> None:
    broken: dict[str, Any] = {**described(SETUP), "law": {"kind": "Unheard"}}
    with pytest.raises(StoreError, match="cannot be read by this version"):
        setup_of(broken)


def test_tables_of_a_stored_run_are_those_of_memory(whole: Path, tmp_path: Path) -> None:
    stored = branch_tables(record(tmp_path / "run.zarr", SETUP, "again"))["four"]
    memory = branch_tables(runs.two_arms())["four"]
    assert stored.mouse.tolist() == memory.mouse.tolist()
    for quantity in QUANTITIES:
        np.testing.assert_array_equal(stored.values(quantity), memory.values(quantity))


def test_killed_before_its_final_name_a_run_still_has_what_it_is_resumed_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = request.Request(out=tmp_path / "run")
    (asked.work / "run.zarr.progress").mkdir(parents=True)

    def killed(folder: Path, path: Path) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as moment:
        moment.setattr(request, "put_in_place", killed)
        with pytest.raises(KeyboardInterrupt):
            asked.finish()
    assert (asked.work / "run.zarr.progress").is_dir()
    asked.finish()
    assert asked.out.is_dir()
    assert not list(asked.out.iterdir())


@pytest.mark.slow
def test_killed_and_resumed_by_the_command_line(tmp_path: Path) -> None:
    """The full page kills twenty times; here three kills show that it works."""
    page = [sys.executable, kill_and_resume.__file__, str(tmp_path), "--kills", "3", "--seed", "5"]
    finished = subprocess.run(page, capture_output=True, text=True, check=False)
    assert finished.returncode == 0, finished.stderr
    assert "each equal to the undisturbed one" in finished.stdout
