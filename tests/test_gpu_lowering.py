"""Every compiled program lowered for CUDA on a machine without a GPU: traced and lowered, never compiled or run."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from typing import Any

import jax
import pytest
import runs
from jax import numpy as jnp
from jax.export import Exported, export

from plastisim import cascade, model, population, spine_programs
from plastisim.biology.exposure import Exposure
from plastisim.biology.ligands import Supply
from plastisim.biology.spines import Spines
from plastisim.engine import control, devices
from plastisim.engine.explicit import DORMAND_PRINCE
from plastisim.engine.rodas import RODAS4P
from plastisim.lab.cohort import Spread
from plastisim.lab.imaging import Microscope
from plastisim.spine_agents import keyed

PRECISIONS = ("float32", "float64")
SEGMENTS, SLOTS, VARIABLES = 4, 32, len(runs.VARIABLES)
PEOPLE = population.populate(runs.TWO_ARMS, (runs.FOUR_MICE,), 0)
LANES, ANIMALS = len(PEOPLE.lanes()), PEOPLE.animals


def shapes(function: Callable[..., Any], *arguments: Any) -> Any:
    """Return the shapes of what a function would return, without computing it."""
    return jax.eval_shape(lambda: function(*arguments))


def held(values: Any) -> Any:
    """Return the shapes of arrays on the host as a program gets them."""
    return shapes(lambda: jax.tree.map(jnp.asarray, values))


def results(exported: Exported) -> Any:
    """Return the shapes of what a lowered program returns, in its own structure."""
    leaves = [jax.ShapeDtypeStruct(one.shape, one.dtype) for one in exported.out_avals]
    return jax.tree.unflatten(exported.out_tree, leaves)


@functools.cache
def lowered(precision: str) -> dict[str, Exported]:
    """Return every program lowered for CUDA, each for the shapes that the one before it returns."""
    with jax.enable_x64(precision == "float64"):
        return _cascade(jnp.dtype(precision))


def _cascade(dtype: jnp.dtype) -> dict[str, Exported]:
    number = functools.partial(jax.ShapeDtypeStruct, dtype=dtype)
    lengths = number((SEGMENTS,))
    found: dict[str, Exported] = {}

    def lower(name: str, program: Any, *arguments: Any) -> Any:
        found[name] = export(program, platforms=["cuda"])(*arguments)
        return results(found[name])

    exposure: Exposure = held(population.exposures(PEOPLE, Spread(), dtype))
    initial = shapes(lambda: Exposure.initial(_zeros(exposure), jnp.zeros(ANIMALS, dtype)))
    supply = tuple(Supply(number((ANIMALS,)), number((ANIMALS,))) for _ in exposure.ligands)
    drive = lower("drive", cascade.drive_program(), exposure, initial, supply)

    start = shapes(lambda: control.start(jnp.stack(jax.tree.leaves(_zeros(initial)))))
    jumps = number((SEGMENTS, *start.values.shape))
    supply = jax.tree.map(lambda leaf: number((SEGMENTS, *leaf.shape)), supply)
    moving = (_limits(len(PEOPLE.compounds)), exposure, start, jumps, supply, lengths)
    pieces = lower("exposure", cascade.exposure_program(RODAS4P.pieces), *moving)[1]
    finer = lower("exposure, finer", cascade.exposure_program(DORMAND_PRINCE.pieces), *moving)[1]

    pathway = held(population.pathways(PEOPLE, model.default_pathway(), Spread(), dtype))
    drive = jax.tree.map(lambda leaf: number((LANES,)), drive)
    values, rest, _ = lower("rest", cascade.rest_program(), pathway, drive)

    lanes = shapes(lambda: control.start(_zeros(values)))
    who, flags = shapes(lambda: jnp.asarray(PEOPLE.lanes()[:, 0])), jax.ShapeDtypeStruct((SEGMENTS,), bool)
    ends = jax.ShapeDtypeStruct((SEGMENTS,), jnp.int32)
    given = (flags, lengths, ends)
    lower("cascade", cascade.cascade_program(), _limits(), pathway, rest, who, lanes, pieces, *given)
    oscillating = cascade.cascade_program(method=DORMAND_PRINCE)
    lower("cascade, oscillating", oscillating, _limits(), pathway, rest, who, lanes, finer, *given)
    _spines(lower, number, flags, dtype)
    return found


def _limits(ligands: int = 0) -> control.Tolerance:
    """Return the tolerance of animals with some compounds, or of neurons."""
    return held(cascade.exposure_tolerance(ligands, 1e-5) if ligands else cascade.cell_tolerance(1e-3))


def _spines(lower: Callable[..., Any], number: Any, flags: Any, dtype: jnp.dtype) -> None:
    law = population.in_precision(Spines(), dtype)
    sites = held(keyed(population.sites(PEOPLE, Spread(), law, Microscope(), dtype)[0]))
    forest = lower("start", spine_programs.start_program(SLOTS), law, sites)
    injected = jax.ShapeDtypeStruct((SEGMENTS, sites.lane.shape[0]), bool)
    ends = jax.ShapeDtypeStruct((SEGMENTS,), jnp.asarray(0).dtype)
    drive = (number((SEGMENTS, LANES)), number((SEGMENTS, LANES)), injected, ends, flags)
    lower("forest", spine_programs.forest_program(), law, sites, forest, *drive, number(()))
    lower("session", spine_programs.session_program(), law, sites, forest, jax.ShapeDtypeStruct((), ends.dtype))


def _zeros(tree: Any) -> Any:
    return jax.tree.map(lambda leaf: jnp.zeros(leaf.shape, leaf.dtype), tree)


def fences(exported: Exported) -> int:
    return exported.mlir_module().count("stablehlo.optimization_barrier")


ANIMAL = len(cascade.exposure_tolerance(len(PEOPLE.compounds), 1e-5).signed)
# The straight-line code of a Jacobian and its factors has hundreds of shared values; a cipher has one.
LEAST_FENCES = {"exposure": 200, "rest": 10 * VARIABLES, "cascade": 10 * VARIABLES, "start": 1, "forest": 1}
FIRST_RESULT = {
    "drive": (ANIMALS,),
    "exposure": (ANIMAL, ANIMALS),
    "exposure, finer": (ANIMAL, ANIMALS),
    "rest": (VARIABLES, LANES),
    "cascade": (VARIABLES, LANES),
    "cascade, oscillating": (VARIABLES, LANES),
    "start": (LANES, SLOTS),
    "forest": (LANES, SLOTS),
    "session": (LANES, SLOTS),
}
PROGRAMS = tuple(FIRST_RESULT)


def test_no_program_is_forgotten():
    written = {name for module in (cascade, spine_programs) for name in vars(module) if name.endswith("_program")}
    assert {f"{name.split(',')[0]}_program" for name in PROGRAMS} == written


@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.parametrize("name", PROGRAMS)
def test_program_lowers_for_cuda(name: str, precision: str):
    exported = lowered(precision)[name]
    text = exported.mlir_module()
    assert exported.platforms == ("cuda",)
    assert exported.nr_devices == 1
    assert "custom_call" not in text  # neither a callback to the host nor a library of the CPU
    assert fences(exported) >= LEAST_FENCES.get(name, 0)
    assert exported.out_avals[0].shape == FIRST_RESULT[name]
    kinds = {str(one.dtype) for one in (*exported.in_avals, *exported.out_avals)}
    assert {kind for kind in kinds if kind.startswith("float")} == {precision}
    # Doubles are slow on a GPU: one that slips in is found inside a program, not only at its ends.
    assert (re.search(r"\bf64\b|xf64\b", text) is None) == (precision == "float32")


def test_the_cascade_keeps_its_shapes_and_its_fences():
    """What goes out goes in again, so that a chunk follows a chunk; and the GPU gets the fences that the CPU gets."""
    exported = lowered("float64")["cascade"]
    arguments, (lanes, values, failed) = jax.tree.unflatten(exported.in_tree, exported.in_avals)[0], results(exported)
    assert [one.shape for one in arguments[4]] == [one.shape for one in lanes]
    assert [one.dtype for one in arguments[4]] == [one.dtype for one in lanes]
    assert values.shape == (SEGMENTS, VARIABLES, LANES)
    assert failed.shape == (SEGMENTS, LANES)
    abstract = jax.tree.map(lambda one: jax.ShapeDtypeStruct(one.shape, one.dtype), arguments)
    on_cpu = cascade.cascade_program().lower(*abstract).as_text()
    assert on_cpu.count("xla_cpu_small_call") == 1
    arguments_of_the_kernel = 2 * len(jax.tree.leaves(arguments))
    assert fences(exported) <= on_cpu.count("mhlo.add_dependency") <= fences(exported) + arguments_of_the_kernel


@pytest.mark.parametrize(("backend", "on_cpu"), [("cpu", True), ("gpu", False)])
def test_the_flag_of_the_cpu_stays_on_the_cpu(backend: str, on_cpu: bool, monkeypatch: pytest.MonkeyPatch):
    """On CPU fences must outlive a pass that XLA's GPU pipeline runs after fusion only, and needs."""
    given: list[dict[str, Any]] = []
    monkeypatch.setattr(jax, "default_backend", lambda: backend)
    monkeypatch.setattr(jax, "jit", lambda function, **options: given.append(options))
    devices.compiled(lambda value: value)
    (options,) = given
    assert bool(options) == on_cpu
    assert ("cse_barrier_expander" in str(options)) == on_cpu
