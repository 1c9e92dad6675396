"""What a pupil can choose on the lesson page: compound, dose, blocker; each combination is an arm of one run.

A compound is offered at doses that are used in mice: the dose of the experiment `compounds-compared`, and about
threefold less and more; psilocybin also at a dose so small that the mice stay in the ordinary window. Blockers are
injected half an hour before it, as in the experiment `blockade`; a mouse that gets none is injected with vehicle then,
so that every mouse is handled twice.
"""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterator

from plastisim.lab.blockers import ANA12, KETAMINE, KETANSERIN, RAPAMYCIN, VOLINANSERIN
from plastisim.lab.cohort import PT_2025, Cohort
from plastisim.lab.compounds import (
    BUSPIRONE,
    DMT,
    DOI,
    LSD,
    MDMA,
    MEO_DMT,
    PSILOCYBIN,
    VEHICLE,
    Compound,
)
from plastisim.lab.giving import Dose
from plastisim.lab.protocol import DAY, TICK, Arm, Protocol

BEFORE = -1800  # s: when a blocker is injected
REST = -TICK  # s: the frame that shows the animals at rest
HOUR = 3600
FRAMES = (
    REST, 60, 120, 300, 600, 1200, 1800, *(hours * HOUR for hours in (2, 4, 6, 8, 12, 18, 24, 36)),
    *(days * DAY for days in (2, 3, 4, 5, 6, 7)),
)  # fmt: skip
SESSIONS = (-1.0, 1.0, 3.0, 5.0, 7.0)  # d
MICE, SMALL = 12, 3
AT_ONCE = 27  # arms in one run, which bounds its memory


@dataclasses.dataclass(frozen=True)
class Blocker:
    """Something that stands in the way of a drug.

    Args:
        key: short name.
        name: for the list on the page.
        statement: one sentence on what it does in the model.
        dose: injected at `BEFORE`; None injects vehicle.
        htr2a_density: 5-HT2A relative to wild type.
    """

    key: str
    name: str
    statement: str
    dose: Dose | None = None
    htr2a_density: float = 1.0

    def injection(self) -> Dose:
        """Return what is injected before the drug."""
        return self.dose or Dose(VEHICLE, at=BEFORE)


NOTHING = Blocker("none", "no blocker", "Vehicle is injected 30 min before the drug.")
BLOCKERS = (
    NOTHING,
    Blocker("ketanserin", "ketanserin 1 mg/kg", "Antagonist at 5-HT2A, i.p. 30 min before; cleared within hours.",
            Dose(KETANSERIN, 1.0, BEFORE)),
    Blocker("M100907", "M100907 1 mg/kg", "Selective antagonist at 5-HT2A (volinanserin), i.p. 30 min before.",
            Dose(VOLINANSERIN, 1.0, BEFORE)),
    Blocker("ANA-12", "ANA-12 0.5 mg/kg", "Antagonist at TrkB, i.p. 30 min before; cleared within hours.",
            Dose(ANA12, 0.5, BEFORE)),
    Blocker("rapamycin", "rapamycin 3 mg/kg", "Inhibitor of mTORC1, i.p. 30 min before; stays for many hours.",
            Dose(RAPAMYCIN, 3.0, BEFORE)),
    Blocker("knockout", "Htr2a knockout", "The mouse has no 5-HT2A receptor; vehicle is injected 30 min before.",
            htr2a_density=0.0),
)  # fmt: skip


@dataclasses.dataclass(frozen=True)
class Treatment:
    """One choice.

    Args:
        compound: what is given at time 0; vehicle too.
        dose: mg/kg; of no meaning for vehicle.
        blocker: what stands in its way.
    """

    compound: Compound
    dose: float
    blocker: Blocker = NOTHING

    @property
    def name(self) -> str:
        """Label of the arm; that of vehicle alone is `vehicle`, by which statistics know it."""
        given = self.compound.name if self.compound.inert else f"{self.compound.name} {self.dose:g} mg/kg"
        return given if self.blocker == NOTHING else f"{given} with {self.blocker.key}"

    def arm(self) -> Arm:
        """Return the arm of a protocol."""
        drug = Dose(self.compound) if self.compound.inert else Dose(self.compound, self.dose)
        return Arm(self.name, (self.blocker.injection(), drug), htr2a_density=self.blocker.htr2a_density)


@dataclasses.dataclass(frozen=True)
class Grid:
    """All that can be chosen.

    Args:
        given: each compound with its doses, mg/kg, ascending.
        blockers: each with each of them; the first is none.
        mice: in each arm.
    """

    given: tuple[tuple[Compound, tuple[float, ...]], ...]
    blockers: tuple[Blocker, ...] = BLOCKERS
    mice: int = MICE

    def treatments(self) -> Iterator[Treatment]:
        """Yield every choice; vehicle alone is the first."""
        for compound, doses in ((VEHICLE, (0.0,)), *self.given):
            for dose in doses:
                for blocker in self.blockers:
                    yield Treatment(compound, dose, blocker)

    def parts(self) -> list[tuple[Treatment, ...]]:
        """Return all choices in order, shared out over runs of the same size as far as they go."""
        every = list(self.treatments())
        runs = -(-len(every) // AT_ONCE)
        edges = [len(every) * run // runs for run in range(runs + 1)]
        return [tuple(every[begin:end]) for begin, end in itertools.pairwise(edges)]

    def cohort(self) -> Cohort:
        """Return who gets it."""
        return PT_2025.with_mice(self.mice)


def protocol(treatments: tuple[Treatment, ...]) -> Protocol:
    """Return the run in which each treatment is an arm."""
    return Protocol(tuple(one.arm() for one in treatments), start=-DAY, end=7 * DAY, sessions=SESSIONS)


WHOLE = Grid(
    (
        (PSILOCYBIN, (0.01, 0.1, 0.3, 1.0, 3.0)), (LSD, (0.03, 0.1, 0.3)), (DMT, (3.0, 10.0, 30.0)),
        (MEO_DMT, (5.0, 10.0, 20.0)), (DOI, (0.2, 0.6, 2.0)), (BUSPIRONE, (1.0, 3.0, 10.0)), (MDMA, (4.0, 8.0, 16.0)),
        (KETAMINE, (3.0, 10.0, 30.0)),
    )
)  # fmt: skip
QUICK = Grid(((PSILOCYBIN, (0.1, 1.0)), (BUSPIRONE, (3.0,))), mice=SMALL)
