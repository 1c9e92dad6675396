"""Which numbers an answer rests on: how far each is known, a design that varies all at once, shares of the variance."""

from __future__ import annotations

import contextlib
import dataclasses
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import jax
import numpy as np

from plastisim import model
from plastisim.biology.exposure import Exposure
from plastisim.biology.spines import Spines
from plastisim.course import AT_REST, Course, Setup
from plastisim.engine.crew import Crew
from plastisim.engine.errors import ConfigError, NumericalError
from plastisim.engine.fields import CONFIDENCE, declarations
from plastisim.lab.branch_table import FloatArray
from plastisim.lab.compound import Compound
from plastisim.lab.manipulations import Manipulation
from plastisim.results.style import house_style
from plastisim.treatment import SHARED

FACTOR = {"measured": 1.1, "seen": 1.1, "recalled": 1.5, "fitted": 1.25, "chosen": 2.0}
"""Range of a number by its confidence: anywhere between value / factor and value × factor, evenly in ln. A fitted
number has its own standard deviation where the calibration gives one."""
BOUNDED = ("inside_weight", "burst_share", "nmda_loss", "disinhibition_limit", "endosomal_weight", "surface_share")
"""Shares of a whole: their odds are varied."""
UNIFORM = math.sqrt(3.0)  # half-width of a uniform number over its SD
HOW = ("pathway", "exposure", "compounds", "spines")


class Factor(NamedTuple):
    """A number that is varied.

    Attributes:
        how: one of `HOW`.
        path: of the number; for compounds with the compound's name before it.
        value: as shipped.
        confidence: of its source.
        sd: of its logarithm (of its odds, for a share) over its range.
    """

    how: str
    path: str
    value: float
    confidence: str
    sd: float

    def times(self, shift: float) -> float:
        """Return the factor on the number at `shift` SDs from its shipped value."""
        if self.path.rpartition(".")[2] not in BOUNDED:
            return math.exp(self.sd * shift)
        odds = self.value / (1.0 - self.value) * math.exp(self.sd * shift)
        return odds / (1.0 + odds) / self.value


def factors(compound: Compound, fitted: Mapping[str, float]) -> list[Factor]:
    """Return every number that the effect of a compound can rest on.

    Args:
        compound: given.
        fitted: SD of the logarithm of fitted spine numbers, by `spines.name`.
    """
    found = [("pathway", one.path, one.value, one.metadata["source"]) for one in _declared(model.default_pathway())]
    found += [("exposure", one.path, one.value, one.metadata["source"]) for one in _declared(Exposure)]
    found += [("spines", one.path, one.value, one.metadata["source"]) for one in _declared(Spines())]
    found += [
        ("compounds", f"{compound.name}.{field.name}", one.value, one.source)
        for field in dataclasses.fields(compound)
        for one in [getattr(compound, field.name)]
        if hasattr(one, "source")
    ]
    return [
        Factor(how, path, float(value), source.confidence, fitted.get(f"{how}.{path}") or _range(source.confidence))
        for how, path, value, source in found
        if path not in SHARED and value != 0.0 and math.isfinite(value)
    ]


def _declared(tree: Any) -> list[Any]:
    return list(declarations(tree, "parameter"))


def _range(confidence: str) -> float:
    return math.log(FACTOR[confidence]) / UNIFORM


def design(count: int, sets: int, seed: int) -> FloatArray:
    """Return shifts in SDs, shape (set, factor): uniform, spread evenly by a scrambled Sobol sequence."""
    from scipy.stats import qmc

    if sets & (sets - 1) or sets <= count:
        raise ConfigError(f"a design for {count} numbers needs a power of two of more sets, but got {sets}")
    return UNIFORM * (2.0 * qmc.Sobol(count, rng=np.random.default_rng(seed)).random(sets) - 1.0)


def manipulation(known: Sequence[Factor], shifts: FloatArray, name: str) -> Manipulation:
    """Return one set of the design as a change of the numbers before the spines."""
    changed: dict[str, dict[str, float]] = {how: {} for how in HOW}
    for one, shift in zip(known, shifts, strict=True):
        changed[one.how][one.path] = one.times(float(shift))
    del changed["spines"]
    return Manipulation(name, "A set of the design: every number somewhere in its range.", **changed)


def law(known: Sequence[Factor], shifts: FloatArray) -> Spines:
    """Return the spines' law of one set of the design."""
    mine = {
        one.path: one.value * one.times(float(shift))
        for one, shift in zip(known, shifts, strict=True)
        if one.how == "spines"
    }
    return dataclasses.replace(Spines(), **mine)


def restless(setup: Setup) -> FloatArray:
    """Return the arms of a setup in which a neuron has no resting state, ascending."""
    with jax.enable_x64(True), Crew() as crew:
        course = Course(setup, crew)
        with contextlib.suppress(NumericalError):  # says that there is one; which ones is asked here
            course.start()
        residual = np.concatenate([block.residual for block in course.blocks], axis=1).max(axis=0)
    without = ~(residual < AT_REST * np.finfo(residual.dtype).eps)
    return np.unique(setup.population.lanes()[: len(residual)][without, 0] // setup.population.mice)


class Shares(NamedTuple):
    """Where the variance of an answer comes from.

    Attributes:
        each: share of each number, by linear regression, less what chance would give.
        signs: direction of each.
        linear: share of the variance that the regression explains, adjusted for its size.
    """

    each: FloatArray
    signs: FloatArray
    linear: float


def shares(shifts: FloatArray, answer: FloatArray) -> Shares:
    """Return how much of the variance of an answer comes from each number.

    Args:
        shifts: shape (set, factor).
        answer: shape (set,).
    """
    sets, count = shifts.shape
    columns = np.column_stack([np.ones(sets), shifts])
    slopes, *_ = np.linalg.lstsq(columns, answer, rcond=None)
    left = answer - columns @ slopes
    noise = float(left @ left) / (sets - count - 1)
    chance = noise * np.diag(np.linalg.inv(columns.T @ columns))[1:]
    each = np.maximum(np.square(slopes[1:]) - chance, 0.0) * shifts.var(axis=0) / answer.var()
    return Shares(each, np.sign(slopes[1:]), 1.0 - noise / float(answer.var(ddof=1)))


def by_confidence(known: Sequence[Factor], found: Shares) -> dict[str, tuple[int, float]]:
    """Return how many numbers of each confidence there are, and their share of the variance."""
    table = {}
    for confidence in CONFIDENCE:
        mine = [index for index, one in enumerate(known) if one.confidence == confidence]
        table[confidence] = (len(mine), float(found.each[mine].sum()))
    return table


def share_figure(known: Sequence[Factor], each: FloatArray, table: Mapping[str, tuple[int, float]], path: Path) -> None:
    """Draw the numbers that matter most as bars, coloured by confidence.

    Args:
        known: the numbers, the most important first.
        each: their shares.
        table: numbers and share of each confidence.
        path: file.
    """
    with house_style():
        from matplotlib import pyplot as plt

        figure, axes = plt.subplots(figsize=(10.5, 0.8 + 0.42 * len(known)))
        colours = dict(zip(CONFIDENCE, ("#0072b2", "#56b4e9", "#cc79a7", "#009e73", "#d55e00"), strict=True))
        axes.barh(range(len(known)), 100.0 * each, color=[colours[one.confidence] for one in known], height=0.72)
        axes.set_yticks(range(len(known)), [one.path.replace("_", " ").replace(".", ": ") for one in known])
        axes.invert_yaxis()
        axes.set_xlabel("share of the variance of the 24-hour effect (%)")
        for confidence, (count, share) in table.items():
            axes.bar(0, 0, color=colours[confidence], label=f"{confidence}: {count} numbers, {share:.0%}")
        axes.legend(loc="lower right", title="confidence: all its numbers, their share")
        figure.tight_layout()
        figure.savefig(path)
        plt.close(figure)
