"""The one container that simulated and measured imaging data pass through.

A row is one dendritic branch followed over the sessions of one mouse. Statistics, window and comparison
see nothing else, so a simulated cohort and a laboratory's own table (table_reader.py) are treated alike.
It leaves out sex.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from plastisim.engine.errors import ConfigError

FloatArray = npt.NDArray[np.float64]
TextArray = npt.NDArray[np.str_]

VEHICLE = "vehicle"


@dataclasses.dataclass(frozen=True)
class Quantity:
    """One measured quantity.

    Args:
        name: field of `BranchTable` that holds it.
        unit: unit of the values, ASCII.
        long_name: words for tables and axis labels.
        file: name of its CSV file inside a folder.
        is_rate: True where a value is a fraction of spines per interval between two sessions.
        plausible: lowest and highest believable median, in `unit`.
        hint: what a median above the plausible range usually means.
    """

    name: str
    unit: str
    long_name: str
    file: str
    is_rate: bool
    plausible: tuple[float, float]
    hint: str


SPINE_DENSITY = Quantity(
    "spine_density", "1/um", "spine density", "spine_density.csv", False, (0.01, 5.0),
    "perhaps spines per 10 um: divide by 10",
)  # fmt: skip
HEAD_WIDTH = Quantity(
    "head_width", "um", "spine head width", "spine_head_width.csv", False, (0.05, 5.0),
    "perhaps nanometres: divide by 1000",
)  # fmt: skip
FORMATION = Quantity(
    "formation", "1", "spine formation", "formation_rate.csv", True, (0.0, 1.0), "perhaps per cent: divide by 100"
)
ELIMINATION = Quantity(
    "elimination", "1", "spine elimination", "elimination_rate.csv", True, (0.0, 1.0), "perhaps per cent: divide by 100"
)
QUANTITIES = (SPINE_DENSITY, HEAD_WIDTH, FORMATION, ELIMINATION)


@dataclasses.dataclass(frozen=True, eq=False)
class BranchTable:
    """Branches followed over imaging sessions; NaN stands for "not measured".

    Args:
        mouse: mouse of each branch, shape (branch,); the same name in two arms means two animals.
        condition: `vehicle`, `psilocybin` or another drug, shape (branch,).
        days: day of each session, ascending, dose on day 0, shape (session,).
        spine_density: spines per length, shape (branch, session), 1/um.
        head_width: mean head width of the branch's spines, shape (branch, session), um.
        formation: spines gained since the previous session / spines present then, shape (branch, session).
        elimination: spines lost since the previous session / spines present then, shape (branch, session).
        notes: what the reader had to reconcile, one sentence each.
    """

    mouse: TextArray
    condition: TextArray
    days: FloatArray
    spine_density: FloatArray
    head_width: FloatArray | None = None
    formation: FloatArray | None = None
    elimination: FloatArray | None = None
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse shapes that do not fit each other."""
        if np.any(np.diff(self.days) <= 0):
            raise ValueError(f"days must ascend without repeats, but got {self.days.tolist()}")
        shape = (len(self.mouse), len(self.days))
        for quantity in QUANTITIES:
            values = getattr(self, quantity.name)
            if values is not None and np.shape(values) != shape:
                raise ValueError(f"{quantity.name} must have shape (branch, session) = {shape}, got {np.shape(values)}")
        if len(self.condition) != len(self.mouse):
            raise ValueError(f"condition must have {len(self.mouse)} entries, one a branch, got {len(self.condition)}")

    def __len__(self) -> int:
        """Return the number of branches."""
        return len(self.mouse)

    def has(self, quantity: Quantity) -> bool:
        """Return whether any value of `quantity` was measured."""
        values = getattr(self, quantity.name)
        return values is not None and bool(np.isfinite(values).any())

    def values(self, quantity: Quantity) -> FloatArray:
        """Return `quantity` in its own unit, shape (branch, session).

        Raises:
            ConfigError: the quantity was not measured.
        """
        if not self.has(quantity):
            raise ConfigError(f"this table holds no {quantity.long_name}; add {quantity.file} beside the density file")
        return getattr(self, quantity.name)

    def sessions(self, days: Sequence[float]) -> npt.NDArray[np.intp]:
        """Return the session index of each day.

        Raises:
            ConfigError: a day was not imaged.
        """
        missing = [day for day in days if day not in self.days]
        if missing:
            imaged = ", ".join(f"{day:g}" for day in self.days)
            raise ConfigError(f"no imaging session on day {missing[0]:g}; this table has days {imaged}")
        return np.searchsorted(self.days, np.asarray(days, dtype=np.float64))

    def drugs(self) -> tuple[str, ...]:
        """Return the names of all conditions that are not the vehicle."""
        return tuple(sorted({str(name) for name in self.condition} - {VEHICLE}))

    def select(self, condition: str) -> BranchTable:
        """Return the branches of one condition, in the same order."""
        keep = self.condition == condition
        found = {q.name: getattr(self, q.name) for q in QUANTITIES}
        cut = {name: None if values is None else values[keep] for name, values in found.items()}
        return dataclasses.replace(self, mouse=self.mouse[keep], condition=self.condition[keep], **cut)


def concatenate(tables: Mapping[str, BranchTable]) -> BranchTable:
    """Return all branches of several cohorts in one table.

    Args:
        tables: cohort name → table. Mice are renamed `cohort/mouse`, so equal names stay two animals;
            sessions are the union of all days, NaN where a cohort was not imaged.
    """
    days = np.unique(np.concatenate([table.days for table in tables.values()]))
    columns: dict[str, FloatArray | None] = {}
    for quantity in QUANTITIES:
        parts = [_on_days(table, quantity, days) for table in tables.values()]
        columns[quantity.name] = np.concatenate(parts) if any(t.has(quantity) for t in tables.values()) else None
    density = columns.pop("spine_density")
    mouse = np.array([f"{name}/{mouse}" for name, table in tables.items() for mouse in table.mouse], dtype=np.str_)
    condition = np.concatenate([table.condition for table in tables.values()])
    empty = np.full((len(mouse), len(days)), np.nan)
    notes = tuple(note for table in tables.values() for note in table.notes)
    return BranchTable(mouse, condition, days, empty if density is None else density, **columns, notes=notes)


def _on_days(table: BranchTable, quantity: Quantity, days: FloatArray) -> FloatArray:
    """Return `quantity` on other sessions, shape (branch, len(days)); NaN where not measured."""
    spread = np.full((len(table), len(days)), np.nan)
    if table.has(quantity):
        spread[:, np.searchsorted(days, table.days)] = table.values(quantity)
    return spread
