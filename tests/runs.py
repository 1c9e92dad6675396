"""Runs that several test files share. All have 8 animals, 64 neurons and 3 compounds: everything compiles once."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable
from typing import Any

import jax
import numpy as np

from plastisim import model
from plastisim.lab.cohort import PT, Cohort, Spread
from plastisim.lab.compounds import KETANSERIN, PSILOCYBIN, SEROTONIN
from plastisim.lab.hypotheses import CONSOLIDATION, SET_POINT_SHIFT, STABILISATION
from plastisim.lab.protocol import DAY, Arm, Bath, Dose, Protocol
from plastisim.simulation import Run, simulate

VARIABLES = [declared.name for declared in model.variables()]
SCALE = np.array([declared.metadata["scale"] for declared in model.variables()])
ALIKE = Spread(reserve=0.0, rate=0.0, rate_median=2.0, elimination=0.0)
ONE_MOUSE = Cohort("one", PT, mice=1, neurons=8, dendrites=1)
FOUR_MICE = Cohort("four", PT, mice=4, neurons=8, dendrites=1)

PSILOCYBIN_1 = (Dose(PSILOCYBIN, 1.0),)
KETANSERIN_BATH = Bath(KETANSERIN, 1000.0, 0, DAY)
ARMS = (
    Arm("vehicle"),
    Arm("psilocybin 0.1", (Dose(PSILOCYBIN, 0.1),)),
    Arm("psilocybin 1", PSILOCYBIN_1),
    Arm("psilocybin 3", (Dose(PSILOCYBIN, 3.0),)),
    Arm("serotonin", baths=(Bath(SEROTONIN, 10_000.0, 0, 3600),)),
    Arm("ketanserin", PSILOCYBIN_1, (KETANSERIN_BATH,)),
    Arm("knockout", PSILOCYBIN_1, htr2a_density=0.0),
    Arm("serotonin at no concentration", baths=(Bath(SEROTONIN, 0.0, 0, 3600),)),
)
ONE_DAY = Protocol(ARMS, start=0, end=DAY, sessions=(0, 1))
TWO_ARMS = Protocol(
    (Arm("vehicle"), Arm("psilocybin", PSILOCYBIN_1, (Bath(KETANSERIN, 0.0, DAY, DAY + 3600),))),
    start=-DAY, end=2 * DAY, sessions=(-1, 1, 2),
)  # fmt: skip
_compilations = itertools.count()
_last = [0]


@functools.cache
def alike() -> Run:
    """Return one day of eight arms in which all neurons are the reference neuron."""
    return simulate(ONE_DAY, (ONE_MOUSE,), spread=ALIKE)


@functools.cache
def different() -> Run:
    """Return one day of eight arms with eight neurons that differ."""
    return simulate(ONE_DAY, (ONE_MOUSE,), seed=3)


@functools.cache
def two_arms() -> Run:
    """Return three days of vehicle and psilocybin with 4 mice of 8 neurons."""
    return simulate(TWO_ARMS, (FOUR_MICE,), seed=11)


@functools.cache
def persistence() -> Run:
    """Return two days of vehicle and of psilocybin under three answers to what keeps spine density up, two mice."""
    dose, bath = PSILOCYBIN_1, (Bath(KETANSERIN, 0.0, 0, 3600),)
    held = (SET_POINT_SHIFT, STABILISATION, CONSOLIDATION)
    arms = (Arm("vehicle"), *(Arm(one.name, dose, bath, hypothesis=one) for one in held))
    cohort = Cohort("two", PT, mice=2, neurons=8, dendrites=3)
    return simulate(Protocol(arms, 0, 2 * DAY, (0, 1, 2)), (cohort,), seed=5)


def again(**changes: Any) -> Run:
    """Return `two_arms` with something changed, simulated anew."""
    return simulate(**{"protocol": TWO_ARMS, "cohorts": (FOUR_MICE,), "seed": 11, **changes})


def trace(run: Run, arm: str, variable: str) -> np.ndarray:
    """Return a variable of the neurons of an arm's only mouse, shape (time, neuron)."""
    index = [one.name for one in run.population.protocol.arms].index(arm)
    return run.population.imaged(run.frames.cascade)[:, VARIABLES.index(variable), index, 0]


def quickly(function: Callable[..., Any]) -> Any:
    """Return a function compiled for one short use: without fusion, which is quicker to compile."""
    return jax.jit(function, compiler_options={"xla_disable_hlo_passes": "fusion"})


def compilations() -> int:
    """Return how many programs XLA has compiled since the first call."""
    return _last[0]


def _count(event: str, *_: Any, **__: Any) -> None:
    if event == "/jax/core/compile/backend_compile_duration":
        _last[0] = next(_compilations) + 1


jax.monitoring.register_event_duration_secs_listener(_count)
