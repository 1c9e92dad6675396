"""What must not change an answer does not change a bit of it; what is only a value compiles nothing."""

from __future__ import annotations

import dataclasses
import functools
from typing import Any

import numpy as np
import pytest
import runs

from plastisim import course, model, trees
from plastisim.biology.spines import Spines
from plastisim.engine import table
from plastisim.engine.errors import NumericalError
from plastisim.individuals import WIDTH, Mice, in_pieces
from plastisim.lab.cohort import IT, Cohort, Spread
from plastisim.lab.compounds import PSILOCYBIN
from plastisim.lab.protocol import Arm, Dose, Protocol
from plastisim.setup import Settings
from plastisim.simulation import Run


def everything(run: Run) -> bytes:
    """Return all results of a run as bytes, without the slots that only fill up the tables."""
    spines = run.snapshots
    parts = [*run.frames, *run.ledger, run.steps, spines.days, spines.length, *individuals(run)]
    return b"".join(np.ascontiguousarray(part).tobytes() for part in parts)


def individuals(run: Run) -> list[np.ndarray]:
    """Return every spine of every session in the order of session, branch and serial number."""
    spines = run.snapshots
    present = np.nonzero(spines.serial >= 0)
    order = np.lexsort((spines.serial[present], present[1], present[0]))
    shown = (spines.serial, spines.visible, spines.log_width, spines.place, spines.noise)
    return [present[0][order], present[1][order], *(part[present][order] for part in shown)]


def of_neuron(run: Run, arm: int, mouse: int, neuron: int) -> bytes:
    """Return everything about one neuron and its only branch as bytes."""
    population = run.population
    animal = arm * population.mice + mouse
    lane, site = animal * population.filled + neuron, animal * population.neurons + neuron
    kept = run.ledger.site == site
    session, branch, *spines = individuals(run)
    parts = [run.frames.time, run.frames.cascade[:, :, lane], run.frames.spines[:, site], run.steps[:, lane]]
    parts += [part[kept] for part in run.ledger[1:]] + [part[branch == site] for part in (session, *spines)]
    parts.append(run.snapshots.length[site : site + 1])
    return b"".join(np.ascontiguousarray(part).tobytes() for part in parts)


def test_same_call_same_bytes_other_seed_other_bytes():
    assert everything(runs.again()) == everything(runs.two_arms())
    other = runs.again(seed=12)
    for part, twin in zip(other.frames[1:], runs.two_arms().frames[1:], strict=True):
        assert part.tobytes() != twin.tobytes()


@functools.cache
def crowded() -> Run:
    """Return `two_arms` among more neurons, more mice and another cohort, in chunks of another length."""
    cohorts = (dataclasses.replace(runs.FOUR_MICE, mice=5, neurons=18), Cohort("other", IT, 1, 18, 1, turnover=1.3))
    original, course.CHUNK = course.CHUNK, 13
    try:
        return runs.again(cohorts=cohorts, settings=Settings(slots=100))
    finally:
        course.CHUNK = original


@pytest.mark.parametrize(("mouse", "neuron"), [(0, 0), (0, 7), (3, 7), (2, 5)])
@pytest.mark.parametrize("arm", [0, 1])
def test_a_neuron_does_not_depend_on_the_others_nor_on_the_chunks(arm: int, mouse: int, neuron: int):
    assert of_neuron(crowded(), arm, mouse, neuron) == of_neuron(runs.two_arms(), arm, mouse, neuron)


def test_the_comparison_of_neurons_can_fail():
    reference = of_neuron(runs.two_arms(), 1, 3, 7)
    assert reference != of_neuron(runs.two_arms(), 0, 3, 7)
    assert reference != of_neuron(crowded(), 1, 3, 6)
    assert reference != of_neuron(crowded(), 1, 5, 7)  # the other cohort


@functools.cache
def with_slots(slots: int) -> Run:
    """Return three days with full tables: without dispersion no slot is free at the start."""
    return runs.again(law=Spines(dispersion=0.0), settings=Settings(slots=slots))


@pytest.mark.parametrize("late", [False, True])
def test_the_first_capacity_of_the_table_does_not_matter(late: bool, monkeypatch: pytest.MonkeyPatch):
    """Three slots are too few to start with; exactly enough for the start overflow later, and a chunk is replayed."""
    reference, widened, widen = with_slots(64), [], table.widen
    monkeypatch.setattr(table, "widen", lambda held, width: (widened.append(width), widen(held, width))[1])
    first = int((reference.snapshots.serial[0] >= 0).sum(axis=-1).max())
    assert everything(with_slots(first if late else 3)) == everything(reference)
    assert bool(widened) or not late


def test_arms_share_their_randomness():
    """A drug effect is measured on the same individuals: an arm is its deeds, not its name or place."""
    arms = (Arm("psilocybin", runs.PSILOCYBIN_1, runs.TWO_ARMS.arms[1].baths), Arm("psilocybin without doses"))
    swapped = runs.again(protocol=dataclasses.replace(runs.TWO_ARMS, arms=arms))
    for mouse in range(4):
        for neuron in range(8):
            assert of_neuron(swapped, 1, mouse, neuron) == of_neuron(runs.two_arms(), 0, mouse, neuron)
            assert of_neuron(swapped, 0, mouse, neuron) == of_neuron(runs.two_arms(), 1, mouse, neuron)


def test_before_the_dose_the_arms_are_one():
    run = runs.two_arms()
    before = run.frames.time <= 0
    cells = run.population.imaged(run.frames.cascade[before])
    assert cells[:, :, 0].tobytes() == cells[:, :, 1].tobytes()
    spines = run.frames.spines[before].reshape(before.sum(), 2, -1)
    assert spines[:, 0].tobytes() == spines[:, 1].tobytes()
    after = run.frames.spines[-1].reshape(2, -1)
    assert after[1].sum() > after[0].sum()


OTHER_VALUES: dict[str, dict[str, Any]] = {
    "seed": {"seed": 5},
    "dose": {"protocol": Protocol(
        (runs.TWO_ARMS.arms[0], Arm("psilocybin", (Dose(PSILOCYBIN, 0.3, 3600, "iv"),), runs.TWO_ARMS.arms[1].baths)),
        runs.TWO_ARMS.start, runs.TWO_ARMS.end, runs.TWO_ARMS.sessions,
    )},
    "length": {"protocol": dataclasses.replace(runs.TWO_ARMS, end=runs.TWO_ARMS.end + 7200, sessions=(-1, 0, 1, 2))},
    "parameter": {"pathway": dataclasses.replace(
        model.default_pathway(), gq=dataclasses.replace(model.default_pathway().gq, reserve=2.5)
    )},
    "spread": {"spread": Spread(reserve=0.4)},
    "tolerance": {"settings": Settings(tolerance=1e-4)},
}  # fmt: skip


@pytest.mark.parametrize("what", OTHER_VALUES)
def test_another_value_compiles_nothing(what: str):
    runs.two_arms()
    runs.again(seed=4)  # small operations outside the programs compile in the first calls
    before = runs.compilations()
    assert before > 0
    found = runs.again(**OTHER_VALUES[what])
    assert runs.compilations() == before
    assert found.frames.cascade[-1].tobytes() != runs.two_arms().frames.cascade[-1].tobytes()


def test_another_population_size_compiles_nothing():
    runs.two_arms()
    runs.again(cohorts=(dataclasses.replace(runs.FOUR_MICE, mice=6),))  # 96 neurons: a second block
    before = runs.compilations()
    found = runs.again(cohorts=(dataclasses.replace(runs.FOUR_MICE, mice=7),))
    assert found.frames.cascade.shape[-1] == 2 * 7 * 8
    assert runs.compilations() == before


def test_individuals_are_drawn_in_pieces_of_one_width():
    widths = []

    def draw(rows: Mice) -> tuple[np.ndarray, np.ndarray]:
        widths.append((len(rows.cohort), len(rows.mouse)))
        return rows.cohort + 1, np.stack([rows.mouse, -rows.mouse], axis=1)

    for count in (1, WIDTH, 2 * WIDTH + 5):
        cohort, mouse = in_pieces(draw, Mice(np.arange(count), 3 * np.arange(count)))
        np.testing.assert_array_equal(cohort, np.arange(count) + 1)
        np.testing.assert_array_equal(mouse, np.outer(3 * np.arange(count), [1, -1]))
    assert widths == [(WIDTH, WIDTH)] * 5


@pytest.mark.slow
def test_single_precision_is_close():
    """Single precision carries seven digits; a day of steps leaves the cascade within one per cent of a scale."""
    single, double = runs.again(settings=Settings(precision="float32")), runs.two_arms()
    assert single.frames.cascade.dtype == np.float32
    assert double.frames.cascade.dtype == np.float64
    size = np.maximum(np.abs(double.frames.cascade), 0.1 * runs.SCALE[:, None])
    drift = np.abs(single.frames.cascade - double.frames.cascade) / size
    assert 0.0 < drift.max() < 0.02, runs.VARIABLES[int(drift.max(axis=(0, 2)).argmax())]
    assert single.frames.spines.sum() == pytest.approx(double.frames.spines.sum(), rel=0.01)


def test_a_neuron_without_rest_is_refused():
    """A resting state that is not one would show up as a drug effect."""
    broken = dataclasses.replace(model.default_pathway().bdnf, translation_s6=float("nan"))
    with pytest.raises(NumericalError, match="rest"):
        runs.again(pathway=dataclasses.replace(model.default_pathway(), bdnf=broken))


def test_more_births_than_can_be_drawn_end_in_an_error(monkeypatch: pytest.MonkeyPatch):
    """A wider table does not help there: without a limit it would grow for ever."""
    monkeypatch.setattr(trees, "MOST_SLOTS", 64)
    with pytest.raises(NumericalError, match="more than 12 spines are born"):
        runs.again(law=Spines(transient_loss=1e-2))
