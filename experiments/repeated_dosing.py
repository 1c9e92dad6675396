"""Once or often? One dose, a course of doses, or a little every day.

On five days in a row every mouse is injected, so that handling is the same for all; what differs is in the syringe.
One arm gets psilocybin, 1 mg/kg, on the first day only, one on days 0, 2 and 4, one on all five days, one a tenth
of the dose on all five days. Spines are followed for nine days.

Look at how far the arms are from each other on the last day: the second dose adds less than the first.

Run it: plastisim run repeated-dosing --out results/repeated_dosing
"""

import sys

import plastisim as ps

TITLE = "Once or often? Repeated doses of psilocybin"
MICE, SMALL = 10, 3
DAYS = range(5)
LAST = 9  # day
TIMES = tuple(2 * 3600 + 43200 * half for half in range(14))  # 2 h after each dose and half a day later


def syringes(doses):
    """Return an injection on each day: the dose of that day, or vehicle."""
    return tuple(
        ps.Dose.of(ps.PSILOCYBIN, doses[day], at=f"{day} d")
        if day in doses
        else ps.Dose.of(ps.VEHICLE, "1 mg/kg", at=f"{day} d")
        for day in DAYS
    )


ARMS = (
    ps.Arm("vehicle daily", syringes({})),
    ps.Arm("1 mg/kg once", syringes({0: "1 mg/kg"})),
    ps.Arm("1 mg/kg three times", syringes(dict.fromkeys((0, 2, 4), "1 mg/kg"))),
    ps.Arm("1 mg/kg daily", syringes(dict.fromkeys(DAYS, "1 mg/kg"))),
    ps.Arm("0.1 mg/kg daily", syringes(dict.fromkeys(DAYS, "0.1 mg/kg"))),
)


def experiment(request: ps.Request) -> ps.Outcome:
    """Simulate, read out, see what repeating adds. What is expected was fixed before the run."""
    found = ps.carry_out(
        ps.Experiment(
            title=TITLE,
            protocol=ps.Protocol(ARMS, start=-ps.DAY, end=LAST * ps.DAY, sessions=(-1, 1, 3, 5, 7, LAST)),
            cohorts=(ps.PT_2025.with_mice(SMALL if request.small else MICE),),
            readouts=(
                ps.Asked("density"),
                ps.Asked("formation"),
                ps.Asked("bdnf_mrna", TIMES),
                ps.Asked("mtorc1", TIMES),
            ),
        ),
        request,
    )
    once, thrice, daily = (found["density"].minus(arm.name, LAST * ps.DAY).value for arm in ARMS[1:4])
    mrna = found["bdnf_mrna"]
    first, fifth = (mrna.minus("1 mg/kg daily", day * ps.DAY + 7200).value for day in (0, 4))
    return ps.answer(
        found,
        {
            "one dose is still seen on day 9": found["density"].minus("1 mg/kg once").interval[0] > 0,
            "three doses give more than one": thrice > once,
            "five give more than three": daily > thrice,
            "five give less than five times one": daily < 5 * once,
            "the fifth dose raises Bdnf mRNA too": fifth > 0.5 * first,
        },
        lambda path: ps.course_figure(found.rows(), path, TITLE),
    )


if __name__ == "__main__":
    raise SystemExit(ps.main(["run", "repeated-dosing", *sys.argv[1:]]))
