"""The cascade's compiled programs: pathway and engine put together, nothing else.

Each program is compiled once for its shapes; doses, parameter values and seeds are data and compile nothing.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any, NamedTuple

import jax
import numpy as np
from jax import Array
from jax import numpy as jnp

from plastisim import model
from plastisim.biology.exposure import Drive, Exposure, ExposureState
from plastisim.biology.ligands import LigandState, Supply
from plastisim.engine import equilibrium
from plastisim.engine.control import Lanes, Tolerance
from plastisim.engine.devices import compiled
from plastisim.engine.fields import Number, declarations
from plastisim.engine.loop import Pieces, animals_chunk, evaluate, neurons_chunk
from plastisim.engine.noise import Counted
from plastisim.engine.rodas import RODAS4P
from plastisim.engine.stepping import Coupling, Method

GROUP = 4  # neighbouring neurons that exchange BDNF and share their steps
ABSOLUTE = 1e-2  # absolute tolerance, as a share of relative tolerance times a variable's scale
DRIVES = len(list(declarations(Drive, "variable")))


def tolerance(relative: float, metadata: Sequence[dict[str, Any]]) -> Tolerance:
    """Return the tolerance of variables from their declarations and a relative tolerance."""
    scale = np.array([one["scale"] for one in metadata])
    return Tolerance(relative, relative * ABSOLUTE * scale, np.array([one["signed"] for one in metadata]))


def _exposure_state(values: Sequence[Array]) -> ExposureState:
    width = len(list(declarations(LigandState, "variable")))
    ligands = [LigandState(*values[start : start + width]) for start in range(0, len(values) - 1, width)]
    return ExposureState(tuple(ligands), values[-1])


def exposure_tolerance(ligands: int, relative: float) -> Tolerance:
    """Return the tolerance of the animals' variables for a number of compounds, from that of the neurons."""
    one = [declared.metadata for declared in declarations(LigandState, "variable")]
    release = [declared.metadata for declared in declarations(ExposureState, "variable")]
    return tolerance(relative, one * ligands + release)


def cell_tolerance(relative: float) -> Tolerance:
    """Return the tolerance of the neurons' variables."""
    return tolerance(relative, [declared.metadata for declared in model.variables()])


class Within(NamedTuple):
    """How accurate steps must be: of the animals' variables, and of the neurons'."""

    animals: Tolerance
    neurons: Tolerance


def tolerances(ligands: int, relative: float) -> Within:
    """Return both for a number of compounds and a relative tolerance."""
    return Within(exposure_tolerance(ligands, relative), cell_tolerance(relative))


def _exposure_rates(values: Sequence[Array], inputs: tuple[Exposure, tuple[Supply, ...]]) -> Sequence[Array]:
    exposure, supply = inputs
    return jax.tree.leaves(exposure.rates(_exposure_state(values), supply))


def _exposure_drive(values: Sequence[Array], inputs: tuple[Exposure, tuple[Supply, ...]]) -> Drive:
    exposure, supply = inputs
    return exposure.drive(_exposure_state(values), supply)


@functools.cache
def exposure_program(count: int) -> Any:
    """Return the program that advances all animals by a chunk, `count` pieces a segment (see `loop.animals_chunk`)."""

    def program(
        limits: Tolerance, exposure: Exposure, lanes: Lanes, jumps: Array, supply: tuple[Supply, ...], lengths: Array
    ) -> tuple[Lanes, Pieces, Array]:
        segments = lengths.shape[0]
        everywhere = jax.tree.map(lambda leaf: jnp.broadcast_to(leaf, (segments, *jnp.shape(leaf))), exposure)
        inputs = (everywhere, supply)
        return animals_chunk(_exposure_rates, _exposure_drive, lanes, jumps, inputs, lengths, limits, count)

    return compiled(program)


@functools.cache
def drive_program() -> Any:
    """Return the program that gives what neurons see of an animal: (exposure, state, supply) → drive."""
    return jax.jit(lambda exposure, state, supply: exposure.drive(state, supply))


def _cell_rates(values: Sequence[Array], inputs: tuple[Any, ...]) -> Sequence[Array]:
    pathway, drive, inflow, rest = inputs
    return jax.tree.leaves(model.rates(pathway, model.unstack(values), drive, inflow, rest))


def _resting_rates(values: Sequence[Array], inputs: tuple[Any, ...]) -> Sequence[Array]:
    pathway, drive = inputs
    state = model.unstack(values)
    rest = model.resting_values(pathway, state, drive)
    return jax.tree.leaves(model.rates(pathway, state, drive, jnp.zeros_like(drive.htr1a), rest))


BDNF_OUTSIDE = [declared.name for declared in model.variables()].index("bdnf_extracellular")


def inflow(values: Array, exchange: Number) -> Array:
    """Return the net BDNF from the two neighbours on each group's ring.

    Args:
        values: shape (variable, neuron).
        exchange: rate to one neighbour, 1/s, shape ().

    Returns:
        nmol/L/s, shape (neuron,).
    """
    bdnf = values[BDNF_OUTSIDE].reshape(-1, GROUP)
    around = jnp.roll(bdnf, 1, axis=1) + jnp.roll(bdnf, -1, axis=1)
    return (exchange * (around - 2.0 * bdnf)).reshape(-1)


def spread(inverse: Array, right: Array, exchange: Number) -> Array:
    """Solve x / inverse - exchange × ring x = right for extracellular BDNF, where exchange × ring x is `inflow`.

    On a ring of four, both neighbours of a neuron have the same two neighbours: it and the one opposite. Two unknowns
    are left, the sum over each pair; written so that nothing cancels however fast the exchange is.

    Args:
        inverse: s, shape (neuron,); 0 in a neuron that stands still.
        right: shape (neuron,).
        exchange: rate to one neighbour, 1/s, shape ().
    """

    def turned(values: Array, by: int) -> Array:
        return jnp.roll(values.reshape(-1, GROUP), by, axis=1).reshape(-1)

    kept = 1.0 / (1.0 + 2.0 * exchange * inverse)
    given = kept * inverse
    pair, keeps = given * right + turned(given * right, 2), 0.5 * (kept + turned(kept, 2))
    beside, beside_keeps = turned(pair, 1), turned(keeps, 1)
    around = (beside + (1.0 - beside_keeps) * pair) / (keeps + beside_keeps - keeps * beside_keeps)
    return given * (right + exchange * around)


@functools.cache
def rest_program() -> Any:
    """Return the program that solves every neuron's rest: (pathway, drive) → values, resting values, residual."""

    def program(pathway: model.Pathway, drive: Drive) -> tuple[Array, model.Resting, Array]:
        guess = model.stack(model.initial_guess(pathway, drive.htr1a))
        inputs = (pathway, drive)
        values = equilibrium.rest(_resting_rates, guess, inputs)
        residual = equilibrium.relative_residual(_resting_rates, values, inputs)
        return values, model.resting_values(pathway, model.unstack(values), drive), residual

    return compiled(program)


@functools.cache
def cascade_program(counted: tuple[str, ...] = (), method: Method = RODAS4P) -> Any:
    """Return the program that advances all neurons by a chunk (see `loop.neurons_chunk`).

    Its arguments are tolerance, pathway, resting values, animal of each neuron, lanes, pieces, events, lengths and ends
    of the segments, and the copies and keys of the counted variables; its results are the lanes, all 29 variables at
    the end of each segment, (segment, variable, neuron), and which of them had diverged, (segment, neuron).
    """
    names = [declared.name for declared in model.variables()]
    rows = tuple(names.index(name) for name in counted)

    def program(
        limits: Tolerance, pathway: model.Pathway, rest: model.Resting, animal: Array, lanes: Lanes, pieces: Pieces,
        events: Array, lengths: Array, ends: Array, copies: tuple[Number, ...] = (), keys: Array | None = None,
    ) -> tuple[Lanes, Array, Array]:  # fmt: skip
        def inputs_at(here: Pieces, elapsed: Array, values: Array) -> tuple[Any, ...]:
            drive = Drive(*evaluate(here, animal, elapsed, DRIVES, GROUP))
            return pathway, drive, inflow(values, exchange), rest

        exchange = pathway.bdnf.exchange()
        coupling = Coupling(GROUP, BDNF_OUTSIDE, functools.partial(spread, exchange=exchange))
        pools = None if keys is None else Counted(rows, copies, keys)
        return neurons_chunk(
            _cell_rates, inputs_at, lanes, pieces, events, lengths, limits, coupling, ends, pools, method
        )  # fmt: skip

    return compiled(program)
