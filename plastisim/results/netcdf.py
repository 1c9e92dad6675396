"""A dataset as one netCDF 4 file, for programs that do not read Zarr.

Names, dimensions, units and attributes are those of the store, by the CF conventions. Lists and mappings among the
attributes become JSON text, which netCDF has no type for. What CF calls a time axis counts from a date; the time of a
run counts from day 0 of no calendar, so it is a coordinate in seconds like any other and no axis T (CF 4.4).
"""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from plastisim.engine.errors import ConfigError
from plastisim.results.attributes import json_value
from plastisim.results.files import as_store_error, flush_files, free_file, sibling
from plastisim.results.store import open_run

if TYPE_CHECKING:
    import xarray

COMPRESSION = {"zlib": True, "complevel": 4, "shuffle": True}


def export_netcdf(run: xarray.Dataset | str | Path, file: str | Path, *, overwrite: bool = False) -> Path:
    """Write a run as one netCDF 4 file, whole or not at all.

    Args:
        run: dataset, store, or output folder of `plastisim run`.
        file: name of the file, ending in .nc.
        overwrite: replace an older file.

    Raises:
        ConfigError: the file exists or does not end in .nc, there is no such run, or a package is missing.
        StoreError: the store cannot be used, or the file cannot be written.
    """
    target = free_file(file, "netCDF file", (".nc",), overwrite)
    _check_package()
    dataset = open_run(run) if isinstance(run, (str, Path)) else run
    temporary = sibling(target, "writing")
    try:
        with as_store_error(target):
            ready = _ready(dataset)
            ready.to_netcdf(temporary, format="NETCDF4", engine="h5netcdf", encoding=_encoding(ready))
            flush_files(iter((temporary,)))
            temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)
    return target


def _check_package() -> None:
    """Refuse a host that cannot write netCDF 4."""
    for package in ("h5netcdf", "h5py"):
        if importlib.util.find_spec(package) is None:
            raise ConfigError(f"netCDF needs the package {package}: pip install 'plastisim[netcdf]'")


def _ready(dataset: xarray.Dataset) -> xarray.Dataset:
    """Return the dataset with text and attributes of types that netCDF has."""
    ready = dataset.drop_encoding()
    for name, variable in dataset.variables.items():
        if variable.dtype.kind in "TUO":
            texts = np.array([str(one) for one in np.ravel(variable.values)], object).reshape(variable.shape)
            attributes = variable.attrs
            ready = ready.assign_coords({name: (variable.dims, texts, attributes)})
    ready.attrs = {name: _plain(value, name) for name, value in dataset.attrs.items()}
    return ready


def _plain(value: Any, name: str) -> Any:
    """Return an attribute of a type that netCDF has."""
    plain = json_value(value, name)
    return plain if isinstance(plain, (str, int, float)) else json.dumps(plain)


def _encoding(dataset: xarray.Dataset) -> dict[str, dict[str, Any]]:
    """Return compression of every numeric array, and missing values where there can be any: not in coordinates."""
    return {
        str(name): {
            **(COMPRESSION if variable.ndim else {}),
            "_FillValue": np.nan if kind == "f" and name not in dataset.dims else None,
        }
        for name, variable in dataset.variables.items()
        for kind in [variable.dtype.kind]
        if kind in "biuf"
    }
