"""Can this machine run plastisim: packages, devices, double precision, room, and one small simulation."""

from __future__ import annotations

import os
import platform
import shutil
import time
from collections.abc import Callable, Iterator
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from plastisim.engine.devices import cache_folder

REQUIRED = (
    "numpy", "scipy", "jax", "pandas", "xarray", "zarr", "matplotlib", "pint", "cyclopts", "tqdm", "statsmodels"
)  # fmt: skip
# Extra to the modules that it brings, and what it is for; a test holds both lists against pyproject.toml.
EXTRAS = {
    "sbml": ({"python-libsbml": "libsbml"}, "export, and reading other people's models"),
    "guide": ({"sphinx": "sphinx", "myst-parser": "myst_parser", "furo": "furo"}, "the guide as a site"),
    "netcdf": ({"h5netcdf": "h5netcdf", "h5py": "h5py"}, "stored runs as netCDF"),
    "verify": ({"diffrax": "diffrax", "libroadrunner": "roadrunner"}, "benchmarks against other solvers"),
}
LEAST_DISK = 2**30  # bytes; the main job takes a few MiB, a large one some GiB
HOUR = 3600


def checkup(folder: str | Path = ".") -> dict[str, Any]:
    """Return what was found on this machine, in JSON types; `problems` is empty where all is well.

    Args:
        folder: where results would be written, for the room on its disk.
    """
    found: dict[str, Any] = {"python": platform.python_version(), "packages": _versions(REQUIRED)}
    found["extras"] = [
        {
            "name": name,
            "for": purpose,
            "missing": [package for package, module in modules.items() if find_spec(module) is None],
            "install": f"pip install 'plastisim[{name}]'",
        }
        for name, (modules, purpose) in EXTRAS.items()
    ]
    found["cache"] = _cache()
    found["disk_free"] = shutil.disk_usage(folder).free
    problems = [f"{name} is missing: pip install {name}" for name, version in found["packages"].items() if not version]
    if found["disk_free"] < LEAST_DISK:
        problems.append(f"disk: less than 1 GiB is free at {str(folder)!r}; write results to another disk")
    if found["cache"]["folder"] is not None and not found["cache"]["writable"]:
        problems.append(f"cache: {found['cache']['folder']!r} cannot be written; set PLASTISIM_CACHE to another folder")
    for name, look in (("devices", _devices), ("x64", _double), ("simulation", _simulation)):
        try:
            found[name] = look()
        except Exception as error:  # whatever is wrong with the installation is the finding
            found[name] = None
            problems.append(f"{name}: {type(error).__name__}: {(str(error).splitlines() or [''])[0]}")
    return {**found, "problems": problems}


def _versions(names: tuple[str, ...]) -> dict[str, str | None]:
    """Return the version of each package, None where it is missing; of plastisim too, where it is installed."""

    def pairs() -> Iterator[tuple[str, str | None]]:
        for name in ("plastisim", *names):
            try:
                yield name, metadata.version(name)
            except metadata.PackageNotFoundError:
                yield name, "source tree, not installed" if name == "plastisim" else None

    return dict(pairs())


def _cache() -> dict[str, Any]:
    """Return where compiled programs are kept, how much they take, and whether more can be."""
    folder = cache_folder()
    if folder is None:
        return {"folder": None, "bytes": 0, "writable": False}
    files = [file for file in folder.rglob("*") if file.is_file()] if folder.is_dir() else []
    above = next(place for place in (folder.absolute(), *folder.absolute().parents) if place.exists())
    writable = above.is_dir() and os.access(above, os.W_OK)
    return {"folder": str(folder), "bytes": sum(file.stat().st_size for file in files), "writable": writable}


def _devices() -> list[str]:
    """Return what JAX computes on."""
    import jax

    return [f"{device.platform}: {device.device_kind}" for device in jax.devices()]


def _double() -> bool:
    """Return that double precision is to be had.

    Raises:
        RuntimeError: it is not.
    """
    import jax
    from jax import numpy as jnp

    with jax.enable_x64(True):
        one = jnp.asarray(1.0, "float64")
        if one.dtype != "float64" or float(one + 1e-12) == 1.0:
            raise RuntimeError("double precision cannot be switched on")
    return True


def _simulation(clock: Callable[[], float] = time.perf_counter) -> dict[str, Any]:
    """Return the time and outcome of a small simulation: two hours of drug in two mice, up to the receptor.

    Raises:
        RuntimeError: the drug does not reach the receptor, or vehicle does something.
    """
    from plastisim.exposed import expose
    from plastisim.lab.compounds import PSILOCYBIN, VEHICLE
    from plastisim.lab.giving import Dose
    from plastisim.lab.protocol import Arm

    begin = clock()
    arms = (Arm("vehicle", (Dose(VEHICLE),)), Arm("psilocybin", (Dose(PSILOCYBIN, 1.0),)))
    found = expose(arms, end=2 * HOUR, every=HOUR // 2)
    bound = {arm.name: float(found.drive("htr2a_surface", arm.name).max()) for arm in arms}
    if not 0.0 <= bound["vehicle"] < bound["psilocybin"] <= 1.0:
        raise RuntimeError(f"5-HT2A activation makes no sense: {bound}")
    return {"seconds": clock() - begin, "htr2a_surface": bound}
