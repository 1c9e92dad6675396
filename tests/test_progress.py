"""Progress: a bar on a terminal, log lines elsewhere, nothing when silent."""

from __future__ import annotations

import io
import logging
import sys

import pytest

from plastisim.engine import progress
from plastisim.engine.progress import Progress


class Clock:
    """A clock that is moved by hand."""

    now = 100.0

    def monotonic(self) -> float:
        return self.now


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> Clock:
    caplog.set_level(logging.INFO, logger="plastisim")
    hand = Clock()
    monkeypatch.setattr(progress, "time", hand)
    return hand


def test_log_lines_are_rare_and_say_how_long(clock: Clock, caplog: pytest.LogCaptureFixture) -> None:
    with Progress(100, "neurons") as work:
        for _ in range(25):
            clock.now += 1.0
            work.update()
    lines = [record.getMessage() for record in caplog.records]
    assert lines[0] == "neurons: 5%, 5 s elapsed, 1 min 35 s to go"
    assert lines[-2:] == ["neurons: 25%, 25 s elapsed, 1 min 15 s to go", "neurons: done after 25 s"]
    assert len(lines) == 6


def test_compiling_does_not_count_in_the_time_to_go(clock: Clock, caplog: pytest.LogCaptureFixture) -> None:
    with Progress(100, "neurons") as work:
        clock.now += 39.0
        work.update(5)
        for _ in range(2):
            clock.now += 6.0
            work.update(30)
    assert caplog.messages[:3] == [
        "neurons: 5%, 39 s elapsed",
        "neurons: 35%, 45 s elapsed, 13 s to go",
        "neurons: 65%, 51 s elapsed, 7 s to go",
    ]


def test_a_first_chunk_without_much_behind_it_gives_no_estimate(clock: Clock) -> None:
    with Progress(1000, "neurons", silent=True) as work:
        clock.now += 39.0
        assert work.line() == "neurons: 39 s elapsed"
        for _ in range(2):
            work.update(10)
            clock.now += 1.0
        assert work.line() == "neurons: 2%, 41 s elapsed"
        work.update(10)
        assert work.line() == "neurons: 3%, 41 s elapsed, 1 min 37 s to go"


def test_compiling_does_not_count_on_a_bar_either(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal, hand = Terminal(), Clock()
    monkeypatch.setattr(sys, "stderr", terminal)
    with Progress(100, "neurons") as work:
        bar = work._bar
        bar._time = hand.monotonic
        bar.start_t = bar.last_print_t = hand.now
        hand.now += 40.0
        work.update(10)
        assert "<?" in str(bar)
        for _ in range(2):
            hand.now += 1.0
            work.update(10)
        assert "30/100 [00:42<00:07" in str(bar)


def test_a_failure_is_passed_on_and_not_called_done(clock: Clock, caplog: pytest.LogCaptureFixture) -> None:
    def failing() -> None:
        clock.now += 7505.0
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError), Progress(2, "neurons"):
        failing()
    assert caplog.messages == ["neurons: stopped after 2 h 05 min"]


def test_unknown_total_has_no_fraction(clock: Clock) -> None:
    work = Progress(0, "reading")
    work.update()
    assert work.line() == "reading: 0 s elapsed"


def test_silence(clock: Clock, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    with Progress(2, "neurons", silent=True) as work:
        clock.now += 100.0
        work.update(2)
    assert terminal.getvalue() == ""
    assert not caplog.messages


def test_a_terminal_gets_a_bar(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    caplog.set_level(logging.INFO, logger="plastisim")
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    with Progress(2, "neurons", unit="chunk") as work:
        work.update(2)
    assert "neurons: 100%" in terminal.getvalue()
    assert not caplog.messages


def test_without_tqdm_a_terminal_gets_log_lines(
    clock: Clock, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stderr", Terminal())
    monkeypatch.setitem(sys.modules, "tqdm", None)
    with Progress(2, "neurons") as work:
        clock.now += 10.0
        work.update()
    assert caplog.messages[0] == "neurons: 50%, 10 s elapsed"
