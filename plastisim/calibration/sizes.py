"""Sizes of single spines from rows V19-V22, which determine them: four numbers from four rows, no search.

A microscope that adds an offset o to a width m e^x shows ln widths compressed by s = m / (o + m). With T the shown
variance of ln width (V19), n its share of noise (V21) and r its share that lasts (V20):
noise² = n T / s², slow² = r T / s², fast² = (1 - n - r) T / s². New spines are transient ones and hidden ones that
come back, in a mixture that the law gives; their shown width relative to the others (V22) gives that of transient ones.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from plastisim.lab.imaging import Microscope
from plastisim.lab.turnover import Observed

SHOWN_SD, LASTING, NOISE, NEW_TO_OLD = 0.21, 0.25, 0.70, 0.82  # rows V19, V20, V21, V22
SHOWN_SD_ERROR, LASTING_ERROR, NOISE_ERROR, NEW_TO_OLD_ERROR = 0.0086, 0.02, 0.03, 0.03


class Sizes(NamedTuple):
    """The numbers, each with the SD of its logarithm."""

    width_noise: tuple[float, float]
    slow_sd: tuple[float, float]
    fast_sd: tuple[float, float]
    transient_width: tuple[float, float]


def sizes(microscope: Microscope, seen: Observed) -> Sizes:
    """Return the sizes that show the rows.

    Args:
        microscope: offset and median width.
        seen: expected results of imaging of the law, for the mixture of new spines.
    """
    offset, median, fast_share = microscope.width_offset, microscope.width_median, 1.0 - NOISE - LASTING
    true, mean = 0.0, median
    for _ in range(50):  # the mean width depends on the variance, weakly
        mean = median * math.exp(0.5 * true)
        true = (LASTING + fast_share) * (SHOWN_SD * (offset + mean) / mean) ** 2
    total = (SHOWN_SD * (offset + mean) / mean) ** 2
    of_sd = SHOWN_SD_ERROR / SHOWN_SD
    of_fast = 0.5 * math.hypot(NOISE_ERROR, LASTING_ERROR) / fast_share
    share = seen.new_transient
    thin = (NEW_TO_OLD - 1.0) * (offset + mean) / share + mean  # width of a transient spine, without the offset
    return Sizes(
        (math.sqrt(NOISE * total), math.hypot(of_sd, 0.5 * NOISE_ERROR / NOISE)),
        (math.sqrt(LASTING * total), math.hypot(of_sd, 0.5 * LASTING_ERROR / LASTING)),
        (math.sqrt(fast_share * total), math.hypot(of_sd, of_fast)),
        (math.log(mean / thin), NEW_TO_OLD_ERROR * (offset + mean) / share / thin / math.log(mean / thin)),
    )
