"""A table of individuals that are born and die: fixed slots a site, with identity, birth and death.

A slot is free, alive or dead. A dead individual keeps its slot until the host has read it (`release`), so that no
death is lost. An individual's serial number at its site, not its slot, addresses its randomness: neither the
capacity of the table nor the moment of a release changes what happens. Too few free slots set `overflow`; the
caller replays from before with a wider table (`widen`).
"""

from __future__ import annotations

from typing import NamedTuple

from jax import Array
from jax import numpy as jnp

FREE = -1  # serial number of a free slot
NEVER = 2**31 - 1  # time of death of the living


class Table(NamedTuple):
    """Who is where.

    Attributes:
        serial: serial number at the site, `FREE` where the slot is free, shape (site, slot), int32.
        birth: time of birth, s, shape (site, slot), int32.
        death: time of death, s, `NEVER` for the living, shape (site, slot), int32.
        born: number of individuals so far, shape (site,), int32.
        overflow: whether a birth found no free slot, shape (site,), bool.
    """

    serial: Array
    birth: Array
    death: Array
    born: Array
    overflow: Array


def empty(sites: int, slots: int) -> Table:
    """Return a table without individuals."""
    slot = jnp.zeros((sites, slots), jnp.int32)
    return Table(slot + FREE, slot, slot + NEVER, jnp.zeros(sites, jnp.int32), jnp.zeros(sites, bool))


def alive(table: Table) -> Array:
    """Return whether each slot holds a living individual, shape (site, slot)."""
    return (table.serial != FREE) & (table.death == NEVER)


def bear(table: Table, count: Array, now: Array) -> tuple[Table, Array]:
    """Add `count` individuals, shape (site,), in the lowest free slots.

    Returns:
        The table, and where the newborn are, shape (site, slot).
    """
    free = table.serial == FREE
    # A running count; on CPU this product is several times faster than `cumsum`, and as exact.
    upper = jnp.triu(jnp.ones((free.shape[1],) * 2, jnp.float32))
    rank = jnp.asarray(jnp.dot(jnp.asarray(free, jnp.float32), upper), jnp.int32)
    newborn = free & (rank <= count[:, None])
    return (
        Table(
            serial=jnp.where(newborn, table.born[:, None] + rank - 1, table.serial),
            birth=jnp.where(newborn, jnp.int32(now), table.birth),
            death=jnp.where(newborn, jnp.int32(NEVER), table.death),
            born=table.born + count,
            overflow=table.overflow | (count > rank[:, -1]),
        ),
        newborn,
    )


def bury(table: Table, dying: Array, now: Array) -> Table:
    """Mark individuals as dead, shape (site, slot); they keep their slots."""
    return table._replace(death=jnp.where(dying, jnp.int32(now), table.death))


def release(table: Table) -> Table:
    """Free the slots of the dead; call it once the host has read them."""
    return table._replace(serial=jnp.where(table.death == NEVER, table.serial, FREE))


def widen(table: Table, slots: int) -> Table:
    """Return the same table with `slots` slots a site, at least as many as before."""
    more = slots - table.serial.shape[1]

    def fill(values: Array, value: int) -> Array:
        return jnp.pad(values, ((0, 0), (0, more)), constant_values=value)

    return table._replace(serial=fill(table.serial, FREE), birth=fill(table.birth, 0), death=fill(table.death, NEVER))
