"""The lesson page: its numbers are those of the run, it needs no network, and the live server does nothing else."""

from __future__ import annotations

import base64
import hashlib
import http.client
import json
import re
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from lesson_page import Shared, arm, curves, spines

from plastisim import cli
from plastisim.engine.errors import ConfigError, StoreError
from plastisim.lab.compounds import PSILOCYBIN
from plastisim.lab.window import judge
from plastisim.records import branch_tables, to_dataset
from plastisim.results import page as page_module
from plastisim.results.page import check_page, page, read_page, write_page
from plastisim.simulation import Run, simulate
from plastisim.teaching import dendrites, live
from plastisim.teaching import grid as grid_module
from plastisim.teaching.document import THRESHOLDS, document_of, lesson, simulated
from plastisim.teaching.grid import AT_ONCE, NOTHING, QUICK, WHOLE, Grid, protocol
from plastisim.teaching.live import LessonServer, Wish
from plastisim.teaching.parts import kept
from plastisim.teaching.signals import SIGNALS, packed, statistics

WISH = {"compound": "psilocybin", "dose": 1.0, "blocker": "none", "mice": 3, "seed": 1}


@pytest.fixture(scope="module")
def claimed(tmp_path_factory: pytest.TempPathFactory) -> bool:
    return Shared(tmp_path_factory).claimed()


@pytest.fixture(scope="module")
def run(claimed: bool) -> Run:
    return simulate(protocol(tuple(QUICK.treatments())), (QUICK.cohort(),), seed=0)


@pytest.fixture(scope="module")
def document(run: Run, claimed: bool, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    found = document_of(QUICK, 0, kept(run, tuple(QUICK.treatments())))
    if claimed:
        Shared(tmp_path_factory).publish(found)
    return found


def test_every_choice_has_its_arm(document: dict[str, Any]) -> None:
    names = [one["name"] for one in document["arms"]]
    assert names[0] == "vehicle"
    assert len(set(names)) == len(names)
    for compound in document["compounds"]:
        for dose in compound["doses"] or [0.0]:
            for blocker in document["blockers"]:
                arm(document, compound["name"], dose, blocker["key"])


def test_the_whole_grid_offers_what_was_asked_for() -> None:
    offered = {compound.name for compound, _ in WHOLE.given}
    assert offered >= {"psilocybin", "LSD", "DMT", "5-MeO-DMT", "DOI", "buspirone", "MDMA", "ketamine"}
    assert [blocker.key for blocker in WHOLE.blockers] == [
        "none", "ketanserin", "M100907", "ANA-12", "rapamycin", "knockout",
    ]  # fmt: skip
    assert all(3 <= len(doses) <= 5 and list(doses) == sorted(doses) for _, doses in WHOLE.given)


def test_parts_of_a_grid_are_as_large_as_each_other_and_together_the_whole() -> None:
    for grid in (WHOLE, QUICK):
        parts = grid.parts()
        assert [one for part in parts for one in part] == list(grid.treatments())
        assert max(map(len, parts)) <= AT_ONCE
        assert len({len(part) for part in parts}) == 1  # another size may compile anew
    assert len(WHOLE.parts()) == 6


@pytest.mark.slow
def test_a_page_made_in_parts_is_that_of_one_run(document: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grid_module, "AT_ONCE", 12)
    told: list[float] = []
    found = lesson(small=True, progress=told.append)
    assert sum(told) == pytest.approx(8 * 86400)
    assert {**found, "made": ""} == {**document, "made": ""}


def test_the_curves_are_those_of_the_run(run: Run, document: dict[str, Any]) -> None:
    dataset = to_dataset(run).sel(time=document["frames"])
    for key, source in (("calcium", "calcium_free"), ("mrna", "bdnf_mrna"), ("s6k", "s6k")):
        expected = dataset[source].mean(["mouse", "neuron"]).transpose("arm", "time").values
        np.testing.assert_allclose(curves(document, key)[:, 0], expected, rtol=1e-3)
    density = dataset.spine_density
    change = 100.0 * (density / density.sel(time=-7200) - 1.0)
    expected = change.mean(["dendrite", "neuron", "mouse"]).transpose("arm", "time").values
    np.testing.assert_allclose(curves(document, "spines")[:, 0], expected, rtol=1e-3, atol=1e-5)
    brain = dataset.compound_brain.sel(compound="psilocybin").mean("mouse")
    treated = arm(document, "psilocybin", 1.0, "ketanserin")
    np.testing.assert_allclose(curves(document, "drug")[treated, 0], brain.values[treated], rtol=1e-3, atol=1e-7)
    assert (curves(document, "drug")[0] == 0.0).all()
    half_hour = document["frames"].index(1800)
    for blocker in document["blockers"]:  # none of them changes kinetics
        low, high = (
            curves(document, "drug")[arm(document, "psilocybin", dose, blocker["key"]), 0] for dose in (0.1, 1.0)
        )
        assert high[half_hour] > 100.0
        np.testing.assert_allclose(high, 10.0 * low, rtol=2e-2, atol=1e-3)


def test_statistics_have_their_meaning(document: dict[str, Any]) -> None:
    values = np.array(
        [[[1.0, 2.0], [3.0, 4.0]], [[2.0, 2.0], [4.0, 4.0]]]
    )  # (arm, mouse, frame); + 1, + 0 in every twin
    mean, low, high, less, more = np.moveaxis(statistics(values), 1, 0)
    np.testing.assert_allclose(mean, [[2.0, 3.0], [3.0, 3.0]])
    np.testing.assert_allclose(less[1], [1.0, 0.0])
    np.testing.assert_allclose(more[1], [1.0, 0.0])
    np.testing.assert_allclose(low[0], [1.0, 2.0])
    np.testing.assert_allclose(high[0], [3.0, 4.0])
    for signal in SIGNALS:
        mean, low, high, *_ = np.moveaxis(curves(document, signal.key), 1, 0)
        slack = 1e-4 * np.abs(mean).max()
        assert (low <= mean + slack).all()
        assert (mean <= high + slack).all()


def test_packing_keeps_three_digits() -> None:
    values = np.random.default_rng(0).normal(size=(4, 5, 6)) * np.logspace(-3, 4, 6)
    document = {"signals": [{"key": "x", "data": packed(values)}], "arms": [0] * 4, "frames": [0] * 6}
    np.testing.assert_allclose(curves(document, "x"), values, rtol=2**-11, atol=2**-25)


def test_the_spines_are_those_of_the_ledger(run: Run, document: dict[str, Any]) -> None:
    ledger, each = run.ledger, 4 * 3
    checked = 0
    for treated in (0, arm(document, "psilocybin", 1.0, "none")):
        for mouse in range(3):
            for branch in range(3):
                mine = ledger.site == (treated * 3 + mouse) * each + branch
                found = spines(document, treated, mouse, branch)
                assert [one[0] for one in found] == ledger.serial[mine].tolist()
                births = np.array([one[1] for one in found])
                known = np.isfinite(births)
                np.testing.assert_array_equal(births[known], ledger.birth[mine][known])
                assert (ledger.birth[mine][~known] < -1e9).all()
                deaths = np.array([one[2] for one in found])
                dead = np.isfinite(deaths)
                np.testing.assert_array_equal(deaths[dead], ledger.death[mine][dead])
                checked += dead.sum()
    assert checked > 0


def test_places_are_those_that_imaging_saw(run: Run) -> None:
    session, site, slot = np.nonzero(run.snapshots.serial >= 0)
    serial = run.snapshots.serial[session, site, slot]
    np.testing.assert_array_equal(dendrites.places(run, site, serial), run.snapshots.place[session, site, slot])


def test_the_verdicts_are_those_of_the_statistics(run: Run, document: dict[str, Any]) -> None:
    table = branch_tables(run)["PT"]
    for one in document["arms"][1:]:
        verdict = judge(table, thresholds=THRESHOLDS, drug=one["name"])
        assert one["verdict"]["holds"] == verdict.holds
        assert one["verdict"]["effect"] == verdict.effect
        assert one["verdict"]["statement"] == verdict.statement
        assert document["window"]["upper"] == verdict.window.upper
    assert document["arms"][0]["verdict"] is None


def test_the_parameters_are_all_there_with_unit_and_source(document: dict[str, Any]) -> None:
    paths = {one["path"] for one in document["parameters"]}
    assert {"pathway.gq.reserve", "spines.pulse_gain", "compound.psilocybin.htr2a_off"} <= paths
    assert all(one["unit"] and one["source"] and one["confidence"] for one in document["parameters"])


def test_the_page_is_one_file_that_asks_for_nothing(document: dict[str, Any]) -> None:
    text = page(document)
    shell = text.replace(text[text.index(page_module.DATA_BEGINS) :].split("</script>")[0], "")
    assert re.findall(r"https?://[^\"' ]+", shell) == ["http://www.w3.org/2000/svg"]  # a name, never fetched
    assert not re.search(r"<(link|img|iframe|object|embed)\b|\bsrc=|url\(|@import|innerHTML|\beval\(", shell)
    style = re.search(r"<style>(.*?)</style>", text, re.DOTALL)[1]  # pyright: ignore
    program = re.search(r"<script>(.*?)</script>", text, re.DOTALL)[1]  # pyright: ignore
    for name, part in (("style", style), ("script", program)):
        digest = base64.b64encode(hashlib.sha256(part.encode()).digest()).decode()
        assert f"{name}-src 'sha256-{digest}';" in text
    assert "default-src 'none'" in text
    assert "connect-src 'none'" in text
    assert "connect-src 'self'" in page(document, {"dose": [1, 2], "mice": [3, 4]})


def test_modules_of_the_page_are_short() -> None:
    parts = list(page_module.PARTS.iterdir())
    assert {f"{name}.js" for name in page_module.SCRIPTS} == {part.name for part in parts if part.suffix == ".js"}
    assert all(len(part.read_text(encoding="utf-8").splitlines()) < 250 for part in parts)


def test_a_page_can_be_read_back(document: dict[str, Any], tmp_path: Path) -> None:
    nasty = {**document, "title": "</script><script>alert(1)</script>"}
    file = write_page(nasty, tmp_path / "lesson.html")
    assert "alert(1)</script>" not in file.read_text(encoding="utf-8")
    assert read_page(file) == {**nasty, "live": None}
    (tmp_path / "other.html").write_text("<p>mine</p>", encoding="utf-8")
    with pytest.raises(StoreError, match="no lesson page"):
        read_page(tmp_path / "other.html")


def test_a_page_too_large_to_mail_is_refused(document: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page_module, "LARGEST", 10_000)
    with pytest.raises(ConfigError, match="offer fewer"):
        page(document)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ([], "needs a file"),
        (["lesson.txt"], "ends in .html"),
        (["taken.html"], "--overwrite"),
        (["nowhere/lesson.html"], "make it first"),
        (["lesson.html", "--port", "80"], "goes with --live"),
        (["--live", "--port", "99999"], "1 to 65535"),
        (["taken.html", "--live"], "no lesson page"),
        (["--live", "--json", "-"], "name a file for the page"),
        (["lesson.html", "--seed", "1.5"], "1.5"),
    ],
)
def test_a_wrong_call_is_one_clear_line(
    arguments: list[str], expected: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PLASTISIM_CACHE", "off")
    Path("taken.html").write_text("mine", encoding="utf-8")
    assert cli.main(["page", *arguments]) in (2, 5)
    error = capsys.readouterr().err.splitlines()
    assert len(error) == 1
    assert expected in error[0]
    assert Path("taken.html").read_text(encoding="utf-8") == "mine"
    with pytest.raises(ConfigError):
        check_page(Path("taken.html"))


@pytest.fixture
def server(document: dict[str, Any]) -> Iterator[LessonServer]:
    with LessonServer(document, answer=lambda wish: {"wish": wish.compound}) as served:
        thread = threading.Thread(target=served.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        yield served
        served.shutdown()
        thread.join()


def ask(server: LessonServer, method: str, path: str, body: bytes | None = None, **headers: str) -> tuple[int, Any]:
    """Send a request that is right unless told otherwise; `None` leaves a header out."""
    port = server.server_address[1]
    usual = {"Host": f"127.0.0.1:{port}"}
    if body is not None:
        usual |= {
            "Content-Type": "application/json",
            "Content-Length": str(len(body)),
            "Origin": f"http://127.0.0.1:{port}",
        }
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
    for name, content in {**usual, **{name.replace("_", "-"): text for name, text in headers.items()}}.items():
        if content:
            connection.putheader(name, content)
    connection.endheaders(body)
    answer = connection.getresponse()
    text = answer.read()
    connection.close()
    return answer.status, json.loads(text) if "json" in (answer.getheader("Content-Type") or "") else text


def wish(**changes: Any) -> bytes:
    return json.dumps({**WISH, **changes}).encode()


def test_a_good_request_is_answered(server: LessonServer) -> None:
    assert ask(server, "POST", "/simulate", wish()) == (200, {"wish": "psilocybin"})
    status, text = ask(server, "GET", "/")
    assert status == 200
    assert b"From dose to spine" in text


BAD = {
    "unknown field": (400, {"body": wish(file="/etc/passwd")}),
    "missing field": (400, {"body": json.dumps({"compound": "LSD"}).encode()}),
    "no object": (400, {"body": b"[1]"}),
    "no JSON": (400, {"body": b"compound=LSD"}),
    "deep JSON": (400, {"body": b"[" * 500}),
    "unknown compound": (400, {"body": wish(compound="vehicle")}),
    "compound of another kind": (400, {"body": wish(compound=["LSD"])}),
    "unknown blocker": (400, {"body": wish(blocker="../none")}),
    "dose of nothing": (400, {"body": wish(dose=0)}),
    "dose without end": (400, {"body": wish(dose=float("inf"))}),
    "dose that is no number": (400, {"body": wish(dose=float("nan"))}),
    "dose with many digits": (400, {"body": wish(dose=10**300)}),
    "dose that is a word": (400, {"body": wish(dose="1 mg/kg")}),
    "mice without end": (400, {"body": wish(mice=10_000)}),
    "part of a mouse": (400, {"body": wish(mice=3.5)}),
    "true mice": (400, {"body": wish(mice=True)}),
    "true seed": (400, {"body": wish(seed=True)}),
    "negative seed": (400, {"body": wish(seed=-1)}),
    "big body": (413, {"body": wish() + b" " * 600}),
    "huge length": (413, {"body": wish(), "Content_Length": "9" * 40}),
    "no length": (411, {"body": wish(), "Content_Length": ""}),
    "negative length": (411, {"body": wish(), "Content_Length": "-1"}),
    "chunked": (411, {"body": wish(), "Transfer_Encoding": "chunked"}),
    "form of another page": (415, {"body": wish(), "Content_Type": "text/plain"}),
    "page from elsewhere": (403, {"body": wish(), "Origin": "https://example.org"}),
    "page without origin of its own": (403, {"body": wish(), "Origin": "null"}),
    "another name": (403, {"body": wish(), "Host": "example.org"}),
    "no name": (403, {"body": wish(), "Host": ""}),
}


@pytest.mark.parametrize("case", BAD)
def test_a_bad_request_is_refused(server: LessonServer, case: str) -> None:
    expected, request = BAD[case]
    status, answer = ask(server, "POST", "/simulate", **request)
    assert status == expected
    assert answer["error"]
    assert server.runs == 0


@pytest.mark.parametrize(
    "path", ["/../pyproject.toml", "/%2e%2e/%2e%2e/etc/passwd", "//etc/passwd", "/app.js", "/?x=1", "/simulate", "*"]
)
def test_there_is_nothing_to_get_but_the_page(server: LessonServer, path: str) -> None:
    assert ask(server, "GET", path)[0] == 404
    assert ask(server, "POST", path.replace("/simulate", "/simulate/.."), wish())[0] == 404
    assert ask(server, "PUT", "/", b"{}")[0] == 501
    assert ask(server, "GET", "/", Host="example.org")[0] == 403


def test_one_simulation_at_a_time(server: LessonServer) -> None:
    with server.simulating:
        status, answer = ask(server, "POST", "/simulate", wish())
    assert (status, server.runs) == (503, 0)
    assert "another simulation" in answer["error"]
    assert ask(server, "POST", "/simulate", wish())[0] == 200


def test_simulations_are_counted(server: LessonServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "MOST_RUNS", 2)
    assert [ask(server, "POST", "/simulate", wish())[0] for _ in range(3)] == [200, 200, 429]


def test_connections_are_counted_and_silent_ones_end(server: LessonServer, monkeypatch: pytest.MonkeyPatch) -> None:
    assert 0 < live.Handler.timeout <= 10
    monkeypatch.setattr(live.Handler, "timeout", 0.5)
    silent = [socket.create_connection(server.server_address[:2], timeout=5) for _ in range(live.MOST_CONNECTIONS + 2)]
    assert silent[-1].recv(1) == b""  # closed at once: there is no room
    assert silent[0].recv(1) == b""  # closed for its silence
    for one in silent:
        one.close()
    assert answered_within(5.0, server) == 200  # their places are free when their threads have noticed


def answered_within(seconds: float, server: LessonServer) -> int:
    """Return the status of the first answer; a server without room closes the connection instead."""
    end = time.monotonic() + seconds
    while True:
        try:
            return ask(server, "GET", "/")[0]
        except ConnectionError:
            if time.monotonic() > end:
                raise
            time.sleep(0.1)


def test_it_listens_on_this_machine_only(server: LessonServer) -> None:
    assert server.server_address[0] == "127.0.0.1"


@pytest.mark.slow
def test_the_smallest_dose_of_psilocybin_stays_in_the_window_and_the_next_leaves_it() -> None:
    (low, high, *_) = dict(WHOLE.given)[PSILOCYBIN]
    found = simulated(Grid(((PSILOCYBIN, (low, high)),), (NOTHING,)), seed=0)
    assert [one["verdict"]["holds"] for one in found["arms"][1:]] == [False, True]


@pytest.mark.slow
def test_a_wish_is_simulated() -> None:
    found = Wish.read(wish(blocker="rapamycin", dose=0.7)).simulated()
    assert [one["name"] for one in found["arms"]] == [
        "vehicle", "vehicle with rapamycin", "psilocybin 0.7 mg/kg", "psilocybin 0.7 mg/kg with rapamycin",
    ]  # fmt: skip
    assert found["arms"][2]["verdict"]["effect"] > found["arms"][3]["verdict"]["effect"]
