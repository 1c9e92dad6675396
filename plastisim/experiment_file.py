"""An experiment from a file, and back: EXPERIMENT.toml ↔ `Experiment`. Every quantity is a text with its unit.

    schema = "plastisim/1"
    title = "Does ketanserin block it?"
    cohorts = [{ cell_type = "PT", mice = 8 }]
    readouts = [{ name = "density" }, { name = "bdnf_mrna", at = ["2 h", "1 d"] }]
    imaging.sessions = [-1, 1, 3]

    [[arms]]
    name = "vehicle"
    doses = [{ compound = "vehicle" }]

    [[arms]]
    name = "psilocybin in ketanserin"
    doses = [{ compound = "psilocybin", amount = "1 mg/kg", at = "0 h", route = "ip", times = 2, every = "24 h" }]
    baths = [{ compound = "ketanserin", concentration = "1 umol/L", start = "-1 h", stop = "2 d" }]

A table of `[[compounds]]` describes one of the user's own: `name`, the relative that it is `like`, what differs.
All faults of a file are told at once. The first arm is the one that the others are compared with.
"""

from __future__ import annotations

import dataclasses
import math
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from plastisim.compound_numbers import own_compound
from plastisim.engine.errors import ConfigError
from plastisim.experiment import Criterion, Experiment
from plastisim.giving_tables import Own, bath, doses, infusion
from plastisim.lab import manipulations
from plastisim.lab.cohort import IT, PT, PT_2025, THY1_GFP, Cohort
from plastisim.lab.dendrites import BASAL, OBLIQUE, TUFT
from plastisim.lab.hypotheses import HYPOTHESES, Hypothesis
from plastisim.lab.manipulations import Manipulation
from plastisim.lab.protocol import DAY, TICK, Arm, Protocol
from plastisim.parameters import known_path, parameter_value, settable_parameters
from plastisim.reading import recorded_times, times_of
from plastisim.readout_table import READOUTS, Asked
from plastisim.toml_table import TomlTable

SCHEMA_NAME = "plastisim/1"
CELL_TYPES = {one.name: one for one in (PT, IT)}
COHORTS = {"Thy1-GFP": THY1_GFP, "PT 2025": PT_2025}
COMPARTMENTS = {one.name: one for one in (TUFT, OBLIQUE, BASAL)}
COHORT_NUMBERS = {"turnover": "1", "drift": "1/s", "handling": "1", "responsiveness": "1", "spine_density": "1/um"}
MANIPULATIONS = {one.name: one for one in vars(manipulations).values() if isinstance(one, Manipulation)}
DISPUTED = {one.name: one for one in HYPOTHESES}


def load_experiment_file(path: str | Path) -> Experiment:
    """Return the experiment of a file.

    Raises:
        ConfigError: no such file, or all of its faults, each with its dotted path.
    """
    try:
        text = Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"experiment file {str(path)!r} cannot be read: {error}") from error
    return read_experiment(text, str(path))


def read_experiment(text: str, name: str = "the experiment file") -> Experiment:
    """Return the experiment of a text in TOML; `name` begins every message.

    Raises:
        ConfigError: all of its faults, each with its dotted path.
    """
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{name} is not TOML: {error}") from error
    faults: list[str] = []
    page = TomlTable(values, "", faults)
    if page.take("schema", str, expected=f'"{SCHEMA_NAME}"') not in (SCHEMA_NAME, None):
        page.wrong("schema", values["schema"], f'"{SCHEMA_NAME}", which is all that this version reads')
    experiment = None if faults else _experiment(page)
    if faults or experiment is None:
        several = f"{name} has {len(faults)} faults:\n  " if len(faults) > 1 else f"{name}: "
        raise ConfigError(several + "\n  ".join(faults))
    return experiment


def _experiment(page: TomlTable) -> Experiment | None:
    """Return the experiment of a page, or None where it has faults."""
    title, seed = page.take("title", str, "An experiment from a file"), page.take("seed", int, None)
    cohorts = [_cohort(one) for one in page.tables("cohorts", required=True)]
    described = [(str(one.values.get("name")), own_compound(one)) for one in page.tables("compounds")]
    arms = [_arm(one, dict(described)) for one in page.tables("arms", required=True)]
    imaging, span = page.table("imaging"), page.table("run")
    sessions = imaging.moments("sessions")
    start, end = span.quantity("start", "s", None), span.quantity("end", "s", None)
    readouts = [_asked(one) for one in page.tables("readouts", required=True)]
    parameters = _parameters(page.table("parameters"))
    compounds = [one for _, one in described]
    for key, things in (("cohorts", cohorts), ("readouts", readouts), ("compounds", compounds)):
        names = [one.name for one in things if one is not None]
        for name in {name for name in names if names.count(name) > 1}:
            own = "different names, each with a `name` of its own"
            page.wrong(key, name, "each once" if key == "readouts" else own)
    verdict = _criterion(page.table("verdict")) if "verdict" in page.values else None
    page.known += ["parameters", "verdict"]
    for table in (imaging, span, page):
        table.close()
    if page.faults or sessions is None:
        return None
    days = tuple(time / DAY for time in sessions)
    looks = [time for one in readouts if one and not READOUTS[one.name].imaged for time in one.times]
    given = [one.at for arm in arms if arm for one in arm.doses]
    given += [one.start for arm in arms if arm for one in (*arm.baths, *arm.infusions)]
    begin = math.floor(min(*sessions, *given, math.inf) / TICK) * TICK if start is None else _counted(start)
    stop = math.ceil(max(*sessions, *looks, -math.inf) / TICK) * TICK if end is None else _counted(end)
    protocol = page.attempt("", lambda: Protocol(tuple(arms), begin, stop, days))  # pyright: ignore[reportArgumentType]
    if protocol is None:
        return None
    protocol = dataclasses.replace(protocol, moments=_moments(protocol, looks))
    experiment = Experiment(title, protocol, tuple(cohorts), tuple(readouts), seed, parameters, verdict)  # pyright: ignore[reportArgumentType]
    return _checked(experiment, page)


def _moments(protocol: Protocol, looks: list[float]) -> tuple[int, ...]:
    """Return when else molecules have to be recorded; what cannot be is told when the read-outs are checked."""
    wanted = {int(time) for time in looks if time == int(time) and protocol.start <= time < protocol.end}
    return tuple(sorted(wanted - set(recorded_times(protocol)))) if wanted else ()


def _counted(seconds: float) -> Any:
    """Return whole seconds as an integer; the protocol refuses others."""
    return int(seconds) if seconds == int(seconds) else seconds


def _checked(experiment: Experiment, page: TomlTable) -> Experiment | None:
    """Note what does not fit together: paths of manipulations, read-outs, the verdict."""
    setup = page.attempt("", experiment.setup)
    if setup is None:
        return None
    for index, asked in enumerate(experiment.readouts):
        page.attempt(f"readouts[{index}]", lambda asked=asked: times_of(asked, setup))
    wanted = experiment.verdict
    if wanted is not None:
        arms = [arm.name for arm in experiment.protocol.arms]
        if wanted.arm not in arms[1:]:
            page.wrong("verdict.arm", wanted.arm, f"one of {', '.join(arms[1:])}")
        times = {one.name: times_of(one, setup) for one in experiment.readouts if not page.faults}
        if not page.faults and wanted.time not in times.get(wanted.readout, ()):
            page.wrong("verdict.readout", wanted.readout, "a read-out that is asked for, at one of its times")
    return experiment


def _cohort(table: TomlTable) -> Cohort | None:
    """Return a cohort: one of ours by `like`, or of a cell type, with any of its numbers changed."""
    model = COHORTS.get(table.choice("like", COHORTS, None))
    cell = CELL_TYPES.get(table.choice("cell_type", CELL_TYPES, model.cell_type.name if model else "PT"))
    plain = model or Cohort(cell.name if cell else "", PT, 8)
    where = COMPARTMENTS.get(table.choice("compartment", COMPARTMENTS, plain.compartment.name))
    own: dict[str, Any] = {"name": table.name(default=plain.name)}
    own |= {what: table.take(what, int, getattr(plain, what)) for what in ("mice", "neurons", "dendrites")}
    for what, unit in COHORT_NUMBERS.items():
        own[what] = table.quantity(what, unit, getattr(plain, what), minimum=0.0)
    table.close()
    return (
        table.attempt("", lambda: dataclasses.replace(plain, cell_type=cell, compartment=where, **own))
        if table.sound
        else None
    )


def _arm(table: TomlTable, own: Own) -> Arm | None:
    """Return an arm; `own` are the compounds of the file."""
    name = table.name()
    given = tuple(dose for one in table.tables("doses") for dose in doses(one, own) or ())
    baths = tuple(bath(one, own) for one in table.tables("baths"))
    infusions = tuple(infusion(one, own) for one in table.tables("infusions"))
    density = table.quantity("htr2a_density", "1", 1.0, minimum=0.0)
    changed = [
        _named(table, f"manipulations[{index}]", one, MANIPULATIONS, Manipulation, ("pathway", "exposure", "compounds"))
        for index, one in enumerate(table.take("manipulations", list, []) or [])
    ]
    table.known.append("hypothesis")
    held = table.values.get("hypothesis")
    hypothesis = (
        held if held is None else _named(table, "hypothesis", held, DISPUTED, Hypothesis, ("pathway", "spines"))
    )
    table.close()
    if not table.sound or None in (*baths, *infusions):
        return None
    return table.attempt(
        "", lambda: Arm(name, given, baths, density, infusions, tuple(changed), hypothesis)  # pyright: ignore[reportArgumentType]
    )  # fmt: skip


def _named(table: TomlTable, key: str, value: Any, known: dict[str, Any], kind: Any, maps: tuple[str, ...]) -> Any:
    """Return something known by name, or built from a table with name, statement and numbers by path."""
    if isinstance(value, str):
        return TomlTable({"": value}, table.at(key), table.faults).choice("", known) and known.get(value)
    own = TomlTable(value, table.at(key), table.faults)
    parts = {"name": own.name(), "statement": own.take("statement", str, "")}
    for name in maps:
        part = own.table(name)
        parts[name] = {path: part.take(path, float) for path in part.values}
    own.close()
    return own.attempt("", lambda: kind(**parts)) if own.sound else None


def _asked(table: TomlTable) -> Asked | None:
    """Return a read-out and its times."""
    name, times = table.choice("name", READOUTS), table.moments("at", ())
    table.close()
    return None if name is None or times is None else Asked(name, times)


def _parameters(table: TomlTable) -> dict[str, float]:
    """Return changed parameters by whole path, in their declared units."""
    known, found = settable_parameters(), {}
    for path, value in _dotted(table.values):
        declared = table.attempt(path, lambda path=path: known_path(path, known))
        if declared is None:
            continue
        if declared.path in found:
            table.faults.append(f"{table.at(path)}: is given twice; leave one out")
        where = table.at(path)
        found[declared.path] = table.attempt(path, lambda one=(value, declared, where): parameter_value(*one))
    return found


def _dotted(values: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Yield path and value of a table; a dotted key without quotation marks is a table in a table."""
    for key, value in values.items():
        if isinstance(value, dict):
            yield from _dotted(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


def _criterion(table: TomlTable) -> Criterion | None:
    """Return the threshold of a verdict."""
    readout, arm = table.choice("readout", READOUTS), table.take("arm", str)
    at = table.moment("at", table.values.get("at"))
    table.known.append("at")
    unit = READOUTS[readout].unit if readout else "1"
    above, below = table.quantity("above", unit, None), table.quantity("below", unit, None)
    table.close()
    if (above is None) == (below is None) and table.sound:
        table.faults.append(f"{table.path}: needs one of above and below, the threshold of arm minus vehicle")
    return Criterion(readout, arm, at, above, below) if table.sound and at is not None else None
