"""Two hundred wrong calls: each is one message on stderr and exit code 2 (5 for a store), and nothing is written."""

from __future__ import annotations

import functools
import json
import os
import shutil
from pathlib import Path

import bad_inputs
import numpy as np
import pytest
import xarray
from bad_inputs import Bad

import plastisim as ps
from plastisim import cli
from plastisim.description import described
from plastisim.results.attributes import root_attributes, set_root

CASES = bad_inputs.cases()


def stored(folder: Path, *other: tuple[str, str]) -> Path:
    """Return an output folder as of a run; its store has no numbers to speak of, which nobody here looks at."""
    page = functools.reduce(lambda text, pair: text.replace(*pair), other, bad_inputs.TOML)
    request = ps.Request(folder, experiment="made", recipe=page)
    config = described(ps.asked(ps.run_file, request))
    attributes = root_attributes(title="made", config=config, seed=3) | {"plastisim_failures": []}
    numbers = xarray.DataArray(np.zeros(3), dims="time", attrs={"units": "1", "long_name": "nothing"})
    ps.write_run(xarray.Dataset({"nothing": numbers}, attrs=attributes), folder / "run.zarr")
    asked = {name: value for name, value in vars(request).items() if name not in ("out", "parameters")}
    (folder / "call.json").write_text(json.dumps({**asked, "out": "o", "parameters": {}}), encoding="utf-8")
    row = {"readout": "density", "cohort": "PT", "arm": "drug", "time": 86400.0, "unit": "%", "minus_vehicle": 9.5,
           "minus_vehicle_interval": [7.0, 12.0]}  # fmt: skip
    found = {"verdict": True, "statement": "yes", "arms": ["vehicle", "drug"], "readouts": [row]}
    (folder / "made.json").write_text(json.dumps(found), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder with everything that the wrong calls name."""
    place = tmp_path_factory.mktemp("bad")
    good = stored(place / "good")
    for name in ("taken", "folder", "folder.toml"):
        (place / name).mkdir()
    (place / "taken" / "thesis.txt").write_text("mine", encoding="utf-8")
    (place / "file.txt").write_text("text", encoding="utf-8")
    (place / "empty.csv").touch()
    for name in ("garbage.toml", "garbage.csv"):
        (place / name).write_bytes(bytes(range(256)) * 8)
    (place / "latin.toml").write_bytes('title = "µ"'.encode("latin-1"))
    (place / "broken.toml").write_text("title = [", encoding="utf-8")
    (place / "number.toml").write_text("schema = 1", encoding="utf-8")

    def copied(name: str) -> Path:
        return Path(shutil.copytree(good, place / name))

    copied("like")
    (copied("garbage") / "run.zarr" / "zarr.json").write_bytes(bytes(range(256)))
    store = copied("truncated") / "run.zarr" / "zarr.json"
    store.write_text(store.read_text("utf-8")[:200], encoding="utf-8")
    shutil.rmtree(copied("lost") / "run.zarr" / "nothing")
    (copied("not_json") / "run.zarr" / "zarr.json").write_text("[]", encoding="utf-8")
    set_root(copied("no_config") / "run.zarr", {"plastisim_config": "{"})
    set_root(copied("other_schema") / "run.zarr", {"plastisim_schema": "plastisim/9"})
    call = json.loads((good / "call.json").read_text("utf-8"))
    broken = {
        "garbage": "\x00\x01", "list": "[1]", "types": json.dumps({**call, "seed": "x"}),
        "unknown": json.dumps({**call, "unheard_of": 1}), "deep": "[" * 100_000,
    }  # fmt: skip
    for name, text in broken.items():
        (copied(f"call_{name}") / "call.json").write_text(text, encoding="utf-8")
        (place / f"call_{name}.running").mkdir()
        (place / f"call_{name}.running" / "call.json").write_text(text, encoding="utf-8")
    (copied("no_document") / "made.json").unlink()
    for name, text in {"garbage": "\x00", "list": "[]", "rows": '{"readouts": [{}]}'}.items():
        (copied(f"document_{name}") / "made.json").write_text(text, encoding="utf-8")
    return place


def names(place: Path) -> set[str]:
    """Return the path of everything in a folder; what the test runner itself leaves there does not count."""
    return {os.path.join(here, name) for here, folders, files in os.walk(place) for name in (*folders, *files)
            if ".hypothesis" not in os.path.join(here, name)}  # fmt: skip


def contents(place: Path) -> dict[str, tuple[int, int]]:
    """Return size and time of every file in a folder, by path."""
    files = [Path(name) for name in names(place) if Path(name).is_file()]
    return {str(one): (one.stat().st_size, one.stat().st_mtime_ns) for one in files}


def never(*_: object, **__: object) -> None:
    raise AssertionError("this call would have been carried out")


def test_there_are_two_hundred() -> None:
    assert len({(bad.arguments, bad.toml) for bad in CASES}) >= 200


@pytest.mark.parametrize("bad", CASES, ids=lambda bad: bad.what.encode("ascii", "replace").decode()[:60])
def test_a_bad_call_is_one_message(
    bad: Bad, place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(place)
    monkeypatch.setenv("PLASTISIM_CACHE", "off")
    for work in ("request.Request._begin", "benching._page", "installation._simulation"):
        monkeypatch.setattr(f"plastisim.{work}", never)
    made = tmp_path / "made.toml"
    made.write_text(bad.toml, encoding="utf-8")
    before = names(place)

    code = cli.main([str(made) if one == "made.toml" else one for one in bad.arguments])

    out, err = capfd.readouterr()
    assert code == bad.code, err
    assert out == ""
    head, *faults = err.rstrip("\n").split("\n")
    assert head.startswith("plastisim: ")
    assert all(fault.startswith("  ") for fault in faults)  # of a TOML file: all at once
    assert len(err) < 4000
    assert all(line.isprintable() for line in err.splitlines())
    assert names(place) == before


def test_nothing_was_changed_in_the_end(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = contents(place)
    monkeypatch.chdir(place)
    codes = [cli.main(list(bad.arguments)) for bad in CASES if bad.arguments[0] in ("compare", "write", "resume")]
    assert set(codes) == {2, 5}
    assert contents(place) == before
