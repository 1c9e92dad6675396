"""What every benchmark needs: arguments, interleaved repetitions, the machine, a table, JSON and a figure.

A benchmark is a page: it calls `arguments`, measures with `interleaved`, prints with `table` and `verdict`, and hands
everything to `report`. It runs unchanged on a GPU; what is compared with C runs on the CPU.

    given = harness.arguments(__doc__)
    machine = harness.machine()
    times = harness.interleaved({"ours": ours, "theirs": theirs}, given.repeats)
    harness.table(("who", "ms"), [(name, f"{1e3 * time.median:.2f}") for name, time in times.items()])
    passed = harness.verdict("ours / theirs", harness.ratio(times, "ours", "theirs"), at_most=2.5)
    harness.report("name of the page", given, machine, {"times": times})
"""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import datetime
import json
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

FEWEST = 5  # repetitions, unless the page is --small


@dataclasses.dataclass(frozen=True)
class Times:
    """Seconds of every repetition of one thing."""

    seconds: tuple[float, ...]

    @property
    def median(self) -> float:
        """Median, s."""
        return statistics.median(self.seconds)

    @property
    def spread(self) -> str:
        """Smallest to largest, relative to the median."""
        return f"{min(self.seconds) / self.median:.2f}-{max(self.seconds) / self.median:.2f}"


def arguments(
    page: str | None, argv: Sequence[str] | None = None, flags: Mapping[str, str] | None = None
) -> argparse.Namespace:
    """Return `out` (folder or None), `repeats`, `small` and a page's own `flags` from the command line.

    Args:
        page: the module docstring.
        argv: None takes those of the process.
        flags: help of each further switch, by name.
    """
    parser = argparse.ArgumentParser(description=page, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, help="folder for the JSON file and the figure")
    parser.add_argument("--repeats", type=int, default=7, help="interleaved repetitions (default 7)")
    for name, meaning in {"small": "a few seconds; the numbers mean little", **(flags or {})}.items():
        parser.add_argument(f"--{name}", action="store_true", help=meaning)
    given = parser.parse_args(argv)
    if given.repeats < 1 or (given.repeats < FEWEST and not given.small):
        parser.error(f"--repeats must be at least {FEWEST} (1 with --small), but got {given.repeats}")
    return given


def one_core() -> None:
    """Keep this process on one core; call it before JAX does anything.

    Without the possibility to choose a core (other than Linux), XLA is asked for a single thread.
    """
    bridge = sys.modules.get("jax._src.xla_bridge")
    if bridge is not None and bridge.backends_are_initialized():
        raise RuntimeError("one_core() comes too late: JAX has already started its threads")
    os.environ["XLA_FLAGS"] = f"{os.environ.get('XLA_FLAGS', '')} --xla_cpu_multi_thread_eigen=false".strip()
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


def interleaved(
    things: Mapping[str, Callable[[], Any]], repeats: int, clock: Callable[[], float] = time.perf_counter
) -> dict[str, Times]:
    """Return the times of several things, each repeated in turn, so that a busy machine slows all of them alike.

    Args:
        things: functions by name; each is called once before, to compile and to warm up, and must wait for its result.
        repeats: timed calls of each.
        clock: or `time.process_time`, for the work of one core, which neighbours disturb less.
    """
    return on_clocks(things, repeats, (clock,))[0]


def on_clocks(
    things: Mapping[str, Callable[[], Any]], repeats: int, clocks: Sequence[Callable[[], float]]
) -> list[dict[str, Times]]:
    """Return what `interleaved` does, of the same calls on each of several clocks."""
    for thing in things.values():
        thing()
    spent: dict[str, list[list[float]]] = {name: [] for name in things}
    for _ in range(repeats):
        for name, thing in things.items():
            begin = [clock() for clock in clocks]
            thing()
            spent[name].append([clock() - since for clock, since in zip(clocks, begin, strict=True)])
    columns = {name: [Times(column) for column in zip(*calls, strict=True)] for name, calls in spent.items()}
    return [{name: found[index] for name, found in columns.items()} for index in range(len(clocks))]


def ratio(times: Mapping[str, Times], one: str, other: str) -> float:
    """Return the median over repetitions of the time of `one` over that of `other` in the same repetition."""
    pairs = zip(times[one].seconds, times[other].seconds, strict=True)
    return statistics.median(mine / theirs for mine, theirs in pairs)


@contextlib.contextmanager
def stage(seconds: dict[str, float], name: str) -> Iterator[None]:
    """Add the wall time of a block to `seconds[name]`: for compiling, running, and reading and writing, apart."""
    begin = time.perf_counter()
    yield
    seconds[name] = seconds.get(name, 0.0) + time.perf_counter() - begin


def apart(code: str, *arguments: Any, **environment: str) -> Any:
    """Return what `measured(*arguments)` of a page gives in a process of its own.

    Args:
        code: name of the page; its result goes through JSON.
        arguments: of JSON types.
        environment: variables added to those of this process.

    Raises:
        RuntimeError: it failed; the message is its own.
    """
    call = f"import json, {code}; print(json.dumps({code}.measured(*json.loads({json.dumps(json.dumps(arguments))}))))"
    import plastisim

    folders = [str(Path(file).resolve().parent) for file in (__file__, Path(str(plastisim.__file__)).parent)]
    path = os.pathsep.join([*folders, os.environ.get("PYTHONPATH", "")])
    done = subprocess.run(
        [sys.executable, "-c", call], env={**os.environ, "PYTHONPATH": path, **environment}, capture_output=True,
        text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        raise RuntimeError(f"{code}: {done.stderr.strip()[-2000:]}")
    return json.loads(done.stdout.splitlines()[-1])


def machine() -> dict[str, Any]:
    """Return what the numbers depend on: processor, cores, load, device and versions."""
    import jax
    import numpy as np

    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "cores_used": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "load": load(),
        "device": jax.devices()[0].device_kind,
        "x64": bool(jax.config.read("jax_enable_x64")),
        "python": platform.python_version(),
        "jax": jax.__version__,
        "numpy": np.__version__,
        "date": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
    }


def load() -> float | None:
    """Return the load average of the last minute, or None where there is none."""
    return round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None


def _processor() -> str:
    with contextlib.suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table with aligned columns."""
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    for row in (head, *rows):
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
    print()


def verdict(
    what: str, measured: float, *, at_most: float | None = None, at_least: float | None = None, unit: str = ""
) -> bool:
    """Print a target beside the measured figure and return whether it is met."""
    met = (at_most is None or measured <= at_most) and (at_least is None or measured >= at_least)
    target = f"<= {at_most:g}" if at_most is not None else f">= {at_least:g}"
    print(f"{what}: {measured:.3g}{unit}, target {target}{unit}: {'met' if met else 'NOT met'}")
    return met


def report(
    name: str, given: argparse.Namespace, machine: Mapping[str, Any], figures: Mapping[str, Any],
    draw: Callable[[Any], None] | None = None,
) -> None:  # fmt: skip
    """Print the machine line and, with --out, write NAME.json and NAME.png.

    Args:
        name: of the files.
        given: the arguments.
        machine: from `machine()`, taken before the measurements; the load after them is added.
        figures: numbers, strings, lists, mappings and `Times`.
        draw: draws on a matplotlib figure; without matplotlib there is no figure, and it says so.
    """
    whole = {"benchmark": name, "small": given.small, "machine": {**machine, "load_after": load()}, **figures}
    where = whole["machine"]
    print(
        f"\n{where['processor']}, {where['cores_used']} of {where['cores']} cores, {where['device']}, "
        f"load {where['load']} before and {where['load_after']} after; jax {where['jax']}, numpy {where['numpy']}"
    )
    if given.out is None:
        return
    given.out.mkdir(parents=True, exist_ok=True)
    path = given.out / f"{name}.json"
    path.write_text(json.dumps(whole, indent=1, default=_plain, allow_nan=False) + "\n", encoding="utf-8")
    print(f"written: {path}")
    if draw is not None:
        _figure(given.out / f"{name}.png", draw)


def _plain(value: Any) -> Any:
    """Return what JSON can hold."""
    if isinstance(value, Times):
        return {"median_s": value.median, "seconds": value.seconds}
    if hasattr(value, "tolist"):
        return value.tolist()
    raise TypeError(f"{type(value).__name__} does not go into JSON")


def _figure(path: Path, draw: Callable[[Any], None]) -> None:
    try:
        from matplotlib.figure import Figure
    except ImportError:
        print("no figure: matplotlib is not installed")
        return
    figure = Figure(figsize=(6.4, 3.6), layout="constrained")
    draw(figure)
    figure.savefig(path, dpi=150)
    print(f"written: {path}")
