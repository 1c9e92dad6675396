"""Verbs for lessons: page."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

import plastisim as ps
from plastisim.commands.options import Flag, Json, Whole, check_json, written

SIMULATED = 8 * ps.DAY  # s, of the run behind the page


def page(
    out: Path | None = None,
    /,
    *,
    live: Flag = False,
    port: Whole = 0,
    small: Flag = False,
    seed: Whole = 0,
    overwrite: Flag = False,
    quiet: Flag = False,
    json: Json = None,
) -> int:
    """Write the lesson page, one file that opens without a network.

    For example:
        plastisim page lesson.html
        plastisim page lesson.html --live

    Args:
        out: file to be written, ending in .html. With --live it may be a page that was written before.
        live: serve the page on this machine, with a simulation behind it, until it is interrupted.
        port: of the live page; 0 takes a free one.
        small: two compounds and few mice, for a quick look.
        seed: of all randomness.
        overwrite: replace an older file.
        quiet: no progress.
        json: a file for where it was written, or - for its JSON alone on stdout.
    """
    check_json(json)
    if out is None and not live:
        raise ps.ConfigError("page needs a file to write, such as lesson.html, or --live")
    if out is None and json is not None:
        raise ps.ConfigError("--json says where the page was written; name a file for the page")
    if port and not (live and 0 < port < 2**16):
        raise ps.ConfigError(f"--port takes 1 to 65535 and goes with --live, but got {port}")
    ps.keep_compiled_programs()
    if out is not None and live and out.exists() and not overwrite:
        document = ps.read_page(out)
    else:
        document = simulated(out, small, seed, overwrite, quiet, json)
    return serve(document, port) if live else 0


def simulated(
    out: Path | None, small: bool, seed: int, overwrite: bool, quiet: bool, json: Path | None
) -> dict[str, Any]:
    """Simulate the document of the page, and write the page if there is a file for it."""
    if out is not None:
        ps.check_page(out, overwrite)
    with ps.Progress(SIMULATED, "Lesson page", unit="s", silent=quiet) as progress:
        document = ps.lesson(small=small, seed=seed, progress=progress.update)
    if out is not None:
        written(ps.write_page(document, out, overwrite), json, arms=len(document["arms"]), mice=document["mice"])
    return document


def serve(document: dict[str, Any], port: int) -> int:
    """Serve the page until somebody interrupts."""
    try:
        server = ps.LessonServer(document, port)
    except OSError as error:
        raise ps.ConfigError(
            f"port {port} cannot be used: {error.strerror}; choose another, or 0 for a free one"
        ) from error
    with server, contextlib.suppress(KeyboardInterrupt):
        print(f"open {server.url} in a browser of this machine; Ctrl-C ends it", flush=True)
        server.serve_forever()
    return 0
