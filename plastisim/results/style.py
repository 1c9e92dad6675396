"""The house style of figures: colour-blind safe, readable when projected."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

INK = "#1b1b1b"
VEHICLE = "#5c6670"
DRUGS = ("#d55e00", "#0072b2", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")  # Okabe & Ito
BAND = "#dfe3e8"

SETTINGS: dict[Any, Any] = {
    "figure.dpi": 110,
    "savefig.dpi": 150,
    "font.size": 12,
    "axes.titlesize": 13,
    "axes.titlelocation": "left",
    "axes.labelsize": 12,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": INK,
    "legend.frameon": False,
    "legend.fontsize": 11,
    "lines.linewidth": 2.0,
    "svg.hashsalt": "plastisim",
}


@contextmanager
def house_style() -> Iterator[None]:
    """Draw with the house style and without a screen, and leave matplotlib as it was."""
    import matplotlib

    matplotlib.use("Agg", force=False)
    import matplotlib.pyplot as plt

    with plt.rc_context(SETTINGS):
        yield


def arm_colour(index: int) -> str:
    """Return the colour of an arm by its position; the first arm is the vehicle."""
    return VEHICLE if index == 0 else DRUGS[(index - 1) % len(DRUGS)]
