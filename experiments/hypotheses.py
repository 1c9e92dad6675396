"""Which data tell the hypotheses apart, and which new experiment would?

Six opinions on what starts growth, each a set of parameters. Under each of them the same seven experiments are done
on the same mice: psilocybin alone, with a blocker of 5-HT2A, of TrkB, of AMPA receptors, or a scavenger of BDNF in
a bath, and a bath of serotonin, of which little enters a cell, or of psilocybin that cannot enter.

Look down the columns of the grid: a column in which all hypotheses say the same tells nothing. For each pair of
hypotheses the terminal names the experiment that separates it best, in standard deviations between mice.

Run it: plastisim run hypotheses --out results/hypotheses
"""

import itertools
import sys

import numpy as np

import plastisim as ps

TITLE = "Which experiment tells the hypotheses apart?"
MICE, SMALL = 8, 3
DRUG = (ps.Dose.of(ps.PSILOCYBIN, "1 mg/kg"),)
VEHICLE = (ps.Dose.of(ps.VEHICLE, "1 mg/kg"),)


def bath(compound, concentration):
    """Return a bath for a day."""
    return (ps.Bath.of(compound, concentration, stop="1 d"),)


ARMS = (
    ps.Arm("vehicle", VEHICLE),
    ps.Arm("psilocybin", DRUG),
    ps.Arm("psilocybin + volinanserin", DRUG, bath(ps.VOLINANSERIN, "1 umol/L")),
    ps.Arm("psilocybin + ANA-12", DRUG, bath(ps.ANA12, "1 umol/L")),
    ps.Arm("psilocybin + AMPA blocker", DRUG, bath(ps.AMPA_BLOCKER, "10 umol/L")),
    ps.Arm("psilocybin + BDNF scavenger", DRUG, bath(ps.BDNF_SCAVENGER, "10 nmol/L")),
    ps.Arm("serotonin bath", VEHICLE, bath(ps.SEROTONIN, "10 umol/L")),
    ps.Arm("impermeant psilocybin bath", VEHICLE, bath(ps.IMPERMEANT_PSILOCYBIN, "10 umol/L")),
)
HELD = (
    ps.INTRACELLULAR, ps.SURFACE, ps.HTR2A_REQUIRED, ps.TRKB_DIRECT, ps.ACTIVITY_REQUIRED, ps.ACTIVITY_INDEPENDENT
)  # fmt: skip
EXPERIMENTS = tuple(arm.name for arm in ARMS[1:])

# Fixed before the run: what each hypothesis says is what it has to give (rows B10 and O5; Vargas et al. 2023).
LEFT, KEPT = 0.25, 0.75  # shares of the effect of psilocybin alone: blocked, and not blocked


def experiment(request: ps.Request) -> ps.Outcome:
    """Do all experiments under every hypothesis; compare the columns."""
    runs = {held.name: under(held, request) for held in HELD}
    grid = np.array([[runs[name]["density"].minus(one).value for one in EXPERIMENTS] for name in runs])
    spread = np.array([[runs[name]["density"].mice(one).std(ddof=1) for one in EXPERIMENTS] for name in runs])
    share = {name: dict(zip(EXPERIMENTS, row / row[0], strict=True)) for name, row in zip(runs, grid, strict=True)}
    inside, surface, direct = (share[one.name] for one in (ps.INTRACELLULAR, ps.SURFACE, ps.TRKB_DIRECT))
    best = {
        f"{first} | {second}": separation(grid[[i, j]], spread[[i, j]])
        for (i, first), (j, second) in itertools.combinations(enumerate(runs), 2)
    }
    return ps.answer(
        runs[ps.INTRACELLULAR.name],
        {
            "inside: a 5-HT2A blocker that enters takes the effect": inside["psilocybin + volinanserin"] < LEFT,
            "inside: serotonin does little": inside["serotonin bath"] < 0.5,
            "surface: serotonin does as much as the drug": surface["serotonin bath"] > KEPT,
            "TrkB direct: a 5-HT2A blocker changes nothing": direct["psilocybin + volinanserin"] > KEPT,
            "all agree that a TrkB blocker takes it": max(one["psilocybin + ANA-12"] for one in share.values()) < LEFT,
        },
        lambda path: ps.grid_figure(
            grid, list(runs), EXPERIMENTS, path, TITLE, "density, minus vehicle at 24 h (points)"
        ),
        {"experiments": EXPERIMENTS, "density_minus_vehicle": dict(zip(runs, grid, strict=True)), "best": best},
        "\n".join(f"{pair:52} {one['experiment']:28} {one['separation']:5.1f} SD" for pair, one in best.items()),
    )


def under(held, request):
    """Return what is found under one hypothesis; the first run is the default model's."""
    found = ps.Experiment(
        title=f"{TITLE} {held.name}",
        protocol=ps.Protocol(ARMS, start=-ps.DAY, end=ps.DAY, sessions=(-1, 1)),
        cohorts=(ps.PT_2025.with_mice(SMALL if request.small else MICE),),
        readouts=(ps.Asked("density", (ps.DAY,)),),
        parameters={f"pathway.{path}": value for path, value in held.pathway.items()},
    )
    return ps.carry_out(found, request, "run" if held is HELD[0] else held.name.replace(" ", "_"))


def separation(effects, spreads):
    """Return the experiment in which two hypotheses differ most, in standard deviations between mice."""
    apart = np.abs(effects[0] - effects[1]) / np.sqrt(np.mean(spreads**2, axis=0))
    first = int(np.argmax(apart))
    return {
        "experiment": EXPERIMENTS[first],
        "separation": apart[first],
        "points": effects[0][first] - effects[1][first],
    }


if __name__ == "__main__":
    raise SystemExit(ps.main(["run", "hypotheses", *sys.argv[1:]]))
