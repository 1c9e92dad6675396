"""What the code writes into the pages: equations, parameters, compounds, recorded variables, read-outs."""

from __future__ import annotations

import dataclasses
import functools
import inspect
import math
from collections.abc import Callable, Iterable, Sequence
from html import escape

from plastisim import model
from plastisim.biology import exposure, pharmacokinetics, spines
from plastisim.calibration import FINDINGS
from plastisim.equations import Formula, formulas, system
from plastisim.guide.mathml import mathml
from plastisim.guide.recorded import recorded
from plastisim.lab import imaging
from plastisim.lab.compound import Compound, Sourced
from plastisim.lab.compounds import COMPOUNDS, PSILOCYBIN, SEROTONIN
from plastisim.parameters import parameter_rows, short
from plastisim.readout_table import READOUTS

EXPOSURE = "exposure"
EQUATION = "overflow-x: auto; margin: 0.9em 0; padding-left: 2em; text-indent: -2em"  # lines behind the first stand in
SOURCED = ("unit", "confidence", "source")


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table in Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", r"\|") for cell in line) + " |" for line in lines)


def equations(stage: str) -> str:
    """Return the equations of a stage, read back from what is compiled; what an earlier stage has shown is left out."""
    lines = [f"{f'[{one.unit}]':14} {one.text}" for one in _by_stage()[stage]]
    return "\n".join(["```text", *lines, "```"])


def drawn_equations(stage: str) -> str:
    """Return the same as `equations`, drawn: for the site. What one would type stands in the title."""
    lines = [
        f'<div class="equation" style="{EQUATION}" title="{escape(one.text)}">{mathml(one.latex)} '
        f'<span style="white-space: nowrap; opacity: 0.75">[{escape(one.unit)}]</span></div>'
        for one in _by_stage()[stage]
    ]
    return "\n\n".join(lines)


@functools.cache
def _by_stage() -> dict[str, list[Formula]]:
    """Return the formulas of every stage in the order in which the stages act, each once."""
    drug = dataclasses.replace(PSILOCYBIN, name="drug")
    whole = system((SEROTONIN, drug), general=True)
    stages = {name: [one.name for one in model.variables() if one.path.startswith(f"{name}.")]
              for name in model.STATE_TYPES}  # fmt: skip
    cell = {name for names in stages.values() for name in names}
    stages = {EXPOSURE: [name for name in whole.rates if name not in cell], **stages}
    found: dict[str, list[Formula]] = {}
    shown: set[str] = set()
    for stage, names in stages.items():
        found[stage] = [one for one in formulas(*names, equations=whole) if one.left not in shown]
        shown |= {one.left for one in found[stage]}
    return found


def law_of_spines() -> str:
    """Return the law of single spines, as its file states it."""
    lines = inspect.cleandoc(spines.__doc__ or "").splitlines()
    return "\n".join(["```text", *lines[2:], "```"])


def _parameters(stage: str) -> str:
    """Return the parameters of a stage."""
    rows = [
        [f"`{short(row['path'])}`", row["meaning"], _number(row["value"]), *(row[key] for key in SOURCED)]
        for row in parameter_rows(stage=stage)
    ]
    return table(["path", "meaning", "value", *SOURCED], rows)


def stages() -> str:
    """Return the parameters of all stages, a heading each."""
    names = dict.fromkeys(row["stage"] for row in parameter_rows())
    return "\n\n".join(f"## {name}\n\n{_parameters(name)}" for name in names)


def confidences() -> str:
    """Return how many parameters there are of each confidence."""
    held = [row["confidence"] for row in parameter_rows()]
    counts = {name: held.count(name) for name in sorted(set(held), key=held.count, reverse=True)}
    return table(["confidence", "parameters"], [[name, str(count)] for name, count in counts.items()])


def compounds() -> str:
    """Return all numbers of all compounds, a heading each."""
    return "\n\n".join(f"## {one.name}\n\n{_compound(one)}" for one in COMPOUNDS)


def _compound(found: Compound) -> str:
    """Return all numbers of one compound."""
    held = {field.name: getattr(found, field.name) for field in dataclasses.fields(found)}
    rows = [
        [name, _number(one.value), one.unit, one.source.confidence, one.source.text]
        for name, one in held.items() if isinstance(one, Sourced)
    ]  # fmt: skip
    about = f"Species: {found.species}. Routes: {', '.join(found.routes) or 'none, only in a bath'}."
    return f"{about}\n\n{table(['number', 'value', 'unit', 'confidence', 'source'], rows)}"


def variables() -> str:
    """Return what a stored run holds."""
    rows = [
        [f"`{one.name}`", one.long_name, one.unit or "text", ", ".join(one.dims)] for one in recorded()
    ]  # fmt: skip
    return table(["variable", "meaning", "unit", "dimensions"], rows)


def readouts() -> str:
    """Return what can be asked for in an experiment file."""
    rows = [[f"`{one.name}`", one.long_name, one.unit, "in a session" if one.imaged else "at any time"]
            for one in READOUTS.values()]  # fmt: skip
    return table(["read-out", "meaning", "unit", "taken"], rows)


def left_out() -> str:
    """Return what each stage leaves out, as its file says it."""
    modules = [exposure, pharmacokinetics, *(inspect.getmodule(state) for state in model.STATE_TYPES.values()), spines]
    rows = []
    for module in dict.fromkeys((*modules, imaging)):
        _, found, words = inspect.cleandoc(module.__doc__ or "").partition("Left out")
        if found:
            paragraph = " ".join(words.split("\n\n")[0].split()).lstrip(":, ")
            rows.append([module.__name__.rpartition(".")[2], paragraph])
    return table(["stage", "left out"], rows)


def missing() -> str:
    """Return the measured rows that the model cannot express, with the reason."""
    rows = [[one.id, one.readout, one.missing, one.citation] for one in FINDINGS if one.missing]
    return table(["row", "what was measured", "why not", "source"], rows)


def _number(value: float) -> str:
    return f"{value:.6g}" if math.isfinite(value) else "does not bind"


Part = Callable[..., str]
PARTS: dict[str, Part] = {
    one.__name__.replace("_", "-"): one
    for one in (
        equations, law_of_spines, stages, confidences, compounds, variables, readouts, left_out, missing,
    )
}  # fmt: skip
