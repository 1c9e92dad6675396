"""Virtual two-photon imaging: what an experimenter would have counted on each branch in each session.

A living spine is seen unless it is hidden (biology/spines.py). Two seen spines whose bases lie closer than the
microscope resolves are counted as one, the older. Spines are followed from session to session by their place: a
spine is *formed* if it is seen now and was not in the previous session, *eliminated* if it was seen then and is not
now, so that a hidden spine that comes back counts as formed, as it does in the laboratory. Head widths are read
through the optics (an offset) and with noise. Left out: bleaching, movement, the observer.
"""

from __future__ import annotations

import dataclasses
import math
from pathlib import Path

import numpy as np
import numpy.typing as npt

from plastisim.engine.fields import Fit, chosen, fitted, parameter
from plastisim.lab.branch_table import BranchTable

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
FITTED = Fit(Path(__file__).parents[1] / "calibrated.json")


@dataclasses.dataclass(frozen=True)
class Microscope:
    """Resolution, optics and noise."""

    resolution: float = parameter(
        0.1, "um", "bases closer than this are counted as one spine",
        chosen("spines leave the shaft in all directions, so only close pairs merge; about 5 % of spines"),
    )  # fmt: skip
    width_offset: float = parameter(0.34, "um", "width added by the optics", fitted("row V16 less row V17"))
    width_median: float = parameter(0.555, "um", "true width of the median persistent spine", fitted("row V17"))
    width_noise: float = FITTED.parameter("microscope.width_noise", "1", "SD of the noise of ln width, one session")

    def resolved(self, density: float) -> float:
        """Return the share of visible spines that is counted, at a density of counted spines (1/um).

        Places are uniform, so a gap of length g between neighbours has probability exp(-visible × g), and the counted
        density is visible × exp(-visible × resolution).
        """
        visible = density
        for _ in range(20):  # the fixed point is reached to rounding: the map contracts by visible × resolution
            visible = density * math.exp(visible * self.resolution)
        return density / visible


@dataclasses.dataclass(frozen=True, eq=False)
class Snapshots:
    """The spines of every branch in every session, as the program knows them.

    Args:
        days: of the sessions, shape (session,).
        serial: identity of the spine in each slot, -1 where there is none, shape (session, site, slot).
        visible: whether it is alive and not hidden, same shape.
        log_width: ln of its true head width relative to the median persistent spine, same shape.
        place: its position along the branch, 0..1, same shape.
        noise: a standard normal number for its width in this session, same shape.
        birth: s from day 0, far below zero for spines older than the run, same shape.
        transient: whether it is transient, same shape.
        length: of the branches, um, shape (site,).
    """

    days: Floats
    serial: npt.NDArray[np.int32]
    visible: Flags
    log_width: Floats
    place: Floats
    noise: Floats
    birth: npt.NDArray[np.int32]
    transient: Flags
    length: Floats


def seen(spines: Snapshots, microscope: Microscope) -> Flags:
    """Return which spines are counted, shape (session, site, slot): visible, and not merged into an older one.

    The older spine of a merged pair keeps its identity. If the wider one did, the fluctuating widths would swap
    identities and add false losses and gains, a tenth of the turnover.
    """
    position = np.where(spines.visible, spines.place * spines.length[:, None], np.inf)
    order = np.argsort(position, axis=-1)
    base = np.take_along_axis(position, order, -1)
    serial = np.take_along_axis(spines.serial, order, -1)
    with np.errstate(invalid="ignore"):  # two absent spines are infinitely far away
        close = np.diff(base, axis=-1) < microscope.resolution
    younger = serial[..., 1:] > serial[..., :-1]
    lost = np.zeros(base.shape, bool)
    lost[..., 1:] |= close & younger
    lost[..., :-1] |= close & ~younger
    merged = np.zeros(base.shape, bool)
    np.put_along_axis(merged, order, lost, -1)
    return spines.visible & ~merged


def measured_widths(spines: Snapshots, microscope: Microscope) -> Floats:
    """Return the apparent head width of every spine, um, shape (session, site, slot)."""
    noisy = spines.log_width + microscope.width_noise * spines.noise - 0.5 * microscope.width_noise**2
    return microscope.width_offset + microscope.width_median * np.exp(noisy)


def kept(spines: Snapshots, counted: Flags, first: int, second: int) -> Flags:
    """Return which spines counted in session `second` were also counted in session `first`, (site, slot)."""
    return _matched(spines.serial[second], spines.serial[first], counted[first]) & counted[second]


def _matched(serial: npt.NDArray[np.int32], others: npt.NDArray[np.int32], counted: Flags) -> Flags:
    """Return whether each serial number is among the counted `others` of the same site, shape (site, slot)."""
    site = np.arange(len(serial), dtype=np.int64)[:, None] << 32
    return np.isin(site + serial, (site + others)[counted])


def image(
    spines: Snapshots, microscope: Microscope, mouse: npt.NDArray[np.str_], condition: npt.NDArray[np.str_]
) -> BranchTable:
    """Return what would have been measured, in the same container as a laboratory's own table.

    Args:
        spines: what is there.
        microscope: how it is looked at.
        mouse: of each branch, shape (site,).
        condition: arm of each branch, shape (site,).
    """
    counted, widths = seen(spines, microscope), measured_widths(spines, microscope)
    number = counted.sum(axis=-1).astype(float)
    rates = np.full((2, *number.shape), np.nan)
    with np.errstate(invalid="ignore", divide="ignore"):  # a branch without spines has no rate and no width
        for now in range(1, len(spines.days)):
            both = kept(spines, counted, now - 1, now).sum(axis=-1)
            rates[0, now] = (number[now] - both) / number[now - 1]
            rates[1, now] = (number[now - 1] - both) / number[now - 1]
        width = np.where(counted, widths, 0.0).sum(axis=-1) / number
    formation, elimination = np.where(np.isfinite(rates), rates, np.nan)
    density = number / spines.length
    return BranchTable(
        mouse, condition, spines.days, density.T, width.T, formation.T, elimination.T
    )  # fmt: skip


def new_spine_survival(spines: Snapshots, microscope: Microscope, day: float = 1.0) -> dict[float, float]:
    """Return the share of spines first seen on `day` that is seen in every session up to each later day."""
    counted = seen(spines, microscope)
    first = int(np.flatnonzero(spines.days == day)[0])
    cohort = counted[first] & ~kept(spines, counted, first - 1, first)
    total, survival = cohort.sum(), {}
    for now in range(first + 1, len(spines.days)):
        still = _matched(spines.serial[first], spines.serial[now], counted[now]) & cohort
        cohort, survival[float(spines.days[now])] = still, float(still.sum() / total)
    return survival


def new_to_old_width(spines: Snapshots, microscope: Microscope, day: float = 1.0) -> float:
    """Return the mean apparent width of spines first seen on `day` relative to those seen before."""
    counted, widths = seen(spines, microscope), measured_widths(spines, microscope)
    now = int(np.flatnonzero(spines.days == day)[0])
    old = kept(spines, counted, now - 1, now)
    return float(widths[now][counted[now] & ~old].mean() / widths[now][old].mean())


def turnover(spines: Snapshots, microscope: Microscope, first: int, second: int) -> tuple[float, float]:
    """Return the mean over branches of the spines lost and gained between two sessions, per spine of the first."""
    counted = seen(spines, microscope)
    here = counted[first].any(axis=-1)
    before, after = counted[first][here].sum(axis=-1), counted[second][here].sum(axis=-1)
    both = kept(spines, counted, first, second)[here].sum(axis=-1)
    return float(((before - both) / before).mean()), float(((after - both) / before).mean())
