"""The single spines of a stored run: where each one sits, when it lived, and how wide its head was when it was imaged.

A store keeps birth and death of every spine, and the head width of every spine that a session counted. A place is
drawn once for each spine, from its address; it is drawn again here, for a spine that came and went between two
sessions has left its place in no table.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import jax
import numpy as np
from jax import numpy as jnp

from plastisim.description import setup_of
from plastisim.engine.errors import StoreError
from plastisim.engine.randomness import uniform
from plastisim.lab.branch_table import FloatArray
from plastisim.lab.protocol import DAY
from plastisim.population import sites
from plastisim.run_tables import BRANCH, labels, mouse_names, needed, texts
from plastisim.setup import Setup
from plastisim.spine_agents import keyed, words
from plastisim.spine_programs import PLACE

if TYPE_CHECKING:
    import pandas
    import xarray


def setup_in(dataset: xarray.Dataset) -> Setup:
    """Return what was simulated.

    Raises:
        StoreError: no configuration, or one of another version.
    """
    if "plastisim_config" not in dataset.attrs:
        raise StoreError("the dataset has no attribute plastisim_config; expected one that plastisim.open_run gave")
    return setup_of(json.loads(dataset.attrs["plastisim_config"]))


def places(setup: Setup, site: np.ndarray, serial: np.ndarray) -> FloatArray:
    """Return where spines sit on their branch, 0..1, shape (spine,).

    Args:
        setup: what is simulated.
        site: branch of each spine.
        serial: number of each spine on its branch.
    """
    with jax.enable_x64(setup.settings.precision == "float64"):
        dtype = jnp.dtype(setup.settings.precision)
        branches, _ = sites(setup.population, setup.spread, setup.law, setup.microscope, dtype)

        @jax.jit  # one program instead of several small ones
        def drawn(fates: jax.Array, site: jax.Array, serial: jax.Array) -> jax.Array:
            return uniform(words(fates[site], serial[:, None], PLACE)[0], dtype)[:, 0]

        return np.asarray(drawn(keyed(branches).fates, jnp.asarray(site), jnp.asarray(serial))).astype(float)


def head_widths(dataset: xarray.Dataset) -> FloatArray:
    """Return the imaged head width of every spine, um, NaN where it was not counted, shape (spine, session)."""
    key = _keys(dataset, "spine")
    order = np.argsort(key)
    row = order[np.searchsorted(key, _keys(dataset, "observation"), sorter=order)]
    days = dataset.session.values.astype(np.float32)
    column = np.searchsorted(days, needed(dataset, "observation_day").values)
    widths = np.full((len(key), len(days)), np.nan)
    widths[row, column] = needed(dataset, "observation_head_width").values
    return widths


def _keys(dataset: xarray.Dataset, kind: str) -> np.ndarray:
    """Return one number for each spine of the ledger, or of the observations: branch and serial number."""
    branch, serial = (needed(dataset, f"{kind}_{part}").values.astype(np.int64) for part in ("branch", "serial"))
    return (branch << 32) + serial


def spine_frame(dataset: xarray.Dataset) -> pandas.DataFrame:
    """Return every spine that lived, one row each.

    Returns:
        Columns arm, cohort, mouse, neuron and dendrite (as in the dataset), mouse_id (as in `branch_frame`), spine (its
        number on the dendrite), birth_d (missing for spines older than the run), death_d (missing for the living),
        place_um (from the begin of the branch), head_width_um (mean over the sessions that counted it; missing if
        none did), sessions (how many did), first_seen_d and last_seen_d. Days count from day 0.

    Raises:
        ConfigError: the dataset is no run of this version.
        StoreError: its configuration cannot be read.
    """
    import pandas

    site, serial = (needed(dataset, f"spine_{part}").values for part in ("branch", "serial"))
    where = [index[site] for index in labels(dataset)]
    length = needed(dataset, "branch_length").transpose(*BRANCH).values.ravel()[site]
    widths, days = head_widths(dataset), dataset.session.values
    counted = np.isfinite(widths)
    number, any_seen = counted.sum(axis=1), counted.any(axis=1)
    last = len(days) - 1 - counted[:, ::-1].argmax(axis=1)
    arm, mouse = texts(dataset, "arm")[where[0]], mouse_names(dataset)[where[1]]
    return pandas.DataFrame({
        "arm": arm,
        "cohort": texts(dataset, "cohort")[where[1]],
        **{name: dataset[name].values[index] for name, index in zip(BRANCH[1:], where[1:], strict=True)},
        "mouse_id": [f"{one}-{own}" for one, own in zip(mouse, arm, strict=True)],
        "spine": serial,
        "birth_d": needed(dataset, "spine_birth").values / DAY,
        "death_d": needed(dataset, "spine_death").values / DAY,
        "place_um": places(setup_in(dataset), site, serial) * length,
        "head_width_um": np.where(any_seen, np.nansum(widths, axis=1) / np.maximum(number, 1), np.nan),
        "sessions": number,
        "first_seen_d": np.where(any_seen, days[counted.argmax(axis=1)], np.nan),
        "last_seen_d": np.where(any_seen, days[last], np.nan),
    })  # fmt: skip
