"""What is given: doses, infusions and baths. Times are seconds from day 0; `of` reads quantities with their units."""

from __future__ import annotations

import dataclasses
import math

from plastisim.engine.errors import ConfigError
from plastisim.engine.units import quantity
from plastisim.lab.compound import ROUTES, Compound

MOST = 10_000  # doses in a train


@dataclasses.dataclass(frozen=True)
class Dose:
    """One administration at one moment.

    Args:
        compound: what is given.
        amount: mg/kg; of no meaning for vehicle.
        at: s from day 0.
        route: `ip`, `sc` or `oral` (into the depot), or `iv` (a bolus, into plasma at once).
    """

    compound: Compound
    amount: float = math.nan
    at: float = 0
    route: str = "ip"

    def __post_init__(self) -> None:
        if not self.compound.inert and not (math.isfinite(self.amount) and self.amount > 0):
            raise ConfigError(
                f"a dose of {self.compound.name} must be positive and finite in mg/kg, but got {self.amount!r}; "
                "an arm without a drug is an arm without doses"
            )
        if self.route not in ROUTES:
            raise ConfigError(f"route must be one of {', '.join(ROUTES)}, but got {self.route!r}")
        _check_route(self.compound, self.route)

    @classmethod
    def of(
        cls, compound: Compound, amount: str, *, at: str = "0 s", route: str | None = None,
        body_weight: str | None = None,
    ) -> Dose:  # fmt: skip
        """Return a dose from quantities with units.

        Args:
            compound: what is given.
            amount: `"1 mg/kg"`, or `"25 mg"` together with a body weight.
            at: time from day 0.
            route: None takes the compound's first.
            body_weight: as `"70 kg"`; needed for a dose that is not per kilogram.

        Raises:
            ConfigError: a quantity without unit or of another kind, a route without kinetics.
        """
        what = f"dose of {compound.name}"
        mass = per_kilogram(amount, body_weight, what)
        moment = quantity(at, "s", f"time of the {what}")
        return cls(compound, mass, moment, route or next(iter(compound.routes), "ip"))


def repeated(dose: Dose, times: int, every: str) -> tuple[Dose, ...]:
    """Return a train of doses, the first of them `dose`.

    Args:
        dose: the first one.
        times: number of doses, at least 1.
        every: time from one to the next, as `"24 h"`.

    Raises:
        ConfigError: less than one dose, an interval without unit or of no length.
    """
    if isinstance(times, bool) or not isinstance(times, int) or times < 1:
        raise ConfigError(f"a train of doses needs a whole number of at least 1, but got {times!r}")
    if times > MOST:
        raise ConfigError(f"a train has at most {MOST} doses, but got {times!r}; a bath or an infusion lasts")
    interval = quantity(every, "s", "interval between doses", positive=True)
    return tuple(dataclasses.replace(dose, at=dose.at + index * interval) for index in range(times))


@dataclasses.dataclass(frozen=True)
class Infusion:
    """A constant intravenous infusion.

    Args:
        compound: what is infused.
        rate: mg/kg/h.
        start: s from day 0.
        stop: s from day 0, later than `start`.
    """

    compound: Compound
    rate: float
    start: float
    stop: float

    def __post_init__(self) -> None:
        if not (math.isfinite(self.rate) and self.rate > 0):
            raise ConfigError(
                f"an infusion of {self.compound.name} needs a positive, finite rate in mg/kg/h, but got {self.rate!r}"
            )
        _check_span("infusion", self.compound, self.start, self.stop)
        _check_route(self.compound, "iv")

    @classmethod
    def of(
        cls, compound: Compound, rate: str, *, start: str = "0 s", stop: str, body_weight: str | None = None
    ) -> Infusion:
        """Return an infusion from quantities with units.

        Args:
            compound: what is infused.
            rate: `"0.5 mg/kg/h"`, or `"20 mg/h"` together with a body weight.
            start: time from day 0.
            stop: time from day 0.
            body_weight: as `"70 kg"`.

        Raises:
            ConfigError: a quantity without unit or of another kind; a stop before the start.
        """
        what = f"infusion of {compound.name}"
        amount, slash, time = rate.rpartition("/") if isinstance(rate, str) else (rate, "", "")
        if not slash or not time.strip():
            raise ConfigError(f'rate of the {what}: got {rate!r}, expected a rate with its unit, as "0.5 mg/kg/h"')
        hours = quantity(f"1 {time}", "s", f"rate of the {what}") / 3600.0
        mass = per_kilogram(amount, body_weight, f"rate of the {what}")
        begin, end = (quantity(moment, "s", f"time of the {what}") for moment in (start, stop))
        return cls(compound, mass / hours, begin, end)


@dataclasses.dataclass(frozen=True)
class Bath:
    """A concentration held outside the neurons until it is washed out at once.

    Args:
        compound: what the bath contains.
        concentration: nmol/L.
        start: s from day 0.
        stop: when it is washed out, s from day 0, later than `start`.
    """

    compound: Compound
    concentration: float
    start: int
    stop: int

    def __post_init__(self) -> None:
        if not (math.isfinite(self.concentration) and self.concentration >= 0):
            raise ConfigError(
                f"a bath of {self.compound.name} needs a concentration >= 0 nmol/L, but got {self.concentration!r}"
            )
        if self.compound.inert:
            raise ConfigError(f"a bath of {self.compound.name} is no bath; leave it out")
        _check_span("bath", self.compound, self.start, self.stop)

    @classmethod
    def of(cls, compound: Compound, concentration: str, *, start: str = "0 s", stop: str) -> Bath:
        """Return a bath from quantities with units, as `"10 uM"` from `"0 s"` to `"1 h"`.

        Raises:
            ConfigError: a quantity without unit or of another kind; a stop before the start.
        """
        what = f"bath of {compound.name}"
        held = quantity(concentration, "nmol/L", f"concentration of the {what}", minimum=0.0)
        begin, end = (quantity(moment, "s", f"time of the {what}") for moment in (start, stop))
        return cls(compound, held, begin, end)  # pyright: ignore[reportArgumentType]  # the protocol checks the clock


def per_kilogram(amount: str, body_weight: str | None, what: str) -> float:
    """Return a dose in mg/kg.

    Args:
        amount: `"1 mg/kg"`, or `"25 mg"` together with a body weight.
        body_weight: as `"70 kg"`.
        what: begins every message.

    Raises:
        ConfigError: a quantity without unit or of another kind.
    """
    if body_weight is None or "/" in str(amount):
        try:
            return quantity(amount, "mg/kg", what)
        except ConfigError as error:
            if body_weight is None and isinstance(amount, str) and amount.strip().endswith("g"):
                raise ConfigError(
                    f"{what}: got {amount!r}, which is not per kilogram; give the body weight too, as '70 kg'"
                ) from error
            raise
    return quantity(amount, "mg", what) / quantity(body_weight, "kg", "body weight", positive=True)


def _check_span(what: str, compound: Compound, start: float, stop: float) -> None:
    """Refuse something that ends before it begins."""
    if stop <= start:
        raise ConfigError(f"the {what} of {compound.name} ends at {stop} s, before it starts at {start} s")


def _check_route(compound: Compound, route: str) -> None:
    """Refuse a route without kinetics."""
    if route not in compound.routes:
        known = f"only {', '.join(compound.routes)}" if compound.routes else "it can only be given in a bath"
        raise ConfigError(f"{compound.name} has no {ROUTES[route]} kinetics in the {compound.species}: {known}")
