"""One measured figure to score against, and the words that its rows share.

Each figure carries its recipe, so a simulated table is measured in the same way. Intervals are 95 %: printed ones
as printed, otherwise as the note says. "Mouse bootstrap" means 10,000 resamples of mice of the authors' deposited
branch tables, seed 0, by `plastisim.lab.statistics`; `tests/test_comparison.py` repeats it.
"""

from __future__ import annotations

import dataclasses

from plastisim.lab.branch_table import Quantity
from plastisim.lab.statistics import Statistic

THY1, PT, POOLED = "Thy1-GFP", "PT", "pooled"
SHAO_2021 = ("Shao et al. 2021 Neuron 109:2535", "10.1016/j.neuron.2021.06.008")
SHAO_2025 = ("Shao, Liao et al. 2025 Nature", "10.1038/s41586-025-08813-6")
BOTH = tuple("; ".join(pair) for pair in zip(SHAO_2021, SHAO_2025, strict=True))
SOURCES = {THY1: SHAO_2021, PT: SHAO_2025, POOLED: BOTH}

SEM = "value ± 1.96 printed SEM, branches as independent"
BOOT = "mouse bootstrap of the deposited table"
CHI2 = "chi-square interval from the printed SD and n, since the pooled table is not at hand"
NORMAL = "value ± 1.96 SD/sqrt(n) from the printed SD and n"
BINOMIAL = "exact binomial (Clopper-Pearson) interval of the count"


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


def row(
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


def around(value: float, sem: float) -> tuple[float, float]:
    """Return value ± 1.96 SEM, rounded to what the source resolves."""
    return round(value - 1.96 * sem, 3), round(value + 1.96 * sem, 3)
