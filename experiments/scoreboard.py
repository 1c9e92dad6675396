"""How much of what was measured does the model reproduce?

Every row of the target list that the model may be fitted to, grouped by stage from the dose to the spine: the measured
value with its interval, the simulated one, inside or outside. Rows of which only a direction was measured count as
signs. Rows that the model cannot express are listed with the reason. Of each miss the cause is given as far as known.

1. Bodies: plasma, occupancy and head twitches of people and mice (rows K and R).
2. Dishes: BDNF or serotonin held at a neuron (rows B, E and R9).
3. A day under each drug, in a bath or in the animal (rows B5, B6, E3, O5, O14).
4. The main job: two cohorts, vehicle and 1 mg/kg psilocybin, imaged as measured (rows V, P and R8).

Run: python experiments/scoreboard.py --out DIR [--small] [--seed N]
It writes scoreboard.json and scoreboard.png, and exits with 0 if at least 80 % of the rows are inside and every sign is
right, with 3 otherwise.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

import plastisim as ps
from plastisim import calibration as cal

SESSIONS = (-3, -1, 1, 3, 5, 7, 34)
SMALL = 10  # mice an arm and cohort
FOLDER = Path(__file__).parent
WINDOW = "window_24h.py"  # it scores every imaged row without naming it

CAUSES = {  # of a row, or of one figure of it
    "B1": "autophosphorylation is left out, so the first 30 s are too fast",
    "B2": "Akt follows receptor activation of minutes (binding 1e-3 /nM/s) and has no brake faster than S6 kinase",
    "B3": "the phosphatase MKP builds up over an hour: too slow for the fall from 15 to 30 min",
    "K8": "the mouse kinetics of psilocin are guessed and too slow",
    "O14": "births follow the plasticity proteins at once; no time for building a spine",
    "P4": "formation after the first interval is fed by the set-point shift in both cohorts alike",
    "P5": "growth lifts hidden spines above detection, which lowers elimination in both cohorts alike",
    "P6": "width follows plasticity proteins and set point alike in both cohorts; measured, P6 falls and P13 stays",
    "P8": "one set of gains for two cohorts whose time courses differ",
    "P10": "formation falls back more slowly than measured, since the set-point shift feeds it",
    "P11": "growth and handling act on hidden spines alike in both cohorts",
    "P13": "width follows plasticity proteins and set point; the cohorts differ and the model does not",
    "P21": "the responsiveness of mice is held by its prior, and scales an effect twice as large in this cohort",
    "P21 vehicle, mouse SD of change": "see V12: it is the same figure",
    "R4": "the affinities shipped are of other assays; only free concentration over affinity enters the model",
    "R8": "receptors recycle within hours and are not degraded for long; the measured loss is in pigs",
    "V1": "one spread between branches for two cohorts that differ (0.120 and 0.107 /um), and chance between mice",
    "V2": "one spread between branches for two cohorts that differ (0.120 and 0.107 /um), and chance between mice",
    "V5": "one length of branches for both cohorts, which also has to make their changes vary enough (V11, V13)",
    "V19": "optics: an offset compresses ln widths",
    "V20": "size memory is fitted through another microscope",
    "V21": "the noise of this microscope is that of another one",
    "V4": "branches of both cohorts repeat themselves alike; measured ones do not",
    "V6": "the interval is narrower than chance between two simulated groups of mice",
    "V7": "the interval is narrower than chance between two simulated groups of mice",
    "V7b": "the interval is narrower than chance between two simulated groups of mice",
    "V8": "the stationary law balances 27-day losses and gains; the two measured mice drifted",
    "V9": "the stationary law balances 27-day losses and gains; the two measured mice drifted",
    "V10": "36 spines; survival and turnover share the transient loss",
    "V11": "measured branches vary less across the injection than before it (V13); those of the model cannot",
    "V12": "vehicle mice differ by counting alone, over 12 branches each; measured ones had about 10",
    "V13": "measured branches vary more before the injection than across it (V11); those of the model cannot",
    "V13 change since day -3, mouse SD": "see V12: vehicle mice differ by counting alone, over more branches",
    "V14": "one drift for both cohorts",
    "V15": "nothing widens the spines of vehicle mice",
    "V22": "some new spines are old ones seen again, of full width; how many, other rows decide",
    "V23": "another cortex and microscope",
}


def main_job(small, seed):
    """Return the run of the 24-hour window in both cohorts."""
    arms = (ps.Arm("vehicle", (ps.Dose(ps.VEHICLE),)), ps.Arm("psilocybin", (ps.Dose(ps.PSILOCYBIN, 1.0),)))
    protocol = ps.Protocol(arms, end=34 * ps.DAY, sessions=SESSIONS)
    cohorts = [cohort.with_mice(SMALL) if small else cohort for cohort in (ps.THY1_GFP, ps.PT_2025)]
    return ps.simulate(protocol, cohorts, seed=seed)


def score(small, seed):
    """Return the lines of every row."""
    run = main_job(small, seed)
    imaged = ps.compare(ps.branch_tables(run), ps.single_spine_rows(run), resamples=1)
    found = cal.body_readouts() | cal.dish_readouts() | cal.day_readouts(4 if small else 16)
    found |= cal.receptor_readouts(run) | cal.size_readouts(run)
    return [*cal.of_findings(cal.FINDINGS, found, CAUSES), *cal.of_comparison(imaged, CAUSES)]


def rows_by_script(rows):
    """Return which rows each experiment script tests: those that it names."""
    tested = {}
    for script in sorted(FOLDER.glob("*.py")):
        named = set(re.findall(r"\b[VPOERBK]\d+b?v?\b", script.read_text(encoding="utf-8")))
        if script.name == WINDOW:
            named |= {row.id for row in ps.PUBLISHED}
        if script.name != Path(__file__).name:
            tested[script.name] = sorted(named & set(rows), key=lambda row: (row[0], int(re.sub(r"\D", "", row)), row))
    return tested


def main():
    """Score, print, draw, write; return the exit code."""
    choice = cal.command(__doc__, "scoreboard", "fewer mice and neurons")

    scores = score(choice.small, choice.seed)
    count = cal.tally(scores)
    tested = rows_by_script({one.id.split("@")[0] for one in scores})
    print(cal.score_table(scores))
    print("\nrows by experiment script")
    for script, rows in tested.items():
        print(f"  {script:24} {' '.join(rows) or '-'}")
    print(
        f"\n{count.inside} of {count.scored} scored rows lie inside their interval ({count.inside / count.scored:.0%}; "
        f"80 % asked for), {count.right} of {count.signs} signs are right; {count.missing} rows are beyond the model."
    )
    document = {
        "verdict": count.holds, "seed": choice.seed, "tally": vars(count), "rows_by_script": tested,
        "rows": cal.scores_to_json(scores),
    }  # fmt: skip
    (choice.out / "scoreboard.json").write_text(json.dumps(document, indent=1, allow_nan=False), encoding="utf-8")
    cal.score_figure(scores, choice.out / "scoreboard.png")
    print(f"wrote {choice.out / 'scoreboard.json'} and {choice.out / 'scoreboard.png'}")
    return 0 if count.holds else 3


if __name__ == "__main__":
    raise SystemExit(main())
