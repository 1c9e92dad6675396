"""SBML export: a valid file without unit warnings, and libRoadRunner's CVODE gets from it what we compute."""

from __future__ import annotations

import functools
import math
import sys
from pathlib import Path
from typing import Any

import jax
import numpy as np
import pytest
import runs

from plastisim import cli, model
from plastisim.engine.errors import ConfigError, StoreError
from plastisim.exchange import sbml_out
from plastisim.exchange.sbml_out import export_sbml
from plastisim.lab.compounds import KETANSERIN, PSILOCYBIN, SEROTONIN
from plastisim.lab.giving import Infusion
from plastisim.lab.manipulations import HTR1A_BLOCK, TRKB_Y433F
from plastisim.lab.protocol import DAY, Arm, Bath, Dose, Protocol
from plastisim.simulation import simulate

libsbml = pytest.importorskip("libsbml")

HOUR = 3600
FLOOR = 0.1  # of a variable's declared scale: below it, differences count as absolute
AGREEMENT = 1e-4  # demanded of every variable at the default tolerance
STEPPED = {"serotonin": 2e-4}  # and where a drive jumps: seconds after the step of a bath, CaMK is that far off
CREEPING = 1e-8  # below it, CVODE creeps where serotonin first lowers bursts: the kink of BDNF release at no change
PSILOCYBIN_1 = Arm("psilocybin 1 mg/kg", (Dose(PSILOCYBIN, 1.0),))
MIXED = Arm(
    "mixed",
    (Dose(PSILOCYBIN, 1.0, at=HOUR), Dose(PSILOCYBIN, 0.3, at=2 * HOUR, route="iv")),
    (Bath(SEROTONIN, 1000.0, HOUR, 2 * HOUR), Bath(KETANSERIN, 3.0, 4 * HOUR, 6 * HOUR)),
    infusions=(Infusion(PSILOCYBIN, 0.1, 3 * HOUR, 5 * HOUR),),
)
ALTERED = Arm("altered", (Dose(PSILOCYBIN, 3.0),), htr2a_density=0.5, manipulations=(HTR1A_BLOCK, TRKB_Y433F))
ARMS = {arm.name: arm for arm in (PSILOCYBIN_1, MIXED, ALTERED)}
WRITTEN: dict[str, str] = {}


def text(arm: Arm) -> str:
    """Return the file of an arm, once."""
    if arm.name not in WRITTEN:
        with jax.enable_x64(True):
            WRITTEN[arm.name] = sbml_out.sbml(arm, model.default_pathway(), 0, DAY)
    return WRITTEN[arm.name]


@functools.cache
def loaded(xml: str, relative: float) -> Any:
    """Return the other simulator with a model."""
    roadrunner = pytest.importorskip("roadrunner")
    runner = roadrunner.RoadRunner(xml)
    runner.integrator.relative_tolerance = relative
    runner.integrator.absolute_tolerance = 1e-12 if relative < CREEPING else 1e-10
    runner.integrator.maximum_num_steps = 100_000
    return runner


def by_cvode(arm: Arm, times: np.ndarray, names: list[str]) -> np.ndarray:
    """Return variables of an arm's file at some times, shape (time, variable)."""
    runner = loaded(text(arm), CREEPING if arm.baths else 1e-9)
    runner.resetAll()
    runner.timeCourseSelections = ["time", *names]
    return np.array(runner.simulate(times=[0.0, *map(float, times)]))[1:, 1:]


def miss(found: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Return differences of the cascade relative to the value, or to the floor where that is larger."""
    return np.abs(found - wanted) / np.maximum(np.abs(wanted), FLOOR * runs.SCALE)


def agree(run: Any, arm: Arm) -> None:
    """Check every variable of an arm's first neuron at every recorded time."""
    index = [one.name for one in run.population.protocol.arms].index(arm.name)
    found = run.population.imaged(run.frames.cascade)[:, :, index, 0, 0]
    worst = miss(found, by_cvode(arm, run.frames.time, runs.VARIABLES))
    time, variable = np.unravel_index(worst.argmax(), worst.shape)
    where = f"{runs.VARIABLES[variable]} differs by {worst.max():.1e} at {run.frames.time[time]:.0f} s"
    assert worst.max() < STEPPED.get(arm.name, AGREEMENT), where


@pytest.mark.parametrize("arm", [one for one in runs.ARMS if one.name not in ("vehicle",)], ids=lambda arm: arm.name)
def test_the_usual_run_agrees_with_cvode(arm: Arm):
    agree(runs.alike(), arm)


@functools.cache
def mixed() -> Any:
    """Return one day of `ARMS`."""
    protocol = Protocol(tuple(ARMS.values()), start=0, end=DAY, sessions=(0, 1))
    return simulate(protocol, (runs.ONE_MOUSE,), spread=runs.ALIKE)


@pytest.mark.slow
@pytest.mark.parametrize("arm", ARMS.values(), ids=ARMS)
def test_a_run_with_all_that_can_be_given_agrees_with_cvode(arm: Arm):
    agree(mixed(), arm)


def test_the_file_rests_until_something_is_given():
    late = Arm("late", (Dose(PSILOCYBIN, 1.0, at=12 * HOUR),))
    variables = [one.name for one in model.variables()]
    course = by_cvode(late, np.array([HOUR, 11 * HOUR, 13 * HOUR]), variables)
    assert miss(course[1], course[0]).max() < 1e-7
    assert miss(course[2], course[0]).max() > 0.1


def test_a_dose_at_the_very_start_is_given():
    absorption = PSILOCYBIN.absorption.value
    dose = 1000.0 / PSILOCYBIN.molar_mass.value  # umol/kg of 1 mg/kg
    times = np.array([60.0, HOUR])
    depot = by_cvode(PSILOCYBIN_1, times, ["psilocybin_depot"])[:, 0]
    np.testing.assert_allclose(depot, dose * np.exp(-absorption * times), rtol=1e-6)


def complaints(xml: str) -> list[str]:
    """Return everything libSBML has to say, units and modelling practice included."""
    document = libsbml.readSBMLFromString(xml)
    for category in (libsbml.LIBSBML_CAT_UNITS_CONSISTENCY, libsbml.LIBSBML_CAT_MODELING_PRACTICE):
        document.setConsistencyChecks(category, True)
    document.checkInternalConsistency()
    document.checkConsistency()
    return [document.getError(index).getMessage() for index in range(document.getNumErrors())]


@pytest.mark.parametrize("arm", ARMS.values(), ids=ARMS)
def test_libsbml_finds_nothing_wrong(arm: Arm):
    assert complaints(text(arm)) == []


@pytest.mark.parametrize(("parameter", "wrong"), [("gq_plc_calcium", "second"), ("dag", "unit_nmol_per_L")])
def test_a_wrong_unit_in_the_file_would_be_found(parameter: str, wrong: str):
    document = libsbml.readSBMLFromString(text(PSILOCYBIN_1))
    document.getModel().getParameter(parameter).setUnits(wrong)
    assert complaints(libsbml.writeSBMLToString(document))


def test_every_number_has_a_unit_and_doses_are_parameters():
    written = libsbml.readSBMLFromString(text(MIXED)).getModel()
    parameters = {one.getId(): one for one in written.getListOfParameters()}
    assert all(one.getUnits() for one in parameters.values())
    assert parameters["calcium_serca"].getNotesString().count("De Young") == 1
    dose = PSILOCYBIN_1.doses[0].amount * 1000.0 / PSILOCYBIN.molar_mass.value
    assert parameters["dose_1_psilocybin_depot"].getValue() == pytest.approx(dose, rel=1e-14)
    assert parameters["dose_2_psilocybin_prodrug"].getUnits() == "unit_nmol_per_L"
    assert {written.getEvent(index).getId() for index in range(written.getNumEvents())} == {
        f"event_{number}" for number in range(1, 7)
    }


def test_the_file_is_written_once_and_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sbml_out, "sbml", lambda *_: "<sbml/>")
    file = export_sbml(PSILOCYBIN_1, tmp_path / "cascade.xml")
    assert file.read_text() == "<sbml/>"
    with pytest.raises(ConfigError, match="exists"):
        export_sbml(PSILOCYBIN_1, file)
    assert export_sbml(PSILOCYBIN_1, file, overwrite=True) == file
    with pytest.raises(StoreError, match="cannot write"):
        export_sbml(PSILOCYBIN_1, tmp_path / "nowhere" / "cascade.xml")


def test_what_cannot_be_expressed_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sbml_out, "EXPRESSED", ("name", "doses", "baths", "infusions", "manipulations", "hypothesis"))
    with pytest.raises(ConfigError, match="htr2a_density, which cannot be written"):
        export_sbml(ALTERED, tmp_path / "file.xml")


def test_a_missing_library_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "libsbml", None)
    with pytest.raises(ConfigError, match=r"pip install 'plastisim\[sbml\]'"):
        export_sbml(PSILOCYBIN_1, tmp_path / "file.xml", end=DAY)


WRONG = {
    "no dose": (["--compound", "psilocybin"], "--dose"),
    "dose without unit": (["--compound", "psilocybin", "--dose", "1"], "mg/kg"),
    "misspelt compound": (["--compound", "psilocibin", "--dose", "1 mg/kg"], "did you mean 'psilocybin'"),
    "unknown preset": (["--compound", "psilocybin", "--dose", "1 mg/kg", "--preset", "smoth"], "--preset"),
    "after the end": (["--compound", "psilocybin", "--dose", "1 mg/kg", "--at", "9 d"], "outside the run"),
    "unknown route": (["--compound", "psilocybin", "--dose", "1 mg/kg", "--route", "po?"], "route"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_call_is_one_line(case: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    arguments, message = WRONG[case]
    file = tmp_path / "cascade.xml"
    assert cli.main(["export", str(file), *arguments]) == 2
    output = capsys.readouterr()
    assert message in output.err
    assert output.err.count("\n") == 1
    assert not file.exists()


def test_the_command_writes_what_the_function_writes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    given: list[Any] = []
    monkeypatch.setattr("plastisim.export_sbml", lambda *args, **options: given.append((args, options)), raising=False)
    file = tmp_path / "cascade.xml"
    call = ["export", str(file), "--compound", "psilocybin", "--dose", "1 mg/kg", "--at", "2 h", "--preset"]
    assert cli.main([*call, "oscillatory"]) == 0
    (arm, path), options = given[0]
    assert arm.doses == (Dose(PSILOCYBIN, 1.0, at=2 * HOUR),)
    assert path == file
    assert math.isclose(options["pathway"].calcium.er_leak, 0.05)
