"""Kill a run at random moments, go on, and compare with one that nobody disturbed.

A script of its own: python tests/kill_and_resume.py FOLDER [--kills 20] [--seed 0]. It starts `plastisim run`, sends
SIGKILL after a random time, starts `plastisim resume`, kills it again, and so on. After every kill nothing may open as
a whole run that is not one; at the end store and JSON must be equal, bit for bit, to those of the undisturbed run.
"""

from __future__ import annotations

import argparse
import json
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

import plastisim as ps

EXPERIMENT = ["window-24h", "--small", "--sessions=-1,1,3", "--quiet"]
# Written after every chunk: so short a run would be over before the usual first checkpoint.
PROGRAM = (
    "import sys, plastisim as ps; from plastisim import diary; diary.SECONDS = 0.0; sys.exit(ps.main(sys.argv[1:]))"
)
CALL = [sys.executable, "-c", PROGRAM]


def command(out: Path) -> list[str]:
    """Return the command that begins a run, or goes on with it."""
    unfinished = out.with_name(out.name + ".running") / "call.json"
    return [*CALL, "resume", str(out)] if unfinished.exists() else [*CALL, "run", *EXPERIMENT, "--out", str(out)]


def same(first: Path, second: Path) -> bool:
    """Return whether two finished runs are equal in every array, bit for bit, and in their JSON."""
    one, other = ps.open_run(first), ps.open_run(second)
    arrays = set(one.variables) == set(other.variables) and all(
        one[name].dtype == other[name].dtype
        and np.asarray(one[name].values).tobytes() == np.asarray(other[name].values).tobytes()
        for name in one.variables
        if one[name].dtype.kind in "biuf"
    )
    documents = [json.loads((folder / "window_24h.json").read_text("utf-8")) for folder in (first, second)]
    return arrays and documents[0] == documents[1]


def check_nothing_half(out: Path) -> None:
    """Fail if something opens as whole that is not: the folder may only exist finished."""
    if out.exists():
        ps.open_run(out)
        assert (out / "window_24h.json").is_file()
        return
    store = out.with_name(out.name + ".running") / "run.zarr"
    try:
        ps.open_run(store)
    except ps.PlastisimError:
        return
    assert store.exists()  # sealed, with figure and JSON still to come


def main() -> int:
    """Run the page and return 0 if every comparison held."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    chosen = parser.parse_args()
    chosen.folder.mkdir(parents=True, exist_ok=True)
    undisturbed = chosen.folder / "undisturbed"
    subprocess.run(command(undisturbed), stdout=subprocess.DEVNULL, check=True)  # also compiles
    again = chosen.folder / "again"
    begin = time.monotonic()
    subprocess.run(command(again), stdout=subprocess.DEVNULL, check=True)
    duration = time.monotonic() - begin
    draw, kills, runs = random.Random(chosen.seed), 0, 0
    while kills < chosen.kills or (chosen.folder / f"run-{runs}.running").exists():
        out = chosen.folder / f"run-{runs}"
        child = subprocess.Popen(command(out), stdout=subprocess.DEVNULL)
        moment = draw.uniform(0.3, 1.05) * duration if kills < chosen.kills else 1e6
        try:
            code = child.wait(moment)
        except subprocess.TimeoutExpired:
            child.send_signal(signal.SIGKILL)
            child.wait()
            kills += 1
            if not out.exists():
                check_nothing_half(out)
                continue
            code = 0  # the run was whole; only its process was not over
        assert code == 0, code
        assert same(out, undisturbed), out
        runs += 1
    assert same(again, undisturbed)
    print(f"{kills} kills, {runs} runs finished, each equal to the undisturbed one; a run takes {duration:.0f} s")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
