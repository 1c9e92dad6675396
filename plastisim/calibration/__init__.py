"""The tools of the scripts that fit and score: laws and their fits, agents to check them, readouts of every row."""

from plastisim.biology.spines import OF_ARMS
from plastisim.calibration.body_readouts import body_readouts
from plastisim.calibration.cell_readouts import (
    day_readouts,
    density_after_a_day,
    dish_readouts,
    receptor_readouts,
    size_readouts,
)
from plastisim.calibration.command import command
from plastisim.calibration.effects import FATES, cascades, effects
from plastisim.calibration.emulator import learn
from plastisim.calibration.factors import SD, factors, sets
from plastisim.calibration.joint import Prior, Problem, Rows, ensemble, identified, optimum, profile
from plastisim.calibration.main_job import rows_of, worth
from plastisim.calibration.mean_rows import Approximation
from plastisim.calibration.means import course_of
from plastisim.calibration.response import (
    Expectation,
    Free,
    Setting,
    counting,
    figures_of,
    result_table,
    result_to_json,
)
from plastisim.calibration.response import fit as fit_response
from plastisim.calibration.scores import (
    of_comparison,
    of_findings,
    score_figure,
    score_table,
    scores_to_json,
    tally,
)
from plastisim.calibration.share_figure import share_figure
from plastisim.calibration.shares import shares
from plastisim.calibration.shipping import SHIPPED, Number, fingerprint, numbers, shipped_uncertainty, write
from plastisim.calibration.sizes import sizes
from plastisim.calibration.trial import WEEK, agents_table, calibrate, drive_of, hidden_state
from plastisim.lab.hazard_laws import HiddenState, OneHazard, SizeDetection, TwoPools
from plastisim.lab.published_body import BODY
from plastisim.lab.published_cell import CELL
from plastisim.lab.published_size import SIZE
from plastisim.lab.turnover import observed
from plastisim.lab.turnover_fit import COVARIANCES, Branches, Row, baseline, covariances, fit
from plastisim.lab.turnover_report import candidate_table, fit_to_json, turnover_figure

FINDINGS = (*BODY, *CELL, *SIZE)

__all__ = [
    "COVARIANCES",
    "FATES",
    "FINDINGS",
    "OF_ARMS",
    "SD",
    "SHIPPED",
    "WEEK",
    "Approximation",
    "Branches",
    "Expectation",
    "Free",
    "HiddenState",
    "Number",
    "OneHazard",
    "Prior",
    "Problem",
    "Row",
    "Rows",
    "Setting",
    "SizeDetection",
    "TwoPools",
    "agents_table",
    "baseline",
    "body_readouts",
    "calibrate",
    "candidate_table",
    "cascades",
    "command",
    "counting",
    "course_of",
    "covariances",
    "day_readouts",
    "density_after_a_day",
    "dish_readouts",
    "drive_of",
    "effects",
    "ensemble",
    "factors",
    "figures_of",
    "fingerprint",
    "fit",
    "fit_response",
    "fit_to_json",
    "hidden_state",
    "identified",
    "learn",
    "numbers",
    "observed",
    "of_comparison",
    "of_findings",
    "optimum",
    "profile",
    "receptor_readouts",
    "result_table",
    "result_to_json",
    "rows_of",
    "score_figure",
    "score_table",
    "scores_to_json",
    "sets",
    "share_figure",
    "shares",
    "shipped_uncertainty",
    "size_readouts",
    "sizes",
    "tally",
    "turnover_figure",
    "worth",
    "write",
]
