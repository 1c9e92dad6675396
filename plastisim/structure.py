"""What a finished run says about structure and synapses beyond the imaged density: three functions of a run.

    mini_epsc(run)      frequency and amplitude of miniature currents     (arm, mouse, session), relative to vehicle
    sholl(run)          branch points, length, Sholl crossings            (arm, mouse, session), mean over neurons
    spine_classes(run)  filopodia, thin, stubby, mushroom                 (class, arm, mouse, session, neuron, dendrite)

Each takes a run in memory or on disk and returns plain arrays with their days; `mouse` counts over all cohorts, first
cohort first. Nothing here acts back. A neuron that diverged is missing. Days are those of the imaging sessions; slow
variables are read in the first frame at or after them.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from plastisim import columns
from plastisim.biology.arbor import Arbor
from plastisim.block import VARIABLES
from plastisim.diary import Stored
from plastisim.lab import spine_classes as classes
from plastisim.lab.protocol import DAY
from plastisim.lab.recordings import PatchClamp
from plastisim.lab.spine_classes import SpineLabels
from plastisim.results.store import open_run
from plastisim.simulation import Imaged, Run

Floats = npt.NDArray[np.float64]
RADII = np.arange(10.0, 310.0, 10.0)


class MiniEpsc(NamedTuple):
    """Miniature currents relative to the mean vehicle mouse of the same cohort and day; (arm, mouse, session)."""

    days: Floats
    frequency: Floats
    amplitude: Floats


class Sholl(NamedTuple):
    """Arbors, mean over the neurons of a mouse.

    Attributes:
        days: of the sessions.
        radius: of the spheres, um.
        branch_points: a neuron, shape (arm, mouse, session).
        length: um, same shape.
        crossings: shape (arm, mouse, session, radius).
    """

    days: Floats
    radius: Floats
    branch_points: Floats
    length: Floats
    crossings: Floats


class SpineClasses(NamedTuple):
    """Counted spines by class.

    Attributes:
        days: of the sessions.
        names: of the classes.
        count: shape (class, arm, mouse, session, neuron, dendrite).
    """

    days: Floats
    names: tuple[str, ...]
    count: Floats

    def share(self) -> Floats:
        """Return the share of each class in all counted spines of a mouse, shape (class, arm, mouse, session)."""
        total = np.nansum(self.count, axis=(-2, -1))
        with np.errstate(invalid="ignore"):  # a mouse without spines has no shares
            return total / total.sum(axis=0)


def mini_epsc(run: Run | Stored, patch: PatchClamp | None = None) -> MiniEpsc:
    """Return frequency and amplitude of miniature currents, relative to the first arm, which is taken as vehicle.

    Args:
        run: finished.
        patch: how spines become currents; None takes the defaults.
    """
    shape, spines = columns.shape_of(run), run.snapshots

    time, gains = _recorded(run, "ampa_gain")
    gain = gains[_frames(run, time)]
    by_neuron = (len(spines.serial), *shape[:3], -1)
    found = (patch or PatchClamp()).miniatures(
        living=(spines.serial >= 0).reshape(by_neuron),
        transient=spines.transient.reshape(by_neuron),
        log_width=spines.log_width.reshape(by_neuron),
        ampa_gain=gain,
    )
    length = spines.length.reshape(*shape[:3], -1).sum(axis=-1)
    lost = np.isnan(gain)  # diverged; its spines say no more
    frequency, amplitude = (
        np.moveaxis(np.nanmean(np.where(lost, np.nan, part), axis=-1), 0, -1)
        for part in (found.frequency / length, found.amplitude)
    )
    return MiniEpsc(spines.days, _relative(run, frequency), _relative(run, amplitude))


def sholl(run: Run | Stored, arbor: Arbor | None = None, radius: Floats = RADII) -> Sholl:
    """Return arbors that rest at the first recorded frame and then follow each neuron's plasticity proteins.

    Args:
        run: finished.
        arbor: the tree; None takes the defaults.
        radius: of the spheres around the soma, um, shape (radius,).
    """
    tree = arbor or Arbor()
    time, proteins = _recorded(run, "plasticity_proteins")
    grown = tree.grown(time, proteins)[_frames(run, time)]

    def of_mice(values: Floats) -> Floats:
        return np.moveaxis(np.nanmean(values, axis=3), 0, 2)

    points = tree.branch_points * grown
    lengths, crossings = tree.length(grown), tree.crossings(radius, grown)
    return Sholl(run.snapshots.days, np.asarray(radius, float), of_mice(points), of_mice(lengths), of_mice(crossings))


def spine_classes(run: Imaged, labels: SpineLabels | None = None) -> SpineClasses:
    """Return how many spines of each class were counted on every branch in every session.

    Args:
        run: finished.
        labels: where classes end; None takes the defaults.
    """
    given, law = labels or SpineLabels(), run.law
    rest = (float(law.transient_share), float(law.transient_width), math.hypot(law.fast_sd, law.slow_sd))
    limits = (classes.percentile(share, *rest) for share in (given.stubby_share, given.mushroom_share))
    count = classes.counts(given.of(run.snapshots, run.microscope, *limits)).astype(float)
    for failure in run.failures:
        count[..., columns.sites_of(run, failure)] = np.nan
    shaped = count.reshape(*count.shape[:2], *columns.shape_of(run))
    return SpineClasses(run.snapshots.days, classes.CLASSES, np.moveaxis(shaped, 1, 3))


def _recorded(run: Run | Stored, name: str) -> tuple[Floats, Floats]:
    """Return the times (s) and a variable of the cascade, shape (time, arm, mouse, neuron)."""
    if isinstance(run, Stored):
        dataset = open_run(run.store)
        return dataset["time"].values, dataset[name].transpose("time", "arm", "mouse", "neuron").values
    row = [declared.name for declared in VARIABLES].index(name)
    return run.frames.time, run.population.imaged(run.frames.cascade[:, row])


def _frames(run: Imaged, time: Floats) -> npt.NDArray[np.intp]:
    """Return the first frame at or after each session."""
    return np.searchsorted(time, run.snapshots.days * DAY)


def _relative(run: Imaged, values: Floats) -> Floats:
    """Return values (arm, mouse, session) relative to the mean of the first arm's mice of the same cohort."""
    found = np.empty_like(values)
    for cohort in np.unique(run.population.cohort):
        mice = run.population.cohort == cohort
        found[:, mice] = values[:, mice] / np.nanmean(values[:1, mice], axis=1, keepdims=True)
    return found
