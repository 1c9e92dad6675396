"""The house style of figures: colour-blind safe, in the sizes of a journal's columns and of a projector."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from plastisim.engine.errors import ConfigError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

INK = "#1b1b1b"
VEHICLE = "#5c6670"
DRUGS = ("#d55e00", "#0072b2", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")  # Okabe & Ito
BAND = "#dfe3e8"
INCH = 25.4  # mm

# size -> width in mm, tallest in mm, letters in points, lines in points. Journals print columns of 85 to 90 and 170 to
# 183 mm and letters of 6 to 8 points; a slide of 16:9 is as wide as its screen, so that letters count relative to it.
SIZES = {
    "single": (89.0, 230.0, 7.0, 1.0),
    "double": (183.0, 230.0, 7.0, 1.2),
    "projector": (338.7, 190.5, 18.0, 2.6),
}

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


def figure_size(size: str = "projector", shape: float = 0.5625) -> tuple[float, float]:
    """Return width and height of a figure in inches, as matplotlib wants them.

    Args:
        size: `single` or `double` (columns of a journal, 89 and 183 mm wide) or `projector` (a slide, 16:9).
        shape: height relative to the width; it is cut to what the page or the slide holds.

    Raises:
        ConfigError: no such size.
    """
    width, tallest, *_ = _size(size)
    return width / INCH, min(shape * width, tallest) / INCH


def settings_of(size: str) -> dict[Any, Any]:
    """Return the house style with letters and lines of a size."""
    _, _, letters, line = _size(size)
    small, thin = 0.88 * letters, 0.4 * line
    return {
        **SETTINGS,
        **dict.fromkeys(("font.size", "axes.titlesize", "axes.labelsize", "figure.titlesize"), letters),
        **dict.fromkeys(("legend.fontsize", "xtick.labelsize", "ytick.labelsize"), small),
        **dict.fromkeys(("axes.linewidth", "xtick.major.width", "ytick.major.width"), thin),
        "lines.linewidth": line,
        "lines.markersize": 2.5 * line,
        "xtick.major.size": 2.0 * line,
        "ytick.major.size": 2.0 * line,
        "savefig.dpi": 300 if size in ("single", "double") else 144,
        "pdf.fonttype": 42,  # letters that an editor can still change
    }


def _size(size: str) -> tuple[float, float, float, float]:
    if size not in SIZES:
        raise ConfigError(f"no figure size {size!r}; expected {', '.join(SIZES)}")
    return SIZES[size]


@contextmanager
def house_style(size: str | None = None) -> Iterator[None]:
    """Draw with the house style, and leave matplotlib as it was."""
    import matplotlib

    with matplotlib.rc_context(SETTINGS if size is None else settings_of(size)):
        yield


def new_figure(
    rows: int, columns: int, figsize: tuple[float, float], layout: Any = None, **more: Any
) -> tuple[Figure, Any]:
    """Return a figure and its axes, shape (row, column), as `pyplot.subplots` does.

    It needs no screen, and leaves pyplot alone, whose backend is the caller's business.

    Args:
        rows: of panels.
        columns: of panels.
        figsize: in inches.
        layout: `constrained`, or None.
        more: as for `Figure.subplots`.
    """
    from plastisim.results.shown import ShownFigure

    figure = ShownFigure(figsize, layout=layout)
    return figure, figure.subplots(rows, columns, squeeze=False, **more)


def arm_colour(index: int) -> str:
    """Return the colour of an arm by its position; the first arm is the vehicle."""
    return VEHICLE if index == 0 else DRUGS[(index - 1) % len(DRUGS)]
