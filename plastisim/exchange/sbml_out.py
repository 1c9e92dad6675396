"""The model as SBML: one reference neuron in one animal, under one arm, from its rest.

The file holds the whole cascade, exposure and occupancy, as compiled (equations.py), and what the arm gives as events.
Spines, which are single agents, are not in it; neither are neighbours: neurons that are alike exchange nothing.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import jax
import numpy as np
from jax import numpy as jnp

from plastisim import model, treatment
from plastisim.biology.exposure import Exposure
from plastisim.biology.ligands import Ligand, Supply
from plastisim.cascade import drive_program, rest_program
from plastisim.engine.clock import schedule
from plastisim.engine.errors import ConfigError, NumericalError
from plastisim.equations import INFLOW, SUPPLIED, System, identifier, system
from plastisim.exchange.sbml_writer import Change, Event, document
from plastisim.lab.compound import Compound
from plastisim.lab.protocol import DAY, TICK, Arm, Protocol
from plastisim.population import in_precision
from plastisim.results.files import atomic_write_text

AT_REST = 1e-10  # largest relative residual of the resting state
EXPRESSED = ("name", "doses", "baths", "htr2a_density", "infusions", "manipulations", "hypothesis")  # fields of an arm
NOTHING = {"infusion": 0.0, "bath": -1.0}


class Given(NamedTuple):
    """What an arm gives to one animal, and changes in it.

    Attributes:
        compounds: serotonin first.
        pathway: parameters of the cascade in this arm.
        numbers: parameters of the compounds and the animal in this arm, by symbol.
        times: start of each segment, s from the start of the file, shape (segment,).
        jumps: of the exposure's variables, shape (segment, variable).
        supply: infusion and bath of each compound, by symbol, each of shape (segment,).
    """

    compounds: tuple[Compound, ...]
    pathway: model.Pathway
    numbers: dict[str, float]
    times: np.ndarray
    jumps: np.ndarray
    supply: dict[str, np.ndarray]


def export_sbml(
    arm: Arm,
    path: str | Path,
    *,
    pathway: model.Pathway | None = None,
    start: int = 0,
    end: int = 7 * DAY,
    overwrite: bool = False,
) -> Path:
    """Write one neuron under one arm as SBML Level 3 Version 2.

    Time in the file is in seconds from `start`; the neuron is at rest before. Concentrations, rates and doses have
    the units in which they are declared.

    Args:
        arm: doses and baths, which become events.
        path: of the file.
        pathway: parameters of the cascade, one value each; None takes the defaults.
        start: s from day 0, a whole number of 2 h.
        end: s from day 0, a whole number of 2 h; nothing may be given later.
        overwrite: replace an older file.

    Returns:
        The path.

    Raises:
        ConfigError: python-libsbml is not installed, the file exists, or the arm does not fit the times.
        NumericalError: the neuron has no rest.
        StoreError: the file cannot be written.
    """
    if Path(path).exists() and not overwrite:
        raise ConfigError(f"{str(path)!r} exists; choose another name, or overwrite it on purpose")
    with jax.enable_x64(True):
        text = sbml(arm, pathway or model.default_pathway(), start, end)
    return atomic_write_text(path, text)


def sbml(arm: Arm, pathway: model.Pathway, start: int, end: int) -> str:
    """Return the XML that `export_sbml` writes; to be called at 64 bit."""
    given = given_by(arm, pathway, start, end)
    never = {name: NOTHING[name.rpartition("_")[2]] for name in given.supply}
    never = {name: value for name, value in never.items() if (given.supply[name] == value).all()}
    equations = system(given.compounds, given.pathway, known={INFLOW: 0.0, **never}, values=given.numbers)
    values = {name: float(column[0]) for name, column in given.supply.items()} | resting(given, equations)
    notes = [
        f"Arm {arm.name}: one neuron in one animal, at rest until the first event. Time 0 is {start} s from day 0.",
        "Written by plastisim from the equations that it compiles. Left out: spines, which are single agents, and "
        "exchange with neighbouring neurons, of which there is none between equal ones.",
    ]
    return document(equations, values, list(events(given, equations)), f"plastisim cascade: {arm.name}", notes)


def given_by(arm: Arm, pathway: model.Pathway, start: int, end: int) -> Given:
    """Return what an arm gives and changes, by the same rules as in a simulation.

    Raises:
        ConfigError: something is given outside the times, or the arm has a property that the file cannot express.
    """
    for field in dataclasses.fields(arm):
        if field.name not in EXPRESSED and getattr(arm, field.name) != field.default:
            raise ConfigError(f"arm {arm.name!r} has {field.name}, which cannot be written to SBML; leave it out")
    protocol = Protocol((arm,), start=start, end=end, sessions=(start / DAY,))
    treatment.check(protocol)
    (compounds,) = treatment.slots(protocol)
    segments = schedule(start, end, TICK, protocol.events())
    jumps, infusion, bath = treatment.administered(protocol, segments, np.dtype(float))
    names = [identifier(compound) for compound in compounds]
    numbers = {f"exposure_{name}": float(value[0]) for name, value in treatment.animal_numbers(protocol).items()}
    for name, ligand in zip(names, treatment.ligand_numbers(protocol), strict=True):
        numbers |= {f"{name}_{field}": float(value[0]) for field, value in ligand.items()}
    supply = {
        f"{name}_{field}": part[index, :, 0]
        for index, name in enumerate(names)
        for field, part in zip(SUPPLIED, (infusion, bath), strict=True)
    }
    own = jax.tree.map(lambda leaf: np.asarray(leaf).item(), treatment.changed(pathway, protocol, np.zeros(1, int)))
    return Given(compounds, own, numbers, segments.begin - start, jumps[:, :, 0], supply)


def resting(given: Given, equations: System) -> dict[str, float]:
    """Return every variable and every resting value of the drug-free neuron.

    Raises:
        NumericalError: it has no rest.
    """
    dtype, none = jnp.dtype(jnp.float64), jnp.zeros(1, jnp.float64)

    def of(cls: Any, prefix: str) -> dict[str, Any]:
        names = [field.name for field in dataclasses.fields(cls)]
        return {name: equations.symbols[f"{prefix}_{name}"].value for name in names if name != "ligands"}

    ligands = tuple(Ligand(**of(Ligand, identifier(compound))) for compound in given.compounds)
    exposure = in_precision(Exposure(ligands, **of(Exposure, "exposure")), dtype)
    animal = exposure.initial(none)
    drive = drive_program()(exposure, animal, tuple(Supply(none, none - 1.0) for _ in ligands))
    cell, rest, residual = rest_program()(in_precision(given.pathway, dtype), drive)
    if not float(residual.max()) < AT_REST:
        name = model.variables()[int(residual.argmax())].path
        raise NumericalError(f"{name} has no resting value; check the parameters of the pathway")
    values = [float(leaf[0]) for leaf in (*jax.tree.leaves(animal), *cell)]
    resting_values = {f"rest_{name}": float(leaf[0]) for name, leaf in vars(rest).items()}
    return dict(zip(equations.rates, values, strict=True)) | resting_values


def events(given: Given, equations: System) -> Iterator[Event]:
    """Yield what happens at each time; what is supplied from the start on is no event but an initial value."""
    variables = list(equations.rates)
    for index, time in enumerate(given.times):
        changes = [
            Change(variables[row], float(given.jumps[index, row]), adds=True) for row in given.jumps[index].nonzero()[0]
        ]
        for name, column in given.supply.items():
            if index and column[index] != column[index - 1]:
                changes.append(Change(name, float(column[index]), adds=False))
        if changes:
            yield Event(float(time), tuple(changes))
