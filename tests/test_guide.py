"""Every example of README.md, the guide and the notebooks runs; what the code writes into the pages is right.

Examples run as they are printed but for three things: no cohort has more than `MICE` mice, `run window-24h` ends on day 1
where the page does not say otherwise, and files that only a reader has (`OF_THE_READER`) are put there first.
"""

from __future__ import annotations

import contextlib
import dataclasses
import io
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from unittest import SkipTest

import jax
import pytest
from conftest import ROOT
from jax.experimental.compilation_cache import compilation_cache
from sybil import Document, Example, Sybil
from sybil.parsers.markdown import CodeBlockParser, PythonCodeBlockParser, SkipParser

import plastisim as ps
from plastisim import cli, setup
from plastisim.equations import system
from plastisim.guide import recorded, site
from plastisim.guide.pages import FOLDER, GROUPS
from plastisim.guide.tables import PARTS
from plastisim.population import populate

MICE = 3
SHORT = ["--sessions=-1,1"]
NOT_OURS = {"python3", "pip", "python"}  # what README says for the installation and the tests
OTHERWISE = {"resume results/own": 5}  # in README it follows a run that nobody interrupted
MOST_SKIPPED = 4
MODEL = """<sbml xmlns="http://www.sbml.org/sbml/level3/version2/core" level="3" version="2"><model id="one">
<listOfCompartments><compartment id="cell" size="1" constant="true"/></listOfCompartments>
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
