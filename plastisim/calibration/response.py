"""Fit of the spines' numbers to measured figures, through the expectation of every branch.

A setting (a law and its cohorts) is turned into tables of expected branches, and each figure is computed from them by
its own recipe. What counting few spines adds, agents minus expectation, is found once on agents of a setting nearby.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from plastisim.biology.spines import Spines
from plastisim.calibration.means import Course, expected_table
from plastisim.lab.branch_table import BranchTable, FloatArray, concatenate
from plastisim.lab.cohort import Cohort, Spread
from plastisim.lab.imaging import Microscope
from plastisim.lab.published_figure import POOLED, Published

DRUG = "psilocybin"
FAILS, STRONG = 1.96, 0.7  # scores and correlations worth a mark


class Setting(NamedTuple):
    """A law, the cohorts that obey it, by name, and how their mice and branches differ."""

    law: Spines
    cohorts: dict[str, Cohort]
    spread: Spread = Spread()


@dataclasses.dataclass(frozen=True)
class Free:
    """A number to fit: a field of the law, of some cohorts, or of what mice and branches differ by.

    Args:
        field: its name.
        cohorts: names of the cohorts that share it; none means that it belongs to the law or the spread.
        spread: whether it belongs to the spread.
    """

    field: str
    cohorts: tuple[str, ...] = ()
    spread: bool = False

    @property
    def path(self) -> str:
        """Where the number belongs, and its field."""
        whose = self.cohorts[0] if len(self.cohorts) == 1 else "cohorts" if self.cohorts else "spines"
        return f"{'spread' if self.spread else whose}.{self.field}"

    @property
    def name(self) -> str:
        """Field, with its owner where the same field has several."""
        if self.spread:
            return f"{self.field} (spread)"
        return f"{self.field} ({self.cohorts[0]})" if len(self.cohorts) == 1 else self.field

    def get(self, setting: Setting) -> float:
        """Return the number in a setting."""
        owner = setting.cohorts[self.cohorts[0]] if self.cohorts else setting.spread if self.spread else setting.law
        return float(getattr(owner, self.field))

    def put(self, setting: Setting, value: float) -> Setting:
        """Return the setting with another number."""
        change: dict[str, Any] = {self.field: value}
        if self.spread:
            return setting._replace(spread=dataclasses.replace(setting.spread, **change))
        if not self.cohorts:
            return setting._replace(law=dataclasses.replace(setting.law, **change))
        changed = {name: dataclasses.replace(setting.cohorts[name], **change) for name in self.cohorts}
        return setting._replace(cohorts={**setting.cohorts, **changed})


@dataclasses.dataclass(frozen=True)
class Expectation:
    """How settings become tables: what drives the spines, how mice differ, how they are imaged."""

    course: Course
    spread: Spread
    microscope: Microscope

    def tables(self, setting: Setting) -> dict[str, BranchTable]:
        """Return the expected branches of every cohort."""
        return {
            name: expected_table(setting.law, cohort, self.spread, self.course, self.microscope, DRUG)
            for name, cohort in setting.cohorts.items()
        }


@dataclasses.dataclass(frozen=True)
class Result:
    """A fitted setting.

    Attributes:
        setting: with its fitted numbers.
        free: what was fitted.
        errors: standard error of the natural logarithm of each.
        correlation: between them, [free, free].
        figures: the measured figures.
        predicted: of each, in its unit.
        scores: (predicted - measured) / standard error.
    """

    setting: Setting
    free: tuple[Free, ...]
    errors: FloatArray
    correlation: FloatArray
    figures: tuple[Published, ...]
    predicted: FloatArray
    scores: FloatArray

    @property
    def chi_squared(self) -> float:
        """Sum of the squared scores."""
        return float(np.square(self.scores).sum())

    def values(self) -> dict[str, float]:
        """Return the fitted numbers by name."""
        return {one.name: one.get(self.setting) for one in self.free}


def figures_of(tables: Mapping[str, BranchTable], figures: Sequence[Published]) -> FloatArray:
    """Return every figure computed from the tables of the cohorts, by the figure's own recipe."""
    pooled = concatenate(dict(tables)) if any(figure.cohort == POOLED for figure in figures) else None
    found = (pooled if figure.cohort == POOLED else tables[figure.cohort] for figure in figures)
    return np.array([_value(figure, table) for figure, table in zip(figures, found, strict=True)])


def _value(figure: Published, table: BranchTable | None) -> float:
    if table is None or figure.statistic is None:
        raise ValueError(f"{figure.key} cannot be computed from tables of branches")
    return figure.statistic.evaluate(table, figure.quantity, drug=DRUG, resamples=1).value


def counting(
    agents: Mapping[str, BranchTable], setting: Setting, expectation: Expectation, figures: Sequence[Published]
) -> FloatArray:
    """Return what counting few spines adds to every figure: agents of a setting less their expectation."""
    return figures_of(agents, figures) - figures_of(expectation.tables(setting), figures)


def fit(
    setting: Setting, free: Sequence[Free], figures: Sequence[Published], expectation: Expectation, added: FloatArray
) -> Result:
    """Return the setting whose figures come nearest to the measured ones, by least squares of the scores.

    Args:
        setting: where to start.
        free: numbers to fit, all positive.
        figures: measured; their 95 % intervals are taken as ± 1.96 standard errors.
        expectation: how a setting becomes tables.
        added: what counting adds to every figure.
    """
    from scipy.optimize import least_squares

    measured = np.array([figure.value for figure in figures])
    errors = np.array([(figure.interval[1] - figure.interval[0]) / 3.92 for figure in figures])

    def made(logs: FloatArray) -> Setting:
        changed = setting
        for one, value in zip(free, np.exp(logs), strict=True):
            changed = one.put(changed, float(value))
        return changed

    def predicted(logs: FloatArray) -> FloatArray:
        return figures_of(expectation.tables(made(logs)), figures) + added

    scores: Callable[[FloatArray], FloatArray] = lambda logs: (predicted(logs) - measured) / errors  # noqa: E731
    begin = np.log([one.get(setting) for one in free])
    found = least_squares(scores, begin, bounds=(begin - 3.0, begin + 3.0), diff_step=1e-3, max_nfev=60)
    covariance = np.linalg.pinv(found.jac.T @ found.jac)
    deviation = np.sqrt(np.diag(covariance))
    return Result(
        made(found.x), tuple(free), deviation, covariance / np.outer(deviation, deviation), tuple(figures),
        predicted(found.x), found.fun,
    )  # fmt: skip


def result_table(name: str, result: Result) -> str:
    """Return a fit in words: chi-squared, numbers, strong correlations, and every figure; `!` marks one that fails."""
    count = f"{len(result.figures)} figures, {len(result.free)} free"
    lines = [f"\n{name}: chi-squared {result.chi_squared:.1f} ({count})"]
    for one, error in zip(result.free, result.errors, strict=True):
        lines.append(f"    {one.name} = {one.get(result.setting):.4g} (SE of ln {error:.2f})")
    for first in range(len(result.free)):
        for second in range(first):
            value = result.correlation[first, second]
            if abs(value) > STRONG:
                lines.append(f"    correlated {value:+.2f}: {result.free[second].name}, {result.free[first].name}")
    for figure, predicted, score in zip(result.figures, result.predicted, result.scores, strict=True):
        mark = "!" if abs(score) > FAILS else " "
        what = f"{figure.key} {figure.cohort} {figure.quantity.name}: {figure.figure}"
        lines.append(f"  {mark} {what:72s} measured {figure.value:6.2f}  fit {predicted:6.2f}  z {score:+5.1f}")
    return "\n".join(lines)


def result_to_json(result: Result) -> dict[str, Any]:
    """Return a fit in JSON types; rates are 1/s, errors are those of natural logarithms."""
    return {
        "chi_squared": result.chi_squared,
        "numbers": result.values(),
        "errors_of_logarithms": {one.name: float(e) for one, e in zip(result.free, result.errors, strict=True)},
        "correlation": result.correlation.tolist(),
        "figures": [
            {"row": figure.key, "cohort": figure.cohort, "quantity": figure.quantity.name, "figure": figure.figure,
             "measured": figure.value, "fit": float(predicted), "z": float(score)}
            for figure, predicted, score in zip(result.figures, result.predicted, result.scores, strict=True)
        ],
    }  # fmt: skip
