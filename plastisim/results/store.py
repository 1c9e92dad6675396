"""Runs on disk: a Zarr 3 store that opens only if it is whole.

Two locks hold that promise. A store gets its final name only when it is finished, and its root attributes say
`plastisim_status = complete` together with the number and size of its files, so an interrupted copy is noticed too.
"""

from __future__ import annotations

import math
import os
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from plastisim.engine.errors import ConfigError, StoreError
from plastisim.results.attributes import SCHEMA, check_files, json_value, read_root, seal
from plastisim.results.files import reason, whole_folder

if TYPE_CHECKING:
    import xarray

RUNNING = ".running"  # suffix of a store that is still being streamed
CHUNK_BYTES = 16 * 2**20
CHUNK_WIDTH = 10_000  # largest chunk along any dimension but time


def write_run(dataset: xarray.Dataset, path: str | Path, *, overwrite: bool = False) -> Path:
    """Write a whole dataset as a new store, all or nothing.

    Args:
        dataset: any dataset whose data variables carry `units` and `long_name`; text may be of any NumPy kind.
        path: name of the store, by custom ending in `.zarr`.
        overwrite: replace an older plastisim store (nothing else), once the new one is whole.

    Raises:
        StoreError: `path` is taken, an attribute or variable cannot be stored, or writing failed (a full disk, say);
            then nothing is left behind and an older store is untouched.
    """
    target = Path(path)
    check_free(target, overwrite)
    ready = prepared(dataset)
    n_time = int(ready.sizes.get("time", 0))
    with whole_folder(target) as temporary:
        ready.to_zarr(temporary, mode="w-", zarr_format=3, consolidated=False, encoding=encoding(ready))
        seal(temporary, n_time)
        check_free(target, overwrite)
    return target


def open_run(path: str | Path, *, partial: bool = False) -> xarray.Dataset:
    """Open a run; arrays are read when they are used.

    Args:
        path: a store, or an output folder that holds `run.zarr`.
        partial: accept a run that is still going on or broke off, cut to the frames that are safely written.

    Raises:
        ConfigError: nothing is there.
        StoreError: not a plastisim store, unfinished, or damaged.
    """
    import xarray

    folder = find(Path(path), partial)
    root = read_root(folder)
    status, committed = root.get("plastisim_status"), root.get("plastisim_n_committed")
    if status != "complete" and not (partial and isinstance(committed, int)):
        raise StoreError(f"{str(folder)!r} is unfinished (status {status!r}); resume the run, or open it as partial")
    if status == "complete":
        check_files(folder, root)
    try:
        with warnings.catch_warnings():  # zarr warns of every file it does not know, such as .DS_Store
            warnings.filterwarnings("ignore", message=".*not recognized as a component of a Zarr hierarchy")
            dataset = xarray.open_zarr(folder, consolidated=False, zarr_format=3, decode_timedelta=False, chunks=None)
    except Exception as error:  # zarr and xarray raise many kinds for a damaged store
        raise StoreError(f"{str(folder)!r} cannot be read: {reason(error)}") from error
    if status == "complete" and dataset.sizes.get("time", 0) != committed:
        raise StoreError(f"{str(folder)!r} is damaged: {dataset.sizes.get('time', 0)} frames, expected {committed}")
    return dataset.isel(time=slice(committed)) if "time" in dataset.sizes else dataset


def check_free(path: Path, overwrite: bool) -> None:
    """Refuse a name that is taken, unless it may be overwritten and holds a store of ours."""
    if not os.path.lexists(path):
        return
    if not overwrite:
        raise StoreError(f"{str(path)!r} exists; choose another name, or overwrite it on purpose")
    try:
        read_root(path)
    except StoreError as error:
        raise StoreError(f"{str(path)!r} is no plastisim store and is not overwritten; remove it yourself") from error


def running(path: Path) -> Path:
    """Return the name a store has until it is complete."""
    return path.with_name(path.name + RUNNING)


def prepared(dataset: xarray.Dataset) -> xarray.Dataset:
    """Return the dataset as it is stored: text as strings, attributes as JSON types, status `running`."""
    ready = dataset.drop_encoding()
    for name, variable in dataset.variables.items():
        if str(name) in dataset.data_vars and variable.dtype.kind in "biufc":
            missing = [key for key in ("units", "long_name") if not variable.attrs.get(key)]
            if missing:
                raise StoreError(
                    f"variable {str(name)!r} has no {' and no '.join(missing)}; give it where it is declared"
                )
        if variable.dtype.kind in "US":
            text = np.asarray(variable.values).astype(str).astype(object)
            ready = (
                ready.assign_coords({name: (variable.dims, text)})
                if name in dataset.coords
                else ready.assign({name: (variable.dims, text)})
            )
        ready[name].attrs = json_value(variable.attrs, f"{name}.attrs")
    attributes = {"Conventions": "CF-1.11", **json_value(dataset.attrs, "attrs")}
    ready.attrs = {**attributes, "plastisim_schema": SCHEMA, "plastisim_status": "running"}
    return ready


def encoding(dataset: xarray.Dataset) -> dict[str, dict[str, Any]]:
    """Return chunks and compression of every numeric variable."""
    return {
        str(name): {
            "chunks": chunk_shape(tuple(map(str, variable.dims)), variable.shape, variable.dtype.itemsize),
            "compressors": compressors(),
        }
        for name, variable in dataset.variables.items()
        if variable.dtype.kind in "biufc" and variable.ndim and variable.size
    }


def compressors() -> tuple[Any, ...]:
    """Return the one compression in use: fast, and it halves what simulations write."""
    from zarr.codecs import BloscCodec

    return (BloscCodec(cname="zstd", clevel=1, shuffle="shuffle"),)


def chunk_shape(dims: tuple[str, ...], shape: tuple[int, ...], itemsize: int, block: int = 0) -> tuple[int, ...]:
    """Return chunks of at most `CHUNK_BYTES`, narrow in the wide dimensions and long in time.

    Args:
        dims: names of the dimensions.
        shape: their lengths.
        itemsize: bytes an element.
        block: frames a chunk, where that is fixed by how the store is written.
    """
    chunks = [min(max(size, 1), CHUNK_WIDTH) for size in shape]
    if "time" in dims:
        axis = dims.index("time")
        chunks[axis] = 1
        room = max(1, CHUNK_BYTES // (math.prod(chunks) * itemsize))
        chunks[axis] = min(max(shape[axis], 1), block or room)
    return tuple(chunks)


def find(path: Path, partial: bool) -> Path:
    """Return the store meant by a path: itself, or `run.zarr` inside it; unfinished ones only if `partial`."""
    for candidate in (path, path / "run.zarr"):
        if (candidate / "zarr.json").is_file():
            return candidate
        unfinished = running(candidate) if candidate.name else candidate
        if (unfinished / "zarr.json").is_file():
            if partial:
                return unfinished
            raise StoreError(f"{str(candidate)!r} is unfinished; resume the run, or open it as partial")
    if not os.path.lexists(path):
        raise ConfigError(f"no run at {str(path)!r}: expected a store, or a folder with run.zarr in it")
    raise StoreError(f"{str(path)!r} is no plastisim store: expected a store, or a folder with run.zarr in it")
