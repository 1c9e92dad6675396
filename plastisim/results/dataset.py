"""Columns → xarray: every variable with dims, unit and long name, nothing guessed from shapes."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import xarray


@dataclasses.dataclass(frozen=True, eq=False)
class Column:
    """One variable of a dataset.

    Args:
        name: snake_case, singular.
        dims: its dimensions, outermost first.
        values: one array with as many axes.
        unit: ASCII; `1` where there is none; empty for text.
        long_name: words for axis labels.
        extra: further attributes, of JSON types.
    """

    name: str
    dims: tuple[str, ...]
    values: np.ndarray
    unit: str
    long_name: str
    extra: Mapping[str, Any] = dataclasses.field(default_factory=dict)


def build(columns: Iterable[Column], coordinates: Iterable[Column], attributes: Mapping[str, Any]) -> xarray.Dataset:
    """Return the dataset.

    Args:
        columns: data variables.
        coordinates: coordinate variables.
        attributes: of the root, of JSON types.

    Raises:
        ValueError: if a dimension has two lengths (by xarray, naming it).
    """
    import xarray

    def variable(column: Column) -> tuple[Any, ...]:
        named = {"units": column.unit} if column.unit else {}
        return column.dims, column.values, {**named, "long_name": column.long_name, **column.extra}

    return xarray.Dataset(
        {column.name: variable(column) for column in columns},
        {column.name: variable(column) for column in coordinates},
        dict(attributes),
    )
