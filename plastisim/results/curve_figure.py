"""Curves with intervals, a grid of numbers, and individuals: what is left when time is not the axis."""

from __future__ import annotations

import dataclasses
import textwrap
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from plastisim.results.course_figure import MARKERS, entries_of, finish
from plastisim.results.style import INK, arm_colour, house_style, new_figure


@dataclasses.dataclass(frozen=True)
class Curve:
    """A curve.

    Args:
        x: places.
        y: values there.
        interval: low and high ends there, shape (2, place); None draws none.
    """

    x: Sequence[float]
    y: Sequence[float]
    interval: Any = None


@dataclasses.dataclass(frozen=True)
class Panel:
    """Curves in one pair of axes.

    Args:
        title: in a few words.
        x_label: with unit.
        y_label: with unit.
        curves: by name; equal names get equal colours in all panels.
        log_x: logarithmic x axis; its ticks are the places of the first curve.
        ticks: words for these ticks, where the numbers will not do.
        line: height of a dotted line; None draws none.
    """

    title: str
    x_label: str
    y_label: str
    curves: Mapping[str, Curve]
    log_x: bool = False
    ticks: Sequence[str] | None = None
    line: float | None = 0.0


def curves_figure(panels: Sequence[Panel], path: str | Path, title: str) -> None:
    """Draw panels side by side, two in a row, what is alike on one scale; one legend below all of them."""
    names = list(dict.fromkeys(name for panel in panels for name in panel.curves))
    with house_style():
        columns = min(2, len(panels))
        rows = -(-len(panels) // columns)
        alike = len({panel.y_label for panel in panels}) == 1
        size = (1.5 + 5.6 * columns, 1.6 + 3.5 * rows)
        figure, grid = new_figure(rows, columns, size, "constrained", sharey=alike)
        for axes, panel in zip(grid.flat, panels, strict=False):
            for name, curve in panel.curves.items():
                index = names.index(name)
                colour = arm_colour(index + 1)
                if curve.interval is not None:
                    axes.fill_between(curve.x, *curve.interval, color=colour, alpha=0.18, linewidth=0)
                axes.plot(curve.x, curve.y, MARKERS[index % len(MARKERS)] + "-", color=colour, markersize=7, label=name)
            if panel.line is not None:
                axes.axhline(panel.line, color=INK, linewidth=0.8, linestyle=":")
            first = next(iter(panel.curves.values()))
            if panel.log_x:
                axes.set_xscale("log")
                axes.minorticks_off()
            if panel.log_x or panel.ticks:
                axes.set_xticks(list(first.x), list(panel.ticks or (f"{x:g}" for x in first.x)))
            axes.set_title(panel.title, fontweight="bold")
            axes.set(xlabel=panel.x_label, ylabel=panel.y_label)
        for axes in grid.flat[len(panels) :]:
            axes.set_visible(False)
        known = any(curve.interval is not None for panel in panels for curve in panel.curves.values())
        entries = {name: entries_of(*grid.flat)[name] for name in names} if len(names) > 1 else None
        finish(figure, entries, path, title, "band: 95 % interval" if known else "")


def grid_figure(
    values: np.ndarray, rows: Sequence[str], columns: Sequence[str], path: str | Path, title: str, label: str
) -> None:
    """Draw numbers as a coloured grid around zero, each written into its cell.

    Args:
        values: shape (row, column).
        rows: names.
        columns: names.
        path: file to write.
        title: the question, or its answer.
        label: what the numbers are, with unit.
    """
    with house_style():
        figure, ((axes,),) = new_figure(1, 1, (5.0 + 1.7 * len(columns), 2.4 + 0.75 * len(rows)), "constrained")
        most = float(np.nanmax(np.abs(values))) or 1.0
        image = axes.imshow(values, cmap="PuOr_r", vmin=-most, vmax=most, aspect="auto")
        for (row, column), value in np.ndenumerate(values):
            colour = "white" if abs(value) > 0.65 * most else INK
            axes.text(column, row, f"{value:+.1f}", ha="center", va="center", color=colour, fontsize=13)
        axes.set_xticks(range(len(columns)), [textwrap.fill(name, 15) for name in columns])
        axes.set_yticks(range(len(rows)), rows)
        for side in axes.spines.values():
            side.set_visible(False)
        axes.tick_params(length=0)
        figure.colorbar(image, ax=axes, label=label, shrink=0.9)
        finish(figure, None, path, title)


def individuals_figure(
    panels: Sequence[tuple[str, str, Mapping[str, np.ndarray]]], path: str | Path, title: str
) -> None:
    """Draw individuals as dots beside each other, with their quartiles.

    Args:
        panels: of each its title, the label of its y axis with unit, and the values of each group by name.
        path: file to write.
        title: the question, or its answer.
    """
    generator = np.random.default_rng(0)
    with house_style():
        figure, grid = new_figure(1, len(panels), (1.0 + 4.3 * len(panels), 5.2), "constrained")
        for axes, (name, label, groups) in zip(grid[0], panels, strict=True):
            for index, values in enumerate(groups.values()):
                place = index + generator.uniform(-0.18, 0.18, len(values))
                axes.plot(place, values, "o", color=arm_colour(index + 1), alpha=0.4, markersize=5, markeredgewidth=0)
                low, middle, high = np.percentile(values, [25, 50, 75])
                axes.vlines(index, low, high, color=INK, linewidth=5)
                axes.plot([index], [middle], "o", color="white", markeredgecolor=INK, markersize=10, zorder=4)
            axes.set_xticks(range(len(groups)), [group.replace(" ", "\n") for group in groups])
            axes.set_xlim(-0.6, len(groups) - 0.4)
            axes.set_title(name, fontweight="bold")
            axes.set_ylabel(label)
        finish(figure, None, path, title, "white: median; bar: the middle half of the dots")
