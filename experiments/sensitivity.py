"""On which numbers does the 24-hour effect of psilocybin rest, and how much of its uncertainty comes from guesses?

Every number between the dose and the spine is varied at once, log-normal, by how far it is taken to be known: read in
the cited text 10 %, recalled 30 %, guessed a factor of 2 either way in 95 % of the sets, fitted by its own SD where the
calibration gives one, else 10 %. These widths are assumptions. Each set is one mouse with four neurons, of low to high
receptor reserve, given vehicle and psilocybin; the cascade is computed, the spines follow in the mean, and a regression
on all numbers (a line and a parabola each) shares out the variance of density at 24 h, drug minus vehicle.

Sets without a resting state, and sets that oscillate, are left out and counted. Fitted numbers are varied one by one
although their errors make up for each other: their share is an upper bound, that of the guesses a lower one. Nothing is
said about another dose or day, nor about links that the model does not have.

Run: python experiments/sensitivity.py --out DIR [--small] [--seed N]
It writes sensitivity.json, with every number, and sensitivity.png.
"""

from __future__ import annotations

import json

import numpy as np

import plastisim as ps
from plastisim import calibration as cal

SETS, SMALL = 1024, 80
EVERY = 6  # in the small size only every sixth number is varied: it shows that it runs
COMPOUND, DOSE, COHORT = ps.PSILOCYBIN, 1.0, ps.PT_2025


def table(known, found):
    """Return all numbers by confidence, those that matter most first."""
    lines = []
    for name, (share, error) in found.groups.items():
        mine = [k for k in np.argsort(-found.each) if known[k].confidence == name]
        lines.append(f"\n{name}: {len(mine)} numbers, {share:.1%} +- {error:.1%} of the variance")
        for k in mine:
            one = known[k]
            lines.append(
                f"  {one.whose + ': ' + one.path:42} {one.value:10.4g} {one.unit:12} x/÷ {np.exp(one.sd):4.2f} "
                f"{found.each[k]:7.1%} +- {found.error[k]:.1%}  {found.slope[k]:+6.2f} % a SD"
            )
    return "\n".join(lines)


def main():
    """Vary, attribute, print, draw, write."""
    choice = cal.command(__doc__, "sensitivity", "few sets and numbers; shows that it runs", "of the sets")

    known = cal.factors(COMPOUND, COHORT, cal.shipped_uncertainty())[:: EVERY if choice.small else 1]
    shifts = cal.sets(known, SMALL if choice.small else SETS, choice.seed)
    shifts[0] = 0.0  # the shipped numbers
    neurons = cal.cascades(known, shifts, COMPOUND, DOSE)
    answer = cal.effects(known, shifts, neurons, COHORT)
    sound = np.isfinite(answer)
    fates = {name: int((neurons.fate == index).sum()) for index, name in enumerate(cal.FATES)}
    found = cal.shares(known, shifts[sound], answer[sound], choice.seed)
    low, middle, high = np.quantile(answer[sound], (0.025, 0.5, 0.975))

    print(table(known, found))
    print(f"\nsets: {', '.join(f'{count} {name}' for name, count in fates.items())}")
    print(f"effect: {answer[0]:+.1f} % shipped; median of the sets {middle:+.1f} %, 95 % {low:+.1f} to {high:+.1f} %")
    print(
        f"the regression has {found.explained:.0%} of the variance, and predicts {found.predicted:.0%} of that of sets "
        f"left out; of what it has, guesses make {found.groups['chosen'][0] / found.explained:.0%}"
    )
    document = {
        "seed": choice.seed, "sets": len(shifts), "fates": fates, "sd_of_ln": cal.SD,
        "effect": {"shipped": answer[0], "median": middle, "interval": [low, high], "unit": "%"},
        "explained": found.explained, "predicted": found.predicted,
        "by_confidence": {
            name: {"numbers": sum(one.confidence == name for one in known), "share": share, "error": error}
            for name, (share, error) in found.groups.items()
        },
        "numbers": [
            known[k]._asdict()
            | {"share": float(found.each[k]), "error": float(found.error[k]), "slope": float(found.slope[k])}
            for k in np.argsort(-found.each)
        ],
    }  # fmt: skip
    (choice.out / "sensitivity.json").write_text(json.dumps(document, indent=1, allow_nan=False), encoding="utf-8")
    title = (
        f"24 h after {DOSE:g} mg/kg {COMPOUND.name}: {answer[0]:+.1f} % spines, "
        f"{low:+.1f} to {high:+.1f} % in 95 % of the sets"
    )
    cal.share_figure(known, found, title, choice.out / "sensitivity.png")
    print(f"wrote {choice.out / 'sensitivity.json'} and {choice.out / 'sensitivity.png'}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
