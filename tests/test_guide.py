"""Every example of README.md, the guide and the notebooks runs; what the code writes into the pages is right.

Examples run as they are printed but for three things: no cohort has more than `MICE` mice, `run window-24h` ends on
day 1 where the page does not say otherwise, and what only a reader of README.md has (a table, a model of somebody else)
is put there first.
"""

from __future__ import annotations

import contextlib
import dataclasses
import io
import re
import shlex
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from unittest import SkipTest
from xml.etree import ElementTree

import jax
import pytest
from conftest import ROOT
from jax.experimental.compilation_cache import compilation_cache
from sybil import Document, Example, Sybil
from sybil.parsers.markdown import CodeBlockParser, PythonCodeBlockParser, SkipParser

import plastisim as ps
from plastisim import cli, setup
from plastisim.commands import guide
from plastisim.equations import system
from plastisim.guide import recorded, site
from plastisim.guide.mathml import mathml
from plastisim.guide.pages import FOLDER, GROUPS
from plastisim.guide.tables import PARTS
from plastisim.population import populate

MICE = 3
SHORT = ["--sessions=-1,1"]
NOT_OURS = {"python3", "pip", "python"}  # what README says for the installation and the tests
OTHERWISE = {"resume results/own": 5}  # in README it follows a run that nobody interrupted
MOST_SKIPPED = 5
MODEL = """<?xml version="1.0" encoding="UTF-8"?>
<sbml xmlns="http://www.sbml.org/sbml/level3/version2/core" level="3" version="2"><model id="one">
<listOfCompartments><compartment id="cell" spatialDimensions="3" size="1" constant="true"/></listOfCompartments>
<listOfSpecies><species id="a" compartment="cell" initialConcentration="1" hasOnlySubstanceUnits="false"
boundaryCondition="false" constant="false"/></listOfSpecies></model></sbml>"""

PAGES = [topic for topics in GROUPS.values() for topic in topics]
NOTEBOOKS = sorted((ROOT / "experiments").glob("*.ipynb"))
SKIP = re.compile(r'<!-- skip: next "(.+)" -->')


def text_of(page: str) -> Path:
    return ROOT / page if page == "README.md" else FOLDER / f"{page}.md"


@pytest.fixture(scope="module")
def _programs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep compiled programs in a folder of this file, so that the notebooks do not compile what the pages did."""
    names = [f"jax_{name}" for name in ("compilation_cache_dir", "persistent_cache_min_compile_time_secs",
                                        "persistent_cache_min_entry_size_bytes")]  # fmt: skip
    before = {name: getattr(jax.config, name) for name in names}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PLASTISIM_CACHE", str(tmp_path_factory.mktemp("programs")))
        compilation_cache.reset_cache()
        ps.keep_compiled_programs()
        yield
    for name, value in before.items():
        jax.config.update(name, value)
    compilation_cache.reset_cache()


@pytest.fixture(autouse=True)
def _few_mice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def few(protocol: ps.Protocol, cohorts: tuple[ps.Cohort, ...], seed: int) -> object:
        return populate(protocol, [one.with_mice(min(one.mice, MICE)) for one in cohorts], seed)

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(setup, "populate", few)


def shell(example: Example) -> None:
    """Run the lines of a block that call plastisim, in this process; a line may say `# exit code N`."""
    for line in example.parsed.replace("\\\n", " ").splitlines():
        said = re.search(r"# exit code (\d+)", line)
        for command in " ".join(shlex.quote(word) for word in shlex.split(line, comments=True)).split(" '&&' "):
            words = shlex.split(command)
            if words and Path(words[0]).name not in NOT_OURS:
                assert Path(words[0]).name == "plastisim", f"{example.path}:{example.line}: {command}"
                _call(words[1:], int(said[1]) if said else None)


def _call(words: list[str], expected: int | None) -> None:
    words, _, into = " ".join(map(shlex.quote, words)).partition(" '>' ")
    arguments = shlex.split(words)
    if arguments[:2] == ["run", "window-24h"] and not any(word.startswith("--sessions") for word in arguments):
        arguments += SHORT
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        code = cli.main(arguments)
    if into:
        Path(shlex.split(into)[0]).write_text(out.getvalue(), encoding="utf-8")
    verdict = (0, 3) if arguments[0] == "run" else (0,)  # a verdict on three mice means nothing
    wanted = OTHERWISE.get(shlex.join(arguments), expected)
    assert code in (verdict if wanted is None else (wanted,)), f"{shlex.join(arguments)}: exit code {code}"


def keep(example: Example) -> None:
    """Write a block below `<!-- file: NAME -->` to that file; an experiment is read, too."""
    named = re.search(r"<!-- file: (\S+) -->\n\Z", example.document.text[: example.region.start])
    if named:
        Path(named[1]).write_text(example.parsed, encoding="utf-8")
    if example.region.lexemes["arguments"] == "toml":
        ps.read_experiment(example.parsed)


PARSERS = [PythonCodeBlockParser(), CodeBlockParser("bash", shell), CodeBlockParser("toml", keep),
           CodeBlockParser("text", keep), SkipParser()]  # fmt: skip


def read(page: str) -> Document:
    return Sybil(PARSERS).parse(text_of(page))


@pytest.mark.usefixtures("_programs")
@pytest.mark.parametrize("page", ["README.md", *(page for page in PAGES if "```" in text_of(page).read_text("utf-8"))])
def test_every_example_runs(page: str, tmp_path: Path) -> None:
    if page == "README.md":
        table = text_of("own-data").read_text("utf-8").split("```text\n")[1].split("```")[0]
        (tmp_path / "my_tables").mkdir()
        (tmp_path / "my_tables" / "spine_density.csv").write_text(table, encoding="utf-8")
        (tmp_path / "other_peoples_model.xml").write_text(MODEL, encoding="utf-8")
    for example in read(page).examples():
        with contextlib.suppress(SkipTest):
            example.evaluate()


def test_few_examples_are_left_out_and_each_says_why() -> None:
    texts = [text_of(page).read_text("utf-8") for page in ("README.md", *PAGES)]
    assert sum(text.count("<!-- skip") for text in texts) == sum(len(SKIP.findall(text)) for text in texts)
    assert sum(text.count("<!-- skip") for text in texts) <= MOST_SKIPPED


def test_every_page_is_listed_and_can_be_read(capsys: pytest.CaptureFixture[str]) -> None:
    assert sorted(PAGES) == sorted(path.stem for path in FOLDER.glob("*.md"))
    assert cli.main(["guide"]) == 0
    listed = capsys.readouterr().out
    for page in PAGES:
        assert re.search(rf"^  {page} +\S", listed, re.MULTILINE)
        assert cli.main(["guide", page]) == 0
        told = capsys.readouterr().out
        assert told.startswith("# ")
        assert "<!--" not in told
        assert "\x1b" not in told


def test_every_part_that_the_code_can_write_is_used_somewhere() -> None:
    used = {
        name for page in PAGES for name in re.findall(r"<!-- from the code: (\S+)", text_of(page).read_text("utf-8"))
    }
    assert used == {*PARTS, *guide.PARTS}


def test_the_page_of_the_biology_has_every_equation_once() -> None:
    drug = dataclasses.replace(ps.PSILOCYBIN, name="drug")
    found = ps.formulas(equations=system((ps.SEROTONIN, drug), general=True))
    page = ps.guide_text("biology", guide.PARTS).splitlines()
    assert sum(one.left.startswith("d(") for one in found) == 29 + 2 * 7 + 1
    assert [one for one in found if page.count(f"{f'[{one.unit}]':14} {one.text}") != 1] == []


def test_every_equation_can_be_drawn() -> None:
    drug = dataclasses.replace(ps.PSILOCYBIN, name="drug")
    for one in ps.formulas(equations=system((ps.SEROTONIN, drug), general=True)):
        drawn = ElementTree.fromstring(f"<all>{mathml(one.latex)}</all>")
        names = sorted(name for name in re.findall(r"[a-z_]\w*", one.text) if name not in ("where", "exp", "sqrt"))
        shown = sorted(part.text or "" for part in drawn.iter("mi") if part.text not in ("e", "dt"))
        assert shown == [name for name in names if name != "dt"], one.text
        assert "\\" not in "".join(drawn.itertext())


def test_a_drawn_equation_has_the_shape_of_the_formula() -> None:
    first, second, third = mathml(
        r"\frac{d\,\mathrm{a\_b}}{dt} = -2 \, \mathrm{yy}^{n}+\begin{cases}pp & qq \ge 0 \\ rr & \text{else}\end{cases}"
    ).split(" <math ")
    assert first == (
        '<math displaystyle="true"><mrow><mfrac><mrow><mi mathvariant="normal">d</mi><mspace width="0.1em"/>'
        "<mi>a_b</mi></mrow><mi>dt</mi></mfrac><mo>=</mo><mo>−</mo><mn>2</mn></mrow></math>"
    )
    assert second == (
        'displaystyle="true"><mrow><mo form="infix">⋅</mo>'
        '<msup><mi>yy</mi><mi mathvariant="normal">n</mi></msup></mrow></math>'
    )
    assert third == (
        'displaystyle="true"><mrow><mo form="infix">+</mo><mrow><mo stretchy="true">{</mo><mtable columnalign="left">'
        "<mtr><mtd><mi>pp</mi></mtd><mtd><mrow><mi>qq</mi><mo>≥</mo><mn>0</mn></mrow></mtd></mtr>"
        "<mtr><mtd><mi>rr</mi></mtd><mtd><mtext>else</mtext></mtd></mtr></mtable></mrow></mrow></math>"
    )
    for wrong in (r"\sum{x}", r"\frac{a}", "{a", r"\left(a"):
        with pytest.raises(ValueError, match=r"no way to draw|expected"):
            mathml(wrong)


def test_the_reference_has_every_parameter_compound_and_option() -> None:
    page = ps.guide_text("parameters", guide.PARTS)
    for row in ps.parameter_rows():
        path = row["path"].removeprefix("pathway.")
        (line,) = re.findall(rf"^\| `{re.escape(path)}` \|.*$", page, re.MULTILINE)
        assert f"| {row['value']:.6g} | {row['unit']} | {row['confidence']} |" in line
    page = ps.guide_text("compounds", guide.PARTS)
    assert [f"## {one.name}" for one in ps.COMPOUNDS] == re.findall("^## .+$", page, re.MULTILINE)
    page = ps.guide_text("commands", guide.PARTS)
    assert set(re.findall(r"^## plastisim (\w+)$", page, re.MULTILINE)) == {verb.__name__ for verb in cli.VERBS}
    for verb in cli.VERBS:
        (text,) = re.findall(rf"^## plastisim {verb.__name__}$(.*?)(?=^## |\Z)", page, re.MULTILINE | re.DOTALL)
        for argument in cli.app[verb.__name__].assemble_argument_collection():
            assert argument.name in text or argument.field_info.name.upper() in text


def test_every_number_in_a_table_of_the_reference_has_a_unit() -> None:
    for page, column in (("parameters", 4), ("compounds", 3), ("variables", 3)):
        rows = [line.split(" | ") for line in ps.guide_text(page, guide.PARTS).splitlines() if line.startswith("| ")]
        assert len(rows) > 20
        assert all(re.fullmatch(r"\S+", row[column - 1].strip("| ")) for row in rows)


@pytest.mark.usefixtures("_programs")
def test_the_page_of_variables_lists_what_a_run_holds() -> None:
    arms = (ps.Arm("vehicle"), ps.Arm("psilocybin", (ps.Dose(ps.PSILOCYBIN, 1.0),)))
    protocol = ps.Protocol(arms, start=-1 * ps.DAY, end=1 * ps.DAY, sessions=(-1, 1))
    run = ps.to_dataset(ps.simulate(protocol, [ps.PT_2025.with_mice(1)]))
    held = {name: (one.dims, one.attrs.get("units", ""), one.attrs["long_name"]) for name, one in run.variables.items()}
    assert {one.name: (one.dims, one.unit, one.long_name) for one in recorded.recorded()} == held


def test_a_wrong_page_or_folder_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "thesis.txt").touch()
    for call, words in ((["tutoriel"], "did you mean 'tutorial'?"), (["--site", str(tmp_path)], "not empty")):
        assert cli.main(["guide", *call]) == 2
        assert words in capsys.readouterr().err
    monkeypatch.setattr(site, "find_spec", lambda name: None)
    assert cli.main(["guide", "--site", "new"]) == 2
    assert "pip install 'plastisim[guide]'" in capsys.readouterr().err


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return ps.build_guide(tmp_path_factory.mktemp("site") / "guide", guide.PARTS).parent


def test_the_site_has_every_page_and_asks_no_other_host(built: Path) -> None:
    assert {f"{page}.html" for page in ("index", *PAGES)} <= {path.name for path in built.glob("*.html")}
    fetched = re.compile(r"""(?:\bsrc=|<link\b[^>]*\bhref=|url\(|@import\s+)["']?((?:https?:)?//[^"')\s]+)""")
    for path in (*built.glob("*.html"), *built.rglob("*.css")):
        assert fetched.findall(path.read_text(encoding="utf-8")) == [], path.name


def test_the_site_draws_every_equation_of_the_text(built: Path) -> None:
    text = re.findall(r"^\[(.+?)\] +(.+ = .+)$", ps.guide_text("biology", guide.PARTS), re.MULTILINE)
    site = (built / "biology.html").read_text(encoding="utf-8")
    drawn = re.findall(
        r'<div class="equation"[^>]* title="(.+?)">(<math.+</math>) <span[^>]*>\[(.+?)\]</span></div>', site
    )
    assert len(text) > 100
    assert [(unit, unescape(title)) for title, _, unit in drawn] == text


def test_a_fault_in_a_page_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = site.guide_text
    monkeypatch.setattr(site, "GROUPS", {"How to": ("gpu",)})
    monkeypatch.setattr(site, "guide_text", lambda *what: whole(*what) + "\n[nowhere](no-such-page.md)\n")
    with pytest.raises(ps.PlastisimError, match=r"no-such-page\.md"):
        ps.build_guide(tmp_path / "guide", guide.PARTS)


def test_open_shows_the_page_of_the_site(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    opened: list[str] = []
    monkeypatch.setattr("webbrowser.open", lambda url: opened.append(url) or True)
    monkeypatch.setattr(ps, "build_guide", lambda folder, more: Path(folder).absolute() / "index.html")
    assert cli.main(["guide", "gpu", "--site", "here", "--open"]) == 0
    assert opened == [(tmp_path / "here" / "gpu.html").as_uri()]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebooks_are_stored_without_outputs(path: Path) -> None:
    import nbformat

    cells = [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]
    assert cells
    assert all(cell.outputs == [] and cell.execution_count is None for cell in cells)


@pytest.mark.usefixtures("_programs")
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_every_notebook_runs(path: Path, tmp_path: Path) -> None:
    import nbformat
    from nbclient import NotebookClient

    notebook = nbformat.read(path, as_version=4)
    NotebookClient(notebook, timeout=600, resources={"metadata": {"path": str(tmp_path)}}).execute()
    shown = [kind for cell in notebook.cells for out in cell.get("outputs", ()) for kind in out.get("data", ())]
    assert "image/png" in shown
