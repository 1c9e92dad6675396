"""How a day after a dose scales with neurons, spine slots and devices, in double precision.

1. Neurons: one process, one set of programs; compiling, running and recording to a store apart. A new population size
   must compile nothing, and a neuron must not cost more in a large population than in a small one.
2. Slots: the first guess of spine slots a branch; the answer must not depend on it.
3. Devices: 1, 2, 4 and 8 devices on the CPU of this machine, each in its own process. They share the same cores, so
   that only the bits of the results say anything; they must be equal.

Run: python benchmarks/scaling.py [--out DIR] [--repeats N] [--small] [--large]; exits with 1 if bits differ.
"""

from __future__ import annotations

import functools
import hashlib
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import harness
import inner_clocks
import jax
import numpy as np

import plastisim as ps
from plastisim.engine.crew import CPU_BLOCK

NEURONS = 4  # a mouse
SIZES, SMALL, LARGE = (100, 1000, 10_000), (100, 400), 100_000
SLOTS, DEVICES = (32, 64, 128), (1, 2, 4, 8)
FOR_DEVICES = 504  # neurons: blocks for eight
TICKS = 12  # in the day
NO_DEARER = 1.0  # time a neuron, largest / smallest population, at most


def setup(neurons: int, slots: int = 64) -> ps.Setup:
    """Return a day of one arm with about `neurons` neurons, each with one branch."""
    arm = ps.Arm("psilocybin", (ps.Dose(ps.PSILOCYBIN, 1.0),))
    protocol = ps.Protocol((arm,), start=0, end=ps.DAY, sessions=(0, 1))
    cohort = ps.Cohort("one", ps.PT, mice=neurons // NEURONS, neurons=NEURONS, dendrites=1)
    return ps.Setup.of(protocol, (cohort,), settings=ps.Settings(slots=slots))


def simulated(what: ps.Setup) -> ps.Run:
    """Run in memory."""
    population = what.population
    return ps.simulate(population.protocol, population.cohorts, settings=what.settings)


def recorded(what: ps.Setup) -> int:
    """Run into a store and return its bytes."""
    with tempfile.TemporaryDirectory() as folder:
        store = ps.record(Path(folder) / "run.zarr", what, "scaling").store
        return sum(file.stat().st_size for file in store.rglob("*") if file.is_file())


def digest(run: ps.Run) -> str:
    """Return a hash of everything a run found, without the slots that only fill up tables."""
    seen = run.snapshots
    present = np.nonzero(seen.serial >= 0)
    order = np.lexsort((seen.serial[present], present[1], present[0]))
    spines = [part[present][order] for part in (seen.serial, seen.visible, seen.log_width, seen.place, seen.noise)]
    parts = [*run.frames, *run.ledger, run.steps, *spines]
    return hashlib.sha256(b"".join(np.ascontiguousarray(part).tobytes() for part in parts)).hexdigest()


def measured(neurons: int) -> dict[str, Any]:
    """Return the hash of a run and the number of devices; called in a process of its own."""
    begin = time.perf_counter()
    found = digest(simulated(setup(neurons)))
    return {"devices": jax.device_count(), "digest": found, "seconds": time.perf_counter() - begin}


def by_neurons(sizes: Sequence[int], repeats: int, spent: dict[str, float]) -> list[dict[str, Any]]:
    """Return one row for each population size; the first size has compiled everything that computes."""
    compiled = inner_clocks.compiling()
    with harness.stage(spent, "first run, compiling"):
        simulated(setup(CPU_BLOCK))
    spent["of that compiling"] = sum(compiled)
    rows, kernels = [], []
    for neurons in sizes:
        compiled.clear()
        what = setup(neurons)
        things = {"memory": lambda one=what: simulated(one), "store": lambda one=what: recorded(one)}
        with harness.stage(spent, "run"):
            times = harness.interleaved(things, repeats)
        kernels.append(sum(seconds > 1.0 for seconds in compiled))
        rows.append({"neurons": neurons, "bytes": recorded(what), "times": times, "kernels": kernels[-1],
                     "helpers": len(compiled), "helpers_s": sum(compiled), "load": harness.load()})  # fmt: skip
    return rows


def by_slots(neurons: int, repeats: int) -> tuple[dict[str, harness.Times], bool]:
    """Return the times of each first guess of slots, and whether the answers are the same."""
    runs = {f"{slots} slots": functools.partial(simulated, setup(neurons, slots)) for slots in SLOTS}
    return harness.interleaved(runs, repeats), len({digest(run()) for run in runs.values()}) == 1


def by_devices(neurons: int, counts: Sequence[int]) -> list[dict[str, Any]]:
    """Return one row for each number of devices."""
    flag = "--xla_force_host_platform_device_count"
    environment = {"JAX_ENABLE_X64": "1", "JAX_PLATFORMS": "cpu"}
    return [harness.apart("scaling", neurons, **environment, XLA_FLAGS=f"{flag}={count}") for count in counts]


def show(rows: list[dict[str, Any]]) -> None:
    """Print what each population size costs."""
    lines = []
    for row in rows:
        memory, store, neurons = row["times"]["memory"].median, row["times"]["store"].median, row["neurons"]
        updates = neurons * 64 * TICKS / memory / 1e6
        figures = [f"{memory:.3g}", f"{store - memory:.3g}", f"{neurons / memory:.0f}", f"{1e3 * memory / neurons:.3g}"]
        lines.append((str(neurons), *figures, f"{updates:.3g}", f"{row['bytes'] / 2**20:.2f}", str(row["kernels"])))
    head = ("neurons", "run s", "I/O s", "neurons/s", "ms/neuron", "M slots/s", "MiB", "kernels compiled")
    harness.table(head, lines)


def main(argv: Sequence[str] | None = None) -> dict[str, Any]:
    """Run the page and return what it measured."""
    given = harness.arguments(__doc__, argv, {"large": "100,000 neurons too"})
    jax.config.update("jax_enable_x64", True)
    machine, spent = harness.machine(), {}
    rows = by_neurons(SMALL if given.small else SIZES + (LARGE,) * given.large, given.repeats, spent)
    print("A day after a dose, one branch a neuron; I/O is what a store costs beyond a run in memory")
    show(rows)
    slots, same_slots = ({}, True) if given.small else by_slots(1000, given.repeats)
    for name, times in slots.items():
        print(f"{name}: {times.median:.3g} s, {harness.ratio(slots, name, '64 slots'):.2f} of 64 slots")
    with harness.stage(spent, "devices"):
        devices = by_devices(128 if given.small else FOR_DEVICES, (1, 2) if given.small else DEVICES)
    same = len({row["digest"] for row in devices}) == 1
    for row in devices:
        print(f"{row['devices']} devices: {row['digest'][:16]}, {row['seconds']:.1f} s with compiling")
    each = [row["times"]["memory"].median / row["neurons"] for row in rows]
    print("\nseconds: " + ", ".join(f"{name} {seconds:.1f}" for name, seconds in spent.items()))
    met = {
        "linear": harness.verdict("time a neuron, largest / smallest", each[-1] / each[0], at_most=NO_DEARER),
        "no recompiling": harness.verdict("kernels compiled by new sizes", rows[-1]["kernels"], at_most=0),
        "devices": harness.verdict("different results over devices", len({d["digest"] for d in devices}), at_most=1),
        "slots": harness.verdict("answer depends on the first guess of slots", not same_slots, at_most=0),
    }
    figures = {"neurons": rows, "slots": slots, "devices": devices, "seconds": spent, "met": met}
    harness.report("scaling", given, machine, figures, functools.partial(draw, rows))
    if not (same and same_slots):
        sys.exit("scaling: the same run gave different bits")
    return figures


def draw(rows: list[dict[str, Any]], figure: Any) -> None:
    """Draw the time a neuron over the population."""
    axes, sizes = figure.subplots(), [row["neurons"] for row in rows]
    for name in ("memory", "store"):
        axes.plot(sizes, [1e3 * row["times"][name].median / row["neurons"] for row in rows], "o-", label=f"to {name}")
    axes.set(xlabel="neurons", ylabel="ms a neuron", xscale="log", ylim=(0.0, None), title="24 h after a dose")
    axes.legend()


if __name__ == "__main__":
    main()
