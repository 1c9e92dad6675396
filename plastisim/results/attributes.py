"""Root attributes of a store: what it is, how to repeat it, and whether it is whole."""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import math
import os
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from plastisim.engine.errors import StoreError
from plastisim.results.files import atomic_write_text, reason

SCHEMA = "plastisim/1"


def root_attributes(*, title: str, config: Mapping[str, Any], seed: int) -> dict[str, Any]:
    """Return the root attributes that let a dataset explain itself and be repeated.

    Args:
        title: one line for a figure or a catalogue.
        config: the whole configuration, of JSON types.
        seed: seed of the run.
    """
    import jax

    try:
        version = importlib.metadata.version("plastisim")
    except importlib.metadata.PackageNotFoundError:
        version = "unknown"  # run from a source tree that was never installed
    text = json.dumps(json_value(config, "config"), sort_keys=True, allow_nan=False)
    return {
        "Conventions": "CF-1.11",
        "title": title,
        "source": f"plastisim {version}",
        "history": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ} simulated",
        "plastisim_schema": SCHEMA,
        "plastisim_config": text,
        "plastisim_config_sha256": hashlib.sha256(text.encode()).hexdigest(),
        "plastisim_seed": int(seed),
        "jax_version": jax.__version__,
        "device_kind": jax.devices()[0].device_kind,
        "device_count": jax.device_count(),
    }


def read_root(folder: Path) -> dict[str, Any]:
    """Return the root attributes of a store of ours, complete or not."""
    try:
        root = json.loads((folder / "zarr.json").read_text(encoding="utf-8"))["attributes"]
        schema = root.get("plastisim_schema")
    except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
        raise StoreError(f"{str(folder)!r} is no plastisim store: {reason(error)}") from error
    if schema != SCHEMA:
        raise StoreError(f"{str(folder)!r} has schema {schema!r}, expected {SCHEMA!r}; use the version that wrote it")
    return root


def set_root(folder: Path, attributes: Mapping[str, Any]) -> None:
    """Change root attributes in one atomic step."""
    file = folder / "zarr.json"
    document = json.loads(file.read_text(encoding="utf-8"))
    document["attributes"] = {**document.get("attributes", {}), **json_value(attributes, "attrs")}
    atomic_write_text(file, json.dumps(document, indent=2, allow_nan=False))


def seal(folder: Path, n_committed: int, extra: Mapping[str, Any] | None = None) -> None:
    """Declare a store complete: the last thing ever written to it."""
    count, size = _census(folder)
    done = {"plastisim_files": count, "plastisim_bytes": size, "plastisim_n_committed": n_committed}
    set_root(folder, {**(extra or {}), **done, "plastisim_status": "complete"})


def check_files(folder: Path, root: Mapping[str, Any]) -> None:
    """Refuse a store that says it is complete but lost files, as an interrupted copy does."""
    expected = (root.get("plastisim_files"), root.get("plastisim_bytes"))
    found = _census(folder)
    if found != expected:
        sizes = f"{found[0]} files of {found[1]} bytes, expected {expected[0]} of {expected[1]}"
        raise StoreError(f"{str(folder)!r} is damaged: {sizes}; copy it again from its source")


def json_value(value: Any, where: str) -> Any:
    """Return a value in JSON types; zarr would write NaN as an illegal token without a word.

    Raises:
        StoreError: not finite, or of a type JSON does not have.
    """
    if isinstance(value, Mapping):
        return {str(key): json_value(item, f"{where}.{key}") for key, item in value.items()}
    if isinstance(value, (list, tuple, np.ndarray)):
        return [json_value(item, where) for item in (value.tolist() if isinstance(value, np.ndarray) else value)]
    plain = value.item() if isinstance(value, np.generic) else value
    if isinstance(plain, float) and not math.isfinite(plain):
        raise StoreError(f"attribute {where} is {plain}, expected a finite number")
    if plain is None or isinstance(plain, (str, int, float)):
        return plain
    raise StoreError(f"attribute {where} is a {type(plain).__name__}, expected text, number, list or mapping")


def _census(folder: Path) -> tuple[int, int]:
    """Return number and bytes of the files of a store, its root metadata and foreign files left out."""
    sizes = [
        (Path(parent) / name).stat().st_size
        for parent, _, names in os.walk(folder)
        for name in names
        if (name == "zarr.json" and Path(parent) != folder)
        or name.isdigit()
        or name == "c"  # "c" is the chunk of a scalar
    ]
    return len(sizes), sum(sizes)
