"""What the B, E, O and V18-V28 rows ask of a simulation: neurons in a dish, one day of a few neurons, single spines."""

from __future__ import annotations

import numpy as np

from plastisim.biology.spines import Habit, Spines
from plastisim.block import VARIABLES
from plastisim.calibration.body_readouts import Readouts, slice_drives
from plastisim.calibration.means import Drive, course_of, expected_table
from plastisim.calibration.slices import Dish, bathe
from plastisim.calibration.trial import drive_of, hidden_state
from plastisim.columns import names_of
from plastisim.lab.agonists import DMT, DOI, LSD, PSILOCYBIN
from plastisim.lab.blockers import ANA12, KETAMINE, KETANSERIN, RAPAMYCIN, VOLINANSERIN
from plastisim.lab.branch_table import VEHICLE
from plastisim.lab.cohort import IT, PT, PT_2025, Cohort, Spread
from plastisim.lab.compound import Compound
from plastisim.lab.compounds import VEHICLE as NOTHING
from plastisim.lab.giving import Bath, Dose
from plastisim.lab.imaging import Microscope, Snapshots, measured_widths, seen
from plastisim.lab.protocol import DAY, TICK, Arm, Protocol
from plastisim.lab.turnover import observed
from plastisim.records import branches_of
from plastisim.simulation import Imaged, Run, simulate

MINUTE, HOUR = 60.0, 3600
PLATEAU = 30.0  # min of serotonin
THIRD = 1.0 / 3.0
NAMES = [declared.name for declared in VARIABLES]


def dish_readouts() -> Readouts:
    """Return B1-B4, R9, E12 and E14: BDNF or serotonin given to a neuron in a dish."""
    rest, serotonin = slice_drives()
    no_entry = {"calcium.soc": 0.0}
    silent = {"excitability.htr1a_weight": 0.0, "excitability.burst_htr1a": 0.0}
    dishes = {
        "fibroblast": Dish({}, 7.3), "cortical": Dish({}, 2.0), "hippocampal": Dish({}, 1.0),
        "rapamycin": Dish({"mtorc1_block": 100.0}, 2.0),
        "PT": Dish(serotonin, changes={"excitability.htr1a_weight": PT.htr1a_weight}),
        "IT": Dish(serotonin, changes={"excitability.htr1a_weight": IT.htr1a_weight}),
        "1A blocked": Dish(serotonin, changes=silent), "no entry": Dish(serotonin, changes=no_entry),
    }  # fmt: skip
    minutes = np.r_[0.0, 1.0 / 60.0, np.arange(0.05, 10.0, 0.05), np.arange(10.0, 120.5, 1.0)]
    found = dict(zip(dishes, bathe(list(dishes.values()), rest, minutes * MINUTE), strict=True))

    def at(dish: str, name: str, when: float) -> float:
        return float(np.interp(when, minutes, found[dish][name]))

    readouts = {}
    for when in (0.5, 15.0, 30.0):
        relative = at("fibroblast", "trkb_active", when) / at("fibroblast", "trkb_active", 5.0)
        readouts["B1", f"active TrkB at {when:g} min"] = relative
    for when in (0.0, 0.5, 5.0, 10.0, 30.0):
        readouts["B2", f"active Akt at {when:g} min"] = at("cortical", "akt", when) / at("cortical", "akt", 2.0)
    for when in (15.0, 30.0, 60.0, 120.0):
        readouts["B3", f"pERK at {when:g} min"] = at("hippocampal", "erk", when) / at("hippocampal", "erk", 0.0)
    s6 = {dish: at(dish, "s6k", 60.0) / at(dish, "s6k", 0.0) - 1.0 for dish in ("cortical", "rapamycin")}
    serotonergic = ("PT", "IT", "1A blocked")
    firing = {dish: at(dish, "firing_rate", 5.0) / at(dish, "firing_rate", 0.0) - 1.0 for dish in serotonergic}
    calcium = found["PT"]["calcium_free"]
    plateau, without = (at(dish, "calcium_free", PLATEAU) for dish in ("PT", "no entry"))
    return readouts | {
        ("B4", "S6 kinase under BDNF"): s6["cortical"],
        ("B4", "S6 kinase under BDNF: with less without rapamycin"): s6["rapamycin"] - s6["cortical"],
        ("R9", "IP3 made after 10 min of serotonin, less that at its start"):
            at("PT", "htr2a_surface", 10.0) - at("PT", "htr2a_surface", 0.0),
        ("E12", "firing of corticopontine cells under serotonin"): firing["PT"],
        ("E12", "firing of commissural less corticopontine cells under serotonin"): firing["IT"] - firing["PT"],
        ("E12", "firing of corticopontine cells under serotonin, 5-HT1A blocked"): firing["1A blocked"],
        ("E14", "peak of Ca2+ less its plateau under serotonin"): float(calcium[minutes < 5.0].max()) - plateau,
        ("E14", "plateau of Ca2+ less rest under serotonin"): plateau - float(calcium[0]),
        ("E14", "plateau of Ca2+ that store-operated entry adds"): plateau - without,
    }  # fmt: skip


def _bath(compound: Compound, nanomolar: float) -> Bath:
    return Bath(compound, nanomolar, 0, DAY)


def day_readouts(neurons: int = 16) -> Readouts:
    """Return B5, B6, E3, O5 and O14: one day of a few neurons under each drug, the spines of each in the mean."""
    lsd, doi = _bath(LSD, 100.0), _bath(DOI, 100.0)
    arms = (
        Arm("vehicle", (Dose(NOTHING),)),
        Arm("LSD", baths=(lsd,)),
        Arm("DMT", baths=(_bath(DMT, 1000.0),)),
        Arm("DOI", baths=(doi,)),
        Arm("LSD, ketanserin", baths=(lsd, _bath(KETANSERIN, 1e4))),
        Arm("LSD, ANA-12", baths=(lsd, _bath(ANA12, 1e4))),
        Arm("LSD, rapamycin", baths=(lsd, _bath(RAPAMYCIN, 100.0))),
        Arm("DOI, blocker", baths=(doi, _bath(VOLINANSERIN, 1e4))),
        Arm("DOI, knockout", baths=(doi,), htr2a_density=0.0),
        Arm("ketamine", (Dose(KETAMINE, 10.0),)),
        Arm("psilocybin", (Dose(PSILOCYBIN, 1.0),), (Bath(KETANSERIN, 0.0, HOUR, DAY),)),  # an event at 1 h, no drug
        Arm("DOI in the animal", (Dose(DOI, 2.0),)),
    )
    run = simulate(Protocol(arms, start=0, end=DAY, sessions=(0, 1)), (Cohort("one", PT, 1, neurons, 1),))
    values = run.population.imaged(run.frames.cascade)[:, :, :, 0]

    def course(arm: str, name: str) -> np.ndarray:
        return values[:, NAMES.index(name), [one.name for one in arms].index(arm)].mean(axis=-1)

    mrna = {arm.name: course(arm.name, "bdnf_mrna").max() - 1.0 for arm in arms}
    drives = {arm.name: drive_of(run, index) for index, arm in enumerate(arms)}
    grown = {name: density_after_a_day(drive) for name, drive in drives.items()}
    first_hour = course("psilocybin", "burst_gain")[run.frames.time <= HOUR]
    readouts = {("O5", f"spine density after {drug} in the bath"): grown[drug] for drug in ("LSD", "DMT", "DOI")}
    for blocker in ("ketanserin", "ANA-12", "rapamycin"):
        less = grown[f"LSD, {blocker}"] - grown["LSD"]
        readouts["O5", f"spine density after LSD: with less without {blocker}"] = less
    pcreb = course("DOI", "pcreb")
    return readouts | {
        ("O14", "half-rise of formation after ketamine"): half_rise(drives["ketamine"]) / HOUR,
        ("B5", "pCREB after DOI"): pcreb.max() - course("vehicle", "pcreb")[0],
        ("B5", "Bdnf mRNA after DOI"): mrna["DOI"],
        ("B5", "Bdnf mRNA after DOI and a 5-HT2A blocker, less a third"): mrna["DOI, blocker"] - THIRD * mrna["DOI"],
        ("B5", "Bdnf mRNA after DOI in the knockout, less a third"): mrna["DOI, knockout"] - THIRD * mrna["DOI"],
        ("B6", "Bdnf mRNA in cortex after DOI"): mrna["DOI in the animal"],
        ("E3", "burst gain in the first hour"): 100.0 * (float(first_hour[-1]) - 1.0),
    }


def density_after_a_day(drive: Drive, law: Spines | None = None, cohort: Cohort = PT_2025) -> float:
    """Return spine density 24 h after day 0, drug minus vehicle, in per cent of its start: the mean of all neurons."""
    table = expected_table(law or Spines(), cohort, Spread(), course_of(drive, (0.0, 1.0), TICK), Microscope(), "drug")
    change = 100.0 * (table.spine_density[:, 1] / table.spine_density[:, 0] - 1.0)
    return float(change[table.condition == "drug"].mean() - change[table.condition == VEHICLE].mean())


def half_rise(drive: Drive) -> float:
    """Return when the rate at which spines are born has risen by half of its largest rise, s from the dose."""
    law, habit = Spines(), Habit(1.0, 0.0, 0.0)  # pyright: ignore[reportArgumentType]
    births = np.asarray(law.births(law.growth(drive.proteins, drive.set_point, 1.0, 1.0), habit)).mean(axis=1)  # pyright: ignore
    rise = births / float(law.birth()) - 1.0
    top = int(rise.argmax())
    return float(np.interp(0.5 * rise[top], rise[: top + 1], drive.time[: top + 1]))


def receptor_readouts(run: Run) -> Readouts:
    """Return R8: 5-HT2A protein, coupled or not, a day and a week after the drug, relative to its start."""
    pools = [NAMES.index(name) for name in NAMES if name.startswith("htr2a")]
    total = run.population.imaged(run.frames.cascade)[:, pools, -1].sum(axis=1).mean(axis=(-2, -1))
    days = run.frames.time / DAY
    return {
        ("R8", f"5-HT2A density, day {day}"): 100.0 * (float(np.interp(day, days, total)) / total[0] - 1.0)
        for day in (1, 7)
    }


def size_readouts(run: Imaged) -> Readouts:
    """Return V19-V21, V23 and V28: sizes of single spines of the vehicle arm."""
    arm, _, _ = names_of(run)
    spines, microscope = branches_of(run.snapshots, arm == run.population.protocol.arms[0].name), run.microscope
    counted = seen(spines, microscope)
    logs = np.log(measured_widths(spines, microscope))
    clear = np.log(measured_widths(spines, Microscope(width_noise=0.0)))
    one, width = logs[0][counted[0]], np.exp(logs[0][counted[0]])
    start, memory = _memory(spines, counted, logs)
    law = Spines()
    return {
        ("V19", "SD of ln diameter"): one.std(),
        ("V19", "skew of ln diameter"): _skew(one),
        ("V19", "skew of diameter"): _skew(width),
        ("V20", "autocorrelation of ln diameter at no lag"): start,
        ("V20", "memory of ln diameter"): memory,
        ("V21", "measurement share of ln diameter variance"): 1.0 - clear[0][counted[0]].var() / one.var(),
        ("V23", "spines that last 8 days or more, P80-120"): 100.0 * observed(hidden_state(law).flow()).lasting,
        ("V28", "change of diameter: large less small spines"): _growth_of_changes(spines, counted, np.exp(clear)),
        ("V28", "memory of size: months over days"): float(law.slow_time / law.fast_time) - 10.0,
    }


def _pairs(spines: Snapshots, counted: np.ndarray, values: np.ndarray, first: int, second: int) -> np.ndarray:
    """Return a value of every spine counted in two sessions, shape (2, spine)."""
    found = []
    for session in (first, second):
        site = np.broadcast_to(np.arange(len(spines.length))[:, None], counted[session].shape)[counted[session]]
        identity = (site.astype(np.int64) << 32) + spines.serial[session][counted[session]]
        found.append((identity, values[session][counted[session]]))
    _, here, there = np.intersect1d(found[0][0], found[1][0], return_indices=True)
    return np.stack([found[0][1][here], found[1][1][there]])


def _memory(spines: Snapshots, counted: np.ndarray, logs: np.ndarray) -> tuple[float, float]:
    """Return r0 and tau (d) of r0 e^(-lag/tau), from all pairs of sessions."""
    lags, correlations = [], []
    for first in range(len(spines.days)):
        for second in range(first + 1, len(spines.days)):
            lags.append(spines.days[second] - spines.days[first])
            correlations.append(np.corrcoef(_pairs(spines, counted, logs, first, second))[0, 1])
    slope, start = np.polyfit(lags, np.log(correlations), 1)
    return float(np.exp(start)), float(-1.0 / slope)


def _growth_of_changes(spines: Snapshots, counted: np.ndarray, widths: np.ndarray) -> float:
    """Return how much more the upper half of spines changes between two sessions than the lower half, SD, um."""
    before, after = _pairs(spines, counted, widths, 0, 1)
    change, large = after - before, before > np.median(before)
    return float(change[large].std() - change[~large].std())


def _skew(values: np.ndarray) -> float:
    centred = values - values.mean()
    return float((centred**3).mean() / values.std() ** 3)
