"""What imaging would report, in the mean, of spines that obey a linear law: turnover, survival, return.

A law that treats spines independently and at constant rates moves the expected numbers n of spines in its states by
dn/dt = M n + b. Everything that is counted from session to session then follows from matrix exponentials, without
drawing a single spine: a spine is *formed* if it is seen now and was not in the previous session, *eliminated* if it
was seen then and is not now. Times are days.
"""

from __future__ import annotations

import dataclasses
import functools
import itertools
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from plastisim.engine.errors import ConfigError

Floats = npt.NDArray[np.float64]
INTERVAL = 2.0  # d between sessions
LATE = 27.0  # d between the sessions of day 7 and day 34
SURVIVAL_GAPS = (INTERVAL, INTERVAL, INTERVAL, LATE)  # day 1 to days 3, 5, 7 and 34


@dataclasses.dataclass(frozen=True, eq=False)
class Flow:
    """A linear law of spines.

    Args:
        rates: change of the expected numbers, [to, from], 1/d; the sum of a column is minus the loss of that state.
        births: expected new spines in each state, 1/d, on any scale.
        seen: probability that a spine of each state is seen in a session, drawn anew in every session.
        drift: extra loss of all spines while the animals are imaged, 1/d; births do not make up for it.
    """

    rates: Floats
    births: Floats
    seen: Floats
    drift: float = 0.0

    def __post_init__(self) -> None:
        """Refuse a law in which spines are never lost, or appear from nothing."""
        off_diagonal = self.rates - np.diag(np.diag(self.rates))
        if off_diagonal.min() < 0.0 or self.rates.sum(axis=0).max() > 1e-9 or self.births.min() < 0.0:
            raise ConfigError(
                "a linear law needs transitions >= 0, columns that sum to minus a loss, and births >= 0, but got "
                f"smallest transition {off_diagonal.min():g}, largest column sum {self.rates.sum(axis=0).max():g}; "
                "perhaps [from, to] was given instead of [to, from]"
            )

    def resting(self) -> Floats:
        """Return the stationary numbers, without drift, as shares of one living spine."""
        numbers = np.linalg.solve(self.rates, -self.births)
        return numbers / numbers.sum()

    def kept(self, days: float) -> Floats:
        """Return the probability of being in each state after `days` for a spine of each state, [to, from]."""
        from scipy.linalg import expm

        return np.asarray(expm((self.rates - self.drift * np.eye(len(self.births))) * days), dtype=np.float64)

    def added(self, days: float) -> Floats:
        """Return the spines born within `days` and alive at their end, relative to one living spine at rest."""
        loss = self.rates - self.drift * np.eye(len(self.births))
        scale = np.linalg.solve(self.rates, -self.births).sum()
        return np.linalg.solve(loss, (self.kept(days) - np.eye(len(loss))) @ (self.births / scale))


@functools.lru_cache(maxsize=8)  # the three intervals of one law are asked for again and again
def _propagator(flow: Flow, days: float) -> Floats:
    from scipy.linalg import expm

    return np.asarray(expm((flow.rates - flow.drift * np.eye(len(flow.births))) * days), dtype=np.float64)


@dataclasses.dataclass(frozen=True)
class Observed:
    """Expected results of imaging at rest.

    Attributes:
        formation: share gained in two days, relative to the spines seen before.
        elimination: share lost in two days.
        late_formation: share gained in 27 days.
        late_elimination: share lost in 27 days.
        survival: share of the spines first seen in one session that is seen in every one up to 2, 4, 6 and 33 d later.
        returned: share of all spines that is lost in one session and first seen again 2, 4 and 6 d later.
        lost_again: share of all spines that is gained in one session and lost in the next.
        lasting: share of the seen spines that is seen in nine daily sessions running.
        unseen: share of the living spines that is not seen.
        new_transient: share of the law's first state (transient) among the spines that are new in a session.
    """

    formation: float
    elimination: float
    late_formation: float
    late_elimination: float
    survival: tuple[float, ...]
    returned: tuple[float, ...]
    lost_again: float
    lasting: float
    unseen: float
    new_transient: float

    def losses(self) -> tuple[float, ...]:
        """Return the share of new spines lost between each two sessions among those seen until then."""
        alive = (1.0, *self.survival)
        return tuple(1.0 - after / before for before, after in itertools.pairwise(alive))


def observed(flow: Flow) -> Observed:
    """Return what is expected of a law that has been at rest until the first session."""
    numbers, seen = flow.resting(), flow.seen
    total = float(seen @ numbers)
    two_days = flow.kept(INTERVAL)
    formation, elimination = _turnover(flow, numbers, INTERVAL)
    late_formation, late_elimination = _turnover(flow, numbers, LATE)
    carried = two_days @ (seen * numbers)
    new = seen * (two_days @ numbers + flow.added(INTERVAL) - carried)
    gone = (1.0 - seen) * carried
    return Observed(
        formation, elimination, late_formation, late_elimination,
        survival=_seen_running(flow, new, SURVIVAL_GAPS),
        returned=tuple(back / total for back in _return(two_days, seen, gone, 3)),
        lost_again=float(new.sum() - seen @ (two_days @ new)) / total,
        lasting=_seen_running(flow, seen * numbers, (1.0,) * 8)[-1],
        unseen=1.0 - total,
        new_transient=float(new[0] / new.sum()),
    )  # fmt: skip


def _turnover(flow: Flow, numbers: Floats, days: float) -> tuple[float, float]:
    """Return the shares formed and eliminated between two sessions `days` apart."""
    total, kept = flow.seen @ numbers, flow.kept(days)
    both = flow.seen @ (kept @ (flow.seen * numbers))
    after = flow.seen @ (kept @ numbers + flow.added(days))
    return float((after - both) / total), float((total - both) / total)


def _seen_running(flow: Flow, numbers: Floats, gaps: Sequence[float]) -> tuple[float, ...]:
    """Return the share of seen `numbers` that is seen in every session up to the end of each gap."""
    start, shares = numbers.sum(), []
    for gap in gaps:
        numbers = flow.seen * (flow.kept(gap) @ numbers)
        shares.append(float(numbers.sum() / start))
    return tuple(shares)


def _return(kept: Floats, seen: Floats, gone: Floats, sessions: int) -> list[float]:
    """Return the numbers among `gone` spines that are first seen again after 1, 2, … sessions."""
    back = []
    for _ in range(sessions):
        gone = kept @ gone
        back.append(float(seen @ gone))
        gone = (1.0 - seen) * gone
    return back
