"""What several verbs share: kinds of options, `--gq.reserve 2` for parameters, and where results are printed."""

from __future__ import annotations

import json as _json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any

import cyclopts

import plastisim as ps


def _whole(_: type, tokens: Sequence[cyclopts.Token]) -> int:
    return int(tokens[0].value)  # the parser's own reads 1.5 as 2


Signed = cyclopts.Parameter(allow_leading_hyphen=True)  # "-1 mg/kg" and "-3,-1,1" are values, not options
Flag = Annotated[bool, cyclopts.Parameter(negative="")]
Json = Annotated[Path | None, cyclopts.Parameter(allow_leading_hyphen=True)]
Overrides = Annotated[
    tuple[str, ...], cyclopts.Parameter(name="--set", negative="", consume_multiple=False, allow_leading_hyphen=True)
]

Whole = Annotated[int, cyclopts.Parameter(converter=_whole, allow_leading_hyphen=True)]

STDOUT = Path("-")
WITH_PARAMETERS = ("run", "plan")  # verbs that take --set
_DOTTED = re.compile(r"--([^\s=-][^\s=]*\.[^\s=]*)(=.*)?", re.DOTALL)


def spelt_out(arguments: Sequence[str]) -> list[str]:
    """Return arguments with `--gq.reserve 2` and `--gq.reserve=2` written as `--set gq.reserve=2`."""
    if not arguments or arguments[0] not in WITH_PARAMETERS:
        return list(arguments)
    return list(_spelt_out(iter(arguments)))


def _spelt_out(arguments: Iterator[str]) -> Iterator[str]:
    for one in arguments:
        dotted = _DOTTED.fullmatch(one)
        if dotted is None:
            yield one
            continue
        yield "--set"
        path, value = dotted.groups()
        following = next(arguments, None) if value is None else None
        if following is not None and following.startswith("--"):  # the value was forgotten
            yield path
            yield from _spelt_out(iter([following, *arguments]))
        else:
            yield path + (value if value is not None else "" if following is None else f"={following}")


def check_json(json: Path | None) -> None:
    """Refuse a place for the JSON that is taken or cannot be written, before any work is done.

    Raises:
        ConfigError: the file exists, or its folder does not.
    """
    if json is None or json == STDOUT:
        return
    if json.exists():
        raise ps.ConfigError(f"JSON file {str(json)!r} exists; choose another name, or - for the terminal")
    if not json.parent.is_dir():
        raise ps.ConfigError(f"JSON file {str(json)!r}: there is no folder {str(json.parent)!r}; make it first")


def show(text: str, document: Any, json: Path | None) -> None:
    """Print a result as text and write its JSON, or print the JSON alone.

    Raises:
        StoreError: the file cannot be written.
    """
    if json is not None:
        whole = _json.dumps(document, indent=1, allow_nan=False)
    if json == STDOUT:
        print(whole)
        return
    print(text)
    if json is not None:
        print(f"written: {ps.atomic_write_text(json, whole)}")


def written(file: Path, json: Path | None, **more: Any) -> None:
    """Say what was written; `more` is for the JSON."""
    show(f"written: {file}", {"written": str(file), **more}, json)


def table(head: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[int] = ()) -> str:
    """Return a plain table, columns two spaces apart; `right` are the columns set flush right."""
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]

    def line(cells: Sequence[str]) -> str:
        parts = (cell.rjust(width) if index in right else cell.ljust(width)
                 for index, (cell, width) in enumerate(zip(cells, widths, strict=True)))  # fmt: skip
        return "  ".join(parts).rstrip()

    return "\n".join(line(cells) for cells in (head, *rows))
