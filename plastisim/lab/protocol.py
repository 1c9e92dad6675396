"""Protocol: what is done to each arm, and when. Times are seconds from the (first) dose day; days may be negative."""

from __future__ import annotations

import dataclasses
import math

from plastisim.engine.errors import ConfigError
from plastisim.lab.compound import Compound
from plastisim.lab.giving import Bath, Dose, Infusion
from plastisim.lab.hypotheses import Hypothesis
from plastisim.lab.manipulations import Manipulation

HOUR = 3600
DAY = 86400
LONGEST = 1000 * DAY  # s; longer runs are mistakes of unit
TICK = 7200  # s; every event falls on a whole second, sessions and the steps of the spines on every second hour


def spoken(time: float) -> str:
    """Return a time (s) in the unit in which one speaks of it."""
    for unit, seconds in (("d", DAY), ("h", HOUR), ("min", 60)):
        if abs(time) >= seconds:
            return f"{time / seconds:.4g} {unit}"
    return f"{time:g} s"


@dataclasses.dataclass(frozen=True)
class Arm:
    """One treatment group.

    Args:
        name: label in tables, figures and datasets.
        doses: administrations.
        baths: bath applications.
        htr2a_density: 5-HT2A density relative to wild type; 0 is a knockout.
        infusions: intravenous infusions; rates of the same compound at the same time add up.
        manipulations: what else differs in these animals; factors on the same parameter multiply.
        hypothesis: parameters that hold in this arm alone; manipulations act on top of them.
    """

    name: str
    doses: tuple[Dose, ...] = ()
    baths: tuple[Bath, ...] = ()
    htr2a_density: float = 1.0
    infusions: tuple[Infusion, ...] = ()
    manipulations: tuple[Manipulation, ...] = ()
    hypothesis: Hypothesis | None = None

    def __post_init__(self) -> None:
        if not (math.isfinite(self.htr2a_density) and self.htr2a_density >= 0):
            raise ConfigError(f"arm {self.name!r} needs a finite htr2a_density >= 0, but got {self.htr2a_density!r}")
        held = sorted(self.baths, key=lambda bath: bath.start)
        for index, bath in enumerate(held):
            if any(other.compound == bath.compound and other.start < bath.stop for other in held[index + 1 :]):
                raise ConfigError(f"two baths of {bath.compound.name} in arm {self.name!r} overlap; one must end first")
        species = {one.species for one in self.compounds() if one.routes and not one.inert}
        if len(species) > 1:
            raise ConfigError(
                f"arm {self.name!r} mixes kinetics of {' and '.join(sorted(species))}; give it one species"
            )

    def compounds(self) -> tuple[Compound, ...]:
        """Return every compound given, each once, in order of appearance."""
        return tuple(dict.fromkeys(one.compound for one in (*self.doses, *self.infusions, *self.baths)))


@dataclasses.dataclass(frozen=True)
class Protocol:
    """Arms that run side by side, on the same individuals, over the same days.

    Args:
        arms: the first one is the vehicle that the others are compared with.
        start: s from day 0; the animals are at rest before it.
        end: s from day 0.
        sessions: days of imaging.
        moments: further times at which molecules are recorded, s from day 0.
    """

    arms: tuple[Arm, ...]
    start: int = -3 * DAY
    end: int = 7 * DAY
    sessions: tuple[float, ...] = (-3, -1, 1, 3, 5, 7)
    moments: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        self._check_sessions()
        for arm in self.arms:
            for dose in arm.doses:
                self._check_time(f"dose of {dose.compound.name} in arm {arm.name!r}", dose.at)
            for held in (*arm.baths, *arm.infusions):
                what = f"{type(held).__name__.lower()} of {held.compound.name} in arm {arm.name!r}"
                self._check_time(what, held.start)
                self._check_clock(f"end of the {what}", held.stop)
        for moment in self.moments:
            self._check_time("recording", moment)

    @property
    def duration(self) -> float:
        """Length of the run, s."""
        return float(self.end - self.start)

    def _check_sessions(self) -> None:
        if not self.arms:
            raise ConfigError("a protocol needs at least one arm")
        names = [arm.name for arm in self.arms]
        if len(set(names)) < len(names):
            raise ConfigError(f"arms need different names, but got {', '.join(map(repr, names))}")
        if not self.sessions:
            raise ConfigError("a protocol needs at least one session; day 0 is one")
        if list(self.sessions) != sorted(set(self.sessions)):
            raise ConfigError(f"sessions must be ascending and different, but got days {self.sessions}")
        if self.end <= self.start:
            raise ConfigError(
                f"a run must end later than it starts, but got days {self.start / DAY:g} to {self.end / DAY:g}"
            )
        if (self.end - self.start) % TICK:
            raise ConfigError(
                f"a run lasts a whole number of {TICK} s, but got days {self.start / DAY:g} to {self.end / DAY:g}"
            )
        if self.duration > LONGEST:
            raise ConfigError(f"a run lasts at most {LONGEST / DAY:g} days, but got {self.duration / DAY:g}")
        for day in self.sessions:
            if not math.isfinite(day):
                raise ConfigError(f"a session needs a day, but got {day!r}")
            if (day * DAY) % TICK != 0:
                raise ConfigError(
                    f"the session on day {day} is off the clock: sessions fall on every second hour (1/12 day)"
                )
            if not self.start <= day * DAY <= self.end:
                raise ConfigError(
                    f"the session on day {day} lies outside the run, days {self.start / DAY:g} to {self.end / DAY:g}"
                )

    def _check_clock(self, what: str, at: float) -> None:
        if not (math.isfinite(at) and at == int(at)):
            raise ConfigError(f"the {what} at {at} s is off the clock: times are whole seconds")

    def _check_time(self, what: str, at: float) -> None:
        self._check_clock(what, at)
        if not self.start <= at < self.end:
            raise ConfigError(
                f"the {what} at {at / DAY:g} d lies outside the run, days {self.start / DAY:g} to {self.end / DAY:g}"
            )

    def compounds(self) -> tuple[Compound, ...]:
        """Return every compound given in any arm, each once, in order of appearance."""
        return tuple(dict.fromkeys(compound for arm in self.arms for compound in arm.compounds()))

    def injections(self) -> tuple[tuple[int, ...], ...]:
        """Return the times (s from day 0) at which the mice of each arm are injected; vehicle counts."""
        return tuple(tuple(sorted({int(dose.at) for dose in arm.doses})) for arm in self.arms)

    def events(self) -> tuple[int, ...]:
        """Return the times (s from day 0) at which anything is given, taken away or looked at closely, ascending."""
        times = {int(dose.at) for arm in self.arms for dose in arm.doses} | {int(moment) for moment in self.moments}
        for arm in self.arms:
            for held in (*arm.baths, *arm.infusions):
                times |= {int(held.start), min(int(held.stop), self.end)}
        return tuple(sorted(times))
