"""Measured values to score against: the ordinary baseline (V rows) and one dose of psilocybin (P rows).

In vivo two-photon imaging of apical tuft dendrites of layer V cells, mouse medial frontal cortex, sessions on
days -3 to 7 around one dose of 1 mg/kg psilocybin or saline on day 0. `Thy1-GFP` is the cohort of 2021, `PT` the
pons-projecting cells of 2025; `pooled` rows were computed by their source over six vehicle arms (38 mice).

Each row carries its recipe, so a simulated table is measured in the same way. Intervals are 95 %: printed ones as
printed, otherwise as the row's note says. "Mouse bootstrap" means 10,000 resamples of mice of the authors'
deposited branch tables, seed 0, by `plastisim.lab.statistics`; `tests/test_comparison.py` repeats it.
"""

from __future__ import annotations

import dataclasses

from plastisim.lab.branch_table import ELIMINATION, FORMATION, HEAD_WIDTH, SPINE_DENSITY, Quantity
from plastisim.lab.statistics import (
    Arm,
    Change,
    Level,
    Measure,
    MiceBeyond,
    Pair,
    Quantile,
    SpinesSeen,
    Statistic,
    Summary,
    branch_mean,
    branch_sd,
    correlation,
    mouse_mean,
    mouse_sd,
)

THY1, PT, POOLED = "Thy1-GFP", "PT", "pooled"
SHAO_2021 = ("Shao et al. 2021 Neuron 109:2535", "10.1016/j.neuron.2021.06.008")
SHAO_2025 = ("Shao, Liao et al. 2025 Nature", "10.1038/s41586-025-08813-6")
BOTH = tuple("; ".join(pair) for pair in zip(SHAO_2021, SHAO_2025, strict=True))
SOURCES = {THY1: SHAO_2021, PT: SHAO_2025, POOLED: BOTH}

SURVIVAL = Quantity(
    "new_spine_survival", "1", "survival of spines first seen on day 1", "new_spine_survival.csv", False, (0.0, 1.0), ""
)
WINDOW_UPPER = 6.2
"""Upper edge of the published 24-hour vehicle window (row V12), per cent."""

INTERVALS = (-1.0, 1.0, 3.0, 5.0, 7.0)
"""Sessions that end a two-day interval; turnover (V6, V7) averages over them."""


@dataclasses.dataclass(frozen=True)
class Published:
    """One measured figure.

    Args:
        id: row of the target list; several figures of one row share it.
        quantity: what was measured.
        figure: which figure of it, in words.
        cohort: `Thy1-GFP`, `PT` or `pooled`.
        statistic: how to compute it from a table; None where it needs the identity of single spines.
        day: session, dose on day 0; None where the figure belongs to no single session.
        value: measured value, in `unit`.
        interval: 95 % interval, in `unit`.
        unit: of value and interval; differences of percentages are percentage points.
        citation: where it was published.
        doi: of that publication.
        provenance: `data` (from deposited tables), `derived` or `laboratory` (a laboratory's own table).
        note: how the interval was obtained where it was not printed, and any caution.
        scored: False for an observation offset, which is not compared.
    """

    id: str
    quantity: Quantity
    figure: str
    cohort: str
    statistic: Statistic | None
    day: float | None
    value: float
    interval: tuple[float, float]
    unit: str
    citation: str
    doi: str
    provenance: str = "data"
    note: str = ""
    scored: bool = True

    @property
    def key(self) -> str:
        """The row with its day, such as `P8@3`."""
        return self.id if self.day is None else f"{self.id}@{self.day:g}"


def _row(
    id: str,
    quantity: Quantity,
    figure: str,
    cohort: str,
    statistic: Statistic | None,
    day: float | None,
    value: float,
    interval: tuple[float, float],
    unit: str = "%",
    note: str = "printed",
    provenance: str = "data",
    scored: bool = True,
) -> Published:
    """Return a row, citation filled in from its cohort."""
    citation, doi = SOURCES[cohort]
    return Published(
        id, quantity, figure, cohort, statistic, day, value, interval, unit, citation, doi, provenance, note, scored
    )


def _sem(value: float, sem: float) -> tuple[float, float]:
    """Return value ± 1.96 SEM, rounded to what the source resolves."""
    return round(value - 1.96 * sem, 3), round(value + 1.96 * sem, 3)


SEM = "value ± 1.96 printed SEM, branches as independent"
BOOT = "mouse bootstrap of the deposited table"
CHI2 = "chi-square interval from the printed SD and n, since the pooled table is not at hand"
NORMAL = "value ± 1.96 SD/sqrt(n) from the printed SD and n"
BINOMIAL = "exact binomial (Clopper-Pearson) interval of the count"


def _of(arm: Arm, measure: Measure, summary: Summary = branch_mean) -> Statistic:
    return Statistic(arm, measure, summary)


def _baseline() -> list[Published]:
    """V1-V5: density before the dose, its repeatability, spines on a branch."""
    density, level = SPINE_DENSITY, Level()
    mean, branches, mice = (_of(Arm.EVERY, level, s) for s in (branch_mean, branch_sd, mouse_sd))
    repeat = _of(Arm.EVERY, Pair(), correlation)
    median = _of(Arm.EVERY, SpinesSeen(), Quantile(0.5))
    six = "; six cohorts 0.78 to 0.87"
    return [
        _row("V1", density, "baseline mean", THY1, mean, None, 0.484, (0.465, 0.503), "1/um", BOOT),
        _row("V1", density, "baseline branch SD", THY1, branches, None, 0.120, (0.106, 0.131), "1/um", BOOT),
        _row("V1", density, "baseline mouse SD", THY1, mice, None, 0.032, (0.021, 0.038), "1/um", BOOT),
        _row("V2", density, "baseline mean", PT, mean, None, 0.473, (0.446, 0.502), "1/um", BOOT),
        _row("V2", density, "baseline branch SD", PT, branches, None, 0.107, (0.093, 0.121), "1/um", BOOT),
        _row("V4", density, "r of day -3 and -1", THY1, repeat, None, 0.861, (0.805, 0.904), "1", BOOT + six),
        _row("V4", density, "r of day -3 and -1", PT, repeat, None, 0.785, (0.724, 0.844), "1", BOOT + six),
        _row("V5", FORMATION, "median spines a branch", THY1, median, None, 10.0, (9.0, 11.0), "1", BOOT),
    ]


def _turnover() -> list[Published]:
    """V6-V10: formation, elimination and survival in vehicle mice."""
    two_days = Level(INTERVALS)
    by_branch, by_mouse, between = (_of(Arm.VEHICLE, two_days, s) for s in (branch_mean, mouse_mean, mouse_sd))
    late = _of(Arm.VEHICLE, Level((34.0,)))
    gain, loss = FORMATION, ELIMINATION
    off = BOOT + "; the table at hand gives 7.8, inside the interval"
    return [
        _row("V6", gain, "vehicle branch mean", POOLED, by_branch, None, 9.2, _sem(9.2, 0.2), note=SEM),
        _row("V6", gain, "vehicle mouse mean", POOLED, by_mouse, None, 9.4, _sem(9.4, 0.5), note="38 mice, 1.96 SEM"),
        _row("V6", gain, "vehicle mouse SD", POOLED, between, None, 2.9, (2.36, 3.75), note=CHI2),
        _row("V7", loss, "vehicle branch mean", POOLED, by_branch, None, 9.4, _sem(9.4, 0.2), note=SEM),
        _row("V7", loss, "vehicle mouse mean", POOLED, by_mouse, None, 9.4, _sem(9.4, 0.4), note="38 mice, 1.96 SEM"),
        _row("V7", loss, "vehicle mouse SD", POOLED, between, None, 2.6, (2.12, 3.36), note=CHI2),
        _row("V7b", gain, "vehicle branch mean", THY1, by_branch, None, 7.7, (6.00, 9.91), note=BOOT),
        _row("V7b", loss, "vehicle branch mean", THY1, by_branch, None, 7.5, (6.05, 9.91), note=off),
        _row("V7b", gain, "vehicle branch mean", PT, by_branch, None, 10.7, (9.81, 11.83), note=BOOT),
        _row("V7b", loss, "vehicle branch mean", PT, by_branch, None, 11.0, (9.95, 12.00), note=BOOT),
        _row("V8", loss, "vehicle, 27 days", THY1, late, 34.0, 22.2, _sem(22.2, 2.0), note=SEM + "; 2 mice"),
        _row("V9", gain, "vehicle, 27 days", THY1, late, 34.0, 13.9, _sem(13.9, 1.9), note=SEM + "; 2 mice"),
        *(
            _row("V10", SURVIVAL, "vehicle", THY1, None, day, value, _sem(value, 0.08), "1", "1.96 SEM; 36 spines")
            for day, value in ((3.0, 0.69), (5.0, 0.64), (7.0, 0.56), (34.0, 0.39))
        ),
    ]


def _window() -> list[Published]:
    """V11-V14: what density does by itself in vehicle mice."""
    d, day_1 = SPINE_DENSITY, Change(1.0)
    first = (-3.0,)
    before, late = Change(-1.0, first), _of(Arm.VEHICLE, Change(7.0, first))
    tail = BOOT + ": its SD scaled to 38 mice, around the printed value"

    def row(
        id: str, figure: str, measure: Change, summary: Summary, value: float, low: float, high: float, note: str
    ) -> Published:
        recipe = _of(Arm.VEHICLE, measure, summary)
        return _row(id, d, figure, POOLED, recipe, measure.day, value, (low, high), note=note)

    return [
        row("V11", "change, branch mean", day_1, branch_mean, -2.6, -3.80, -1.40, NORMAL),
        row("V11", "change, branch SD", day_1, branch_sd, 11.9, 11.11, 12.81, CHI2),
        row("V11", "change, 2.5th percentile", day_1, Quantile(0.025), -24.3, -27.4, -21.2, tail),
        row("V11", "change, 97.5th percentile", day_1, Quantile(0.975), 21.2, 17.6, 24.8, tail),
        row("V12", "change, mouse mean", day_1, mouse_mean, -2.15, -3.50, -0.80, NORMAL),
        row("V12", "change, mouse SD", day_1, mouse_sd, 4.25, 3.46, 5.50, CHI2),
        row("V13", "change since day -3, branch mean", before, branch_mean, -0.05, -1.43, 1.33, NORMAL),
        row("V13", "change since day -3, branch SD", before, branch_sd, 13.7, 12.79, 14.75, CHI2),
        row("V13", "change since day -3, mouse SD", before, mouse_sd, 4.5, 3.67, 5.82, CHI2),
        _row("V14", d, "vehicle, change since day -3", PT, late, 7.0, -4.7, _sem(-4.7, 1.9), note=SEM),
        _row("V14", d, "vehicle, change since day -3", THY1, late, 7.0, -1.8, _sem(-1.8, 2.7), note=SEM),
    ]


def _head_width() -> list[Published]:
    """V15, V16, V22: apparent head width of vehicle mice."""
    change, level = _of(Arm.VEHICLE, Change(1.0, (-3.0,))), _of(Arm.EVERY, Level((-3.0,)))
    offset = BOOT + "; limited by the optics: an observation offset, not scored"
    ratio = "not printed: propagated from 34-36 branches, assuming a branch SD of 0.12 um for both means"
    h, figure = HEAD_WIDTH, "vehicle, change since day -3"
    return [
        _row("V15", h, figure, PT, change, 1.0, 2.1, _sem(2.1, 0.9), note=SEM),
        _row("V15", h, figure, THY1, change, 1.0, 0.1, _sem(0.1, 1.2), note=SEM),
        _row("V16", h, "apparent, day -3", THY1, level, -3.0, 0.90, (0.866, 0.941), "um", offset, scored=False),
        _row("V16", h, "apparent, day -3", PT, level, -3.0, 0.87, (0.838, 0.897), "um", offset, scored=False),
        _row("V22", h, "new / existing, vehicle", PT, None, 1.0, 0.82, (0.76, 0.88), "1", ratio, "derived"),
    ]


def _since_first_session() -> list[Published]:
    """P1, P1v: density against day -3 in each arm, the authors' own normalisation."""
    drug = ((1.0, 6.9, 2.2), (3.0, 10.1, 2.6), (5.0, 10.6, 2.3), (7.0, 12.2, 2.7))
    vehicle = ((1.0, -3.5, 1.8), (3.0, -3.3, 2.2), (5.0, -2.3, 2.0), (7.0, -1.8, 2.7))
    return [
        _row(
            id, SPINE_DENSITY, f"{arm.value}, change since day -3", THY1, _of(arm, Change(day, (-3.0,))),
            day, value, _sem(value, sem), note=SEM,
        )
        for id, arm, rows in (("P1", Arm.DRUG, drug), ("P1v", Arm.VEHICLE, vehicle))
        for day, value, sem in rows
    ]  # fmt: skip


Points = tuple[tuple[float, float, float, float], ...]  # day, value, low, high
P13_DAY_3 = "interval not printed: " + BOOT
FIRST = "printed; both arms against day -3"


def _drug_minus_vehicle() -> list[Published]:
    """P2, P4-P6, P8, P10, P11, P13: the effect in points; head width against day -3, as its source took it."""
    p2 = ((1, 10.0, 3.4, 16.2), (3, 12.8, 5.2, 20.3), (5, 12.4, 4.2, 20.2), (7, 13.9, 3.8, 22.7))
    p8 = ((1, 22.4, 18.3, 26.6), (3, 19.1, 13.7, 24.0), (5, 23.3, 18.1, 28.3), (7, 23.4, 19.4, 27.0))
    p4, p5 = ((1, 5.3, 2.8, 8.2), (3, 3.7, 1.9, 5.5), (7, 1.4, -2.0, 5.2)), ((1, -0.7, -6.0, 3.5), (3, 2.1, -2.0, 5.5))
    p6 = ((1, 10.6, 4.7, 17.9), (3, 7.1, 2.5, 12.7), (7, 5.1, 2.2, 8.7))
    p10, p11 = ((1, 14.8, 9.6, 21.1), (3, 1.8, -1.7, 6.1)), ((1, -5.3, -8.6, -1.9), (3, 2.4, -0.6, 6.3))
    p13 = ((1, 8.2, 4.7, 11.3), (3, 9.7, 5.9, 13.3), (7, 9.5, 4.6, 14.4))
    table: tuple[tuple[str, Quantity, str, Points, tuple[float, ...] | None], ...] = (
        ("P2", SPINE_DENSITY, THY1, p2, None),
        ("P4", FORMATION, THY1, p4, None),
        ("P5", ELIMINATION, THY1, p5, None),
        ("P6", HEAD_WIDTH, THY1, p6, (-3.0,)),
        ("P8", SPINE_DENSITY, PT, p8, None),
        ("P10", FORMATION, PT, p10, None),
        ("P11", ELIMINATION, PT, p11, None),
        ("P13", HEAD_WIDTH, PT, p13, (-3.0,)),
    )
    return [
        _row(
            id, quantity, "drug minus vehicle", cohort, _of(Arm.DIFFERENCE, Change(float(day), since)),
            float(day), value, (low, high),
            note=P13_DAY_3 if (id, day) == ("P13", 3) else FIRST if since else "printed",
        )
        for id, quantity, cohort, points, since in table
        for day, value, low, high in points
    ]  # fmt: skip


def _rates_at_24_hours() -> list[Published]:
    """P4, P10, P11: formation and elimination from day -1 to day +1 in each arm."""
    table = (
        ("P4", FORMATION, THY1, (12.8, 1.5), (7.7, 1.1)),
        ("P10", FORMATION, PT, (24.4, 1.6), (10.0, 1.0)),
        ("P11", ELIMINATION, PT, (6.6, 0.9), (11.6, 1.0)),
    )
    return [
        _row(
            id, quantity, f"{arm.value}, two days", cohort, _of(arm, Level((1.0,))),
            1.0, value, _sem(value, sem), note=SEM,
        )
        for id, quantity, cohort, drug, vehicle in table
        for arm, (value, sem) in ((Arm.DRUG, drug), (Arm.VEHICLE, vehicle))
    ]  # fmt: skip


def _mice() -> list[Published]:
    """P21, P22: how mice differ on day +1, and how many lie above the ordinary window."""
    day_1 = Change(1.0)
    sd, share = (_of(Arm.DRUG, day_1, s) for s in (mouse_sd, MiceBeyond(WINDOW_UPPER)))
    vehicle_sd, vehicle_share = (_of(Arm.VEHICLE, day_1, s) for s in (mouse_sd, MiceBeyond(WINDOW_UPPER)))
    few = BOOT + "; biased low with so few mice, chi-square would give "
    d, above = SPINE_DENSITY, "share of mice above the V12 window"
    floor = BINOMIAL + "; lower edge 0.0007 set to 0, which a small cohort cannot tell apart"
    drug, vehicle = f"drug, {above}", f"vehicle, {above}"
    return [
        _row("P21", d, "drug, mouse SD of change", THY1, sd, 1.0, 7.2, (2.89, 9.14), note=few + "4.5 to 17.7"),
        _row("P21", d, "drug, mouse SD of change", PT, sd, 1.0, 5.3, (3.16, 6.41), note=few + "3.6 to 10.2"),
        _row("P21", d, "vehicle, mouse SD of change", POOLED, vehicle_sd, 1.0, 4.25, (3.46, 5.50), note=CHI2),
        _row("P22", d, drug, THY1, share, 1.0, 4 / 6, (0.223, 0.957), "1", BINOMIAL, "derived"),
        _row("P22", d, drug, PT, share, 1.0, 1.0, (0.664, 1.0), "1", BINOMIAL, "derived"),
        _row("P22", d, vehicle, POOLED, vehicle_share, 1.0, 1 / 38, (0.0, 0.138), "1", floor, "derived"),
    ]


PUBLISHED: tuple[Published, ...] = (
    *_baseline(),
    *_turnover(),
    *_window(),
    *_head_width(),
    *_since_first_session(),
    *_drug_minus_vehicle(),
    *_rates_at_24_hours(),
    *_mice(),
)
