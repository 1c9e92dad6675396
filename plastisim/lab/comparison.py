"""Each measured figure beside the same figure of the simulated tables: value, interval, inside or outside.

Simulated branches are measured by the recipe that the measured row carries, never by another one. A row whose
cohort, sessions or quantity were not simulated is left out, not guessed; one that cannot be computed from what
was simulated raises.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from plastisim.engine.errors import ConfigError, NumericalError
from plastisim.lab.branch_table import ELIMINATION, FORMATION, VEHICLE, BranchTable, Quantity, concatenate
from plastisim.lab.measures import Change, Level, Measure, Pair
from plastisim.lab.published import PUBLISHED
from plastisim.lab.published_figure import POOLED, Published
from plastisim.lab.statistics import RESAMPLES, Arm, Resampled, Statistic, drug_of

Given = Mapping[str, float | Mapping[float, float]]


@dataclasses.dataclass(frozen=True)
class ComparisonRow:
    """One measured figure beside the simulated one.

    Args:
        id: row of the target list.
        day: session, None where the figure belongs to no single one.
        cohort: which cohort.
        quantity: name of the quantity.
        figure: which figure of it, in words.
        unit: of all values.
        measured: measured value.
        interval: its 95 % interval.
        simulated: simulated value.
        simulated_interval: its 95 % interval, mice resampled; None for a number handed in by the caller.
        inside: whether the simulated value lies inside the measured interval.
        miss: distance to the nearer edge in half-widths of the interval; 0 inside.
        citation: where the measured value comes from.
    """

    id: str
    day: float | None
    cohort: str
    quantity: str
    figure: str
    unit: str
    measured: float
    interval: tuple[float, float]
    simulated: float
    simulated_interval: tuple[float, float] | None
    inside: bool
    miss: float
    citation: str

    def to_json(self) -> dict[str, Any]:
        """Return the row in JSON types; what is not finite becomes None."""
        return {name: _plain(value) for name, value in dataclasses.asdict(self).items()}


def _plain(value: Any) -> Any:
    """Return `value` with tuples as lists and non-finite numbers as None."""
    if isinstance(value, tuple):
        return [_plain(part) for part in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def simulated_value(
    row: Published,
    tables: Mapping[str, BranchTable],
    *,
    drug: str | None = None,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> Resampled | None:
    """Return the figure of `row` in the simulated tables.

    Args:
        row: measured figure with its recipe.
        tables: cohort name → simulated branches; a pooled row uses all of them.
        drug: name of the drug arm, where there are several.
        resamples: bootstrap resamples of the mice.
        seed: of the resampling.

    Returns:
        Value and resamples; None where the row needs a cohort, arm, quantity or session that was not simulated.

    Raises:
        NumericalError: the sessions are there and the figure is not a finite number.
    """
    table = _table_of(row.cohort, tables)
    if row.statistic is None or table is None or not holds(table, row.quantity, row.statistic, drug):
        return None
    found = row.statistic.evaluate(table, row.quantity, drug=drug, resamples=resamples, seed=seed)
    if not math.isfinite(found.value):
        counts = f"{found.branches} values of {found.mice} mice; simulate more mice or branches"
        raise NumericalError(f"{row.key}, {row.figure}: got {found.value} from {counts}")
    return found


def _table_of(cohort: str, tables: Mapping[str, BranchTable]) -> BranchTable | None:
    """Return the branches that a row of `cohort` is about."""
    if cohort == POOLED and tables:
        return concatenate(tables)
    return tables.get(cohort)


def holds(table: BranchTable, quantity: Quantity, statistic: Statistic, drug: str | None) -> bool:
    """Return whether every arm that `statistic` needs holds the quantity on its sessions."""
    return all(_measured(arm, quantity, statistic.measure) for arm in _arms(table, statistic.arm, drug))


def _arms(table: BranchTable, arm: Arm, drug: str | None) -> list[BranchTable]:
    """Return the branches that a figure needs, arm by arm; an arm that was not simulated has no branch."""
    if arm is Arm.EVERY:
        return [table]
    treated = table.select(drug_of(table, drug)) if table.drugs() and arm is not Arm.VEHICLE else table.select("")
    vehicle = table.select(VEHICLE)
    return {Arm.VEHICLE: [vehicle], Arm.DRUG: [treated], Arm.DIFFERENCE: [vehicle, treated]}[arm]


def _measured(arm: BranchTable, quantity: Quantity, measure: Measure) -> bool:
    """Return whether `arm` holds what `measure` reads."""
    if not isinstance(measure, Level | Change | Pair):
        return arm.has(FORMATION) and arm.has(ELIMINATION)
    if not arm.has(quantity):
        return False
    before = tuple(arm.days[arm.days < 0])
    if isinstance(measure, Change):
        named, reference = (measure.day, *(measure.since or ())), measure.since
    else:
        named, reference = measure.days or (), measure.days
    baseline = reference is not None or any(_imaged(arm, quantity, day) for day in before)
    return baseline and all(_imaged(arm, quantity, day) for day in named)


def _imaged(table: BranchTable, quantity: Quantity, day: float) -> bool:
    """Return whether any branch was measured on `day`."""
    return bool(np.isfinite(table.values(quantity)[:, table.days == day]).any())


def compare(
    tables: Mapping[str, BranchTable],
    survival: Given | None = None,
    spines: Given | None = None,
    rows: Iterable[Published] = PUBLISHED,
    *,
    drug: str | None = None,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> list[ComparisonRow]:
    """Return every measured figure that was also simulated, side by side, in the order of `rows`.

    Args:
        tables: cohort name (`Thy1-GFP`, `PT`) → simulated branches.
        survival: figures that need the identity of single spines, in the unit of their row, by row and, where
            there are several, by day: `{"V8": 22.0, "V9": 14.0, "V10": {3: 0.7, 5: 0.6}}`.
        spines: the same for rows about single spines' size: `{"V22": 0.8}`.
        rows: measured figures to score against.
        drug: name of the drug arm, where there are several.
        resamples: bootstrap resamples of the mice.
        seed: of the resampling.

    Raises:
        ConfigError: a figure was handed in for a row that does not exist.
        NumericalError: a simulated figure is not a finite number.
    """
    rows, given = list(rows), {**(survival or {}), **(spines or {})}
    unknown = sorted(set(given) - {row.id for row in rows})
    if unknown:
        raise ConfigError(f"no measured row {unknown[0]}; rows are {', '.join(dict.fromkeys(row.id for row in rows))}")
    compared = []
    for row in (row for row in rows if row.scored):
        value, interval = _given(row, given), None
        if value is None:
            found = simulated_value(row, tables, drug=drug, resamples=resamples, seed=seed)
            value, interval = (None, None) if found is None else (found.value, found.interval())
        if value is not None:
            compared.append(_beside(row, value, interval))
    return compared


def _given(row: Published, given: Given) -> float | None:
    """Return the number handed in for `row`, if any."""
    value = given.get(row.id)
    if isinstance(value, Mapping):
        value = None if row.day is None else value.get(row.day)
    if value is not None and not math.isfinite(value):
        raise NumericalError(f"{row.key}, {row.figure}: got {value}, expected a finite number in {row.unit}")
    return None if value is None else float(value)


def _beside(row: Published, value: float, interval: tuple[float, float] | None) -> ComparisonRow:
    """Return the measured and the simulated figure side by side."""
    low, high = row.interval
    distance = max(low - value, value - high, 0.0)
    miss = 0.0 if distance == 0.0 else distance / ((high - low) / 2) if high > low else math.inf
    return ComparisonRow(
        id=row.id,
        day=row.day,
        cohort=row.cohort,
        quantity=row.quantity.name,
        figure=row.figure,
        unit=row.unit,
        measured=row.value,
        interval=row.interval,
        simulated=value,
        simulated_interval=interval,
        inside=distance == 0.0,
        miss=miss,
        citation=row.citation,
    )
