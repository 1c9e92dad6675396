"""A neuron that diverges is frozen and named; the others finish, bit for bit as if nothing had happened."""

from __future__ import annotations

import dataclasses
import functools
from typing import Any

import jax
import numpy as np
import pytest
import runs

from plastisim import columns, exposed
from plastisim.course import Course
from plastisim.engine.crew import Crew
from plastisim.engine.errors import NumericalError
from plastisim.lab.protocol import DAY, Arm
from plastisim.population import populate
from plastisim.quarantine import inherited
from plastisim.records import branch_tables, to_dataset
from plastisim.setup import Setup
from plastisim.simulation import Run, _finished

ILL = 32 + 8 + 5  # neuron 5 of the second arm's second mouse
RING = [32 + 8 + neuron for neuron in (4, 6, 7)]  # its neighbours


def broken(*lanes: int, after: int = 0) -> Run:
    """Return `two_arms` in which CaMK of some neurons loses its meaning once the run has passed `after` s."""
    setup = Setup.of(runs.TWO_ARMS, (runs.FOUR_MICE,), seed=11)
    with jax.enable_x64(True), Crew() as crew:
        course = Course(setup, crew)
        course.start()
        sessions, passed = [course.look()], []
        while not course.finished:
            if course.now >= after:
                _spoil(course, lanes)
            passed.append(course.advance())
            sessions.append(passed[-1].seen)
        return _finished(course, passed, [seen for seen in sessions if seen is not None])


def _spoil(course: Course, lanes: tuple[int, ...]) -> None:
    block = course.blocks[0]
    reserve = np.array(block.pathway.gq.reserve)
    reserve[list(lanes)] = np.nan
    gq = dataclasses.replace(block.pathway.gq, reserve=jax.device_put(reserve))
    block.pathway = dataclasses.replace(block.pathway, gq=gq)


@functools.cache
def one_ill() -> Run:
    """Return the run in which one neuron diverges from day 1 on."""
    return broken(ILL, after=DAY)


def test_it_is_named_with_its_moment_and_its_parameters() -> None:
    (failure,) = one_ill().failures
    assert (failure.arm, failure.mouse, failure.neuron, failure.lane) == ("psilocybin", 1, 5, ILL)
    assert failure.time == DAY
    assert {"gq.reserve", "excitability.resting_rate"} <= set(failure.parameters)
    assert "neuron 5 of mouse 1 in arm 'psilocybin' diverged at 1.0000 d" in str(failure)
    assert failure.variable in {f"{one.path}" for one in columns._VARIABLES}


def test_its_record_ends_there() -> None:
    run, sound = one_ill(), runs.two_arms()
    before = run.frames.time <= DAY
    assert np.isnan(run.frames.cascade[~before][:, :, ILL]).all()
    assert run.frames.cascade[before].tobytes() == sound.frames.cascade[before].tobytes()


def test_the_others_finish() -> None:
    """Its ring goes on beside it, with other steps; everyone else does not notice."""
    run, sound = one_ill(), runs.two_arms()
    assert np.isfinite(np.delete(run.frames.cascade, ILL, axis=2)).all()
    elsewhere = [lane for lane in range(64) if lane not in (ILL, *RING)]
    assert run.frames.cascade[:, :, elsewhere].tobytes() == sound.frames.cascade[:, :, elsewhere].tobytes()
    beside = run.frames.cascade[:, :, RING]
    assert beside.tobytes() != sound.frames.cascade[:, :, RING].tobytes()
    np.testing.assert_allclose(beside, sound.frames.cascade[:, :, RING], rtol=0.2, atol=0.1)


def test_its_branches_leave_tables_and_datasets() -> None:
    run = one_ill()
    table = branch_tables(run)["four"]
    assert len(table.mouse) == len(branch_tables(runs.two_arms())["four"].mouse) - 1
    dataset = to_dataset(run, "ill")
    assert len(dataset.attrs["plastisim_failures"]) == 1
    missing = np.isnan(dataset.observed_spine_density.values).any(axis=(2, 4))
    assert np.argwhere(missing).tolist() == [[1, 1, 5]]


def test_a_run_without_anyone_left_stops() -> None:
    with pytest.raises(NumericalError, match=r"every neuron diverged; the first: .* of neuron 0 of mouse 0"):
        broken(*range(64))


def test_arms_that_continue_others_know_who_had_diverged() -> None:
    run = one_ill()
    vehicle, drug = runs.TWO_ARMS.arms
    arms = (dataclasses.replace(drug, name="on"), vehicle, dataclasses.replace(drug, name="off"))
    new = populate(dataclasses.replace(runs.TWO_ARMS, arms=arms), (runs.FOUR_MICE,), 11)
    found = inherited(run.failures, run.population, new, [1, 0, 1])
    assert [one.arm for one in found] == ["on", "off"]
    places = [(*divmod(int(animal), new.mice), int(neuron)) for animal, neuron in new.lanes()[[f.lane for f in found]]]
    assert places == [(0, 1, 5), (2, 1, 5)]
    assert {one.time for one in found} == {DAY}


def test_sound_runs_name_nobody() -> None:
    named: Any = runs.two_arms().failures
    assert named == ()


def test_an_animal_whose_exposure_diverges_is_named():
    """Its neurons would go on with what it was last, and nothing would say so."""
    setup = Setup.of(runs.TWO_ARMS, (runs.FOUR_MICE,), seed=11)
    with jax.enable_x64(True), Crew() as crew:
        course = Course(setup, crew)
        course.start()
        block = course.blocks[0]
        release = np.full(len(block.who.animals), 600.0)
        release[block.who.animals == 6] = np.nan  # the third mouse of the second arm
        block.exposure = dataclasses.replace(block.exposure, release_time=jax.device_put(release, block.device))
        with pytest.raises(NumericalError, match=r"exposure: .* in mouse 2 of arm 'psilocybin' diverged by \S+ d"):
            course.advance()


def test_a_diverging_exposure_without_neurons_is_named(monkeypatch: pytest.MonkeyPatch):
    plain = exposed.exposures
    monkeypatch.setattr(
        exposed, "exposures", lambda *given: dataclasses.replace(plain(*given), release_time=np.full(1, np.nan))
    )
    with pytest.raises(NumericalError, match=r"exposure: .*serotonin.* in mouse 0 of arm 'a' diverged by 0\.0833 d"):
        exposed.expose((Arm("a"),), end=7200, every=7200)
