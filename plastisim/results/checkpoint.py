"""One file with arrays and a few words about them: whole or absent, whatever moment a process dies."""

from __future__ import annotations

import json
import os
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from plastisim.engine.errors import StoreError
from plastisim.results.files import as_store_error, reason, sibling

ABOUT = "about"  # name of the entry with words
FORMAT = "plastisim-arrays/1"


def save(path: Path, arrays: Mapping[str, np.ndarray], about: Mapping[str, Any]) -> None:
    """Write arrays as one uncompressed file, in the place of an older one.

    Args:
        path: name of the file.
        arrays: by name; no objects.
        about: words and numbers of JSON types.

    Raises:
        StoreError: the file cannot be written; an older one is untouched.
    """
    text = json.dumps({**about, "format": FORMAT}, allow_nan=False)
    temporary = sibling(path, "writing")
    try:
        with as_store_error(path):
            with temporary.open("wb") as file:
                np.savez(file, allow_pickle=False, **{ABOUT: np.array(text)}, **arrays)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def load(path: Path) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """Return the arrays of a file and what is said about them.

    Raises:
        StoreError: no such file, damaged, or not ours.
    """
    try:
        with path.open("rb") as handle, np.load(handle, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        about = json.loads(str(arrays.pop(ABOUT)))
    except (OSError, ValueError, LookupError, EOFError, zipfile.BadZipFile) as error:
        raise StoreError(f"{str(path)!r} cannot be read: {reason(error)}") from error
    if about.get("format") != FORMAT:
        raise StoreError(f"{str(path)!r} has format {about.get('format')!r}, expected {FORMAT!r}")
    return arrays, about
