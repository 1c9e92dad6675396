"""How long must the drug be there? A bath of minutes, hours or days, then wash-out.

Neurons sit in psilocin, 10 umol/L, for 10 minutes to 3 days; then the bath is washed out at once. Nobody is
injected, so nothing but the bath differs.

Look at the left panels: how long the molecules stay up after wash-out. Then at the spines: a short bath starts
something that goes on without the drug, and a bath seventy times as long does not give seventy times as much.

One expectation does not come out: thirty hours after a bath of six hours mTORC1 is still a quarter above rest. The
molecules do not follow the drug but a loop: TrkB raises ERK, ERK Bdnf mRNA, mRNA the store of BDNF, and BDNF drives
TrkB. In the equations linearised at rest the store returns with a time constant of 31 h, and of 9 h with the link from
TrkB to ERK cut. How long mTORC1 stays up in a neuron is not in the rows that the model is fitted to.

Run it: plastisim run exposure-duration --out results/exposure_duration
"""

import sys

import plastisim as ps

TITLE = "How long must the drug be there?"
MICE, SMALL = 8, 3
HOURS = {"10 min": 1 / 6, "1 h": 1, "6 h": 6, "1 d": 24, "3 d": 72}
TIMES = tuple(hours * 3600 for hours in (2, 4, 8, 12, 18, 24, 36, 48, 72, 96, 120))
ARMS = (
    ps.Arm("no drug"),
    *(ps.Arm(length, baths=(ps.Bath.of(ps.PSILOCYBIN, "10 umol/L", stop=length),)) for length in HOURS),
)

# Fixed before the run.
EARLY = 0.1  # of what a day's bath gives, at least, after an hour's: growth goes on without the drug
REST = 0.1  # mTORC1 is back a day after a six-hour bath when it is within this share of no drug


def experiment(request: ps.Request) -> ps.Outcome:
    """Simulate, read out, compare short with long."""
    found = ps.carry_out(
        ps.Experiment(
            title=TITLE,
            protocol=ps.Protocol(ARMS, start=-ps.DAY, end=5 * ps.DAY, sessions=(-1, 1, 3, 5)),
            cohorts=(ps.PT_2025.with_mice(SMALL if request.small else MICE),),
            readouts=(*(ps.Asked(name, TIMES) for name in ("bdnf_mrna", "mtorc1")), ps.Asked("density")),
        ),
        request,
    )
    spines = {length: found["density"].minus(length, 5 * ps.DAY).value for length in HOURS}
    return ps.answer(
        found,
        {
            "an hour is enough to see spines grow": found["density"].minus("1 h", 5 * ps.DAY).interval[0] > 0,
            "longer gives more": list(spines.values()) == sorted(spines.values()),
            "an hour gives more than its share of a day": spines["1 h"] > EARLY * spines["1 d"],
            "three days give less than three times one day": spines["3 d"] < 3 * spines["1 d"],
            "mTORC1 is back a day after six hours": abs(found["mtorc1"].fold("6 h", 36 * 3600).value - 1) < REST,
        },
        lambda path: ps.course_figure(found.rows(), path, TITLE, columns=3),
        {"density_day_5": {"unit": "points minus no drug", **spines}},
    )


if __name__ == "__main__":
    raise SystemExit(ps.main(["run", "exposure-duration", *sys.argv[1:]]))
