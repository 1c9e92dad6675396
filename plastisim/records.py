"""A finished run as others read it: branch tables for the statistics, a dataset that explains itself."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from plastisim import model
from plastisim.engine import table
from plastisim.engine.fields import declarations
from plastisim.lab import imaging
from plastisim.lab.branch_table import QUANTITIES, BranchTable
from plastisim.lab.compounds import Sourced
from plastisim.lab.imaging import Snapshots
from plastisim.lab.protocol import DAY
from plastisim.results.attributes import root_attributes
from plastisim.results.dataset import Column, build
from plastisim.simulation import Run

if TYPE_CHECKING:
    import xarray

RECORDED = (
    "htr2a_surface", "ip3", "calcium_free", "firing_rate", "burst_gain", "erk", "pcreb", "bdnf_mrna",
    "bdnf_extracellular", "trkb_active", "mtorc1", "s6k", "plasticity_proteins", "ampa_gain", "spine_set_point",
)  # fmt: skip
BRANCH = ("arm", "mouse", "neuron", "dendrite")


def _shape(run: Run) -> tuple[int, int, int, int]:
    population = run.population
    return population.arms, population.mice, population.neurons, population.cohorts[0].dendrites


def _names(run: Run) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return arm, cohort and mouse of every branch, each (site,); a mouse is named `cohort-number`."""
    arms, mice, *branches = _shape(run)
    each = int(np.prod(branches))
    cohorts = np.array([cohort.name for cohort in run.population.cohorts])[run.population.cohort]
    labels = np.array([f"{cohort}-{mouse}" for cohort, mouse in zip(cohorts, run.population.mouse, strict=True)])
    arm = np.repeat([arm.name for arm in run.population.protocol.arms], mice * each)
    return arm, np.tile(np.repeat(cohorts, each), arms), np.tile(np.repeat(labels, each), arms)


def _of(snapshots: Snapshots, sites: np.ndarray) -> Snapshots:
    """Return the snapshots of some branches, by a mask or index over sites."""
    parts = {
        field.name: getattr(snapshots, field.name)[:, sites]
        for field in dataclasses.fields(snapshots)
        if field.name not in ("days", "length")
    }
    return dataclasses.replace(snapshots, length=snapshots.length[sites], **parts)


def branch_tables(run: Run) -> dict[str, BranchTable]:
    """Return what would have been measured, one table a cohort."""
    arm, cohort, mouse = _names(run)
    return {
        one.name: imaging.image(_of(run.snapshots, cohort == one.name), run.microscope, mouse[here], arm[here])
        for one in run.population.cohorts
        for here in [cohort == one.name]
    }


def single_spine_rows(run: Run) -> dict[str, Any]:
    """Return the figures that need the identity of single spines, of the first arm, by row of the target list.

    They are V10 (survival of spines first seen on day 1), V22 (width of new relative to old spines) and, where day 7
    and day 34 were imaged, V8 and V9 (turnover between them).
    """
    arm, _, _ = _names(run)
    vehicle = _of(run.snapshots, arm == run.population.protocol.arms[0].name)
    days = [float(day) for day in vehicle.days]
    if 1.0 not in days or days.index(1.0) == 0:
        return {}
    rows: dict[str, Any] = {
        "V10": imaging.new_spine_survival(vehicle, run.microscope),
        "V22": imaging.new_to_old_width(vehicle, run.microscope),
    }
    if {7.0, 34.0} <= set(days):
        lost, gained = imaging.turnover(vehicle, run.microscope, days.index(7.0), days.index(34.0))
        rows |= {"V8": 100.0 * lost, "V9": 100.0 * gained}
    return rows


def to_dataset(run: Run, title: str) -> xarray.Dataset:
    """Return everything recorded, with units, names, parameters and the configuration that repeats it."""
    return build(
        [*_cascade(run), *_spines(run), *_observed(run), *_ledger(run)],
        _coordinates(run),
        {
            **root_attributes(title=title, config=configuration(run), seed=run.population.seed),
            "plastisim_parameters": json.dumps(parameters(run)),
            "plastisim_precision": run.settings.precision,
        },
    )


def _coordinates(run: Run) -> Iterator[Column]:
    population, time = run.population, run.frames.time.astype(float)
    _, mice, neurons, dendrites = _shape(run)
    cohorts = np.array([cohort.name for cohort in population.cohorts], dtype=object)
    yield Column("arm", ("arm",), np.array([arm.name for arm in population.protocol.arms], dtype=object), "", "arm")
    yield Column("mouse", ("mouse",), np.arange(mice), "1", "mouse")
    yield Column("cohort", ("mouse",), cohorts[population.cohort], "", "cohort of the mouse")
    yield Column("time", ("time",), time, "s", "time since day 0")
    yield Column("session", ("session",), run.snapshots.days, "d", "day of imaging")
    yield Column("neuron", ("neuron",), np.arange(neurons), "1", "neuron")
    yield Column("dendrite", ("dendrite",), np.arange(dendrites), "1", "dendrite")


def _cascade(run: Run) -> Iterator[Column]:
    """Yield the recorded variables of the cascade, dims (arm, mouse, time, neuron)."""
    for index, declared in enumerate(model.variables()):
        if declared.name in RECORDED:
            values = np.moveaxis(run.population.imaged(run.frames.cascade[:, index]), 0, 2)
            unit, words = declared.metadata["unit"], declared.metadata["long_name"]
            dims = ("arm", "mouse", "time", "neuron")
            yield Column(declared.name, dims, values.astype(np.float32), unit, words, {"stage": declared.path})


def _spines(run: Run) -> Iterator[Column]:
    """Yield true density and branch length."""
    length = run.snapshots.length
    density = (run.frames.spines / length).reshape(-1, *_shape(run))
    dims = ("arm", "mouse", "time", "neuron", "dendrite")
    words = "spine density, hidden spines included"
    yield Column("spine_density", dims, np.moveaxis(density, 0, 2).astype(np.float32), "1/um", words)
    yield Column("branch_length", BRANCH, length.reshape(_shape(run)), "um", "length of the imaged branch")


def _observed(run: Run) -> Iterator[Column]:
    """Yield what imaging saw, dims (arm, mouse, session, neuron, dendrite)."""
    seen = imaging.image(run.snapshots, run.microscope, *reversed(_names(run)[::2]))
    dims = ("arm", "mouse", "session", "neuron", "dendrite")
    for quantity in QUANTITIES:
        values = np.moveaxis(seen.values(quantity).T.reshape(-1, *_shape(run)), 0, 2)
        yield Column(f"observed_{quantity.name}", dims, values, quantity.unit, f"{quantity.long_name}, imaged")


def _ledger(run: Run) -> Iterator[Column]:
    """Yield every spine's branch, birth and death, dims (spine,)."""
    ledger, dims = run.ledger, ("spine",)
    index = {"instance_dimension": "arm mouse neuron dendrite"}
    yield Column("spine_branch", dims, ledger.site, "1", "index of the spine's branch", index)
    yield Column("spine_serial", dims, ledger.serial, "1", "number of the spine on its branch")
    for name, values, open_end in (("birth", ledger.birth, -table.NEVER), ("death", ledger.death, table.NEVER)):
        moments = np.where(values == open_end, np.nan, values.astype(float))
        words = "birth, missing for spines older than the run" if name == "birth" else "death, missing for the living"
        yield Column(f"spine_{name}", dims, moments, "s", words)


def configuration(run: Run) -> dict[str, Any]:
    """Return what was asked, in JSON types: enough to repeat the run."""
    protocol = run.population.protocol
    return {
        "arms": [
            {
                "name": arm.name,
                "htr2a_density": arm.htr2a_density,
                "doses": [
                    {
                        "compound": dose.compound.name,
                        "mg_per_kg": None if dose.compound.inert else dose.amount,
                        "at_s": dose.at,
                        "route": dose.route,
                    }
                    for dose in arm.doses
                ],
                "baths": [
                    {"compound": bath.compound.name, "nmol_per_l": bath.concentration, "from_s": bath.start,
                     "to_s": bath.stop}
                    for bath in arm.baths
                ],
            }
            for arm in protocol.arms
        ],
        "days": [protocol.start / DAY, protocol.end / DAY],
        "sessions": list(protocol.sessions),
        "cohorts": [
            {"name": one.name, "cell_type": one.cell_type.name, "mice": one.mice, "neurons": one.neurons,
             "dendrites": one.dendrites}
            for one in run.population.cohorts
        ],
        "settings": dataclasses.asdict(run.settings),
    }  # fmt: skip


def parameters(run: Run) -> dict[str, dict[str, Any]]:
    """Return every parameter by its path: value, unit, meaning, source and confidence."""
    trees: dict[str, Any] = {"pathway": run.pathway, "spines": run.law, "spread": run.spread}
    trees |= {"microscope": run.microscope}
    trees |= {f"cohort.{cohort.name}": cohort for cohort in run.population.cohorts}
    found = {
        declared.path: _described(float(declared.value), declared.metadata)
        for name, tree in trees.items()
        for declared in declarations(tree, "parameter", name)
    }
    for compound in run.population.compounds:
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
