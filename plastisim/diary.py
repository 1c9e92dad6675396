"""What is on disk of a run under way: frames in a store, a checkpoint every few seconds, and parts for the end.

Whenever the last checkpoint was made, a resumed run ends in the same bytes; only what it computes again differs.
"""

from __future__ import annotations

import dataclasses
import json
import time
from pathlib import Path
from typing import NamedTuple

import numpy as np

from plastisim import columns
from plastisim.cascade import DRIVES
from plastisim.course import CHUNK, Course, Frames, Passed
from plastisim.course_state import state_of
from plastisim.description import described
from plastisim.lab.protocol import DAY
from plastisim.quarantine import Failure
from plastisim.results import checkpoint
from plastisim.results.attributes import read_root
from plastisim.results.dataset import build
from plastisim.results.files import remove
from plastisim.results.stream import StreamingStore
from plastisim.setup import Setup
from plastisim.simulation import Imaged, snapshots
from plastisim.trees import Ledger, Seen

CHECKPOINT = "checkpoint.npz"
END = "end.npz"
SECONDS = 3.0  # after which what was computed is written: each writing touches every variable's file
WAITING = 8 * 2**20  # bytes that wait for it at most
FILE = 2**20  # bytes of a variable's file, if there are as many


@dataclasses.dataclass(frozen=True, eq=False)
class Stored(Imaged):
    """A finished simulation on disk.

    Attributes:
        store: path; open it with `open_run`.
    """

    store: Path


class _Chunk(NamedTuple):
    """A chunk that is not on disk yet: its number, its end (s from day 0), what happened in it."""

    number: int
    now: int
    passed: Passed


class Diary:
    """What is on disk of a run under way."""

    def __init__(self, course: Course, stream: StreamingStore, path: Path, keep: tuple[float, ...], overwrite: bool):
        """See `lay_out` for the store."""
        self.course, self.stream, self.path, self.keep, self.overwrite = course, stream, path, keep, overwrite
        self.description = json.dumps(described(course.setup))
        self._waiting: list[_Chunk] = []
        self._written = time.monotonic()

    @staticmethod
    def lay_out(course: Course, path: Path, title: str, overwrite: bool) -> StreamingStore:
        """Return a new store, laid out in full without memory for the values along time."""
        setup, times = course.setup, course.times
        lanes, animals = setup.population.animals * setup.population.filled, setup.population.animals

        def none(*shape: int) -> np.ndarray:
            return np.broadcast_to(columns.SINGLE(0.0), (len(times), *shape))

        frames = Frames(
            times, none(course.variables, animals), none(DRIVES, animals), none(len(columns.ROWS), lanes),
            none(len(course.length)),
        )  # fmt: skip
        days = [day for day in sorted(setup.population.protocol.sessions) if round(day * DAY) >= course.since]
        template = build(
            [*columns.frame_columns(setup, frames, course.length), *columns.static_columns(setup, course.length)],
            columns.coordinates(setup, times, np.array(days, float)),
            columns.attributes(setup, title),
        )
        remove(parts_folder(path))
        row = max(part.nbytes for part in (frames.drive[:1], frames.cascade[:1, :1], frames.spines[:1]))
        block = CHUNK * max(1, FILE // (CHUNK * row))
        stream = StreamingStore.create(path, template, block=block, overwrite=overwrite)
        parts_folder(path).mkdir()
        return stream

    def begin(self) -> None:
        """Keep what is there before the first chunk."""
        self._session(self.course.position, self.course.now, self.course.look())
        self._checkpoint()

    def write(self) -> None:
        """Move on by a chunk, and make safe what waits for it if it is time."""
        number = self.course.position
        passed = self.course.advance(columns.ROWS, columns.SINGLE)
        self._waiting.append(_Chunk(number, self.course.now, passed))
        if self._due():
            self._commit()

    def _due(self) -> bool:
        size = sum(part.nbytes for chunk in self._waiting for part in chunk.passed.frames)
        late = time.monotonic() - self._written >= SECONDS or size >= WAITING
        kept = any(round(day * DAY) == self.course.now for day in self.keep)
        return late or kept or self.course.finished

    def _commit(self) -> None:
        """Make safe what waits: parts first, then frames, then the checkpoint."""
        for number, now, passed in self._waiting:
            checkpoint.save(parts_folder(self.path) / f"died-{number:06d}.npz", passed.died._asdict(), {})
            self._session(number + 1, now, passed.seen)
        parts = zip(*(chunk.passed.frames for chunk in self._waiting), strict=True)
        frames = Frames(*(np.concatenate(part) for part in parts))
        course = self.course
        written = columns.frame_columns(course.setup, frames, course.length, course.failures)
        self.stream.write_block(self.stream.n_committed, {column.name: column.values for column in written})
        self._checkpoint()
        self._waiting, self._written = [], time.monotonic()

    def end(self) -> Stored:
        """Write what is known only now, seal the store and return what it holds."""
        folder = parts_folder(self.path)
        course = self.course
        end = {"steps": course.steps, "residual": np.array(course.residual), "length": course.length}
        checkpoint.save(folder / END, end, {"failures": course.failures})
        run = self.finished(self.course.setup, self.path)
        died = [Ledger(**checkpoint.load(part)[0]) for part in sorted(folder.glob("died-*.npz"))]
        spines = [np.concatenate(parts) for parts in zip(*died, self.course.living(), strict=True)]
        order = np.lexsort((spines[1], spines[0]))
        late = [
            *columns.session_columns(run, run.snapshots, run.failures),
            *columns.ledger_columns(Ledger(*(column[order] for column in spines))),
        ]
        self.stream.add(build(late, (), {}))
        self.stream.complete(columns.failed(run.failures))
        return run

    @staticmethod
    def finished(setup: Setup, path: Path) -> Stored:
        """Return what the parts of a finished run say."""
        folder = parts_folder(path)
        seen, moments = [], []
        for part in sorted(folder.glob("seen-*.npz")):
            tables, about = checkpoint.load(part)
            seen.append(Seen(**tables))
            moments.append(about["now"])
        end, about = checkpoint.load(folder / END)
        tables = snapshots(seen, moments, end["length"])
        failures = tuple(Failure(*one) for one in about["failures"])
        return Stored(
            **vars(setup), snapshots=tables, steps=end["steps"], residual=float(end["residual"]), failures=failures,
            store=path,
        )  # fmt: skip

    def _session(self, number: int, now: int, seen: Seen | None) -> None:
        """Keep an imaging session at `now` (s from day 0), after `number` chunks."""
        if seen is not None:
            checkpoint.save(parts_folder(self.path) / f"seen-{number:06d}.npz", seen._asdict(), {"now": now})

    def _checkpoint(self) -> None:
        now = self.course.now
        about = {
            "now": now,
            "since": self.course.since,
            "frames": self.stream.n_committed,
            "failures": self.course.failures,
            "keep": list(self.keep),
            "overwrite": self.overwrite,
            "config": read_root(self.stream.folder)["plastisim_config_sha256"],
            "steps": steps_of(self.course.setup),
        }
        state = state_of(self.course)
        for day in self.keep:
            if round(day * DAY) == now:
                kept = self.path.with_name(f"{self.path.name}.day-{day:g}.npz")
                checkpoint.save(kept, state, {**about, "description": self.description})
        checkpoint.save(parts_folder(self.path) / CHECKPOINT, state, about)


def steps_of(setup: Setup) -> list[int]:
    """Return what of the package decides on the steps of a run: order of the method, pieces of a segment's input."""
    return [setup.method.order, setup.method.pieces]


def parts_folder(path: Path) -> Path:
    """Return where the parts of an unfinished run are."""
    return path.with_name(path.name + ".progress")
