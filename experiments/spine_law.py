"""Which hazard law, pool structure and observation model give the ordinary baseline of dendritic spines?

1. Rows: what vehicle mice show. In two days about a tenth of the spines appears and a tenth is lost (V6, V7), yet in 27
   days not ten times as much (V8, V9); of the spines that are new, half is gone within six days (V10); and
   spines that were lost come back, not only in the next session.
2. Candidates: one hazard; two pools, as the starting model had them and refitted; two pools and a microscope that
   misses spines at random, or small ones; two pools and spines hidden for days. Each is fitted to the same
   rows by least squares. Agents show what counting ten spines on a branch adds to the expectations.
3. Cohorts: turnover, drift and the effect of the injection in vehicle mice.
4. Response: what one dose adds, from the course of plasticity proteins and set point of simulated neurons; which of the
   five ways to grow are needed, and which can stand in for each other.

Run: python experiments/spine_law.py --out DIR [--small] [--data DIR]
`--data` is a folder of cohorts, each with a laboratory's own formation_rate.csv, elimination_rate.csv and
spine_density.csv, from which the covariances are computed afresh. `--small` fits the candidates only, with the agents'
calibration of the full page. The defaults of `Spines` and of the cohorts come from calibrate.py.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import plastisim as ps
from plastisim import calibration as sf

POOLS = ("transient_loss", "transient_share", "persistent_loss")
HIDDEN = ("transient_loss", "transient_share", "hiding", "appearing", "drift")
TURNOVER = (ps.THY1_GFP.turnover + ps.PT_2025.turnover) / 2  # the rows pool cohorts
SHARE = ps.Spines().transient_share * TURNOVER
SHIPPED = sf.HiddenState(
    transient_loss=ps.Spines().transient_loss * ps.DAY,
    transient_share=SHARE,
    persistent_loss=ps.Spines().maturation() * SHARE / (1 - SHARE) * ps.DAY,
    hiding=ps.Spines().hiding * TURNOVER * ps.DAY,
    appearing=ps.Spines().appearing * ps.DAY,
    drift=ps.PT_2025.drift * ps.DAY,
)
CANDIDATES = (
    ("one hazard", sf.OneHazard(), ("loss", "drift")),
    ("two pools, starting model", sf.TwoPools(0.34, 0.0759, 0.0205, 0.0, 0.0), ()),
    ("two pools", sf.TwoPools(), (*POOLS, "drift")),
    ("two pools, missed at random", sf.TwoPools(missed=0.02), (*POOLS, "missed", "drift")),
    ("two pools, small ones missed", sf.SizeDetection(), (*POOLS, "threshold", "softness", "drift")),
    ("two pools, hidden for days", sf.HiddenState(), (*HIDDEN, "persistent_loss")),
    ("the same, persistent loss 0.0007 /d", sf.HiddenState(persistent_loss=0.0007), HIDDEN),
    ("hidden for days, as shipped", SHIPPED, ()),
)
BOTH = (ps.THY1_GFP.name, ps.PT_2025.name)
GAINS = tuple(sf.Free(name) for name in ("pulse_gain", "set_point_gain", "crowding", "capture", "appearing_gain"))
COHORT_EFFECT = sf.Free("responsiveness", (ps.THY1_GFP.name,))
MICE = 150  # agents of each cohort and arm


def ordinary_figures():
    """Return the rows of vehicle mice that cohorts are fitted to."""
    one_day = [row for row in ps.PUBLISHED if row.id in ("P4", "P10", "P11") and row.figure.startswith("vehicle")]
    means = [row for row in ps.PUBLISHED if row.id in ("V11", "V13") and row.figure.endswith("branch mean")]
    slow = [row for row in ps.PUBLISHED if row.id in ("V7b", "V14") or (row.id == "P1v" and row.day != 7.0)]
    return [*one_day, *means, *slow]


def drug_figures(*ids):
    """Return the rows of the drug: against vehicle, and the rates of its own arm."""
    return [row for row in ps.PUBLISHED if row.id in ids and not row.figure.startswith("vehicle")]


def measured_covariances(folder):
    """Return the sf.covariances of all vehicle branches of a laboratory's cohorts, or the published facts."""
    if folder is None:
        return sf.COVARIANCES
    cohorts = {place.name: ps.read_branch_table(place) for place in sorted(Path(folder).iterdir()) if place.is_dir()}
    return sf.covariances(ps.concatenate(cohorts).select("vehicle"))


def fit_candidates(rows, branches, starts):
    """Return every candidate fitted to the same rows."""
    return [sf.fit(name, law, free, rows, branches, starts) for name, law, free in CANDIDATES]


def neurons_under_one_dose():
    """Return the plasticity proteins and set point of sixteen mice's neurons after 1 mg/kg psilocybin."""
    protocol = ps.Protocol((ps.Arm("psilocybin", (ps.Dose(ps.PSILOCYBIN, 1.0),)),), sessions=sf.WEEK)
    return sf.drive_of(ps.simulate(protocol, (ps.PT_2025.with_mice(16),)))


def fit_cohorts_and_response(setting, drive, spread, microscope):
    """Return the fits of cohorts, gains and widths, and the gains again with each of them left out."""
    expectation = sf.Expectation(sf.course_of(drive, sf.WEEK, ps.TICK), spread, microscope)
    arms = {"vehicle": None, "psilocybin": drive}
    agents = {
        name: sf.agents_table(setting.law, cohort.with_mice(MICE), spread, microscope, sf.WEEK, arms)
        for name, cohort in setting.cohorts.items()
    }

    def fitted(start, free, figures):
        return sf.fit_response(start, free, figures, expectation, sf.counting(agents, setting, expectation, figures))

    turnovers = tuple(sf.Free("turnover", (name,)) for name in BOTH)
    cohorts = fitted(setting, (*turnovers, sf.Free("drift", BOTH), sf.Free("handling", BOTH)), ordinary_figures())
    numbers = drug_figures("P2", "P4", "P5", "P8", "P10", "P11")
    response = fitted(cohorts.setting, (*GAINS, COHORT_EFFECT), numbers)
    widths = fitted(
        response.setting, (sf.Free("width_proteins"), sf.Free("width_set_point")), drug_figures("P6", "P13")
    )
    results = {"cohorts": cohorts, "response": response, "widths": widths}
    for left_out in GAINS:
        others = tuple(gain for gain in GAINS if gain != left_out)
        results[f"response without {left_out.name}"] = fitted(
            left_out.put(response.setting, 0.0), (*others, COHORT_EFFECT), numbers
        )
    alike = COHORT_EFFECT.put(response.setting, 1.0)
    results["response without a cohort effect"] = fitted(alike, GAINS, numbers)
    return results


def main():
    """Fit, print, and write spine_law.json and spine_law.png."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path("results/spine_law"), help="folder for the results")
    parser.add_argument("--small", action="store_true", help="candidates only; under 20 s")
    parser.add_argument("--data", type=Path, help="folder of cohorts of a laboratory's own tables")
    choice = parser.parse_args()
    choice.out.mkdir(parents=True, exist_ok=True)

    law, spread, microscope = ps.Spines(), ps.Spread(), ps.Microscope()
    branches = sf.Branches() if choice.small else sf.calibrate(law, ps.PT_2025.with_mice(2 * MICE), spread, microscope)
    rows = sf.baseline(measured_covariances(choice.data))
    fits = fit_candidates(rows, branches, starts=2 if choice.small else 6)
    print(sf.candidate_table(fits, rows, branches))
    report = {"calibration": vars(branches), "candidates": [sf.fit_to_json(one, rows, branches) for one in fits]}
    sf.turnover_figure(fits, rows, branches, choice.out / "spine_law.png")

    if not choice.small:
        setting = sf.Setting(law, {ps.THY1_GFP.name: ps.THY1_GFP, ps.PT_2025.name: ps.PT_2025})
        results = fit_cohorts_and_response(setting, neurons_under_one_dose(), spread, microscope)
        for name, result in results.items():
            print(sf.result_table(name, result))
        report |= {name: sf.result_to_json(result) for name, result in results.items()}
        print("\nWhat growth needs: chi-squared with all gains, and with each left out")
        for name, result in results.items():
            if name.startswith("response"):
                print(f"  {name:38s} {result.chi_squared:6.1f}")

    (choice.out / "spine_law.json").write_text(json.dumps(report, indent=1))
    print(f"\nwrote {choice.out / 'spine_law.json'} and {choice.out / 'spine_law.png'}")


if __name__ == "__main__":
    main()
