"""Where the seconds of a process go, seen from inside: in compiling, and in calls of a method that are watched."""

from __future__ import annotations

import functools
import time
from typing import Any

import jax


def compiling() -> list[float]:
    """Return a list to which every program that XLA compiles from now on adds its seconds, also those side by side."""
    seconds: list[float] = []

    def note(event: str, duration: float, **_: Any) -> None:
        if event == "/jax/core/compile/backend_compile_duration":
            seconds.append(duration)

    jax.monitoring.register_event_duration_secs_listener(note)
    return seconds


def watched(owner: type, name: str) -> list[float]:
    """Return a list to which every call of a method from now on adds its seconds.

    Args:
        owner: class of the method, which is replaced for the rest of the process.
        name: of the method.
    """
    plain, seconds = getattr(owner, name), []

    @functools.wraps(plain)
    def call(*arguments: Any, **more: Any) -> Any:
        begin = time.perf_counter()
        try:
            return plain(*arguments, **more)
        finally:
            seconds.append(time.perf_counter() - begin)

    setattr(owner, name, call)
    return seconds
