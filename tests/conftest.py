"""Every test runs at 64 bit, and implicit promotion of types or ranks is an error."""

from __future__ import annotations

from pathlib import Path

import jax
import pytest
import xarray

import plastisim as ps

jax.config.update("jax_enable_x64", True)
jax.config.update("jax_numpy_dtype_promotion", "strict")
jax.config.update("jax_numpy_rank_promotion", "raise")

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def shared() -> Path:
    """Folder of published data and models kept beside the repository; tests that need it skip without it."""
    folder = ROOT.parent / "shared"
    if not folder.is_dir():
        pytest.skip("the folder ../shared with published data is not here")
    return folder


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Output folder of a run that was made up, not simulated."""
    import made_run

    folder = tmp_path_factory.mktemp("made") / "run"
    ps.write_run(ps.to_dataset(made_run.made(), "made"), folder / "run.zarr")
    return folder


@pytest.fixture(scope="session")
def dataset(store: Path) -> xarray.Dataset:
    """The same, opened."""
    return ps.open_run(store)
