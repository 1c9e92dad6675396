"""Protocol: what is done to each arm, and when. Times are seconds from the (first) dose day; days may be negative."""

from __future__ import annotations

import dataclasses
import math

from plastisim.engine.errors import ConfigError
from plastisim.lab.compounds import Compound

DAY = 86400
TICK = 7200  # s; every event falls on a whole second, sessions and the steps of the spines on every second hour


@dataclasses.dataclass(frozen=True)
class Dose:
    """One administration.

    Args:
        compound: what is given.
        amount: mg/kg.
        at: s from day 0.
        route: `ip` (into the depot) or `iv` (into plasma at once).
    """

    compound: Compound
    amount: float
    at: int = 0
    route: str = "ip"

    def __post_init__(self) -> None:
        if not (math.isfinite(self.amount) and self.amount > 0):
            raise ConfigError(
                f"a dose of {self.compound.name} must be positive and finite in mg/kg, but got {self.amount!r}; "
                "an arm without a drug is an arm without doses"
            )
        if self.route not in ("ip", "iv"):
            raise ConfigError(f"route must be 'ip' or 'iv', but got {self.route!r}")


@dataclasses.dataclass(frozen=True)
class Bath:
    """A concentration (nmol/L) of a compound held outside the neurons from `start` until `stop` (s from day 0)."""

    compound: Compound
    concentration: float
    start: int
    stop: int

    def __post_init__(self) -> None:
        if not (math.isfinite(self.concentration) and self.concentration >= 0):
            raise ConfigError(f"a bath of {self.compound.name} needs a concentration >= 0 nmol/L, but got {self.concentration!r}")
        if self.stop <= self.start:
            raise ConfigError(f"the bath of {self.compound.name} ends at {self.stop} s, before it starts at {self.start} s")


@dataclasses.dataclass(frozen=True)
class Arm:
    """One treatment group.

    Args:
        name: label in tables, figures and datasets.
        doses: administrations.
        baths: bath applications.
        htr2a_density: 5-HT2A density relative to wild type; 0 is a knockout.
    """

    name: str
    doses: tuple[Dose, ...] = ()
    baths: tuple[Bath, ...] = ()
    htr2a_density: float = 1.0


@dataclasses.dataclass(frozen=True)
class Protocol:
    """Arms that run side by side, on the same individuals, over the same days.

    Args:
        arms: the first one is the vehicle that the others are compared with.
        start: s from day 0; the animals are at rest before it.
        end: s from day 0.
        sessions: days of imaging.
    """

    arms: tuple[Arm, ...]
    start: int = -3 * DAY
    end: int = 7 * DAY
    sessions: tuple[float, ...] = (-3, -1, 1, 3, 5, 7)

    def __post_init__(self) -> None:
        self._check_sessions()
        for arm in self.arms:
            for dose in arm.doses:
                self._check_time(f"dose of {dose.compound.name} in arm {arm.name!r}", dose.at)
            for bath in arm.baths:
                self._check_time(f"bath of {bath.compound.name} in arm {arm.name!r}", bath.start)

    def _check_sessions(self) -> None:
        if not self.arms:
            raise ConfigError("a protocol needs at least one arm")
        if list(self.sessions) != sorted(set(self.sessions)):
            raise ConfigError(f"sessions must be ascending and different, but got days {self.sessions}")
        for day in self.sessions:
            if (day * DAY) % TICK != 0:
                raise ConfigError(f"the session on day {day} is off the clock: sessions fall on every second hour (1/12 day)")
            if not self.start <= day * DAY <= self.end:
                raise ConfigError(
                    f"the session on day {day} lies outside the run, days {self.start / DAY:g} to {self.end / DAY:g}"
                )

    def _check_time(self, what: str, at: int) -> None:
        if at != int(at):
            raise ConfigError(f"the {what} at {at} s is off the clock: times are whole seconds")
        if not self.start <= at < self.end:
            raise ConfigError(
                f"the {what} at {at / DAY:g} d lies outside the run, days {self.start / DAY:g} to {self.end / DAY:g}"
            )

    def compounds(self) -> tuple[Compound, ...]:
        """Return every compound given in any arm, each once, in order of appearance."""
        given = [act.compound for arm in self.arms for act in (*arm.doses, *arm.baths)]
        return tuple(dict.fromkeys(given))

    def events(self) -> tuple[int, ...]:
        """Return the times (s from day 0) at which anything is given or taken away, ascending."""
        times = {dose.at for arm in self.arms for dose in arm.doses}
        for arm in self.arms:
            for bath in arm.baths:
                times |= {bath.start, min(bath.stop, self.end)}
        return tuple(sorted(times))
