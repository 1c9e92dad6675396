"""What the tests of the lesson page share: a document read back, and right answers found without the page."""

from __future__ import annotations

import base64
import json
import os
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

DAY = 86400
MEAN = 0


class Shared:
    """A document that one worker of a test run makes, while the others wait: what it needs compiles for a while."""

    def __init__(self, factory: pytest.TempPathFactory) -> None:
        base = factory.getbasetemp()
        folder = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
        self.file, self.claim = folder / "lesson.json", folder / "lesson.claim"

    def claimed(self) -> bool:
        """Claim to be the one who makes it; False if another worker was earlier."""
        try:
            self.claim.touch(exist_ok=False)
        except FileExistsError:
            return False
        return True

    def publish(self, document: dict[str, Any]) -> None:
        part = self.file.with_suffix(f".{os.getpid()}")
        part.write_text(json.dumps(document, allow_nan=False), encoding="utf-8")
        part.replace(self.file)

    def read(self, make: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        """Return the document; make it if nobody does."""
        if self.claimed():
            self.publish(make())
        end = time.monotonic() + 900.0
        while not self.file.exists():
            assert time.monotonic() < end, "the worker that makes the document does not come to an end"
            time.sleep(0.2)
        return json.loads(self.file.read_text(encoding="utf-8"))


def words(text: str) -> np.ndarray:
    """Return base64 of little-endian 16-bit words as integers."""
    return np.frombuffer(base64.b64decode(text), "<u2").astype(int)


def curves(document: dict[str, Any], key: str) -> np.ndarray:
    """Return a signal, shape (arm, statistic, frame)."""
    signal = next(one for one in document["signals"] if one["key"] == key)
    values = np.frombuffer(base64.b64decode(signal["data"]), "<f2").astype(float)
    return values.reshape(len(document["arms"]), 5, len(document["frames"]))


def arm(document: dict[str, Any], compound: str, dose: float, blocker: str) -> int:
    """Return the index of an arm."""
    return next(
        index
        for index, one in enumerate(document["arms"])
        if (one["compound"], one["dose"], one["blocker"]) == (compound, dose, blocker)
    )


def spines(document: dict[str, Any], arm: int, mouse: int, branch: int) -> list[tuple[int, float, float]]:
    """Return serial, birth and death (s, infinite outside the run) of the spines of a branch."""
    held = document["spines"]
    count = words(held["count"])
    index = (arm * document["mice"] + mouse) * held["branches"] + branch
    mine = slice(count[:index].sum(), count[: index + 1].sum())
    columns = (words(held[name])[mine] for name in ("serial", "birth", "death"))

    def moment(tick: int) -> float:
        return held["start"] + tick * held["tick"]

    return [
        (int(serial), -np.inf if birth == 0 else moment(birth), np.inf if death == 65535 else moment(death))
        for serial, birth, death in zip(*columns, strict=True)
    ]


def right_answers(document: dict[str, Any]) -> list[list[str]]:
    """Return the value of the right option of each question of each lesson, worked out from the document alone."""
    frames, keys = document["frames"], ["calcium", "mrna", "mtorc1", "spines"]
    doses = document["compounds"][1]["doses"]
    dose = min(doses, key=lambda one: abs(one - 1))
    own = arm(document, "psilocybin", dose, "none")
    away = {key: curves(document, key)[:, MEAN] - curves(document, key)[0, MEAN] for key in [*keys, "drug"]}
    peaks = {key: int(np.argmax(np.abs(away[key][own]))) for key in keys}
    week, two_hours = frames.index(7 * DAY), frames.index(7200)
    kept = {key: abs(away[key][own, week] / away[key][own, peaks[key]]) for key in keys}
    drug = away["drug"][own]
    after = [frame for frame in range(int(np.argmax(drug)), len(frames)) if drug[frame] < 0.05 * drug.max()]
    gone = frames[after[0]] if after else np.inf
    order = [
        min(keys, key=lambda key: frames[peaks[key]]),
        "within 2 h" if gone <= 7200 else "between 2 and 12 h" if gone <= 43200 else
        "between 12 and 24 h" if gone <= DAY else "later than 24 h",
        max(keys, key=lambda key: kept[key]),
    ]  # fmt: skip

    def effect(blocker: str, amount: float = dose) -> float:
        return document["arms"][arm(document, "psilocybin", amount, blocker)]["verdict"]["effect"]

    blockers = ["ketanserin", "rapamycin", "knockout"]
    left = {key: effect(key) / effect("none") for key in blockers}
    early = {
        key: away["mrna"][arm(document, "psilocybin", dose, key), two_hours] / away["mrna"][own, two_hours]
        for key in blockers
    }
    leaves = {one: document["arms"][arm(document, "psilocybin", one, "none")]["verdict"]["holds"] for one in doses}
    window = [
        "yes" if leaves[dose] else "no",
        max(blockers, key=lambda key: early[key] - left[key]),
        min(("ketanserin", "knockout"), key=lambda key: left[key]),
    ]
    step, growth = doses[-1] / doses[0], effect("none", doses[-1]) / effect("none", doses[0])
    low, high = document["arms"][0]["sessions"][document["sessions"].index(1.0)]["interval"]
    moved = np.mean(np.abs(document["arms"][0]["mice"]) > 2)
    smallest = next((one for one in doses if leaves[one]), None)
    return [order, window, [
        "none" if smallest is None else f"{smallest:g}",
        "hardly" if growth <= 1.2 else "more" if growth <= step / 2 else "at least",
        "fell" if high < 0 else "rose" if low > 0 else "stayed",
        "at most one in ten" if moved <= 0.1 else "more than one" if moved <= 0.5 else "more than half",
    ]]  # fmt: skip
