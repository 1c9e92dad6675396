"""The verbs: what they print, the same in JSON, and parameters that are changed from the command line."""

from __future__ import annotations

import dataclasses
import inspect
import json
import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT
from test_bad_inputs import stored

import plastisim as ps
from plastisim import cli, installation
from plastisim.call import write_call
from plastisim.commands import running
from plastisim.commands.options import spelt_out
from plastisim.commands.scripts import experiment_names, load_experiment
from plastisim.description import described
from plastisim.experiment_file import read_experiment
from plastisim.experiment_text import as_toml, experiment_of
from plastisim.parameters import changed, changes, declared_parameters, read_overrides, short, told

VERBS = [verb.__name__ for verb in cli.VERBS]
BOXES = re.compile("[\u2500-\u259f\x1b\r]")


@pytest.fixture(autouse=True)
def _somewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PLASTISIM_CACHE", "off")


def said(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> str:
    """Return what a call prints."""
    assert cli.main(list(arguments)) == code
    out = capsys.readouterr().out
    assert not BOXES.search(out)
    return out


def overrides_of(path: str) -> dict[str, float]:
    declared = declared_parameters()[path]
    unit = declared.metadata["unit"]
    text = f"{short(path)}={float(declared.value) * 1.25 + 1e-9!r}"
    return read_overrides([text if unit == "1" else f"{text} {unit}"])


@pytest.fixture(scope="module")
def setup() -> ps.Setup:
    protocol = ps.Protocol((ps.Arm("vehicle"), ps.Arm("drug", (ps.Dose(ps.PSILOCYBIN, 1.0),))))
    return ps.Setup.of(protocol, [ps.THY1_GFP.with_mice(1), ps.PT_2025.with_mice(1)])


def test_every_parameter_that_is_listed_can_be_set(setup: ps.Setup, capsys: pytest.CaptureFixture[str]) -> None:
    listed = json.loads(said(capsys, "parameters", "--json", "-"))
    assert {row["path"] for row in listed} == set(declared_parameters())
    for row in listed:
        wanted = overrides_of(row["path"])
        after = changed(setup, wanted)
        assert list(wanted) == [row["path"]]
        part, *stages = row["path"].split(".")
        trees = after.population.cohorts if part == "cohort" else [getattr(after, {"spines": "law"}.get(part, part))]
        for tree in trees:
            for stage in stages:
                tree = getattr(tree, stage)
            assert tree == wanted[row["path"]]


@pytest.mark.parametrize("name", experiment_names())
def test_parameters_reach_every_experiment(name: str) -> None:
    wanted = read_overrides(["gq.reserve=2", "spines.crowding=3", "cohort.turnover=1.5", "spread.length=0.03 mm"])
    request = ps.Request(Path("o"), small=True, experiment=name, parameters=wanted)
    found, plain = (
        ps.asked(load_experiment(name), one) for one in (request, ps.Request(Path("o"), small=True, experiment=name))
    )
    assert (found.pathway.gq.reserve, found.law.crowding, found.spread.length) == (2.0, 3.0, 30.0)
    assert {cohort.turnover for cohort in found.population.cohorts} == {1.5}
    assert plain.pathway.gq.reserve == ps.default_pathway().gq.reserve
    assert found.population.protocol == plain.population.protocol


def test_what_was_changed_is_told_and_kept(tmp_path: Path) -> None:
    wanted = read_overrides(["gq.reserve=2", "cohort.turnover=1.5"])
    assert told(wanted) == "with gq.reserve = 2 (default 3), cohort.turnover = 1.5 (default each cohort's own)"
    request = ps.Request(tmp_path / "o", experiment="blockade", parameters=wanted)
    request.work.mkdir()
    write_call(request.work, vars(request))
    assert ps.Request.left_in(tmp_path / "o").parameters == wanted


def test_a_file_takes_whole_short_and_dotted_paths() -> None:
    page = (ROOT / "README.md").read_text(encoding="utf-8").split("```toml\n")[1].split("```")[0]
    line = 'parameters = { "pathway.gq.reserve" = "2.5" }'
    assert line in page
    for other in (
        'parameters = { "gq.reserve" = 2.5 }',
        'parameters.gq.reserve = "250 %"',
        "parameters.pathway.gq.reserve = 2.5",
    ):
        assert ps.read_experiment(page.replace(line, other)).parameters == {"pathway.gq.reserve": 2.5}


def test_options_with_dots_are_parameters() -> None:
    call = ["run", "window-24h", "--gq.reserve", "2", "--out", "o.x", "--spread.length=30 um", "--dose", "-1 mg/kg"]
    assert spelt_out(call) == [
        "run", "window-24h", "--set", "gq.reserve=2", "--out", "o.x", "--set", "spread.length=30 um", "--dose",
        "-1 mg/kg",
    ]  # fmt: skip
    assert spelt_out(["plan", "window-24h", "--compound.5-MeO-DMT.elimination", "1 1/h"]) == [
        "plan", "window-24h", "--set", "compound.5-MeO-DMT.elimination=1 1/h"
    ]  # fmt: skip
    assert spelt_out(["compare", "--a.b", "2"]) == ["compare", "--a.b", "2"]


def test_numbers_of_compounds_are_parameters(setup: ps.Setup) -> None:
    wanted = read_overrides(["compound.psilocybin.elimination=2 1/h", "compound.psilocybin.sert_affinity = 1 umol/L"])
    assert wanted == {"compound.psilocybin.elimination": 2 / 3600, "compound.psilocybin.sert_affinity": 1000.0}
    assert "elimination = 0.000555556 1/s (default 0.000277778 1/s)" in told(wanted)
    (vehicle, drug), plain = changed(setup, wanted).population.protocol.arms, setup.population.protocol.arms
    assert vehicle == plain[0]
    assert drug.doses[0].compound.kinetics() == plain[1].doses[0].compound.kinetics() | {
        "elimination": 2 / 3600, "sert_affinity": 1000.0,
    }  # fmt: skip
    assert drug.doses[0].compound.elimination.source.confidence == "chosen"
    assert changes(changed(setup, wanted)) == wanted
    again = read_experiment(as_toml(experiment_of(changed(setup, wanted), "again")))
    assert again.parameters == wanted
    assert described(again.setup()) == described(changed(setup, wanted))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("compound.psilocybin.elimination=1 h", "1/s"),
        ("compound.psilocybin.eliminaton=1 1/h", "did you mean 'compound.psilocybin.elimination'"),
        ("compound.psilocybin.half_life=1 h", "plastisim compounds NAME"),
        ("compound.serotonin.htr2a_on=1 L/nmol/s", "no parameter"),
        ("compound.psilocybin.volume=0 L/kg", "got 0, expected more than 0"),
        ("compound.LSD.elimination=1 1/h", "this run does not give that compound; it gives psilocybin"),
    ],
)
def test_a_wrong_number_of_a_compound_is_one_line(setup: ps.Setup, text: str, message: str) -> None:
    with pytest.raises(ps.ConfigError, match=re.escape(message)):
        changed(setup, read_overrides([text]))


def test_parameters_are_filtered(capsys: pytest.CaptureFixture[str]) -> None:
    text = said(capsys, "parameters", "gq.*", "--confidence", "seen")
    assert "gq.plc_calcium" in text
    assert "gq.reserve" not in text
    rows = json.loads(said(capsys, "parameters", "--stage", "spines", "--json", "-"))
    assert {row["path"].split(".")[0] for row in rows} == {"spines"}
    assert all(row["source"] and row["confidence"] and row["unit"] and row["meaning"] for row in rows)


@pytest.mark.parametrize(
    ("pattern", "stage", "said_is"),
    [
        ("gq.*", "trkb", "no parameter fits 'gq.*' with --stage trkb; 22 do without"),
        ("xyz", "trkb", "no parameter fits 'xyz' with --stage trkb; all are listed by: plastisim parameters"),
        ("xyz", None, "no parameter fits 'xyz'; all are listed by: plastisim parameters"),
    ],
)
def test_no_parameter_is_explained(pattern: str, stage: str | None, said_is: str) -> None:
    with pytest.raises(ps.ConfigError) as refused:
        ps.parameter_rows(pattern, stage)
    assert str(refused.value) == said_is


def test_compounds_are_listed_with_their_sources(capsys: pytest.CaptureFixture[str]) -> None:
    found = json.loads(said(capsys, "compounds", "--json", "-"))
    assert [one["name"] for one in found] == [one.name for one in ps.COMPOUNDS]
    for one, compound in zip(found, ps.COMPOUNDS, strict=True):
        assert {number["name"] for number in one["numbers"]} == set(compound.kinetics())
        assert all(number["source"] and number["confidence"] for number in one["numbers"])
    (psilocybin,) = json.loads(said(capsys, "compounds", "psilocin", "--json", "-"))
    assert psilocybin["name"] == "psilocybin"
    assert "Rickli" in said(capsys, "compounds", "psilocybin")
    assert all(compound.name in said(capsys, "compounds") for compound in ps.COMPOUNDS[:3])


def test_a_figure_just_outside_is_not_outside_by_nothing() -> None:
    row = ps.ComparisonRow(
        "P1", 1.0, "PT", "spine_density", "mean", "%", 1.0, (0.0, 2.0), 2.001, None, False, 0.001, ""
    )
    assert "OUTSIDE by <0.01 half-widths" in ps.comparison_table([row])
    assert "OUTSIDE by 0.25 half-widths" in ps.comparison_table([dataclasses.replace(row, miss=0.25)])
    long = dataclasses.replace(row, id="data:spine_density_did", day=3.0)
    assert ps.comparison_table([row, long]).splitlines()[2].startswith("data:spine_density_did@3 ")
    assert "OUTSIDE" not in ps.comparison_table([dataclasses.replace(row, inside=True, miss=0.0)])


def test_every_verb_writes_json(store: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert [verb.__name__ for verb in cli.VERBS if "json" not in inspect.signature(verb).parameters] == []
    for call, found in {
        ("write", str(store)): {"toml"}, ("guide",): {*ps.guide_topics()}, ("guide", "gpu"): {"topic", "markdown"},
        ("export", "tables", "--run", str(store)): {"written"}, ("draw", str(store), "one.png"): {"written"},
        ("animate", str(store), "one.gif", "--frame", "48 h"): {"written"},
    }.items():  # fmt: skip
        document = json.loads(said(capsys, *call, "--json", "-"))
        assert set(document) == found
        assert Path(document.get("written", ".")).exists()
    Path("taken.json").write_text("mine", encoding="utf-8")
    assert cli.main(["write", str(store), "--json", "taken.json"]) == 2
    assert "taken.json" in capsys.readouterr().err


def test_stored_runs_stand_side_by_side(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first = stored(tmp_path / "first")
    other = stored(
        tmp_path / "other", ('"gq.reserve" = "2.5"', '"gq.reserve" = "2", "compound.LSD.volume" = "2 L/kg"'),
        ("mice = 2", "mice = 3"), ('every = "24 h"', 'every = "20 h"'),
    )  # fmt: skip
    document = json.loads((other / "made.json").read_text(encoding="utf-8"))
    document["verdict"], document["readouts"][0]["minus_vehicle"] = False, 4.25
    (other / "made.json").write_text(json.dumps(document), encoding="utf-8")
    found = json.loads(said(capsys, "compare", "first", "other", "--json", "-"))
    assert [run["verdict"] for run in found["runs"]] == [True, False]
    assert [run["effect"]["value"] for run in found["runs"]] == [9.5, 4.25]
    assert found["rows"][0]["values"] == [9.5, 4.25]
    assert {one["name"]: (one["unit"], *one["values"]) for one in found["configuration"]} == {
        "arms.drug.doses[1].at": ("s", 93600, 79200), "cohorts.tuft.mice": (None, 2, 3),
        "arms.drug.infusions[0].compound": (None, "LSD", "LSD with volume = 2 L/kg"),
        "pathway.gq.reserve": ("1", 2.5, 2.0),
    }  # fmt: skip
    text = said(capsys, "compare", str(first), "other", "--json", "found.json")
    assert re.search(r"^verdict +holds +does not hold$", text, re.MULTILINE)
    assert re.search(r"^effect at 24 h +9.5 \[7, 12\] % +4.25", text, re.MULTILINE)
    assert re.search(r"^pathway.gq.reserve +1 +2.5 +2.0$", text, re.MULTILINE)
    assert json.loads(Path("found.json").read_text(encoding="utf-8"))["rows"] == found["rows"]


def test_a_store_is_written_back_as_the_file_that_repeats_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = stored(tmp_path / "first")
    text = said(capsys, "write", "first")
    again = ps.read_experiment(text)
    assert again.parameters["pathway.gq.reserve"] == 2.5
    assert {asked.name for asked in again.readouts} >= {"density", "head_width"}
    page = text.replace('name = "head_width"', 'name = "bdnf_mrna"\nat = ["2 h"]')
    (folder / "experiment.toml").write_text(page, encoding="utf-8")
    assert said(capsys, "write", "first") == page  # it says what the store holds
    (folder / "experiment.toml").write_text(page.replace("mice = 2", "mice = 9"), encoding="utf-8")
    assert said(capsys, "write", "first") == text  # it does not


def test_a_run_prints_its_json_alone(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def experiment(request: ps.Request) -> ps.Outcome:
        return ps.Outcome(False, "no", {"verdict": False, "statement": "no"}, lambda path: path.touch(), report="table")

    monkeypatch.setattr(running, "load_experiment", lambda name: experiment)
    call = ("run", "made-up", "--gq.reserve", "2", "--out")
    found = json.loads(said(capsys, *call, "a", "--json", "-", code=3))
    assert found["parameters"] == [{"path": "pathway.gq.reserve", "value": 2.0, "default": 3.0, "unit": "1"}]
    assert said(capsys, *call, "b", "--json", "deep/b.json", code=3).splitlines() == [
        "table", "no", "with gq.reserve = 2 (default 3)", "written: b",
    ]  # fmt: skip
    assert json.loads(Path("deep/b.json").read_text(encoding="utf-8")) == found


def test_a_file_is_planned_as_an_experiment_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    stored(tmp_path / "first")
    Path("own.toml").write_text(said(capsys, "write", "first"), encoding="utf-8")
    found = json.loads(said(capsys, "plan", "own.toml", "--gq.reserve", "1", "--json", "-"))
    assert found["lanes"] == 2 * 2 * 4
    assert "with gq.reserve = 1 (default 3)" in said(capsys, "plan", "own.toml", "--gq.reserve", "1")


def test_the_doctor_finds_what_is_missing(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(installation, "_simulation", lambda: {"seconds": 1.0})
    found = json.loads(said(capsys, "doctor", "--json", "-"))
    assert found["problems"] == []
    assert found["x64"] is True
    assert set(installation.REQUIRED) < set(found["packages"])
    monkeypatch.setattr(installation, "REQUIRED", (*installation.REQUIRED, "nowhere-to-be-had"))
    monkeypatch.setattr(installation, "find_spec", lambda name: None)
    text = said(capsys, "doctor", code=1)
    assert "PROBLEM nowhere-to-be-had is missing: pip install nowhere-to-be-had" in text
    assert "pip install 'plastisim[sbml]'" in text


def test_the_doctor_simulates() -> None:
    found = installation._simulation()
    assert 0.0 < found["htr2a_surface"]["psilocybin"] < 1.0


def test_the_doctor_knows_all_packages() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]

    def names(lines: list[str]) -> set[str]:
        return {re.match(r"[A-Za-z0-9_.-]+", line)[0] for line in lines}  # pyright: ignore[reportOptionalSubscript]

    assert names(project["dependencies"]) == set(installation.REQUIRED)
    for name, (modules, _) in installation.EXTRAS.items():
        assert names(project["optional-dependencies"][name]) == set(modules)


@pytest.mark.parametrize("verb", VERBS)
def test_help_has_examples_that_parse(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    text = said(capsys, verb, "--help")
    examples = re.findall(rf"^    plastisim ({verb}.*?)(?: > .*)?$", text, re.MULTILINE)
    assert 2 <= len(examples) <= 3
    for example in examples:
        command, bound, _ = cli.app.parse_args(spelt_out(shlex.split(example)), exit_on_error=False, print_error=False)
        assert command.__name__ == verb
        assert bound.arguments or example == verb


def test_help_names_every_verb_and_exit_code(capsys: pytest.CaptureFixture[str]) -> None:
    text = said(capsys, "--help")
    assert all(re.search(rf"^  {verb} +\S", text, re.MULTILINE) for verb in VERBS)
    assert all(re.search(rf"^    {code} +\S", text, re.MULTILINE) for code in (0, 1, 2, 3, 4, 5, 130, 141))


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_can_be_had(shell: Any) -> None:
    script = cli.app.generate_completion(shell=shell)
    assert all(verb in script for verb in (*VERBS, "--confidence"))


def test_whoever_reads_may_go_away() -> None:
    code = "import sys; from plastisim.cli import main; raise SystemExit(main(['parameters', '--json', '-']))"
    with subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT
    ) as child:
        assert child.stdout is not None
        assert child.stderr is not None
        child.stdout.close()
        assert child.stderr.read() == b""
    assert child.returncode == 141
