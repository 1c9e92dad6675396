"""Measured values of one dose of psilocybin to score against: the P rows, 1 mg/kg on day 0.

Sessions, cohorts and methods are those of the ordinary baseline (published.py).
"""

from __future__ import annotations

from plastisim.lab.branch_table import ELIMINATION, FORMATION, HEAD_WIDTH, SPINE_DENSITY, Quantity
from plastisim.lab.measures import Change, Level
from plastisim.lab.published_figure import BINOMIAL, BOOT, CHI2, POOLED, PT, SEM, THY1, Published, around, row
from plastisim.lab.statistics import Arm, Statistic
from plastisim.lab.summaries import MiceBeyond, mouse_sd

WINDOW_UPPER = 6.2
"""Upper edge of the published 24-hour vehicle window (row V12), per cent."""


def _since_first_session() -> list[Published]:
    """P1, P1v: density against day -3 in each arm, the authors' own normalisation."""
    drug = ((1.0, 6.9, 2.2), (3.0, 10.1, 2.6), (5.0, 10.6, 2.3), (7.0, 12.2, 2.7))
    vehicle = ((1.0, -3.5, 1.8), (3.0, -3.3, 2.2), (5.0, -2.3, 2.0), (7.0, -1.8, 2.7))
    return [
        row(
            id, SPINE_DENSITY, f"{arm.value}, change since day -3", THY1, Statistic(arm, Change(day, (-3.0,))),
            day, value, around(value, sem), note=SEM,
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
        row(
            id, quantity, "drug minus vehicle", cohort, Statistic(Arm.DIFFERENCE, Change(float(day), since)),
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
        row(
            id, quantity, f"{arm.value}, two days", cohort, Statistic(arm, Level((1.0,))),
            1.0, value, around(value, sem), note=SEM,
        )
        for id, quantity, cohort, drug, vehicle in table
        for arm, (value, sem) in ((Arm.DRUG, drug), (Arm.VEHICLE, vehicle))
    ]  # fmt: skip


def _mice() -> list[Published]:
    """P21, P22: how mice differ on day +1, and how many lie above the ordinary window."""
    day_1 = Change(1.0)
    sd, share = (Statistic(Arm.DRUG, day_1, s) for s in (mouse_sd, MiceBeyond(WINDOW_UPPER)))
    vehicle_sd, vehicle_share = (Statistic(Arm.VEHICLE, day_1, s) for s in (mouse_sd, MiceBeyond(WINDOW_UPPER)))
    few = BOOT + "; biased low with so few mice, chi-square would give "
    d, above = SPINE_DENSITY, "share of mice above the V12 window"
    floor = BINOMIAL + "; lower edge 0.0007 set to 0, which a small cohort cannot tell apart"
    drug, vehicle = f"drug, {above}", f"vehicle, {above}"
    return [
        row("P21", d, "drug, mouse SD of change", THY1, sd, 1.0, 7.2, (2.89, 9.14), note=few + "4.5 to 17.7"),
        row("P21", d, "drug, mouse SD of change", PT, sd, 1.0, 5.3, (3.16, 6.41), note=few + "3.6 to 10.2"),
        row("P21", d, "vehicle, mouse SD of change", POOLED, vehicle_sd, 1.0, 4.25, (3.46, 5.50), note=CHI2),
        row("P22", d, drug, THY1, share, 1.0, 4 / 6, (0.223, 0.957), "1", BINOMIAL, "derived"),
        row("P22", d, drug, PT, share, 1.0, 1.0, (0.664, 1.0), "1", BINOMIAL, "derived"),
        row("P22", d, vehicle, POOLED, vehicle_share, 1.0, 1 / 38, (0.0, 0.138), "1", floor, "derived"),
    ]


DRUG_ROWS: tuple[Published, ...] = (
    *_since_first_session(),
    *_drug_minus_vehicle(),
    *_rates_at_24_hours(),
    *_mice(),
)
