"""Agents without the cascade: the spines of one group of animals under a given drive, imaged as in a whole run.

Calibrating and testing the mean field needs thousands of branches but no new neurons. The runner, the programs and the
microscope are those of `simulate`; only what drives the spines is handed in.
"""

from __future__ import annotations

import dataclasses

import numpy as np
from jax import numpy as jnp

from plastisim.biology.spines import Spines
from plastisim.block import GROWTH
from plastisim.calibration.means import Drive
from plastisim.engine.clock import schedule
from plastisim.lab.branch_table import ELIMINATION, FORMATION, VEHICLE, BranchTable, concatenate
from plastisim.lab.cohort import Cohort, Spread
from plastisim.lab.compounds import VEHICLE as NOTHING
from plastisim.lab.hazard_laws import HiddenState
from plastisim.lab.imaging import Microscope, Snapshots, image
from plastisim.lab.protocol import DAY, TICK, Arm, Dose, Protocol
from plastisim.lab.turnover import observed
from plastisim.lab.turnover_fit import Branches, covariances
from plastisim.population import in_precision, populate, sites
from plastisim.simulation import Run, snapshots
from plastisim.trees import Trees

CHUNK = 64  # segments compiled together
WEEK = (-3.0, -1.0, 1.0, 3.0, 5.0, 7.0)  # days of imaging
SLOTS = 64  # first guess of the slots a branch


def spines_of(
    law: Spines, cohort: Cohort, spread: Spread, microscope: Microscope, sessions: tuple[float, ...],
    drive: Drive | None = None, seed: int = 0,
) -> tuple[Snapshots, np.ndarray]:  # fmt: skip
    """Return the spines of a cohort in every session, and the mouse of every branch.

    Args:
        law: hazards and sizes.
        cohort: who; injected once, on day 0.
        spread: how individuals differ.
        microscope: the set point is what it would count.
        sessions: days; the first starts the run, from rest.
        drive: neurons to go round among the cohort's; None is an injection of vehicle.
        seed: of all randomness.
    """
    injection = Arm(VEHICLE, (Dose(NOTHING, 1.0),))
    start, end = round(sessions[0] * DAY), round(sessions[-1] * DAY)
    protocol = Protocol((injection,), start=start, end=end, sessions=sessions)
    population, dtype = populate(protocol, (cohort,), seed), jnp.dtype("float32")
    law = in_precision(law, dtype)
    branches, length = sites(population, spread, law, microscope, dtype)
    trees = Trees(law, branches, SLOTS)
    seen, moments = [trees.look(start)], [round(day * DAY) for day in sessions]
    lanes = len(population.lanes())
    for chunk in schedule(start, end, TICK, protocol.events()).chunks(CHUNK, moments):
        injected = chunk.event & np.isin(chunk.begin, protocol.injections()[0])
        struck = jnp.asarray(np.repeat(injected[:, None], len(length), axis=1))
        proteins, set_point = _drive_at(chunk.end, lanes, drive)
        trees.advance(chunk, jnp.asarray(proteins, dtype), jnp.asarray(set_point, dtype), struck)
        if int(chunk.end[-1]) in moments:
            seen.append(trees.look(int(chunk.end[-1])))
    each = cohort.neurons * cohort.dendrites
    mice = np.repeat([f"mouse {number}" for number in range(cohort.mice)], each)
    return snapshots(seen, moments, np.asarray(length)), mice


def agents_table(
    law: Spines, cohort: Cohort, spread: Spread, microscope: Microscope, sessions: tuple[float, ...],
    drives: dict[str, Drive | None], seed: int = 0,
) -> BranchTable:  # fmt: skip
    """Return what would have been measured in every arm, by name of the arm; the arms share their individuals."""
    arms = {}
    for name, drive in drives.items():
        spines, mouse = spines_of(law, cohort, spread, microscope, sessions, drive, seed)
        arms[name] = image(spines, microscope, mouse, np.full(len(mouse), name))
    return concatenate(arms)


def drive_of(run: Run, arm: int = -1) -> Drive:
    """Return what drove the spines of an arm (the last one, unless said), all mice's neurons beside each other."""
    values = run.population.imaged(run.frames.cascade)[:, :, arm]
    proteins, set_point = (values[:, index].reshape(len(values), -1) for index in GROWTH[:2])
    return Drive(run.frames.time, proteins, set_point)


def hidden_state(law: Spines) -> HiddenState:
    """Return a law of single spines, at turnover 1 and without drift, as a candidate among others."""
    rates = (law.transient_loss, law.persistent_loss, law.hiding, law.appearing)
    loss, lost, hiding, appearing = (float(rate) * DAY for rate in rates)
    return HiddenState(loss, float(law.transient_share), lost, hiding, appearing, 0.0)


def calibrate(law: Spines, cohort: Cohort, spread: Spread, microscope: Microscope, seed: int = 0) -> Branches:
    """Return what small branches add to expectations: agents of `law` against its mean field.

    A second group of agents never hides by itself, which shows the covariances that have another cause.

    Args:
        law: hazards; the calibration is used for laws nearby.
        cohort: its branches and handling are kept; turnover becomes 1 and drift 0.
        spread: how branches differ; mice turn over alike here.
        microscope: how branches are imaged.
        seed: of all randomness.
    """
    cohort = dataclasses.replace(cohort, turnover=1.0, drift=0.0)
    group = (cohort, dataclasses.replace(spread, turnover=0.0), microscope)
    table = agents_table(law, *group, (*WEEK, 34.0), {VEHICLE: None}, seed)
    open_eyed = dataclasses.replace(law, hiding=1e-12)
    without = agents_table(open_eyed, *group, WEEK, {VEHICLE: None}, seed)
    expected = observed(hidden_state(law).flow())
    gained, lost = table.values(FORMATION), table.values(ELIMINATION)
    found, other = (np.array(covariances(one))[:, 0] for one in (table, without))
    back = np.array(expected.returned)
    gain = float((found - other)[:3] @ back / (back @ back))
    return Branches(
        turnover=float(0.5 * (np.nanmean(gained[:, :-1]) + np.nanmean(lost[:, :-1])) - expected.formation),
        late_formation=float(np.nanmean(gained[:, -1]) - expected.late_formation),
        late_elimination=float(np.nanmean(lost[:, -1]) - expected.late_elimination),
        gain=gain,
        offsets=(*other[:3].tolist(), float(found[3] - gain * expected.lost_again)),
    )


def _drive_at(ends: np.ndarray, lanes: int, drive: Drive | None) -> tuple[np.ndarray, np.ndarray]:
    """Return plasticity proteins and set-point shift of every neuron at the ends of segments, (segment, lane)."""
    if drive is None:
        return np.ones((len(ends), lanes)), np.zeros((len(ends), lanes))
    around = np.arange(lanes) % drive.proteins.shape[1]
    return drive.at(ends).proteins[:, around], drive.at(ends).set_point[:, around]
