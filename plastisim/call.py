"""What was asked of a run, kept in `call.json` beside its store, so that it can be resumed and repeated."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from plastisim.engine.errors import StoreError
from plastisim.results.files import atomic_write_text, reason

CALL = "call.json"
_PLACES = ("out", "json_file", "data")  # kept as texts
_KINDS: dict[str, tuple[type, ...]] = {
    **dict.fromkeys(("out", "experiment", "recipe"), (str,)),
    **dict.fromkeys(("json_file", "data", "compound", "dose", "at", "sessions", "expected"), (str, type(None))),
    **dict.fromkeys(("small", "overwrite", "quiet", "resuming"), (bool,)),
    "seed": (int,),
    "parameters": (dict,),
}


def write_call(folder: Path, fields: Mapping[str, Any]) -> None:
    """Keep the fields of a request in the folder of its run.

    Raises:
        StoreError: they cannot be written.
    """
    asked = {name: str(value) if isinstance(value, Path) else value for name, value in fields.items()}
    atomic_write_text(folder / CALL, json.dumps(asked, indent=1))


def read_call(file: Path) -> dict[str, Any]:
    """Return the fields of a request that was kept.

    Raises:
        StoreError: the file cannot be read, or is none of this version.
    """
    try:
        asked = json.loads(file.read_text(encoding="utf-8"))
        for name, value in asked.items():
            if not isinstance(value, _KINDS[name]) or (name == "seed" and isinstance(value, bool)):
                raise TypeError(f"{name} is {value!r}")
        asked["parameters"] = {path: float(value) for path, value in asked.get("parameters", {}).items()}
        return {**asked, **{name: asked[name] and Path(asked[name]) for name in _PLACES}}
    except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise StoreError(f"{str(file)!r} cannot be read: {reason(error)}") from error
