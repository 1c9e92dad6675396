"""Files and folders that are either whole or absent, whatever moment a process dies.

Everything is made under a sibling name, flushed to disk and then renamed. A killed process may leave such a sibling
(`.NAME.writing-…`); it is never read and may be deleted.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

from plastisim.engine.errors import ConfigError, StoreError


def fresh_output(path: str | Path, overwrite: bool = False) -> Path:
    """Make an output folder and prove that it can be written, before any work is done.

    Args:
        path: the folder; missing parents are made too.
        overwrite: accept a folder that already holds something; its files are then replaced one by one, each
            only when its successor is whole.

    Raises:
        ConfigError: the path is no folder, is not empty, or cannot be made or written.
    """
    if not str(path).strip():
        raise ConfigError("output folder: got an empty name, expected a path such as results/first")
    folder = Path(path)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / f".probe-{uuid.uuid4().hex}"
        probe.write_bytes(b"plastisim")
        probe.unlink()
        occupied = any(folder.iterdir())
    except FileExistsError as error:
        raise ConfigError(f"output folder {str(path)!r}: a file of that name exists; choose another name") from error
    except (OSError, ValueError) as error:  # ValueError: a null byte in the name
        raise ConfigError(f"output folder {str(path)!r} cannot be written: {reason(error)}") from error
    if occupied and not overwrite:
        raise ConfigError(
            f"output folder {str(path)!r} is not empty; choose another folder, or overwrite it on purpose"
        )
    return folder


def prove_output(path: str | Path, overwrite: bool = False) -> None:
    """Refuse an output folder as `fresh_output` does, and remove again what had to be made for that."""
    made = [folder for folder in (Path(path), *Path(path).parents) if not folder.exists()]
    fresh_output(path, overwrite)
    for folder in made:
        folder.rmdir()


def free_file(file: str | Path, what: str, ends: tuple[str, ...], overwrite: bool = False) -> Path:
    """Return a file to be written, before any work is done.

    Args:
        file: its path.
        what: it will be, for the message.
        ends: how its name may end.
        overwrite: accept one that is there.

    Raises:
        ConfigError: its name ends in something else, or it exists.
    """
    target = Path(file)
    if target.suffix not in ends:
        listed = " or ".join(filter(None, (", ".join(ends[:-1]), ends[-1])))
        raise ConfigError(f"{what} {str(file)!r}: expected a name that ends in {listed}")
    if target.exists() and not overwrite:
        raise ConfigError(f"{str(file)!r} exists; choose another name, or --overwrite it")
    return target


def atomic_write_text(path: str | Path, text: str) -> Path:
    """Write a UTF-8 text file whose name never shows a part of it; an older file is replaced.

    Raises:
        StoreError: the file cannot be written; nothing is left behind and an older file is untouched.
    """
    target = Path(path)
    temporary = sibling(target, "writing")
    try:
        with temporary.open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(target)
    except (OSError, ValueError) as error:
        raise StoreError(f"cannot write {str(path)!r}: {reason(error)}") from error
    finally:
        with contextlib.suppress(OSError, ValueError):
            temporary.unlink(missing_ok=True)
    return target


@contextlib.contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Yield a temporary name with the same ending; the file made there replaces `path` when the block ends well.

    If it fails, nothing is left behind and an older file is untouched.

    Raises:
        StoreError: the disk refused, as one line.
    """
    temporary = sibling(path, "writing")
    temporary = temporary.with_name(temporary.name + path.suffix)
    try:
        with as_store_error(path):
            yield temporary
            _flush_one(temporary)
            temporary.replace(path)
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)


@contextlib.contextmanager
def whole_folder(path: Path) -> Iterator[Path]:
    """Yield a temporary name; the folder made there takes the place of `path` when the block ends well.

    An older folder at `path` is removed only after the new one stands in its place. If the block fails, the
    temporary folder is removed and `path` is as before. An interrupt passes through as such (exit code 130).

    Raises:
        StoreError: the disk or zarr refused, as one line.
    """
    temporary = sibling(path, "writing")
    try:
        with as_store_error(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            yield temporary
            flush(temporary)
            put_in_place(temporary, path)
    except BaseException:
        remove(temporary)
        raise


@contextlib.contextmanager
def as_store_error(path: Path) -> Iterator[None]:
    """Turn what a disk or zarr refuses in the block into one line about `path`; errors of programs pass through.

    Raises:
        StoreError: the disk or zarr refused.
    """
    try:
        yield
    except (OSError, *_errors_of_zarr()) as error:
        raise StoreError(f"cannot write {str(path)!r}: {reason(error)}") from error


def _errors_of_zarr() -> tuple[type[Exception], ...]:
    """Return what zarr raises; nothing where nobody has imported it."""
    zarr = sys.modules.get("zarr.errors")
    return () if zarr is None else (zarr.BaseZarrError,)


def put_in_place(folder: Path, path: Path) -> None:
    """Rename a whole `folder` to `path`; what stood there is removed afterwards, or put back on failure."""
    old = sibling(path, "old")
    replaced = path.exists()
    if replaced:
        path.rename(old)
    try:
        folder.rename(path)
    except BaseException:
        if replaced:
            old.rename(path)
        raise
    _flush_one(path.parent)
    if replaced:
        remove(old)


def flush(folder: Path) -> None:
    """Push every file and folder of a tree to the disk, so that a rename cannot outlive its contents."""
    for parent, _, names in os.walk(folder):
        for name in names:
            _flush_one(Path(parent, name))
        _flush_one(Path(parent))


def flush_files(files: Iterator[Path]) -> None:
    """Push some files to the disk."""
    for file in files:
        _flush_one(file)


def remove(folder: Path) -> None:
    """Remove a tree; a writer thread that is still ending may bring a folder back, so look twice."""
    for _ in range(20 if folder.exists() else 0):
        shutil.rmtree(folder, ignore_errors=True)
        if not folder.exists():
            time.sleep(0.02)
            if not folder.exists():
                return
        time.sleep(0.05)


def reason(error: BaseException) -> str:
    """Return why something failed, as one line."""
    if isinstance(error, OSError) and error.strerror:
        return error.strerror.lower()
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0]}" if lines else type(error).__name__


def sibling(path: Path, purpose: str) -> Path:
    """Return an unused hidden name beside `path`, hence on the same file system."""
    return path.parent / f".{path.name}.{purpose}-{os.getpid()}-{uuid.uuid4().hex[:8]}"


def _flush_one(path: Path) -> None:
    """Push one file or folder to the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
