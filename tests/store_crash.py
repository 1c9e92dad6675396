"""Helper of test_store: write stores in forked children and kill each at another moment.

A process of its own, since JAX must not be forked (zarr may be: it starts anew in a child). Usage: python
store_crash.py KIND FOLDER.
For every moment n = 0, 1, 2, … a child writes in FOLDER/n and gets SIGKILL before its n-th file or folder takes its
final name. The last child lives; its number is printed.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import xarray as xr

from plastisim.results.store import write_run
from plastisim.results.stream import StreamingStore

N_TIME, BLOCK = 10, 4


def sample(value: float = 1.0) -> xr.Dataset:
    """Return a small dataset of every kind that is stored: text, flags, integers, floats, scalars."""
    calcium = value + np.arange(2 * N_TIME * 3, dtype=np.float32).reshape(2, N_TIME, 3)
    return xr.Dataset(
        {
            "calcium_free": (("arm", "time", "neuron"), calcium, {"units": "umol/L", "long_name": "free calcium"}),
            "spine_alive": (("time", "neuron"), calcium[0] % 2 == 0, {"units": "1", "long_name": "spine is there"}),
            "spine_count": (("time",), np.arange(N_TIME), {"units": "1", "long_name": "spines"}),
            "volume": ((), np.float64(value), {"units": "um^3", "long_name": "volume"}),
        },
        coords={
            "arm": ("arm", np.array(["vehicle", "psilocybin µ"])),
            "time": ("time", np.arange(N_TIME) * 600.0, {"units": "s", "long_name": "time"}),
            "neuron": ("neuron", np.arange(3)),
        },
        attrs={"title": "test", "plastisim_seed": 7},
    )


def blocks(dataset: xr.Dataset) -> list[tuple[int, dict[str, np.ndarray]]]:
    """Return the streamed variables cut into blocks."""
    names = [str(name) for name, variable in dataset.data_vars.items() if "time" in variable.dims]
    starts = range(0, N_TIME, BLOCK)
    return [
        (start, {name: dataset[name].isel(time=slice(start, start + BLOCK)).values for name in names})
        for start in starts
    ]


def stream(path: Path) -> None:
    """Stream the sample to `path` and complete it."""
    store = StreamingStore.create(path, sample(), block=BLOCK)
    for start, frames in blocks(sample()):
        store.write_block(start, frames)
    store.complete()


def replace(path: Path) -> None:
    """Put the sample with value 2 in the place of an older one."""
    write_run(sample(2.0), path, overwrite=True)


KINDS: dict[str, Callable[[Path], object]] = {
    "write": lambda path: write_run(sample(), path),
    "replace": replace,
    "stream": stream,
}


def die_at(moment: int) -> None:
    """Make this process kill itself before its `moment`-th renaming."""
    count = 0
    for name in ("replace", "rename"):
        original = getattr(Path, name)

        def dying(self: Path, target: Path, original: Callable = original) -> Path:
            nonlocal count
            if count == moment:
                os.kill(os.getpid(), signal.SIGKILL)
            count += 1
            return original(self, target)

        setattr(Path, name, dying)


def main(kind: str, folder: Path) -> None:
    """Write once for every moment, until a child survives."""
    write_run(sample(), folder / "warm")  # imports everything once, which saves a second a child
    for moment in range(1000):
        here = folder / str(moment)
        here.mkdir()
        if kind == "replace":
            write_run(sample(), here / "run.zarr")
        child = os.fork()
        if child == 0:
            die_at(moment)
            KINDS[kind](here / "run.zarr")
            os._exit(0)
        _, status = os.waitpid(child, 0)
        if os.WIFEXITED(status):
            if os.WEXITSTATUS(status):
                sys.exit("the child failed by itself")
            print(moment)
            return


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
