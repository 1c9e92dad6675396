"""The benchmarks compare like with like: C written by hand computes what our kernels compute."""

from __future__ import annotations

import functools
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import jax
import numpy as np
import pytest
from conftest import ROOT
from jax import Array
from jax import numpy as jnp
from matplotlib.figure import Figure

from plastisim import benching
from plastisim.engine.errors import ConfigError
from plastisim.engine.tracing import flat_program

sys.path.insert(0, str(ROOT / "benchmarks"))
import case_of_peers
import harness
import inner_clocks
import native
import peer_solvers
import peers
import spine_limit

pytestmark = pytest.mark.skipif(native.compiler() is None, reason="no C compiler here")
LANES = 24


def everything(x: Array, y: Array, scale: Array) -> list[Array]:
    """Use every operation that can be written as C."""
    bigger = jnp.where(x > y, x, -y) + jnp.where((x == y) | (y >= 2.0), 0.5, scale)
    powers = x**2 + x**3 * x**-4 + x**5 - x**scale + jnp.maximum(x, y) * jnp.minimum(x, scale)
    return [bigger, powers, jnp.exp(-x) / jnp.log(1.0 + y), jnp.sqrt(x) * jnp.abs(x - y), 0.0 * x + scale * scale]


def test_a_traced_function_is_the_same_in_c(tmp_path: Path):
    random = np.random.default_rng(0)
    x, y, scale = random.uniform(0.1, 3.0, LANES), random.uniform(0.1, 3.0, LANES), np.array(1.7)
    y[:4] = x[:4]
    program = flat_program(jax.make_jaxpr(everything)(x, y, scale))
    text = native.function("everything", program, [True, True, False])
    wrapper = "void call(const double *const *in, double *out) { everything(in, out); }\n"
    source = tmp_path / "function.c"
    source.write_text(f'#include <math.h>\n#include "generated.h"\n{wrapper}', encoding="utf-8")
    library = native.load(source, f"#define LANES {LANES}\n{text}")
    found = np.zeros((5, LANES))
    given = np.array([part.ctypes.data for part in (x, y, scale)], np.uintp)
    library.call(native.pointer(given), native.pointer(found))
    np.testing.assert_allclose(found, np.stack(everything(*map(jnp.asarray, (x, y, scale)))), rtol=1e-14)


def test_what_has_no_c_is_refused_by_name():
    program = flat_program(jax.make_jaxpr(jnp.cumsum)(np.ones(LANES)))
    with pytest.raises(NotImplementedError, match="cumsum"):
        native.function("f", program, [True])


def test_spines_in_c_meet_the_same_fates(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(spine_limit, "BLOCK", 32)
    given = spine_limit.case(96)
    after, in_c = spine_limit.joined(spine_limit.ours(given)(), 96), spine_limit.InC(given)
    fates, widths = spine_limit.differences(in_c, given.forest)
    assert fates == 0  # nothing has happened yet
    in_c.day()
    fates, widths = spine_limit.differences(in_c, given.forest)
    assert fates > 100
    assert widths > 0.1
    fates, widths = spine_limit.differences(in_c, after)
    assert fates == 0
    assert widths < 1e-5


def test_limit_runs_and_c_agrees(tmp_path: Path):
    """The page itself refuses to time things that disagree."""
    command = [
        sys.executable,
        str(ROOT / "benchmarks" / "limit.py"),
        "--small",
        "--repeats",
        "1",
        "--out",
        str(tmp_path),
    ]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    written = json.loads((tmp_path / "limit.json").read_text(encoding="utf-8"))
    (row,) = written["cascade"]
    for found in row["disagreement"].values():
        assert max(found.values()) < 1e-10
    assert row["work"] > 64 * 50
    assert set(written["met"]) == {"cascade", "spines", "updates"}
    for target in ("cascade step in the blocks of runs, ours / C", "spine tick, ours / C", "spine updates (slots)"):
        assert target in done.stdout


def test_no_compiler_is_said_clearly(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(native, "compiler", lambda: None)
    with pytest.raises(SystemExit, match="no C compiler"):
        native.load("spines.c", "")


def test_too_few_repeats_are_refused(capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit):
        harness.arguments("page", ["--repeats", "2"])
    assert "at least 5" in capsys.readouterr().err
    assert harness.arguments("page", ["--repeats", "2", "--small"]).repeats == 2


def test_ratios_are_of_the_same_repetition():
    times = {"a": harness.Times((1.0, 20.0, 3.0)), "b": harness.Times((1.0, 10.0, 1.0))}
    assert harness.ratio(times, "a", "b") == 2.0
    assert times["a"].median == 3.0


def test_verdict_says_met_or_not(capsys: pytest.CaptureFixture[str]):
    assert harness.verdict("x", 2.0, at_most=2.5)
    assert not harness.verdict("x", 39.0, at_least=40.0)
    assert capsys.readouterr().out.count("NOT met") == 1


def test_an_error_is_relative_down_to_a_floor_and_never_missing():
    wanted = np.ones((1, 1, len(case_of_peers.SCALE)))
    found = wanted.copy()
    found[0, 0, 3] = 1.5
    assert case_of_peers.worst(found, wanted) == 0.5 / max(1.0, case_of_peers.FLOOR * case_of_peers.SCALE[3])
    found[0, 0, 3] = np.nan
    assert case_of_peers.worst(found, wanted) == np.inf


def test_each_solver_gets_its_fastest_setting_that_is_good_enough():
    tried = [{"error": 0.5, "seconds": 1.0}, {"error": 0.01, "seconds": 3.0}, {"error": 0.001, "seconds": 2.0}]
    assert case_of_peers.cheapest(tried, 0.1) == tried[2]
    assert case_of_peers.cheapest(tried, 1e-4) is None


def test_an_error_that_only_others_reach_is_lost(capsys: pytest.CaptureFixture[str]):
    def row(target: float, **seconds: float | None) -> dict[str, Any]:
        chosen = {name: None if one is None else {"setting": 1e-3, "error": target} for name, one in seconds.items()}
        times = {name: harness.Times((one,)) for name, one in seconds.items() if one is not None}
        return {"target": target, "chosen": chosen, "times": times, "processor": times,
                "work": dict.fromkeys(seconds, 2)}  # fmt: skip

    found = {"hours": 1.0, "neurons": {}, "rows": [row(1e-2, ours=1.0, scipy=40.0), row(1e-3, ours=2.0, scipy=50.0)]}
    assert peers.show("smooth", found) == {"ours": 1.0, "scipy": 25.0}
    found["rows"].append(row(1e-4, ours=None, scipy=60.0))
    assert peers.show("smooth", found)["scipy"] == 0.0
    assert "not reached" in capsys.readouterr().out


def test_the_figure_of_the_peers_shows_every_setting():
    tried = {
        "ours": [{"error": 1e-2, "seconds": 2.0}, {"error": 1e-4, "seconds": 4.0}],
        "scipy": [{"error": 1e-3, "seconds": 1.0}],
    }
    figure, rows = Figure(), [{"target": 1e-2}, {"target": 1e-3}]
    one = {"tried": tried, "neurons": {"ours": 2000, "scipy": 4}, "rows": rows, "hours": 24.0}
    peers.draw({"smooth": one, "oscillatory": one}, figure)
    (axes, _), (legend,) = figure.axes, figure.legends
    ours, scipy = axes.lines[:2]
    np.testing.assert_allclose(ours.get_xydata(), [[1e-4, 2.0], [1e-2, 1.0]])  # ms a neuron
    np.testing.assert_allclose(scipy.get_xydata(), [[1e-3, 250.0]])
    assert [text.get_text() for text in legend.get_texts()] == ["plastisim", "LSODA"]
    assert [float(np.asarray(line.get_xdata())[0]) for line in axes.lines[2:]] == [1e-2, 1e-3]


def test_one_call_is_timed_on_several_clocks():
    calls, ticks = [], iter(range(100))
    things = {name: functools.partial(calls.append, name) for name in ("one", "other")}
    first, second = harness.on_clocks(things, 2, (lambda: next(ticks), lambda: 0.0))
    assert calls == ["one", "other"] * 3
    assert first == {name: harness.Times((1, 1)) for name in things}
    assert second == {name: harness.Times((0.0, 0.0)) for name in things}


def test_seconds_of_compiling_and_of_a_method_are_told_apart():
    class Sleeper:
        def sleep(self, seconds: float) -> str:
            time.sleep(seconds)
            return "slept"

    compiled, slept = inner_clocks.compiling(), inner_clocks.watched(Sleeper, "sleep")
    assert Sleeper().sleep(0.01) == "slept"
    with pytest.raises(ValueError, match="negative"):
        Sleeper().sleep(-1.0)
    assert len(slept) == 2  # one that failed took its time, too
    assert slept[0] >= 0.01 > slept[1]
    assert not compiled
    jax.jit(lambda x: x + 1.0).lower(1.0).compile()
    assert len(compiled) == 1


def test_peers_solve_the_equations_that_we_compile():
    """The rates that SciPy and diffrax are given rest where our neurons rest, and move after the dose."""
    exposed, rates = peer_solvers.equations("smooth")
    with case_of_peers.Crew() as crew:
        some = case_of_peers.Ours("smooth", 64, crew).neurons(3)
    untouched = np.where(np.arange(len(exposed)) == np.argmax(exposed), 0.0, exposed)  # without the depot
    scale = np.maximum(np.abs(some.start), 1.0)
    for start, numbers in zip(some.start, some.numbers, strict=True):
        at_rest = np.asarray(rates(jnp.concatenate([untouched, start]), jnp.asarray(numbers)))
        assert np.abs(at_rest[len(exposed) :] / scale[0]).max() < 1e-9
        given = np.asarray(rates(jnp.concatenate([exposed, start]), jnp.asarray(numbers)))
        assert np.abs(given[: len(exposed)]).max() > 1e-4
    assert len(np.unique(some.numbers[:, 0])) == 3


def test_the_card_of_the_bench_names_what_was_left_out(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(benching, "find_spec", lambda name: None)
    page = benching._page(ROOT / "benchmarks" / "peers.py", ROOT)
    assert "left out: roadrunner" in benching.card({"peers": page})


def test_the_bench_says_at_once_what_it_leaves_out(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    def page(script: Path, _: Path) -> dict[str, Any]:
        print(f"{script.stem} begins", file=sys.stderr)
        return {"lines": []}

    monkeypatch.setattr(benching, "find_spec", lambda name: None)
    monkeypatch.setattr(benching, "_page", page)
    benching.bench()
    said = capsys.readouterr().err.splitlines()
    assert said[0].startswith("peers will be left out: roadrunner, scipy, libsbml not installed")
    assert said[1:] == ["limit begins", "scaling begins", "peers begins"]


def test_without_the_pages_there_is_no_bench(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setattr(benching, "pages_folder", lambda: tmp_path)
    with pytest.raises(ConfigError, match="no benchmarks"):
        benching.bench()
