"""The tools of experiments/spine_law.py under one roof: candidate laws, their fits to rows, agents to check them."""

from plastisim.lab.hazard_laws import HiddenState, OneHazard, SizeDetection, TwoPools
from plastisim.lab.turnover_fit import COVARIANCES, Branches, baseline, covariances, fit
from plastisim.lab.turnover_report import candidate_table, fit_to_json, turnover_figure
from plastisim.spine_means import course_of
from plastisim.spine_response import Expectation, Free, Setting, counting, result_table, result_to_json
from plastisim.spine_response import fit as fit_response
from plastisim.spine_trial import WEEK, agents_table, calibrate, drive_of

__all__ = [
    "COVARIANCES",
    "WEEK",
    "Branches",
    "Expectation",
    "Free",
    "HiddenState",
    "OneHazard",
    "Setting",
    "SizeDetection",
    "TwoPools",
    "agents_table",
    "baseline",
    "calibrate",
    "candidate_table",
    "counting",
    "course_of",
    "covariances",
    "drive_of",
    "fit",
    "fit_response",
    "fit_to_json",
    "result_table",
    "result_to_json",
    "turnover_figure",
]
