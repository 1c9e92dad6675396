"""Does spine density 24 hours after one dose leave the ordinary window?

Mice in two cohorts get vehicle or psilocybin, 1 mg/kg i.p., on day 0. The same tuft branches of their layer V
neurons are imaged on days -3, -1, 1, 3, 5, 7 and, as in one of the measured cohorts, 34. The ordinary window is what
the vehicle mice do in the same 24 hours.

Run it: plastisim run window-24h --out results/first
"""

import sys

import plastisim as ps

COMPOUND, DOSE = "psilocybin", "1 mg/kg"
SESSIONS = (-3, -1, 1, 3, 5, 7, 34)
COHORTS = (ps.THY1_GFP, ps.PT_2025)
SMALL = 10  # mice an arm and cohort, for a quick look
RESAMPLES = 2000  # of the mice, for the interval of each simulated figure

# Fixed before the run: the 95 % interval of drug minus vehicle excludes zero, and more than half of the mice that
# got the drug lie outside the window of the mice that did not.
THRESHOLDS = ps.Thresholds(day=1, level=0.95, share=0.5)


def experiment(request: ps.Request) -> ps.Outcome:
    """Simulate, image, judge, compare."""
    own = ps.read_branch_table(request.data) if request.data else None
    cohorts = [cohort.with_mice(SMALL) for cohort in COHORTS] if request.small else COHORTS
    protocol = request.protocol(COMPOUND, DOSE, SESSIONS, judged=THRESHOLDS.day)

    run = request.record(protocol, cohorts, "Spine density after one dose, against the ordinary window")

    tables = ps.branch_tables(run)
    everyone = ps.concatenate(tables)
    verdict = ps.judge(everyone, thresholds=THRESHOLDS)
    of_cohort = {name: ps.judge(table, thresholds=THRESHOLDS) for name, table in tables.items()}
    if own is None:
        rows = ps.PUBLISHED if request.as_measured else ps.ORDINARY
        comparison = ps.compare(tables, ps.single_spine_rows(run), rows=rows, resamples=RESAMPLES)
        measured = ps.MEASURED if request.as_measured else ()
    else:
        comparison = ps.compare(tables, rows=ps.measured_rows(own), resamples=RESAMPLES)
        measured = [point for name in tables for point in ps.time_course(own, name)]
    dataset = ps.to_dataset(run)

    return ps.Outcome(
        verdict=verdict.holds,
        statement=verdict.statement,
        document={
            "experiment": "window-24h",
            "verdict": verdict.holds,
            "statement": verdict.statement,
            "ordinary_window": verdict.window,
            "effect": {
                "quantity": "spine density, drug minus vehicle at 24 h",
                "unit": "%",
                "value": verdict.effect,
                "interval": verdict.interval,
                "share_outside": verdict.share_outside,
                "mixed_model": ps.mixed_model(everyone, ps.SPINE_DENSITY, day=1),
            },
            "thresholds": THRESHOLDS,
            "cohorts": of_cohort,
            "measured_verdict": own and ps.judge(own, thresholds=THRESHOLDS),
            "comparison": comparison,
            "seed": request.seed,
            "mice_per_arm": sum(cohort.mice for cohort in cohorts),
        },
        comparison=comparison,
        draw=lambda path: ps.window_figure(
            dataset,
            {name: each.window for name, each in of_cohort.items()},
            measured,
            path,
            verdict.headline,
            dataset.plastisim.dose_days(),
        ),
    )


if __name__ == "__main__":
    raise SystemExit(ps.main(["run", "window-24h", *sys.argv[1:]]))
