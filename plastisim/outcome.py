"""What an experiment asks for and what it hands back, and how that is put on disk and on the terminal."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from plastisim.engine.errors import ConfigError
from plastisim.engine.progress import Progress
from plastisim.engine.units import quantity
from plastisim.lab.comparison import ComparisonRow
from plastisim.lab.compounds import VEHICLE, find_compound
from plastisim.lab.protocol import DAY, Arm, Dose, Protocol
from plastisim.results.files import atomic_write_text, fresh_output, whole_folder
from plastisim.results.store import write_run

if TYPE_CHECKING:
    import xarray

HOLDS, DOES_NOT_HOLD = 0, 3  # exit codes of a run that was fine


@dataclasses.dataclass(frozen=True)
class Request:
    """What the caller of an experiment chose.

    Args:
        out: folder for store, figure and JSON; must not exist unless `overwrite`.
        json_file: a further place for the JSON.
        data: a laboratory's own table or folder of tables, to score against instead of the published figures.
        small: fewer mice, for a quick look.
        seed: of all randomness.
        compound: what the drug arm gets, instead of the experiment's own.
        dose: with its unit.
        at: time of the dose after day 0, with its unit.
        sessions: days of imaging, separated by commas.
        overwrite: replace `out` once the new run is whole.
        quiet: no progress.
    """

    out: Path
    json_file: Path | None = None
    data: Path | None = None
    small: bool = False
    seed: int = 0
    compound: str | None = None
    dose: str | None = None
    at: str | None = None
    sessions: str | None = None
    overwrite: bool = False
    quiet: bool = False

    def check(self) -> None:
        """Refuse outputs that cannot be written, before any work is done.

        Raises:
            ConfigError: an output exists, or its folder cannot be written.
        """
        existed = self.out.exists()
        fresh_output(self.out, self.overwrite)
        if not existed:
            self.out.rmdir()
        if self.json_file is not None:
            if self.json_file.exists() and not self.overwrite:
                raise ConfigError(f"JSON file {str(self.json_file)!r} exists; choose another name, or --overwrite it")
            fresh_output(self.json_file.parent, overwrite=True)

    def protocol(self, compound: str, dose: str, sessions: Sequence[float], judged: float) -> Protocol:
        """Return vehicle and drug, as the experiment has it unless the caller chose otherwise.

        Args:
            compound: what the drug arm gets, by default.
            dose: with its unit, by default.
            sessions: days of imaging, by default; the run ends with the last.
            judged: day that has to be among the sessions, after one before the dose.

        Raises:
            ConfigError: unknown compound, a dose or time without unit, times that do not fit.
        """
        drug = find_compound(self.compound or compound)
        if drug.inert:
            raise ConfigError(f"{drug.name} is what every run compares with; choose a drug, such as {compound}")
        amount = quantity(self.dose or dose, "mg/kg", "dose", positive=True)
        at = quantity(self.at, "s", "time of the dose") if self.at else 0.0
        days = _days(self.sessions) if self.sessions else tuple(sessions)
        if judged not in days or not any(day * DAY <= at and day < judged for day in days):
            raise ConfigError(
                f"sessions: got days {', '.join(f'{day:g}' for day in days)}; expected day {judged:g} and at least one "
                "day before the dose among them"
            )
        injections = (Dose(VEHICLE, at=at), Dose(drug, amount, at=at))
        arms = tuple(Arm(dose.compound.name, doses=(dose,)) for dose in injections)
        return Protocol(arms, start=round(min(days) * DAY), end=round(max(days) * DAY), sessions=days)

    @property
    def as_measured(self) -> bool:
        """Whether the drug arm gets what the measured animals got."""
        return self.compound is None and self.dose is None and self.at is None

    def progress(self, total: float, label: str) -> Progress:
        """Return the progress display of a piece of work of `total` simulated seconds."""
        return Progress(total, label, unit="s", silent=self.quiet)


@dataclasses.dataclass(frozen=True, eq=False)
class Outcome:
    """What an experiment found.

    Args:
        verdict: whether the verdict holds.
        statement: the answer in one sentence.
        document: everything found, in JSON types; holds at least `verdict`, `effect`, `ordinary_window`, `comparison`.
        comparison: measured beside simulated.
        dataset: what was simulated.
        draw: draws the figure into a file.
    """

    verdict: bool
    statement: str
    document: dict[str, Any]
    comparison: Sequence[ComparisonRow]
    dataset: xarray.Dataset
    draw: Callable[[Path], None]


def deliver(outcome: Outcome, request: Request, name: str) -> int:
    """Write store, figure and JSON as one whole folder, and return the exit code.

    Raises:
        StoreError: something cannot be written; then nothing is left behind.
    """
    text = json.dumps(plain(outcome.document), indent=1, allow_nan=False)
    with whole_folder(request.out) as folder:
        folder.mkdir()
        write_run(outcome.dataset, folder / "run.zarr")
        outcome.draw(folder / f"{name}.png")
        (folder / f"{name}.json").write_text(text, encoding="utf-8")
    if request.json_file is not None:
        atomic_write_text(request.json_file, text)
    return HOLDS if outcome.verdict else DOES_NOT_HOLD


def _days(text: str) -> tuple[float, ...]:
    try:
        return tuple(float(part) for part in text.split(","))
    except ValueError:
        raise ConfigError(f"sessions: got {text!r}, expected days separated by commas, such as -3,-1,1,3") from None


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
    lines = [f"{'row':9} {'cohort':9} {'figure':52} {'measured':>9} {'95 % interval':>18} {'simulated':>10}"]
    for row in rows:
        label = row.id if row.day is None else f"{row.id}@{row.day:g}"
        figure = f"{row.quantity.replace('_', ' ')}, {row.figure} ({row.unit})"
        low, high = (f"{edge:.4g}" for edge in row.interval)
        mark = "" if row.inside else f"  OUTSIDE by {row.miss:.2f} half-widths"
        between = f"[{low}, {high}]"
        lines.append(
            f"{label[:20]:9} {row.cohort:9} {figure[:52]:52} {row.measured:9.4g} {between:>18} "
            f"{row.simulated:10.4g}{mark}"
        )
    inside = sum(row.inside for row in rows)
    return "\n".join([*lines, f"{inside} of {len(rows)} figures lie inside their measured interval."])
