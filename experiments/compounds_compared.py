"""Which compounds grow spines, and does it go with the head twitch?

Mice get one dose of one of nine compounds i.p., each at a dose at which it is used in mice. Read out are the drive
of surface 5-HT2A after 10 minutes, of which head twitches are the sign; Bdnf mRNA after 4 hours; spines after 1 and
3 days.

Look along each line of the figure: a psychedelic moves everything, LSD the drive of 10 minutes least, as it binds and
lets go slowly. Ketamine leaves 5-HT2A alone and grows spines by another way; buspirone acts at 5-HT1A and does nothing
here; the generic non-hallucinogenic agonist asks what low efficacy and slow binding would do.

Run it: plastisim run compounds-compared --out results/compounds_compared
"""

import sys

import plastisim as ps

TITLE = "Which compounds grow spines, and does it go with the head twitch?"
MICE, SMALL = 10, 3
GIVEN = (
    (ps.PSILOCYBIN, "1 mg/kg"),
    (ps.LSD, "0.1 mg/kg"),
    (ps.DOI, "2 mg/kg"),
    (ps.DMT, "10 mg/kg"),
    (ps.MEO_DMT, "20 mg/kg"),
    (ps.MDMA, "8 mg/kg"),
    (ps.KETAMINE, "10 mg/kg"),
    (ps.BUSPIRONE, "3 mg/kg"),
    (ps.NON_HALLUCINOGENIC_AGONIST, "10 mg/kg"),
)
ARMS = (
    ps.Arm("vehicle", (ps.Dose.of(ps.VEHICLE, "1 mg/kg"),)),
    *(ps.Arm(compound.name, (ps.Dose.of(compound, dose),)) for compound, dose in GIVEN),
)

# Fixed before the run, after the starting model: +5.9 % (MDMA) to +22 % (DOI) on day 3, ketamine +4.6, buspirone 0.
NOTHING = 1.0  # points of density: less is nothing


def experiment(request: ps.Request) -> ps.Outcome:
    """Simulate, read out, compare with the order of the starting model."""
    found = ps.carry_out(
        ps.Experiment(
            title=TITLE,
            protocol=ps.Protocol(ARMS, start=-ps.DAY, end=3 * ps.DAY, sessions=(-1, 1, 3)),
            cohorts=(ps.PT_2025.with_mice(SMALL if request.small else MICE),),
            readouts=(
                ps.Asked("head_twitch_drive", (600,)),
                ps.Asked("bdnf_mrna", (4 * 3600,)),
                ps.Asked("density", (ps.DAY, 3 * ps.DAY)),
            ),
        ),
        request,
    )
    spines = {compound.name: found["density"].minus(compound.name, 3 * ps.DAY).value for compound, _ in GIVEN}
    drive = {compound.name: found["head_twitch_drive"].minus(compound.name).value for compound, _ in GIVEN}
    psychedelics = ("psilocybin", "LSD", "DOI", "DMT", "5-MeO-DMT")
    return ps.answer(
        found,
        {
            "every psychedelic grows spines": min(spines[name] for name in psychedelics) > NOTHING,
            "DOI more than LSD, LSD more than DMT": spines["DOI"] > spines["LSD"] > spines["DMT"],
            "psilocybin more than DMT": spines["psilocybin"] > spines["DMT"],
            "ketamine grows spines": spines["ketamine"] > NOTHING,
            "without driving 5-HT2A": abs(drive["ketamine"]) < 0.01 * drive["psilocybin"],
            "MDMA grows spines, less than psilocybin": NOTHING < spines["MDMA"] < spines["psilocybin"],
            "buspirone grows none": abs(spines["buspirone"]) < NOTHING,
        },
        lambda path: ps.effects_figure(found.rows(), path, TITLE),
        {"doses": {compound.name: dose for compound, dose in GIVEN}},
    )


if __name__ == "__main__":
    raise SystemExit(ps.main(["run", "compounds-compared", *sys.argv[1:]]))
