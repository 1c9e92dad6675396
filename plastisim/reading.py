"""Reading a finished run: each read-out that was asked for, for every animal, at every time.

Frames come every two hours, in the first half hour after an event, and at the moments that a protocol names; spines
are seen in imaging sessions. Nothing is interpolated, so a time at which nothing was recorded is refused before the
run begins.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from plastisim import columns
from plastisim.diary import Stored
from plastisim.engine.clock import schedule
from plastisim.engine.errors import ConfigError
from plastisim.lab import imaging
from plastisim.lab.branch_table import FloatArray, Quantity
from plastisim.lab.compounds import SEROTONIN
from plastisim.lab.imaging import Snapshots
from plastisim.lab.measures import Change, Level
from plastisim.lab.protocol import DAY, TICK, Protocol, spoken
from plastisim.readout_table import Asked, Found, Readout, known_readout
from plastisim.records import branch_tables, branches_of, to_dataset
from plastisim.setup import Setup
from plastisim.structure import MiniEpsc, Sholl, mini_epsc, sholl


def read_out(run: Stored, asked: Sequence[Asked]) -> dict[str, list[Found]]:
    """Return what was asked of a run, by read-out; one entry a cohort.

    Raises:
        ConfigError: an unknown read-out, or a time at which nothing was recorded or imaged.
    """
    found = {}
    for one in asked:
        readout = known_readout(one.name)
        times = times_of(one, run)
        values = _imaged(run, readout, times) if readout.imaged else _recorded(run, readout, times)
        population = run.population
        arms = tuple(arm.name for arm in population.protocol.arms)
        found[one.name] = [
            Found(readout, cohort.name, arms, times, values[:, population.cohort == index])
            for index, cohort in enumerate(population.cohorts)
        ]
    return found


def times_of(asked: Asked, run: Setup) -> tuple[float, ...]:
    """Return when a read-out is taken in a run (or setup), s from day 0.

    Raises:
        ConfigError: nothing is recorded or imaged then.
    """
    protocol, readout = run.population.protocol, known_readout(asked.name)
    if readout.imaged:
        return _sessions(asked, protocol)
    if not asked.times:
        raise ConfigError(f"{asked.name} needs times, such as 2 h and 24 h")
    recorded = set(recorded_times(protocol))
    for time in asked.times:
        if time != int(time):
            raise ConfigError(f"{asked.name} at {spoken(time)}: times are whole seconds")
        if not protocol.start <= time <= protocol.end:
            raise ConfigError(
                f"{asked.name} at {spoken(time)} lies outside the run, "
                f"days {protocol.start / DAY:g} to {protocol.end / DAY:g}"
            )
        if time not in recorded:
            near = min(recorded, key=lambda one: abs(one - time))
            raise ConfigError(
                f"{asked.name} is not recorded at {spoken(time)}, the nearest moment is {spoken(near)}: frames come "
                f"every {spoken(TICK)} of the run, in the half hour after an event, and at `moments` of the protocol"
            )
    return tuple(asked.times)


def recorded_times(protocol: Protocol) -> list[int]:
    """Return when a run under a protocol is recorded, s from day 0."""
    return schedule(protocol.start, protocol.end, TICK, protocol.events()).end.tolist()


def _sessions(asked: Asked, protocol: Protocol) -> tuple[float, ...]:
    """Return the sessions of an imaged read-out, s."""
    sessions = tuple(day * DAY for day in protocol.sessions)
    compared, birth = known_readout(asked.name).compared, asked.name == "new_spine_survival"
    if compared and not any(time < 0.0 for time in sessions):
        raise ConfigError(
            f"{asked.name} needs an imaging session before day 0, the day of the dose, as -1 or '-2 h'; "
            "spine_density needs none"
        )
    usual = tuple(time for time in sessions if time > 0.0)[birth:]
    if not asked.times and not usual:
        raise ConfigError(f"{asked.name} needs {'two imaging sessions' if birth else 'an imaging session'} after day 0")
    known = usual if compared else sessions
    for time in asked.times:
        if time not in known:
            seen = ", ".join(spoken(one) for one in known) or "no time"
            raise ConfigError(f"{asked.name} at {spoken(time)}: no such imaging session; it can be had at {seen}")
    return tuple(asked.times) or usual


def _recorded(run: Stored, readout: Readout, times: Sequence[float]) -> FloatArray:
    """Return a recorded variable, mean over neurons, shape (arm, mouse, time)."""
    values = to_dataset(run)[readout.source].sel(time=list(times))
    if "compound" in values.dims:
        values = 100.0 * values.sel(compound=values.compound != SEROTONIN.name).sum("compound")
    if "neuron" in values.dims:
        values = values.mean("neuron")
    return values.transpose("arm", "mouse", "time").values.astype(float)


def _imaged(run: Stored, readout: Readout, times: Sequence[float]) -> FloatArray:
    """Return what was seen in sessions, mean over the branches of a mouse, shape (arm, mouse, time)."""
    days = [time / DAY for time in times]
    if isinstance(readout.source, str) and readout.source in MiniEpsc._fields:
        recorded = mini_epsc(run)
        return getattr(recorded, readout.source)[..., np.searchsorted(recorded.days, days)]
    if isinstance(readout.source, str) and readout.source in Sholl._fields:
        trees = sholl(run)
        grown = trees.crossings.max(axis=-1) if readout.source == "crossings" else getattr(trees, readout.source)
        return grown[..., np.searchsorted(trees.days, days)]
    arm, _, mouse = columns.names_of(run)
    arms, mice, *_ = columns.shape_of(run)
    animal = np.arange(len(arm)) * arms * mice // len(arm)  # branches run over arm, mouse, neuron, dendrite
    values = np.full((arms * mice, len(times)), np.nan)
    if isinstance(readout.source, Quantity):
        number = dict(zip(zip(arm, mouse, strict=True), animal, strict=True))
        for table in branch_tables(run).values():
            index = np.array([number[pair] for pair in zip(table.condition, table.mouse, strict=True)], int)
            for column, day in enumerate(days):
                level = readout.source.is_rate or not readout.compared
                measure = Level((day,)) if level else Change(day)
                seen = measure.values(table, readout.source)
                for one in np.unique(index):
                    own = seen[(index == one) & np.isfinite(seen)]
                    values[one, column] = own.mean() if len(own) else np.nan
    else:
        birth = min(day for day in run.population.protocol.sessions if day > 0)
        for one in range(arms * mice):
            values[one] = _survival(branches_of(run.snapshots, animal == one), run, birth, days)
    return values.reshape(arms, mice, len(times))


def _survival(spines: Snapshots, run: Stored, birth: float, days: Sequence[float]) -> list[float]:
    """Return the share of new spines still there, %, NaN for an animal without new ones."""
    with np.errstate(invalid="ignore"):
        survival = imaging.new_spine_survival(spines, run.microscope, birth)
    return [100.0 * survival[day] for day in days]
