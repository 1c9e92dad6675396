"""One function, one kernel: how XLA on CPU is kept from cutting a step into hundreds of small ones, or doing it twice.

XLA compiles each group of operations that it fuses as a function of its own and hands them to the processor one after
the other, at some 0.2 us each. For a block of neurons that is longer than most of them take. A call with the attribute
`xla_cpu_small_call` is compiled as a single function instead (XLA marks small loops in the same way). Inside it XLA
knows no `optimization_barrier`, so fences are written as what XLA has besides: a dependency on nothing.

On other devices a kernel is its operations, and a fence is an ordinary barrier.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import jax
from jax import Array, lax
from jax.core import Tracer
from jax.extend import core as jcore
from jax.interpreters import ad, mlir
from jaxlib.mlir import ir
from jaxlib.mlir.dialects import stablehlo

_MARKS = {"xla_cpu_small_call": "true", "inlineable": "false"}

_fence = jcore.Primitive("fence")
_kernel = jcore.Primitive("kernel")
_kernel.multiple_results = True


def fence(value: Array) -> Array:
    """Return `value` as it is, computed once and stored, however often and in whatever company it is used."""
    return _fence.bind(value)


def kernel(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return `function`, compiled as one kernel on a CPU; arguments and results are pytrees of arrays."""

    def called(*arguments: Any) -> Any:
        leaves = jax.tree.leaves(arguments)
        inside, shape = jax.make_jaxpr(function, return_shape=True)(*arguments)
        taken = [value for value in inside.consts if isinstance(value, Tracer)]
        fixed = [None if isinstance(value, Tracer) else value for value in inside.consts]
        found = _kernel.bind(*taken, *leaves, program=_Program(inside.jaxpr, fixed))
        return jax.tree.unflatten(jax.tree.structure(shape), found)

    return called


class _Program:
    """What a kernel does: equations, and values that are known while tracing; hashed by identity."""

    def __init__(self, equations: Any, fixed: Sequence[Any]) -> None:
        self.equations, self.fixed = equations, fixed

    def __call__(self, *values: Any) -> list[Any]:
        rest = iter(values)
        consts = [next(rest) if value is None else value for value in self.fixed]
        return jcore.jaxpr_as_fun(jcore.ClosedJaxpr(self.equations, consts))(*rest)


def _in_one(context: Any, *values: Any, program: _Program) -> Any:
    """Lower a kernel for a CPU: a call that XLA compiles as one."""

    @jax.jit
    def kernel(*values: Any) -> tuple[list[Any], list[Any]]:
        # All arguments are results too: XLA breaks off, and Python with it, where one of them is not used.
        return program(*values), [fence(value) for value in values]

    found = mlir.lower_fun(lambda *values: jax.tree.leaves(kernel(*values)), multiple_results=True)(context, *values)
    call = found[0].owner
    call.attributes["mhlo.frontend_attributes"] = ir.DictAttr.get(
        {name: ir.StringAttr.get(value) for name, value in _MARKS.items()}
    )
    return found[: len(context.avals_out)]


def _dependency(_: Any, value: Any) -> Any:
    nothing = stablehlo.CreateTokenOp().result
    return ir.Operation.create("mhlo.add_dependency", results=[value.type], operands=[value, nothing]).results


_fence.def_impl(lambda value: value)
_fence.def_abstract_eval(lambda value: value)
mlir.register_lowering(_fence, mlir.lower_fun(lax.optimization_barrier, multiple_results=False))
mlir.register_lowering(_fence, _dependency, platform="cpu")
# The slope of a fenced value is no value of its own, and needs no fence.
ad.primitive_jvps[_fence] = lambda values, slopes: (fence(*values), *slopes)

_kernel.def_impl(lambda *values, program: program(*values))
_kernel.def_abstract_eval(lambda *_, program: [variable.aval for variable in program.equations.outvars])
mlir.register_lowering(_kernel, mlir.lower_fun(lambda *values, program: program(*values), multiple_results=True))
mlir.register_lowering(_kernel, _in_one, platform="cpu")
