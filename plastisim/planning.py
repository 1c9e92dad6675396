"""What a run will take, before anything compiles: work, memory, disk and time, by arithmetic on its setup.

Numbers of lanes, blocks, frames and bytes before compression follow from the setup and are exact. Steps, memory, disk
and time rest on a few constants (`costs.MEASURED`); they are meant to hold within a factor of two on a machine like
the one on which those were measured.
"""

from __future__ import annotations

import dataclasses
import os
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from plastisim import costs
from plastisim.course import CHUNK
from plastisim.engine.clock import Segments, schedule
from plastisim.engine.crew import cpu_width
from plastisim.engine.devices import cache_folder
from plastisim.lab.cohort import Cohort
from plastisim.lab.protocol import DAY, TICK, Protocol
from plastisim.request import Request
from plastisim.setup import Setup

UNITS = {
    "byte": ("device", "host", "cold", "disk", "working", "free_memory", "free_disk"),
    "s": ("compiling", "kept", "running"),
}  # of a plan's fields; the others are counts
ENOUGH = 0.9  # share of what is free that a run may take


@dataclasses.dataclass(frozen=True)
class Plan:
    """What a run will take.

    Attributes:
        lanes: neurons computed, over all arms.
        blocks: of lanes; the unit that is compiled and shared out.
        branches: over all arms.
        frames: recorded moments.
        chunks: stretches after which a checkpoint is kept.
        steps: of the cascade, over all lanes.
        device: bytes on the devices; on a CPU they are part of `host`.
        host: largest resident memory with programs kept from before, bytes.
        cold: largest resident memory where they have to be compiled, bytes.
        disk: of the finished store, bytes.
        working: further bytes on disk while the run goes on.
        compiling: s, with nothing kept from an earlier run.
        kept: s, with all programs kept.
        running: s.
        cores: that will compute.
        free_memory: bytes available now; None where that is not known.
        free_disk: bytes.
        precision: of the computation.
    """

    lanes: int
    blocks: int
    branches: int
    frames: int
    chunks: int
    steps: float
    device: float
    host: float
    cold: float
    disk: float
    working: float
    compiling: float
    kept: float
    running: float
    cores: int
    free_memory: int | None
    free_disk: int
    precision: str

    @property
    def problems(self) -> tuple[str, ...]:
        """What will not do, with the fix."""
        narrower = "" if self.precision == "float32" else ", or ask for Settings(precision='float32')"
        found = []
        if self.free_memory is not None and self.cold > ENOUGH * self.free_memory:
            share = int(100 * ENOUGH * self.free_memory / self.cold)
            found.append(
                f"memory: the run needs {_size(self.cold)}, {_size(self.free_memory)} are free; take at most "
                f"{share} % of the mice{narrower}"
            )
        if self.disk + self.working > ENOUGH * self.free_disk:
            found.append(
                f"disk: the run needs {_size(self.disk + self.working)}, {_size(self.free_disk)} are free; write to "
                "another disk, or take fewer mice or days"
            )
        return tuple(found)

    def card(self) -> str:
        """Return the plan in words, one line each."""
        lines = {
            "neurons": f"{self.lanes:,} in {self.blocks:,} blocks, {self.branches:,} branches, {self.precision}",
            "time": f"{self.frames:,} frames in {self.chunks:,} chunks, about {self.steps:.2g} steps of the cascade",
            "compile": f"about {_clock(self.compiling)}, or {_clock(self.kept)} with programs kept from before "
            f"(in {cache_folder() or 'no folder: PLASTISIM_CACHE=off'})",
            "run": f"about {_clock(self.running)} on {self.cores} cores",
            "memory": f"about {_size(self.host)} ({_size(self.device)} of it arrays on devices), or {_size(self.cold)} "
            "where programs have to be compiled",
            "disk": f"about {_size(self.disk)}, and {_size(self.working)} more while it runs",
            "free": f"memory {'unknown' if self.free_memory is None else _size(self.free_memory)}, "
            f"disk {_size(self.free_disk)}",
        }
        words = [f"{name:8} {line}" for name, line in lines.items()]
        constants = f"times and memory are within a factor of two where the constants hold: {costs.TWO_CORES}"
        return "\n".join([*words, constants, *(f"WILL NOT DO: {problem}" for problem in self.problems)])

    def document(self) -> dict[str, Any]:
        """Return the plan and the constants behind it in JSON types."""
        constants = {name: one._asdict() for name, one in costs.MEASURED.items()}
        return {
            **dataclasses.asdict(self),
            "units": {name: unit for unit, names in UNITS.items() for name in names},
            "problems": self.problems,
            "constants": constants,
            "where": costs.TWO_CORES,
        }


def plan(setup: Setup, folder: str | Path = ".") -> Plan:
    """Return what a recorded run of a setup will take; nothing is compiled or computed.

    Args:
        setup: what is simulated (`Setup.of`).
        folder: where it will be written, for the space that is free there; it need not exist.
    """
    population, settings = setup.population, setup.settings
    number, item = population.animals * population.filled, np.dtype(settings.precision).itemsize
    blocks = -(-number // cpu_width(number))
    branches = population.animals * population.neurons * population.cohorts[0].dendrites
    segments, chunks = timetable(population.protocol)
    frames, cores = len(segments.end), _cores()
    steps = number * costs.steps(setup, segments)
    disk, working = costs.disk(setup, frames, branches)
    device, host = costs.memory(setup, blocks, min(blocks, cores), branches, item)
    cold = max(host, (costs.of("base") + costs.of("compiler")) * costs.MIB)
    ticks = population.protocol.duration / TICK
    busy = steps * costs.step(setup) + branches * settings.slots * ticks * costs.of("slot")
    running = busy / min(blocks, cores) + chunks * costs.of("chunk")
    compiling = costs.of("compile") * costs.CORES / min(cores, costs.CORES)
    return Plan(
        number, blocks, branches, frames, chunks, steps, device, host, cold, disk, working,
        compiling, costs.of("kept"), running, cores, _free_memory(),
        shutil.disk_usage(_existing(Path(folder))).free, settings.precision,
    )  # fmt: skip


def timetable(protocol: Protocol) -> tuple[Segments, int]:
    """Return the segments of a run, and in how many chunks they are computed."""
    segments = schedule(protocol.start, protocol.end, TICK, protocol.events())
    stops = {round(day * DAY) for day in protocol.sessions} | {protocol.start}
    return segments, len(list(segments.chunks(CHUNK, stops)))


def asked(experiment: Callable[[Request], Any], request: Request) -> Setup:
    """Return what an experiment asks to simulate, without simulating it; of several runs the first.

    Args:
        experiment: function of a script in experiments/.
        request: what its caller chose.

    Raises:
        ConfigError: as the run itself would.
    """
    fields = {field.name: getattr(request, field.name) for field in dataclasses.fields(request)}
    try:
        experiment(_Question(**fields))
    except _Answer as answer:
        return answer.setup
    raise RuntimeError(f"{request.experiment} simulated nothing")


class _Answer(BaseException):  # no script's `except Exception` may swallow it
    def __init__(self, setup: Setup) -> None:
        self.setup = setup


class _Question(Request):
    """A request that stops where the run would begin."""

    def record(
        self, protocol: Protocol, cohorts: Sequence[Cohort], title: str, name: str = "run", experiment: Any = None,
        **more: Any,
    ) -> Any:  # fmt: skip
        """Hand back what would be simulated."""
        raise _Answer(self.setup(protocol, cohorts, **more))


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _free_memory() -> int | None:
    """Return the bytes that a new process may take, or None where the system does not say."""
    try:
        for line in Path("/proc/meminfo").read_text(encoding="ascii").splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    except OSError:
        pass
    return None


def _existing(folder: Path) -> Path:
    """Return the nearest folder above that exists."""
    here = folder.resolve()
    return next(each for each in (here, *here.parents) if each.is_dir())


def _size(number: float) -> str:
    return f"{number / costs.MIB:.3g} MiB" if number < 1000 * costs.MIB else f"{number / 2**30:.3g} GiB"


def _clock(seconds: float) -> str:
    return (
        f"{seconds:.0f} s"
        if seconds < 120
        else f"{seconds / 60:.0f} min"
        if seconds < 7200
        else f"{seconds / 3600:.1f} h"
    )
