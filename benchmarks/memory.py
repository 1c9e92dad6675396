"""Memory of a streaming run over time: 34 days must cost no more than 3, with the same population.

Each run is a process of its own that records to a store. Peak memory is that of the whole process, compiling
included; the curve is its resident memory, sampled while it goes on. Seconds of compiling are those of XLA, of which
two may run side by side.

Run: python benchmarks/memory.py [--out DIR] [--small]
"""

from __future__ import annotations

import functools
import resource
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import harness
import inner_clocks

DAYS = (3, 34)
NO_MORE = 1.05  # peak of the long run / peak of the short one, at most; the allocator alone varies by some per cent
RECORDING = ("lay_out", "begin", "_commit", "end")  # methods of `Diary`: what it takes to get a record to disk
EVERY = 0.1  # s between samples
MIB = 2**20


def measured(days: int, mice: int) -> dict[str, Any]:
    """Return memory in MiB over a recorded run; called in a process of its own."""
    import plastisim as ps
    from plastisim.diary import Diary

    compiled, diary = inner_clocks.compiling(), [inner_clocks.watched(Diary, name) for name in RECORDING]
    curve: list[tuple[float, float]] = []
    over, begin = threading.Event(), time.perf_counter()

    def watch() -> None:
        while not over.wait(EVERY):
            curve.append((time.perf_counter() - begin, resident()))

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    arms = (ps.Arm("vehicle", (ps.Dose(ps.VEHICLE),)), ps.Arm("psilocybin", (ps.Dose(ps.PSILOCYBIN, 1.0),)))
    protocol = ps.Protocol(arms, start=0, end=days * ps.DAY, sessions=(0, 1, 3))
    cohort = ps.Cohort("one", ps.PT, mice=mice)
    chunks: list[tuple[float, float]] = []
    with tempfile.TemporaryDirectory() as folder:
        ps.record(Path(folder) / "run.zarr", ps.Setup.of(protocol, (cohort,)), "memory",
                  progress=lambda _: chunks.append((time.perf_counter() - begin, resident())))  # fmt: skip
    over.set()
    watcher.join()
    return {"days": days, "neurons": 2 * mice * cohort.neurons, "peak": peak(), "curve": curve, "chunks": chunks,
            "seconds": time.perf_counter() - begin, "compiling": sum(compiled),
            "recording": sum(map(sum, diary))}  # fmt: skip


def peak() -> float:
    """Return the largest resident memory of this process so far, MiB."""
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / (MIB if sys.platform == "darwin" else 1024)


def resident() -> float:
    """Return the resident memory now, MiB; where that cannot be read, the largest so far."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    except OSError:
        return peak()
    return pages * resource.getpagesize() / MIB


def main(argv: Sequence[str] | None = None) -> dict[str, Any]:
    """Run the page and return what it measured."""
    given = harness.arguments(__doc__, argv)
    machine = harness.machine()
    runs = [harness.apart("memory", days, 8 if given.small else 125) for days in DAYS]
    harness.table(
        ("days", "neurons", "peak MiB", "after the first chunk", "after the last", "s", "first chunk after",
         "compiling", "recording"),
        [
            (str(run["days"]), str(run["neurons"]), f"{run['peak']:.0f}", f"{run['chunks'][0][1]:.0f}",
             f"{run['chunks'][-1][1]:.0f}", f"{run['seconds']:.0f}", f"{run['chunks'][0][0]:.1f}",
             f"{run['compiling']:.1f}", f"{run['recording']:.1f}")
            for run in runs
        ],
    )  # fmt: skip
    more = runs[1]["peak"] / runs[0]["peak"]
    met = {"flat": harness.verdict("peak memory, 34 days / 3 days", more, at_most=NO_MORE)}
    figures = {"runs": runs, "met": met}
    harness.report("memory", given, machine, figures, functools.partial(draw, runs))
    return figures


def draw(runs: list[dict[str, Any]], figure: Any) -> None:
    """Draw resident memory over the time of each run."""
    axes = figure.subplots()
    for run in runs:
        axes.plot(*zip(*run["curve"], strict=True), label=f"{run['days']} days")
    axes.set(xlabel="time, s", ylabel="resident memory, MiB", ylim=(0.0, None), title=f"{runs[0]['neurons']} neurons")
    axes.legend()


if __name__ == "__main__":
    main()
