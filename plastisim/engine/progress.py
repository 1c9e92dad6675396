"""How far a run is: a bar on a terminal, now and then a log line elsewhere.

Called on the host between chunks, never from inside a compiled kernel. Until the first chunk is over programs compile,
so the time to go is judged by what came after it.
"""

from __future__ import annotations

import logging
import sys
import time
from types import TracebackType
from typing import Any, Self

LOG = logging.getLogger("plastisim")
SECONDS_BETWEEN_LINES = 5.0
FIRST_ESTIMATE = 0.02  # share of the work, behind the first chunk, after which the time to go is more than a guess


class Progress:
    """A context that counts finished work.

    Args:
        total: amount of work, in any unit; 0 if unknown.
        label: what is being done, in a few words.
        unit: word for the work counted, for the bar only.
        silent: show nothing at all.
        seconds_between_lines: least time between two log lines.
    """

    def __init__(
        self,
        total: float,
        label: str,
        *,
        unit: str = "",
        silent: bool = False,
        seconds_between_lines: float = SECONDS_BETWEEN_LINES,
    ) -> None:
        """See the class."""
        self.total, self.label, self.unit, self.silent = total, label, unit, silent
        self.done = 0.0
        self._gap = seconds_between_lines
        self._bar: Any = None
        self._first: tuple[float, float] | None = None  # when the first chunk was over, and how much it was
        self._start = self._last = time.monotonic()

    def __enter__(self) -> Self:
        """Start the clock and, on a terminal, the bar."""
        self._first = None
        self._start = self._last = time.monotonic()
        if not self.silent and sys.stderr is not None and sys.stderr.isatty():
            self._bar = _bar(self.total, self.label, self.unit)
        return self

    def update(self, amount: float = 1.0) -> None:
        """Count `amount` more as done, and show it if it is time to."""
        self.done += amount
        begun = self._first is not None
        if not begun:
            self._first = time.monotonic(), self.done
        if self._bar is not None:
            self._bar.update(amount) if begun else _begin(self._bar, amount)
        elif not self.silent and time.monotonic() - self._last >= self._gap:
            self._last = time.monotonic()
            LOG.info("%s", self.line())

    def line(self) -> str:
        """Return the state in words: fraction, elapsed time and, once it can be told, time to go."""
        now = time.monotonic()
        told = f"{_clock(now - self._start)} elapsed"
        if self.total <= 0 or self._first is None:
            return f"{self.label}: {told}"
        begin, first = self._first
        if self.done - first >= FIRST_ESTIMATE * self.total:
            left = (now - begin) * max(self.total - self.done, 0.0) / (self.done - first)
            told += f", {_clock(left)} to go"
        return f"{self.label}: {min(self.done / self.total, 1.0):.0%}, {told}"

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the bar, or say how long it took; an error in the block is not hidden."""
        if self._bar is not None:
            self._bar.close()
        elif not self.silent:
            elapsed = _clock(time.monotonic() - self._start)
            LOG.info("%s: %s after %s", self.label, "done" if kind is None else "stopped", elapsed)


def _bar(total: float, label: str, unit: str) -> Any:
    """Return a tqdm bar on stderr, or None on a host without tqdm (log lines take its place)."""
    try:
        from tqdm import tqdm
    except ImportError:
        return None
    return tqdm(total=total or None, desc=label, unit=f" {unit}" if unit else "it", file=sys.stderr, dynamic_ncols=True)


def _begin(bar: Any, amount: float) -> None:
    """Show the first chunk on a bar, and let the bar judge its speed from here on."""
    bar.n = bar.initial = bar.last_print_n = amount
    bar.last_print_t = bar._time()
    bar.refresh()


def _clock(seconds: float) -> str:
    """Return a duration as people say it: 42 s, 3 min 20 s, 2 h 05 min."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"
