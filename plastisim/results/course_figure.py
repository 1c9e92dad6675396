"""Time courses: a panel for each read-out, a line for each arm, from the lines of an experiment's JSON."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from plastisim.results.style import INK, arm_colour, house_style, new_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Row = Mapping[str, Any]
MARKERS = "osD^vPX*"
HANDLE, LETTER = 0.9, 0.095  # inches that an entry of a legend takes, and a letter of it
MEAN = "mean of the mice; band or bar: 95 % interval"
UNITS = (
    ("d", 86400.0, 2.0),
    ("h", 3600.0, 2.0),
    ("min", 60.0, 2.0),
    ("s", 1.0, 0.0),
)  # unit, its seconds, from how many
MOMENTS = {
    1: "1 s", 10: "10 s", 60: "1 min", 600: "10 min", 3600: "1 h", 21600: "6 h", 86400: "1 d", 604800: "1 week",
    2592000: "1 month",
}  # fmt: skip


def course_figure(
    rows: Sequence[Row], path: str | Path, title: str, *, log_time: bool = False, columns: int = 2
) -> None:
    """Draw every read-out over time; molecules as multiples of vehicle.

    Args:
        rows: lines of the JSON (`readouts`).
        path: file to write.
        title: the question, or its answer.
        log_time: time on a logarithmic axis, for minutes to weeks on one page; only times after 0 are shown.
        columns: panels side by side.
    """
    shown = [row for row in rows if row["time"] > 0 or not log_time]
    panels = list(dict.fromkeys((row["readout"], row["cohort"]) for row in shown))
    cohorts = {row["cohort"] for row in shown}
    with house_style():
        columns = min(columns, len(panels))
        height = -(-len(panels) // columns)
        figure, grid = new_figure(height, columns, (1.5 + 5.6 * columns, 1.6 + 3.3 * height), "constrained")
        for axes, (name, cohort) in zip(grid.flat, panels, strict=False):
            own = [row for row in shown if row["readout"] == name and row["cohort"] == cohort]
            _panel(axes, own, log_time)
            if log_time:
                _moments(axes, [row["time"] for row in shown])
            axes.set_title(own[0]["label"] + (f", {cohort}" if len(cohorts) > 1 else ""), fontweight="bold")
        for axes in grid.flat[len(panels) :]:
            axes.set_visible(False)
        finish(figure, entries_of(grid.flat[0]), path, title, MEAN)


def _panel(axes: Axes, rows: Sequence[Row], log_time: bool) -> None:
    """Draw one read-out over time; side by side the arms of one that was taken once."""
    fold = rows[0]["fold_of_vehicle"] is not None
    if log_time or len({row["time"] for row in rows}) > 1:
        _courses(axes, rows, fold, log_time)
    else:
        _side_by_side(axes, rows, fold)
    axes.axhline(1.0 if fold else 0.0, color=INK, linewidth=0.8, linestyle=":")
    axes.set_ylabel(f"multiple of {rows[0]['arm']}" if fold else _label(rows[0]))


def _courses(axes: Axes, rows: Sequence[Row], fold: bool, log_time: bool) -> None:
    """Draw mean and 95 % interval of each arm over time."""
    from matplotlib.ticker import MaxNLocator

    last = max(abs(row["time"]) for row in rows)
    unit, seconds = next((unit, size) for unit, size, least in UNITS if last >= least * size)
    if log_time:
        seconds = 1.0
    for index, arm in enumerate(dict.fromkeys(row["arm"] for row in rows)):
        own = [row for row in rows if row["arm"] == arm]
        time = [row["time"] / seconds for row in own]
        middle = [row["fold_of_vehicle" if fold else "mean"] for row in own]
        low, high = zip(*(row["fold_interval" if fold else "interval"] for row in own), strict=True)
        colour, marker = arm_colour(index), MARKERS[index % len(MARKERS)]
        axes.fill_between(time, low, high, color=colour, alpha=0.18, linewidth=0)
        axes.plot(time, middle, marker, color=colour, linestyle="-", markersize=5, label=arm)
    axes.xaxis.set_major_locator(MaxNLocator("auto", integer=True, steps=[1, 2, 3, 6, 10]))  # days and hours are whole
    axes.set_xlabel("time after day 0" if log_time else f"time after day 0 ({unit})")


def _side_by_side(axes: Axes, rows: Sequence[Row], fold: bool) -> None:
    """Draw mean and 95 % interval of each arm at one time; an area over one time would be none."""
    for place, row in enumerate(rows):
        colour, marker = arm_colour(place), MARKERS[place % len(MARKERS)]
        axes.vlines(place, *row["fold_interval" if fold else "interval"], color=colour, linewidth=3)
        middle = row["fold_of_vehicle" if fold else "mean"]
        axes.plot(place, middle, marker, color=colour, linestyle="-", markersize=9, label=row["arm"])
    axes.set_xticks(range(len(rows)), [textwrap.fill(row["arm"], 14) for row in rows])
    axes.set_xlim(-0.5, len(rows) - 0.5)
    axes.set_xlabel(f"{_when(rows[0]['time'])} after day 0")


def _moments(axes: Axes, times: Sequence[float]) -> None:
    """Make the time axis logarithmic, with marks in the units in which one speaks; the same for all panels."""
    axes.set_xscale("log")
    axes.set_xlim(0.8 * min(times), 1.25 * max(times))
    marks = {second: text for second, text in MOMENTS.items() if 0.8 * min(times) <= second <= 1.25 * max(times)}
    axes.set_xticks(list(marks), list(marks.values()), rotation=30, ha="right")
    axes.minorticks_off()


def _label(row: Row) -> str:
    words = {
        "density": "change from baseline", "head_width": "change from baseline", "formation": "of spines, per interval",
        "elimination": "of spines, per interval", "new_spine_survival": "of new spines", "occupancy": "of receptors",
    }  # fmt: skip
    return words.get(row["readout"], str(row["label"])) + ("" if row["unit"] == "1" else f" ({row['unit']})")


def effects_figure(rows: Sequence[Row], path: str | Path, title: str) -> None:
    """Draw each arm minus the first, with its 95 % interval: a panel for each read-out and time, a line for each arm.

    Args:
        rows: lines of the JSON; of one cohort, or with several told apart by shape.
        path: file to write.
        title: the question, or its answer.
    """
    panels = list(dict.fromkeys((row["readout"], row["time"]) for row in rows))
    arms, cohorts = ([*dict.fromkeys(row[what] for row in rows)] for what in ("arm", "cohort"))
    with house_style():
        size = (3.4 + 3.4 * len(panels), 2.1 + 0.55 * len(arms))
        figure, grid = new_figure(1, len(panels), size, "constrained", sharey=True)
        for axes, (name, time) in zip(grid[0], panels, strict=True):
            own = [row for row in rows if (row["readout"], row["time"]) == (name, time)]
            fold = own[0]["fold_of_vehicle"] is not None
            for row in own:
                _effect(axes, row, arms.index(row["arm"]), cohorts.index(row["cohort"]), len(cohorts), fold)
            axes.axvline(1.0 if fold else 0.0, color=INK, linewidth=1.0)
            axes.set_title(f"{own[0]['label']}, {_when(time)}", fontweight="bold")
            unit = {"%": " (points)", "1": ""}.get(own[0]["unit"], f" ({own[0]['unit']})")
            axes.set_xlabel(f"multiple of {arms[0]}" if fold else f"minus {arms[0]}{unit}")
            axes.grid(axis="x", color="#e6e6e6")
        grid[0][0].set_yticks(range(len(arms)), arms)
        grid[0][0].set_ylim(len(arms) - 0.4, -0.6)
        finish(figure, entries_of(grid[0][0]) if len(cohorts) > 1 else None, path, title, MEAN)


def _effect(axes: Axes, row: Row, place: int, cohort: int, cohorts: int, fold: bool) -> None:
    """Draw one effect."""
    value = row["fold_of_vehicle" if fold else "minus_vehicle"]
    low, high = row["fold_interval" if fold else "minus_vehicle_interval"]
    colour = arm_colour(cohort + 1 if cohorts > 1 else min(place, 1))
    height = place + 0.24 * (cohort - 0.5 * (cohorts - 1))
    axes.errorbar(
        [value], [height], xerr=[[max(value - low, 0.0)], [max(high - value, 0.0)]],
        fmt=MARKERS[cohort], color=colour, markersize=9, elinewidth=3, capsize=0,
        label=row["cohort"] if place == 1 else None,
    )  # fmt: skip


def _when(time: float) -> str:
    for unit, seconds, least in UNITS:
        if abs(time) >= least * seconds or seconds == 1.0:
            return f"{time / seconds:.4g} {unit}"
    return ""


def finish(figure: Any, legend: Mapping[str, Any] | None, path: str | Path, title: str, words: str = "") -> None:
    """Put legend, title and words about bars and bands outside the data, and write the file.

    Args:
        figure: drawn.
        legend: handles by name; None draws none.
        path: file to write.
        title: of the figure.
        words: what bars and bands are.
    """
    figure.get_layout_engine().set(h_pad=0.1, w_pad=0.12)
    figure.suptitle(title, x=0.01, ha="left", fontsize=14, fontweight="bold")
    if legend:
        across = int(figure.get_figwidth() // (HANDLE + LETTER * max(map(len, legend))))
        figure.legend(
            legend.values(), legend.keys(), loc="outside lower left", ncols=max(1, min(len(legend), across)),
            title=words or None, alignment="left",
        )  # fmt: skip
    elif words:
        figure.supxlabel(words, x=0.01, ha="left", fontsize=11)
    figure.savefig(path, metadata={"Software": None})


def entries_of(*panels: Axes) -> dict[str, Any]:
    """Return the handles of all panels by name, for a legend."""
    return {name: one for axes in panels for one, name in zip(*axes.get_legend_handles_labels(), strict=True)}
