"""A store is whole or it does not open: kills, full disks, overwriting, interrupted copies."""

from __future__ import annotations

import errno
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import store_crash
import xarray as xr
from store_crash import BLOCK, N_TIME, blocks, sample

from plastisim.engine.errors import ConfigError, StoreError
from plastisim.results import attributes, files, store
from plastisim.results.files import atomic_write_text, fresh_output
from plastisim.results.store import chunk_shape, open_run, write_run
from plastisim.results.stream import StreamingStore


def assert_same(found: xr.Dataset, expected: xr.Dataset) -> None:
    """Check values, dims, dtypes of numbers and attributes of variables."""
    text = np.asarray(expected.arm.values, dtype=object)
    xr.testing.assert_identical(
        found.load().assign_coords(arm=np.asarray(found.arm.values, dtype=object)).drop_attrs(deep=False),
        expected.assign_coords(arm=text).drop_attrs(deep=False),
    )
    for name in expected.data_vars:
        assert found[name].dtype == expected[name].dtype


def crash(kind: str, folder: Path) -> list[Path]:
    """Run the helper; return the folder of every moment, the surviving one last."""
    command = [sys.executable, store_crash.__file__, kind, str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr
    return [folder / str(moment) for moment in range(int(done.stdout) + 1)]


def readable(folder: Path) -> dict[str, xr.Dataset]:
    """Return every folder in `folder` that opens, by name."""
    found = {}
    for path in folder.iterdir():
        try:
            found[path.name] = open_run(path)
        except StoreError:
            continue
    return found


def full_disk(monkeypatch: pytest.MonkeyPatch, room: int, error: BaseException | None = None) -> None:
    """Let only `room` files reach their name; the next one finds the disk full."""
    original, left = Path.replace, [room]

    def replace(self: Path, target: Path) -> Path:
        left[0] -= 1
        if left[0] < 0:
            raise error or OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return original(self, target)

    monkeypatch.setattr(Path, "replace", replace)


def test_round_trip_and_self_description(tmp_path: Path) -> None:
    path = write_run(sample(), tmp_path / "run.zarr")
    found = open_run(path)
    assert_same(found, sample())
    assert found.calcium_free.attrs == {"units": "umol/L", "long_name": "free calcium"}
    assert found.time.dtype == np.float64
    assert found.attrs["plastisim_status"] == "complete"
    assert found.attrs["plastisim_schema"] == "plastisim/1"
    assert found.attrs["plastisim_n_committed"] == N_TIME
    assert found.attrs["Conventions"] == "CF-1.11"
    assert [entry.name for entry in tmp_path.iterdir()] == ["run.zarr"]
    assert_same(open_run(tmp_path), sample())


def test_root_attributes_repeat_the_run() -> None:
    root = attributes.root_attributes(title="t", config={"b": 1, "a": [0.5, None]}, seed=7)
    assert json.loads(root["plastisim_config"]) == {"a": [0.5, None], "b": 1}
    again = attributes.root_attributes(title="t", config={"a": [0.5, None], "b": 1}, seed=7)
    assert again["plastisim_config_sha256"] == root["plastisim_config_sha256"]
    assert attributes.json_value(root, "root") == root


def test_killed_while_writing_never_opens(tmp_path: Path) -> None:
    *killed, survivor = crash("write", tmp_path)
    assert len(killed) > 10
    for folder in killed:
        assert not (folder / "run.zarr").exists()
        for found in readable(folder).values():  # the last moment: whole, but not yet renamed
            assert_same(found, sample())
    assert not readable(killed[len(killed) // 2])
    assert_same(open_run(survivor / "run.zarr"), sample())


def test_killed_while_replacing_leaves_old_or_new(tmp_path: Path) -> None:
    *killed, survivor = crash("replace", tmp_path)
    assert len(killed) > 10
    for folder in killed:
        found = readable(folder)
        assert any(run.volume == 1.0 for run in found.values())
        for run in found.values():
            assert_same(run, sample(float(run.volume)))
        # Between the two renames at the very end both are whole, under their hidden names.
        assert found["run.zarr"].volume == 1.0 if folder != killed[-1] else len(found) == 2
    assert open_run(survivor / "run.zarr").volume == 2.0


def test_killed_while_streaming_keeps_committed_frames_and_resumes(tmp_path: Path) -> None:
    *killed, survivor = crash("stream", tmp_path)
    seen = set()
    for folder in killed:
        path = folder / "run.zarr"
        with pytest.raises((StoreError, ConfigError), match=r"unfinished|no run|no plastisim store"):
            open_run(path)
        try:
            resumed = StreamingStore.resume(path)
        except StoreError:
            continue  # killed before the store was laid out
        partial = open_run(path, partial=True)
        assert_same(partial, sample().isel(time=slice(resumed.n_committed)))
        seen.add(resumed.n_committed)
        for start, frames in blocks(sample()):
            if start >= resumed.n_committed:
                resumed.write_block(start, frames)
        assert_same(open_run(resumed.complete()), sample())
        assert [entry.name for entry in folder.iterdir()] == ["run.zarr"]
        assert not [file for file in path.rglob("*") if "writing" in file.name or file.suffix == ".partial"]
    assert seen == {0, BLOCK, 2 * BLOCK, N_TIME}
    assert_same(open_run(survivor / "run.zarr"), sample())


@pytest.mark.parametrize("room", [0, 1, 5, 9])
def test_full_disk_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, room: int) -> None:
    full_disk(monkeypatch, room)
    with pytest.raises(StoreError, match=r"cannot write '.*run.zarr': no space left on device$"):
        write_run(sample(), tmp_path / "run.zarr")
    assert not list(tmp_path.iterdir())


def test_full_disk_keeps_the_old_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_run(sample(), tmp_path / "run.zarr")
    full_disk(monkeypatch, 3)
    with pytest.raises(StoreError, match="no space left"):
        write_run(sample(2.0), path, overwrite=True)
    assert [entry.name for entry in tmp_path.iterdir()] == ["run.zarr"]
    assert_same(open_run(path), sample())


def test_full_disk_while_streaming_keeps_earlier_blocks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "run.zarr"
    stream = StreamingStore.create(path, sample(), block=BLOCK)
    (first, second, third) = blocks(sample())
    stream.write_block(*first)
    with monkeypatch.context() as patch:
        full_disk(patch, 1)
        with pytest.raises(StoreError, match="no space left"):
            stream.write_block(*second)
    assert_same(open_run(path, partial=True), sample().isel(time=slice(BLOCK)))
    stream.write_block(*second)
    stream.write_block(*third)
    assert_same(open_run(stream.complete()), sample())


def test_interrupt_passes_and_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(folder: Path) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(files, "flush", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_run(sample(), tmp_path / "run.zarr")
    assert not list(tmp_path.iterdir())


def test_overwriting_is_asked_for_and_touches_only_our_stores(tmp_path: Path) -> None:
    path = write_run(sample(), tmp_path / "run.zarr")
    with pytest.raises(StoreError, match="exists"):
        write_run(sample(2.0), path)
    with pytest.raises(StoreError, match="exists"):
        StreamingStore.create(path, sample(), block=BLOCK)
    assert_same(open_run(path), sample())
    write_run(sample(2.0), path, overwrite=True)
    assert_same(open_run(path), sample(2.0))
    thesis = tmp_path / "thesis"
    thesis.mkdir()
    (thesis / "chapter.txt").write_text("years of work")
    with pytest.raises(StoreError, match="not overwritten"):
        write_run(sample(), thesis, overwrite=True)
    assert (thesis / "chapter.txt").read_text() == "years of work"


def test_a_stream_replaces_an_older_run_only_when_complete(tmp_path: Path) -> None:
    path = write_run(sample(2.0), tmp_path / "run.zarr")
    stream = StreamingStore.create(path, sample(), block=BLOCK, overwrite=True)
    path.rename(tmp_path / "aside")
    with pytest.raises(StoreError, match="unfinished run"):
        StreamingStore.create(path, sample(), block=BLOCK)
    (tmp_path / "aside").rename(path)
    for start, frames in blocks(sample()):
        assert_same(open_run(path), sample(2.0))
        stream.write_block(start, frames)
    stream.complete()
    assert_same(open_run(path), sample())
    assert [entry.name for entry in tmp_path.iterdir()] == ["run.zarr"]


def test_foreign_files_do_no_harm(tmp_path: Path) -> None:
    path = write_run(sample(), tmp_path / "run.zarr")
    (path / ".DS_Store").write_bytes(b"left by a file browser")
    assert_same(open_run(path), sample())


@pytest.mark.parametrize("victim", ["calcium_free/c", "spine_count/zarr.json", "time", "volume/c"])
def test_an_interrupted_copy_does_not_open(tmp_path: Path, victim: str) -> None:
    path = write_run(sample(), tmp_path / "run.zarr")
    copy = Path(shutil.copytree(path, tmp_path / "copy.zarr"))
    assert_same(open_run(copy), sample())
    lost = copy / victim
    shutil.rmtree(lost) if lost.is_dir() else lost.unlink()
    with pytest.raises(StoreError, match="damaged"):
        open_run(copy)


def test_a_shortened_chunk_does_not_open(tmp_path: Path) -> None:
    path = write_run(sample(), tmp_path / "run.zarr")
    chunk = next(path.glob("calcium_free/c/*/*/*"))
    chunk.write_bytes(chunk.read_bytes()[:-1])
    with pytest.raises(StoreError, match="damaged"):
        open_run(path)


@pytest.mark.parametrize(
    ("root", "part"),
    [
        ("{", "no plastisim store"),
        ("[]", "no plastisim store"),
        ('{"attributes": {}}', "schema None"),
        ('{"attributes": {"plastisim_schema": "plastisim/9"}}', "schema 'plastisim/9'"),
        ('{"attributes": {"plastisim_schema": "plastisim/1", "plastisim_status": "running"}}', "unfinished"),
        ('{"attributes": {"plastisim_schema": "plastisim/1", "plastisim_status": "complete"}}', "damaged"),
    ],
)
def test_foreign_and_broken_stores_are_refused(tmp_path: Path, root: str, part: str) -> None:
    (tmp_path / "zarr.json").write_text(root)
    with pytest.raises(StoreError, match=part):
        open_run(tmp_path)


def test_nothing_there_is_a_wrong_call(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no run at"):
        open_run(tmp_path / "absent")


def test_blocks_come_in_order_and_in_shape(tmp_path: Path) -> None:
    stream = StreamingStore.create(tmp_path / "run.zarr", sample(), block=BLOCK)
    (_, frames), (second, later), _ = blocks(sample())
    with pytest.raises(StoreError, match="expected frame 0"):
        stream.write_block(second, later)
    with pytest.raises(StoreError, match="names differ"):
        stream.write_block(0, {"calcium_free": frames["calcium_free"]})
    with pytest.raises(StoreError, match="calcium_free: got a block of shape"):
        stream.write_block(0, {**frames, "calcium_free": frames["calcium_free"][:, 1:]})
    with pytest.raises(StoreError, match="spine_count: got float64"):
        stream.write_block(0, {**frames, "spine_count": frames["spine_count"] * 0.5})
    with pytest.raises(StoreError, match="0 of 10 frames"):
        stream.complete()
    assert stream.n_committed == 0


def test_resuming_from_an_older_checkpoint_forgets_later_frames(tmp_path: Path) -> None:
    path = tmp_path / "run.zarr"
    stream = StreamingStore.create(path, sample(), block=BLOCK)
    for start, frames in blocks(sample(5.0))[:2]:
        stream.write_block(start, frames)
    stream.fail("calcium became negative")
    assert open_run(path, partial=True).attrs["plastisim_status"] == "failed"
    with pytest.raises(StoreError, match="checkpoint asks for 9"):
        StreamingStore.resume(path, n_committed=9)
    again = StreamingStore.resume(path, n_committed=0)
    assert open_run(path, partial=True).sizes["time"] == 0
    for start, frames in blocks(sample()):
        again.write_block(start, frames)
    assert_same(open_run(again.complete({"wall_time": 1.5})), sample())
    assert open_run(path).attrs["wall_time"] == 1.5


@pytest.mark.parametrize(
    ("spoil", "part"),
    [
        (lambda run: run.assign_attrs(note=np.nan), "attribute attrs.note is nan"),
        (lambda run: run.assign_attrs(note=Path()), "attribute attrs.note is a PosixPath"),
        (lambda run: run.assign(bare=("time", np.zeros(N_TIME))), "'bare' has no units and no long_name"),
    ],
)
def test_what_cannot_explain_itself_is_not_stored(tmp_path: Path, spoil: object, part: str) -> None:
    with pytest.raises(StoreError, match=part):
        write_run(spoil(sample()), tmp_path / "run.zarr")  # pyright: ignore[reportCallIssue]
    assert not list(tmp_path.iterdir())


def test_templates_cost_no_memory(tmp_path: Path) -> None:
    huge = (20, 100_000, 1000)
    values = np.broadcast_to(np.float32(0.0), huge)
    time = ("time", np.arange(huge[1], dtype=float), {"units": "s", "long_name": "time"})
    template = xr.Dataset(
        {"bdnf": (("mouse", "time", "neuron"), values, {"units": "nmol/L", "long_name": "BDNF"})}, coords={"time": time}
    )
    StreamingStore.create(tmp_path / "run.zarr", template, block=10)
    assert sum(file.stat().st_size for file in tmp_path.rglob("*") if file.is_file()) < 10**6


def test_chunks_are_bounded() -> None:
    assert chunk_shape(("arm", "time", "neuron"), (2, 300, 50), 4) == (2, 300, 50)
    wide = chunk_shape(("time", "spine"), (10_000, 100_000), 4)
    assert wide == (store.CHUNK_BYTES // 40_000, 10_000)
    assert chunk_shape(("time", "neuron"), (300, 50), 4, block=60) == (60, 50)
    assert chunk_shape(("time",), (0,), 8) == (1,)


def test_fresh_output(tmp_path: Path) -> None:
    folder = fresh_output(tmp_path / "results" / "first")
    assert not list(folder.iterdir())
    assert fresh_output(folder) == folder
    (folder / "figure.png").write_bytes(b"")
    with pytest.raises(ConfigError, match="not empty"):
        fresh_output(folder)
    assert fresh_output(folder, overwrite=True) == folder
    assert (folder / "figure.png").exists()


@pytest.mark.parametrize("name", ["", "file", "file/below", "a\0b", "x" * 300])
def test_impossible_outputs_are_refused_before_any_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("file").write_text("")
    with pytest.raises(ConfigError, match="output folder"):
        fresh_output(name)
    assert [entry.name for entry in tmp_path.iterdir()] == ["file"]


def test_atomic_text_keeps_the_old_file_on_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = atomic_write_text(tmp_path / "verdict.json", "old")
    full_disk(monkeypatch, 0)
    with pytest.raises(StoreError, match="no space left"):
        atomic_write_text(path, "new")
    assert path.read_text() == "old"
    assert len(list(tmp_path.iterdir())) == 1
