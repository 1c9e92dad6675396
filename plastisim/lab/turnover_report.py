"""Fitted laws of spine turnover as a table, as JSON and as one figure."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from plastisim.lab.turnover_fit import NEW_SPINES, Branches, Fit, Row, late_elimination, late_formation, turnover

FAILS = 1.96
COLOURS = (
    "#0072B2",
    "#E69F00",
    "#009E73",
    "#CC79A7",
    "#56B4E9",
    "#D55E00",
    "#000000",
    "#8c8c8c",
)  # Okabe and Ito, grey
BAND: dict[str, Any] = {"color": "0.6", "elinewidth": 12, "ls": "none", "alpha": 0.6, "zorder": 0}
MARKS = ("o", "s", "^", "D", "v", "P", "X", "*")


def candidate_table(fits: Sequence[Fit], rows: Sequence[Row], branches: Branches) -> str:
    """Return every law with its chi-squared, its numbers and all rows with their scores; `!` marks a row that fails."""
    lines = ["Candidates: chi-squared (free numbers, degrees of freedom), rows that fail at 95 %"]
    for one in fits:
        failing = sum(abs(score) > FAILS for score in one.scores)
        counts = f"({len(one.free)} free, {one.degrees} df), {failing} of {len(rows)} fail"
        lines.append(f"  {one.name:40s} {one.chi_squared:7.1f} {counts}")
    for one in fits:
        lines.append(f"\n{one.name}: " + (_numbers(one) or "as it stands"))
        for row, score in zip(rows, one.scores, strict=True):
            mark = "!" if abs(score) > FAILS else " "
            predicted = row.expect(one.seen, branches)
            lines.append(f"  {mark} {row.name:26s} measured {row.value:8.4f}  law {predicted:8.4f}  z {score:+6.1f}")
    return "\n".join(lines)


def _numbers(one: Fit) -> str:
    pairs = zip(one.values().items(), one.errors, strict=True)
    return ", ".join(f"{name} {value:.4g} (SE of ln {min(error, 99.0):.2f})" for (name, value), error in pairs)


def fit_to_json(one: Fit, rows: Sequence[Row], branches: Branches) -> dict[str, Any]:
    """Return a fitted law in JSON types; rates are 1/d, errors are those of natural logarithms."""
    return {
        "name": one.name,
        "chi_squared": one.chi_squared,
        "degrees_of_freedom": one.degrees,
        "numbers": one.values(),
        "errors_of_logarithms": dict(zip(one.free, one.errors, strict=True)),
        "correlation": one.correlation.tolist(),
        "rows": [
            {"row": row.name, "measured": row.value, "law": row.expect(one.seen, branches), "z": score}
            for row, score in zip(rows, one.scores, strict=True)
        ],
        "seen_nine_days_running": one.seen.lasting,
        "unseen": one.seen.unseen,
    }


def turnover_figure(fits: Sequence[Fit], rows: Sequence[Row], branches: Branches, path: Path) -> None:
    """Draw turnover, survival of new spines and return of lost ones: measured with 95 % intervals, and every law."""
    import matplotlib
    from matplotlib.figure import Figure

    with matplotlib.rc_context({"font.size": 13, "axes.spines.top": False, "axes.spines.right": False}):
        figure = Figure((16, 6.2), layout="constrained")
        left, middle, right = figure.subplots(1, 3)
        _draw_turnover(left, fits, rows, branches)
        _draw_survival(middle, fits)
        _draw_return(right, fits, rows, branches)
        figure.legend(*left.get_legend_handles_labels(), loc="outside lower center", ncols=3, frameon=False)
        figure.savefig(path, dpi=150)


def _draw_turnover(axes: Any, fits: Sequence[Fit], rows: Sequence[Row], branches: Branches) -> None:
    """Draw turnover over 2 and 27 days, per cent of spines."""
    expects = (turnover, late_elimination, late_formation)
    names = ("in 2 days", "lost in\n27 days", "gained in\n27 days")
    for place, row in enumerate(rows[:3]):
        label = "measured, 95 %" if place == 0 else None
        axes.errorbar(place, 100 * row.value, 196 * row.error, label=label, **BAND)
    for number, one in enumerate(fits):
        places = [place - 0.24 + 0.08 * number for place in range(3)]
        values = [100 * expect(one.seen, branches) for expect in expects]
        axes.plot(places, values, MARKS[number], color=COLOURS[number], ms=8, label=one.name)
    axes.set(xticks=range(3), xticklabels=names, ylabel="turnover (% of spines)", title="Turnover", yscale="log")
    axes.set_yticks([3, 5, 10, 20, 50], ["3", "5", "10", "20", "50"])
    axes.minorticks_off()


def _draw_survival(axes: Any, fits: Sequence[Fit]) -> None:
    """Draw how many of the spines first seen on day 1 are still seen, per cent."""
    days, alive = [1.0], [1.0]
    for day, spines, lost in NEW_SPINES:
        days.append(float(day))
        alive.append(alive[-1] * (1.0 - lost / spines))
    measured = [100 * share for share in alive[1:]]
    axes.errorbar(days[1:], measured, 15.7, **BAND)
    for number, one in enumerate(fits):
        shares = [100.0, *(100 * share for share in one.seen.survival)]
        axes.plot(days, shares, marker=MARKS[number], color=COLOURS[number], ms=6, lw=1.6)
    axes.set(
        xscale="log", ylim=(0, 103), xlabel="day (spines first seen on day 1)", ylabel="still seen (% of new spines)",
        title="Survival of new spines",
    )  # fmt: skip
    axes.set_xticks(days, [f"{day:g}" for day in days])
    axes.minorticks_off()


def _draw_return(axes: Any, fits: Sequence[Fit], rows: Sequence[Row], branches: Branches) -> None:
    """Draw the covariances of losses with the gains of the following sessions."""
    back = rows[-4:-1]
    for place, row in enumerate(back):
        axes.errorbar(2 * place + 2, 1e4 * row.value, 1.96e4 * row.error, **BAND)
    for number, one in enumerate(fits):
        places = [2 * place + 1.76 + 0.08 * number for place in range(3)]
        values = [1e4 * row.expect(one.seen, branches) for row in back]
        axes.plot(places, values, marker=MARKS[number], color=COLOURS[number], ms=8, lw=1.2)
    axes.axhline(0, color="0.3", lw=0.8)
    axes.set(
        xticks=(2, 4, 6), xlabel="days between loss and gain", ylabel="covariance on a branch (1e-4)",
        title="Lost spines come back",
    )  # fmt: skip
