"""How many mice, and how many branches of each, does it take to see the effect?

A large simulated cohort gets vehicle or psilocybin, 0.1 or 1 mg/kg. From it small experiments are drawn, a thousand
of each size: so many mice an arm, so many branches a mouse, the mice of each arm drawn for themselves. Each is
analysed as one would analyse it, by a t-test on the means of mice, and the share of experiments that find the
effect is the power.

Look at what helps more, mice or branches; and at the dotted line at 80 %. Two arms of vehicle are drawn too: they
must not differ more often than one time in twenty.

Run it: plastisim run power --out results/power
"""

import sys

import numpy as np
from scipy import stats

import plastisim as ps

TITLE = "How many mice and branches does it take?"
MICE, SMALL = 40, 6
NUMBERS = (3, 4, 6, 8, 10, 12, 16)  # mice an arm
BRANCHES = (3, 6, 12)  # a mouse
DRAWS, LEVEL = 1000, 0.05
ARMS = (
    ps.Arm("vehicle", (ps.Dose.of(ps.VEHICLE, "1 mg/kg"),)),
    ps.Arm("0.1 mg/kg", (ps.Dose.of(ps.PSILOCYBIN, "0.1 mg/kg"),)),
    ps.Arm("1 mg/kg", (ps.Dose.of(ps.PSILOCYBIN, "1 mg/kg"),)),
)

# Fixed before the run. The measured cohorts had 6 to 9 mice an arm and about 10 branches a mouse.
ENOUGH = 0.8


def experiment(request: ps.Request) -> ps.Outcome:
    """Simulate once, draw many small experiments, count."""
    found = ps.carry_out(
        ps.Experiment(
            title=TITLE,
            protocol=ps.Protocol(ARMS, start=-ps.DAY, end=ps.DAY, sessions=(-1, 1)),
            cohorts=(ps.PT_2025.with_mice(SMALL if request.small else MICE),),
            readouts=(ps.Asked("density", (ps.DAY,)),),
        ),
        request,
    )
    table = ps.branch_tables(found.run)[ps.PT_2025.name]
    branches = {arm.name: changes(table.select(arm.name)) for arm in ARMS}
    power = {
        name: {
            many: [drawn(branches["vehicle"], branches[name], few, many, request.seed) for few in NUMBERS]
            for many in BRANCHES
        }
        for name in branches
    }
    alike = np.mean(power["vehicle"][12])
    return ps.answer(
        found,
        {
            "8 mice with 12 branches see 1 mg/kg": power["1 mg/kg"][12][NUMBERS.index(8)] >= ENOUGH,
            "0.1 mg/kg takes more mice than 1 mg/kg": power["0.1 mg/kg"][12][2] < power["1 mg/kg"][12][2],
            "12 mice with 3 branches beat 3 mice with 12": power["1 mg/kg"][3][5] > power["1 mg/kg"][12][0],
            "vehicle differs from vehicle about one time in twenty": 0.02 < alike < 0.09,
        },
        lambda path: ps.curves_figure([panel(name, power[name]) for name in ("1 mg/kg", "0.1 mg/kg")], path, TITLE),
        {"mice": NUMBERS, "branches": BRANCHES, "power": power},
    )


def changes(table):
    """Return the change in density of every branch in 24 h, %, shape (mouse, branch)."""
    before, after = table.values(ps.SPINE_DENSITY)[:, table.sessions((-1, 1))].T
    change = 100 * (after / np.where(before > 0, before, np.nan) - 1)
    return np.stack([change[table.mouse == mouse] for mouse in np.unique(table.mouse)])


def drawn(vehicle, drug, mice, branches, seed):
    """Return the share of drawn experiments that find a difference."""
    generator = np.random.default_rng(seed)

    def means(arm):
        who = generator.integers(len(arm), size=(DRAWS, mice, 1))
        which = generator.integers(arm.shape[1], size=(DRAWS, mice, branches))
        return np.nanmean(arm[who, which], axis=2)

    return float(np.mean(stats.ttest_ind(means(vehicle), means(drug), axis=1, equal_var=False).pvalue < LEVEL))


def panel(name, power):
    """Return the power for one dose over the number of mice."""
    curves = {
        f"{many} branches a mouse": ps.Curve(NUMBERS, [100 * one for one in found]) for many, found in power.items()
    }
    return ps.Panel(f"psilocybin {name}", "mice an arm", "experiments that find it (%)", curves, line=100 * ENOUGH)


if __name__ == "__main__":
    raise SystemExit(ps.main(["run", "power", *sys.argv[1:]]))
