"""A run written to disk while it goes on: frames stream into a store, and every few seconds a checkpoint is kept.

Beside the store `NAME` of a run under way stand `NAME.running`, the store so far, and `NAME.progress`, a folder with
the checkpoint and what can only be written at the end (the imaging sessions and the dead). Both vanish when `NAME`
appears, whole. Whatever moment a process dies, `resume` goes on to the very same result.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import jax

from plastisim.course import Course
from plastisim.course_state import State, of_arms, restore
from plastisim.description import setup_of
from plastisim.diary import CHECKPOINT, Diary, Stored, parts_folder, steps_of
from plastisim.engine.crew import Crew
from plastisim.engine.errors import ConfigError, StoreError
from plastisim.lab.protocol import DAY, Protocol
from plastisim.quarantine import Failure, inherited
from plastisim.results import checkpoint
from plastisim.results.attributes import read_root
from plastisim.results.files import remove
from plastisim.results.store import check_free, running
from plastisim.results.stream import StreamingStore
from plastisim.setup import Setup

Progress = Callable[[float], Any]


def record(
    store: str | Path,
    setup: Setup,
    title: str,
    *,
    keep: Sequence[float] = (),
    overwrite: bool = False,
    tidy: bool = True,
    progress: Progress = lambda done: None,
) -> Stored:
    """Simulate into a store; memory does not grow with simulated time.

    Args:
        store: name of the new store, by custom ending in `.zarr`.
        setup: what is simulated (`Setup.of`).
        title: one line for figures and catalogues.
        keep: days at which a checkpoint is kept for `branch`, as `NAME.day-D.npz` beside the store.
        overwrite: replace an older store, and drop an unfinished run of that name.
        tidy: remove `NAME.progress` at the end; with it, a finished run can be resumed too, which gives it back.
        progress: called with the number of simulated seconds after each chunk.

    Raises:
        ConfigError: a day to keep is no imaging session or tick of the run.
        StoreError: the name is taken, or the disk is full; then the run can be resumed.
        NumericalError: no neuron is left whose state is finite.
    """
    path = Path(store)
    check_free(path, overwrite)
    if not overwrite and (running(path).exists() or parts_folder(path).exists()):
        raise StoreError(f"{str(path)!r} has an unfinished run beside it; resume it, or overwrite it on purpose")
    return _tidied(_carried_out(path, setup, title, keep=keep, overwrite=overwrite, progress=progress), tidy)


def resume(store: str | Path, *, tidy: bool = True, progress: Progress = lambda done: None) -> Stored:
    """Go on with a run that was interrupted, to the very result that it would have had.

    Args:
        store: name that the store would have had.
        tidy: as in `record`.
        progress: called with the number of simulated seconds after each chunk, and once with those of before.

    Raises:
        StoreError: nothing to resume, or the checkpoint is damaged.
    """
    path = Path(store)
    whole = path.exists() and parts_folder(path).exists()
    if not whole and not running(path).exists():
        raise StoreError(f"{str(path)!r} has no unfinished run beside it; there is nothing to resume")
    root = read_root(path if whole else running(path))
    setup = setup_of(json.loads(root["plastisim_config"]))
    if whole:
        return _tidied(Diary.finished(setup, path), tidy)
    saved = parts_folder(path) / CHECKPOINT
    if not saved.exists():  # it died before the first one
        return _tidied(_carried_out(path, setup, root["title"], overwrite=True, progress=progress), tidy)
    arrays, about = checkpoint.load(saved)
    if about["config"] != root["plastisim_config_sha256"]:
        raise StoreError(f"{str(saved)!r} belongs to another run than {str(path)!r}; start again, overwriting both")
    steps = about.get("steps", "unknown")  # older versions named none
    if steps != steps_of(setup):
        raise StoreError(
            f"{str(saved)!r} was made by another version of plastisim, whose steps are others: order and pieces "
            f"{steps}, here {steps_of(setup)}; resume it with that version, or start again, overwriting both"
        )
    stream = StreamingStore.resume(path, n_committed=about["frames"], overwrite=about["overwrite"])
    begin = _Begin(arrays, about["now"], about["since"], about["failures"])
    run = _carried_out(path, setup, root["title"], keep=about["keep"], overwrite=about["overwrite"],
                       progress=progress, begin=begin, stream=stream)  # fmt: skip
    return _tidied(run, tidy)


class _Begin(NamedTuple):
    """Where a run goes on: its state, now and the begin of its record (s from day 0), and who had diverged."""

    state: State
    now: int
    since: int
    failures: Sequence[Any]


def _tidied(run: Stored, tidy: bool) -> Stored:
    if tidy:
        remove(parts_folder(run.store))
    return run


def branch(
    kept: str | Path,
    store: str | Path,
    protocol: Protocol,
    *,
    parents: dict[str, str] | None = None,
    title: str = "",
    overwrite: bool = False,
    progress: Progress = lambda done: None,
) -> Stored:
    """Continue a kept checkpoint under another protocol; the same mice, from that moment on.

    Args:
        kept: a checkpoint that `record(keep=…)` wrote.
        store: name of the new store; its record begins at the checkpoint.
        protocol: what happens from then on. It begins when the run of the checkpoint began; what it says about the
            time before the checkpoint is not done again.
        parents: arm of the checkpoint's run that each new arm continues; None takes arms of the same name.
        title: one line for figures and catalogues.
        overwrite: replace an older store.
        progress: called with the number of simulated seconds after each chunk.

    Raises:
        ConfigError: an arm without parent, or a protocol that begins at another time or is over at the checkpoint.
        StoreError: the checkpoint cannot be read, or the name is taken.
    """
    path = Path(store)
    check_free(path, overwrite)
    arrays, about = checkpoint.load(Path(kept))
    old = setup_of(json.loads(about["description"]))
    if protocol.start != old.population.protocol.start:
        raise ConfigError(
            f"a branch begins when its parent began, at day {old.population.protocol.start / DAY:g}, but got a "
            f"protocol that begins at day {protocol.start / DAY:g}"
        )
    if protocol.end <= about["now"]:
        raise ConfigError(
            f"nothing is left to simulate: the protocol ends at day {protocol.end / DAY:g}, and the checkpoint is of "
            f"day {about['now'] / DAY:g}; give it a later end"
        )
    names = [arm.name for arm in old.population.protocol.arms]
    wanted = [(parents or {}).get(arm.name, arm.name) for arm in protocol.arms]
    if unknown := [name for name in wanted if name not in names]:
        raise ConfigError(f"no arm {unknown[0]!r} to continue; the checkpoint has {', '.join(map(repr, names))}")
    pathway, law, spread = old.pathway, old.law, old.spread
    setup = Setup.of(
        protocol, old.population.cohorts, seed=old.population.seed, pathway=pathway, law=law, spread=spread,
        microscope=old.microscope, settings=old.settings,
    )  # fmt: skip
    lineage = [names.index(name) for name in wanted]
    state = of_arms(arrays, old.population, setup.population, lineage)
    failures = inherited([Failure(*one) for one in about["failures"]], old.population, setup.population, lineage)
    begin = _Begin(state, about["now"], about["now"], failures)
    return _tidied(_carried_out(path, setup, title, overwrite=overwrite, progress=progress, begin=begin), True)


def _carried_out(
    path: Path, setup: Setup, title: str, *, keep: Iterable[float] = (), overwrite: bool, progress: Progress,
    begin: _Begin | None = None, stream: StreamingStore | None = None,
) -> Stored:  # fmt: skip
    """Run from the start, or from where `begin` stands, to the end."""
    with jax.enable_x64(setup.settings.precision == "float64"), Crew() as crew:
        stops = {round(day * DAY) for day in keep}
        course = Course(setup, crew, stops, begin and begin.since)
        if stream is None:
            stream = Diary.lay_out(course, path, title, overwrite)
        course.start()
        diary = Diary(course, stream, path, tuple(keep), overwrite)
        if begin is not None:
            restore(course, begin.state, begin.now)
            course.failures = [Failure(*one) for one in begin.failures]
        if course.now == course.since:
            diary.begin()
        else:
            progress(float(course.now - course.since))
        while not course.finished:
            before = course.now
            diary.write()
            progress(float(course.now - before))
        return diary.end()
