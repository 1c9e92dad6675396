"""Every measured row beside its simulated figure, as one kind of line: table, figure, JSON."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from plastisim.engine.errors import ConfigError
from plastisim.lab.comparison import ComparisonRow
from plastisim.lab.published_finding import STAGES, Finding
from plastisim.results.style import BAND, DRUGS, INK, VEHICLE, house_style, new_figure

BASELINE, AFTER_DOSE = STAGES[-2:]
COLUMNS = 3
FURTHEST = 3.0  # half-widths shown; what lies beyond is drawn at the edge
NEEDED = 0.8  # share of the scored rows inside


@dataclasses.dataclass(frozen=True)
class Score:
    """One row.

    Attributes:
        id: row of the target list, with its day.
        stage: where in the chain it belongs.
        figure: in words.
        unit: of the numbers.
        measured: NaN where only a sign was measured.
        interval: where a simulated value counts as inside.
        simulated: NaN where the model cannot express the row.
        inside: whether it is; False where it cannot be said.
        citation: where the measured value comes from.
        note: how its interval came about.
        missing: why the model cannot express it.
        cause: why it lies outside, as far as known.
    """

    id: str
    stage: str
    figure: str
    unit: str
    measured: float
    interval: tuple[float, float]
    simulated: float
    inside: bool
    citation: str
    note: str = ""
    missing: str = ""
    cause: str = ""

    @property
    def is_sign(self) -> bool:
        """Whether only the direction was measured."""
        return math.isnan(self.measured) and not self.missing

    @property
    def place(self) -> float:
        """Where the simulated value lies in half-widths of the interval, 0 in its middle, ±1 at its edges."""
        low, high = self.interval
        return (self.simulated - 0.5 * (low + high)) / (0.5 * (high - low))


def of_findings(
    findings: Iterable[Finding], found: Mapping[tuple[str, str], float], causes: Mapping[str, str]
) -> list[Score]:
    """Return the lines of findings.

    Args:
        findings: measured.
        found: simulated, by row and readout.
        causes: of misses, by row, or by row and figure (`P21 vehicle, mouse SD of change`).

    Raises:
        ConfigError: a finding that the model can express was not simulated, or a readout belongs to no finding.
    """
    findings = list(findings)
    known = {(one.id, one.readout) for one in findings if not one.missing}
    if known != set(found):
        lacking, unknown = sorted(known - set(found)), sorted(set(found) - known)
        raise ConfigError(f"findings and readouts differ: not simulated {lacking}, not measured {unknown}")
    lines = []
    for one in findings:
        value = math.nan if one.missing else float(found[one.id, one.readout])
        inside = one.interval[0] <= value <= one.interval[1]
        lines.append(
            Score(
                one.id, one.stage, one.readout, one.unit, one.value, one.interval, value, inside, one.citation,
                one.note, one.missing, "" if inside or one.missing else _cause(causes, one.id, one.readout),
            )
        )  # fmt: skip
    return lines


def of_comparison(rows: Iterable[ComparisonRow], causes: Mapping[str, str]) -> list[Score]:
    """Return the lines of imaged rows."""
    return [
        Score(
            row.id if row.day is None else f"{row.id}@{row.day:g}", AFTER_DOSE if row.id.startswith("P") else BASELINE,
            f"{row.cohort} {row.quantity.replace('_', ' ')}, {row.figure}", row.unit, row.measured, row.interval,
            row.simulated, row.inside, row.citation, cause="" if row.inside else _cause(causes, row.id, row.figure),
        )
        for row in rows
    ]  # fmt: skip


def _cause(causes: Mapping[str, str], row: str, figure: str) -> str:
    """Return the cause of a miss: of this figure, else of its row."""
    return causes.get(f"{row} {figure}", causes.get(row, "not known"))


@dataclasses.dataclass(frozen=True)
class Tally:
    """How many rows are inside.

    Attributes:
        scored: rows that the model can express.
        inside: of them.
        signs: rows of which only the direction was measured.
        right: of them.
        missing: rows that the model cannot express.
    """

    scored: int
    inside: int
    signs: int
    right: int
    missing: int

    @property
    def holds(self) -> bool:
        """Whether enough rows are inside, and every sign is right."""
        return self.inside >= NEEDED * self.scored and self.right == self.signs


def tally(scores: Sequence[Score]) -> Tally:
    """Count."""
    scored = [one for one in scores if not one.missing]
    signs = [one for one in scored if one.is_sign]
    inside, right = (sum(one.inside for one in some) for some in (scored, signs))
    return Tally(len(scored), inside, len(signs), right, len(scores) - len(scored))


def score_table(scores: Sequence[Score]) -> str:
    """Return all lines grouped by stage, misses with their cause, and what cannot be expressed with the reason."""
    lines = []
    for stage in STAGES:
        of_stage = [one for one in scores if one.stage == stage]
        count = tally(of_stage)
        lines.append(f"\n{stage}: {count.inside} of {count.scored} inside, {count.missing} not simulated")
        lines += [_line(one) for one in of_stage]
    return "\n".join(lines)


def _line(one: Score) -> str:
    start = f"  {one.id[:7]:7} {one.figure[:66]:66}"
    if one.missing:
        return f"{start} not simulated: {one.missing}"
    low, high = one.interval
    if one.is_sign:
        between, measured = ("above 0" if high == math.inf else "below 0"), "sign"
    else:
        between, measured = f"[{low:.4g}, {high:.4g}]", f"{one.measured:.4g}"
    mark = "" if one.inside else f"  OUTSIDE: {one.cause}"
    return f"{start} {measured:>7} {between:>18} {one.simulated:10.4g} {one.unit}{mark}"


def scores_to_json(scores: Sequence[Score]) -> list[dict[str, Any]]:
    """Return the lines in JSON types; what is not finite becomes None."""

    def plain(value: Any) -> Any:
        if isinstance(value, tuple):
            return [plain(part) for part in value]
        return None if isinstance(value, float) and not math.isfinite(value) else value

    return [{name: plain(value) for name, value in dataclasses.asdict(one).items()} for one in scores]


def score_figure(scores: Sequence[Score], path: Path) -> None:
    """Draw every scored row as a dot in half-widths of its interval, in three columns; misses in colour."""
    lines: list[Score | str] = []
    for stage in STAGES:
        lines += [stage, *(one for one in scores if one.stage == stage and not one.missing)]
    tallest = -(-len(lines) // COLUMNS)
    count = tally(scores)
    with house_style():
        figure, grid = new_figure(1, COLUMNS, (19.0, 2.0 + 0.22 * tallest))
        for index, axes in enumerate(grid[0]):
            _column(axes, lines[index * tallest : (index + 1) * tallest], tallest)
        figure.suptitle(
            f"{count.inside} of {count.scored} measured rows inside their interval, {count.right} of {count.signs} "
            f"signs right; {count.missing} rows are beyond the model",
            x=0.01,
            ha="left",
            fontsize=15,
        )
        figure.supxlabel(
            "simulated value, in half-widths of the measured interval (grey); triangles: signs", fontsize=12
        )
        figure.tight_layout(rect=(0, 0.01, 1, 0.99), w_pad=1.5)
        figure.savefig(path)


def _column(axes: Any, lines: Sequence[Score | str], tallest: int) -> None:
    """Draw some rows below each other; a text is the heading of a stage."""
    axes.axvspan(-1.0, 1.0, color=BAND, lw=0, zorder=0)
    axes.axvline(0.0, color="white", lw=1.2, zorder=1)
    for level, one in enumerate(lines):
        if isinstance(one, str):
            continue
        colour = VEHICLE if one.inside else DRUGS[0]
        if one.is_sign:
            right = (1.0 if one.interval[1] == math.inf else -1.0) * (1.0 if one.inside else -1.0)
            axes.plot(0.5 * right, level, marker=">" if right > 0 else "<", ms=7, color=colour, zorder=3)
            continue
        place = max(-FURTHEST, min(FURTHEST, one.place))
        beyond = abs(one.place) > FURTHEST
        axes.plot(place, level, (">" if place > 0 else "<") if beyond else "o", ms=6, color=colour, zorder=3)
        if beyond:
            side = "right" if place > 0 else "left"
            axes.text(0.93 * place, level, f"{one.place:+.1f}", fontsize=8, color=colour, ha=side, va="center")
    axes.set_yticks(
        range(len(lines)), [one.upper() if isinstance(one, str) else _label(one) for one in lines], fontsize=9
    )
    for tick, one in zip(axes.get_yticklabels(), lines, strict=True):
        tick.set_color(INK if isinstance(one, str) or one.inside else DRUGS[0])
        tick.set_fontweight("bold" if isinstance(one, str) else "normal")
    axes.tick_params(axis="y", length=0)
    axes.set_ylim(tallest - 0.4, -0.6)
    axes.set_xlim(-FURTHEST * 1.08, FURTHEST * 1.08)
    axes.set_xticks(range(-3, 4))


def _label(one: Score) -> str:
    text = one.figure.replace("spine density", "density").replace("drug minus vehicle", "drug - vehicle")
    return f"{text if len(text) <= 52 else text[:50] + '…'}  {one.id}"
