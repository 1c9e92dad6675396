"""On which numbers does the 24-hour effect of psilocybin rest, and how many of them are guesses?

Every number between the dose and the spine is varied at once, each within the range that its confidence allows:
measured and seen 10 % either way, recalled a factor of 1.5, chosen a factor of 2, fitted by its own uncertainty where
the calibration gives one (else a factor of 1.25). One run simulates a mouse a set, four neurons of low to high
receptor reserve each; their spines follow in the mean. The share of each number in the variance of the effect comes
from a linear regression; what is left is due to interactions and curvature.

Run: python experiments/sensitivity.py --out DIR [--small] [--seed N]
It writes sensitivity.json and sensitivity.png. It says nothing about the sensitivity at another dose or day, nor about
links that the model does not have.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
from pathlib import Path

import numpy as np

import plastisim as ps
from plastisim import calibration as cal

SETS, SMALL = 512, 256
SHOWN = 15
ALIKE = ps.Spread(reserve=0.0, rate=0.0, elimination=0.0)
RESERVE = np.exp(0.6 * np.array([-1.15, -0.32, 0.32, 1.15]))  # quartile means of a log-normal with SD of ln 0.6
MOUSE = ps.Cohort("one", ps.PT, mice=1, neurons=len(RESERVE), dendrites=1)
COMPOUND, DOSE = ps.PSILOCYBIN, 1.0


def setup(known, shifts):
    """Return one arm a set, the same mouse in each."""
    arms = tuple(
        ps.Arm(f"set {index}", (ps.Dose(COMPOUND, DOSE),), manipulations=(cal.manipulation(known, row, f"{index}"),))
        for index, row in enumerate(shifts)
    )
    pathway = ps.default_pathway()
    reserve = pathway.gq.reserve * np.tile(RESERVE, len(arms))
    pathway = dataclasses.replace(pathway, gq=dataclasses.replace(pathway.gq, reserve=reserve))
    protocol = ps.Protocol(arms, start=0, end=ps.DAY, sessions=(0, 1))
    return {"protocol": protocol, "cohorts": (MOUSE,), "pathway": pathway, "spread": ALIKE}


def effects(known, shifts):
    """Return the effect of every set on spine density at 24 h, points; NaN where its neurons have no resting state."""
    without = cal.restless(ps.Setup.of(**setup(known, shifts)))
    shifts = shifts.copy()
    shifts[without] = 0.0  # the shipped numbers hold their place
    run = ps.simulate(**setup(known, shifts))
    drives = [cal.drive_of(run, index) for index in range(len(shifts))]
    answer = np.array(
        [cal.density_after_a_day(drive, cal.law(known, row)) for drive, row in zip(drives, shifts, strict=True)]
    )
    answer[without] = np.nan
    return answer


def main():
    """Vary, attribute, print, draw, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path("results/sensitivity"), help="folder for the results")
    parser.add_argument("--small", action="store_true", help="fewer sets")
    parser.add_argument("--seed", type=int, default=0, help="of the design")
    choice = parser.parse_args()
    choice.out.mkdir(parents=True, exist_ok=True)
    ps.keep_compiled_programs()

    known = cal.factors(COMPOUND, cal.shipped_uncertainty())
    shifts = cal.design(len(known), SMALL if choice.small else SETS, choice.seed)
    answer = effects(known, shifts)
    sound = np.isfinite(answer)
    found = cal.shares(shifts[sound], answer[sound])
    table = cal.by_confidence(known, found)
    low, middle, high = np.quantile(answer[sound], (0.025, 0.5, 0.975))

    print(f"{len(known)} numbers, {sound.sum()} of {len(sound)} sets have a course")
    print(f"24-hour effect: median {middle:+.1f} points, 95 % of the sets {low:+.1f} to {high:+.1f}")
    print(f"\n{'confidence':12} {'numbers':>8} {'range':>12} {'share of the variance':>22}")
    for confidence, (count, share) in table.items():
        spread = "its own SD" if confidence == "fitted" else f"x/÷ {cal.FACTOR[confidence]:g}"
        print(f"{confidence:12} {count:8} {spread:>12} {share:22.0%}")
    print(f"{'interactions':12} {'':8} {'':>12} {1.0 - sum(share for _, share in table.values()):22.0%}")
    order = np.argsort(-found.each)[:SHOWN]
    print(f"\nthe {SHOWN} numbers that matter most (share, direction)")
    for index in order:
        one = known[index]
        print(
            f"  {one.path:34} {one.confidence:9} {found.each[index]:6.1%}  {'up' if found.signs[index] > 0 else 'down'}"
        )

    document = {
        "seed": choice.seed, "sets": len(shifts), "without_course": int((~sound).sum()), "effect": [low, middle, high],
        "factor": cal.FACTOR, "by_confidence": {name: {"numbers": n, "share": s} for name, (n, s) in table.items()},
        "linear": found.linear,
        "numbers": [
            one._asdict() | {"share": share, "sign": sign}
            for one, share, sign in zip(known, found.each.tolist(), found.signs.tolist(), strict=True)
        ],
    }  # fmt: skip
    (choice.out / "sensitivity.json").write_text(json.dumps(document, indent=1), encoding="utf-8")
    cal.share_figure([known[index] for index in order], found.each[order], table, choice.out / "sensitivity.png")
    print(f"wrote {choice.out / 'sensitivity.json'} and {choice.out / 'sensitivity.png'}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
