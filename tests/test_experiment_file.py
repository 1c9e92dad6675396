"""Experiment files: what is read is what was written, and every fault is one clear message with its place."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import made_run
import numpy as np
import pytest
from conftest import ROOT

from plastisim import cli, columns
from plastisim.engine.errors import ConfigError
from plastisim.experiment import Criterion, Experiment
from plastisim.experiment_file import load_experiment_file, read_experiment
from plastisim.experiment_text import as_toml, experiment_of
from plastisim.lab.agonists import PSILOCYBIN
from plastisim.lab.branch_table import FORMATION
from plastisim.lab.cohort import PT_2025
from plastisim.lab.compounds import COMPOUNDS, LSD
from plastisim.lab.giving import Bath, Dose
from plastisim.lab.hypotheses import TRKB_DIRECT
from plastisim.lab.imaging import Snapshots
from plastisim.lab.manipulations import HTR2A_KNOCKOUT
from plastisim.lab.protocol import DAY, Protocol
from plastisim.parameters import declared_parameters
from plastisim.planning import asked
from plastisim.reading import recorded_times, times_of
from plastisim.readout_table import READOUTS, Asked, Found
from plastisim.request import Request
from plastisim.study import Findings, judged, run_file, unlike_injections

GOOD = """
schema = "plastisim/1"
title = 'Does "it" block?'
seed = 3

[[cohorts]]
like = "PT 2025"
mice = 8

[[cohorts]]
name = "basal"
cell_type = "IT"
compartment = "basal"
mice = 2
drift = "0.001 1/d"
spine_density = "0.5 1/um"

[[arms]]
name = "vehicle"
doses = [{ compound = "vehicle" }]

[[arms]]
name = "drug"
doses = [{ compound = "psilocybin", amount = "1 mg/kg", at = "2 h", route = "iv", times = 2, every = "24 h" }]
baths = [{ compound = "ketanserin", concentration = "1 umol/L", start = "-1 h", stop = "2 d" }]
infusions = [{ compound = "slow LSD", rate = "0.5 mg/kg/h", stop = "2 h" }]
manipulations = ["Htr2a knockout", { name = "own", statement = "less", pathway = { "trkb.potentiation" = 0.5 } }]
hypothesis = "TrkB direct"
htr2a_density = "50 %"

[[compounds]]
name = "slow LSD"
like = "LSD"
elimination = "0.6 1/h"
htr2a_efficacy = 0.3
sert_affinity = "2 uM"

[imaging]
sessions = [-1, 1, "3 d"]

[[readouts]]
name = "density"

[[readouts]]
name = "bdnf_mrna"
at = ["2 h", 1]

[parameters]
"pathway.gq.reserve" = "2.5"
"spines.transient_loss" = "0.5 1/d"

[verdict]
readout = "density"
arm = "drug"
at = 1
above = "5 %"
"""
DRUG = 'compound = "psilocybin"'
WRONG = {
    "another schema": ('"plastisim/1"', '"plastisim/9"', "schema: got 'plastisim/9', expected \"plastisim/1\""),
    "no schema": ('schema = "plastisim/1"', "", "schema: is missing"),
    "misspelt key": ("mice = 8", "micee = 8", "cohorts[0].micee: no such key; did you mean 'mice'?"),
    "misspelt table": ("[verdict]", "[verdct]", "verdct: no such key; did you mean 'verdict'?"),
    "number as text": ("mice = 8", 'mice = "8"', "cohorts[0].mice: got '8', expected a whole number"),
    "no mice": ("mice = 8", "mice = 0", "cohorts[0]: cohort 'PT' needs at least one of mice, but got 0"),
    "unknown cell type": ('"IT"', '"ET"', "cohorts[1].cell_type: got 'ET', expected one of PT, IT"),
    "unknown compartment": ('"basal"\nmice', '"basel"\nmice', "compartment: got 'basel', expected one of"),
    "two cohorts of one name": (
        'name = "basal"',
        'name = "PT"',
        "cohorts: got 'PT', expected different names, each with a",
    ),
    "unknown cohort": ('"PT 2025"', '"PT2025"', "did you mean 'PT 2025'?"),
    "density without unit": ('"0.5 1/um"', '"0.5"', "cohorts[1].spine_density: got '0.5' without a unit"),
    "misspelt compound": (DRUG, 'compound = "psilocibin"', "arms[1].doses[0].compound: unknown compound 'psilocibin'"),
    "dose without unit": ('"1 mg/kg"', '"1"', "arms[1].doses[0].amount: got '1' without a unit"),
    "dose of another kind": ('"1 mg/kg"', '"1 h"', "arms[1].doses[0].amount: got '1 h', which is not in a unit like"),
    "no dose": ('amount = "1 mg/kg", ', "", "arms[1].doses[0].amount: is missing"),
    "unknown route": ('"iv"', '"im"', "arms[1].doses[0].route: got 'im', expected one of ip, sc, oral, iv"),
    "dose for a body": ('"1 mg/kg"', '"25 mg"', "give the body weight too, as '70 kg'"),
    "body weight without unit": (DRUG, f"{DRUG}, body_weight = 70", "body_weight: got 70, expected a mass, as"),
    "bare interval": ('every = "24 h"', "every = 7", "doses[0].every: got 7, expected the time between doses, as"),
    "density below nothing": ('"50 %"', '"-1"', "arms[1].htr2a_density: got '-1', expected at least 0"),
    "route without kinetics": ('"iv"', '"oral"', "arms[1].doses[0]: psilocybin has no oral kinetics"),
    "train without interval": (', every = "24 h"', "", "arms[1].doses[0].every: is missing"),
    "bath that ends first": ('stop = "2 d"', 'stop = "-2 h"', "arms[1].baths[0]: the bath of ketanserin ends"),
    "rate without time": ('"0.5 mg/kg/h"', '"0.5"', "infusions[0]: rate of the infusion of slow LSD: got '0.5'"),
    "misspelt manipulation": ('"Htr2a knockout"', '"Htr2a knokout"', "did you mean 'Htr2a knockout'?"),
    "misspelt hypothesis": ('"TrkB direct"', '"TrkB drect"', "arms[1].hypothesis: got 'TrkB drect'"),
    "manipulation of nothing": ('"trkb.potentiation"', '"trkb.potential"', "potential"),
    "dose after the end": ('at = "2 h"', 'at = "9 d"', "lies outside the run"),
    "session off the clock": ("[-1, 1,", "[-1, 1.01,", "off the clock"),
    "session in another unit": ('"3 d"', '"3 kg"', "imaging.sessions[2]: got '3 kg', which is not in a unit like s"),
    "read-out in capitals": ('"bdnf_mrna"', '"BDNF_mRNA"', "; did you mean 'bdnf_mrna'?"),
    "part of a name": ('"basal"\nmice', '"tuft"\nmice', "did you mean 'apical tuft'?"),
    "misspelt read-out": ('"bdnf_mrna"', '"bdnf_mran"', "readouts[1].name: got 'bdnf_mran'"),
    "read-out between seconds": ('["2 h", 1]', '["0.5 s"]', "readouts[1]: bdnf_mrna at 0.5 s: times are whole seconds"),
    "read-out before the run": (
        '["2 h", 1]',
        '["-5 d"]',
        "readouts[1]: bdnf_mrna at -5 d lies outside the run, days -1",
    ),
    "read-out without time": ('at = ["2 h", 1]', "", "readouts[1]: bdnf_mrna needs times"),
    "unknown parameter": ("gq.reserve", "gq.reserv", "did you mean 'pathway.gq.reserve'?"),
    "parameter without unit": ('"0.5 1/d"', '"0.5"', "parameters.spines.transient_loss: got '0.5' without a unit"),
    "verdict on another arm": ('arm = "drug"', 'arm = "drugs"', "verdict.arm: got 'drugs', expected one of drug"),
    "verdict without threshold": ('above = "5 %"', "", "verdict: needs one of above and below"),
    "seed that is no number": ("seed = 3", "seed = 3.5", "seed: got 3.5, expected a whole number"),
    "compound like none": ('like = "LSD"', 'like = "LSDD"', "compounds[0].like: got 'LSDD', expected one of"),
    "compound like nothing": ('like = "LSD"', "", "compounds[0].like: is missing, expected one of psilocybin"),
    "misspelt number": ("elimination =", "eliminaton =", "compounds[0].eliminaton: no such key; did you mean 'elim"),
    "number without unit": ('"0.6 1/h"', '"0.6"', "compounds[0].elimination: got '0.6' without a unit"),
    "number below zero": ('"0.6 1/h"', '"-0.6 1/h"', "compounds[0].elimination: got '-0.6 1/h', expected at least 0"),
    "affinity of zero": ('"2 uM"', '"0 uM"', "compounds[0].sert_affinity: got '0 uM', expected more than 0"),
    "name that is taken": ('"slow LSD"', '"Psilocin"', "compounds[0].name: got 'Psilocin', expected a"),
    "no TOML": ("[imaging]", "[imaging", "is not TOML"),
}


ACUTE = """
schema = "plastisim/1"
cohorts = [{ mice = 2 }]
imaging.sessions = SESSIONS
readouts = [{ name = "NAME", at = TIMES }]
arms = [{ name = "vehicle", doses = [{ compound = "vehicle" }] }, { name = "drug", doses = [DOSE] }]
"""


def acute(name: str = "perk", at: str = '["15 min"]', sessions: str = "[-1, 1]", dose: str = "") -> str:
    """Return a file with one read-out; an empty list of times leaves `at` out."""
    text = (
        ACUTE.replace("SESSIONS", sessions).replace("NAME", name).replace(", at = TIMES" if at == "" else "TIMES", at)
    )
    return text.replace("DOSE", "{ " + (dose or 'compound = "psilocybin", amount = "1 mg/kg"') + " }")


@pytest.fixture(scope="module")
def good() -> Experiment:
    return read_experiment(GOOD)


def test_a_file_says_what_the_objects_hold(good: Experiment) -> None:
    drug = good.protocol.arms[1]
    assert drug.doses == tuple(Dose(PSILOCYBIN, 1.0, 7200 + day * DAY, "iv") for day in (0, 1))
    assert drug.baths == (Bath(next(one for one in COMPOUNDS if one.name == "ketanserin"), 1000.0, -3600, 2 * DAY),)
    assert (drug.infusions[0].rate, drug.infusions[0].stop, drug.htr2a_density) == (0.5, 7200.0, 0.5)
    assert drug.manipulations[0] is HTR2A_KNOCKOUT
    assert drug.manipulations[1].pathway == {"trkb.potentiation": 0.5}
    assert drug.hypothesis is TRKB_DIRECT
    assert (good.protocol.start, good.protocol.end, good.protocol.sessions) == (-DAY, 3 * DAY, (-1.0, 1.0, 3.0))
    assert [(one.name, one.mice, one.cell_type.name) for one in good.cohorts] == [("PT", 8, "PT"), ("basal", 2, "IT")]
    assert good.cohorts[0] == PT_2025.with_mice(8)
    assert (good.cohorts[1].compartment.name, good.cohorts[1].spine_density) == ("basal", 0.5)
    assert good.readouts == (Asked("density"), Asked("bdnf_mrna", (7200.0, 86400.0)))


def test_a_compound_of_the_file_is_its_relative_with_other_numbers(good: Experiment) -> None:
    mine = good.protocol.arms[1].infusions[0].compound
    own = {"elimination": 0.6 / 3600, "htr2a_efficacy": 0.3, "sert_affinity": 2000.0}
    assert (mine.name, mine.aliases, mine.routes) == ("slow LSD", (), LSD.routes)
    assert mine.kinetics() == pytest.approx(LSD.kinetics() | own, rel=1e-15)
    assert {getattr(mine, name).source.confidence for name in own} == {"chosen"}
    assert mine.volume is LSD.volume


def test_two_compounds_of_one_name_are_refused() -> None:
    own = GOOD[GOOD.index("[[compounds]]") : GOOD.index("[imaging]")]
    with pytest.raises(ConfigError, match="compounds: got 'slow LSD', expected different names"):
        read_experiment(GOOD.replace(own, own + own))


def test_a_compound_described_in_python_is_not_written(good: Experiment) -> None:
    vehicle, drug = good.protocol.arms
    mine = dataclasses.replace(LSD, name="mine", volume=dataclasses.replace(LSD.volume, value=2.0))
    arm = dataclasses.replace(drug, doses=(Dose(mine, 1.0),), infusions=())
    own = dataclasses.replace(good, protocol=dataclasses.replace(good.protocol, arms=(vehicle, arm)))
    with pytest.raises(ConfigError, match="'mine' was described in Python"):
        as_toml(own)


def test_a_molecule_is_recorded_whenever_it_is_asked_for() -> None:
    found = read_experiment(acute(at='["15 min", "2 h", "3 h", "20 min", 3]'))
    assert found.protocol.moments == (900, 10800)  # the others are recorded anyway
    assert {900, 10800} <= set(recorded_times(found.protocol))
    assert times_of(found.readouts[0], found.setup()) == (900.0, 7200.0, 10800.0, 1200.0, 3.0 * DAY)
    assert (found.protocol.start, found.protocol.end) == (-DAY, 3 * DAY)  # as long as something is looked at
    assert read_experiment(as_toml(found)) == found
    assert read_experiment(as_toml(experiment_of(found.setup(), "again"))).protocol == found.protocol


def test_a_run_begins_before_what_is_given_first() -> None:
    dose = 'compound = "psilocybin", amount = "1 mg/kg", at = "-1 h"'
    assert read_experiment(acute("spine_density", "", "[1, 3]", dose)).protocol.start == -7200
    assert read_experiment(acute("spine_density", "", "[1, 3]")).protocol.start == 0


def test_a_dose_for_a_body_is_divided_by_its_weight() -> None:
    oral = 'compound = "human psilocybin", amount = "25 mg", body_weight = "70 kg", route = "oral"'
    assert read_experiment(acute(dose=oral)).protocol.arms[1].doses[0].amount == 25.0 / 70.0
    infused = ACUTE.replace("doses = [DOSE]", 'infusions = [{ compound = "DMT", rate = "70 mg/h", stop = "1 h", W }]')
    infused = infused.replace("SESSIONS", "[-1, 1]").replace("NAME", "perk").replace("TIMES", '["2 h"]')
    found = read_experiment(infused.replace("W", 'body_weight = "35 kg"'))
    assert found.protocol.arms[1].infusions[0].rate == 2.0


@pytest.mark.parametrize(
    ("name", "at", "sessions", "expected"),
    [
        ("density", "", "[0, 1]", "needs an imaging session before day 0, the day of the dose, as -1 or '-2 h'"),
        ("density", "", "[-1]", "a run must end later than it starts, but got days -1 to -1"),
        ("new_spine_survival", "", "[-1, 1]", "new_spine_survival needs two imaging sessions after day 0"),
        ("density", "[3]", "[-1, 1]", "density at 3 d: no such imaging session; it can be had at 1 d"),
        ("density", '["30 min"]', "[-1, 1]", "density at 30 min: no such imaging session"),
        ("density", "1", "[-1, 1]", "expected a list of days, as [-1, 1, 3]"),
    ],
)
def test_a_read_out_that_cannot_be_had_is_told(name: str, at: str, sessions: str, expected: str) -> None:
    with pytest.raises(ConfigError) as error:
        read_experiment(acute(name, at, sessions))
    assert expected in str(error.value)


def test_a_read_out_without_a_session_after_the_dose_is_told() -> None:
    found = read_experiment(acute())
    early = Protocol(found.protocol.arms, -DAY, DAY, (-1.0, 0.0))
    with pytest.raises(ConfigError, match="density needs an imaging session after day 0"):
        times_of(Asked("density"), dataclasses.replace(found, protocol=early).setup())


def test_arms_that_are_not_injected_alike_are_told() -> None:
    alike = read_experiment(acute())
    assert unlike_injections(alike.protocol) == []
    early = read_experiment(acute(dose='compound = "rapamycin", amount = "3 mg/kg", at = "-30 min"'))
    (note,) = unlike_injections(early.protocol)
    assert note.startswith("'drug' is injected at -30 min, 'vehicle' at 0 s:")
    bath = ACUTE.replace("doses = [DOSE]", 'baths = [{ compound = "LSD", concentration = "1 nM", stop = "1 h" }]')
    bath = bath.replace("SESSIONS", "[-1, 1]").replace("NAME", "perk").replace("TIMES", '["2 h"]')
    (note,) = unlike_injections(read_experiment(bath).protocol)
    assert note.startswith("'drug' is injected never, 'vehicle' at 0 s:")


def test_a_verdict_names_the_arm_that_it_is_compared_with() -> None:
    found = read_experiment(acute(at='["2 h"]'))
    arms = (dataclasses.replace(found.protocol.arms[0], name="saline"), found.protocol.arms[1])
    experiment = dataclasses.replace(found, protocol=dataclasses.replace(found.protocol, arms=arms))
    values = np.array([[[1.0], [1.0]], [[2.0], [3.0]]])
    seen = Found(READOUTS["perk"], "PT", ("saline", "drug"), (7200.0,), values)
    findings = Findings(experiment, None, {"perk": [seen]})  # type: ignore[arg-type]
    (words,) = judged(findings, Criterion("perk", "drug", 7200.0, above=0.5))
    assert words == "perk of drug minus saline at 2 h, whole interval above 0.5"


def test_one_session_is_stored_without_rates() -> None:
    run = made_run.made()
    parts = {one.name: getattr(run.snapshots, one.name) for one in dataclasses.fields(run.snapshots)}
    once = {name: part if name == "length" else part[:1] for name, part in parts.items()}
    found = {one.name: one.values for one in columns.session_columns(run, Snapshots(**once))}
    assert np.isfinite(found["observed_spine_density"]).all()
    assert np.isnan(found[f"observed_{FORMATION.name}"]).all()


@pytest.mark.parametrize("name", ["spine_density", "mepsc_frequency", "branch_points", "sholl_crossings"])
def test_what_is_compared_with_vehicle_needs_no_session_before_the_dose(name: str) -> None:
    found = read_experiment(acute(name, "", "[1, 3]"))
    assert times_of(found.readouts[0], found.setup()) == (1.0 * DAY, 3.0 * DAY)
    earlier = read_experiment(acute(name, "[-1]"))
    assert times_of(earlier.readouts[0], earlier.setup()) == (-1.0 * DAY,)


def test_parameters_arrive_in_their_units(good: Experiment) -> None:
    setup = good.setup()
    assert setup.pathway.gq.reserve == 2.5
    assert setup.law.transient_loss == pytest.approx(0.5 / DAY, rel=1e-15)
    assert setup.spread == Experiment.setup(dataclasses.replace(good, parameters={})).spread


def test_a_number_of_a_compound_in_the_file_is_simulated(tmp_path: Path) -> None:
    text = GOOD.replace('"pathway.gq.reserve" = "2.5"', '"compound.psilocybin.volume" = "2 L/kg"')
    setup = asked(run_file, Request(tmp_path, experiment="own", recipe=text))
    assert setup.population.protocol.arms[1].doses[0].compound.volume.value == 2.0


def test_what_is_written_is_read_as_the_same(good: Experiment) -> None:
    again = read_experiment(as_toml(good))
    assert again == good
    assert repr(again) == repr(good)
    assert as_toml(again) == as_toml(good)


def test_every_parameter_survives_the_way_to_the_file_and_back(good: Experiment) -> None:
    parameters = {path: float(one.value) * 1.1 + 1e-7 for path, one in declared_parameters().items()}
    everything = dataclasses.replace(good, parameters=parameters)
    assert read_experiment(as_toml(everything)).parameters == parameters


def test_a_run_is_written_as_the_experiment_that_repeats_it(good: Experiment) -> None:
    setup = good.setup()
    again = read_experiment(as_toml(experiment_of(setup, "again")))
    assert again.protocol == good.protocol
    assert again.cohorts == good.cohorts
    assert again.parameters == good.parameters
    assert again.seed == 3


@pytest.mark.parametrize("case", WRONG)
def test_a_fault_is_one_clear_message(case: str) -> None:
    old, new, expected = WRONG[case]
    assert GOOD.count(old) >= 1
    with pytest.raises(ConfigError) as error:
        read_experiment(GOOD.replace(old, new), "own.toml")
    lines = str(error.value).splitlines()
    assert len(lines) == 1
    assert lines[0].startswith("own.toml")
    assert expected in lines[0]
    assert not lines[0].endswith(" 1")  # 1 is no word for a unit


def test_all_faults_are_told_at_once() -> None:
    text = GOOD.replace("mice = 8", "micee = 8").replace('"1 mg/kg"', '"1"').replace("gq.reserve", "gq.reserv")
    with pytest.raises(ConfigError) as error:
        read_experiment(text, "own.toml")
    head, *faults = str(error.value).splitlines()
    assert head == "own.toml has 3 faults:"
    assert [fault.split(":")[0].strip() for fault in faults] == [
        "cohorts[0].micee", "arms[1].doses[0].amount", "parameters.pathway.gq.reserv",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "options", "expected"),
    [
        (None, [], "cannot be read"),
        (GOOD.replace("mice = 8", "micee = 8"), [], "did you mean 'mice'?"),
        (GOOD, ["--small"], "says itself how many mice"),
        (GOOD, ["--seed", "5"], "has its own seed, 3"),
        (GOOD, ["--dose", "1 mg/kg"], "--dose"),
    ],
)
def test_the_command_line_refuses_before_anything_is_computed(
    text: str | None, options: list[str], expected: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PLASTISIM_CACHE", "off")
    if text is not None:
        Path("own.toml").write_text(text, encoding="utf-8")
    before = sorted(tmp_path.rglob("*"))
    assert cli.main(["run", "own.toml", "--out", "o", *options]) == 2
    assert expected in capsys.readouterr().err
    assert sorted(tmp_path.rglob("*")) == before


def test_the_page_that_is_printed_in_the_docstring_is_read() -> None:
    from plastisim import experiment_file

    text = "\n".join(line[4:] for line in (experiment_file.__doc__ or "").splitlines() if line.startswith("    "))
    assert read_experiment(text).protocol.arms[1].doses[1].at == DAY


def test_the_page_in_the_readme_is_read() -> None:
    page = re.search(r"```toml\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    assert page is not None
    assert read_experiment(page[1]).verdict is not None


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"nowhere\.toml"):
        load_experiment_file(tmp_path / "nowhere.toml")
