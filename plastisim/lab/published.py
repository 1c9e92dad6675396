"""Measured values to score against: the ordinary baseline (V rows), then one dose of psilocybin (P rows).

In vivo two-photon imaging of apical tuft dendrites of layer V cells, mouse medial frontal cortex, sessions on
days -3 to 7 around one dose of 1 mg/kg psilocybin or saline on day 0. `Thy1-GFP` is the cohort of 2021, `PT` the
pons-projecting cells of 2025; `pooled` rows were computed by their source over six vehicle arms (38 mice).
"""

from __future__ import annotations

from plastisim.lab.branch_table import ELIMINATION, FORMATION, HEAD_WIDTH, SPINE_DENSITY, Quantity
from plastisim.lab.measures import Change, Level, Pair, SpinesSeen
from plastisim.lab.published_drug import DRUG_ROWS
from plastisim.lab.published_figure import BOOT, CHI2, NORMAL, POOLED, PT, SEM, THY1, Published, around, row
from plastisim.lab.statistics import Arm, Statistic
from plastisim.lab.summaries import Quantile, Summary, branch_mean, branch_sd, correlation, mouse_mean, mouse_sd

SURVIVAL = Quantity(
    "new_spine_survival", "1", "survival of spines first seen on day 1", "new_spine_survival.csv", False, (0.0, 1.0), ""
)
INTERVALS = (-1.0, 1.0, 3.0, 5.0, 7.0)
"""Sessions that end a two-day interval; turnover (V6, V7) averages over them."""


def _baseline() -> list[Published]:
    """V1-V5: density before the dose, its repeatability, spines on a branch."""
    density, level = SPINE_DENSITY, Level()
    mean, branches, mice = (Statistic(Arm.EVERY, level, s) for s in (branch_mean, branch_sd, mouse_sd))
    repeat = Statistic(Arm.EVERY, Pair(), correlation)
    median = Statistic(Arm.EVERY, SpinesSeen(), Quantile(0.5))
    six = "; six cohorts 0.78 to 0.87"
    return [
        row("V1", density, "baseline mean", THY1, mean, None, 0.484, (0.465, 0.503), "1/um", BOOT),
        row("V1", density, "baseline branch SD", THY1, branches, None, 0.120, (0.106, 0.131), "1/um", BOOT),
        row("V1", density, "baseline mouse SD", THY1, mice, None, 0.032, (0.021, 0.038), "1/um", BOOT),
        row("V2", density, "baseline mean", PT, mean, None, 0.473, (0.446, 0.502), "1/um", BOOT),
        row("V2", density, "baseline branch SD", PT, branches, None, 0.107, (0.093, 0.121), "1/um", BOOT),
        row("V4", density, "r of day -3 and -1", THY1, repeat, None, 0.861, (0.805, 0.904), "1", BOOT + six),
        row("V4", density, "r of day -3 and -1", PT, repeat, None, 0.785, (0.724, 0.844), "1", BOOT + six),
        row("V5", FORMATION, "median spines a branch", THY1, median, None, 10.0, (9.0, 11.0), "1", BOOT),
    ]


def _turnover() -> list[Published]:
    """V6-V10: formation, elimination and survival in vehicle mice."""
    two_days = Level(INTERVALS)
    by_branch, by_mouse, between = (Statistic(Arm.VEHICLE, two_days, s) for s in (branch_mean, mouse_mean, mouse_sd))
    late = Statistic(Arm.VEHICLE, Level((34.0,)))
    gain, loss = FORMATION, ELIMINATION
    off = BOOT + "; the table at hand gives 7.8, inside the interval"
    return [
        row("V6", gain, "vehicle branch mean", POOLED, by_branch, None, 9.2, around(9.2, 0.2), note=SEM),
        row("V6", gain, "vehicle mouse mean", POOLED, by_mouse, None, 9.4, around(9.4, 0.5), note="38 mice, 1.96 SEM"),
        row("V6", gain, "vehicle mouse SD", POOLED, between, None, 2.9, (2.36, 3.75), note=CHI2),
        row("V7", loss, "vehicle branch mean", POOLED, by_branch, None, 9.4, around(9.4, 0.2), note=SEM),
        row("V7", loss, "vehicle mouse mean", POOLED, by_mouse, None, 9.4, around(9.4, 0.4), note="38 mice, 1.96 SEM"),
        row("V7", loss, "vehicle mouse SD", POOLED, between, None, 2.6, (2.12, 3.36), note=CHI2),
        row("V7b", gain, "vehicle branch mean", THY1, by_branch, None, 7.7, (6.00, 9.91), note=BOOT),
        row("V7b", loss, "vehicle branch mean", THY1, by_branch, None, 7.5, (6.05, 9.91), note=off),
        row("V7b", gain, "vehicle branch mean", PT, by_branch, None, 10.7, (9.81, 11.83), note=BOOT),
        row("V7b", loss, "vehicle branch mean", PT, by_branch, None, 11.0, (9.95, 12.00), note=BOOT),
        row("V8", loss, "vehicle, 27 days", THY1, late, 34.0, 22.2, around(22.2, 2.0), note=SEM + "; 2 mice"),
        row("V9", gain, "vehicle, 27 days", THY1, late, 34.0, 13.9, around(13.9, 1.9), note=SEM + "; 2 mice"),
        *(
            row("V10", SURVIVAL, "vehicle", THY1, None, day, value, around(value, 0.08), "1", "1.96 SEM; 36 spines")
            for day, value in ((3.0, 0.69), (5.0, 0.64), (7.0, 0.56), (34.0, 0.39))
        ),
    ]


def _window() -> list[Published]:
    """V11-V14: what density does by itself in vehicle mice."""
    d, day_1 = SPINE_DENSITY, Change(1.0)
    first = (-3.0,)
    before, late = Change(-1.0, first), Statistic(Arm.VEHICLE, Change(7.0, first))
    tail = BOOT + ": its SD scaled to 38 mice, around the printed value"

    def vehicle(
        id: str, figure: str, measure: Change, summary: Summary, value: float, low: float, high: float, note: str
    ) -> Published:
        recipe = Statistic(Arm.VEHICLE, measure, summary)
        return row(id, d, figure, POOLED, recipe, measure.day, value, (low, high), note=note)

    return [
        vehicle("V11", "change, branch mean", day_1, branch_mean, -2.6, -3.80, -1.40, NORMAL),
        vehicle("V11", "change, branch SD", day_1, branch_sd, 11.9, 11.11, 12.81, CHI2),
        vehicle("V11", "change, 2.5th percentile", day_1, Quantile(0.025), -24.3, -27.4, -21.2, tail),
        vehicle("V11", "change, 97.5th percentile", day_1, Quantile(0.975), 21.2, 17.6, 24.8, tail),
        vehicle("V12", "change, mouse mean", day_1, mouse_mean, -2.15, -3.50, -0.80, NORMAL),
        vehicle("V12", "change, mouse SD", day_1, mouse_sd, 4.25, 3.46, 5.50, CHI2),
        vehicle("V13", "change since day -3, branch mean", before, branch_mean, -0.05, -1.43, 1.33, NORMAL),
        vehicle("V13", "change since day -3, branch SD", before, branch_sd, 13.7, 12.79, 14.75, CHI2),
        vehicle("V13", "change since day -3, mouse SD", before, mouse_sd, 4.5, 3.67, 5.82, CHI2),
        row("V14", d, "vehicle, change since day -3", PT, late, 7.0, -4.7, around(-4.7, 1.9), note=SEM),
        row("V14", d, "vehicle, change since day -3", THY1, late, 7.0, -1.8, around(-1.8, 2.7), note=SEM),
    ]


def _head_width() -> list[Published]:
    """V15, V16, V22: apparent head width of vehicle mice."""
    change, level = Statistic(Arm.VEHICLE, Change(1.0, (-3.0,))), Statistic(Arm.EVERY, Level((-3.0,)))
    offset = BOOT + "; limited by the optics: an observation offset, not scored"
    ratio = "not printed: propagated from 34-36 branches, assuming a branch SD of 0.12 um for both means"
    h, figure = HEAD_WIDTH, "vehicle, change since day -3"
    return [
        row("V15", h, figure, PT, change, 1.0, 2.1, around(2.1, 0.9), note=SEM),
        row("V15", h, figure, THY1, change, 1.0, 0.1, around(0.1, 1.2), note=SEM),
        row("V16", h, "apparent, day -3", THY1, level, -3.0, 0.90, (0.866, 0.941), "um", offset, scored=False),
        row("V16", h, "apparent, day -3", PT, level, -3.0, 0.87, (0.838, 0.897), "um", offset, scored=False),
        row("V22", h, "new / existing, vehicle", PT, None, 1.0, 0.82, (0.76, 0.88), "1", ratio, "derived"),
    ]


PUBLISHED: tuple[Published, ...] = (
    *_baseline(),
    *_turnover(),
    *_window(),
    *_head_width(),
    *DRUG_ROWS,
)

ORDINARY: tuple[Published, ...] = tuple(
    one for one in PUBLISHED if one.statistic is None or one.statistic.arm in (Arm.VEHICLE, Arm.EVERY)
)
"""The rows that no drug takes part in: what to score against when another drug or dose is simulated."""
