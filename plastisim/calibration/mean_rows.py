"""The rows of the main job for many settings at once, without agents: a first approximation that takes milliseconds.

Means of branches come from their mean field; rows about spread and single spines from short formulas
(spread_rows.py). What agents add to that is learned from them (emulator.py).
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import jax
import numpy as np
from jax import numpy as jnp

from plastisim.biology.spines import Habit, Spines
from plastisim.calibration.means import NODES, Branches, Course, follow, refuse_use
from plastisim.calibration.response import Free, Setting
from plastisim.calibration.spread_rows import BRANCHES, RATES, WINDOW, Noise, noise, singles
from plastisim.lab.branch_table import ELIMINATION, FORMATION, HEAD_WIDTH, SPINE_DENSITY, FloatArray
from plastisim.lab.imaging import Microscope
from plastisim.lab.measures import Level, Pair, SpinesSeen
from plastisim.lab.published_figure import POOLED, Published
from plastisim.lab.statistics import Arm
from plastisim.lab.summaries import Quantile, branch_mean, branch_sd, mouse_mean, mouse_sd

FIELDS = {SPINE_DENSITY: "seen", FORMATION: "formation", ELIMINATION: "elimination", HEAD_WIDTH: "width"}
SURVIVAL = (3.0, 5.0, 7.0, 34.0)
HABIT = ("turnover", "drift", "handling", "responsiveness")
OF_SPREAD = ("turnover", "density", "responsiveness", "branch", "length", "length_spread")
ARMS = {Arm.VEHICLE: ((Arm.VEHICLE, 1.0),), Arm.DRUG: ((Arm.DRUG, 1.0),)}
DIFFERENCE = ((Arm.DRUG, 1.0), (Arm.VEHICLE, -1.0))


class _Known(NamedTuple):
    """What the rows are read from; by cohort and arm, or for all cohorts."""

    means: dict[tuple[str, Arm], Branches]
    noise: dict[tuple[str, Arm], Noise]
    spread: Mapping[str, FloatArray]
    single: Mapping[str, FloatArray]


@dataclasses.dataclass(frozen=True)
class Approximation:
    """What the mean field and short formulas say of some rows.

    Args:
        start: setting whose other numbers are kept.
        free: numbers that differ between settings.
        course: what drives the spines of the drug arm.
        microscope: width offset and median.
        rows: measured figures.
    """

    start: Setting
    free: tuple[Free, ...]
    course: Course
    microscope: Microscope
    rows: tuple[Published, ...]

    def __call__(self, logs: FloatArray) -> FloatArray:
        """Return every row in its own unit, then the covariances within branches, shape (setting, row).

        Args:
            logs: logarithms of the free numbers, (setting, free).
        """
        known = self._known(dict(zip(self.free, np.exp(logs).T, strict=True)), len(logs))
        return np.hstack([np.stack([self._row(row, known) for row in self.rows], axis=1), known.single["linked"]])

    def _known(self, values: Mapping[Free, FloatArray], count: int) -> _Known:
        plain, cohorts = self.start.law, self.start.cohorts
        refuse_use(plain)
        law = {field.name: np.full(count, getattr(plain, field.name)) for field in dataclasses.fields(plain)}
        law |= {one.field: values[one] for one in self.free if not one.cohorts and not one.spread}
        spread = {name: np.full(count, getattr(self.start.spread, name)) for name in OF_SPREAD}
        spread |= {one.field: values[one] for one in self.free if one.spread}
        means, single = {}, []
        for name, cohort in cohorts.items():
            own = {field: np.full(count, getattr(cohort, field)) for field in HABIT}
            own |= {one.field: values[one] for one in self.free if name in one.cohorts}
            scale, unequal = own.pop("responsiveness") * cohort.compartment.drive, spread["responsiveness"][:, None]
            mice = scale[:, None] * np.exp(unequal * np.array(NODES) - 0.5 * unequal**2)
            rest = self.course.at_rest()
            one_neuron = rest._replace(proteins=rest.proteins[..., :1], set_point=rest.set_point[..., :1])
            means[name, Arm.VEHICLE] = _followed(law, own, mice[:, :1], one_neuron, self.microscope)
            means[name, Arm.DRUG] = _followed(law, own, mice, self.course, self.microscope)
            single.append(singles(law, own["turnover"]))
        noises = {}
        for (name, arm), mean in means.items():
            effect = mean.seen[:, 2] - means[name, Arm.VEHICLE].seen[:, 2]
            noises[name, arm] = noise(mean.formation + mean.elimination, effect, spread, cohorts[name].density)
        together = {key: np.mean([one[key] for one in single], axis=0) for key in single[0]}
        return _Known(means, noises, spread, together)

    def _row(self, row: Published, known: _Known) -> FloatArray:
        recipe = row.statistic
        if row.id == "V10":
            return known.single["survival"][:, SURVIVAL.index(row.day or 0.0)]
        if row.id in ("V8", "V9"):
            return 100.0 * known.single["late"]
        if recipe is None:  # the width of new spines is left to the agents
            return np.zeros(len(known.single["late"]))
        cohorts = list(self.start.cohorts) if row.cohort == POOLED else [row.cohort]
        if recipe.arm is Arm.EVERY or recipe.summary not in (branch_mean, mouse_mean):
            return np.mean([self._spread_row(row, known, name) for name in cohorts], axis=0)
        parts = [
            sign * self._measured(row, recipe.measure, known.means[name, arm])
            for name in cohorts
            for arm, sign in ARMS.get(recipe.arm, DIFFERENCE)
        ]
        return np.sum(parts, axis=0) / len(cohorts)

    def _measured(self, row: Published, measure: Any, mean: Branches) -> FloatArray:
        """Return a level or change of a mean branch, (setting,)."""
        days, rate = self.course.sessions, row.quantity.is_rate
        values: FloatArray = getattr(mean, FIELDS[row.quantity])

        def level(wanted: Sequence[float] | None) -> FloatArray:
            kept = [k for k, day in enumerate(days) if (day < 0 if wanted is None else day in wanted)]
            return (100.0 if rate else 1.0) * np.nanmean(values[:, kept], axis=1)

        if isinstance(measure, Level):
            return level(measure.days)
        start, end = level(measure.since), level((measure.day,))
        return end - start if rate else 100.0 * (end / start - 1.0)

    def _spread_row(self, row: Published, known: _Known, name: str) -> FloatArray:
        """Return a row about how branches and mice of a cohort differ."""
        recipe, density = row.statistic, self.start.cohorts[name].density
        assert recipe is not None
        arm = Arm.DRUG if recipe.arm is Arm.DRUG else Arm.VEHICLE
        own, mean = known.noise[name, arm], known.means[name, arm]
        if isinstance(recipe.measure, SpinesSeen):
            return own.spines
        if isinstance(recipe.measure, Pair):
            return 1.0 - 0.5 * own.before / own.level
        if row.quantity.is_rate:
            rate = np.nanmean(getattr(mean, FIELDS[row.quantity]), axis=1)
            return 100.0 * rate * np.sqrt(known.spread["turnover"] ** 2 + 1.0 / (RATES * BRANCHES * own.spines * rate))
        if isinstance(recipe.measure, Level):
            known_spread: dict[Any, Any] = {branch_sd: own.level, mouse_sd: own.level_mouse}
            variance = known_spread.get(recipe.summary, np.ones_like(own.level))
            return density * np.sqrt(variance)
        branch = own.after if _day(recipe.measure) == 1.0 else own.before
        wide, narrow = 100.0 * np.sqrt(branch + own.mouse), 100.0 * np.sqrt(branch / BRANCHES + own.mouse)
        if recipe.summary in (branch_sd, mouse_sd):
            return wide if recipe.summary is branch_sd else narrow
        return self._tail(recipe.summary, self._measured(row, recipe.measure, mean), wide, narrow)

    def _tail(self, summary: Any, centre: FloatArray, wide: FloatArray, narrow: FloatArray) -> FloatArray:
        """Return a quantile of branches, or the share of mice above the window, both as if normal."""
        from scipy.special import ndtr, ndtri

        if isinstance(summary, Quantile):
            return centre + wide * ndtri(summary.share)
        return ndtr((centre - WINDOW) / narrow)


def _followed(
    law: Mapping[str, FloatArray], habit: Mapping[str, FloatArray], mice: FloatArray, course: Course,
    microscope: Microscope,
) -> Branches:  # fmt: skip
    """Return mean branches, fields of shape (setting, session); density relative to the first session.

    Args:
        law: numbers of `Spines`, each (setting,).
        habit: numbers of the cohort, each (setting,).
        mice: responsiveness of its kinds of mice, (setting, kind).
        course: of the arm.
        microscope: width offset and median.
    """
    neurons, kinds = course.proteins.shape[-1], mice.shape[1]
    tiled = course._replace(proteins=np.tile(course.proteins, kinds), set_point=np.tile(course.set_point, kinds))
    with jax.enable_x64(True), jax.numpy_rank_promotion("allow"):
        numbers = (
            Spines(**{name: jnp.asarray(leaf, float) for name, leaf in law.items()}),
            Habit(**{name: jnp.asarray(leaf, float) for name, leaf in habit.items()}),
            jnp.asarray(np.repeat(mice, neurons, axis=1), float),
        )
        seen, *rates, width = (np.asarray(part) for part in _program()(*numbers, tiled, microscope))
    unknown = np.full((len(seen), 1), np.nan)
    formation, elimination = (np.hstack([unknown, rate.mean(axis=-1)]) for rate in rates)
    return Branches((seen / seen[:, :1]).mean(axis=-1), formation, elimination, width.mean(axis=-1))  # pyright: ignore[reportArgumentType]


def _day(measure: Any) -> float:
    """Return the day that a change or a rate ends on."""
    return measure.day


@functools.cache
def _program() -> Any:
    """Return `follow` for many laws, habits and mice under one course."""

    def program(law: Spines, habit: Habit, mice: Any, course: Course, microscope: Microscope) -> Any:
        return jax.vmap(lambda law, habit, mouse: follow(law, habit, mouse, course, microscope))(law, habit, mice)

    return jax.jit(program, static_argnames="microscope")
