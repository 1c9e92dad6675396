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
from plastisim.lab.imaging import Microscope
from plastisim.lab.protocol import DAY, TICK, Arm, Dose, Protocol
from plastisim.lab.turnover import observed
from plastisim.lab.turnover_fit import Branches, covariances
from plastisim.population import in_precision, sites
from plastisim.records import branch_tables
from plastisim.setup import Setup
from plastisim.simulation import Imaged, Run, snapshots
from plastisim.spine_agents import keyed
from plastisim.trees import Trees

CHUNK = 64  # segments compiled together
WEEK = (-3.0, -1.0, 1.0, 3.0, 5.0, 7.0)  # days of imaging
SLOTS = 64  # first guess of the slots a branch


def agents(setup: Setup, drive: Drive | None) -> Imaged:
    """Return the spines of a run with one arm, of which only the drive is handed in; the same spines as in `simulate`.

    Args:
        setup: its protocol has one arm, injected on day 0 whatever it gives, and starts with its first session.
        drive: neurons to go round among those of the cohorts; None is an injection of vehicle.
    """
    population, dtype = setup.population, jnp.dtype("float32")
    law = in_precision(setup.law, dtype)
    branches, length = sites(population, setup.spread, law, setup.microscope, dtype)
    trees, lanes = Trees(law, keyed(branches), SLOTS), len(population.lanes())
    moments = [round(day * DAY) for day in population.protocol.sessions]
    seen = [trees.look(moments[0])]
    for chunk in schedule(moments[0], moments[-1], TICK, [0]).chunks(CHUNK, moments):
        injected = chunk.event & (chunk.begin == 0)
        struck = jnp.asarray(np.repeat(injected[:, None], len(length), axis=1))
        proteins, set_point = _drive_at(chunk.end, lanes, drive)
        trees.advance(chunk, jnp.asarray(proteins, dtype), jnp.asarray(set_point, dtype), struck)
        if int(chunk.end[-1]) in moments:
            seen.append(trees.look(int(chunk.end[-1])))
    spines = snapshots(seen, moments, np.asarray(length))
    return Imaged(**vars(setup), snapshots=spines, steps=np.zeros((2, 1)), residual=0.0, failures=())


def one_arm(name: str, sessions: tuple[float, ...]) -> Protocol:
    """Return the protocol of one arm for `agents`, imaged in some sessions (days)."""
    start, end = round(sessions[0] * DAY), round(sessions[-1] * DAY)
    return Protocol((Arm(name, (Dose(NOTHING, 1.0),)),), start=start, end=end, sessions=sessions)


def agents_table(
    law: Spines, cohort: Cohort, spread: Spread, microscope: Microscope, sessions: tuple[float, ...],
    drives: dict[str, Drive | None], seed: int = 0,
) -> BranchTable:  # fmt: skip
    """Return what would have been measured in every arm, by name of the arm; the arms share their individuals."""
    arms = {}
    for name, drive in drives.items():
        setup = Setup.of(one_arm(name, sessions), (cohort,), seed=seed, law=law, spread=spread, microscope=microscope)
        arms[name] = branch_tables(agents(setup, drive))[cohort.name]
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
    around, here = np.arange(lanes) % drive.proteins.shape[1], drive.at(ends)
    return here.proteins[:, around], here.set_point[:, around]
