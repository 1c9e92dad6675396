"""A stored run as the tables that imaging laboratories keep: a row a dendrite, and turnover between sessions.

A mouse keeps its name in all arms of a run, for it is the same animal; in a laboratory an animal has one condition.
Here it is therefore called `cohort-number-arm`. Fields of view are the neurons; they and the dendrites count from 1.
The model has no sexes: the column that laboratories keep for it says so in every row.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from plastisim.engine.errors import ConfigError
from plastisim.lab.branch_table import QUANTITIES, SPINE_DENSITY, BranchTable, FloatArray, Quantity, TextArray

if TYPE_CHECKING:
    import pandas
    import xarray

BRANCH = ("arm", "mouse", "neuron", "dendrite")
LABELS = ("mouse_id", "sex", "condition", "fov", "dendrite")
NO_SEX = "unspecified"


def mouse_names(dataset: xarray.Dataset) -> TextArray:
    """Return the name of each mouse, `cohort-number`, shape (mouse,)."""
    cohorts = texts(dataset, "cohort").tolist()
    return np.array([f"{name}-{cohorts[:place].count(name)}" for place, name in enumerate(cohorts)], np.str_)


def tables_of(dataset: xarray.Dataset) -> dict[str, BranchTable]:
    """Return what was imaged, one table a cohort; branches of neurons that diverged are left out.

    Raises:
        ConfigError: nothing was imaged.
    """
    arm, mouse, *_ = labels(dataset)
    name, days = mouse_names(dataset)[mouse], dataset.session.values.astype(float)
    condition, cohort = texts(dataset, "arm")[arm], texts(dataset, "cohort")[mouse]
    density, width, formation, elimination = (imaged(dataset, one) for one in QUANTITIES)
    sound = np.isfinite(density).any(axis=1)
    return {
        one: BranchTable(
            name[here], condition[here], days, density[here], width[here], formation[here], elimination[here]
        )
        for one in dict.fromkeys(texts(dataset, "cohort").tolist())
        for here in [(cohort == one) & sound]
    }


def labels(dataset: xarray.Dataset) -> tuple[np.ndarray, ...]:
    """Return arm, mouse, neuron and dendrite of every branch as indices, each of shape (branch,)."""
    return tuple(one.ravel() for one in np.indices([dataset.sizes[name] for name in BRANCH]))


def imaged(dataset: xarray.Dataset, quantity: Quantity) -> FloatArray:
    """Return what was imaged of each branch, shape (branch, session), in the unit of the quantity."""
    values = needed(dataset, f"observed_{quantity.name}").transpose(*BRANCH, "session").values
    return values.reshape(-1, dataset.sizes["session"]).astype(float)


def needed(dataset: xarray.Dataset, name: str) -> xarray.DataArray:
    """Return a variable.

    Raises:
        ConfigError: the dataset has no such variable.
    """
    if name not in dataset.variables:
        raise ConfigError(f"the dataset has no {name!r}; expected a run of this version, opened by plastisim.open_run")
    return dataset[name]


def branch_frame(
    dataset: xarray.Dataset, quantity: Quantity = SPINE_DENSITY, arms: Sequence[str] | None = None
) -> pandas.DataFrame:
    """Return a quantity as laboratories keep it, one row a dendrite: the layout that `--data` reads.

    Args:
        dataset: of a run.
        quantity: which one, in its own unit; rates are fractions of spines per interval.
        arms: by name; None takes all.

    Returns:
        Columns mouse_id, sex (`unspecified`), condition, fov, dendrite, and day_D for each session. A branch of a
        neuron that diverged has no row.

    Raises:
        ConfigError: no such arm, or nothing was imaged.
    """
    import pandas

    arm, mouse, neuron, dendrite = labels(dataset)
    names = texts(dataset, "arm").tolist()
    if unknown := [name for name in arms or () if name not in names]:
        raise ConfigError(f"no arm {unknown[0]!r}; this run has {', '.join(map(repr, names))}")
    condition = np.array(names)[arm]
    mice = [f"{name}-{own}" for name, own in zip(mouse_names(dataset)[mouse], condition, strict=True)]
    frame = pandas.DataFrame(dict(zip(LABELS, (mice, NO_SEX, condition, neuron + 1, dendrite + 1), strict=True)))
    days = [f"day_{day:g}" for day in dataset.session.values]
    frame = pandas.concat([frame, pandas.DataFrame(imaged(dataset, quantity), columns=days)], axis=1)
    sound = np.isfinite(imaged(dataset, SPINE_DENSITY)).any(axis=1) & frame.condition.isin(arms or names).to_numpy()
    return frame.loc[sound].reset_index(drop=True)


def turnover_frame(dataset: xarray.Dataset) -> pandas.DataFrame:
    """Return formation and elimination of every mouse in every interval between two sessions.

    Returns:
        Columns arm, cohort, mouse (as in the dataset), mouse_id, from_day, to_day, dendrites (how many were measured),
        and formation and elimination: the mean over these dendrites of the spines gained and lost, relative to the
        spines at the begin of the interval.

    Raises:
        ConfigError: nothing was imaged.
    """
    import pandas

    arm, mouse, *_ = labels(dataset)
    days, names, cohorts = dataset.session.values, mouse_names(dataset), texts(dataset, "cohort")
    rates = np.stack([imaged(dataset, one) for one in QUANTITIES if one.is_rate])
    rows = []
    for index, name in enumerate(texts(dataset, "arm")):
        for animal in range(dataset.sizes["mouse"]):
            own = rates[:, (arm == index) & (mouse == animal)]
            for now in range(1, len(days)):
                known = own[:, np.isfinite(own[:, :, now]).all(axis=0), now]
                gained, lost = known.mean(axis=1) if known.size else (np.nan, np.nan)
                cohort = cohorts[animal]
                rows.append((name, cohort, int(dataset.mouse[animal]), f"{names[animal]}-{name}", days[now - 1],
                             days[now], known.shape[1], gained, lost))  # fmt: skip
    head = ("arm", "cohort", "mouse", "mouse_id", "from_day", "to_day", "dendrites", "formation", "elimination")
    return pandas.DataFrame(rows, columns=head)


def texts(dataset: xarray.Dataset, name: str) -> TextArray:
    """Return a text coordinate as NumPy's own text; a store and a netCDF file bring different kinds."""
    return np.array([str(one) for one in needed(dataset, name).values], np.str_)
