"""A short selection of the benchmarks, each page in a process of its own, and a card with the ratios."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from plastisim.engine.errors import ConfigError
from plastisim.results.files import fresh_output

PAGES = {
    "limit": "cascade step and spine tick beside C written by hand, one core",
    "scaling": "neurons, spine slots and devices",
    "peers": "the cascade beside other solvers at equal error, both cores",
}
NEEDS = {"peers": ("roadrunner", "scipy", "libsbml")}


def pages_folder() -> Path:
    """Return the folder with the benchmarks: beside the package in a clone, inside it in a wheel."""
    here = Path(__file__).resolve().parent
    inside = here / "benchmarks"
    return inside if inside.is_dir() else here.parent / "benchmarks"


def bench(out: Path | None = None) -> dict[str, Any]:
    """Run the short selection and print its card.

    Args:
        out: folder for the JSON files and figures of the pages; must not hold anything yet.

    Returns:
        What each page wrote, by its name; a page that could not run has the reason under `failed`.

    Raises:
        ConfigError: the benchmarks are not here, or `out` cannot be written.
    """
    pages = pages_folder()
    if not (pages / "harness.py").is_file():
        raise ConfigError(f"no benchmarks at {str(pages)!r}; install plastisim anew, or call it from a clone")
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) if out is None else fresh_output(out).resolve()
        for name in PAGES:
            if missing := _missing(name):
                print(f"{name} will be {missing}", file=sys.stderr)  # now, and not minutes later on the card alone
        found = {name: _page(pages / f"{name}.py", folder) for name in PAGES}
    print(card(found))
    return found


def card(found: Mapping[str, Mapping[str, Any]]) -> str:
    """Return what the pages measured, a line for each ratio."""
    lines = ["A quick look at this machine; for numbers to quote run the pages without --small, and nothing beside."]
    for name, page in found.items():
        lines.append(f"{name}: {PAGES[name]}")
        lines += [f"  {line}" for line in ([page["failed"]] if "failed" in page else page["lines"])]
    machine = next((page["machine"] for page in found.values() if "machine" in page), None)
    if machine is not None:
        loads = [f"{page['machine']['load']}" for page in found.values() if "machine" in page]
        lines.append(f"{machine['processor']}, {machine['cores']} cores, {machine['device']}; load {', '.join(loads)}")
    return "\n".join(lines)


def _missing(page: str) -> str:
    """Return why a page is left out, if it is."""
    missing = [name for name in NEEDS.get(page, ()) if find_spec(name) is None]
    return f"left out: {', '.join(missing)} not installed (pip install 'plastisim[verify,sbml]')" if missing else ""


def _page(script: Path, folder: Path) -> dict[str, Any]:
    """Run a page with --small; return its JSON and the lines with its verdicts."""
    if missing := _missing(script.stem):
        return {"lines": [missing]}
    print(f"{script.stem} ...", file=sys.stderr)
    root = str(Path(__file__).resolve().parent.parent)
    path = os.pathsep.join(part for part in (root, os.environ.get("PYTHONPATH", "")) if part)
    done = subprocess.run(
        [sys.executable, str(script), "--small", "--repeats", "3", "--out", str(folder)],
        env={**os.environ, "PYTHONPATH": path}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    file = folder / f"{script.stem}.json"
    if done.returncode or not file.exists():
        why = (done.stderr.strip() or "no reason given").splitlines()[-1]
        return {"failed": f"could not run: {why}"}
    verdicts = [line.strip() for line in done.stdout.splitlines() if ", target " in line]
    return {**json.loads(file.read_text(encoding="utf-8")), "lines": verdicts}
