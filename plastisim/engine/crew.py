"""Work that comes in equal, independent blocks, shared out over devices and cores.

A block is computed by one program on one device, the same whatever else there is to do: results cannot depend on how
many devices or threads there are. On a CPU one thread a core keeps all of them busy, because a small program uses one.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import jax

Item = TypeVar("Item")
Result = TypeVar("Result")

CPU_BLOCK = 64  # lanes of a small population: few enough to share them out evenly
CPU_WIDE = 256  # lanes of a large one: what a block costs besides its lanes is shared by more of them
MANY = 512  # lanes from which on blocks are wide
GPU_BLOCK = 65536  # lanes; a GPU needs many at once


def cpu_width(lanes: int) -> int:
    """Return the lanes of a block on a CPU, for a population of `lanes`."""
    return CPU_BLOCK if lanes < MANY else CPU_WIDE


class Crew:
    """Devices and the threads that feed them; close it, or use it as a context."""

    def __init__(self) -> None:
        """Take every device of the default kind."""
        self.devices = jax.local_devices()
        self.on_cpu = self.devices[0].platform == "cpu"
        self._x64 = jax.config.jax_enable_x64  # pyright: ignore[reportAttributeAccessIssue]
        cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
        self._pool = ThreadPoolExecutor(max(cores, len(self.devices)) if self.on_cpu else len(self.devices))

    def width(self, lanes: int) -> int:
        """Return the lanes of a block, for a population of `lanes`: one of few sizes, so that programs are reused."""
        if self.on_cpu:
            return cpu_width(lanes)
        return min(GPU_BLOCK, max(CPU_BLOCK, 1 << (-(-lanes // len(self.devices)) - 1).bit_length()))

    def device(self, block: int) -> Any:
        """Return where a block is computed."""
        return self.devices[block % len(self.devices)]

    def each(self, work: Callable[[Item], Result], items: Iterable[Item]) -> list[Result]:
        """Return the results of `work` on all items, in their order; the first failure is raised."""
        return list(self._pool.map(self._in_precision(work), items))

    def together(self, *jobs: Callable[[], Any]) -> None:
        """Do several jobs side by side, such as compiling programs."""
        for job in [self._pool.submit(self._in_precision(lambda job: job()), job) for job in jobs]:
            job.result()

    def close(self) -> None:
        """Let the threads go."""
        self._pool.shutdown(cancel_futures=True)

    def __enter__(self) -> Crew:
        """Return self."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close."""
        self.close()

    def _in_precision(self, work: Callable[[Item], Result]) -> Callable[[Item], Result]:
        """Return `work` in the precision of the caller, which JAX keeps for each thread."""

        def done(item: Item) -> Result:
            with jax.enable_x64(self._x64):
                return work(item)

        return done
