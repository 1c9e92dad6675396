"""The lesson page: one file of HTML that holds its own style, program and data, and asks the network for nothing.

The parts lie in the folder `lesson` beside this file. A policy in the page's head allows the one style and the one
program that were built in, by their hashes, and no connection; a page served by `plastisim page --live` may talk to
the server that it came from.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from plastisim.engine.errors import ConfigError, StoreError
from plastisim.results.files import as_store_error, atomic_write_text, free_file, reason

PARTS = Path(__file__).resolve().parent / "lesson"
SCRIPTS = (
    "data", "text", "svg", "choice", "stages", "curves", "window", "dendrite", "facts", "lessons", "quiz",
    "parameters", "live", "main",
)  # fmt: skip
LARGEST = 5_000_000  # bytes of a page
DATA_BEGINS, DATA_ENDS = '<script type="application/json" id="document">', "</script>"


def page(document: Mapping[str, Any], live: Mapping[str, Any] | None = None) -> str:
    """Return the page about a document of `teaching.document`.

    Args:
        document: what it shows.
        live: limits of what it may ask of the server that it came from; None for a page that asks nothing.

    Raises:
        ConfigError: the page would be larger than anybody wants to mail.
    """
    style = _part("style.css")
    modules = "\n".join(_part(f"{name}.js") for name in SCRIPTS)
    program = f'(() => {{\n"use strict";\n{modules}\n}})();'
    data = json.dumps({**document, "live": live}, allow_nan=False, separators=(",", ":")).replace("<", "\\u003c")
    filled = _part("index.html")
    for mark, text in (
        ("{{policy}}", policy(style, program, live is not None)), ("{{style}}", style), ("{{data}}", data),
        ("{{program}}", program),
    ):  # fmt: skip
        filled = filled.replace(mark, text, 1)
    size = len(filled.encode())
    if size > LARGEST:
        raise ConfigError(f"the page has {size / 1e6:.1f} MB, more than {LARGEST / 1e6:g}; offer fewer mice or doses")
    return filled


def policy(style: str, program: str, live: bool) -> str:
    """Return the content security policy of a page with one style and one program."""
    connect = "'self'" if live else "'none'"
    return "; ".join((
        "default-src 'none'", f"style-src '{_hash(style)}'", f"script-src '{_hash(program)}'",
        f"connect-src {connect}", "base-uri 'none'", "form-action 'none'", "require-trusted-types-for 'script'",
    ))  # fmt: skip


def write_page(document: Mapping[str, Any], file: Path, overwrite: bool = False) -> Path:
    """Write the page about a document and return its path.

    Raises:
        ConfigError: the file exists, or its folder does not.
        StoreError: it cannot be written.
    """
    check_page(file, overwrite)
    with as_store_error(file):
        return atomic_write_text(file, page(document))


def check_page(file: Path, overwrite: bool = False) -> None:
    """Refuse a file that cannot become a page, before any work is done.

    Raises:
        ConfigError: it exists, or its folder does not.
    """
    free_file(file, "page", (".html",), overwrite)
    if not file.parent.is_dir():
        raise ConfigError(f"there is no folder {str(file.parent)!r}; make it first")


def read_page(file: Path) -> dict[str, Any]:
    """Return the document of a page.

    Raises:
        StoreError: it cannot be read, or is no page of ours.
    """
    try:
        text = file.read_text(encoding="utf-8")
        begin = text.index(DATA_BEGINS) + len(DATA_BEGINS)
        return json.loads(text[begin : text.index(DATA_ENDS, begin)])
    except (OSError, ValueError) as error:
        raise StoreError(f"{str(file)!r} is no lesson page: {reason(error)}") from error


def _part(name: str) -> str:
    return (PARTS / name).read_text(encoding="utf-8").strip()


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"
