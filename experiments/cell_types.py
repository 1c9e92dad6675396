"""Do the two kinds of layer V cell answer alike?

Pyramidal-tract (PT) and intratelencephalic (IT) neurons get the same dose. In the model they differ in two numbers
only: 5-HT1A, which quietens a cell, weighs less in IT cells, and IT cells carry more spines to begin with. So
whatever differs below follows from these two.

Look at the firing rate first: the same drug holds PT cells back more than IT cells. Then look at how little of that
reaches the spines: growth does not rest on firing.

Run it: plastisim run cell-types --out results/cell_types
"""

import sys

import plastisim as ps

TITLE = "Do PT and IT cells answer alike?"
MICE, SMALL = 12, 3
COHORTS = (ps.Cohort("PT", ps.PT, MICE), ps.Cohort("IT", ps.IT, MICE))
ARMS = (
    ps.Arm("vehicle", (ps.Dose.of(ps.VEHICLE, "1 mg/kg"),)),
    ps.Arm("0.3 mg/kg", (ps.Dose.of(ps.PSILOCYBIN, "0.3 mg/kg"),)),
    ps.Arm("1 mg/kg", (ps.Dose.of(ps.PSILOCYBIN, "1 mg/kg"),)),
    ps.Arm("3 mg/kg", (ps.Dose.of(ps.PSILOCYBIN, "3 mg/kg"),)),
)

# Fixed before the run. Serotonin inhibits corticopontine (PT) cells and excites commissural (IT) ones (row E12).
ALIKE = 0.5  # the two kinds of cell differ in growth by less than this share of the larger


def experiment(request: ps.Request) -> ps.Outcome:
    """Simulate both kinds of cell side by side, read out, compare."""
    found = ps.carry_out(
        ps.Experiment(
            title=TITLE,
            protocol=ps.Protocol(ARMS, start=-ps.DAY, end=ps.DAY, sessions=(-1, 1)),
            cohorts=tuple(one.with_mice(SMALL if request.small else MICE) for one in COHORTS),
            readouts=(
                ps.Asked("firing_rate", (1800,)),
                ps.Asked("bdnf_mrna", (4 * 3600,)),
                ps.Asked("density", (ps.DAY,)),
            ),
        ),
        request,
    )
    rate = {cell: found.of("firing_rate", cell).fold("1 mg/kg").value for cell in ("PT", "IT")}
    grown = {cell: found.of("density", cell).minus("1 mg/kg") for cell in ("PT", "IT")}
    difference = abs(grown["PT"].value - grown["IT"].value)
    return ps.answer(
        found,
        {
            "firing rises more, or falls less, in IT cells": rate["IT"] > rate["PT"],
            "PT cells grow spines": grown["PT"].interval[0] > 0,
            "IT cells grow spines": grown["IT"].interval[0] > 0,
            "growth is alike in both": difference < ALIKE * max(one.value for one in grown.values()),
        },
        lambda path: ps.effects_figure(found.rows(), path, TITLE),
        {"firing_rate_fold": rate},
    )


if __name__ == "__main__":
    raise SystemExit(ps.main(["run", "cell-types", *sys.argv[1:]]))
