"""Figures of one stored run, in the sizes of a journal or a projector: density, cascade, the ordinary window."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from plastisim.engine.errors import ConfigError
from plastisim.results.files import whole_file
from plastisim.results.plots import WEEK, Window, draw_distribution, draw_time_course, mouse_changes
from plastisim.results.style import INK, arm_colour, figure_size, new_figure, settings_of

if TYPE_CHECKING:
    import xarray
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

DAY = 86400.0
DOSE = "dose"
LETTER = 0.65  # width of a letter, relative to its height
NORMAL = 1.96  # standard errors of the mean, for 95 %


def density_plot(dataset: xarray.Dataset, doses: Sequence[float], file: str | Path | None, size: str) -> Figure:
    """Return imaged spine density over the sessions, a panel a cohort.

    Args:
        dataset: of a run.
        doses: days on which something is given.
        file: to be written, or None.
        size: see `figure_size`.
    """
    cohorts = list(dict.fromkeys(map(str, dataset.cohort.values)))
    density = dataset.observed_spine_density.mean(("neuron", "dendrite")).transpose("arm", "mouse", "session")

    def draw(axes: Axes, cohort: str) -> None:
        here = density.isel(mouse=np.array([str(one) == cohort for one in dataset.cohort.values]))
        days = here.session.values
        for index, arm in enumerate(map(str, dataset.arm.values)):
            values, colour = here.isel(arm=index).values, arm_colour(index)
            mean = np.nanmean(values, axis=0)
            error = NORMAL * np.nanstd(values, axis=0, ddof=1) / np.sqrt(np.isfinite(values).sum(axis=0))
            shift = 0.16 * (index - 0.5 * (len(dataset.arm) - 1))  # the same animals: equal before the dose
            axes.plot(days + shift, values.T, color=colour, alpha=0.2, linewidth=_line(0.4))
            axes.errorbar(days + shift, mean, error, fmt="o-", color=colour, capsize=_line(1.5), label=arm, zorder=3)
        axes.set(xlabel="day of imaging", ylabel="spine density (1/µm)", title=f"{cohort} neurons")
        axes.set_xticks(days, [f"{day:g}" for day in days])
        _dose(axes, doses)

    words = "mean of the mice, 95 % interval; thin: each mouse"
    return _panels(cohorts, draw, "Imaged spine density", words, file, size)


def cascade_plot(
    dataset: xarray.Dataset,
    names: Sequence[str],
    doses: Sequence[float],
    file: str | Path | None,
    size: str,
    until: float = math.inf,
) -> Figure:
    """Return recorded variables over time, a panel each.

    Args:
        dataset: of a run.
        names: of variables along time.
        doses: days on which something is given.
        file: to be written, or None.
        size: see `figure_size`.
        until: day on which the time axis ends.

    Raises:
        ConfigError: no name, or one that is not recorded along time; nothing is recorded until then.
    """
    along = [str(name) for name, one in dataset.data_vars.items() if "time" in one.dims and "compound" not in one.dims]
    unknown = [name for name in names if name not in along]
    if unknown or not names:
        got = repr(unknown[0]) if unknown else "a figure without variables"
        raise ConfigError(f"{got} is not recorded along time; choose from {', '.join(sorted(along))}")
    dataset = dataset.sel(time=slice(None, until * DAY))
    if len(dataset.time) < 2:
        raise ConfigError(f"the time axis would end on day {until:g}, before anything is recorded")
    days = dataset.time.values / DAY

    def draw(axes: Axes, name: str) -> None:
        variable = dataset[name]
        mice = variable.mean([dim for dim in variable.dims if dim not in ("arm", "mouse", "time")])
        for index, arm in enumerate(map(str, dataset.arm.values)):
            values, colour = mice.isel(arm=index).transpose("mouse", "time").values, arm_colour(index)
            low, high = np.nanpercentile(values, [5, 95], axis=0)
            axes.fill_between(days, low, high, color=colour, alpha=0.18, linewidth=0)
            axes.plot(days, np.nanmean(values, axis=0), color=colour, linestyle="-" if index else "--", label=arm)
        unit = variable.attrs["units"]
        label = f"{variable.attrs['long_name']}{'' if unit == '1' else f' ({unit})'.replace('um', 'µm')}"
        axes.set(xlabel="time after day 0 (d)", ylabel=label)
        _dose(axes, [day for day in doses if day <= until])

    words = "mean of the mice; band: their middle 90 %"
    return _panels(list(names), draw, "Cascade", words, file, size)


def window_plot(
    dataset: xarray.Dataset,
    windows: Mapping[str, Window],
    doses: Sequence[float],
    file: str | Path | None,
    title: str,
    size: str,
) -> Figure:
    """Return the change of spine density against the ordinary window, a row a cohort.

    Args:
        dataset: of a run with a session on day 1.
        windows: the vehicle window of each cohort.
        doses: days on which something is given.
        file: to be written, or None.
        title: the answer.
        size: see `figure_size`.
    """
    changes = mouse_changes(dataset)

    def draw(axes: Axes, panel: tuple[str, bool]) -> None:
        cohort, course = panel
        here = changes.isel(mouse=np.array([str(one) == cohort for one in dataset.cohort.values]))
        here = here.sel(session=here.session <= WEEK)
        if course:
            draw_time_course(axes, here, windows[cohort], [], doses)
            axes.set_title(f"{cohort} neurons")
        else:
            draw_distribution(axes, here.sel(session=1.0), windows[cohort], [])
            axes.set_title("24 h after the dose, each mouse")

    panels = [(cohort, course) for cohort in windows for course in (True, False)]
    return _panels(panels, draw, title, "", file, size)


def _panels(
    panels: Sequence[Any], draw: Callable[[Axes, Any], None], title: str, words: str, file: str | Path | None, size: str
) -> Figure:
    """Return a figure with a panel for each of `panels`, one legend below them, and write it if a file is named."""
    import matplotlib

    across = 1 if size == "single" or len(panels) == 1 else 2 if len(panels) in (2, 4) else 3
    rows = -(-len(panels) // across)
    shape = {1: 0.62, 2: 0.40, 3: 0.30}[across] * rows + (0.18 if across == 1 else 0.08)
    with matplotlib.rc_context(settings_of(size)):
        inches = figure_size(size, 0.5625 if size == "projector" else shape)
        figure, grid = new_figure(rows, across, inches, "constrained")
        for axes, panel in zip(grid.flat, panels, strict=False):
            draw(axes, panel)
        for axes in grid.flat[len(panels) :]:
            axes.set_visible(False)
        letters = matplotlib.rcParams["font.size"]
        width = int(figure.get_figwidth() * 72 / (LETTER * letters))  # letters that fit side by side
        figure.suptitle(textwrap.fill(title, width), x=0.01, ha="left", fontweight="bold")
        entries = dict(zip(*reversed(grid.flat[0].get_legend_handles_labels()), strict=True))
        labels = sorted(entries, key=lambda label: label == DOSE)  # stable: the arms in their order, then the dose
        across = max(1, width // (max(map(len, labels)) + 6))
        figure.legend(
            [entries[label] for label in labels], labels, loc="outside lower left", ncols=min(across, len(labels)),
            title=words or None, alignment="left",
        )  # fmt: skip
        _wrap(figure, grid.flat)
        if file is not None:
            with whole_file(Path(file)) as temporary:
                figure.savefig(temporary, metadata={"Software": None} if Path(file).suffix == ".png" else None)
    return figure


def _wrap(figure: Figure, panels: Iterable[Axes]) -> None:
    """Break the labels of y axes where their panels are too low for them."""
    figure.draw_without_rendering()  # panels get their height
    for axes in panels:
        letters = axes.get_window_extent().height / figure.dpi * 72 / (LETTER * float(axes.yaxis.label.get_fontsize()))
        axes.set_ylabel(textwrap.fill(axes.get_ylabel(), max(8, int(letters)), break_long_words=False))


def _dose(axes: Axes, doses: Sequence[float]) -> None:
    """Mark the days on which something is given."""
    for number, day in enumerate(doses):
        axes.axvline(day, color=INK, linewidth=_line(0.7), linestyle=":", label=None if number else DOSE)


def _line(times: float) -> float:
    """Return a line width, relative to the usual one of this size."""
    import matplotlib

    return times * matplotlib.rcParams["lines.linewidth"]
