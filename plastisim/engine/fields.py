"""Declare a number once: value, unit, meaning, source, confidence.

A *parameter* is a field of a stage; a *variable* is a field of a stage's state. Allocation, output, axis
labels, documentation and unit checks all read these declarations, so no unit lives in prose only.
"""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeVar, dataclass_transform

import jax

Number = jax.Array | float  # a parameter: one value, or one for each neuron
T = TypeVar("T")

CONFIDENCE = ("measured", "seen", "recalled", "fitted", "chosen")


@dataclasses.dataclass(frozen=True)
class Source:
    """Where a number comes from.

    Args:
        text: citation, file or, for a chosen value, the reason.
        confidence: `measured` (computed from deposited data), `seen` (read in the cited text), `recalled`
            (quoted from memory, to be verified), `fitted` (result of a script in this repository) or
            `chosen` (a guess made here; the text says why).
    """

    text: str
    confidence: str

    def __post_init__(self) -> None:
        if self.confidence not in CONFIDENCE:
            raise ValueError(f"confidence must be one of {', '.join(CONFIDENCE)}, but got {self.confidence!r}")
        if not self.text.strip():
            raise ValueError("a source needs a text: a citation, or the reason for a chosen value")


def chosen(reason: str) -> Source:
    """Return the source of a guessed value; `reason` says why this value was chosen."""
    return Source(reason, "chosen")


def recalled(text: str) -> Source:
    """Return the source of a value quoted from memory; verify it before quoting it elsewhere."""
    return Source(text, "recalled")


def fitted(text: str) -> Source:
    """Return the source of a value fitted in this repository; `text` names the script and the rows."""
    return Source(text, "fitted")


def parameter(value: float, unit: str, meaning: str, source: Source) -> Any:
    """Declare a parameter of a stage.

    Args:
        value: default, in `unit`.
        unit: one of the kernel units (`s umol/L um mV 1/s 1 …`, ASCII, at most one `/`-group).
        meaning: what the number stands for, in words.
        source: see `Source`.
    """
    return dataclasses.field(
        default=value, metadata={"kind": "parameter", "unit": unit, "meaning": meaning, "source": source}
    )


class Fit:
    """Numbers that a script of this repository fitted and wrote, with their uncertainty."""

    def __init__(self, file: Path) -> None:
        """Read the file that the script wrote."""
        self.document = json.loads(file.read_text(encoding="utf-8"))

    def value(self, path: str, unit: str) -> float:
        """Return a number; it must have been written in `unit`."""
        number = self.document["numbers"][path]
        if number["unit"] != unit:
            raise ValueError(f"{path} was fitted in {number['unit']}, but is declared in {unit}")
        return number["value"]

    def source(self, path: str) -> Source:
        """Return where a number comes from: the script, its rows, and how far the number is known."""
        number = self.document["numbers"][path]
        spread = f"x/÷ {math.exp(number['sd_of_ln']):.2f} (1 SD)"
        return fitted(f"{self.document['script']}, seed {self.document['seed']}: rows {number['rows']}; {spread}")

    def parameter(self, path: str, unit: str, meaning: str) -> Any:
        """Declare a parameter whose value, and what is known of it, is in the file."""
        return parameter(self.value(path, unit), unit, meaning, self.source(path))


def variable(unit: str, long_name: str, scale: float, dims: tuple[str, ...] = ("neuron",), signed: bool = False) -> Any:
    """Declare a state variable.

    Args:
        unit: kernel unit.
        long_name: words for axis labels and datasets.
        scale: a typical size in `unit`; the absolute tolerance of the integrators is relative to it.
        dims: dimensions beside time.
        signed: whether negative values are meaningful; all others are kept non-negative.
    """
    metadata = {
        "kind": "variable",
        "unit": unit,
        "long_name": long_name,
        "scale": scale,
        "dims": dims,
        "signed": signed,
    }
    return dataclasses.field(metadata=metadata)


# `parameter` is not among the specifiers: to a type checker its result is the default, given by position.
@dataclass_transform(frozen_default=True, field_specifiers=(variable, dataclasses.field))
def container(cls: type[T]) -> type[T]:
    """Make `cls` a frozen dataclass that JAX carries as a pytree (every field is a leaf or a subtree)."""
    frozen = dataclasses.dataclass(frozen=True)(cls)
    names = [field.name for field in dataclasses.fields(frozen)]  # pyright: ignore[reportArgumentType]
    jax.tree_util.register_dataclass(frozen, data_fields=names, meta_fields=[])
    return frozen


@dataclasses.dataclass(frozen=True)
class Declared:
    """One declaration read back: dotted `path`, and the metadata given where it was born."""

    path: str
    name: str
    value: Any
    metadata: dict[str, Any]


def declarations(tree: Any, kind: str, prefix: str = "") -> Iterator[Declared]:
    """Yield every declared parameter or variable of a container (instance or class), depth first.

    Args:
        tree: a container instance, or a container class (then `value` is the default or None).
        kind: `parameter` or `variable`.
        prefix: dotted path put before each name.
    """
    for field in dataclasses.fields(tree):
        path = f"{prefix}.{field.name}" if prefix else field.name
        value = getattr(tree, field.name, None)
        if field.metadata.get("kind") == kind:
            yield Declared(path, field.name, value, dict(field.metadata))
        elif dataclasses.is_dataclass(value):
            yield from declarations(value, kind, path)
