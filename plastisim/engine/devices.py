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
    """Return `function` compiled for the default device, its fences (see tracing.py) respected.

    On CPU, XLA takes fences away before it fuses operations and then computes shared values many times over. With
    that one pass left out the integrator runs four times faster than with all fusion left out, and compiles
    in half the time of unhindered fusion (measured once: see CHANGELOG.md). The other pass left out compiles loops
    over less than about a kilobyte as one function, and knows no fences: a system of two variables would not compile.
    """
    import jax

    if jax.default_backend() == "cpu":
        left_out = "cse_barrier_expander,small-while-loop-hoisting"
        return jax.jit(function, compiler_options={"xla_disable_hlo_passes": left_out})
    return jax.jit(function)
