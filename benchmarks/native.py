"""C compiled at run time: the system's compiler, and traced functions written out as C.

The biology keeps its one definition: the C is printed from the same trace that JAX compiles.
"""

from __future__ import annotations

import ctypes
import math
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from plastisim.engine.tracing import Operation, Program

HERE = Path(__file__).resolve().parent
FLAGS = ("-O3", "-march=native", "-mprefer-vector-width=512", "-fno-math-errno", "-fno-trapping-math")
VARIANTS = {"C": (), "C, -ffast-math": ("-ffast-math", "-fno-finite-math-only")}
_INFIX = {"mul": "*", "add": "+", "add_any": "+", "sub": "-", "div": "/", "eq": "==", "ne": "!="}
_INFIX |= {"lt": "<", "le": "<=", "gt": ">", "ge": ">=", "and": "&", "or": "|"}
_CALLS = {"exp": "exp", "log": "log", "pow": "pow", "sqrt": "sqrt", "abs": "fabs"}
_SAME = ("broadcast_in_dim", "convert_element_type", "copy")


def compiler() -> str | None:
    """Return the path of the system's C compiler, or None."""
    return next((path for path in map(shutil.which, ("gcc", "cc", "clang")) if path), None)


def load(name: str | Path, header: str, extra: Sequence[str] = ()) -> ctypes.CDLL:
    """Compile one of the C files beside this one and load it.

    Args:
        name: file name, or the path of another C file.
        header: text of `generated.h`, which the file includes.
        extra: further flags.

    Raises:
        SystemExit: if there is no compiler, or it refuses the file; says so.
    """
    found = compiler()
    if found is None:
        sys.exit("this benchmark compares with C, but found no C compiler: install gcc or clang so that `cc` works")
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "generated.h").write_text(header, encoding="utf-8")
        library = Path(folder) / "library.so"
        flags = _accepted(found, FLAGS)
        command = [found, *flags, *extra, "-shared", "-fPIC", "-I", folder, "-o", str(library), str(HERE / name), "-lm"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            sys.exit(f"{found} could not compile {name}:\n{done.stderr[:2000]}")
        return ctypes.CDLL(str(library))


def _accepted(found: str, flags: Sequence[str]) -> list[str]:
    """Return the flags that this compiler and processor know; -O3 alone is always left."""

    def known(flag: str) -> bool:
        command = [found, "-Werror", flag, "-x", "c", "-fsyntax-only", "-"]
        return subprocess.run(command, input="", capture_output=True, text=True, check=False).returncode == 0

    return [flag for flag in flags if known(flag)]


def pointer(array: np.ndarray) -> ctypes.c_void_p:
    """Return the address of a contiguous array."""
    if not array.flags.c_contiguous:
        raise ValueError("C needs a contiguous array")
    return ctypes.c_void_p(array.ctypes.data)


def function(name: str, program: Program, lane_wise: Sequence[bool]) -> str:
    """Return a traced elementwise function as C: `static void name(const double *const *in, double *out)`.

    Args:
        name: of the C function.
        program: operations on arrays of shape (lane,) or ().
        lane_wise: whether each argument has one value a lane; the others are read once.

    The results are written one after the other, `LANES` values each. What is the same in all lanes is computed
    before the loop.

    Raises:
        NotImplementedError: for an operation without a C counterpart here.
    """
    names: dict[Any, str] = {key: _number(value) for key, value in program.known.items()}
    varies: dict[Any, bool] = dict.fromkeys(program.known, False)
    once: list[str] = []
    each: list[str] = []
    for index, (key, lanes) in enumerate(zip(program.arguments, lane_wise, strict=True)):
        names[key], varies[key] = f"a{index}", lanes
        once.append(
            f"const double *restrict p{index} = in[{index}];" if lanes else f"const double a{index} = *in[{index}];"
        )
        if lanes:
            each.append(f"const double a{index} = p{index}[lane];")
    for index, operation in enumerate(program.operations):
        (output,) = operation.outputs
        text = _expression(operation, [names[key] for key in operation.inputs])
        names[output], varies[output] = text, any(varies[key] for key in operation.inputs)
        if operation.equation.primitive.name not in _SAME:
            names[output] = f"t{index}"
            kind = "_Bool" if operation.equation.outvars[0].aval.dtype == bool else "double"
            (each if varies[output] else once).append(f"const {kind} t{index} = {text};")
    for index, key in enumerate(program.results):
        each.append(f"out[{index} * LANES + lane] = {names[key]};")
    once_text, each_text = ("\n    ".join(lines) for lines in (once, each))
    return (
        f"static void {name}(const double *const *in, double *restrict out)\n{{\n    {once_text}\n"
        f"#pragma GCC ivdep\n    for (int lane = 0; lane < LANES; lane++) {{\n    {each_text}\n    }}\n}}\n"
    )


def _expression(operation: Operation, given: list[str]) -> str:
    """Return one operation as a C expression."""
    primitive, params = operation.equation.primitive.name, operation.equation.params
    if primitive in _SAME:
        return given[0]
    if primitive in _INFIX:
        return f"{given[0]} {_INFIX[primitive]} {given[1]}"
    if primitive in _CALLS:
        return f"{_CALLS[primitive]}({', '.join(given)})"
    if primitive == "neg":
        return f"-{given[0]}"
    if primitive == "max":
        return f"{given[0]} > {given[1]} ? {given[0]} : {given[1]}"
    if primitive == "min":
        return f"{given[0]} < {given[1]} ? {given[0]} : {given[1]}"
    if primitive == "select_n":
        return f"{given[0]} ? {given[2]} : {given[1]}"
    if primitive == "integer_pow":
        product = _power(given[0], abs(params["y"]))
        return product if params["y"] > 0 else f"1.0 / ({product})"
    raise NotImplementedError(f"no C for the operation {primitive}; add it to benchmarks/native.py")


def _power(base: str, exponent: int) -> str:
    """Return a product by repeated squaring; the compiler finds the common factors."""
    if exponent == 1:
        return base
    half = f"({_power(base, exponent // 2)})"
    return f"{half} * {half}" + (f" * {base}" if exponent % 2 else "")


def _number(value: Any) -> str:
    number = np.asarray(value)
    if number.ndim:
        raise NotImplementedError(f"a constant of shape {number.shape} in a function that should be elementwise")
    if number.dtype == bool or not math.isfinite(float(number)):
        raise NotImplementedError(f"a constant {number!r} in a function that should be elementwise")
    return f"({float(number)!r})"
