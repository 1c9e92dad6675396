"""Which numbers of the spines and cohorts do the measured rows ask for, and how well do the rows fix them?

1. Neurons of many mice under one dose give the plasticity proteins and set point that drive spines.
2. The objective is every row of the 24-hour window as the main job scores it, those about the spread between mice
   included, and the covariances of losses and gains within branches. A mean field and short formulas predict all rows
   of any numbers in milliseconds; what counting few spines adds is learned from agents: whole main jobs with other
   numbers and individuals, first around the best numbers of the formulas, then around the best that are known by then.
3. Gains that can stand in for each other (pulse, capture, appearance, set point, crowding) are held by priors: medians
   of the starting model and a factor of e either way. What the rows say without priors is printed. Said before the fit:
   the rows of the question (spine density 24 hours after the drug, and the formation and elimination that make it)
   count in full, every other row 0.7 of an independent one. Rows of the same branches err together and are worth fewer
   independent ones than that, which is printed: the uncertainties of numbers are too narrow by up to that ratio's root.
4. The posterior is an ensemble of weighted draws; whole main jobs of some of them predict the 24-hour window.
5. All of it again from another seed: other agents, other neurons, other starts. Do the two agree?

Run: python experiments/calibrate.py --out DIR [--small] [--seed N] [--ship]
It needs the published rows only, no table of a laboratory. With `--ship` the numbers become those of the package
(plastisim/calibrated.json); nothing else writes that file, and no number of it is written by hand.
"""

from __future__ import annotations

import dataclasses
import json
from concurrent.futures import ThreadPoolExecutor

import numpy as np

import plastisim as ps
from plastisim import calibration as cal

DAY = float(ps.DAY)
THY1, PT = ps.THY1_GFP.name, ps.PT_2025.name
BOTH = (THY1, PT)
LAW = {  # where the search starts, and the prior: median, SD of ln
    "transient_loss": (0.34 / DAY, 1.0),  # starting model
    "transient_share": (0.08, 1.0),  # starting model
    "persistent_loss": (0.0007 / DAY, 0.5),  # 18-month thinned-skull imaging loses about a quarter (row V25)
    "hiding": (0.03 / DAY, 1.0),  # a few per cent of the spines missed in a session
    "appearing": (0.25 / DAY, 1.0),  # days
    "pulse_gain": (4.5, 1.0),  # starting model
    "set_point_gain": (1.0, 1.0),  # starting model
    "crowding": (2.9, 1.0),  # starting model: 1/0.35
    "capture": (0.10 / DAY, 1.0),  # starting model: 0.4 × 0.25 /d
    "appearing_gain": (10.0, 1.0),  # guess
    "width_proteins": (1.0, 1.0),  # starting model has 1.5 on volume
    "width_set_point": (0.1, 1.0),  # starting model has 0.2 on volume
    "transient_width": (0.5, 0.5),  # starting model has 0.9 on volume
}
COHORTS = {
    ("turnover", (THY1,)): (1.0, 0.5), ("turnover", (PT,)): (1.0, 0.5), ("drift", BOTH): (0.003 / DAY, 1.0),
    ("handling", BOTH): (0.02, 1.0), ("responsiveness", (THY1,)): (1.0, 1.0),
}  # fmt: skip
SPREAD = {  # between mice, and between branches
    "turnover": (0.2, 0.5), "density": (0.02, 1.0), "responsiveness": (0.2, 0.5), "branch": (0.15, 0.5),
    "length": (24.0, 0.2),
}  # fmt: skip
ROWS = {
    "turnover": "V7b", "drift": "V11 V13 V14 P1v", "handling": "V11 P1v", "responsiveness": "P2 P4 P5",
    "width_proteins": "P6 P13", "width_set_point": "P6 P13", "transient_loss": "V6 V7 V8 V9 V10",
    "transient_share": "V6 V7 V8 V9 V10", "persistent_loss": "V8 V9 V10", "transient_width": "V22",
    "hiding": "V6 V7 V10, return of lost spines", "appearing": "V6 V7 V10, return of lost spines",
    "spread.turnover": "V6 V7 between mice", "spread.density": "V1 between mice", "spread.responsiveness": "P21 P22",
    "spread.branch": "V1 V2 V4", "spread.length": "V5 V11 V13",
}  # fmt: skip
GAINS = "P2 P4 P5 P8 P10 P11"
QUESTION = ("P2@1", "P8@1", "P4@1", "P5@1", "P10@1", "P11@1")  # density drug minus vehicle at 24 h, and its causes
OTHERS = 0.7  # weight of any other row: shared out by what they are worth, about 0.25, the priors outvoted the question
EXCHANGEABLE = ("pulse_gain", "capture", "appearing_gain")
FACTORS = (0.5, 1.0, 2.0)
DRIVEN = 48  # mice whose neurons drive the spines of agents
NEURONS = 4  # of the mean field, by rank
JITTER = 0.3  # SD of ln between starts
WIDE, NARROW = 0.35, 0.25  # SD of ln of the numbers of agents, in the two turns; less where the prior is narrower
SIZES = ("width_noise", "slow_sd", "fast_sd")
REMARKS = (
    "fitted to published rows only; run again with: python experiments/calibrate.py --ship",
    "pulse_gain, capture and appearing_gain can stand in for each other; their priors decide between them",
)


@dataclasses.dataclass(frozen=True)
class Size:
    """How much is computed."""

    mice: int = 24  # of each cohort and arm of agents, as in the main job
    jobs: tuple[int, int] = (56, 64)  # main jobs of agents in each turn
    starts: int = 2
    draws: int = 6000
    predictive: int = 8
    profiles: bool = True


SMALL = Size(mice=4, jobs=(12, 12), starts=1, draws=300, predictive=2, profiles=False)


def free_numbers():
    """Return the numbers to fit, and their priors."""
    law = {cal.Free(name): cal.Prior(*prior) for name, prior in LAW.items()}
    cohorts = {cal.Free(*which): cal.Prior(*prior) for which, prior in COHORTS.items()}
    spread = {cal.Free(name, spread=True): cal.Prior(*prior) for name, prior in SPREAD.items()}
    return tuple((law | cohorts | spread).items())


def start():
    """Return the setting that all free numbers start from: the medians of the priors, sizes as measured."""
    cohorts = {THY1: ps.THY1_GFP, PT: dataclasses.replace(ps.PT_2025, responsiveness=1.0)}
    setting = cal.Setting(ps.Spines(), cohorts, ps.Spread())
    for one, prior in free_numbers():
        setting = one.put(setting, prior.median)
    found = single_spine_sizes(setting.law)
    return setting._replace(law=dataclasses.replace(setting.law, slow_sd=found.slow_sd[0], fast_sd=found.fast_sd[0]))


def single_spine_sizes(law):
    """Return the sizes that rows V19-V21 ask for under a law."""
    return cal.sizes(ps.Microscope(), cal.observed(cal.hidden_state(law).flow()))


def neurons(seed):
    """Return what drives the spines of many neurons after 1 mg/kg psilocybin."""
    protocol = ps.Protocol(
        (ps.Arm("psilocybin", (ps.Dose(ps.PSILOCYBIN, 1.0),)),), start=0, end=7 * ps.DAY, sessions=(0, 7)
    )
    return cal.drive_of(ps.simulate(protocol, (ps.PT_2025.with_mice(DRIVEN),), seed=seed))


def approximation(drive):
    """Return what is predicted without agents, from a few neurons of equal rank."""
    order = np.argsort(drive.proteins.sum(axis=0))
    kept = order[((np.arange(NEURONS) + 0.5) * len(order) / NEURONS).astype(int)]
    few = drive._replace(proteins=drive.proteins[:, kept], set_point=drive.set_point[:, kept])
    free, _ = zip(*free_numbers(), strict=True)
    rows = tuple(row for row in ps.PUBLISHED if row.scored)
    return cal.Approximation(start(), free, cal.course_of(few, cal.WEEK, ps.TICK), ps.Microscope(), rows)


def main_jobs(settings, drive, size, random):
    """Return the rows of the main job for some settings, each with its own individuals and neurons."""
    seeds = random.integers(2**16, 2**31, len(settings)).tolist()

    def job(each):
        setting, seed = each
        turned = drive._replace(
            proteins=np.roll(drive.proteins, seed % 997, axis=1), set_point=np.roll(drive.set_point, seed % 997, axis=1)
        )
        try:
            return cal.rows_of(setting, turned, size.mice, seed)
        except ps.NumericalError:  # a row that has no value with so extreme numbers
            return None

    with ThreadPoolExecutor(2) as threads:
        return list(threads.map(job, zip(settings, seeds, strict=True)))


def measured(rows):
    """Return what was measured of the rows of a main job."""
    low, high = np.array([row.interval for row in rows]).T
    value = np.array([row.measured for row in rows])
    names = tuple(f"{row.id}{'' if row.day is None else f'@{row.day:g}'} {row.cohort} {row.figure}" for row in rows)
    floor = 1e-6 * (high - low)  # of a side on which nothing can be simulated, such as a share above 1
    return cal.Rows(names, value, np.maximum(value - low, floor) / 1.96, np.maximum(high - value, floor) / 1.96)


def weights(names):
    """Return how much each row counts, relative to an independent one; the names begin with row and day."""
    return np.array([1.0 if name.split()[0] in QUESTION else OTHERS for name in names])


def seen_by(rows, free):
    """Return which numbers each row can depend on: no vehicle row sees what acts only after the drug."""
    after = np.array([(not one.spread and one.field in cal.OF_ARMS) or one.field == "responsiveness" for one in free])
    drugged = np.array(["drug" in row.figure and not row.figure.startswith("vehicle") for row in rows])
    return np.where(drugged[:, None], 1.0, np.where(after, 0.0, 1.0)[None])


def calibrate(size, seed):
    """Return drive, problem, optimum and ensemble of one seed."""
    random, drive = np.random.default_rng(seed), neurons(seed)
    free, priors = zip(*free_numbers(), strict=True)
    medians, sds = np.array(priors).T
    rows = None
    plain = approximation(drive)
    middle, designs, results = np.log(medians), [], []
    problem = None
    for width, count in zip((WIDE, NARROW), size.jobs, strict=True):
        if problem is None:
            example = cal.rows_of(start(), drive, 2, 0)
            rows = measured(example)
            problem = cal.Problem(start(), free, priors, rows, plain, None, middle, sds, weights(rows.names))
        begin = middle + JITTER * random.normal(size=(size.starts, len(middle)))
        centre = cal.optimum(problem, begin).logs
        scale = width * np.minimum(sds, 1.0)
        logs = centre + scale * random.normal(size=(count, len(centre)))
        found = main_jobs([problem.made(one) for one in logs], drive, size, random)
        designs += [one for one, job in zip(logs, found, strict=True) if job]
        results += [[row.simulated for row in job] for job in found if job]
        problem = learned(problem, np.array(designs), np.array(results), centre, scale, seen_by(example, free))
        middle = centre
        print(
            f"seed {seed}: {len(designs)} main jobs of agents, {len(rows.names)} rows that err together like "
            f"{cal.worth(problem.added.left_out):.0f}; they count like {problem.weight.sum():.0f}",
            flush=True,
        )
    best = cal.optimum(problem, [middle, np.log(medians)])
    return drive, problem, best, cal.ensemble(problem, best, size.draws, seed)


def learned(problem, designs, results, centre, scale, sees):
    """Return the problem with what agents add."""
    added = cal.learn((designs - centre) / scale, (results - problem.approximation(designs)) / problem.rows.error, sees)
    return dataclasses.replace(problem, added=added, centre=centre, scale=scale)


def predictive(drive, problem, draws, size, seed):
    """Return what main jobs of some draws show 24 hours after the dose: measured row, simulated values."""
    random = np.random.default_rng([seed, 1])
    jobs = main_jobs([problem.made(one) for one in draws.pick(size.predictive, seed)], drive, size, random)
    columns = zip(*(job for job in jobs if job), strict=True)
    return [(column[0], np.array([row.simulated for row in column])) for column in columns if column[0].day == 1.0]


def shipped_numbers(problem, best, draws):
    """Return the numbers that the package ships, by path."""
    rows = {one.name: ROWS.get(one.path, ROWS.get(one.field, GAINS)) for one in problem.free}
    found = cal.numbers(problem, best, draws, rows)
    for name, (value, sd) in single_spine_sizes(problem.made(best.logs).law)._asdict().items():
        if name in SIZES:
            owner = "microscope" if name == "width_noise" else "spines"
            found[f"{owner}.{name}"] = cal.Number(value, sd, "1", "V19 V20 V21")
    return found


def report(seed, problem, best, draws, window):
    """Print one calibration, and return it in JSON types."""
    known = cal.identified(problem, best)
    misses = problem.misses(best.logs[None])[0]
    count, chi, inside = len(misses), float(np.square(misses).sum()), int((np.abs(misses) <= 1.96).sum())
    print(
        f"\nseed {seed}: chi-squared {chi:.1f} of {count} rows, {inside} inside, {len(problem.free)} numbers and priors"
    )
    print(f"  from other starts: {', '.join(f'{value:.1f}' for value in best.others)} (with priors)")
    print(f"  ensemble worth {draws.size:.0f} of {len(draws.weights)} draws")
    for one, sd, learned in zip(problem.free, draws.deviation(), known.learned, strict=True):
        value = one.get(problem.made(best.logs))
        print(f"    {one.name:28} {value:10.4g}  x/÷ {np.exp(sd):5.2f}   rows explain {learned:4.0%} of the prior")
    print("  weakest directions (below 1 the prior says more than the rows):")
    for value, names in list(zip(known.eigenvalues, known.weakest, strict=True))[:5]:
        print(f"    {value:8.3g}  {names}")
    strong = np.argwhere(np.triu(np.abs(known.correlation) > 0.7, 1))
    for first, second in strong:
        pair = f"{problem.free[first].name}, {problem.free[second].name}"
        print(f"    correlated {known.correlation[first, second]:+.2f}: {pair}")
    for name, score in zip(problem.rows.names, misses, strict=True):
        if abs(score) > 1.96:
            print(f"  ! {name:60} z {score:+.1f}")
    print("  posterior predictive of the 24-hour window: main jobs of draws")
    for row, values in window:
        low, high = np.quantile(values, (0.025, 0.975))
        predicted = f"[{low:.3g}, {high:.3g}]"
        mark = "" if low <= row.interval[1] and high >= row.interval[0] else "  APART"
        print(
            f"    {row.id:4} {row.cohort:9} {row.figure[:42]:42} {row.measured:7.3g} {row.interval}  {predicted}{mark}"
        )
    return {
        "seed": seed, "chi_squared": chi, "rows": count, "inside": inside, "weight": problem.weight.tolist(),
        "worth": cal.worth(problem.added.left_out),
        "other_starts": best.others, "effective_draws": draws.size,
        "numbers": {one.name: one.get(problem.made(best.logs)) for one in problem.free},
        "sd_of_ln": dict(zip((one.name for one in problem.free), draws.deviation().tolist(), strict=True)),
        "learned": known.learned.tolist(), "eigenvalues": known.eigenvalues.tolist(), "directions": known.weakest,
        "correlation": known.correlation.tolist(),
        "scores": dict(zip(problem.rows.names, misses.tolist(), strict=True)),
        "predictive": {f"{row.id} {row.cohort} {row.figure}": values.tolist() for row, values in window},
    }  # fmt: skip


def agreement(first, second):
    """Return how many standard deviations apart two calibrations are, by number."""
    (_, problem, _, draws), (_, _, _, others) = first, second
    apart = np.abs(draws.middle() - others.middle()) / np.hypot(draws.deviation(), others.deviation())
    return dict(zip((free.name for free in problem.free), apart.tolist(), strict=True))


def main():
    """Calibrate twice, compare, write; return the exit code."""
    choice = cal.command(
        __doc__, "calibrate", "few agents, one start; shows that it runs",
        "of the first calibration; the second has the next one", ship="make the numbers those of the package",
    )  # fmt: skip
    size = SMALL if choice.small else Size()

    results, documents = [], []
    for seed in (choice.seed, choice.seed + 1):
        results.append(calibrate(size, seed))
        drive, problem, best, draws = results[-1]
        documents.append(report(seed, problem, best, draws, predictive(drive, problem, draws, size, seed)))
    apart = agreement(*results)
    agree = max(apart.values()) < 2.0
    farthest = max(apart, key=lambda name: apart[name])
    print(f"\ntwo seeds: farthest apart {farthest}, {apart[farthest]:.2f} SD: {'agree' if agree else 'DIFFER'}")

    _, problem, best, draws = results[0]
    profiles = {}
    if size.profiles:
        for index, one in enumerate(problem.free):
            if one.field in EXCHANGEABLE:
                profiles[one.name] = cal.profile(problem, best, index, FACTORS).tolist()
                print(
                    f"profile of {one.name} at x {FACTORS}: {', '.join(f'{value:.1f}' for value in profiles[one.name])}"
                )

    rows = [(row.key, row.cohort, row.figure, row.value, row.interval) for row in ps.PUBLISHED if row.scored]
    inputs = cal.fingerprint((rows, cal.COVARIANCES, LAW, COHORTS, SPREAD, QUESTION, OTHERS, size))
    file = cal.SHIPPED if choice.ship else choice.out / cal.SHIPPED.name
    cal.write(file, shipped_numbers(problem, best, draws), "experiments/calibrate.py", choice.seed, inputs, REMARKS)
    document = {"seeds": documents, "apart": apart, "agree": agree, "profiles": profiles, "inputs_sha256": inputs}
    (choice.out / "calibrate.json").write_text(json.dumps(document, indent=1), encoding="utf-8")
    print(f"wrote {file} and {choice.out / 'calibrate.json'}")
    return 0 if agree else 3


if __name__ == "__main__":
    raise SystemExit(main())
