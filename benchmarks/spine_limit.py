"""One tick of all spines in C and compiled by JAX: the same laws, random bits and table."""

from __future__ import annotations

import ctypes
import dataclasses
import functools
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import native
import numpy as np
from jax import Array, lax
from jax import numpy as jnp

from plastisim.biology.spines import Habit, Spines
from plastisim.engine import table
from plastisim.engine.randomness import address, key_for
from plastisim.spine_agents import LARGEST_BROOD, WIDTH_TICKS, Forest, Sites
from plastisim.spine_programs import forest_program, start_program

SLOTS = 64
BLOCK = 512  # branches computed together; a run has 192 (64 neurons) or 768 (256 neurons) in a block
SET_POINT = 22.0
TICKS = 12  # compiled together: a day
TICK = 7200  # s
PROTEINS = 1.2  # relative to rest: captures and births go on
_OF_SITES = ("set_point", "responsiveness", "turnover", "drift", "handling")


class Case(NamedTuple):
    """Branches in their stationary state, in a day of raised plasticity proteins.

    Attributes:
        law: parameters.
        sites: branches.
        forest: spines at the start.
        drive: proteins, set-point shift and injections, each (tick, site).
    """

    law: Spines
    sites: Sites
    forest: Forest
    drive: tuple[Array, Array, Array]


@functools.cache
def case(branches: int) -> Case:
    """Return `branches` different branches of `SLOTS` slots."""
    ids, random = jnp.arange(branches), np.random.default_rng(branches)

    def around(middle: float, spread: float) -> Array:
        return jnp.asarray(middle * np.exp(random.normal(0.0, spread, branches)))

    law = jax.tree.map(lambda leaf: jnp.asarray(leaf, jnp.float64), Spines())
    habit = Habit(around(1.0, 0.2), around(0.01 / 86400.0, 0.1), around(0.1, 0.1))
    sites = Sites(
        ids, address(key_for(0, "fates"), ids), address(key_for(0, "broods"), ids), around(SET_POINT, 0.1),
        around(1.0, 0.1), habit,
    )  # fmt: skip
    proteins = jnp.asarray(PROTEINS + 0.1 * random.random((TICKS, branches)))
    injected = jnp.zeros((TICKS, branches), bool).at[0].set(True)
    return Case(law, sites, start_program(SLOTS)(law, sites), (proteins, 0.1 * proteins, injected))


def ours(given: Case) -> Callable[[], list[Forest]]:
    """Return a function that moves all spines over the day with the run's own program, in blocks as a run does."""
    program, ends = forest_program(), jnp.asarray((np.arange(TICKS) + 1) * TICK)
    branches = len(given.sites.lane)
    blocks = [_block(given, branches, start) for start in range(0, branches, BLOCK)]
    more = (ends, jnp.ones(TICKS, bool), jnp.asarray(float(TICK)))
    return lambda: [
        jax.block_until_ready(program(given.law, sites, forest, *drive, *more))[0] for sites, forest, drive in blocks
    ]


def _block(given: Case, branches: int, start: int) -> Any:
    """Return sites, forest and drive of one block of branches."""

    def part(leaf: Array) -> Array:
        return lax.slice_in_dim(leaf, start, min(start + BLOCK, branches), axis=leaf.shape.index(branches))

    sites, forest, drive = jax.tree.map(part, given[1:])
    return sites._replace(lane=sites.lane - start), forest, drive  # each branch has the drive of its place


def joined(blocks: list[Forest], branches: int) -> Forest:
    """Return the forests of all blocks as one."""

    def all_of(*parts: Array) -> Array:
        return jnp.concatenate(parts, parts[0].shape.index(min(BLOCK, branches)))

    return jax.tree.map(all_of, *blocks)


class InC:
    """The C side: holds the arrays that C reads and writes."""

    def __init__(self, given: Case, extra: tuple[str, ...] = ()) -> None:
        """Compile spines.c."""
        self.given = given
        names = [field.name for field in dataclasses.fields(Spines)]
        numbers = {"FREE": table.FREE, "NEVER": table.NEVER, "WIDTH_TICKS": WIDTH_TICKS, "LARGEST_BROOD": LARGEST_BROOD}
        header = [f"#define {name} {number}" for name, number in numbers.items()]
        self.native = native.load(
            "spines.c", "\n".join([*header, f"typedef struct {{ double {', '.join(names)}; }} Law;", ""]), extra
        )
        sites, habit = given.sites, given.sites.habit
        fixed = (sites.set_point, sites.responsiveness, habit.turnover, habit.drift, habit.handling)
        self.fixed: dict[str, np.ndarray] = {
            "law": np.array([float(getattr(given.law, name)) for name in names]),
            "fates": np.array(jax.random.key_data(sites.fates)), "broods": np.array(jax.random.key_data(sites.broods)),
            **{name: np.array(leaf) for name, leaf in zip(_OF_SITES, fixed, strict=True)},
        }  # fmt: skip
        self.drive = [np.array(part) for part in given.drive]
        self.start = _arrays(given.forest)
        self.moving = {name: part.copy() for name, part in self.start.items()}
        pointers = {name: native.pointer(array) for name, array in (self.fixed | self.moving).items()}
        longs = {"sites": given.sites.lane.shape[0], "slots": SLOTS, "duration": TICK}
        fields = [(name, ctypes.c_long) for name in longs] + [(name, ctypes.c_void_p) for name in pointers]
        kind = type("Forest", (ctypes.Structure,), {"_fields_": fields})
        self.forest = kind(**longs, **pointers)

    def day(self) -> None:
        """Move all spines over the day, from the start."""
        for name, part in self.start.items():
            self.moving[name][:] = part
        proteins, set_point, injected = self.drive
        for index in range(TICKS):
            self.moving["injected"] |= injected[index]
            self.native.tick(
                ctypes.byref(self.forest), native.pointer(proteins[index]), native.pointer(set_point[index]),
                ctypes.c_int32((index + 1) * TICK),
            )  # fmt: skip


def _arrays(forest: Forest) -> dict[str, np.ndarray]:
    """Return a forest as arrays in the order of the `Forest` of spines.c."""
    held, spines = forest.table, forest.spines
    parts: dict[str, Any] = {
        "serial": held.serial, "birth": held.birth, "death": held.death, "born": held.born, "overflow": held.overflow,
        "transient": spines.transient, "hidden": spines.hidden, "injected": forest.injected, "fast": spines.fast,
        "slow": spines.slow, "cell_transient": forest.cells.transient, "cell_persistent": forest.cells.persistent,
        "proteins": forest.proteins,
    }  # fmt: skip
    return {name: np.array(part) for name, part in parts.items()}


def living(forest: Forest) -> int:
    """Return the number of living spines."""
    return int(table.alive(forest.table).sum())


def differences(of_c: InC, forest: Forest) -> tuple[int, float]:
    """Return how many slots differ in identity, birth, death or pool, and the largest difference of ln width.

    Args:
        of_c: after its day.
        forest: ours after the day.
    """
    expected = _arrays(forest)
    fates = sum((of_c.moving[name] != expected[name]) for name in ("serial", "birth", "death", "transient", "hidden"))
    widths = max(float(np.abs(of_c.moving[name] - expected[name]).max()) for name in ("fast", "slow"))
    return int(np.count_nonzero(fates)), widths
