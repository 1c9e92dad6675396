"""A finished run as others read it: branch tables for the statistics, a dataset that explains itself."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import numpy as np

from plastisim import columns
from plastisim.diary import Stored
from plastisim.lab import imaging
from plastisim.lab.branch_table import BranchTable
from plastisim.lab.imaging import Snapshots
from plastisim.results.dataset import build
from plastisim.simulation import Imaged, Run

if TYPE_CHECKING:
    import xarray


def branch_tables(run: Imaged) -> dict[str, BranchTable]:
    """Return what would have been measured, one table a cohort; branches of neurons that diverged are left out."""
    arm, cohort, mouse = columns.names_of(run)
    sound = np.ones(len(arm), bool)
    for failure in run.failures:
        sound[columns.sites_of(run, failure)] = False
    return {
        one.name: imaging.image(branches_of(run.snapshots, here), run.microscope, mouse[here], arm[here])
        for one in run.population.cohorts
        for here in [(cohort == one.name) & sound]
    }


def single_spine_rows(run: Imaged) -> dict[str, Any]:
    """Return the figures that need the identity of single spines, of the first arm, by row of the target list.

    They are V10 (survival of spines first seen on day 1), V22 (width of new relative to old spines) and, where day 7
    and day 34 were imaged, V8 and V9 (turnover between them).
    """
    arm, _, _ = columns.names_of(run)
    vehicle = branches_of(run.snapshots, arm == run.population.protocol.arms[0].name)
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


def to_dataset(run: Run | Stored, title: str = "") -> xarray.Dataset:
    """Return everything recorded, with units, names, parameters and the configuration that repeats it.

    Args:
        run: finished; one that was written to a store is opened from there.
        title: one line; a store already has its own.
    """
    from plastisim.accessor import open_run  # it needs xarray, and registers `dataset.plastisim`

    if isinstance(run, Stored):
        return open_run(run.store)
    length = run.snapshots.length
    frames = run.frames._replace(cascade=run.frames.cascade[:, columns.ROWS])
    return build(
        [
            *columns.frame_columns(run, frames, length, run.failures),
            *columns.static_columns(run, length),
            *columns.session_columns(run, run.snapshots, run.failures),
            *columns.ledger_columns(run.ledger),
        ],
        columns.coordinates(run, run.frames.time, run.snapshots.days),
        columns.attributes(run, title) | columns.failed(run.failures),
    )


def branches_of(snapshots: Snapshots, sites: np.ndarray) -> Snapshots:
    """Return the snapshots of some branches, by a mask or index over sites."""
    parts = {
        field.name: getattr(snapshots, field.name)[:, sites]
        for field in dataclasses.fields(snapshots)
        if field.name not in ("days", "length")
    }
    return dataclasses.replace(snapshots, length=snapshots.length[sites], **parts)
