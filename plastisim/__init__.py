"""plastisim: dose → cell → spines → what an experimenter would have seen → is it outside the ordinary window?

The public names. Each is loaded when it is first used, so that `import plastisim` costs nothing and a machine with
numpy and jax alone can run the kernels.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from plastisim import spine_fitting
    from plastisim.biology.calcium import OSCILLATORY, SMOOTH
    from plastisim.biology.copies import Copies
    from plastisim.biology.spines import Spines
    from plastisim.cli import main
    from plastisim.course import Settings, Setup
    from plastisim.diary import Stored
    from plastisim.engine.devices import keep_compiled_programs
    from plastisim.engine.errors import ConfigError, NumericalError, PlastisimError, StoreError
    from plastisim.engine.progress import Progress
    from plastisim.engine.units import quantity
    from plastisim.equations import formulas
    from plastisim.exchange.sbml_in import SbmlModel, read_sbml
    from plastisim.exchange.sbml_out import export_sbml
    from plastisim.exposed import expose
    from plastisim.lab.branch_table import SPINE_DENSITY, BranchTable, concatenate
    from plastisim.lab.cohort import IT, PT, PT_2025, THY1_GFP, CellType, Cohort, Spread
    from plastisim.lab.comparison import ComparisonRow, compare
    from plastisim.lab.compound import Compound, impermeant
    from plastisim.lab.compounds import (
        AMPA_BLOCKER,
        ANA12,
        BDNF_SCAVENGER,
        BUSPIRONE,
        COMPOUNDS,
        DMT,
        DOI,
        HUMAN_LSD,
        HUMAN_PSILOCYBIN,
        IMPERMEANT_PSILOCYBIN,
        KETAMINE,
        KETANSERIN,
        LSD,
        MDMA,
        MEO_DMT,
        NON_HALLUCINOGENIC_AGONIST,
        PSILOCYBIN,
        RAPAMYCIN,
        SEROTONIN,
        VEHICLE,
        VOLINANSERIN,
        find_compound,
    )
    from plastisim.lab.giving import Bath, Dose, Infusion, repeated
    from plastisim.lab.hypotheses import (
        ACTIVITY_INDEPENDENT,
        ACTIVITY_REQUIRED,
        HTR2A_REQUIRED,
        HYPOTHESES,
        INTRACELLULAR,
        SURFACE,
        TRKB_DIRECT,
        Hypothesis,
    )
    from plastisim.lab.imaging import Microscope
    from plastisim.lab.manipulations import (
        HTR1A_BLOCK,
        HTR2A_KNOCKOUT,
        SERT_EXPRESSION,
        SERT_KNOCKOUT,
        TRKB_Y433F,
        Manipulation,
        htr2a_density,
    )
    from plastisim.lab.mixed_model import mixed_model
    from plastisim.lab.own_table import measured_rows
    from plastisim.lab.protocol import DAY, TICK, Arm, Protocol
    from plastisim.lab.published import ORDINARY, PUBLISHED
    from plastisim.lab.readouts import HeadTwitch, OccupancyScan
    from plastisim.lab.table_reader import read_branch_table
    from plastisim.lab.time_course import MEASURED, time_course
    from plastisim.lab.window import OrdinaryWindow, Thresholds, Verdict, judge
    from plastisim.model import default_pathway
    from plastisim.outcome import Outcome, comparison_table, deliver
    from plastisim.quarantine import Failure
    from plastisim.recording import branch, record, resume
    from plastisim.records import branch_tables, single_spine_rows, to_dataset
    from plastisim.request import Request
    from plastisim.results.plots import window_figure
    from plastisim.results.store import open_run, write_run
    from plastisim.simulation import Run, simulate

_HOMES = {
    "biology.calcium": (
        "OSCILLATORY",
        "SMOOTH",
    ),
    "biology.copies": ("Copies",),
    "biology.spines": ("Spines",),
    "cli": ("main",),
    "course": (
        "Settings",
        "Setup",
    ),
    "diary": ("Stored",),
    "engine.devices": ("keep_compiled_programs",),
    "engine.errors": (
        "ConfigError",
        "NumericalError",
        "PlastisimError",
        "StoreError",
    ),
    "engine.progress": ("Progress",),
    "engine.units": ("quantity",),
    "equations": ("formulas",),
    "exchange.sbml_in": (
        "SbmlModel",
        "read_sbml",
    ),
    "exchange.sbml_out": ("export_sbml",),
    "exposed": ("expose",),
    "lab.branch_table": (
        "SPINE_DENSITY",
        "BranchTable",
        "concatenate",
    ),
    "lab.cohort": (
        "IT",
        "PT",
        "PT_2025",
        "THY1_GFP",
        "CellType",
        "Cohort",
        "Spread",
    ),
    "lab.comparison": (
        "ComparisonRow",
        "compare",
    ),
    "lab.compound": (
        "Compound",
        "impermeant",
    ),
    "lab.compounds": (
        "AMPA_BLOCKER",
        "ANA12",
        "BDNF_SCAVENGER",
        "BUSPIRONE",
        "COMPOUNDS",
        "DMT",
        "DOI",
        "HUMAN_LSD",
        "HUMAN_PSILOCYBIN",
        "IMPERMEANT_PSILOCYBIN",
        "KETAMINE",
        "KETANSERIN",
        "LSD",
        "MDMA",
        "MEO_DMT",
        "NON_HALLUCINOGENIC_AGONIST",
        "PSILOCYBIN",
        "RAPAMYCIN",
        "SEROTONIN",
        "VEHICLE",
        "VOLINANSERIN",
        "find_compound",
    ),
    "lab.giving": (
        "Bath",
        "Dose",
        "Infusion",
        "repeated",
    ),
    "lab.hypotheses": (
        "ACTIVITY_INDEPENDENT",
        "ACTIVITY_REQUIRED",
        "HTR2A_REQUIRED",
        "HYPOTHESES",
        "INTRACELLULAR",
        "SURFACE",
        "TRKB_DIRECT",
        "Hypothesis",
    ),
    "lab.imaging": ("Microscope",),
    "lab.manipulations": (
        "HTR1A_BLOCK",
        "HTR2A_KNOCKOUT",
        "SERT_EXPRESSION",
        "SERT_KNOCKOUT",
        "TRKB_Y433F",
        "Manipulation",
        "htr2a_density",
    ),
    "lab.mixed_model": ("mixed_model",),
    "lab.own_table": ("measured_rows",),
    "lab.protocol": (
        "DAY",
        "TICK",
        "Arm",
        "Protocol",
    ),
    "lab.published": (
        "ORDINARY",
        "PUBLISHED",
    ),
    "lab.readouts": (
        "HeadTwitch",
        "OccupancyScan",
    ),
    "lab.table_reader": ("read_branch_table",),
    "lab.time_course": (
        "MEASURED",
        "time_course",
    ),
    "lab.window": (
        "OrdinaryWindow",
        "Thresholds",
        "Verdict",
        "judge",
    ),
    "model": ("default_pathway",),
    "outcome": (
        "Outcome",
        "comparison_table",
        "deliver",
    ),
    "quarantine": ("Failure",),
    "recording": (
        "branch",
        "record",
        "resume",
    ),
    "records": (
        "branch_tables",
        "single_spine_rows",
        "to_dataset",
    ),
    "request": ("Request",),
    "results.plots": ("window_figure",),
    "results.store": (
        "open_run",
        "write_run",
    ),
    "simulation": (
        "Run",
        "simulate",
    ),
}
_HOME = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [
    "ACTIVITY_INDEPENDENT",
    "ACTIVITY_REQUIRED",
    "AMPA_BLOCKER",
    "ANA12",
    "BDNF_SCAVENGER",
    "BUSPIRONE",
    "COMPOUNDS",
    "DAY",
    "DMT",
    "DOI",
    "HTR1A_BLOCK",
    "HTR2A_KNOCKOUT",
    "HTR2A_REQUIRED",
    "HUMAN_LSD",
    "HUMAN_PSILOCYBIN",
    "HYPOTHESES",
    "IMPERMEANT_PSILOCYBIN",
    "INTRACELLULAR",
    "IT",
    "KETAMINE",
    "KETANSERIN",
    "LSD",
    "MDMA",
    "MEASURED",
    "MEO_DMT",
    "NON_HALLUCINOGENIC_AGONIST",
    "ORDINARY",
    "OSCILLATORY",
    "PSILOCYBIN",
    "PT",
    "PT_2025",
    "PUBLISHED",
    "RAPAMYCIN",
    "SEROTONIN",
    "SERT_EXPRESSION",
    "SERT_KNOCKOUT",
    "SMOOTH",
    "SPINE_DENSITY",
    "SURFACE",
    "THY1_GFP",
    "TICK",
    "TRKB_DIRECT",
    "TRKB_Y433F",
    "VEHICLE",
    "VOLINANSERIN",
    "Arm",
    "Bath",
    "BranchTable",
    "CellType",
    "Cohort",
    "ComparisonRow",
    "Compound",
    "ConfigError",
    "Copies",
    "Dose",
    "Failure",
    "HeadTwitch",
    "Hypothesis",
    "Infusion",
    "Manipulation",
    "Microscope",
    "NumericalError",
    "OccupancyScan",
    "OrdinaryWindow",
    "Outcome",
    "PlastisimError",
    "Progress",
    "Protocol",
    "Request",
    "Run",
    "SbmlModel",
    "Settings",
    "Setup",
    "Spines",
    "Spread",
    "StoreError",
    "Stored",
    "Thresholds",
    "Verdict",
    "branch",
    "branch_tables",
    "compare",
    "comparison_table",
    "concatenate",
    "default_pathway",
    "deliver",
    "export_sbml",
    "expose",
    "find_compound",
    "formulas",
    "htr2a_density",
    "impermeant",
    "judge",
    "keep_compiled_programs",
    "main",
    "measured_rows",
    "mixed_model",
    "open_run",
    "quantity",
    "read_branch_table",
    "read_sbml",
    "record",
    "repeated",
    "resume",
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
