"""Measured plasma, occupancy, receptor regulation and head twitches: the K and R rows."""

from __future__ import annotations

from plastisim.lab.published_finding import ALLOWANCE, Finding, allowed, beyond, falls, rises, within

HOLZE = "Holze et al. 2023 Clin Pharmacol Ther 113:822"
DOLDER = "Dolder et al. 2015, 10.1093/ijnp/pyv072; Holze et al. 2019, 10.1111/bcp.13918"
SHEN = "Shen et al. 2011, 10.1124/dmd.111.039107"
ABOHARB = "Aboharb et al. 2025, deposited data"
MADSEN = "Madsen et al. 2019, 10.1038/s41386-019-0324-9"
GLATFELTER = "Glatfelter et al. 2022 ACS Pharmacol Transl Sci"
REVIEW = "compiled review values"
RAVAL = "Raval et al. 2021"
HANLEY = "Hanley & Hensler 2002 JPET"
NO_ERROR = f"no error printed: ± {100 * ALLOWANCE:.0f} % allowed, a choice"
THREEFOLD = "no error printed: a factor of 3 allowed, a choice; assays differ"


def _plasma() -> list[Finding]:
    """K1, K4, K6: plasma in people and mice."""
    psilocin = (("15 mg", 11.0, 1.8), ("25 mg", 17.0, 1.4), ("30 mg", 21.0, 1.8))
    people = [
        finding
        for dose, highest, half in psilocin
        for finding in (
            Finding(
                "K1", "exposure", f"psilocin Cmax, {dose}", highest, allowed(highest), "ng/mL", HOLZE, note=NO_ERROR
            ),
            Finding("K1", "exposure", f"psilocin Tmax, {dose}", 2.0, allowed(2.0), "h", HOLZE, note=NO_ERROR),
            Finding("K1", "exposure", f"psilocin half-life, {dose}", half, allowed(half), "h", HOLZE, note=NO_ERROR),
        )
    ]
    return [
        *people,
        beyond("K1", "exposure", "duration of effects", HOLZE, "subjective effects of people are not in the model"),
        Finding("K4", "exposure", "LSD Cmax, 0.2 mg", 4.5, within(4.5, 1.4, 1.0), "ng/mL", DOLDER, note="printed ± SD"),
        Finding("K4", "exposure", "LSD Tmax, 0.2 mg", 1.5, allowed(1.5), "h", DOLDER, note=NO_ERROR),
        Finding(
            "K4", "exposure", "LSD half-life, 0.2 mg", 3.6, within(3.6, 0.9, 1.0), "h", DOLDER, note="printed ± SD"
        ),
        Finding("K4", "exposure", "LSD Cmax, 0.1 mg", 1.7, allowed(1.7), "ng/mL", DOLDER, note=NO_ERROR),
        Finding("K4", "exposure", "LSD Tmax, 0.1 mg", 1.7, allowed(1.7), "h", DOLDER, note=NO_ERROR),
        Finding("K4", "exposure", "LSD half-life, 0.1 mg", 3.6, allowed(3.6), "h", DOLDER, note=NO_ERROR),
        beyond("K4", "exposure", "LSD second half-life", DOLDER, "human LSD has one compartment, hence one half-life"),
        beyond(
            "K4", "exposure", "LSD EC50 of good effect", DOLDER, "subjective effects of people are not in the model"
        ),
        Finding(
            "K6", "exposure", "5-MeO-DMT half-life, 1 mg/kg", 15.5, (12.0, 19.0), "min", SHEN, "2nd", "printed range"
        ),
        rises("K6", "exposure", "5-MeO-DMT exposure a mg, 10 less 2 mg/kg", SHEN),
    ]


def _twitches() -> list[Finding]:
    """K8, R2: head twitches of mice."""
    total = "sum of the printed bins of the first hour; " + NO_ERROR
    return [
        Finding("K8", "receptors", "twitches in the first hour", 60.0, allowed(60.0), "1", ABOHARB, "data", total),
        Finding("K8", "receptors", "time of most twitches", 5.5, (3.0, 8.0), "min", ABOHARB, "data", "printed range"),
        Finding(
            "K8",
            "receptors",
            "width of the twitch course",
            15.0,
            within(15.0, 3.0),
            "min",
            ABOHARB,
            "data",
            "printed SEM; single mice 7-24",
        ),
        Finding("R2", "receptors", "twitch ED50", 0.2, (0.11, 0.29), "mg/kg", GLATFELTER, note="printed range"),
        falls(
            "R2",
            "receptors",
            "twitches under a 5-HT2A blocker, less a tenth",
            GLATFELTER,
            note="absent: less than a tenth is left",
        ),
    ]


def _receptors() -> list[Finding]:
    """R1, R4, R8, R9: occupancy, affinity, regulation."""
    affinity = (("LSD", 3.3), ("psilocin", 12.0), ("5-MeO-DMT", 907.0))
    return [
        Finding(
            "R1", "receptors", "plasma at half occupancy", 1.97, allowed(1.97), "ug/L", MADSEN, "recalled", NO_ERROR
        ),
        Finding(
            "R1",
            "receptors",
            "highest occupancy seen",
            72.0,
            (65.0, 76.6),
            "%",
            MADSEN,
            "seen",
            "highest of 8 people at 3-30 mg; up to the printed Emax",
        ),
        *(
            Finding(
                "R4",
                "receptors",
                f"5-HT2A Ki of {name}",
                ki,
                (round(ki / 3, 3), 3 * ki),
                "nmol/L",
                REVIEW,
                "2nd",
                THREEFOLD,
            )
            for name, ki in affinity
        ),
        rises("R4", "receptors", "order of affinity: psilocin less LSD", REVIEW, "2nd"),
        rises("R4", "receptors", "order of affinity: 5-MeO-DMT less psilocin", REVIEW, "2nd"),
        beyond("R4", "receptors", "5-HT2A Ki of mescaline", REVIEW, "mescaline is not among the compounds", "2nd"),
        Finding(
            "R8", "receptors", "5-HT2A density, day 1", -32.5, (-50.0, -15.0), "%", RAVAL, note="printed range; pig"
        ),
        Finding(
            "R8",
            "receptors",
            "5-HT2A density, day 7",
            0.0,
            (-10.0, 10.0),
            "%",
            RAVAL,
            note="normal: ± 10 % allowed, a choice; pig",
        ),
        falls("R9", "receptors", "IP3 made after 10 min of serotonin, less that at its start", HANLEY),
    ]


BODY: tuple[Finding, ...] = (*_plasma(), *_twitches(), *_receptors())
