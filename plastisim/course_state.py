"""Where a run stands, as plain arrays: everything needed to go on exactly, whatever the blocks and devices.

Arrays have one axis over all animals, lanes or branches, so that a run may go on on another machine, and so that an
arm can be taken out of it and continued under another protocol.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import jax
import numpy as np

from plastisim.block import Block
from plastisim.course import Course
from plastisim.engine.errors import StoreError
from plastisim.population import Population
from plastisim.spine_agents import Forest
from plastisim.treatment import WIDTH, slots
from plastisim.trees import wider

State = dict[str, np.ndarray]
SLOTS = "slots"  # width of each branch's table, shape (site,)


def state_of(course: Course) -> State:
    """Return where a run stands.

    Returns:
        Arrays by path: `animals.*` with the last axis over animals, `neurons.*` with the last axis over lanes,
        `spines.*` with the first axis over branches, and `slots`.
    """
    blocks = course.blocks
    width = max(_width(block.trees.forest) for block in blocks)
    parts = [
        {**dict(_leaves("animals", block.animals)), **dict(_leaves("neurons", block.neurons)),
         **dict(_leaves("spines", _widened(block.trees.forest, width))),
         SLOTS: np.full(len(block.who.sites), _width(block.trees.forest))}
        for block in blocks
    ]  # fmt: skip
    return {name: _merged(name, [part[name] for part in parts], course) for name in parts[0]}


def restore(course: Course, state: State, now: int) -> None:
    """Put a run, as it is after its start, where another stood at `now` (s from day 0).

    Raises:
        StoreError: the state is not one of this run.
    """
    expected = {name: part.shape for name, part in state_of(course).items()}
    found = {name: part.shape for name, part in state.items()}
    if {name: _without_slots(shape) for name, shape in expected.items()} != {
        name: _without_slots(shape) for name, shape in found.items()
    }:
        raise StoreError("the checkpoint belongs to another run: its variables, neurons or branches differ")
    course.position = course.at(now)
    for block in course.blocks:
        _put(block, state)


def _put(block: Block, state: State) -> None:
    who, slots = block.who, int(state[SLOTS][block.who.sites[0]])

    def placed(prefix: str, tree: Any) -> Any:
        axis = {"animals": who.animals, "neurons": who.lanes}
        found = []
        for name, _ in _leaves(prefix, tree):
            whole = state[name]
            part = whole[..., axis[prefix]] if prefix in axis else whole[who.sites]
            found.append(part[:, :slots] if prefix == "spines" and part.ndim > 1 else part)
        return jax.device_put(jax.tree.unflatten(jax.tree.structure(tree), found), block.device)

    block.animals, block.neurons = placed("animals", block.animals), placed("neurons", block.neurons)
    block.trees.forest = placed("spines", block.trees.forest)


def of_arms(state: State, old: Population, new: Population, parents: list[int]) -> State:
    """Return the state in which the arms of `new` begin as arms of `old` stood.

    Args:
        state: of `old`.
        old: population of the state.
        new: the same mice, in other arms; it may know further compounds, which then are absent.
        parents: index of the arm of `old` that each arm of `new` continues.
    """
    found = {}
    for name, part in state.items():
        axis = 0 if name.startswith("spines") or name == SLOTS else part.ndim - 1
        each = part.shape[axis] // old.arms
        index = np.concatenate([np.arange(arm * each, (arm + 1) * each) for arm in parents])
        moved = np.take(part, index, axis=axis)
        found[name] = _in_slots(moved, old, new, parents) if name == "animals.values" else moved
    return found


def _in_slots(values: np.ndarray, old: Population, new: Population, parents: list[int]) -> np.ndarray:
    """Return the animals' variables with each compound in the slot that it has in `new`; further ones are absent."""
    before, after = slots(old.protocol), slots(new.protocol)
    moved = np.zeros((WIDTH * len(after[0]) + 1, values.shape[1]), values.dtype)
    moved[-1] = values[-1]
    for arm, parent in enumerate(parents):
        who = slice(arm * new.mice, (arm + 1) * new.mice)
        for slot, compound in enumerate(after[arm]):
            if compound in before[parent]:
                first = WIDTH * before[parent].index(compound)
                moved[WIDTH * slot : WIDTH * (slot + 1), who] = values[first : first + WIDTH, who]
    return moved


def _leaves(prefix: str, tree: Any) -> Iterator[tuple[str, np.ndarray]]:
    for path, leaf in jax.tree_util.tree_flatten_with_path(tree)[0]:
        yield f"{prefix}.{jax.tree_util.keystr(path, simple=True, separator='.')}", np.asarray(leaf)


def _merged(name: str, parts: list[np.ndarray], course: Course) -> np.ndarray:
    """Return one leaf of all blocks with one axis over everyone."""
    blocks = course.blocks
    if name.startswith("animals"):
        return course.of_animals(parts)
    if name.startswith("neurons"):
        own = [part[..., : block.who.own[0]] for block, part in zip(blocks, parts, strict=True)]
        return np.concatenate(own, axis=-1)
    return np.concatenate([part[: block.who.own[1]] for block, part in zip(blocks, parts, strict=True)])


def _width(forest: Forest) -> int:
    return forest.table.serial.shape[1]


def _widened(forest: Forest, width: int) -> Forest:
    return forest if _width(forest) == width else wider(forest, width)


def _without_slots(shape: tuple[int, ...]) -> tuple[int, ...]:
    """Return a shape without its slots: the first axis of a table says how many branches, the second may differ."""
    return shape[:1] if len(shape) == 2 else shape
