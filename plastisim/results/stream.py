"""A store written block by block while the run goes on, so that memory stays flat in simulated time.

All arrays are laid out in full before the first block; a block is data first, commit marker last. Readers believe the
marker, never the length of an array. Until `complete` the store is called `NAME.running`: `NAME` exists only whole.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from plastisim.engine.errors import StoreError
from plastisim.results import store
from plastisim.results.attributes import read_root, seal, set_root
from plastisim.results.files import as_store_error, flush, flush_files, put_in_place, remove

if TYPE_CHECKING:
    import xarray


class StreamingStore:
    """An unfinished run on disk. Made by `create` or `resume`, ended by `complete` or `fail`.

    Attributes:
        path: name the finished store will have.
        folder: where it is until then.
        n_time: frames in all.
        n_committed: frames safely written.
        block: frames a chunk on disk.
    """

    def __init__(self, path: Path, overwrite: bool = False) -> None:
        """Attach to the laid-out store of `path`; use `create` or `resume` instead."""
        import zarr

        self.path, self.folder, self._overwrite = path, store.running(path), overwrite
        root = read_root(self.folder)
        if not isinstance(root.get("plastisim_n_committed"), int):
            raise StoreError(f"{str(self.folder)!r} was never fully laid out; start the run again, overwriting it")
        self.n_committed: int = root["plastisim_n_committed"]
        self.block: int = root["plastisim_block"]
        self.n_time: int = root["plastisim_n_time"]
        group = zarr.open_group(self.folder, mode="r+", zarr_format=3, use_consolidated=False)
        self._arrays: dict[str, Any] = {name: group[name] for name in root["plastisim_streamed"]}

    @classmethod
    def create(
        cls, path: str | Path, template: xarray.Dataset, *, block: int, overwrite: bool = False
    ) -> StreamingStore:
        """Lay out a new store.

        Args:
            path: name of the finished store.
            template: the dataset as it will be: all coordinates and attributes, and every data variable with its
                dims, dtype and full shape. Values of data variables along `time` are not read, so
                `np.broadcast_to(np.float32(0), shape)` costs no memory. All else is written now.
            block: frames a chunk on disk; what is written at once best ends on a multiple of it.
            overwrite: drop an unfinished run of this name now, and replace a finished one on `complete`.

        Raises:
            StoreError: the name is taken, or the store cannot be written.
        """
        target = Path(path)
        store.check_free(target, overwrite)
        folder = store.running(target)
        if folder.exists() and not overwrite:
            raise StoreError(f"{str(folder)!r} is an unfinished run; resume it, or overwrite it on purpose")
        if block < 1 or "time" not in template.coords:
            raise StoreError(
                f"cannot lay out {str(path)!r}: expected a time coordinate and a block of 1 or more frames"
            )
        remove(folder)
        try:
            with as_store_error(target):
                _lay_out(folder, store.prepared(template), block)
        except BaseException:
            remove(folder)
            raise
        return cls(target, overwrite)

    @classmethod
    def resume(cls, path: str | Path, *, n_committed: int | None = None, overwrite: bool = False) -> StreamingStore:
        """Go on with an unfinished store.

        Args:
            path: name of the finished store.
            n_committed: frames known to the checkpoint; later ones are forgotten and written again.
            overwrite: as in `create`.

        Raises:
            StoreError: no unfinished store, or fewer frames on disk than the checkpoint knows.
        """
        target = Path(path)
        if target.exists() and not store.running(target).exists():
            raise StoreError(f"{str(target)!r} has no unfinished run beside it; there is nothing to resume")
        for pattern in ("*.partial", ".zarr.json.writing-*"):  # left by a killed process
            for leftover in store.running(target).rglob(pattern):
                leftover.unlink(missing_ok=True)
        stream = cls(target, overwrite)
        keep = stream.n_committed if n_committed is None else n_committed
        if not 0 <= keep <= stream.n_committed:
            raise StoreError(f"{str(target)!r} holds {stream.n_committed} frames; the checkpoint asks for {keep}")
        set_root(stream.folder, {"plastisim_status": "running", "plastisim_n_committed": keep})
        stream.n_committed = keep
        return stream

    def write_block(self, start: int, frames: Mapping[str, Any]) -> None:
        """Append some frames and commit them.

        Args:
            start: index of the first one; blocks come in order.
            frames: for every streamed variable an array with the same number of frames along time, its other
                dimensions as in the template.

        Raises:
            StoreError: out of order, a wrong name, shape or kind, or the disk is full. Earlier blocks stay valid.
        """
        if start != self.n_committed or start >= self.n_time:
            raise StoreError(f"block at frame {start} of {self.n_time}: expected frame {self.n_committed}")
        if set(frames) != set(self._arrays):
            raise StoreError(f"block at frame {start}: names differ in {sorted(set(frames) ^ set(self._arrays))}")
        axes = {name: array.metadata.dimension_names.index("time") for name, array in self._arrays.items()}
        stop = min(start + max(np.shape(frames[name])[axis] for name, axis in axes.items()), self.n_time)
        ready = {name: self._checked(name, frames[name], stop - start) for name in self._arrays}
        with as_store_error(self.path):
            for name, values in ready.items():
                array = self._arrays[name]
                axis = axes[name]
                array[(slice(None),) * axis + (slice(start, stop),)] = values
                for chunk in range(start // self.block, (stop - 1) // self.block + 1):
                    pattern = ["*"] * axis + [str(chunk)] + ["*"] * (array.ndim - axis - 1)
                    flush_files((self.folder / name / "c").glob("/".join(pattern)))
            set_root(self.folder, {"plastisim_n_committed": stop})
        self.n_committed = stop

    def add(self, dataset: xarray.Dataset) -> None:
        """Write variables that are known only at the end, in the place of any of the same name.

        Raises:
            StoreError: the disk is full, or a variable cannot be stored.
        """
        ready = store.prepared(dataset)
        with as_store_error(self.path):
            for name in ready.data_vars:
                remove(self.folder / str(name))
            ready.attrs = read_root(self.folder)  # written along with the variables
            ready.to_zarr(self.folder, mode="a", zarr_format=3, consolidated=False, encoding=store.encoding(ready))

    def complete(self, attributes: Mapping[str, Any] | None = None) -> Path:
        """Seal the store and give it its final name.

        Args:
            attributes: root attributes known only at the end, such as wall time.

        Raises:
            StoreError: frames are missing, or the name was taken meanwhile.
        """
        if self.n_committed != self.n_time:
            raise StoreError(f"{str(self.path)!r} has {self.n_committed} of {self.n_time} frames; it is not complete")
        store.check_free(self.path, self._overwrite)
        with as_store_error(self.path):
            seal(self.folder, self.n_time, attributes)
            flush(self.folder)
            put_in_place(self.folder, self.path)
        return self.path

    def fail(self, why: str) -> None:
        """Mark the run as failed; the frames so far can be opened as partial, and resumed."""
        set_root(self.folder, {"plastisim_status": "failed", "plastisim_failure": why})

    def _checked(self, name: str, values: Any, n_frames: int) -> np.ndarray:
        """Return a block as an array, or refuse its shape or kind."""
        array = self._arrays[name]
        block = np.asarray(values)
        axis = array.metadata.dimension_names.index("time")
        expected = (*array.shape[:axis], n_frames, *array.shape[axis + 1 :])
        if block.shape != expected:
            raise StoreError(f"{name}: got a block of shape {block.shape}, expected {expected}")
        if not np.can_cast(block.dtype, array.dtype, "same_kind"):
            raise StoreError(f"{name}: got {block.dtype}, expected {array.dtype}")
        return block


def _lay_out(folder: Path, template: xarray.Dataset, block: int) -> None:
    """Write everything but the streamed values; the commit marker comes last."""
    import zarr

    streamed = [str(name) for name, variable in template.data_vars.items() if "time" in variable.dims]
    static = template.drop_vars(streamed)
    folder.parent.mkdir(parents=True, exist_ok=True)
    static.to_zarr(folder, mode="w-", zarr_format=3, consolidated=False, encoding=store.encoding(static))
    group = zarr.open_group(folder, mode="r+", zarr_format=3, use_consolidated=False)
    for name in streamed:
        variable = template[name]
        if variable.dtype.kind not in "biuf":
            raise StoreError(f"variable {name!r} is of type {variable.dtype}; only numbers can be streamed")
        dims = tuple(map(str, variable.dims))
        group.create_array(
            name,
            shape=variable.shape,
            dtype=variable.dtype,
            chunks=store.chunk_shape(dims, variable.shape, variable.dtype.itemsize, block),
            compressors=store.compressors(),
            fill_value=np.nan if variable.dtype.kind == "f" else 0,
            dimension_names=dims,
            attributes=dict(variable.attrs),
        )
    plan = {"plastisim_streamed": streamed, "plastisim_block": block, "plastisim_n_time": template.sizes["time"]}
    flush(folder)
    set_root(folder, {**plan, "plastisim_n_committed": 0})
