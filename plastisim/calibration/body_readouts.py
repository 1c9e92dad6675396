"""What the K and R rows ask of a simulation: plasma, occupancy and head twitches, without neurons."""

from __future__ import annotations

import numpy as np

from plastisim.exposed import Exposed, expose
from plastisim.lab.agonists import DOI, LSD, MEO_DMT, PSILOCYBIN
from plastisim.lab.blockers import VOLINANSERIN
from plastisim.lab.compound import Compound
from plastisim.lab.compounds import VEHICLE
from plastisim.lab.giving import Bath, Dose
from plastisim.lab.human import HUMAN_LSD, HUMAN_PSILOCYBIN
from plastisim.lab.protocol import Arm
from plastisim.lab.readouts import HeadTwitch, OccupancyScan

HOUR = 3600
PSILOCIN, LYSERGIDE = 204.27, 323.4  # g/mol, of what is measured in plasma
TWITCH_DOSES = (0.03, 0.06, 0.1, 0.2, 0.3, 0.6, 1.0)
Readouts = dict[tuple[str, str], float]


def body_readouts() -> Readouts:
    """Return the simulated figure of every K and R row that needs no neuron, by row and readout."""
    return _people() | _mice() | _affinities()


def _people() -> Readouts:
    """Return K1, K4 and R1: one average person a dose, by mouth."""
    doses = {"15 mg": HUMAN_PSILOCYBIN, "25 mg": HUMAN_PSILOCYBIN, "30 mg": HUMAN_PSILOCYBIN}
    doses |= {"0.2 mg": HUMAN_LSD, "0.1 mg": HUMAN_LSD}
    arms = tuple(Arm(dose, (Dose.of(compound, dose, body_weight="70 kg"),)) for dose, compound in doses.items())
    found, readouts = expose(arms, end=24 * HOUR, every=120), {}
    hours = found.time / HOUR
    for dose, compound in doses.items():
        row, name, mass = ("K1", "psilocin", PSILOCIN) if compound is HUMAN_PSILOCYBIN else ("K4", "LSD", LYSERGIDE)
        plasma = found.course(compound, "plasma", dose) * mass / 1000.0
        readouts[row, f"{name} Cmax, {dose}"] = plasma.max()
        readouts[row, f"{name} Tmax, {dose}"] = hours[plasma.argmax()]
        readouts[row, f"{name} half-life, {dose}"] = _half_life(hours, plasma, 4.0, 12.0)
    plasma = found.course(HUMAN_PSILOCYBIN, "plasma", "30 mg") * PSILOCIN / 1000.0
    seen = OccupancyScan().seen(found.course(HUMAN_PSILOCYBIN, "bound_surface", "30 mg"))
    late = hours > 2.0
    half = np.interp(-0.5 * OccupancyScan().ceiling, -seen[late], plasma[late])
    return readouts | {("R1", "plasma at half occupancy"): half, ("R1", "highest occupancy seen"): 100.0 * seen.max()}


def _mice() -> Readouts:
    """Return K6, K8 and R2: mice under 5-MeO-DMT and psilocybin."""
    blocked = Arm(
        "blocked", (Dose(PSILOCYBIN, 1.0),), (Bath(VOLINANSERIN, 1000.0, 0, 2 * HOUR),)
    )  # the blocker is held, at 1000 times its dissociation constant
    arms = [Arm("vehicle", (Dose(VEHICLE),)), blocked]
    arms += [Arm(f"psilocybin {dose}", (Dose(PSILOCYBIN, dose),)) for dose in TWITCH_DOSES]
    arms += [Arm(f"MeO {dose}", (Dose(MEO_DMT, dose, route="iv"),)) for dose in (1.0, 2.0, 10.0)]
    found = expose(tuple(arms), end=2 * HOUR, every=30)
    minutes = found.time / 60.0
    plasma = {dose: found.course(MEO_DMT, "plasma", f"MeO {dose}") for dose in (1.0, 2.0, 10.0)}
    area = {dose: np.trapezoid(values, minutes) / dose for dose, values in plasma.items()}
    course = _twitch_rate(found, "psilocybin 1.0")
    first = minutes <= 60.0
    wide = minutes[course >= 0.5 * course.max()]
    rises = np.array([_evoked(found, f"psilocybin {dose}") for dose in TWITCH_DOSES])
    values: Readouts = {
        ("K6", "5-MeO-DMT half-life, 1 mg/kg"): _half_life(minutes, plasma[1.0], 2.0, 30.0),
        ("K6", "5-MeO-DMT exposure a mg, 10 less 2 mg/kg"): float(area[10.0] / area[2.0]) - 1.0,
        ("K8", "twitches in the first hour"): float(np.trapezoid(course[first], minutes[first])),
        ("K8", "time of most twitches"): float(minutes[course.argmax()]),
        ("K8", "width of the twitch course"): float(wide[-1] - wide[0]),
        ("R2", "twitch ED50"): float(np.exp(np.interp(0.5, rises / rises[-1], np.log(TWITCH_DOSES)))),
        ("R2", "twitches under a 5-HT2A blocker, less a tenth"): _evoked(found, "blocked") / rises[-1] - 0.1,
    }
    return values


def _affinities() -> Readouts:
    """Return R4: dissociation constants of the compounds as shipped."""

    def affinity(compound: Compound) -> float:
        numbers = compound.kinetics()
        return numbers["htr2a_off"] / numbers["htr2a_on"]

    lsd, psilocin, meo = (affinity(one) for one in (LSD, PSILOCYBIN, MEO_DMT))
    return {
        ("R4", "5-HT2A Ki of LSD"): lsd,
        ("R4", "5-HT2A Ki of psilocin"): psilocin,
        ("R4", "5-HT2A Ki of 5-MeO-DMT"): meo,
        ("R4", "order of affinity: psilocin less LSD"): psilocin - lsd,
        ("R4", "order of affinity: 5-MeO-DMT less psilocin"): meo - psilocin,
    }


def slice_drives() -> tuple[dict[str, float], dict[str, float]]:
    """Return what a neuron sees at rest and under 10 umol/L of serotonin in the bath, by name of the drive."""
    from plastisim.lab.compounds import SEROTONIN

    bath = Arm("serotonin", baths=(Bath(SEROTONIN, 10_000.0, 0, 2 * HOUR),))
    found = expose((Arm("vehicle", (Dose(DOI, 1e-9),)), bath), end=2 * HOUR, every=60)

    def seen(arm: str) -> dict[str, float]:
        return {name: float(found.drive(name, arm)[0]) for name in found.drives}

    return seen("vehicle"), seen("serotonin")


def _half_life(time: np.ndarray, values: np.ndarray, first: float, last: float) -> float:
    during = (time >= first) & (time <= last)
    return float(-np.log(2.0) / np.polyfit(time[during], np.log(values[during]), 1)[0])


def _twitch_rate(found: Exposed, arm: str) -> np.ndarray:
    """Return twitches per minute, shape (time,)."""
    time = np.r_[0.0, found.time]
    drive = np.r_[found.drive("htr2a_surface", "vehicle")[0], found.drive("htr2a_surface", arm)]
    return 60.0 * HeadTwitch().rate(time, drive)[1:]


def _evoked(found: Exposed, arm: str) -> float:
    """Return the twitches of the first half hour above those of saline."""
    minutes = found.time / 60.0
    above = _twitch_rate(found, arm) - _twitch_rate(found, "vehicle")
    return float(np.trapezoid(above[minutes <= 30.0], minutes[minutes <= 30.0]))
