"""plastisim: dose → cell → spines → what an experimenter would have seen → is it outside the ordinary window?

The public names. Each is loaded when it is first used, so that `import plastisim` costs nothing and a machine with
numpy and jax alone can run the kernels.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from plastisim import spine_fitting
    from plastisim.biology.spines import Spines
    from plastisim.cli import main
    from plastisim.engine.devices import keep_compiled_programs
    from plastisim.engine.errors import ConfigError, NumericalError, PlastisimError, StoreError
    from plastisim.engine.progress import Progress
    from plastisim.engine.units import quantity
    from plastisim.lab.branch_table import SPINE_DENSITY, BranchTable, concatenate
    from plastisim.lab.cohort import IT, PT, PT_2025, THY1_GFP, CellType, Cohort, Spread
    from plastisim.lab.comparison import ComparisonRow, compare
    from plastisim.lab.compounds import COMPOUNDS, KETANSERIN, PSILOCYBIN, SEROTONIN, VEHICLE, Compound, find_compound
    from plastisim.lab.imaging import Microscope
    from plastisim.lab.mixed_model import mixed_model
    from plastisim.lab.own_table import measured_rows
    from plastisim.lab.protocol import DAY, TICK, Arm, Bath, Dose, Protocol
    from plastisim.lab.published import ORDINARY, PUBLISHED
    from plastisim.lab.table_reader import read_branch_table
    from plastisim.lab.time_course import MEASURED, time_course
    from plastisim.lab.window import OrdinaryWindow, Thresholds, Verdict, judge
    from plastisim.outcome import Outcome, Request, comparison_table, deliver
    from plastisim.records import branch_tables, single_spine_rows, to_dataset
    from plastisim.results.plots import window_figure
    from plastisim.results.store import open_run, write_run
    from plastisim.simulation import Run, Settings, simulate

_HOMES = {
    "biology.spines": ("Spines",),
    "cli": ("main",),
    "engine.devices": ("keep_compiled_programs",),
    "engine.errors": ("ConfigError", "NumericalError", "PlastisimError", "StoreError"),
    "engine.progress": ("Progress",),
    "engine.units": ("quantity",),
    "lab.branch_table": ("SPINE_DENSITY", "BranchTable", "concatenate"),
    "lab.cohort": ("IT", "PT", "PT_2025", "THY1_GFP", "CellType", "Cohort", "Spread"),
    "lab.comparison": ("ComparisonRow", "compare"),
    "lab.compounds": ("COMPOUNDS", "KETANSERIN", "PSILOCYBIN", "SEROTONIN", "VEHICLE", "Compound", "find_compound"),
    "lab.imaging": ("Microscope",),
    "lab.mixed_model": ("mixed_model",),
    "lab.own_table": ("measured_rows",),
    "lab.protocol": ("DAY", "TICK", "Arm", "Bath", "Dose", "Protocol"),
    "lab.published": ("ORDINARY", "PUBLISHED"),
    "lab.table_reader": ("read_branch_table",),
    "lab.time_course": ("MEASURED", "time_course"),
    "lab.window": ("OrdinaryWindow", "Thresholds", "Verdict", "judge"),
    "outcome": ("Outcome", "Request", "comparison_table", "deliver"),
    "records": ("branch_tables", "single_spine_rows", "to_dataset"),
    "results.plots": ("window_figure",),
    "results.store": ("open_run", "write_run"),
    "simulation": ("Run", "Settings", "simulate"),
}
_HOME = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [
    "COMPOUNDS",
    "DAY",
    "IT",
    "KETANSERIN",
    "MEASURED",
    "ORDINARY",
    "PSILOCYBIN",
    "PT",
    "PT_2025",
    "PUBLISHED",
    "SEROTONIN",
    "SPINE_DENSITY",
    "THY1_GFP",
    "TICK",
    "VEHICLE",
    "Arm",
    "Bath",
    "BranchTable",
    "CellType",
    "Cohort",
    "ComparisonRow",
    "Compound",
    "ConfigError",
    "Dose",
    "Microscope",
    "NumericalError",
    "OrdinaryWindow",
    "Outcome",
    "PlastisimError",
    "Progress",
    "Protocol",
    "Request",
    "Run",
    "Settings",
    "Spines",
    "Spread",
    "StoreError",
    "Thresholds",
    "Verdict",
    "branch_tables",
    "compare",
    "comparison_table",
    "concatenate",
    "deliver",
    "find_compound",
    "judge",
    "keep_compiled_programs",
    "main",
    "measured_rows",
    "mixed_model",
    "open_run",
    "quantity",
    "read_branch_table",
    "simulate",
    "single_spine_rows",
    "spine_fitting",
    "time_course",
    "to_dataset",
    "window_figure",
    "write_run",
]


def __getattr__(name: str) -> Any:
    """Load a public name when it is first used."""
    if name not in _HOME:
        raise AttributeError(f"plastisim has no public name {name!r}")
    value = getattr(importlib.import_module(f"plastisim.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
