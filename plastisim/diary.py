"""What is on disk of a run under way: frames in a store, a checkpoint after every chunk, and parts for the end."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import numpy as np

from plastisim import columns
from plastisim.cascade import DRIVES
from plastisim.course import CHUNK, Course, Frames
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


@dataclasses.dataclass(frozen=True, eq=False)
class Stored(Imaged):
    """A finished simulation on disk.

    Attributes:
        store: path; open it with `open_run`.
    """

    store: Path


class Diary:
    """What is on disk of a run under way."""

    def __init__(self, course: Course, stream: StreamingStore, path: Path, keep: tuple[float, ...], overwrite: bool):
        """See `lay_out` for the store."""
        self.course, self.stream, self.path, self.keep, self.overwrite = course, stream, path, keep, overwrite
        self.description = json.dumps(described(course.setup))

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
        stream = StreamingStore.create(path, template, block=CHUNK, overwrite=overwrite)
        parts_folder(path).mkdir()
        return stream

    def begin(self) -> None:
        """Keep what is there before the first chunk."""
        self._sessions(self.course.look())
        self._checkpoint()

    def write(self) -> None:
        """Move on by a chunk and make it safe: parts first, then frames, then the checkpoint."""
        number = self.course.position
        passed = self.course.advance(columns.ROWS, columns.SINGLE)
        checkpoint.save(parts_folder(self.path) / f"died-{number:06d}.npz", passed.died._asdict(), {})
        self._sessions(passed.seen)
        course = self.course
        frames = columns.frame_columns(course.setup, passed.frames, course.length, course.failures)
        self.stream.write_block(self.stream.n_committed, {column.name: column.values for column in frames})
        self._checkpoint()

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

    def _sessions(self, seen: Seen | None) -> None:
        if seen is not None:
            name = f"seen-{self.course.position:06d}.npz"
            checkpoint.save(parts_folder(self.path) / name, seen._asdict(), {"now": self.course.now})

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
        }
        state = state_of(self.course)
        for day in self.keep:
            if round(day * DAY) == now:
                kept = self.path.with_name(f"{self.path.name}.day-{day:g}.npz")
                checkpoint.save(kept, state, {**about, "description": self.description})
        checkpoint.save(parts_folder(self.path) / CHECKPOINT, state, about)


def parts_folder(path: Path) -> Path:
    """Return where the parts of an unfinished run are."""
    return path.with_name(path.name + ".progress")
