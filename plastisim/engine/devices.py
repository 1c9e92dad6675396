"""Where compiled programs run and where they are kept between runs."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any


def cache_folder() -> Path | None:
    """Return where compiled programs are kept; None if the variable PLASTISIM_CACHE is `off`."""
    chosen = os.environ.get("PLASTISIM_CACHE", "")
    if chosen.lower() == "off":
        return None
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(chosen) if chosen else Path(base) / "plastisim"


def keep_compiled_programs() -> None:
    """Let this process reuse programs that an earlier one compiled; does nothing if the folder cannot be made."""
    import jax

    folder = cache_folder()
    if folder is None:
        return
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return
    jax.config.update("jax_compilation_cache_dir", str(folder))
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.0)
    jax.config.update("jax_persistent_cache_min_entry_size_bytes", 0)


def compiled(function: Callable[..., Any]) -> Any:
    """Return `function` compiled for the default device, barriers between its operations respected.

    On CPU, XLA takes barriers away before it fuses operations and then computes shared values many times over; that
    pass is left out. So is the one that compiles loops over less than about a kilobyte as one function, and knows no
    barrier: a system of two variables would not compile. Operations run whole and in one fixed order: to cut them up or
    hand them to a pool of threads costs more than the operation where arrays are small (measured: CHANGELOG.md), and
    the blocks of a population keep all cores busy.
    """
    import jax

    if jax.default_backend() == "cpu":
        options = {
            "xla_disable_hlo_passes": "cse_barrier_expander,small-while-loop-hoisting,cpu-parallel-task-assigner",
            "xla_cpu_scheduler_type": "CPU_SCHEDULER_TYPE_MEMORY_OPTIMIZED",
        }
        return jax.jit(function, compiler_options=options)
    return jax.jit(function)
