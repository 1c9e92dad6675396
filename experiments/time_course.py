"""What happens when? One dose of psilocybin, from the first minute to the second week.

Mice get vehicle or psilocybin, 1 mg/kg i.p. The same mice are looked at on six clocks: calcium in the first
minutes, Bdnf mRNA and BDNF over hours, mTORC1 and S6 kinase over the day, spines over weeks.

Look at the order in which the panels rise, and at what is still up on the right-hand side: the drug is gone after
hours, the molecules after days, the spines stay.

Run it: plastisim run time-course --out results/time_course
"""

import sys

import plastisim as ps

TITLE = "What happens when, after one dose of psilocybin?"
MICE, SMALL = 8, 3
HOUR = 3600
MINUTES = (60, 120, 300, 600, 1200, 1800)
HOURS = tuple(hours * HOUR for hours in (2, 4, 6, 8, 12, 18, 24))
DAYS = tuple(days * ps.DAY for days in (2, 3, 5, 7, 14))
MOLECULES = ("calcium", "bdnf_mrna", "bdnf", "mtorc1", "s6")
ARMS = (
    ps.Arm("vehicle", (ps.Dose.of(ps.VEHICLE, "1 mg/kg"),)),
    ps.Arm("psilocybin", (ps.Dose.of(ps.PSILOCYBIN, "1 mg/kg"),)),
)

# Fixed before the run: the starting model has the mRNA peak at 2.5 to 3.6 h; density stays up for a week (row P1).
REST = 0.05  # a molecule is back when it is within this share of vehicle


def experiment(request: ps.Request) -> ps.Outcome:
    """Simulate, read out at all times, find the peaks."""
    found = ps.carry_out(
        ps.Experiment(
            title=TITLE,
            protocol=ps.Protocol(ARMS, start=-ps.DAY, end=14 * ps.DAY, sessions=(-1, 1, 3, 5, 7, 14)),
            cohorts=(ps.PT_2025.with_mice(SMALL if request.small else MICE),),
            readouts=(*(ps.Asked(name, MINUTES + HOURS + DAYS) for name in MOLECULES), ps.Asked("density")),
        ),
        request,
    )
    peak = {name: when_highest(found[name]) for name in (*MOLECULES, "density")}
    week = [abs(found[name].fold("psilocybin", 7 * ps.DAY).value - 1.0) for name in ("calcium", "bdnf_mrna", "mtorc1")]
    return ps.answer(
        found,
        {
            "calcium peaks within half an hour": peak["calcium"] <= 1800,
            "Bdnf mRNA peaks after 2 to 6 hours": 2 * HOUR <= peak["bdnf_mrna"] <= 6 * HOUR,
            "mTORC1 peaks after BDNF begins to rise, within a day": peak["calcium"] < peak["mtorc1"] <= ps.DAY,
            "spines peak last": peak["density"] >= ps.DAY,
            "after a week the molecules are back": max(week) < REST,
            "after two weeks the spines are not": found["density"].minus("psilocybin", 14 * ps.DAY).interval[0] > 0,
        },
        lambda path: ps.course_figure(found.rows(), path, TITLE, log_time=True, columns=3),
        {"peak": {name: {"time": time, "unit": "s"} for name, time in peak.items()}},
    )


def when_highest(found):
    """Return when the drug arm is furthest above vehicle, s."""
    return max(found.times, key=lambda time: found.minus("psilocybin", time).value)


if __name__ == "__main__":
    raise SystemExit(ps.main(["run", "time-course", *sys.argv[1:]]))
