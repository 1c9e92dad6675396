"""Figures from a dataset, nothing else; what was measured elsewhere is handed in as points."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from plastisim.results.style import BAND, INK, arm_colour, house_style, new_figure

if TYPE_CHECKING:
    import xarray
    from matplotlib.axes import Axes


WEEK = 7.0  # d; later sessions are in the store, but would squeeze the days that the question is about


class MeasuredPoint(Protocol):
    """A measured mean with its interval: see lab/time_course.py."""

    cohort: str
    condition: str
    day: float
    value: float
    interval: tuple[float, float]
    n_mice: int


class Window(Protocol):
    """The ordinary window: see lab/window.py."""

    @property
    def lower(self) -> float:
        """Lower edge, %."""
        ...

    @property
    def upper(self) -> float:
        """Upper edge, %."""
        ...


def mouse_changes(dataset: xarray.Dataset) -> xarray.DataArray:
    """Return each mouse's mean change of imaged spine density from its own baseline, %, (arm, mouse, session)."""
    density = dataset.observed_spine_density
    baseline = density.where(dataset.session < 0).mean("session")
    change = 100.0 * (density / baseline.where(baseline > 0) - 1.0)
    return change.mean(("neuron", "dendrite")).assign_attrs(units="%", long_name="change of spine density")


def window_figure(
    dataset: xarray.Dataset,
    windows: Mapping[str, Window],
    measured: Iterable[MeasuredPoint],
    path: str | Path,
    title: str,
    doses: Sequence[float] = (0.0,),
) -> None:
    """Draw, for each cohort, the time course and the 24-hour change against the ordinary window.

    Args:
        dataset: of a run with a session on day 1.
        windows: the simulated vehicle window of each cohort.
        measured: measured means, drawn as open markers with 95 % intervals.
        path: file to write.
        title: the question and its answer.
        doses: days on which something is given.
    """
    measured, changes = list(measured), mouse_changes(dataset)
    with house_style():
        cohorts = list(dict.fromkeys(dataset.cohort.values.tolist()))
        figure, grid = new_figure(len(cohorts), 2, (13.0, 4.4 * len(cohorts) + 0.9), width_ratios=(1.7, 1.0))
        for row, cohort in zip(grid, cohorts, strict=True):
            here = changes.isel(mouse=dataset.cohort.values == cohort)
            here = here.sel(session=here.session <= WEEK)
            own = [point for point in measured if point.cohort == cohort]
            draw_time_course(row[0], here, windows[cohort], own, doses)
            draw_distribution(row[1], here.sel(session=1.0), windows[cohort], own)
            row[0].set_title(f"{cohort} neurons: imaged spine density over the week")
            row[1].set_title("24 h after the dose, each mouse")
        grid[0][0].legend(loc="upper left", ncols=2)
        figure.suptitle(title, x=0.01, ha="left", fontsize=14, fontweight="bold")
        figure.tight_layout(rect=(0, 0, 1, 0.98))
        figure.savefig(path, metadata={"Software": None})


def draw_time_course(
    axes: Axes, changes: Any, window: Window, measured: list[MeasuredPoint], doses: Sequence[float]
) -> None:
    """Draw individual mice, the mean of each arm, the measured means, and the days of doses."""
    import matplotlib

    axes.axhspan(window.lower, window.upper, color=BAND, zorder=0, label="ordinary 24-h window")
    days, line = changes.session.values, matplotlib.rcParams["lines.linewidth"]
    for index, arm in enumerate(changes.arm.values):
        colour, values = arm_colour(index), changes.isel(arm=index).values
        axes.plot(days, values.T, color=colour, alpha=0.13, linewidth=0.4 * line, zorder=1)
        axes.plot(days, values.mean(axis=0), color=colour, linewidth=1.5 * line, zorder=3, label=f"{arm}, simulated")
        points = [point for point in measured if point.condition == arm]
        if points:
            place = [point.day + 0.16 * (index or -1) for point in points]
            _with_intervals(axes, place, points, colour, f"{arm}, measured (95 %)")
    low, high = np.nanpercentile(changes.values, [0.5, 99.5])
    axes.set(xlabel="day", ylabel="change from own baseline (%)", xticks=days, ylim=(low - 4, high + 18))
    for day in doses:
        axes.axvline(day, color=INK, linewidth=1.0, linestyle=":")
        axes.annotate("dose", (day, axes.get_ylim()[0]), (4, 4), textcoords="offset points", color=INK)


def _with_intervals(
    axes: Axes, place: list[float], points: list[MeasuredPoint], colour: str, label: str, horizontal: bool = False
) -> None:
    """Draw measured means as open markers with their intervals."""
    values = [point.value for point in points]
    bars = np.abs(np.array([point.interval for point in points]).T - values)
    across, up = (bars, None) if horizontal else (None, bars)
    x, y = (values, place) if horizontal else (place, values)
    axes.errorbar(
        x, y, xerr=across, yerr=up, fmt="o", color=colour, markerfacecolor="white", markersize=8, markeredgewidth=2,
        elinewidth=1.8, capsize=4, zorder=4, label=label,
    )  # fmt: skip


def draw_distribution(axes: Axes, changes: Any, window: Window, measured: list[MeasuredPoint]) -> None:
    """Draw the 24-hour change of every mouse against the window, the measured means beneath."""
    axes.axvspan(window.lower, window.upper, color=BAND, zorder=0)
    span = float(np.nanmin(changes)) - 2.0, float(np.nanmax(changes)) + 2.0
    bins = np.arange(np.floor(span[0]), np.ceil(span[1]) + 2.0, 2.0).tolist()
    values = list(changes.transpose("arm", "mouse").values)
    colours = [arm_colour(index) for index in range(len(values))]
    counts, *_ = axes.hist(values, bins, color=colours, rwidth=0.95, zorder=2)  # side by side: no arm hides one
    tallest = max(1.0, float(np.max(counts)))
    for index, arm in enumerate(changes.arm.values):
        points = [point for point in measured if point.condition == arm and point.day == 1.0]
        if points:
            _with_intervals(axes, [-0.12 * tallest * (1 + index)], points, colours[index], "", horizontal=True)
    axes.axhline(0.0, color=INK, linewidth=1.0)
    floor = -0.36 * tallest if measured else 0.0
    axes.set(xlabel="change from own baseline at 24 h (%)", ylabel="simulated mice", ylim=(floor, 1.08 * tallest))
    axes.set_yticks([tick for tick in axes.get_yticks() if 0 <= tick <= tallest and tick == int(tick)])
