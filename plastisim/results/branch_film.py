"""One dendrite as a film: its spines at their places, from the ledger; new, stable and lost ones told apart.

Heads are drawn to the scale of the branch, as wide as imaging last found them; before a spine was imaged its width is
not known, and its head is an open ring. Colours are of Okabe & Ito, and each kind has a shape of its own.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from plastisim.engine.errors import StoreError
from plastisim.results.files import whole_file
from plastisim.results.style import INK, figure_size, settings_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Floats = npt.NDArray[np.float64]

STABLE, NEW, LOST, SHAFT = "#7a838c", "#0072b2", "#d55e00", "#c9ced4"
KINDS = {"stable": ("o", STABLE), "new": ("D", NEW), "lost": ("X", LOST)}
FADED = 1.0  # d for which a lost spine is still marked
NECK = 0.85  # um from the shaft to the middle of a head
UNKNOWN = 0.6  # um, width of the ring of a spine that was not imaged yet
PIXELS = 960  # across
LARGEST = 3_000_000  # bytes of a film that still goes into a mail


@dataclasses.dataclass(frozen=True, eq=False)
class BranchFilm:
    """A branch of one arm through time; days count from day 0.

    Args:
        title: arm, and what it got.
        length: of the branch, um.
        place: of each spine along it, um, shape (spine,).
        birth: of each spine, d, -inf for those older than the run, shape (spine,).
        death: of each spine, d, inf for the living, shape (spine,).
        side: on which side of the shaft it is drawn, ±1, shape (spine,).
        sessions: days of imaging, shape (session,).
        width: imaged head width, um, NaN where it was not counted, shape (spine, session).
        doses: days on which something is given.
    """

    title: str
    length: float
    place: Floats
    birth: Floats
    death: Floats
    side: Floats
    sessions: Floats
    width: Floats
    doses: tuple[float, ...]

    def kinds(self, day: float, since: float) -> dict[str, npt.NDArray[np.bool_]]:
        """Return which spines are stable, new and lost at a moment, shape (spine,).

        Args:
            day: the moment.
            since: spines born later are new; a lost one is marked for a day.
        """
        alive = (self.birth <= day) & (day < self.death)
        return {
            "stable": alive & (self.birth <= since),
            "new": alive & (self.birth > since),
            "lost": (self.death <= day) & (day < self.death + FADED) & (self.death > since),
        }

    def widths(self, day: float) -> Floats:
        """Return the head width that imaging last found, um, NaN for spines not imaged yet, shape (spine,)."""
        found = np.full(len(self.place), np.nan)
        for session in np.flatnonzero(self.sessions <= day):
            found = np.where(np.isfinite(self.width[:, session]), self.width[:, session], found)
        return found


def write_film(
    branches: Sequence[BranchFilm], days: Floats, file: Path, *, since: float, title: str, frames_a_second: int = 8
) -> Path:
    """Write branches, one below the other, as a GIF.

    Args:
        branches: the same branch in one or several arms.
        days: of the frames.
        file: to be written or replaced, whole or not at all.
        since: spines born after this day are new.
        title: in a few words.
        frames_a_second: of the film.

    Raises:
        StoreError: the file cannot be written, or would be larger than 3 MB.
    """
    import matplotlib
    from matplotlib.animation import PillowWriter
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    with whole_file(file) as temporary, matplotlib.rc_context(settings_of("projector")):
        width, height = figure_size("projector")
        figure = Figure((width, height), dpi=PIXELS / width)
        FigureCanvasAgg(figure)
        writer = PillowWriter(fps=frames_a_second)
        with writer.saving(figure, str(temporary), figure.dpi):
            for day in days:
                figure.clear()
                draw_moment(figure, branches, float(day), days, since, title)
                writer.grab_frame()
        size = temporary.stat().st_size
        if size > LARGEST:
            raise StoreError(f"the film has {size / 1e6:.1f} MB, more than {LARGEST / 1e6:g}; take fewer frames")
    return file


def draw_moment(
    figure: Any, branches: Sequence[BranchFilm], day: float, days: Floats, since: float, title: str
) -> None:
    """Draw one frame into an empty figure: the branches, their legend, and where on the time line it is."""
    rows = figure.add_gridspec(len(branches) + 2, 1, height_ratios=[6] * len(branches) + [0.6, 1], hspace=0.4,
                               left=0.03, right=0.97, top=0.80, bottom=0.13)  # fmt: skip
    longest = max(branch.length for branch in branches)
    for row, branch in enumerate(branches):
        axes = figure.add_subplot(rows[row])
        _draw_branch(axes, branch, day, since, longest)
        axes.xaxis.set_visible(row == len(branches) - 1)
        axes.spines["bottom"].set_visible(row == len(branches) - 1)
        axes.set_xlabel("place along the dendrite (µm); heads as wide as last imaged", labelpad=0)
    _draw_time(figure.add_subplot(rows[len(branches) + 1]), branches, day, days)
    figure.text(0.01, 0.955, title, fontweight="bold", va="center")
    figure.text(0.99, 0.955, f"day {day:+.2f}", ha="right", va="center", fontweight="bold", family="monospace")
    handles = [_mark(kind, *look) for kind, look in KINDS.items()] + [_mark("not imaged yet", "o", STABLE, "white")]
    figure.legend(handles=handles, loc="center left", bbox_to_anchor=(0.0, 0.885), ncols=4, handletextpad=0.2)


def _draw_branch(axes: Axes, branch: BranchFilm, day: float, since: float, longest: float) -> None:
    """Draw the shaft and the spines of a moment."""
    from matplotlib.collections import LineCollection

    widths, kinds = branch.widths(day), branch.kinds(day, since)
    axes.plot([0, branch.length], [0, 0], color=SHAFT, linewidth=10, solid_capstyle="round", zorder=1)
    axes.set(xlim=(-0.5, longest + 0.5), ylim=(-1.7, 1.7), yticks=[])
    axes.spines["left"].set_visible(False)
    scale = axes.get_window_extent().width / axes.figure.dpi * 72 / (longest + 1.0)  # points a um
    for kind, which in kinds.items():
        marker, colour = KINDS[kind]
        x, side, width = branch.place[which], branch.side[which], widths[which]
        known = np.isfinite(width)
        y = side * NECK
        necks = LineCollection([[(at, 0.0), (at, top)] for at, top in zip(x, y, strict=True)], colors=colour, zorder=2,
                               linewidths=2.0, linestyles=":" if kind == "lost" else "-")  # fmt: skip
        axes.add_collection(necks)
        area = (np.where(known, width, UNKNOWN) * scale) ** 2
        face = np.where(known | (kind == "lost"), colour, "white")
        edge = np.where(known | (kind == "lost"), "white", colour).tolist()  # heads that overlap stay apart
        axes.scatter(x, y, area, marker=marker, c=face, edgecolors=edge, linewidths=1.6, zorder=3)
    total = int(kinds["stable"].sum() + kinds["new"].sum())
    gone = int(((branch.death <= day) & (branch.death > since)).sum())
    told = f", {int(kinds['new'].sum())} new, {gone} lost since the dose" if day > since else ""
    axes.set_title(f"{branch.title}: {total} spines{told}", pad=4)


def _draw_time(axes: Axes, branches: Sequence[BranchFilm], day: float, days: Floats) -> None:
    """Draw the time line: the days, the doses, the sessions, and the moment."""
    axes.set(xlim=(days[0] - 0.1, days[-1] + 0.1), ylim=(0, 1), yticks=[], xlabel="day (grey: imaged)")
    axes.spines["left"].set_visible(False)
    axes.xaxis.labelpad = 0
    axes.set_xticks(np.arange(np.ceil(days[0]), np.floor(days[-1] + 1e-6) + 1))
    for number, dose in enumerate(sorted({dose for branch in branches for dose in branch.doses})):
        axes.axvline(dose, color=LOST, linewidth=4)
        axes.annotate(
            "" if number else "dose", (dose, 0.5), (8, 0), textcoords="offset points", color=LOST, va="center"
        )
    axes.vlines(branches[0].sessions, 0.0, 0.8, color=STABLE, linewidth=4, zorder=1)
    axes.plot([day], [0.25], marker="v", color=INK, markersize=14, clip_on=False)


def _mark(label: str, marker: str, colour: str, face: str | None = None) -> Any:
    """Return an entry of the legend."""
    from matplotlib.lines import Line2D

    return Line2D([], [], linestyle="", marker=marker, color=colour, markerfacecolor=face or colour, markersize=13,
                  markeredgewidth=1.6, label=label)  # fmt: skip
