"""How much is enough? The dose of psilocybin, the receptor, the messenger, the spines.

Mice get vehicle or one of five doses i.p., over a hundredfold range. Four things are read out, in the order in
which they follow each other: receptors occupied after 30 minutes, Bdnf mRNA after 4 hours, active mTORC1 after 6
hours, spine density after 24 hours.

Look at where each curve bends. Each step of a cascade may saturate what the step before hands on: do spines reach
their ceiling at doses at which receptors are still being filled?

One of the five expectations does not come out. Receptors bend too: at 1 mg/kg free psilocin reaches five times its
dissociation constant (guessed kinetics), and 84 % of them are occupied. Spines bend more: from 1 to 3 mg/kg they add
1.8 points, from 0.1 to 0.3 mg/kg 6.8. A threefold dose also lasts an hour longer, at an elimination of 1/h, and what
mTORC1 rises by at 6 h still goes up by a quarter while receptors are nearly full.

Run it: plastisim run dose-response --out results/dose_response
"""

import sys

import plastisim as ps

TITLE = "How much is enough? Dose of psilocybin and what follows"
MICE, SMALL = 12, 3
DOSES = ("0.03 mg/kg", "0.1 mg/kg", "0.3 mg/kg", "1 mg/kg", "3 mg/kg")
READOUTS = (
    ps.Asked("occupancy", (1800,)),
    ps.Asked("bdnf_mrna", (4 * 3600,)),
    ps.Asked("mtorc1", (6 * 3600,)),
    ps.Asked("density", (ps.DAY,)),
)
ARMS = (
    ps.Arm("vehicle", (ps.Dose.of(ps.VEHICLE, "1 mg/kg"),)),
    *(ps.Arm(dose, (ps.Dose.of(ps.PSILOCYBIN, dose),)) for dose in DOSES),
)

# Fixed before the run, after the starting model: +4.2, +6.7, +8.4, +9.3 % at 0.1, 0.3, 1, 3 mg/kg.
SATURATED = 0.5  # the last threefold step in dose adds less than this share of what the step from 0.1 to 0.3 adds


def experiment(request: ps.Request) -> ps.Outcome:
    """Simulate, read out, see whether the curves rise and bend."""
    found = ps.carry_out(
        ps.Experiment(
            title=TITLE,
            protocol=ps.Protocol(ARMS, start=-ps.DAY, end=ps.DAY, sessions=(-1, 1)),
            cohorts=(ps.PT_2025.with_mice(SMALL if request.small else MICE),),
            readouts=READOUTS,
        ),
        request,
    )
    occupied, mrna, spines = (heights(found[name]) for name in ("occupancy", "bdnf_mrna", "density"))
    expected = {
        "every higher dose occupies more": occupied == sorted(occupied),
        "every higher dose gives more mRNA": mrna == sorted(mrna),
        "every higher dose gives more spines": spines == sorted(spines),
        "spines have bent at 1 mg/kg": spines[4] - spines[3] < SATURATED * (spines[2] - spines[1]),
        "receptors have not": occupied[4] - occupied[3] > SATURATED * (occupied[2] - occupied[1]),
    }
    panels = [panel(found[asked.name]) for asked in READOUTS]
    return ps.answer(found, expected, lambda path: ps.curves_figure(panels, path, TITLE))


def heights(found):
    """Return a read-out minus vehicle for every dose, in their order."""
    return [found.minus(dose).value for dose in DOSES]


def panel(found):
    """Return a read-out over dose: molecules as multiples of vehicle, all else minus vehicle."""
    fold = found.readout.fold
    points = [found.fold(dose) if fold else found.minus(dose) for dose in DOSES]
    low, high = zip(*(point.interval for point in points), strict=True)
    curve = ps.Curve([float(dose.split()[0]) for dose in DOSES], [point.value for point in points], (low, high))
    unit = {"%": "points"}.get(found.readout.unit, found.readout.unit)
    words = "multiple of vehicle" if fold else f"minus vehicle ({unit})"
    hours = f"{found.times[0] / 3600:g} h"
    return ps.Panel(
        f"{found.readout.label}, {hours}",
        "psilocybin i.p. (mg/kg)",
        words,
        {"psilocybin": curve},
        log_x=True,
        line=float(fold),
    )


if __name__ == "__main__":
    raise SystemExit(ps.main(["run", "dose-response", *sys.argv[1:]]))
