"""The cascade's step in C and compiled by JAX: the same arithmetic, neurons and steps."""

from __future__ import annotations

import ctypes
import dataclasses
import functools
from collections.abc import Callable, Sequence
from typing import NamedTuple

import jax
import native
import numpy as np
from jax import Array
from jax import numpy as jnp

from plastisim import cascade, model
from plastisim.biology.exposure import Drive
from plastisim.engine import control, linear, rodas
from plastisim.engine.loop import Pieces
from plastisim.engine.tracing import flat_program

LANES = 16  # lanes of a block in C: two of the widest vectors, and what a step needs stays in cache
LENGTH = 6 * 3600.0  # s
TOLERANCE = 3e-5
PIECES = rodas.RODAS4P.pieces
LIMITS = cascade.cell_tolerance(TOLERANCE)


class Case(NamedTuple):
    """Neurons that differ, at rest, about to see a drug.

    Attributes:
        pathway: leaves of shape () or (lane,).
        animal: of each lane, shape (lane,).
        values: resting state, shape (variable, lane).
        rest: leaves of shape (lane,).
        pieces: what the drug does, without a segment axis.
    """

    pathway: model.Pathway
    animal: np.ndarray
    values: np.ndarray
    rest: model.Resting
    pieces: Pieces


def first_lanes(given: Case, lanes: int) -> Case:
    """Return the first neurons of a case."""

    def cut(leaf: np.ndarray) -> np.ndarray:
        return leaf[:lanes] if leaf.ndim else leaf

    pathway, rest = jax.tree.map(cut, (given.pathway, given.rest))
    return Case(pathway, given.animal[:lanes], np.ascontiguousarray(given.values[:, :lanes]), rest, given.pieces)


class Outcome(NamedTuple):
    """What an integration gave.

    Attributes:
        values: at its end, shape (variable, lane).
        accepted: steps of each lane, shape (lane,).
        rejected: steps of each lane, shape (lane,).
        tried: steps that were computed for all lanes, whether they still needed them or not.
    """

    values: np.ndarray
    accepted: np.ndarray
    rejected: np.ndarray
    tried: int


class Run(ctypes.Structure):
    """The `Run` of cascade.c."""

    _fields_ = [
        ("lanes", ctypes.c_long), ("animals", ctypes.c_long),
        *((name, ctypes.c_double) for name in ("length", "relative", "exchange", "duration")),
        *((name, ctypes.c_void_p) for name in ("absolute", "inputs", "negative", "animal", "coefficients")),
        *((name, ctypes.c_void_p) for name in ("values", "step", "elapsed", "accepted", "rejected", "failed")),
    ]  # fmt: skip


@functools.cache
def case(lanes: int, animals: int = 8) -> Case:
    """Return `lanes` heterogeneous neurons of `animals` animals, their surface receptors driven within minutes."""
    random = np.random.default_rng(lanes)
    pathway = jax.tree.map(lambda leaf: np.asarray(leaf, np.float64), model.default_pathway())
    pathway = dataclasses.replace(
        pathway,
        gq=dataclasses.replace(pathway.gq, reserve=pathway.gq.reserve * np.exp(random.normal(0.0, 0.3, lanes))),
        excitability=dataclasses.replace(
            pathway.excitability,
            resting_rate=2.0 * np.exp(random.normal(0.0, 0.4, lanes)),
            htr1a_weight=random.uniform(0.2, 1.0, lanes),
        ),
    )
    animal = np.arange(lanes) // cascade.GROUP % animals
    drive = Drive(*np.full((cascade.DRIVES, lanes), 0.02))
    values, rest, residual = cascade.rest_program()(pathway, drive)
    if not float(jnp.max(residual)) < 1e-9:
        raise RuntimeError(f"no resting state: relative residual {float(jnp.max(residual))}")
    surface = [field.name for field in dataclasses.fields(Drive)].index("htr2a_surface")
    coefficients = np.zeros((PIECES, animals, 4, cascade.DRIVES))
    coefficients[:, :, 0] = 0.02
    peak = np.linspace(0.1, 0.4, animals)
    coefficients[0, :, 2:, surface] = peak[:, None] * np.array([3.0, -2.0])  # a smooth rise over the first piece
    coefficients[1:, :, 0, surface] += peak
    pieces = Pieces(coefficients.reshape(PIECES, animals, -1), np.asarray(LENGTH / PIECES))
    return Case(pathway, animal, np.array(values), jax.tree.map(np.asarray, rest), pieces)


def header(given: Case) -> str:
    """Return `generated.h` for cascade.c: sizes, coefficients, and the traced functions as C."""
    lanes = given.values.shape[1]
    row = jax.ShapeDtypeStruct((lanes,), jnp.float64)
    values = [row] * len(given.values)
    drive = Drive(*[row] * cascade.DRIVES)
    inputs = (given.pathway, drive, row, given.rest)
    drift = [row if index in _drives(given) else None for index in range(len(jax.tree.leaves(inputs)))]
    begin = rodas._prepare(cascade._cell_rates, cascade.BDNF_OUTSIDE)
    prepare = jax.make_jaxpr(begin, return_shape=True)(values, inputs, drift, row)
    slopes = jax.make_jaxpr(cascade._cell_rates)(values, inputs)
    passes = {one: jax.make_jaxpr(one)(prepare[1][1], values) for one in (linear.eliminate, linear.substitute)}
    wise = [leaf.ndim == 1 for leaf in jax.tree.leaves(inputs)]
    sizes = {
        "LANES": LANES, "VARIABLES": len(values), "DRIVES": cascade.DRIVES, "PIECES": PIECES,
        "BDNF": cascade.BDNF_OUTSIDE, "INPUTS": len(wise), "FIRST_DRIVE": _drives(given)[0],
        "FACTORS": len(prepare[0].jaxpr.outvars) - 2 * len(values), "GAMMA": rodas.GAMMA,
        "ORDER": f"{rodas.ORDER}.0", "STAGES": len(rodas.TIMES),
        "STAGE_TABLE": _braces(rodas.STAGE), "MEMORY_TABLE": _braces(rodas.MEMORY),
        "RESULT_TABLE": _braces(rodas.RESULT), "ERROR_TABLE": _braces(rodas.ERROR),
        "TIMES_TABLE": _braces(rodas.TIMES), "DRIFT_TABLE": _braces(rodas.DRIFT),
    }  # fmt: skip
    here = [True] * len(values)
    return "\n".join([
        *(f"#define {name} {value}" for name, value in sizes.items()),
        f"static const int LANE_WISE[] = {_braces(np.array(wise, int))};",
        native.function("prepare", flat_program(prepare[0]), [*here, *wise, *[True] * cascade.DRIVES, True]),
        native.function("slopes", flat_program(slopes), [*here, *wise]),
        *(
            native.function(one.__name__, flat_program(traced), [True] * len(traced.jaxpr.invars))
            for one, traced in passes.items()
        ),
    ])  # fmt: skip


def _drives(given: Case) -> range:
    """Return which leaves of the inputs are what the drugs do: those that change in time."""
    first = len(jax.tree.leaves(given.pathway))
    return range(first, first + cascade.DRIVES)


def _braces(numbers: np.ndarray) -> str:
    if numbers.ndim > 1:
        return "{" + ", ".join(map(_braces, numbers)) + "}"
    return "{" + ", ".join(repr(number.item()) for number in numbers) + "}"


class InC:
    """The C side: holds the arrays that C reads and writes."""

    def __init__(self, library: ctypes.CDLL, given: Case) -> None:
        """Put the neurons of a case where C finds them."""
        self.native, self.given, lanes = library, given, given.values.shape[1]
        drive = Drive(*np.zeros((cascade.DRIVES, lanes)))
        leaves = jax.tree.leaves((given.pathway, drive, np.zeros(lanes), given.rest))
        self.held: dict[str, np.ndarray] = {
            "absolute": np.asarray(LIMITS.absolute), "negative": LIMITS.signed.astype(np.intc),
            "animal": given.animal.astype(ctypes.c_long), "coefficients": given.pieces.coefficients,
            "values": given.values.copy(), "step": np.full(lanes, control.FIRST_STEP), "elapsed": np.zeros(lanes),
            **{name: np.zeros(lanes, np.intc) for name in ("accepted", "rejected", "failed")},
        }  # fmt: skip
        self.leaves = [np.ascontiguousarray(leaf, np.float64) for leaf in leaves]
        self.held["inputs"] = np.array([leaf.ctypes.data for leaf in self.leaves], np.uintp)
        self.run = Run(
            lanes=lanes, animals=given.pieces.coefficients.shape[1], length=LENGTH,
            relative=LIMITS.relative, exchange=float(given.pathway.bdnf.exchange()),
            duration=float(given.pieces.duration),
            **{name: native.pointer(array) for name, array in self.held.items()},
        )  # fmt: skip

    def advance(self, values: np.ndarray, length: float = LENGTH) -> Outcome:
        """Integrate from `values`, shape (variable, lane), over `length` s."""
        self.held["values"][:] = values
        self.held["step"][:] = control.FIRST_STEP
        for name in ("elapsed", "accepted", "rejected", "failed"):
            self.held[name][:] = 0
        self.run.length = length
        tried = self.native.advance(ctypes.byref(self.run))
        return Outcome(self.held["values"], self.held["accepted"], self.held["rejected"], tried)


def built(given: Case, extra: Sequence[str] = ()) -> ctypes.CDLL:
    """Return cascade.c compiled for the pathway of a case; the number of neurons does not matter."""
    loaded = native.load("cascade.c", header(given), extra)
    loaded.advance.restype = ctypes.c_long
    return loaded


def disagreement(given: Case, of_c: InC, of_ours: Callable[..., Outcome]) -> dict[str, float]:
    """Return the largest relative difference between C and ours after one step and after the whole stretch.

    The one step (0.1 s) starts at rest and from a state that is up to 20 % off; `nan` where the two did not take the
    same steps.
    """
    random = np.random.default_rng(1)
    perturbed = given.values * random.uniform(0.8, 1.2, given.values.shape)
    starts = {"one step from rest": (given.values, control.FIRST_STEP)}
    starts["from a perturbed state"] = (perturbed, control.FIRST_STEP)
    starts["whole stretch"] = (given.values, LENGTH)
    found = {}
    for name, (values, length) in starts.items():
        mine, theirs = of_ours(values, length), of_c.advance(values, length)
        same = np.array_equal(mine.accepted, theirs.accepted) and np.array_equal(mine.rejected, theirs.rejected)
        # In units of how far the step moved a variable, where that is not lost in rounding.
        moved = np.maximum(np.abs(mine.values - values), 1e-3 * np.abs(values) + 1e-12)
        found[name] = float((np.abs(mine.values - theirs.values) / moved).max()) if same else float("nan")
    return found


def ours(given: Case) -> Callable[..., Outcome]:
    """Return a function of (values, length) that integrates with the run's own compiled program."""
    program = cascade.cascade_program()
    pieces = jax.tree.map(lambda leaf: jnp.asarray(leaf)[None], given.pieces)
    fixed = jax.device_put((LIMITS, given.pathway, given.rest, given.animal))

    def advance(values: np.ndarray | Array, length: float = LENGTH) -> Outcome:
        lanes = control.start(jnp.asarray(values))
        end = jnp.asarray([round(length)], jnp.int32)  # addresses chance, of which there is none here
        after, *_ = program(*fixed, lanes, pieces, jnp.asarray([True]), jnp.asarray([length]), end)
        accepted, rejected = np.asarray(after.accepted), np.asarray(after.rejected)
        return Outcome(np.asarray(after.values), accepted, rejected, int((accepted + rejected).max()))

    return advance
