"""What an experiment hands back, and how that is put on disk and on the terminal."""

from __future__ import annotations

import dataclasses
import json
import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from plastisim.lab.comparison import ComparisonRow
from plastisim.parameters import override_rows
from plastisim.request import Request
from plastisim.results.attributes import read_root
from plastisim.results.files import as_store_error, atomic_write_text

LOG = logging.getLogger("plastisim")

HOLDS, DOES_NOT_HOLD, DIVERGED = 0, 3, 4  # exit codes: of a run that was fine, and of one that lost neurons


@dataclasses.dataclass(frozen=True, eq=False)
class Outcome:
    """What an experiment found.

    Args:
        verdict: whether the verdict holds; None where none was asked for.
        statement: the answer in one sentence.
        document: everything found, in JSON types; holds at least `verdict` and `statement`.
        draw: draws the figure into a file.
        comparison: measured beside simulated.
        report: what the terminal shows above the statement; empty shows the comparison.
    """

    verdict: bool | None
    statement: str
    document: dict[str, Any]
    draw: Callable[[Path], None]
    comparison: Sequence[ComparisonRow] = ()
    report: str = ""

    def text(self) -> str:
        """Return what the terminal shows."""
        return "\n".join([self.report or comparison_table(self.comparison), self.statement])


def deliver(outcome: Outcome, request: Request, name: str) -> int:
    """Add figure and JSON to what was recorded, show it all under its final name, and return the exit code.

    Raises:
        StoreError: something cannot be written; then the run can be resumed once there is room.
    """
    changed = override_rows(request.own_parameters)
    document = {**outcome.document, **({"parameters": changed} if changed else {})}
    text = json.dumps(plain(document), indent=1, allow_nan=False)
    request.work.mkdir(parents=True, exist_ok=True)
    with as_store_error(request.out):
        outcome.draw(request.work / f"{name}.png")
        atomic_write_text(request.work / f"{name}.json", text)
    lost = [line for store in request.work.glob("*.zarr") for line in read_root(store).get("plastisim_failures", ())]
    request.finish()
    if request.json_file is not None:
        request.json_file.parent.mkdir(parents=True, exist_ok=True)
        atomic_write_text(request.json_file, text)
    for line in lost:
        LOG.warning("%s", line)
    if lost:
        return DIVERGED
    return DOES_NOT_HOLD if outcome.verdict is False else HOLDS


def plain(value: Any) -> Any:
    """Return a value in JSON types; numbers that are not finite become null."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, dict):
        return {str(key): plain(part) for key, part in value.items()}
    if isinstance(value, (list, tuple, np.ndarray)):
        return [plain(part) for part in value]
    if isinstance(value, np.generic):
        value = value.item()
    return None if isinstance(value, float) and not np.isfinite(value) else value


def comparison_table(rows: Sequence[ComparisonRow]) -> str:
    """Return measured beside simulated as a text table, misses marked, with a closing count."""
    figures = [f"{row.quantity.replace('_', ' ')}, {row.figure} ({row.unit})" for row in rows]
    wide = max(map(len, ("figure", *figures)))
    labels = [row.id if row.day is None else f"{row.id}@{row.day:g}" for row in rows]
    first = max(9, *map(len, labels))
    lines = [f"{'row':{first}} {'cohort':9} {'figure':{wide}} {'measured':>9} {'95 % interval':>18} {'simulated':>10}"]
    for row, label, figure in zip(rows, labels, figures, strict=True):
        low, high = (f"{edge:.4g}" for edge in row.interval)
        mark = "" if row.inside else f"  OUTSIDE by {'<0.01' if row.miss < 0.01 else f'{row.miss:.2f}'} half-widths"
        between = f"[{low}, {high}]"
        lines.append(
            f"{label:{first}} {row.cohort:9} {figure:{wide}} {row.measured:9.4g} {between:>18} "
            f"{row.simulated:10.4g}{mark}"
        )
    inside = sum(row.inside for row in rows)
    return "\n".join([*lines, f"{inside} of {len(rows)} figures lie inside their measured interval."])
