"""A laboratory's own table in place of the published figures: its rows, to score simulated tables against."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from plastisim.lab.branch_table import QUANTITIES, SPINE_DENSITY, BranchTable, Quantity
from plastisim.lab.comparison import holds
from plastisim.lab.measures import Change, Level
from plastisim.lab.published_figure import POOLED, Published
from plastisim.lab.statistics import RESAMPLES, Arm, Statistic, drug_of
from plastisim.lab.summaries import mouse_mean, mouse_sd

Recipe = tuple[str, Quantity, str, float | None, str, Statistic]


def measured_rows(
    table: BranchTable,
    *,
    cohort: str = POOLED,
    citation: str = "laboratory's own table",
    drug: str | None = None,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> list[Published]:
    """Return the figures of a laboratory's own table, to score against in place of the published ones.

    They are: drug minus vehicle of every quantity in every session after the dose, the vehicle mice's own 24-hour
    window, baseline density, and vehicle turnover in every session. Intervals resample mice.

    Args:
        table: the laboratory's measurements.
        cohort: simulated cohort to hold beside them; `pooled` takes all.
        citation: words for the source.
        drug: name of the drug arm, where there are several.
        resamples: bootstrap resamples of the mice.
        seed: of the resampling.

    Raises:
        ConfigError: no drug arm, or several and none named.
    """
    drug_of(table, drug)
    rows = []
    for id, quantity, figure, day, unit, statistic in _recipes(table):
        if not holds(table, quantity, statistic, drug):
            continue
        found = statistic.evaluate(table, quantity, drug=drug, resamples=resamples, seed=seed)
        value, interval = found.value, found.interval()
        if not np.isfinite([value, *interval]).all():
            continue  # one mouse has no spread: nothing to score against
        source = (unit, citation, "", "laboratory", "mouse bootstrap")
        rows.append(Published(id, quantity, figure, cohort, statistic, day, value, interval, *source))
    return rows


def _recipes(table: BranchTable) -> Iterable[Recipe]:
    """Yield (id, quantity, figure, day, unit, statistic) of every figure that a table may give."""
    for quantity in QUANTITIES:
        for day in map(float, table.days):
            if day > 0:
                did = Statistic(Arm.DIFFERENCE, Change(day))
                yield f"data:{quantity.name}_did", quantity, "drug minus vehicle", day, "%", did
            if quantity.is_rate:
                rate = Statistic(Arm.VEHICLE, Level((day,)))
                yield f"data:{quantity.name}", quantity, "vehicle branch mean", day, "%", rate
    yield "data:baseline", SPINE_DENSITY, "baseline mean", None, "1/um", Statistic(Arm.EVERY, Level())
    for name, words, summary in (("mean", "mouse mean", mouse_mean), ("sd", "mouse SD", mouse_sd)):
        window = Statistic(Arm.VEHICLE, Change(1.0), summary)
        yield f"data:window_{name}", SPINE_DENSITY, f"vehicle change, {words}", 1.0, "%", window
