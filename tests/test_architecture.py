"""The house stands as drawn: who imports whom, how long things are, how light an import is."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import ROOT

PACKAGE = ROOT / "plastisim"
FILES = sorted(path for path in PACKAGE.rglob("*.py"))
MOST_LINES_A_FILE = 250
MOST_LINES_A_FUNCTION = 60

# One forbidden import a contract: file it is planted in, the import, the contract that must break.
PLANTED = [
    ("lab/planted.py", "import plastisim.engine.clock", "lab and biology see declarations"),
    ("biology/planted.py", "import plastisim.biology.gq", "no biology stage imports another"),
    ("engine/planted.py", "from plastisim import lab", "engine knows no biology"),
    ("model.py", "import plastisim.engine.clock", "model composes biology"),
    ("simulation.py", "import plastisim.results.store", "floors"),
    ("results/planted.py", "import plastisim.biology.gq", "results see declarations"),
    ("cli.py", "from plastisim.engine import fields", "the command line uses the public names"),
    ("results/planted.py", "from plastisim import simulate", "nothing inside reaches back"),
]


def lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    """Run import-linter on the package in `folder`."""
    code = (
        "import sys; sys.path.insert(0, '.')\n"
        "from importlinter.cli import lint_imports\n"
        "sys.exit(lint_imports(no_cache=True))"
    )
    return subprocess.run([sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=False)


def contract_lines(output: str) -> dict[str, str]:
    """Return KEPT or BROKEN by contract name."""
    return dict(re.findall(r"^(.+?)\s+(KEPT|BROKEN)\b", output, re.MULTILINE))


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Yield every function and method of a file."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield node


def public_definitions(body: list[ast.stmt]) -> Iterator[ast.FunctionDef | ast.ClassDef]:
    """Yield public functions and classes of a module, and public methods of public classes."""
    for node in body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and not node.name.startswith("_"):
            yield node
            if isinstance(node, ast.ClassDef):
                yield from public_definitions(node.body)


def imports_of_ours(path: Path) -> Iterator[tuple[str, str]]:
    """Yield module and name of every import from our package in a file."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((alias.name, "") for alias in node.names if alias.name.split(".")[0] == "plastisim")
        elif isinstance(node, ast.ImportFrom) and (node.level or (node.module or "").split(".")[0] == "plastisim"):
            yield from (("." * node.level + (node.module or ""), alias.name) for alias in node.names)


def public_names() -> set[str]:
    """Return the explicit list in `plastisim/__init__.py`."""
    for node in ast.walk(ast.parse((PACKAGE / "__init__.py").read_text(encoding="utf-8"))):
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        if any(isinstance(target, ast.Name) and target.id == "__all__" for target in targets):
            return set(ast.literal_eval(node.value))  # pyright: ignore[reportAttributeAccessIssue]
    return set()


def test_the_arrows_hold() -> None:
    done = lint_imports(ROOT)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_arrow_is_guarded(tmp_path: Path) -> None:
    shutil.copytree(PACKAGE, tmp_path / "plastisim", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for file, line, _ in PLANTED:
        with (tmp_path / "plastisim" / file).open("a", encoding="utf-8") as module:
            module.write(f"\n{line}\n")
    done = lint_imports(tmp_path)
    verdicts = contract_lines(done.stdout)
    assert len(verdicts) == len(PLANTED), done.stdout + done.stderr
    assert set(verdicts.values()) == {"BROKEN"}, done.stdout
    for _, _, contract in PLANTED:
        assert any(name.startswith(contract) for name in verdicts), contract


SURFACE = [PACKAGE / "cli.py", *(PACKAGE / "commands").glob("*.py"), *(ROOT / "experiments").glob("*.py")]


@pytest.mark.parametrize("path", sorted(SURFACE), ids=lambda path: path.name)
def test_scripts_and_cli_use_public_names_only(path: Path) -> None:
    for module, name in imports_of_ours(path):
        if module.startswith("plastisim.commands") and path.is_relative_to(PACKAGE):
            continue
        assert module == "plastisim", f"{path.name} imports {module}"
        assert not name or name in public_names(), f"{path.name} imports {name}, which is not public"


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_files_and_functions_are_short(path: Path) -> None:
    lines = len(path.read_text(encoding="utf-8").splitlines())
    assert lines <= MOST_LINES_A_FILE, f"{lines} lines"
    for function in functions(path):
        docstring = ast.get_docstring(function, clean=False)
        length = (function.end_lineno or 0) - function.lineno + 1 - (docstring.count("\n") + 1 if docstring else 0)
        assert length <= MOST_LINES_A_FUNCTION, f"{function.name}: {length} lines without its docstring"


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_public_names_are_annotated_and_explained(path: Path) -> None:
    for node in public_definitions(ast.parse(path.read_text(encoding="utf-8")).body):
        assert ast.get_docstring(node), f"{node.name} has no docstring"
        if isinstance(node, ast.FunctionDef):
            assert node.returns is not None, f"{node.name} does not say what it returns"
            arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
            bare = [one.arg for one in arguments if one.annotation is None and one.arg not in ("self", "cls")]
            assert not bare, f"{node.name}: {bare} without annotation"


@pytest.mark.parametrize("module", ["plastisim", "plastisim.cli"])
def test_import_is_light_and_touches_no_device(module: str) -> None:
    code = (
        f"import sys, {module}\n"
        "heavy = {'xarray', 'zarr', 'matplotlib', 'pint', 'pandas', 'scipy.stats', 'statsmodels'} & set(sys.modules)\n"
        "bridge = sys.modules.get('jax._src.xla_bridge')\n"
        "print(sorted(heavy), bridge is not None and bridge.backends_are_initialized())\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split("\n")[-2] == "[] False"


def test_ci_runs_the_tests_as_the_readme_does() -> None:
    command = re.search(r"^readme_test='(.+)'$", (ROOT / ".ci" / "run").read_text(encoding="utf-8"), re.MULTILINE)
    assert command is not None
    assert f"&& {command[1]}" in (ROOT / "README.md").read_text(encoding="utf-8")


def test_git_ignores_no_source() -> None:
    if shutil.which("git") is None or not (ROOT / ".git").exists():
        pytest.skip("not a git clone")
    command = ["git", "check-ignore", "--no-index", *map(str, FILES)]
    assert subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False).stdout == ""


def test_constraints_name_no_host_and_cover_every_dependency() -> None:
    constraints = (ROOT / "constraints.txt").read_text(encoding="utf-8")
    assert not re.search(r"://| @ |--|[A-Za-z0-9]/", constraints)
    pinned = set(re.findall(r"^([A-Za-z0-9_.-]+)==", constraints, re.MULTILINE))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = [*project["dependencies"], *project["optional-dependencies"]["test"]]
    assert {re.match(r"[A-Za-z0-9_.-]+", line)[0].lower() for line in wanted} <= pinned  # pyright: ignore
