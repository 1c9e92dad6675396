"""How far our compiled kernels are from C written by hand, on one core.

1. Cascade: one adaptive Rodas4P step of a neuron. The C prints its rates, sparse Jacobian, factors and solve from the
   trace that JAX compiles, as straight-line code over blocks of lanes; stages, error and step control are by hand.
2. Spines: one slow tick of a slot in the table of spines, by hand, with the same laws and random bits.

Before anything is timed, both must agree: the cascade to 1e-10 with the same steps, every spine's fate exactly.
Times are processor time of one core, so that neighbours disturb them little. C without and with -ffast-math.

Run: python benchmarks/limit.py [--out DIR] [--repeats N] [--small]; needs a C compiler.
"""

from __future__ import annotations

import functools
import sys
import time
from collections.abc import Sequence
from typing import Any

import cascade_limit
import harness
import jax
import native
import spine_limit

from plastisim.engine.crew import CPU_BLOCK, CPU_WIDE

SLOWER = 2.5  # cascade: ours / C, at most
SPINES_SLOWER = 3.0  # spines: ours / C, at most
SPINES_A_SECOND = 40e6
AGREE = 1e-10
LANES = (64, 256, 512, 1024, 4096)
BRANCHES = (512, 2048, 8192)
SMALL = (64,)


def cascade(sizes: Sequence[int], repeats: int, spent: dict[str, float]) -> list[dict[str, Any]]:
    """Return one row for each number of neurons."""
    with harness.stage(spent, "resting states"):
        everybody = cascade_limit.case(max(sizes))
    with harness.stage(spent, "compile C"):
        libraries = {name: cascade_limit.built(everybody, extra) for name, extra in native.VARIANTS.items()}
    rows = []
    for lanes in sizes:
        given = cascade_limit.first_lanes(everybody, lanes)
        in_c = {name: cascade_limit.InC(library, given) for name, library in libraries.items()}
        ours = cascade_limit.ours(given)
        with harness.stage(spent, "compile JAX"):
            tried = ours(given.values).tried
        found = {name: cascade_limit.disagreement(given, one, ours) for name, one in in_c.items()}
        things = {"ours": ours, **{name: one.advance for name, one in in_c.items()}}
        with harness.stage(spent, "run"):
            calls = {name: functools.partial(thing, given.values) for name, thing in things.items()}
            times = harness.interleaved(calls, repeats, time.process_time)
        rows.append({"lanes": lanes, "work": tried * lanes, "disagreement": found, "times": times})
    return rows


def spines(sizes: Sequence[int], repeats: int, spent: dict[str, float]) -> list[dict[str, Any]]:
    """Return one row for each number of branches."""
    rows = []
    for branches in sizes:
        given = spine_limit.case(branches)
        with harness.stage(spent, "compile C"):
            in_c = {name: spine_limit.InC(given, extra) for name, extra in native.VARIANTS.items()}
        ours = spine_limit.ours(given)
        with harness.stage(spent, "compile JAX"):
            after = spine_limit.joined(ours(), branches)
        for one in in_c.values():
            one.day()
        found = {name: spine_limit.differences(one, after) for name, one in in_c.items()}
        things = {"ours": ours, **{name: one.day for name, one in in_c.items()}}
        with harness.stage(spent, "run"):
            times = harness.interleaved(things, repeats, time.process_time)
        living = spine_limit.living(after)
        work = branches * spine_limit.SLOTS * spine_limit.TICKS
        rows.append({"branches": branches, "living": living, "work": work, "disagreement": found, "times": times})
    return rows


def show(rows: list[dict[str, Any]], first: str, scale: float, unit: str) -> None:
    """Print time for a unit of work, ratios to C and their spread."""
    head = (first, f"ours {unit}", *(f"{name} {unit}" for name in native.VARIANTS), "ours/C", "ours/C fast", "spread")
    lines = []
    for row in rows:
        each = [f"{times.median / row['work'] * scale:.3g}" for times in row["times"].values()]
        ratios = [f"{harness.ratio(row['times'], 'ours', name):.2f}" for name in native.VARIANTS]
        lines.append((str(row[first]), *each, *ratios, row["times"]["ours"].spread))
    harness.table(head, lines)


def agreement(of_cascade: list[dict[str, Any]], of_spines: list[dict[str, Any]]) -> None:
    """Print how well C and ours agree.

    Raises:
        SystemExit: if they do not: then they did not do the same, and their times say nothing.
    """
    worst = max(max(one.values(), key=_badness) for row in of_cascade for one in row["disagreement"].values())
    fates = max(one[0] for row in of_spines for one in row["disagreement"].values())
    widths = max(one[1] for row in of_spines for one in row["disagreement"].values())
    print(f"cascade: C and ours differ by {worst:.1e} at most, relative to the change in a step")
    print(
        f"spines: {fates} slots with another fate; ln widths differ by {widths:.1e} at most (single-precision noise)\n"
    )
    if not (worst < AGREE and fates == 0 and widths < 1e-5):
        sys.exit("C and ours do not compute the same: the comparison is void")


def _badness(value: float) -> float:
    return float("inf") if value != value else value


def verdicts(of_cascade: list[dict[str, Any]], of_spines: list[dict[str, Any]]) -> dict[str, bool]:
    """Print the targets beside what was measured, each at the worst size; of the cascade's, those that runs use."""
    used = [row for row in of_cascade if row["lanes"] in (CPU_BLOCK, CPU_WIDE)]
    slower = max(harness.ratio(row["times"], "ours", "C") for row in used)
    spines_slower = max(harness.ratio(row["times"], "ours", "C") for row in of_spines)
    slots = min(row["work"] / row["times"]["ours"].median for row in of_spines)
    return {
        "cascade": harness.verdict("cascade step in the blocks of runs, ours / C", slower, at_most=SLOWER),
        "spines": harness.verdict("spine tick, ours / C", spines_slower, at_most=SPINES_SLOWER),
        "updates": harness.verdict("spine updates (slots)", slots / 1e6, at_least=SPINES_A_SECOND / 1e6, unit=" M/s"),
    }


def main(argv: Sequence[str] | None = None) -> dict[str, Any]:
    """Run the page and return what it measured."""
    given = harness.arguments(__doc__, argv)
    jax.config.update("jax_enable_x64", True)
    jax.config.update("jax_platforms", "cpu")
    machine, spent = harness.machine(), {}
    of_cascade = cascade(SMALL if given.small else LANES, given.repeats, spent)
    of_spines = spines(SMALL if given.small else BRANCHES, given.repeats, spent)
    agreement(of_cascade, of_spines)
    print("Cascade: one step of one neuron, stages, factors, error and control included")
    show(of_cascade, "lanes", 1e6, "us")
    print("Spines: one tick of one slot; free slots are computed too and count as updates, in C as in ours")
    show(of_spines, "branches", 1e9, "ns")
    for row in of_spines:
        ticks, median = spine_limit.TICKS, row["times"]["ours"].median
        print(
            f"{row['branches']} branches: {row['work'] / median / 1e6:.1f} M slots/s, of which living spines "
            f"{row['living'] * ticks / median / 1e6:.1f} M/s ({row['living'] / row['branches']:.1f} a branch of "
            f"{spine_limit.SLOTS} slots)"
        )
    print("\nseconds: " + ", ".join(f"{name} {seconds:.1f}" for name, seconds in spent.items()))
    figures = {"cascade": of_cascade, "spines": of_spines, "seconds": spent, "clock": "processor time of one core"}
    figures["met"] = verdicts(of_cascade, of_spines)
    harness.report("limit", given, machine, figures, functools.partial(draw, figures))
    return figures


def draw(figures: dict[str, Any], figure: Any) -> None:
    """Draw the ratios to C over the size."""
    panels = (("cascade", "lanes", "neurons", SLOWER), ("spines", "branches", "branches", SPINES_SLOWER))
    for axes, (what, column, label, target) in zip(figure.subplots(1, 2), panels, strict=True):
        rows = figures[what]
        sizes = [row[column] for row in rows]
        for name in native.VARIANTS:
            axes.plot(sizes, [harness.ratio(row["times"], "ours", name) for row in rows], "o-", label=f"ours / {name}")
        axes.axhline(target, color="0.5", linestyle="--", label="target")
        axes.set(title=what, xlabel=label, ylabel="processor time, relative to C", xscale="log", ylim=(0.0, None))
        axes.legend(fontsize="small")


if __name__ == "__main__":
    harness.one_core()
    main()
