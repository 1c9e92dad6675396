"""An experiment carried out: what was found, whether it was expected, and the outcome to hand back."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from plastisim.diary import Stored
from plastisim.engine.errors import ConfigError
from plastisim.experiment import Criterion, Experiment
from plastisim.experiment_file import read_experiment
from plastisim.lab.protocol import Protocol, spoken
from plastisim.outcome import Outcome
from plastisim.reading import read_out
from plastisim.readout_table import Found
from plastisim.request import Request
from plastisim.results.course_figure import course_figure

FIXED = ("data", "compound", "dose", "at", "sessions")  # options of window-24h alone
SHORT = 40  # lines of a table on the terminal; of more, the last time of each read-out is shown


@dataclasses.dataclass(frozen=True, eq=False)
class Findings:
    """What was found.

    Attributes:
        experiment: what was asked.
        run: the finished run.
        found: by read-out, one entry a cohort.
    """

    experiment: Experiment
    run: Stored
    found: dict[str, list[Found]]

    def __getitem__(self, readout: str) -> Found:
        """Return a read-out of the first cohort."""
        return self.of(readout)

    def of(self, readout: str, cohort: str | None = None) -> Found:
        """Return a read-out of a cohort; None is the first.

        Raises:
            ConfigError: it was not asked for, or there is no such cohort.
        """
        if readout not in self.found:
            raise ConfigError(f"{readout} was not asked for; there are {', '.join(self.found)}")
        for one in self.found[readout]:
            if cohort in (None, one.cohort):
                return one
        raise ConfigError(f"there is no cohort {cohort!r}")

    def rows(self) -> list[dict[str, Any]]:
        """Return a line of the JSON for each read-out, cohort, arm and time."""
        return [row for same in self.found.values() for one in same for row in one.rows()]


def carry_out(experiment: Experiment, request: Request, name: str = "run") -> Findings:
    """Simulate into a store of the request and read out what was asked.

    Args:
        experiment: who, what is done, what is read out.
        request: of the caller.
        name: of the store, for an experiment with several.

    Raises:
        ConfigError: an option that only window-24h knows.
    """
    for option in FIXED:
        if getattr(request, option) is not None:
            raise ConfigError(
                f"--{option}: this experiment is fixed, only window-24h takes that; what you want goes into a file"
            )
    setup = experiment.setup(request.seed)
    parts = {part: getattr(setup, part) for part in ("pathway", "law", "spread", "microscope")}
    run = request.record(
        setup.population.protocol, setup.population.cohorts, experiment.title, name, seed=setup.population.seed,
        experiment=experiment, **parts,
    )  # fmt: skip
    return Findings(experiment, run, read_out(run, experiment.readouts))


def answer(
    findings: Findings,
    expected: Mapping[str, Any],
    draw: Callable[[Path], None],
    more: Mapping[str, Any] | None = None,
    report: str | None = None,
) -> Outcome:
    """Return the outcome of an experiment.

    Args:
        findings: what was found.
        expected: what was expected before the run, in words, and whether it came out; the verdict holds if all did.
        draw: draws the figure into a file.
        more: further entries of the JSON.
        report: what the terminal shows; None shows the table of read-outs.
    """
    expected = {words: bool(holds) for words, holds in expected.items()}
    verdict = all(expected.values()) if expected else None
    lines = [f"{'yes' if holds else 'NO '}  {words}" for words, holds in expected.items()]
    came = f"{sum(expected.values())} of {len(expected)} expectations came out."
    statement = came if expected else "No verdict was asked for."
    experiment = findings.experiment
    document = {
        "title": experiment.title,
        "verdict": verdict,
        "statement": statement,
        "expected": expected,
        "arms": [arm.name for arm in experiment.protocol.arms],
        "readouts": findings.rows(),
        "seed": findings.run.population.seed,
        "mice_per_arm": findings.run.population.mice,
        **(more or {}),
    }
    table = readout_table(findings) if report is None else report
    return Outcome(verdict, statement, document, draw, report="\n".join([table, *lines]))


def readout_table(findings: Findings) -> str:
    """Return the read-outs as a text table."""
    rows = findings.rows()
    shown = [row for row in rows if row["time"] == findings[row["readout"]].times[-1]] if len(rows) > SHORT else rows
    several = len({row["cohort"] for row in rows}) > 1
    lines = [f"{'read-out':20} {'unit':7} {'arm':34} {'time':>8} {'mean':>9} {'minus first':>12} {'95 % interval':>20}"]
    for row in shown:
        arm = f"{row['cohort']}: {row['arm']}" if several else row["arm"]
        low, high = row["minus_vehicle_interval"]
        lines.append(
            f"{row['readout']:20} {row['unit']:7} {arm[:34]:34} {spoken(row['time']):>8} {row['mean']:9.4g} "
            f"{row['minus_vehicle']:12.4g} {f'[{low:.4g}, {high:.4g}]':>20}"
        )
    return "\n".join([*lines, *(["the last time of each; all times are in the JSON"] if len(rows) > SHORT else [])])


def run_file(request: Request) -> Outcome:
    """Carry out the experiment file that a request holds.

    Raises:
        ConfigError: its faults, or an option that the file leaves no room for.
    """
    experiment = read_experiment(request.recipe, request.experiment)
    if request.small:
        raise ConfigError("--small: an experiment file says itself how many mice there are")
    if request.seed and experiment.seed is not None:
        raise ConfigError(
            f"--seed: the experiment file has its own seed, {experiment.seed}; take it out of one of them"
        )
    findings = carry_out(experiment, request)
    wanted = experiment.verdict
    expected = {} if wanted is None else judged(findings, wanted)
    rows, notes = findings.rows(), unlike_injections(experiment.protocol)
    table = "\n".join([readout_table(findings), *(f"note: {note}" for note in notes)])
    more = {"notes": notes}
    return answer(findings, expected, lambda path: course_figure(rows, path, experiment.title), more, table)


def unlike_injections(protocol: Protocol) -> list[str]:
    """Return a sentence for each arm that is not injected when the first one is; then handling differs too."""
    times = [", ".join(map(spoken, arm)) for arm in protocol.injections()]
    shown = [f"at {one}" if one else "never" for one in times]
    return [
        f"{arm.name!r} is injected {when}, {protocol.arms[0].name!r} {shown[0]}: an injection, of vehicle too, hides "
        "some spines for days (`handling` of a cohort). Give vehicle in the one wherever the other is injected"
        for arm, when in zip(protocol.arms, shown, strict=True) if when != shown[0]
    ]  # fmt: skip


def judged(findings: Findings, wanted: Criterion) -> dict[str, bool]:
    """Return the criterion in words and whether it holds."""
    low, high = findings[wanted.readout].minus(wanted.arm, wanted.time).interval
    unit, when = findings[wanted.readout].readout.unit, spoken(wanted.time)
    first = findings.experiment.protocol.arms[0].name
    unit = "" if unit == "1" else f" {unit}"
    what = f"{wanted.readout} of {wanted.arm} minus {first} at {when}, whole interval"
    if wanted.above is not None:
        return {f"{what} above {wanted.above:g}{unit}": low > wanted.above}
    return {f"{what} below {wanted.below:g}{unit}": high < (wanted.below or 0.0)}
