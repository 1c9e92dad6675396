"""Conditions on time alone: when they change, so that a run is cut there and no step has to find it.

Within a stretch between two cuts such a condition is a constant, taken in the middle of it. Conditions on the state
stay in the formulas; the step control finds where they change by the error that a step across it has.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from plastisim.exchange.sbml_math import RELATIONS, TIME, Apply, Formula, Unsupported, Values

Line = tuple[Formula, Formula]  # slope and offset in time


def line(formula: Formula, constants: Mapping[str, Any], formulas: Mapping[str, Formula]) -> Line | None:
    """Return a formula as slope × time + offset, both of constants; None if it is no such thing."""
    if formula == TIME:
        return 1.0, 0.0
    if isinstance(formula, str):
        if formula in formulas:
            return line(formulas[formula], constants, formulas)
        return (0.0, formula) if formula in constants else None
    if not isinstance(formula, Apply):
        return 0.0, formula
    parts = [part for one in formula.operands if (part := line(one, constants, formulas)) is not None]
    if len(parts) < len(formula.operands):
        return None
    moving = [slope != 0.0 for slope, _ in parts]
    slopes, offsets = (tuple(part[i] for part in parts) for i in (0, 1))
    operation = formula.operation
    if not any(moving):
        return 0.0, formula
    if operation in ("plus", "minus"):
        return Apply(operation, slopes), Apply(operation, offsets)
    if (operation == "times" and sum(moving) == 1) or (operation == "divide" and not moving[1]):
        factors = (slope if moves else offset for slope, offset, moves in zip(slopes, offsets, moving, strict=True))
        return Apply(operation, tuple(factors)), Apply(operation, offsets)
    return None


def switch_time(relation: Apply, constants: Mapping[str, Any], formulas: Mapping[str, Formula]) -> Formula | None:
    """Return the time at which a relation changes; None if it never does, or not at a time known beforehand."""
    left, right = (line(side, constants, formulas) for side in relation.operands)
    if left is None or right is None or (left[0] == 0.0 and right[0] == 0.0):
        return None
    (slope, offset), (other_slope, other_offset) = left, right
    return Apply("divide", (Apply("minus", (other_offset, offset)), Apply("minus", (slope, other_slope))))


class Switches:
    """The conditions on time that were taken out of formulas."""

    def __init__(self, constants: Mapping[str, Any], formulas: Mapping[str, Formula]) -> None:
        """Start without any; `formulas` define what is neither constant nor integrated."""
        self.constants, self.formulas = constants, formulas
        self.conditions: dict[str, Apply] = {}
        self.times: list[Formula] = []

    def take(self, formula: Formula) -> Formula:
        """Return a formula with a name in place of every condition on time."""
        if not isinstance(formula, Apply):
            return formula
        if formula.operation in RELATIONS:
            time = switch_time(formula, self.constants, self.formulas)
            if time is not None:
                self.times.append(time)
                name = f"#condition {len(self.conditions)}"
                self.conditions[name] = formula
                return name
        return Apply(formula.operation, tuple(map(self.take, formula.operands)))

    def watch(self, trigger: Formula) -> None:
        """Note when the trigger of an event changes.

        Raises:
            Unsupported: not at times known beforehand.
        """
        if isinstance(trigger, bool):
            return
        if not isinstance(trigger, Apply):
            raise Unsupported("has a number for a trigger")
        if trigger.operation in ("eq", "neq"):
            raise Unsupported("has a trigger that changes for an instant only")
        if trigger.operation not in RELATIONS:
            for operand in trigger.operands:
                self.watch(operand)
            return
        if any(line(side, self.constants, self.formulas) is None for side in trigger.operands):
            raise Unsupported("is triggered by the state of the model, or at a time that is not known beforehand")
        time = switch_time(trigger, self.constants, self.formulas)
        self.times += [] if time is None else [time]

    def cuts(self, constants: Mapping[str, np.ndarray], end: float) -> np.ndarray:
        """Return the times between 0 and `end` at which anything changes in any lane, shape (cut,)."""
        values = Values(constants, self.formulas, np)
        found = [np.ravel(values.of(time)) for time in self.times]
        every = np.unique(np.concatenate([np.empty(0), *found]))
        return every[(every > 0.0) & (every < end)]

    def at(self, constants: Mapping[str, np.ndarray], time: float) -> dict[str, np.ndarray]:
        """Return every condition at a time, shape (lane,)."""
        values = Values({**constants, TIME: time}, self.formulas, np)
        return {name: values.of(condition) for name, condition in self.conditions.items()}
