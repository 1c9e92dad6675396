"""An experiment as one object: who, what is done, what is read out, and what is expected of it."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

from plastisim.lab.cohort import Cohort
from plastisim.lab.protocol import Protocol
from plastisim.parameters import changed
from plastisim.readout_table import Asked
from plastisim.setup import Setup


@dataclasses.dataclass(frozen=True)
class Criterion:
    """A threshold fixed before the run.

    Args:
        readout: name of a read-out that is asked for.
        arm: which arm.
        time: s from day 0.
        above: the whole interval of arm minus vehicle must lie above this, in the read-out's unit.
        below: or below this.
    """

    readout: str
    arm: str
    time: float
    above: float | None = None
    below: float | None = None


@dataclasses.dataclass(frozen=True)
class Experiment:
    """An experiment.

    Args:
        title: one line: the question.
        protocol: arms, times, imaging sessions.
        cohorts: groups of mice.
        readouts: what is reported.
        seed: of all randomness; None leaves it to the caller.
        parameters: value by dotted path (`pathway.gq.reserve`), in the declared unit, in place of the default.
        verdict: None where the experiment only reports.
    """

    title: str
    protocol: Protocol
    cohorts: tuple[Cohort, ...]
    readouts: tuple[Asked, ...]
    seed: int | None = None
    parameters: Mapping[str, float] = dataclasses.field(default_factory=dict)
    verdict: Criterion | None = None

    def setup(self, seed: int = 0) -> Setup:
        """Return what is simulated; its own seed goes before `seed`.

        Raises:
            ConfigError: a parameter that does not exist, or arms that do not fit the model.
        """
        own = seed if self.seed is None else self.seed
        return changed(Setup.of(self.protocol, self.cohorts, seed=own), self.parameters)
