"""One measured figure or sign that is not a figure of an imaged table: of plasma, receptors, kinases, single spines.

A finding names the readout that a simulation has to fill in; the readouts themselves are in `plastisim.calibration`.
Where a source printed no error, an allowance stands in for it and the note says so: such an interval is a choice.
"""

from __future__ import annotations

import dataclasses
import math

from plastisim.engine.errors import ConfigError

STAGES = ("exposure", "receptors", "signalling", "growth factors", "function", "ordinary spines", "spines after a dose")
ALLOWANCE = 0.2  # of a value without a printed error


@dataclasses.dataclass(frozen=True)
class Finding:
    """A measured figure.

    Args:
        id: row of the target list.
        stage: one of `STAGES`.
        readout: name of the simulated figure; several figures of one row have different ones.
        value: measured value in `unit`; NaN where only a sign was measured.
        interval: where a simulated value counts as inside, in `unit`; a sign is a half-line.
        unit: of value and interval.
        citation: where it was published.
        provenance: `data`, `derived`, `seen`, `2nd` (secondary text) or `recalled`.
        note: how the interval came about.
        missing: why the model cannot express it; empty where it can.
    """

    id: str
    stage: str
    readout: str
    value: float
    interval: tuple[float, float]
    unit: str
    citation: str
    provenance: str = "seen"
    note: str = "printed"
    missing: str = ""

    def __post_init__(self) -> None:
        if self.stage not in STAGES:
            raise ConfigError(f"a finding belongs to one of {', '.join(STAGES)}, but got {self.stage!r}")
        if not self.interval[0] < self.interval[1]:
            raise ConfigError(f"the interval of {self.id} must ascend, but got {self.interval}")

    @property
    def is_sign(self) -> bool:
        """Whether only the direction was measured."""
        return math.isnan(self.value)


def within(value: float, error: float, count: float = 1.96) -> tuple[float, float]:
    """Return value ± 1.96 standard errors, or another number of them."""
    return round(value - count * error, 6), round(value + count * error, 6)


def allowed(value: float) -> tuple[float, float]:
    """Return the allowance around a value without a printed error."""
    return round(value * (1.0 - ALLOWANCE), 6), round(value * (1.0 + ALLOWANCE), 6)


def rises(id: str, stage: str, readout: str, citation: str, provenance: str = "seen", note: str = "sign") -> Finding:
    """Return the sign of something that was seen to rise; its readout is positive where it does."""
    return Finding(id, stage, readout, math.nan, (0.0, math.inf), "1", citation, provenance, note)


def falls(id: str, stage: str, readout: str, citation: str, provenance: str = "seen", note: str = "sign") -> Finding:
    """Return the sign of something that was seen to fall; its readout is negative where it does."""
    return Finding(id, stage, readout, math.nan, (-math.inf, 0.0), "1", citation, provenance, note)


def beyond(id: str, stage: str, readout: str, citation: str, reason: str, provenance: str = "seen") -> Finding:
    """Return a row that the model cannot express, with the reason."""
    return Finding(id, stage, readout, math.nan, (-math.inf, math.inf), "1", citation, provenance, "not scored", reason)
