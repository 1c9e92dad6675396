"""Compounds reach the receptor as measured: rows K1, K4, K6, K8, R1 and R2 of the targets, and the fits to them."""

from __future__ import annotations

import dataclasses
import functools

import numpy as np
import pytest
from scipy.optimize import least_squares

from plastisim.biology.gq import Gq
from plastisim.engine.errors import ConfigError
from plastisim.exposed import Exposed, expose
from plastisim.lab.compound import Compound
from plastisim.lab.compounds import (
    AMPA_BLOCKER,
    ANA12,
    BDNF_SCAVENGER,
    BUSPIRONE,
    COMPOUNDS,
    DMT,
    DOI,
    HUMAN_LSD,
    HUMAN_PSILOCYBIN,
    IMPERMEANT_PSILOCYBIN,
    KETAMINE,
    KETANSERIN,
    LSD,
    MDMA,
    MEO_DMT,
    NON_HALLUCINOGENIC_AGONIST,
    PSILOCYBIN,
    RAPAMYCIN,
    SEROTONIN,
    VEHICLE,
    VOLINANSERIN,
)
from plastisim.lab.manipulations import HTR2A_KNOCKOUT, SERT_EXPRESSION, SERT_KNOCKOUT, htr2a_density
from plastisim.lab.protocol import Arm, Bath, Dose, Infusion
from plastisim.lab.readouts import HeadTwitch, OccupancyScan

HOUR = 3600
PSILOCIN, LYSERGIDE = 204.27, 323.4  # g/mol, of what is measured in plasma
# Highest free brain concentration (nmol/L) after a dose (mg/kg), as the starting model's own solver has it.
PEAKS = {
    PSILOCYBIN: (1.0, 333.0), LSD: (0.1, 9.8), DMT: (10.0, 3800.0), DOI: (2.0, 58.0), BUSPIRONE: (3.0, 96.0),
    MDMA: (8.0, 3200.0), KETAMINE: (10.0, 3100.0), KETANSERIN: (1.0, 25.0), RAPAMYCIN: (3.0, 29.0),
}  # fmt: skip
TWITCH_DOSES = (0.03, 0.06, 0.1, 0.2, 0.3, 0.6, 1.0)
MEO_DOSES = (0.2, 0.5, 1.0, 2.0, 5.0, 10.0)
K8 = np.array([1.6, 2.5, 1.8, 1.1, 1.0, 0.8, 0.6, 0.7, 0.4, 0.6, 0.5, 0.4])  # per min, bins of 5 min
BY_MOUTH = {"15 mg": (11.0, 1.8), "25 mg": (17.0, 1.4), "30 mg": (21.0, 1.8)}  # Cmax ng/mL, half-life h: row K1


def bath(compound: Compound, concentration: str, stop: str = "8 h") -> tuple[Bath, ...]:
    return (Bath.of(compound, concentration, stop=stop),)


@functools.cache
def mice() -> Exposed:
    """Return eight hours of the average mouse under everything that can be given alone."""
    arms = [Arm("vehicle", (Dose(VEHICLE),))]
    arms += [Arm(one.name, (Dose(one, amount),)) for one, (amount, _) in PEAKS.items()]
    arms += [Arm(f"psilocybin {amount}", (Dose(PSILOCYBIN, amount),)) for amount in TWITCH_DOSES]
    arms += [Arm(f"MeO {amount}", (Dose(MEO_DMT, amount, route="iv"),)) for amount in MEO_DOSES]
    arms += [
        Arm("MeO 20", (Dose(MEO_DMT, 20.0),)),
        Arm("ANA-12", (Dose(ANA12, 0.5),)),
        Arm("under the skin", (Dose(PSILOCYBIN, 1.0, route="sc"),)),
        Arm("bolus", (Dose(PSILOCYBIN, 1.0, route="iv"),)),
        Arm("infusion", infusions=(Infusion.of(PSILOCYBIN, "0.5 mg/kg/h", start="1 h", stop="3 h"),)),
        Arm("ketamine 30", (Dose(KETAMINE, 30.0, route="sc"),)),
        Arm("low agonist", (Dose(NON_HALLUCINOGENIC_AGONIST, 5.0),)),
        Arm("washed", baths=bath(DOI, "10 nM", "1 h")),
        Arm("serotonin", baths=bath(SEROTONIN, "10 uM")),
        Arm("serotonin with SERT", baths=bath(SEROTONIN, "10 uM"), manipulations=(SERT_EXPRESSION,)),
        Arm("impermeant", baths=bath(IMPERMEANT_PSILOCYBIN, "1 uM")),
        Arm("permeant", baths=bath(PSILOCYBIN, "1 uM")),
        Arm("knockout", baths=bath(PSILOCYBIN, "1 uM"), manipulations=(HTR2A_KNOCKOUT,)),
        Arm("half", baths=bath(PSILOCYBIN, "1 uM"), manipulations=(htr2a_density(0.5),)),
        Arm("MDMA without SERT", (Dose(MDMA, 8.0),), manipulations=(SERT_KNOCKOUT,)),
        Arm("volinanserin", baths=bath(VOLINANSERIN, "100 nM")),
        Arm("AMPA blocker", baths=bath(AMPA_BLOCKER, "1 uM")),
        Arm("scavenger", baths=bath(BDNF_SCAVENGER, "10 nM")),
    ]
    return expose(tuple(arms), end=8 * HOUR, every=30)


@functools.cache
def people() -> Exposed:
    arms = [
        Arm(amount, (Dose.of(HUMAN_PSILOCYBIN, amount, body_weight="70 kg"),))
        for amount in (*BY_MOUTH, "3 mg", "1 mg", "0.3 mg")
    ]
    arms += [Arm(amount, (Dose.of(HUMAN_LSD, amount, body_weight="70 kg"),)) for amount in ("0.1 mg", "0.2 mg")]
    return expose(tuple(arms), end=24 * HOUR, every=120)


def half_life(time: np.ndarray, values: np.ndarray, first: float, last: float) -> float:
    """Return the half-life between two times, in the unit of `time`."""
    during = (time >= first) & (time <= last)
    return -np.log(2.0) / np.polyfit(time[during], np.log(values[during]), 1)[0]


# ---------------------------------------------------------------- mice


@pytest.mark.parametrize("compound", PEAKS, ids=lambda one: one.name)
def test_brain_concentrations_are_those_of_the_starting_model(compound: Compound):
    found = mice().course(compound, "brain", compound.name).max()
    assert found == pytest.approx(PEAKS[compound][1], rel=0.03)


def test_ana12_leaves_the_mouse_brain_as_measured():
    brain = mice().course(ANA12, "brain", "ANA-12")
    assert brain[mice().time == 1800] == pytest.approx(400.0, rel=0.15)
    assert brain[mice().time == 6 * HOUR] == pytest.approx(10.0, rel=0.4)


def test_ketamine_comes_within_15_minutes_and_goes():
    """Lord et al. 2013, mouse occupancy: that it is all gone by 1 h is not reproduced, a third is left."""
    block = mice().drive("nmda_block", "ketamine 30")
    time = mice().time
    assert 10 * 60 <= time[block.argmax()] <= 30 * 60
    assert block[time == 6 * HOUR] < 0.05 * block.max()


def test_5_meo_dmt_is_cleared_by_a_saturable_process():
    """Row K6: half-life 12-19 min, exposure more than proportional above 2 mg/kg."""
    minutes = mice().time / 60.0
    exposure = {}
    for amount in MEO_DOSES:
        plasma = mice().course(MEO_DMT, "plasma", f"MeO {amount}")
        exposure[amount] = np.trapezoid(plasma, minutes) / amount
        if amount <= 2.0:
            assert 12.0 < half_life(minutes, plasma, 2.0, 30.0) < 19.0
    assert exposure[2.0] < 1.25 * exposure[0.2]  # proportional up to here
    assert exposure[10.0] > 1.5 * exposure[2.0]
    assert mice().course(MEO_DMT, "brain", "MeO 20").max() > 7300.0  # what first-order clearance gives


def test_routes_differ_in_how_fast_and_not_in_how_much():
    time = mice().time
    plasma = {arm: mice().course(PSILOCYBIN, "plasma", arm) for arm in ("psilocybin", "under the skin", "bolus")}
    assert plasma["under the skin"].tobytes() == plasma["psilocybin"].tobytes()
    assert time[plasma["bolus"].argmax()] < 0.5 * time[plasma["psilocybin"].argmax()]
    assert plasma["bolus"].max() > 1.2 * plasma["psilocybin"].max()
    infused = mice().course(PSILOCYBIN, "plasma", "infusion")
    area = np.array([np.trapezoid(values, time) for values in (plasma["psilocybin"], plasma["bolus"], infused)])
    whole = 1000.0 * 1000.0 / 284.25 / 3.5 * HOUR  # nmol/L s: dose / volume / clearance of 1 /h
    np.testing.assert_allclose(area, whole, rtol=0.02)  # 0.5 mg/kg/h for 2 h is 1 mg/kg
    assert infused[time <= HOUR].max() == pytest.approx(0.0, abs=1e-9)
    assert HOUR < time[infused.argmax()] <= 3 * HOUR + 300


def test_a_bath_is_held_and_then_washed_out():
    time, bound = mice().time, mice().course(DOI, "bound_surface", "washed")
    assert bound[time == HOUR] == pytest.approx(10.0 / 10.7, rel=0.1)  # near the equilibrium of 0.7 nmol/L
    off = half_life(time, bound, 1.5 * HOUR, 3 * HOUR)
    assert off == pytest.approx(np.log(2.0) / 7e-4, rel=0.02)


def test_only_what_enters_reaches_the_intracellular_receptor():
    found = mice()
    rest = found.drive("htr2a_inside", "vehicle")[0]
    inside = {arm: found.drive("htr2a_inside", arm)[-1] for arm in ("serotonin", "serotonin with SERT", "impermeant")}
    outside = {arm: found.drive("htr2a_surface", arm)[-1] for arm in inside}
    assert inside["serotonin"] < 0.05 * Gq().basal_activity  # more would open the plasticity gate
    assert inside["serotonin with SERT"] > 0.9
    assert inside["impermeant"] == pytest.approx(rest)
    assert outside["impermeant"] == pytest.approx(found.drive("htr2a_surface", "permeant")[-1], rel=1e-6)
    assert found.drive("htr2a_inside", "permeant")[-1] > 0.4
    assert min(outside.values()) > 0.4


def test_receptor_number_scales_the_drive():
    whole, half, none = (mice().drive("htr2a_inside", arm)[1:] for arm in ("permeant", "half", "knockout"))
    np.testing.assert_allclose(half, 0.5 * whole, rtol=1e-9)
    assert none.max() == 0.0


def test_mdma_releases_serotonin_through_its_transporter():
    assert mice().release("MDMA").max() > 10.0
    assert mice().drive("htr1a", "MDMA").max() > 3.0 * mice().drive("htr1a", "vehicle").max()
    assert mice().release("MDMA without SERT").max() == pytest.approx(1.0)
    assert mice().release("psilocybin").max() == pytest.approx(1.0)


def test_each_blocker_reaches_its_own_target():
    drives = ("nmda_block", "ampa_block", "bdnf_scavenging", "trkb_block", "mtorc1_block")
    targets = {"ketamine": 0, "AMPA blocker": 1, "scavenger": 2, "ANA-12": 3, "rapamycin": 4}
    for arm, target in targets.items():
        reached = [mice().drive(name, arm).max() for name in drives]
        assert reached[target] > 0.5, arm
        assert sum(reached) == reached[target], arm
    assert mice().drive("htr2a_surface", "volinanserin")[-1] < 0.1 * mice().drive("htr2a_surface", "vehicle")[-1]


# ---------------------------------------------------------------- head twitches


def twitches(readout: HeadTwitch, amount: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    """Return minutes and rate per minute in the first hour."""
    first = mice().time <= HOUR
    time, drive = mice().time[first], mice().drive("htr2a_surface", f"psilocybin {amount}")[first]
    rest = mice().drive("htr2a_surface", "vehicle")[0]
    return np.r_[0.0, time / 60.0], 60.0 * readout.rate(np.r_[0.0, time], np.r_[rest, drive])


def in_bins(minutes: np.ndarray, rate: np.ndarray) -> np.ndarray:
    edges = np.arange(0.0, 61.0, 5.0)
    total = np.r_[0.0, np.cumsum(np.diff(minutes) * 0.5 * (rate[1:] + rate[:-1]))]
    return np.diff(np.interp(edges, minutes, total)) / 5.0


def test_head_twitches_follow_the_measured_course():
    """Row K8. The peak is at the right time; the course is too narrow (9 min; 15 ± 3 measured, single mice 7-24)."""
    minutes, rate = twitches(HeadTwitch())
    miss = in_bins(minutes, rate) - K8
    assert np.sqrt(np.mean(miss**2)) < 0.17
    assert np.abs(miss).max() < 0.35
    assert 3.0 <= minutes[rate.argmax()] <= 8.0
    wide = minutes[rate >= 0.5 * rate.max()]
    assert 7.0 < wide[-1] - wide[0] < 24.0


def test_the_shipped_readout_is_the_fit():
    names = ("gain", "habituation_time", "residue")
    shipped = np.array([getattr(HeadTwitch(), name) for name in names])

    def miss(logs: np.ndarray) -> np.ndarray:
        readout = dataclasses.replace(HeadTwitch(), **dict(zip(names, np.exp(logs), strict=True)))
        return in_bins(*twitches(readout)) - K8

    found = np.exp(least_squares(miss, np.log(shipped), diff_step=1e-3).x)
    np.testing.assert_allclose(found, shipped, rtol=0.03)


def test_half_of_the_twitches_come_at_the_measured_dose():
    """Row R2: ED50 0.11-0.29 mg/kg; twitches above saline in half an hour, the window being a choice."""
    none = HeadTwitch(gain=0.0)
    counts = []
    for amount in TWITCH_DOSES:
        minutes, rate = twitches(HeadTwitch(), amount)
        counts.append(np.trapezoid((rate - twitches(none, amount)[1])[minutes <= 30.0]))
    half = np.exp(np.interp(0.5, np.array(counts) / counts[-1], np.log(TWITCH_DOSES)))
    assert 0.11 <= half <= 0.29
    assert (np.diff(counts) > 0).all()


def test_without_drive_a_mouse_twitches_as_after_saline():
    time = np.arange(0.0, 7200.0, 60.0)
    rate = 60.0 * HeadTwitch().rate(time, 0.0 * time + 0.2)
    assert rate[0] == pytest.approx(0.46)
    assert rate[-1] == pytest.approx(0.1, abs=0.01)
    with pytest.raises(ConfigError, match="time must ascend"):
        HeadTwitch().rate(time[::-1], time)


def test_a_weak_agonist_that_arrives_slowly_hardly_shakes_the_head():
    calm = HeadTwitch(saline_start=0.0, saline_end=0.0)
    slow, quick = (
        calm.rate(mice().time, mice().drive("htr2a_surface", arm)).max() for arm in ("low agonist", "psilocybin")
    )
    assert slow < 0.2 * quick
    assert mice().drive("htr2a_inside", "low agonist").max() > 0.1  # which does reach the receptor


# ---------------------------------------------------------------- people


@pytest.mark.parametrize("amount", BY_MOUTH)
def test_psilocybin_by_mouth_gives_the_measured_plasma(amount: str):
    """Row K1. One compartment for three doses: Cmax within 5 %, half-life (4-10 h) within 20 %, Tmax 1.8 for ~2 h."""
    hours, plasma = people().time / HOUR, people().course(HUMAN_PSILOCYBIN, "plasma", amount) * PSILOCIN / 1000.0
    highest, half = BY_MOUTH[amount]
    assert plasma.max() == pytest.approx(highest, rel=0.05)
    assert hours[plasma.argmax()] == pytest.approx(2.0, abs=0.25)
    assert half_life(hours, plasma, 4.0, 10.0) == pytest.approx(half, rel=0.2)


def test_lsd_by_mouth_gives_the_measured_plasma():
    """Row K4. Doubling the dose gave 2.6 times the Cmax; the fit lies between, 13 % below and 15 % above."""
    hours = people().time / HOUR
    for amount, highest, at in (("0.2 mg", 4.5, 1.5), ("0.1 mg", 1.7, 1.7)):
        plasma = people().course(HUMAN_LSD, "plasma", amount) * LYSERGIDE / 1000.0
        assert plasma.max() == pytest.approx(highest, rel=0.16)
        assert abs(plasma.max() - highest) < 1.4  # the SD at 200 ug
        assert hours[plasma.argmax()] == pytest.approx(at, abs=0.2)
        assert half_life(hours, plasma, 4.0, 12.0) == pytest.approx(3.6, rel=0.05)


def test_human_occupancy_follows_plasma_as_measured():
    """Row R1: seen = 76.6 % C / (C + 1.97 ug/L) of plasma psilocin, after the first two hours of distribution."""
    late = people().time > 2 * HOUR
    for amount in ("30 mg", "3 mg", "0.3 mg"):
        plasma = people().course(HUMAN_PSILOCYBIN, "plasma", amount)[late] * PSILOCIN / 1000.0
        seen = OccupancyScan().seen(people().course(HUMAN_PSILOCYBIN, "bound_surface", amount)[late])
        measured = 0.766 * plasma / (plasma + 1.97)
        assert np.abs(seen - measured).max() < 0.04
    highest = OccupancyScan().seen(people().course(HUMAN_PSILOCYBIN, "bound_surface", "30 mg").max())
    assert 0.65 < highest < 0.766  # 72 % was the highest seen


# ---------------------------------------------------------------- numbers


def test_a_guessed_compound_says_so():
    real = {"volinanserin"}
    for compound in (NON_HALLUCINOGENIC_AGONIST, AMPA_BLOCKER, BDNF_SCAVENGER):
        assert all(alias.startswith("generic") for alias in compound.aliases)
        assert compound.name not in real
    sources = {getattr(VOLINANSERIN, name).source.confidence for name in ("htr2a_on", "htr2a_off", "elimination")}
    assert sources == {"chosen"}


def test_no_two_compounds_share_a_name():
    names = [name.lower() for one in COMPOUNDS for name in (one.name, *one.aliases)]
    assert len(names) == len(set(names))


def test_what_is_not_there_is_named():
    with pytest.raises(ConfigError, match="no arm 'nobody'"):
        mice().drive("htr1a", "nobody")
    with pytest.raises(ConfigError, match="no drive 'htr3'"):
        mice().drive("htr3", "vehicle")
    with pytest.raises(ConfigError, match=r"no variable 'liver'.*plasma"):
        mice().course(PSILOCYBIN, "liver", "vehicle")
    with pytest.raises(ConfigError, match="does not get rapamycin"):
        mice().course(RAPAMYCIN, "plasma", "vehicle")
    with pytest.raises(ConfigError, match="whole fraction of 7200 s"):
        expose((Arm("a"),), end=7200, every=7000)


@pytest.mark.parametrize("compound", COMPOUNDS, ids=lambda one: one.name)
def test_only_what_has_a_stated_affinity_binds_htr2a(compound: Compound):
    """A default rate once made every other drug a silent antagonist of 1 umol/L."""
    binders = {
        "serotonin", "psilocybin", "impermeant psilocybin", "LSD", "DMT", "5-MeO-DMT", "DOI", "MDMA", "ketanserin",
        "non-hallucinogenic agonist", "volinanserin", "human psilocybin", "human LSD",
    }  # fmt: skip
    assert (compound.htr2a_on.value > 0.0) == (compound.name in binders)
