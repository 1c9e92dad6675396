"""Which numbers lie between a dose and the spines, how far each is known, and sets in which all of them vary at once.

How far a number is known is assumed from the confidence of its source, see `SD`: nobody has measured that.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from plastisim import model
from plastisim.biology.exposure import Exposure
from plastisim.biology.spines import Spines
from plastisim.engine.fields import declarations
from plastisim.lab.branch_table import FloatArray
from plastisim.lab.cohort import Cohort, Spread
from plastisim.lab.compound import Compound
from plastisim.lab.compounds import SEROTONIN
from plastisim.treatment import SHARED

SD = {"measured": 0.10, "seen": 0.10, "recalled": 0.30, "fitted": 0.10, "chosen": math.log(2.0) / 1.96}
"""Assumed SD of the logarithm by confidence: 10 %, 30 %, and for a guess a factor of 2 either way in 95 % of the sets.
A fitted number has its own SD where the calibration gives one; 0.10 is for those fitted elsewhere."""
FURTHEST = 2.5  # SDs; no set lies beyond
BOUNDED = ("inside_weight", "burst_share", "nmda_loss", "disinhibition_limit", "surface_share")
"""Shares of a whole: their odds are varied."""
UNITS = ("htr2a_density", "serotonin.htr2a_efficacy", "serotonin.htr1a_efficacy", "prodrug_fraction", "molar_mass")
"""Not uncertain: wild type and the endogenous agonist are units, chemistry is known."""
UNDOSED = ("absorption", "elimination", "volume", "conversion", "brain_exchange")  # of serotonin, which is not injected
OF_NEURONS = ("reserve", "rate_median", "rate")  # how neurons of a mouse differ; the rest of `Spread` is averaged out
OF_COHORT = ("turnover", "drift", "handling")


class Factor(NamedTuple):
    """A number that is varied.

    Attributes:
        whose: `pathway`, `exposure`, `compounds`, `spines`, `cohort` or `spread`.
        path: of the number there; for compounds with the compound's name before it.
        value: as shipped.
        unit: of the value.
        confidence: of its source.
        sd: of its logarithm (of its odds, for a share of a whole).
    """

    whose: str
    path: str
    value: float
    unit: str
    confidence: str
    sd: float

    def at(self, shifts: FloatArray) -> FloatArray:
        """Return the number, in its unit, at some shifts (SDs) from its shipped value."""
        if self.path.rpartition(".")[2] not in BOUNDED:
            return self.value * np.exp(self.sd * shifts)
        odds = self.value / (1.0 - self.value) * np.exp(self.sd * shifts)
        return odds / (1.0 + odds)


def factors(compound: Compound, cohort: Cohort, fitted: Mapping[str, float]) -> list[Factor]:
    """Return every number that the effect of a compound on spine density can rest on.

    Args:
        compound: given.
        cohort: to whom.
        fitted: SD of the logarithm of fitted numbers, by path as in the file that the package ships.
    """
    found = []

    def add(whose: str, path: str, value: Any, unit: str, confidence: str, own: float | None = None) -> None:
        name = path.rpartition(".")[2]
        if not (path in UNITS or name in UNITS or path in SHARED or value == 0.0 or not math.isfinite(value)):
            found.append(Factor(whose, path, float(value), unit, confidence, own or SD[confidence]))

    trees = (("pathway", model.default_pathway()), ("exposure", Exposure), ("spines", Spines()), ("spread", Spread()))
    for whose, tree in trees:
        for one in declarations(tree, "parameter"):
            if (whose, one.path) == ("pathway", "excitability.resting_rate"):
                continue  # every neuron has its own, from the spread
            if whose != "spread" or one.path in OF_NEURONS:
                confidence = one.metadata["source"].confidence
                add(whose, one.path, one.value, one.metadata["unit"], confidence, fitted.get(f"{whose}.{one.path}"))
    for given in (SEROTONIN, compound):
        for name in given.kinetics():
            one = getattr(given, name)
            if given is compound or name not in UNDOSED:
                add("compounds", f"{given.name}.{name}", one.value, one.unit, one.source.confidence)
    for name in OF_COHORT:
        own = fitted.get(f"{cohort.name}.{name}", fitted.get(f"cohorts.{name}"))
        add("cohort", name, getattr(cohort, name), "1/s" if name == "drift" else "1", "fitted", own)
    return found


def sets(known: Sequence[Factor], count: int, seed: int) -> FloatArray:
    """Return shifts of all numbers in SDs, (set, factor): normal, cut off, spread evenly by a Latin hypercube."""
    from scipy.stats import norm, qmc

    edge = norm.cdf(-FURTHEST)
    even = qmc.LatinHypercube(len(known), rng=np.random.default_rng(seed)).random(count)
    return norm.ppf(edge + (1.0 - 2.0 * edge) * even)


def values_of(known: Sequence[Factor], shifts: FloatArray, whose: str) -> dict[str, FloatArray]:
    """Return the varied numbers of one owner by path, each (set,)."""
    return {one.path: one.at(column) for one, column in zip(known, shifts.T, strict=True) if one.whose == whose}


def replaced(tree: Any, changes: Mapping[str, Any]) -> Any:
    """Return a container with other values at some dotted paths."""
    for path, value in changes.items():
        stage, _, rest = path.partition(".")
        value = replaced(getattr(tree, stage), {rest: value}) if rest else value
        tree = dataclasses.replace(tree, **{stage: value})
    return tree
