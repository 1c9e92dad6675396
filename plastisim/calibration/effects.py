"""The effect of one dose on spine density for many sets of numbers side by side: the cascade alone, spines in the mean.

Each set is one mouse with one group of neurons, given vehicle and the drug. Exposure and cascade run through the very
programs of a simulation, block after block; no spine is drawn. Neurons that oscillate take thousands of steps while the
others of their block wait, so a set that has taken more than `STEPS` is given up and counted.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any, NamedTuple

import jax
import numpy as np
from jax import numpy as jnp

from plastisim import model
from plastisim.biology.exposure import Exposure
from plastisim.biology.ligands import Ligand, Supply
from plastisim.biology.spines import Habit, Spines
from plastisim.block import GROWTH
from plastisim.calibration.factors import OF_COHORT, OF_NEURONS, Factor, replaced, values_of
from plastisim.calibration.means import Course, Drive, course_of, follow
from plastisim.cascade import GROUP, cascade_program, drive_program, exposure_program, rest_program, tolerances
from plastisim.course import AT_REST
from plastisim.engine import control
from plastisim.engine.clock import schedule
from plastisim.engine.crew import Crew
from plastisim.engine.placing import taken
from plastisim.engine.rodas import RODAS4P
from plastisim.lab.branch_table import FloatArray
from plastisim.lab.cohort import Cohort, Spread
from plastisim.lab.compound import Compound
from plastisim.lab.compounds import SEROTONIN
from plastisim.lab.compounds import VEHICLE as NOTHING
from plastisim.lab.imaging import Microscope
from plastisim.lab.protocol import DAY, TICK, Arm, Dose, Protocol
from plastisim.setup import TOLERANCE
from plastisim.treatment import administered

TOGETHER = 16  # sets a block: the fewer, the fewer wait for one that takes many steps
STEPS = 500  # a day takes a neuron 130 to 320; one that oscillates needs as many in minutes
WATCH = range(600, 6 * 3600, 600)  # s after the dose; moments, beside the usual ones, at which steps are counted
RESERVE = np.array([-1.15, -0.32, 0.32, 1.15])  # standard normal number of each neuron: low to high receptor reserve
RATE = RESERVE[[1, 3, 0, 2]]  # of its resting rate, uncorrelated with it
FATES = ("followed", "no rest", "diverged", "oscillates")


class Followed(NamedTuple):
    """What became of the neurons of every set.

    Attributes:
        drives: what drives spines, by arm (vehicle, drug); neurons of a set beside each other.
        fate: index into `FATES` of each set, the same whichever arm and neuron it befell, shape (set,).
    """

    drives: tuple[Drive, ...]
    fate: np.ndarray


def cast(known: Sequence[Factor], shifts: FloatArray, compound: Compound) -> tuple[model.Pathway, Exposure]:
    """Return parameters of the neurons of every set, leaves (set × GROUP,), and of its animal, leaves (set,)."""
    plain, varied = Spread(), values_of(known, shifts, "spread")
    spread = {name: np.repeat(varied.get(name, np.full(len(shifts), getattr(plain, name))), GROUP)
              for name in OF_NEURONS}  # fmt: skip
    own = {path: np.repeat(value, GROUP) for path, value in values_of(known, shifts, "pathway").items()}
    pathway = replaced(model.default_pathway(), own)
    pathway = replaced(pathway, {
        "gq.reserve": pathway.gq.reserve * np.exp(spread["reserve"] * np.tile(RESERVE, len(shifts))),
        "excitability.resting_rate": spread["rate_median"] * np.exp(spread["rate"] * np.tile(RATE, len(shifts))),
    })  # fmt: skip
    changed: dict[str, Any] = values_of(known, shifts, "compounds")
    of_animals: dict[str, Any] = values_of(known, shifts, "exposure")
    ligands = tuple(
        Ligand(**{name: changed.get(f"{one.name}.{name}", value) for name, value in one.kinetics().items()})
        for one in (SEROTONIN, compound)
    )
    return pathway, Exposure(ligands, **of_animals)


def cascades(known: Sequence[Factor], shifts: FloatArray, compound: Compound, dose: float) -> Followed:
    """Return one day of the neurons of every set after vehicle and after a dose (mg/kg)."""
    count = len(shifts)
    blocks = [np.arange(first, first + TOGETHER) % count for first in range(0, count, TOGETHER)]
    with jax.enable_x64(True), Crew() as crew:
        pathway, exposure = cast(known, shifts, compound)
        arms = (Arm("vehicle", (Dose(NOTHING),)), Arm("drug", (Dose(compound, dose),)))
        protocol = Protocol(arms, start=0, end=DAY, sessions=(0, 1))
        jobs = [(arm, block) for arm in range(len(arms)) for block in blocks]
        found = crew.each(lambda job: _block(pathway, exposure, protocol, *job), jobs)
    time = found[0][0].time
    lives, fates = [], []
    for arm in range(len(arms)):
        mine = found[arm * len(blocks) : (arm + 1) * len(blocks)]
        parts = (np.concatenate([one[0][part] for one in mine], axis=1)[:, : count * GROUP] for part in (1, 2))
        lives.append(Drive(time, *parts))
        fates.append(np.concatenate([one[1] for one in mine])[:count])
    return Followed(tuple(lives), np.where(fates[0] > 0, fates[0], fates[1]))


def _block(
    pathway: model.Pathway, exposure: Exposure, protocol: Protocol, arm: int, who: np.ndarray
) -> tuple[Drive, np.ndarray]:
    """Return one day of the neurons of some sets in an arm, and the fate of each set."""
    lanes = (who[:, None] * GROUP + np.arange(GROUP)).ravel()
    pathway, exposure = (jax.tree.map(jnp.asarray, taken(*one)) for one in ((pathway, lanes), (exposure, who)))
    animal, none = jnp.asarray(np.repeat(np.arange(len(who)), GROUP), jnp.int32), jnp.zeros(len(who))
    initial = exposure.initial(none)
    drive = drive_program()(exposure, initial, tuple(Supply(none, none - 1.0) for _ in exposure.ligands))
    values, rest, residual = rest_program()(pathway, taken(drive, np.asarray(animal)))
    restless = ~(np.asarray(residual).max(axis=0) < AT_REST * np.finfo(float).eps)
    fate = np.where(restless, FATES.index("no rest"), 0)
    neurons, animals = control.start(values), control.start(jnp.stack(jax.tree.leaves(initial)))
    neurons = neurons._replace(failed=jnp.asarray(_whole_sets(restless) - 1, jnp.int32))
    within = tolerances(len(exposure.ligands), TOLERANCE)
    time, growth = [0], [np.asarray(values)[GROWTH[:2]]]
    for chunk in schedule(0, DAY, TICK, [0], WATCH).chunks(1):
        jumps, infusion, bath = (jnp.asarray(part[..., np.full(len(who), arm)]) for part in
                                 administered(protocol, chunk, np.dtype(float)))  # fmt: skip
        lengths = jnp.asarray(chunk.end - chunk.begin, float)
        supply = tuple(Supply(*one) for one in zip(infusion, bath, strict=True))
        animals, pieces, _ = exposure_program(RODAS4P.pieces)(within.animals, exposure, animals, jumps, supply, lengths)
        neurons, ends, _ = cascade_program()(
            within.neurons, pathway, rest, animal, neurons, pieces, jnp.asarray(chunk.event), lengths,
            jnp.asarray(chunk.end, jnp.int32),
        )  # fmt: skip
        lost, tired = np.asarray(neurons.failed) >= 0, np.asarray(neurons.accepted) > STEPS
        fate = np.where((fate == 0) & tired, FATES.index("oscillates"), fate)
        fate = np.where((fate == 0) & lost & ~_whole_sets(fate > 0), FATES.index("diverged"), fate)
        neurons = neurons._replace(failed=jnp.asarray(_whole_sets(fate > 0) - 1, jnp.int32))
        time.append(int(chunk.end[0]))
        growth.append(np.asarray(ends)[0, GROWTH[:2]])
    proteins, set_point = np.moveaxis(np.stack(growth), 1, 0)
    return Drive(np.array(time), proteins, set_point), fate.reshape(-1, GROUP).max(axis=1)


def _whole_sets(lanes: np.ndarray) -> np.ndarray:
    """Return for every neuron whether any of its set is marked, (lane,)."""
    return np.repeat(lanes.reshape(-1, GROUP).any(axis=1), GROUP)


def effects(known: Sequence[Factor], shifts: FloatArray, found: Followed, cohort: Cohort) -> FloatArray:
    """Return spine density 24 h after the dose, drug minus vehicle, in per cent of its start; NaN if not followed.

    Args:
        known: numbers that are varied.
        shifts: sets, (set, factor).
        found: what drives their spines.
        cohort: whose turnover, drift, handling and growth apply.

    Returns:
        Mean over the neurons of a set, shape (set,).
    """
    count = len(shifts)
    varied, habits = values_of(known, shifts, "spines"), values_of(known, shifts, "cohort")
    lost = np.repeat(found.fate > 0, GROUP)
    with jax.enable_x64(True), jax.numpy_rank_promotion("allow"):
        law = jax.tree.map(lambda leaf: jnp.full(count, leaf, float), Spines())
        law = replaced(law, {name: jnp.asarray(value) for name, value in varied.items()})
        habit = Habit(*(jnp.asarray(habits.get(name, np.full(count, getattr(cohort, name)))) for name in OF_COHORT))
        density = []
        for drive in found.drives:
            sound = drive._replace(proteins=np.where(lost, 1.0, drive.proteins),
                                   set_point=np.where(lost, 0.0, drive.set_point))  # fmt: skip
            course = course_of(sound, (0.0, 1.0), TICK)
            parts = (np.moveaxis(part.reshape(*part.shape[:2], count, -1), 2, 0) for part in course[:2])
            density.append(np.asarray(_density()(law, habit, *parts, course.injected, course.duration, cohort.growth)))
    return np.where(found.fate > 0, np.nan, 100.0 * (density[1] - density[0]))


@functools.cache
def _density() -> Any:
    """Return the program: laws, habits, proteins, set points, injections, duration, growth → density, (set,)."""

    def one(law: Spines, habit: Habit, proteins: Any, set_point: Any, injected: Any, duration: Any, growth: Any) -> Any:
        ticks = Course(proteins, set_point, injected, duration, (0.0, 1.0))
        seen = follow(law, habit, growth * jnp.ones(GROUP), ticks, Microscope()).seen
        return (seen[-1] / seen[0]).mean()

    return jax.jit(jax.vmap(one, in_axes=(0, 0, 0, 0, None, None, None)))
