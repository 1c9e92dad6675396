"""Where can the effect of psilocybin be blocked: at the receptor, at TrkB, at mTORC1?

Mice get vehicle or psilocybin, 1 mg/kg i.p. In further arms something stands in its way from half an hour before:
an antagonist at 5-HT2A (ketanserin, volinanserin), one at TrkB (ANA-12), an inhibitor of mTORC1 (rapamycin), or the
gene of the receptor is missing. An injected blocker is cleared within hours; one in a bath stays.

Look at two columns of the figure: what is left of the early answer (Bdnf mRNA, 2 h), and what is left of the spines
(24 h). A blocker at the receptor takes both. One further down leaves the mRNA and takes the spines.

Run it: plastisim run blockade --out results/blockade
"""

import sys

import plastisim as ps

TITLE = "Where can the effect of psilocybin be blocked?"
MICE, SMALL = 10, 3
MRNA, SPINES = 7200, ps.DAY  # s after the dose: when each is looked at

# Fixed before the run. In rat culture ketanserin, ANA-12 and rapamycin block growth (Ly et al. 2018, row O5).
LEFT = 0.25  # of the effect, at most, where a blocker stays or the receptor is missing
KEPT = 0.75  # of the rise in mRNA, at least, where the block is further down


def arm(name, *before, bath=None, **more):
    """Return an arm that gets psilocybin, something half an hour before it, and perhaps a bath throughout."""
    first = before or (ps.Dose.of(ps.VEHICLE, "1 mg/kg", at="-30 min"),)  # every mouse is injected twice
    baths = (ps.Bath.of(bath, "1 umol/L", start="-30 min", stop="1 d"),) if bath else ()
    return ps.Arm(name, (*first, ps.Dose.of(ps.PSILOCYBIN, "1 mg/kg")), baths, **more)


def before(compound, dose):
    """Return an injection half an hour before the drug."""
    return ps.Dose.of(compound, dose, at="-30 min")


ARMS = (
    ps.Arm("vehicle", (before(ps.VEHICLE, "1 mg/kg"), ps.Dose.of(ps.VEHICLE, "1 mg/kg"))),
    arm("psilocybin"),
    arm("+ ketanserin i.p.", before(ps.KETANSERIN, "1 mg/kg")),
    arm("+ volinanserin i.p.", before(ps.VOLINANSERIN, "1 mg/kg")),
    arm("+ ketanserin bath", bath=ps.KETANSERIN),
    arm("Htr2a knockout", htr2a_density=0.0),
    arm("+ ANA-12 i.p.", before(ps.ANA12, "0.5 mg/kg")),
    arm("+ ANA-12 bath", bath=ps.ANA12),
    arm("+ rapamycin i.p.", before(ps.RAPAMYCIN, "3 mg/kg")),
)


def experiment(request: ps.Request) -> ps.Outcome:
    """Simulate, read out, compare what is left with what was expected."""
    found = ps.carry_out(
        ps.Experiment(
            title=TITLE,
            protocol=ps.Protocol(ARMS, start=-ps.DAY, end=ps.DAY, sessions=(-1, 1)),
            cohorts=(ps.PT_2025.with_mice(SMALL if request.small else MICE),),
            readouts=(ps.Asked("bdnf_mrna", (MRNA,)), ps.Asked("mtorc1", (6 * 3600,)), ps.Asked("density", (SPINES,))),
        ),
        request,
    )

    def mrna(name):
        rise = found["bdnf_mrna"].minus(name).value
        return rise / found["bdnf_mrna"].minus("psilocybin").value

    def spines(name):
        return found["density"].minus(name).value / found["density"].minus("psilocybin").value

    return ps.answer(
        found,
        {
            "psilocybin alone raises density": found["density"].minus("psilocybin").interval[0] > 0,
            "a ketanserin bath takes mRNA and spines": max(mrna("+ ketanserin bath"), spines("+ ketanserin bath"))
            < LEFT,
            "so does the missing receptor": max(mrna("Htr2a knockout"), spines("Htr2a knockout")) < LEFT,
            "an ANA-12 bath leaves the mRNA": mrna("+ ANA-12 bath") > KEPT,
            "an ANA-12 bath takes the spines": spines("+ ANA-12 bath") < LEFT,
            "rapamycin leaves the mRNA": mrna("+ rapamycin i.p.") > KEPT,
            "rapamycin takes the spines": spines("+ rapamycin i.p.") < LEFT,
            "injected ketanserin blocks in part": LEFT < spines("+ ketanserin i.p.") < KEPT,
        },
        lambda path: ps.effects_figure(found.rows(), path, TITLE),
        {"left": {name: {"bdnf_mrna": mrna(name), "density": spines(name)} for name in found["density"].arms[1:]}},
    )


if __name__ == "__main__":
    raise SystemExit(ps.main(["run", "blockade", *sys.argv[1:]]))
