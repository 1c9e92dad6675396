"""plastisim: dose → cell → spines → what an experimenter would have seen → is it outside the ordinary window?

The public names. Each is loaded when it is first used, so that `import plastisim` costs nothing and a machine with
numpy and jax alone can run the kernels.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from plastisim import calibration
    from plastisim.accessor import open_run
    from plastisim.animation import animate_dendrite
    from plastisim.benching import bench
    from plastisim.biology.arbor import Arbor
    from plastisim.biology.calcium import OSCILLATORY, SMOOTH
    from plastisim.biology.copies import Copies
    from plastisim.biology.spines import Spines
    from plastisim.cli import main
    from plastisim.diary import Stored
    from plastisim.engine.devices import keep_compiled_programs
    from plastisim.engine.errors import ConfigError, NumericalError, PlastisimError, StoreError
    from plastisim.engine.fields import Source, chosen
    from plastisim.engine.progress import Progress
    from plastisim.engine.units import quantity
    from plastisim.equations import formulas
    from plastisim.exchange.sbml_in import SbmlModel, read_sbml
    from plastisim.exchange.sbml_out import export_sbml
    from plastisim.experiment import Criterion, Experiment
    from plastisim.experiment_file import load_experiment_file, read_experiment
    from plastisim.experiment_text import as_toml, written_back
    from plastisim.exposed import expose
    from plastisim.guide.pages import guide_text, guide_topics
    from plastisim.guide.site import build_guide
    from plastisim.installation import checkup
    from plastisim.lab.branch_table import SPINE_DENSITY, BranchTable, concatenate
    from plastisim.lab.cohort import IT, PT, PT_2025, THY1_GFP, CellType, Cohort, Spread
    from plastisim.lab.comparison import ComparisonRow, compare
    from plastisim.lab.compound import Compound, Sourced, impermeant

    # isort: off
    from plastisim.lab.compounds import (
        AMPA_BLOCKER, ANA12, BDNF_SCAVENGER, BUSPIRONE, COMPOUNDS, DMT, DOI, HUMAN_LSD, HUMAN_PSILOCYBIN,
        IMPERMEANT_PSILOCYBIN, KETAMINE, KETANSERIN, LSD, MDMA, MEO_DMT, NON_HALLUCINOGENIC_AGONIST, PSILOCYBIN,
        RAPAMYCIN, SEROTONIN, VEHICLE, VOLINANSERIN, find_compound,
    )  # fmt: skip

    # isort: on
    from plastisim.lab.dendrites import BASAL, OBLIQUE, TUFT, Compartment
    from plastisim.lab.giving import Bath, Dose, Infusion, repeated
    from plastisim.lab.hypotheses import (
        ACTIVITY_INDEPENDENT,
        ACTIVITY_REQUIRED,
        CONSOLIDATION,
        FORMATION_PULSE,
        HTR2A_REQUIRED,
        HYPOTHESES,
        INTRACELLULAR,
        PERSISTENCE,
        SET_POINT_SHIFT,
        STABILISATION,
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
    from plastisim.lab.recordings import PatchClamp
    from plastisim.lab.spine_classes import SpineLabels
    from plastisim.lab.table_reader import read_branch_table
    from plastisim.lab.time_course import MEASURED, time_course
    from plastisim.lab.window import OrdinaryWindow, Thresholds, Verdict, judge
    from plastisim.model import default_pathway
    from plastisim.outcome import Outcome, comparison_table, deliver
    from plastisim.parameters import parameter_rows, read_overrides
    from plastisim.planning import Plan, asked, plan
    from plastisim.quarantine import Failure
    from plastisim.readout_table import READOUTS, Asked, Found, Readout
    from plastisim.recording import branch, record, resume
    from plastisim.records import branch_tables, single_spine_rows, to_dataset
    from plastisim.request import Request
    from plastisim.results.course_figure import course_figure, effects_figure
    from plastisim.results.curve_figure import Curve, Panel, curves_figure, grid_figure, individuals_figure
    from plastisim.results.files import atomic_write_text, free_file
    from plastisim.results.netcdf import export_netcdf
    from plastisim.results.page import check_page, read_page, write_page
    from plastisim.results.plots import window_figure
    from plastisim.results.store import write_run
    from plastisim.results.style import figure_size
    from plastisim.runs_compared import compare_runs
    from plastisim.setup import Settings, Setup
    from plastisim.simulation import Run, simulate
    from plastisim.structure import mini_epsc, sholl, spine_classes
    from plastisim.study import Findings, answer, carry_out, run_file
    from plastisim.table_files import export_tables
    from plastisim.teaching.document import lesson
    from plastisim.teaching.live import LessonServer

# fmt: off
_HOMES = {
    "accessor": ("open_run",),
    "animation": ("animate_dendrite",),
    "benching": ("bench",),
    "biology.arbor": ("Arbor",),
    "biology.calcium": ("OSCILLATORY", "SMOOTH"),
    "biology.copies": ("Copies",),
    "biology.spines": ("Spines",),
    "cli": ("main",),
    "setup": ("Settings", "Setup"),
    "diary": ("Stored",),
    "engine.devices": ("keep_compiled_programs",),
    "engine.errors": ("ConfigError", "NumericalError", "PlastisimError", "StoreError"),
    "engine.fields": ("Source", "chosen"),
    "engine.progress": ("Progress",),
    "engine.units": ("quantity",),
    "equations": ("formulas",),
    "exchange.sbml_in": ("SbmlModel", "read_sbml"),
    "exchange.sbml_out": ("export_sbml",),
    "exposed": ("expose",),
    "lab.branch_table": ("SPINE_DENSITY", "BranchTable", "concatenate"),
    "lab.cohort": ("IT", "PT", "PT_2025", "THY1_GFP", "CellType", "Cohort", "Spread"),
    "lab.comparison": ("ComparisonRow", "compare"),
    "lab.compound": ("Compound", "Sourced", "impermeant"),
    "lab.compounds": (
        "AMPA_BLOCKER", "ANA12", "BDNF_SCAVENGER", "BUSPIRONE", "COMPOUNDS", "DMT", "DOI", "HUMAN_LSD",
        "HUMAN_PSILOCYBIN", "IMPERMEANT_PSILOCYBIN", "KETAMINE", "KETANSERIN", "LSD", "MDMA", "MEO_DMT",
        "NON_HALLUCINOGENIC_AGONIST", "PSILOCYBIN", "RAPAMYCIN", "SEROTONIN", "VEHICLE", "VOLINANSERIN",
        "find_compound",
    ),
    "lab.dendrites": ("BASAL", "OBLIQUE", "TUFT", "Compartment"),
    "lab.giving": ("Bath", "Dose", "Infusion", "repeated"),
    "lab.hypotheses": (
        "ACTIVITY_INDEPENDENT", "ACTIVITY_REQUIRED", "CONSOLIDATION", "FORMATION_PULSE", "HTR2A_REQUIRED",
        "HYPOTHESES", "INTRACELLULAR", "PERSISTENCE", "SET_POINT_SHIFT", "STABILISATION", "SURFACE", "TRKB_DIRECT",
        "Hypothesis",
    ),
    "lab.imaging": ("Microscope",),
    "lab.manipulations": (
        "HTR1A_BLOCK", "HTR2A_KNOCKOUT", "SERT_EXPRESSION", "SERT_KNOCKOUT", "TRKB_Y433F", "Manipulation",
        "htr2a_density",
    ),
    "lab.mixed_model": ("mixed_model",),
    "lab.own_table": ("measured_rows",),
    "lab.protocol": ("DAY", "TICK", "Arm", "Protocol"),
    "lab.published": ("ORDINARY", "PUBLISHED"),
    "lab.readouts": ("HeadTwitch", "OccupancyScan"),
    "lab.recordings": ("PatchClamp",),
    "lab.spine_classes": ("SpineLabels",),
    "lab.table_reader": ("read_branch_table",),
    "lab.time_course": ("MEASURED", "time_course"),
    "lab.window": ("OrdinaryWindow", "Thresholds", "Verdict", "judge"),
    "model": ("default_pathway",),
    "outcome": ("Outcome", "comparison_table", "deliver"),
    "guide.pages": ("guide_text", "guide_topics"),
    "guide.site": ("build_guide",),
    "installation": ("checkup",),
    "parameters": ("parameter_rows", "read_overrides"),
    "planning": ("Plan", "asked", "plan"),
    "quarantine": ("Failure",),
    "recording": ("branch", "record", "resume"),
    "records": ("branch_tables", "single_spine_rows", "to_dataset"),
    "request": ("Request",),
    "results.files": ("atomic_write_text", "free_file"),
    "results.page": ("check_page", "read_page", "write_page"),
    "results.plots": ("window_figure",),
    "results.netcdf": ("export_netcdf",),
    "results.store": ("write_run",),
    "results.style": ("figure_size",),
    "table_files": ("export_tables",),
    "runs_compared": ("compare_runs",),
    "simulation": ("Run", "simulate"),
    "structure": ("mini_epsc", "sholl", "spine_classes"),
    "experiment": ("Criterion", "Experiment"),
    "experiment_file": ("load_experiment_file", "read_experiment"),
    "experiment_text": ("as_toml", "written_back"),
    "readout_table": ("READOUTS", "Asked", "Found", "Readout"),
    "study": ("Findings", "answer", "carry_out", "run_file"),
    "teaching.document": ("lesson",),
    "teaching.live": ("LessonServer",),
    "results.course_figure": ("course_figure", "effects_figure"),
    "results.curve_figure": ("Curve", "Panel", "curves_figure", "grid_figure", "individuals_figure"),
}
# fmt: on
_HOME = {name: home for home, names in _HOMES.items() for name in names}

# fmt: off
__all__ = [
    "ACTIVITY_INDEPENDENT", "ACTIVITY_REQUIRED", "AMPA_BLOCKER", "ANA12", "BASAL", "BDNF_SCAVENGER", "BUSPIRONE",
    "COMPOUNDS", "CONSOLIDATION", "DAY", "DMT", "DOI", "FORMATION_PULSE", "HTR1A_BLOCK", "HTR2A_KNOCKOUT",
    "HTR2A_REQUIRED", "HUMAN_LSD", "HUMAN_PSILOCYBIN", "HYPOTHESES", "IMPERMEANT_PSILOCYBIN", "INTRACELLULAR", "IT",
    "KETAMINE", "KETANSERIN", "LSD", "MDMA", "MEASURED", "MEO_DMT", "NON_HALLUCINOGENIC_AGONIST", "OBLIQUE", "ORDINARY",
    "OSCILLATORY", "PERSISTENCE", "PSILOCYBIN", "PT", "PT_2025", "PUBLISHED", "RAPAMYCIN", "READOUTS", "SEROTONIN",
    "SERT_EXPRESSION", "SERT_KNOCKOUT", "SET_POINT_SHIFT", "SMOOTH", "SPINE_DENSITY", "STABILISATION", "SURFACE",
    "THY1_GFP", "TICK", "TRKB_DIRECT", "TRKB_Y433F", "TUFT", "VEHICLE", "VOLINANSERIN", "Arbor", "Arm", "Asked", "Bath",
    "BranchTable", "CellType", "Cohort", "ComparisonRow", "Compartment", "Compound", "ConfigError", "Copies",
    "Criterion", "Curve", "Dose", "Experiment", "Failure", "Findings", "Found", "HeadTwitch", "Hypothesis", "Infusion",
    "LessonServer", "Manipulation", "Microscope", "NumericalError", "OccupancyScan", "OrdinaryWindow", "Outcome",
    "Panel", "PatchClamp", "Plan", "PlastisimError", "Progress", "Protocol", "Readout", "Request", "Run", "SbmlModel",
    "Settings", "Setup", "Source", "Sourced", "SpineLabels", "Spines", "Spread", "StoreError", "Stored", "Thresholds",
    "Verdict", "animate_dendrite", "answer", "as_toml", "asked", "atomic_write_text", "bench", "branch",
    "branch_tables", "build_guide", "calibration", "carry_out", "check_page", "checkup", "chosen", "compare",
    "compare_runs", "comparison_table", "concatenate", "course_figure", "curves_figure", "default_pathway", "deliver",
    "effects_figure", "export_netcdf", "export_sbml", "export_tables", "expose", "figure_size", "find_compound",
    "formulas", "free_file", "grid_figure", "guide_text", "guide_topics", "htr2a_density", "impermeant",
    "individuals_figure", "judge", "keep_compiled_programs", "lesson", "load_experiment_file", "main", "measured_rows",
    "mini_epsc", "mixed_model", "open_run", "parameter_rows", "plan", "quantity", "read_branch_table",
    "read_experiment", "read_overrides", "read_page", "read_sbml", "record", "repeated", "resume", "run_file", "sholl",
    "simulate", "single_spine_rows", "spine_classes", "time_course", "to_dataset", "window_figure", "write_page",
    "write_run", "written_back",
]
# fmt: on


def __getattr__(name: str) -> Any:
    """Load a public name when it is first used."""
    if name not in _HOME:
        raise AttributeError(f"plastisim has no public name {name!r}")
    value = getattr(importlib.import_module(f"plastisim.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
