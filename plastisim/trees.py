"""The spines of some branches, moved through time chunk by chunk: what imaging sees of them, and who died.

Nothing here computes: compiled programs do, and the host keeps what they return.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import jax
import numpy as np
from jax import Array
from jax import numpy as jnp

from plastisim.biology.spines import Spines, SpineState
from plastisim.engine import table
from plastisim.engine.clock import Segments
from plastisim.engine.errors import ConfigError, NumericalError
from plastisim.lab.protocol import TICK
from plastisim.spine_agents import LARGEST_BROOD, Forest, Sites
from plastisim.spine_programs import forest_program, session_program, start_program

MOST_SLOTS = 2048  # slots on a branch; far more than any imaged branch carries


class Ledger(NamedTuple):
    """Spines that lived; each array has shape (spine,).

    Attributes:
        site: branch.
        serial: identity on the branch.
        birth: s from day 0; -`table.NEVER` for spines older than the run.
        death: s from day 0; `table.NEVER` for those alive at the end.
    """

    site: np.ndarray
    serial: np.ndarray
    birth: np.ndarray
    death: np.ndarray


class Seen(NamedTuple):
    """All spines in one imaging session, as the program knows them; each array has shape (site, slot).

    Attributes:
        serial: identity, -1 where there is none.
        visible: whether it is alive and not hidden.
        log_width: ln of its true head width relative to the median persistent spine.
        place: its position along the branch, 0..1.
        noise: a standard normal number for its width in this session.
        birth: s from day 0; -`table.NEVER` for spines older than the run.
        transient: whether it is transient.
    """

    serial: np.ndarray
    visible: np.ndarray
    log_width: np.ndarray
    place: np.ndarray
    noise: np.ndarray
    birth: np.ndarray
    transient: np.ndarray


BLANK = Seen(*(np.array(value) for value in (table.FREE, False, 0.0, 0.0, 0.0, 0, False)))  # an empty slot


def padded(part: np.ndarray, width: int, value: Any) -> np.ndarray:
    """Return a table, shape (site, slot), filled up to `width` slots with `value`."""
    return np.pad(part, ((0, 0), (0, width - part.shape[1])), constant_values=value)


def side_by_side(parts: list[Seen]) -> Seen:
    """Return the spines of several groups of branches in one table."""
    width = max(part.serial.shape[1] for part in parts)
    columns = zip(*parts, BLANK, strict=True)
    return Seen(*(np.concatenate([padded(one, width, blank) for one in same]) for *same, blank in columns))


class Trees:
    """The spines of some branches."""

    def __init__(self, law: Spines, sites: Sites, slots: int) -> None:
        """Start every branch in its own stationary state, with at least `slots` slots a branch."""
        self.law, self.sites = law, sites
        self.duration = jnp.asarray(float(TICK), sites.set_point.dtype)
        self.by_use = bool(np.any(law.use_capture))
        self.forest = start_program(slots)(law, sites)
        while bool(self.forest.table.overflow.any()):
            slots = _doubled(slots)
            self.forest = start_program(slots)(law, sites)

    def advance(
        self,
        chunk: Segments,
        proteins: Array,
        set_point: Array,
        injected: Array | np.ndarray,
        ampa_gain: Array | None = None,
    ) -> tuple[Array, Ledger]:
        """Move through a chunk.

        A table that is too narrow is widened and the chunk is done again from its start.

        Args:
            chunk: segments.
            proteins: plasticity proteins of every neuron at each segment's end, shape (segment, lane).
            set_point: its set-point shift, same shape.
            injected: whether each branch's animal is injected at the start of each segment, shape (segment, site).
            ampa_gain: AMPA gain of every neuron at each segment's end, shape (segment, lane).

        Returns:
            Living spines on each branch at each segment's end, (segment, site), and the spines that died.

        Raises:
            ConfigError: spines stay through use, and no AMPA gain is given.
        """
        if self.by_use and ampa_gain is None:
            raise ConfigError("spines that stay through use (Spines.use_capture) need the neurons' AMPA gain")
        drive = (proteins, set_point, injected, chunk.end, chunk.slow, self.duration)
        drive += (ampa_gain,) if self.by_use else ()  # the program without it is the usual one, to the bit
        moved, counts = forest_program()(self.law, self.sites, self.forest, *drive)
        while bool(moved.table.overflow.any()):
            self.forest = wider(self.forest, _doubled(self.forest.table.serial.shape[1]))
            moved, counts = forest_program()(self.law, self.sites, self.forest, *drive)
        # The dead are read before their slots are released.
        died = _listed(moved, np.asarray(moved.table.death) != table.NEVER)
        self.forest = moved._replace(table=table.release(moved.table))
        return counts, died

    def look(self, now: int) -> Seen:
        """Return what imaging at `now` (s) needs of every spine."""
        return Seen(*(np.asarray(part) for part in session_program()(self.law, self.sites, self.forest, now)))

    def living(self) -> Ledger:
        """Return the spines that are alive."""
        return _listed(self.forest, np.asarray(self.forest.table.death) == table.NEVER)


def _listed(forest: Forest, which: np.ndarray) -> Ledger:
    """Return the spines in some slots, in the order of branch and slot."""
    serial, birth, death = (np.asarray(part) for part in forest.table[:3])
    site, slot = np.nonzero((serial != table.FREE) & which)
    return Ledger(site, serial[site, slot], birth[site, slot], death[site, slot])


def _doubled(slots: int) -> int:
    """Return twice as many slots.

    Raises:
        NumericalError: a branch that still overflows has more births in one tick than can be drawn.
    """
    if slots >= MOST_SLOTS:
        raise NumericalError(
            f"a branch needs more than {MOST_SLOTS} slots, or more than {LARGEST_BROOD} spines are born on it in one "
            f"tick of {TICK} s; give shorter branches (Spread.length) or smaller rates"
        )
    return 2 * slots


def wider(forest: Forest, width: int) -> Forest:
    """Return the same spines in a table of `width` slots a branch."""
    more = width - forest.table.serial.shape[1]
    padded = [jnp.pad(leaf, ((0, 0), (0, more))) for leaf in jax.tree.leaves(forest.spines)]
    return forest._replace(table=table.widen(forest.table, width), spines=SpineState(*padded))
