"""What is recorded, as named columns with dims, units and words: the one list of a dataset's variables."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from plastisim import model
from plastisim.biology.exposure import Drive
from plastisim.biology.ligands import LigandState
from plastisim.course import Frames
from plastisim.description import described
from plastisim.engine import table
from plastisim.engine.fields import declarations
from plastisim.lab import imaging
from plastisim.lab.branch_table import QUANTITIES, BranchTable
from plastisim.lab.compounds import Sourced
from plastisim.lab.imaging import Snapshots
from plastisim.quarantine import Failure
from plastisim.results.attributes import root_attributes
from plastisim.results.dataset import Column
from plastisim.setup import Setup
from plastisim.treatment import slots
from plastisim.trees import Ledger

RECORDED = (
    "htr2a_surface", "ip3", "calcium_free", "firing_rate", "burst_gain", "camk", "erk", "pcreb", "bdnf_mrna",
    "bdnf_extracellular", "trkb_active", "akt", "mtorc1", "s6k", "plasticity_proteins", "ampa_gain", "spine_set_point",
)  # fmt: skip
EXPOSURE = {
    "plasma": "concentration in plasma",
    "brain": "free concentration in the brain",
    "inside": "free concentration inside neurons",
    "bound_surface": "share of surface 5-HT2A that the compound occupies",
}
_VARIABLES = model.variables()
ROWS = [index for index, declared in enumerate(_VARIABLES) if declared.name in RECORDED]  # of the cascade's variables
BRANCH = ("arm", "mouse", "neuron", "dendrite")
SINGLE = np.float32  # recorded; seven digits are more than any instrument's


def shape_of(setup: Setup) -> tuple[int, int, int, int]:
    """Return the numbers of arms, mice, neurons and dendrites."""
    population = setup.population
    return population.arms, population.mice, population.neurons, population.cohorts[0].dendrites


def names_of(setup: Setup) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return arm, cohort and mouse of every branch, each (site,); a mouse is named `cohort-number`."""
    population = setup.population
    _, mice, *branches = shape_of(setup)
    each = int(np.prod(branches))
    cohorts = np.array([cohort.name for cohort in population.cohorts])[population.cohort]
    labels = np.array([f"{cohort}-{mouse}" for cohort, mouse in zip(cohorts, population.mouse, strict=True)])
    arm = np.repeat([arm.name for arm in population.protocol.arms], mice * each)
    return arm, np.tile(np.repeat(cohorts, each), population.arms), np.tile(np.repeat(labels, each), population.arms)


def imaged(setup: Setup, snapshots: Snapshots) -> BranchTable:
    """Return what the microscope sees of all branches, one table."""
    arm, _, mouse = names_of(setup)
    return imaging.image(snapshots, setup.microscope, mouse, arm)


def coordinates(setup: Setup, time: np.ndarray, days: np.ndarray) -> Iterator[Column]:
    """Yield the coordinates of a dataset with frames at `time` (s) and imaging on `days`."""
    population = setup.population
    _, mice, neurons, dendrites = shape_of(setup)
    cohorts = np.array([cohort.name for cohort in population.cohorts], dtype=object)[population.cohort]
    for name, labels in (("arm", population.protocol.arms), ("compound", population.compounds)):
        yield Column(name, (name,), np.array([one.name for one in labels], dtype=object), "", name)
    yield Column("mouse", ("mouse",), np.arange(mice), "1", "mouse")
    yield Column("cohort", ("mouse",), cohorts, "", "cohort of the mouse")
    # No `axis`: for CF a time axis counts from a date, and day 0 has none.
    yield Column("time", ("time",), time.astype(float), "s", "time since day 0")
    yield Column("session", ("session",), days, "d", "day of imaging")
    yield Column("neuron", ("neuron",), np.arange(neurons), "1", "neuron")
    yield Column("dendrite", ("dendrite",), np.arange(dendrites), "1", "dendrite")


def frame_columns(
    setup: Setup, frames: Frames, length: np.ndarray, failures: Sequence[Failure] = ()
) -> Iterator[Column]:
    """Yield every variable along time.

    Args:
        setup: what is simulated.
        frames: a stretch of it, of the cascade the `ROWS` only.
        length: of the branches, um, shape (site,).
        failures: neurons whose spines count no more.
    """
    yield from _animals(setup, frames)
    yield from _neurons(setup, frames)
    density = frames.spines / np.asarray(length, SINGLE)
    for failure in failures:
        density[np.ix_(frames.time > failure.time, sites_of(setup, failure))] = np.nan
    density = density.reshape(-1, *shape_of(setup))
    dims = ("arm", "mouse", "time", "neuron", "dendrite")
    words = "spine density, hidden spines included"
    yield Column("spine_density", dims, _single(np.moveaxis(density, 0, 2)), "1/um", words)


def _animals(setup: Setup, frames: Frames) -> Iterator[Column]:
    """Yield exposure, dims (arm, mouse, time, compound), and what neurons see of it, dims (arm, mouse, time)."""
    arms, mice, *_ = shape_of(setup)
    population, ligand = setup.population, list(declarations(LigandState, "variable"))
    by_slot = frames.animals[:, :-1].reshape(len(frames.time), -1, len(ligand), arms, mice)
    for index, declared in enumerate(ligand):
        if declared.name in EXPOSURE:
            values = np.zeros((arms, mice, len(frames.time), len(population.compounds)), SINGLE)
            for arm, carried in enumerate(slots(population.protocol)):
                for slot, compound in enumerate(carried):
                    values[arm, :, :, population.compounds.index(compound)] = by_slot[:, slot, index, arm].T
            dims, unit = ("arm", "mouse", "time", "compound"), declared.metadata["unit"]
            yield Column(f"compound_{declared.name}", dims, values, unit, EXPOSURE[declared.name])
    for index, declared in enumerate(declarations(Drive, "variable")):
        values = frames.drive[:, index].reshape(-1, arms, mice).transpose(1, 2, 0)
        words, unit = declared.metadata["long_name"], declared.metadata["unit"]
        yield Column(f"drive_{declared.name}", ("arm", "mouse", "time"), _single(values), unit, words)


def _neurons(setup: Setup, frames: Frames) -> Iterator[Column]:
    """Yield the recorded variables of the cascade, dims (arm, mouse, time, neuron)."""
    for index, row in enumerate(ROWS):
        declared = _VARIABLES[row]
        values = np.moveaxis(setup.population.imaged(frames.cascade[:, index]), 0, 2)
        unit, words = declared.metadata["unit"], declared.metadata["long_name"]
        dims = ("arm", "mouse", "time", "neuron")
        yield Column(declared.name, dims, _single(values), unit, words, {"stage": declared.path})


def sites_of(setup: Setup, failure: Failure) -> np.ndarray:
    """Return the branches of a neuron that diverged, as indices."""
    _, _, neurons, dendrites = shape_of(setup)
    animal = failure.lane // setup.population.filled
    return (animal * neurons + failure.neuron) * dendrites + np.arange(dendrites)


def session_columns(setup: Setup, snapshots: Snapshots, failures: Sequence[Failure] = ()) -> Iterator[Column]:
    """Yield what imaging saw, dims (arm, mouse, session, neuron, dendrite); nothing of a neuron that diverged."""
    seen = imaged(setup, snapshots)
    lost = [site for failure in failures for site in sites_of(setup, failure)]
    dims = ("arm", "mouse", "session", "neuron", "dendrite")
    for quantity in QUANTITIES:
        found = np.array(getattr(seen, quantity.name))  # a single session has no rates, they are NaN
        found[lost] = np.nan
        values = np.moveaxis(found.T.reshape(-1, *shape_of(setup)), 0, 2)
        yield Column(f"observed_{quantity.name}", dims, values, quantity.unit, f"{quantity.long_name}, imaged")
    yield from _observations(setup, snapshots, lost)


def _observations(setup: Setup, snapshots: Snapshots, lost: list[int]) -> Iterator[Column]:
    """Yield every counted spine of every session, dims (observation,); branch and serial name the spine."""
    counted = imaging.seen(snapshots, setup.microscope)
    counted[:, lost] = False
    session, site, slot = np.nonzero(counted)
    dims, widths = ("observation",), imaging.measured_widths(snapshots, setup.microscope)
    for name, values, unit, words in (
        ("branch", site.astype(np.int32), "1", "index of the observed spine's branch"),
        ("serial", snapshots.serial[session, site, slot], "1", "number of the observed spine on its branch"),
        ("day", snapshots.days[session].astype(SINGLE), "d", "day of imaging"),
        ("head_width", _single(widths[session, site, slot]), "um", "head width of a single spine, imaged"),
    ):
        yield Column(f"observation_{name}", dims, values, unit, words)


def static_columns(setup: Setup, length: np.ndarray) -> Iterator[Column]:
    """Yield what does not change."""
    yield Column("branch_length", BRANCH, length.reshape(shape_of(setup)), "um", "length of the imaged branch")


def ledger_columns(ledger: Ledger) -> Iterator[Column]:
    """Yield every spine's branch, birth and death, dims (spine,)."""
    dims, index = ("spine",), {"instance_dimension": "arm mouse neuron dendrite"}
    yield Column("spine_branch", dims, ledger.site, "1", "index of the spine's branch", index)
    yield Column("spine_serial", dims, ledger.serial, "1", "number of the spine on its branch")
    for name, values, open_end in (("birth", ledger.birth, -table.NEVER), ("death", ledger.death, table.NEVER)):
        moments = np.where(values == open_end, np.nan, values.astype(float))
        words = "birth, missing for spines older than the run" if name == "birth" else "death, missing for the living"
        yield Column(f"spine_{name}", dims, moments, "s", words)


def attributes(setup: Setup, title: str) -> dict[str, Any]:
    """Return the root attributes: parameters with their sources, and the configuration that repeats the run."""
    return {
        **root_attributes(title=title, config=described(setup), seed=setup.population.seed),
        "plastisim_parameters": json.dumps(parameters(setup)),
        "plastisim_precision": setup.settings.precision,
    }


def failed(failures: Sequence[Failure]) -> dict[str, Any]:
    """Return the root attribute that names the neurons that diverged."""
    return {"plastisim_failures": [str(failure) for failure in failures]}


def parameters(setup: Setup) -> dict[str, dict[str, Any]]:
    """Return every parameter by its path: value, unit, meaning, source and confidence."""
    trees: dict[str, Any] = {"pathway": setup.pathway, "spines": setup.law, "spread": setup.spread}
    trees |= {"microscope": setup.microscope}
    trees |= {f"cohort.{cohort.name}": cohort for cohort in setup.population.cohorts}
    found = {
        declared.path: _described(float(declared.value), declared.metadata)
        for name, tree in trees.items()
        for declared in declarations(tree, "parameter", name)
    }
    for compound in setup.population.compounds:
        for field in dataclasses.fields(compound):
            number = getattr(compound, field.name)
            if isinstance(number, Sourced):
                metadata = {"unit": number.unit, "meaning": field.name.replace("_", " "), "source": number.source}
                found[f"compound.{compound.name}.{field.name}"] = _described(number.value, metadata)
    return found


def _described(value: float, metadata: dict[str, Any]) -> dict[str, Any]:
    source = metadata["source"]
    return {
        "value": value if np.isfinite(value) else "inf",
        "unit": metadata["unit"],
        "meaning": metadata["meaning"],
        "source": source.text,
        "confidence": source.confidence,
    }


def _single(values: np.ndarray) -> np.ndarray:
    return values.astype(SINGLE, copy=False)
