"""What makes no sense is refused where it is given, in one clear line, before anything compiles."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from typing import Any

import pytest

from plastisim.engine.errors import ConfigError
from plastisim.lab.cohort import IT, PT, Cohort
from plastisim.lab.compounds import (
    COMPOUNDS,
    HUMAN_PSILOCYBIN,
    KETANSERIN,
    PSILOCYBIN,
    SEROTONIN,
    VEHICLE,
    find_compound,
)
from plastisim.lab.giving import repeated
from plastisim.lab.protocol import DAY, TICK, Arm, Bath, Dose, Infusion, Protocol
from plastisim.population import populate
from plastisim.setup import Settings
from plastisim.simulation import simulate

PLAIN = Protocol((Arm("vehicle"),), 0, DAY, (1,))


def with_arm(
    *doses: Dose, baths: tuple[Bath, ...] = (), infusions: tuple[Infusion, ...] = (), **changes: Any
) -> Protocol:
    arm = Arm("drug", doses, baths, infusions=infusions)
    return Protocol(**{"arms": (arm,), "start": 0, "end": DAY, "sessions": (1,), **changes})


def bath(start: float, stop: float, concentration: float = 1.0) -> Bath:
    return Bath(KETANSERIN, concentration, start, stop)  # type: ignore[arg-type]


REFUSED: dict[str, tuple[Callable[[], Any], str]] = {
    "misspelt compound": (
        lambda: find_compound("psylocybin"),
        "unknown compound 'psylocybin'; did you mean 'psilocybin'",
    ),
    "unknown compound": (
        lambda: find_compound("water"),
        "unknown compound 'water'; those known.*plastisim compounds.*relative",
    ),
    "compound that only sounds alike": (
        lambda: find_compound("mescaline"),
        "unknown compound 'mescaline'; those known",
    ),
    "compound that others have": (lambda: find_compound("lisuride"), "unknown compound 'lisuride'; those known"),
    "no name": (lambda: find_compound(3), "unknown compound 3"),  # type: ignore[arg-type]
    "negative dose": (lambda: Dose(PSILOCYBIN, -1.0), "dose of psilocybin must be positive.*got -1.0"),
    "no dose": (lambda: Dose(PSILOCYBIN, 0.0), "must be positive.*without doses"),
    "infinite dose": (lambda: Dose(PSILOCYBIN, math.inf), "must be positive and finite.*inf"),
    "dose that is no number": (lambda: Dose(PSILOCYBIN, math.nan), "must be positive and finite.*nan"),
    "unknown route": (lambda: Dose(PSILOCYBIN, 1.0, 0, "nasal"), "route must be one of ip, sc, oral, iv.*'nasal'"),
    "route without kinetics": (
        lambda: Dose(PSILOCYBIN, 1.0, 0, "oral"),
        "psilocybin has no oral kinetics in the mouse: only ip, sc, iv",
    ),
    "route of another species": (
        lambda: Dose(HUMAN_PSILOCYBIN, 0.3),
        "human psilocybin has no intraperitoneal kinetics in the human: only oral",
    ),
    "dose of what only baths hold": (lambda: Dose(SEROTONIN, 1.0), "serotonin.*can only be given in a bath"),
    "dose without unit": (lambda: Dose.of(PSILOCYBIN, "1"), "dose of psilocybin: got '1' without a unit.*mg/kg"),
    "dose as a bare number": (lambda: Dose.of(PSILOCYBIN, 1.0), "without a unit.*mg/kg"),  # type: ignore[arg-type]
    "dose of another kind": (lambda: Dose.of(PSILOCYBIN, "1 h"), "dose of psilocybin: got '1 h'"),
    "dose without body weight": (
        lambda: Dose.of(HUMAN_PSILOCYBIN, "25 mg"),
        "got '25 mg', which is not per kilogram; give the body weight",
    ),
    "no body weight": (lambda: Dose.of(HUMAN_PSILOCYBIN, "25 mg", body_weight="0 kg"), "body weight.*more than 0 kg"),
    "time without unit": (lambda: Dose.of(PSILOCYBIN, "1 mg/kg", at="5"), "time of the dose.*'5' without a unit"),
    "no doses in a train": (lambda: repeated(Dose(PSILOCYBIN, 1.0), 0, "24 h"), "train.*at least 1, but got 0"),
    "train without interval": (lambda: repeated(Dose(PSILOCYBIN, 1.0), 2, "0 h"), "interval between doses.*'0 h'"),
    "infusion without rate": (lambda: Infusion(PSILOCYBIN, 0.0, 0, 60), "infusion of psilocybin needs a positive.*0.0"),
    "infusion that is no number": (lambda: Infusion(PSILOCYBIN, math.inf, 0, 60), "positive, finite rate.*inf"),
    "infusion that ends before it starts": (
        lambda: Infusion.of(PSILOCYBIN, "1 mg/kg/h", start="2 h", stop="1 h"),
        "infusion of psilocybin ends at 3600.0 s, before it starts at 7200.0 s",
    ),
    "infusion by mouth": (
        lambda: Infusion.of(HUMAN_PSILOCYBIN, "1 mg/kg/h", stop="1 h"),
        "human psilocybin has no intravenous kinetics",
    ),
    "infusion without unit": (lambda: Infusion.of(PSILOCYBIN, "1", stop="1 h"), "expected a rate with its unit"),
    "infusion per nothing": (lambda: Infusion.of(PSILOCYBIN, "1 mg/kg", stop="1 h"), "rate of the infusion"),
    "infusion of a frequency": (lambda: Infusion.of(PSILOCYBIN, "1 1/h", stop="1 h"), "rate of the infusion"),
    "infusion outside the run": (
        lambda: with_arm(infusions=(Infusion(PSILOCYBIN, 1.0, -60, 60),)),
        "infusion of psilocybin in arm 'drug'.*outside the run",
    ),
    "bath of vehicle": (lambda: Bath(VEHICLE, 1.0, 0, 60), "bath of vehicle is no bath"),
    "bath without unit": (lambda: Bath.of(KETANSERIN, "10", stop="1 h"), "concentration of the bath.*without a unit"),
    "two species in one arm": (
        lambda: with_arm(Dose(HUMAN_PSILOCYBIN, 0.3, route="oral"), Dose(KETANSERIN, 1.0)),
        "arm 'drug' mixes kinetics of human and mouse",
    ),
    "negative bath": (lambda: bath(0, 10, -1.0), "bath of ketanserin needs a concentration >= 0.*-1.0"),
    "bath that is no number": (lambda: bath(0, 10, math.nan), "needs a concentration >= 0.*nan"),
    "bath without length": (lambda: bath(10, 10), "bath of ketanserin ends at 10 s, before it starts at 10 s"),
    "no arms": (lambda: Protocol((), 0, DAY, (1,)), "needs at least one arm"),
    "two arms of one name": (lambda: Protocol((Arm("a"), Arm("a")), 0, DAY, (1,)), "arms need different names.*'a'"),
    "negative receptors": (lambda: Arm("a", htr2a_density=-0.5), "'a'.*htr2a_density.*-0.5"),
    "receptors that are no number": (lambda: Arm("a", htr2a_density=math.nan), "'a'.*htr2a_density.*nan"),
    "dose after the end": (
        lambda: with_arm(Dose(PSILOCYBIN, 1.0, 2 * DAY)),
        "dose of psilocybin in arm 'drug' at 2 d lies outside the run, days 0 to 1",
    ),
    "dose at the end": (lambda: with_arm(Dose(PSILOCYBIN, 1.0, DAY)), "at 1 d lies outside the run"),
    "dose before the start": (lambda: with_arm(Dose(PSILOCYBIN, 1.0, -60)), "lies outside the run"),
    "dose off the clock": (
        lambda: with_arm(Dose(PSILOCYBIN, 1.0, 0.5)),
        "at 0.5 s is off the clock: times are whole seconds",
    ),
    "dose at no time": (lambda: with_arm(Dose(PSILOCYBIN, 1.0, math.nan)), "nan s is off the clock"),
    "bath before the start": (
        lambda: with_arm(baths=(bath(-5, 10),)),
        "bath of ketanserin in arm 'drug'.*outside the run",
    ),
    "bath that stops off the clock": (lambda: with_arm(baths=(bath(0, 10.5),)), "10.5 s is off the clock"),
    "two baths at once": (
        lambda: with_arm(baths=(bath(0, 10), bath(5, 20))),
        "two baths of ketanserin in arm 'drug' overlap",
    ),
    "session off the clock": (lambda: with_arm(sessions=(0.3,)), "session on day 0.3 is off the clock"),
    "session after the end": (lambda: with_arm(sessions=(2,)), "session on day 2 lies outside the run, days 0 to 1"),
    "session at no time": (lambda: with_arm(sessions=(math.nan,)), "session.*nan"),
    "sessions out of order": (lambda: with_arm(sessions=(1, 0)), "sessions must be ascending"),
    "session twice": (lambda: with_arm(sessions=(1, 1)), "sessions must be ascending and different"),
    "no sessions": (lambda: with_arm(sessions=()), "at least one session"),
    "end off the clock": (lambda: with_arm(end=DAY + 1), "a whole number of 7200 s"),
    "end before the start": (lambda: with_arm(start=2 * DAY), "must end later than it starts, but got days 2 to 1"),
    "no mice": (lambda: Cohort("mine", PT, 0), "cohort 'mine' needs at least one of mice, but got 0"),
    "two cohorts of one name": (
        lambda: populate(PLAIN, (Cohort("mine", PT, 1), Cohort("mine", IT, 2)), 0),
        "cohorts need different names, but got 'mine', 'mine'",
    ),
    "half a neuron": (lambda: Cohort("mine", PT, 1, neurons=0.5), "neurons, but got 0.5"),  # type: ignore[arg-type]
    "true dendrites": (lambda: Cohort("mine", PT, 1, dendrites=True), "dendrites, but got True"),
    "negative turnover": (lambda: Cohort("mine", PT, 1, turnover=-1.0), "turnover of at least 0, but got -1.0"),
    "density that is no number": (lambda: Cohort("mine", PT, 1, spine_density=math.nan), "density.*nan"),
    "negative seed": (lambda: populate(PLAIN, (Cohort("c", PT, 1),), -1), "seed must be an integer from 0.*-1"),
    "seed too large": (lambda: populate(PLAIN, (Cohort("c", PT, 1),), 2**32), "seed must be"),
    "seed that is no integer": (lambda: populate(PLAIN, (Cohort("c", PT, 1),), 0.5), "seed must be"),  # type: ignore[arg-type]
    "cohorts of different shape": (
        lambda: simulate(PLAIN, (Cohort("a", PT, 1, 4, 2), Cohort("b", IT, 1, 4, 3))),
        r"same neurons and dendrites.*\(4, 2\), \(4, 3\)",
    ),
    "no cohorts": (lambda: populate(PLAIN, (), 0), "at least one cohort"),
    "unknown precision": (lambda: Settings(precision="float16"), "precision.*'float16'"),
    "no tolerance": (lambda: Settings(tolerance=0.0), "tolerance.*0.0"),
    "no slots": (lambda: Settings(slots=0), "slots.*0"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_nonsense_is_refused_in_one_line(what: str):
    call, says = REFUSED[what]
    with pytest.raises(ConfigError, match=says) as refused:
        call()
    assert "\n" not in str(refused.value)
    assert len(str(refused.value)) < 240
    assert refused.value.exit_code == 2


@pytest.mark.parametrize("name", [name for one in COMPOUNDS for name in (one.name, *one.aliases)])
def test_every_compound_is_found_by_any_of_its_names(name: str):
    assert name in (find_compound(f" {name.upper()} ").name, *find_compound(name).aliases)


def test_what_is_given_is_listed_once_and_in_order():
    arms = (
        Arm("vehicle", (Dose(VEHICLE),)),
        Arm("drug", (Dose(PSILOCYBIN, 1.0, 60), Dose(PSILOCYBIN, 1.0, 7200)), (bath(30, 2 * DAY),)),
        Arm("both", (Dose(KETANSERIN, 1.0, 60), Dose(PSILOCYBIN, 1.0, 60))),
    )
    protocol = Protocol(arms, 0, DAY, (0, 1 / 12, 1))
    assert protocol.compounds() == (VEHICLE, PSILOCYBIN, KETANSERIN)
    assert protocol.events() == (0, 30, 60, 7200, DAY)  # a bath longer than the run ends with it
    assert protocol.injections() == ((0,), (60, 7200), (60,))
    assert populate(protocol, (Cohort("c", PT, 2),), 0).compounds == (SEROTONIN, PSILOCYBIN, KETANSERIN)


def test_quantities_are_read_with_their_units():
    assert Dose.of(PSILOCYBIN, "1 mg/kg", at="2 h") == Dose(PSILOCYBIN, 1.0, 7200)
    assert Dose.of(PSILOCYBIN, "500 ug/kg", route="iv") == Dose(PSILOCYBIN, 0.5, route="iv")
    assert Dose.of(PSILOCYBIN, "1 mg/kg", body_weight="25 g") == Dose(PSILOCYBIN, 1.0)
    person = Dose.of(HUMAN_PSILOCYBIN, "25 mg", body_weight="70 kg")
    assert (person.amount, person.route) == (pytest.approx(25.0 / 70.0), "oral")
    hourly = Infusion.of(PSILOCYBIN, "0.1 mg/kg/min", start="1 min", stop="1 h")
    assert (hourly.rate, hourly.start, hourly.stop) == (pytest.approx(6.0), 60, 3600)
    assert Infusion.of(PSILOCYBIN, "5 mg/h", stop="1 h", body_weight="50 g").rate == pytest.approx(100.0)
    assert Bath.of(KETANSERIN, "1 uM", stop="1 d") == Bath(KETANSERIN, 1000.0, 0, DAY)


def test_a_train_of_doses_keeps_its_rhythm():
    train = repeated(Dose(PSILOCYBIN, 1.0, 3600), 3, "12 h")
    assert [dose.at for dose in train] == [3600, 3600 + 43200, 3600 + 86400]
    protocol = with_arm(*train, end=2 * DAY, infusions=(Infusion(KETANSERIN, 1.0, 60, 3 * DAY),))
    assert protocol.events() == (60, 3600, 46800, 90000, 2 * DAY)
    assert protocol.injections() == ((3600, 46800, 90000),)
    assert protocol.compounds() == (PSILOCYBIN, KETANSERIN)


def test_lanes_are_whole_groups_and_whole_vectors():
    population = populate(dataclasses.replace(PLAIN, arms=(Arm("a"), Arm("b"))), (Cohort("c", PT, 3, neurons=5),), 0)
    assert population.filled == 8
    assert len(population.lanes()) == 64
    assert population.lanes()[8:13].tolist() == [[1, neuron] for neuron in range(5)]
    assert population.lanes()[48:].tolist() == [[0, 0]] * 16
    assert TICK * 12 == DAY
