"""Spine classes as labels of what imaging counts: filopodium, thin, stubby, mushroom. Nothing acts on them.

A filopodium is transient and younger than a day; a mushroom has a head volume above the 75th percentile of spines at
rest; every other spine has a small head. It is the neck that tells thin spines from stubby ones, and the model has
none: here small heads above the median at rest are called stubby. Add the two up to be safe. Spines that a run starts
with have no birth, so that no filopodium is recognised on its first day.
"""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import numpy.typing as npt

from plastisim.engine.fields import chosen, parameter
from plastisim.lab.imaging import Microscope, Snapshots, seen

CLASSES = ("filopodium", "thin", "stubby", "mushroom")
DAY = 86400.0


@dataclasses.dataclass(frozen=True)
class SpineLabels:
    """Where one class ends and the next begins."""

    filopodium_age: float = parameter(DAY, "s", "transient spines younger than this are filopodia", chosen("a day"))
    stubby_share: float = parameter(
        0.50, "1", "share of spines at rest that is smaller than any stubby one", chosen("in place of the missing neck")
    )
    mushroom_share: float = parameter(
        0.75, "1", "share of spines at rest that is smaller than any mushroom", chosen("the large quarter")
    )

    def of(self, spines: Snapshots, microscope: Microscope, stubby: float, mushroom: float) -> npt.NDArray[np.int64]:
        """Return the index into `CLASSES` of every counted spine, -1 elsewhere, shape (session, site, slot).

        Args:
            spines: what is there.
            microscope: how it is looked at; heads are judged by their true width, as in the averages of many sessions.
            stubby: smallest ln width of a stubby spine, relative to the median persistent spine (`percentile`).
            mushroom: the same of a mushroom.
        """
        age = (spines.days * DAY)[:, None, None] - spines.birth
        by_size = 1 + (spines.log_width >= stubby) + (spines.log_width >= mushroom)
        label = np.where(spines.transient & (age < self.filopodium_age), 0, by_size)
        return np.where(seen(spines, microscope), label, -1)


def percentile(share: float, transient: float, thinner: float, sd: float) -> float:
    """Return the ln width below which a share of spines at rest lies, relative to the median persistent spine.

    Args:
        share: 0..1.
        transient: share of spines that is transient.
        thinner: by how much transient spines are thinner, in ln width.
        sd: of ln width within either pool.
    """
    low, high = -thinner - 10.0 * sd, 10.0 * sd
    for _ in range(60):  # halved to rounding
        middle = 0.5 * (low + high)
        below = transient * _normal((middle + thinner) / sd) + (1.0 - transient) * _normal(middle / sd)
        low, high = (middle, high) if below < share else (low, middle)
    return 0.5 * (low + high)


def counts(labels: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Return how many spines of each class a branch has, shape (class, session, site)."""
    return np.stack([(labels == index).sum(axis=-1) for index in range(len(CLASSES))])


def _normal(value: float) -> float:
    return 0.5 * math.erfc(-value / math.sqrt(2.0))
