"""The pathway as a cell: it rests, it conserves what it must, and it answers drugs the way a biologist would bet."""

from __future__ import annotations

import dataclasses
import functools

import jax
import numpy as np
import pytest
import runs
from hypothesis import given, settings
from hypothesis import strategies as st
from jax import numpy as jnp

from plastisim import cascade, model
from plastisim.biology.calcium import Calcium, CalciumState
from plastisim.engine.fields import chosen
from plastisim.engine.jacobian import linearise
from plastisim.lab.cohort import IT, PT, Cohort
from plastisim.lab.compounds import KETANSERIN, PSILOCYBIN, Sourced
from plastisim.lab.protocol import DAY, Arm, Bath, Dose, Protocol
from plastisim.population import exposures, pathways
from plastisim.simulation import Run, simulate

HOUR = 3600.0
SIGNED = np.array([declared.metadata["signed"] for declared in model.variables()])
RUNS = {"alike": runs.alike, "different": runs.different}


def fold(arm: str, variable: str, run: Run | None = None) -> np.ndarray:
    """Return a variable relative to its neuron's rest, shape (time, neuron)."""
    found = runs.trace(run or runs.alike(), arm, variable)
    return found / runs.trace(run or runs.alike(), "vehicle", variable)[0]


# ---------------------------------------------------------------- rest


def test_every_neuron_rests():
    assert runs.alike().residual < 1e-10
    assert runs.different().residual < 1e-10
    rates = runs.trace(runs.different(), "vehicle", "firing_rate")[0]
    assert rates.max() > 3.0 * rates.min()  # they do differ


def test_a_kick_dies_out_in_every_group_of_neurons():
    """All eigenvalues of a group's Jacobian, exchange of BDNF included, have a negative real part."""
    run = runs.different()
    dtype, population = jnp.dtype("float64"), run.population
    exposure = exposures(population, run.spread, dtype)
    none = jnp.full(population.animals, -1.0)
    supply = tuple(cascade.Supply(0.0 * none, none) for _ in exposure.ligands)
    animal = population.lanes()[:, 0]
    drive = jax.tree.map(lambda leaf: leaf[animal], exposure.drive(exposure.initial(none), supply))
    pathway = pathways(population, model.default_pathway(), run.spread, dtype)
    values, rest, _ = cascade.rest_program()(pathway, drive)
    inputs = (pathway, drive, jnp.zeros(len(animal)), rest)
    slopes, rows = runs.quickly(lambda *given: linearise(cascade._cell_rates, *given))(list(values), inputs)
    np.testing.assert_allclose(np.stack(slopes) / np.maximum(np.abs(values), 1e-6), 0.0, atol=1e-10)

    size, group = len(runs.VARIABLES), cascade.GROUP
    exchange = float(np.asarray(pathway.bdnf.exchange()))
    for first in (0, group):
        full = np.zeros((group, size, group, size))
        for i, row in enumerate(rows):
            for j, entry in row.items():
                for lane in range(group):
                    full[lane, i, lane, j] = np.broadcast_to(entry, len(animal))[first + lane]
        for lane in range(group):
            full[lane, cascade.BDNF_OUTSIDE, lane, cascade.BDNF_OUTSIDE] -= 2.0 * exchange
            for other in ((lane + 1) % group, (lane - 1) % group):
                full[lane, cascade.BDNF_OUTSIDE, other, cascade.BDNF_OUTSIDE] += exchange
        eigenvalues = np.linalg.eigvals(full.reshape(group * size, group * size))
        assert eigenvalues.real.max() < -1e-8  # 1/s; the slowest, the set point of spines, has 60 days
        assert eigenvalues.real.min() > -100.0


def test_untreated_neurons_stay_at_rest_for_ten_days():
    """Whatever the arms do on the last day: before it, nothing moves."""
    last = 10 * DAY - DAY // 12
    arms = (Arm("vehicle"), Arm("late", (Dose(PSILOCYBIN, 1.0, last),), (Bath(KETANSERIN, 1.0, last, 10 * DAY),)))
    run = simulate(Protocol(arms, 0, 10 * DAY, (0,)), (runs.FOUR_MICE,), seed=3)
    before = run.frames.cascade[run.frames.time <= last]
    assert len(before) >= 119
    size = np.maximum(np.abs(before[0]), runs.SCALE[:, None])
    assert (np.abs(before - before[0]) / size).max() < 1e-9
    assert (
        run.frames.cascade[-1, runs.VARIABLES.index("erk")].max() > 1.5 * before[0, runs.VARIABLES.index("erk")].max()
    )


# ---------------------------------------------------------------- conserved and bounded


@pytest.mark.parametrize("name", RUNS)
def test_nothing_is_negative_and_no_pool_overflows(name: str):
    cells = RUNS[name]().frames.cascade
    assert np.isfinite(cells).all()
    assert cells[:, ~SIGNED].min() >= 0.0
    for pools in (
        ("htr2a_surface", "htr2a_phosphorylated", "htr2a_internalised"),
        ("trkb_surface", "trkb_active", "trkb_endosomal"),
    ):
        total = sum(cells[:, runs.VARIABLES.index(pool)] for pool in pools)
        assert total.max() <= 1.0 + 1e-6
        assert total.min() > 0.0
    for fraction in ("ip3r_ready", "camk", "erk", "pcreb", "akt", "mtorc1", "s6k"):
        assert cells[:, runs.VARIABLES.index(fraction)].max() < 1.0


concentration = st.floats(1e-4, 50.0)


@settings(max_examples=50, deadline=None)
@given(concentration, concentration, st.floats(0.0, 1.0), concentration)
def test_store_and_cytosol_exchange_all_their_calcium(free: float, store: float, ready: float, ip3: float):
    sealed = Calcium(pmca=0.0, ncx=0.0, entry_basal=0.0, soc=0.0, roc=0.0, spike_entry=0.0)
    of = functools.partial(jnp.full, (1,))
    state = CalciumState(of(free), of(store), of(ready))
    upstream = {"ip3": of(ip3), "rate": of(5.0), "resting_rate": of(2.0), "burst": of(1.5), "nmda": of(1.0)}
    slope = sealed.rates(state, **upstream)
    moved = float(slope.calcium_free[0])
    assert moved + sealed.er_volume * float(slope.calcium_er[0]) == pytest.approx(0.0, abs=1e-12 * (1.0 + abs(moved)))
    open_cell = dataclasses.replace(sealed, entry_basal=0.1).rates(state, **upstream)
    assert float(open_cell.calcium_free[0]) == pytest.approx(moved + 0.1)


# ---------------------------------------------------------------- limits


def test_nothing_given_is_the_vehicle_to_the_last_bit():
    for variable in runs.VARIABLES:
        vehicle = runs.trace(runs.different(), "vehicle", variable)
        assert vehicle.tobytes() == runs.trace(runs.different(), "serotonin at no concentration", variable).tobytes()
        assert vehicle.tobytes() != runs.trace(runs.different(), "psilocybin 0.1", variable).tobytes(), variable


def test_a_response_saturates_with_the_dose():
    peaks = [fold(f"psilocybin {dose}", "bdnf_mrna").max() - 1.0 for dose in ("0.1", "1", "3")]
    assert peaks[0] < peaks[1] < peaks[2] < 3.0 * peaks[0]  # for thirty times the dose
    assert np.diff(peaks)[1] < np.diff(peaks)[0]


# ---------------------------------------------------------------- what a biologist would bet on


def test_serotonin_evokes_a_calcium_transient_and_desensitises():
    time, calcium = runs.alike().frames.time, fold("serotonin", "calcium_free")[:, 0]
    surface = fold("serotonin", "htr2a_surface")[:, 0]
    during, after = (time > 1800) & (time <= 3600), time >= 6 * HOUR
    assert calcium.max() > 5.0
    assert time[calcium.argmax()] <= 15
    assert 1.2 < calcium[during].max() < 0.4 * calcium.max()  # a plateau under agonist
    assert surface[during].min() < 0.4
    assert surface[after].min() > 0.7  # it comes back
    np.testing.assert_allclose(calcium[after], 1.0, atol=0.06)


def test_psilocybin_raises_calcium_bursts_and_bdnf_mrna():
    time, mrna = runs.alike().frames.time, fold("psilocybin 1", "bdnf_mrna")[:, 0]
    assert 2.0 < mrna.max() < 5.0
    assert 2 * HOUR <= time[mrna.argmax()] <= 4 * HOUR
    assert fold("psilocybin 1", "calcium_free").max() > 2.0
    assert 1.5 < fold("psilocybin 1", "burst_gain").max() < 2.0
    assert fold("psilocybin 1", "firing_rate").max() < 1.15  # the mean rate hardly changes
    assert fold("psilocybin 1", "pip2").min() < 0.95


def test_a_signal_travels_down_the_pathway():
    time = runs.alike().frames.time
    order = ("calcium_free", "erk", "bdnf_mrna", "s6k", "plasticity_proteins")
    peaks = [time[fold("psilocybin 1", name)[:, 0].argmax()] for name in order]
    assert peaks == sorted(peaks)
    assert fold("psilocybin 1", "plasticity_proteins")[-1].min() > 1.2  # a day later, when the drug is gone


@pytest.mark.parametrize("arm", ["knockout", "ketanserin"])
def test_without_the_receptor_there_is_no_response(arm: str):
    """What is left is the drug at TrkB, a gain of at most 15 % in binding."""
    assert fold(arm, "calcium_free").max() < 1.01
    assert fold(arm, "bdnf_mrna").max() - 1.0 < 0.05 * (fold("psilocybin 1", "bdnf_mrna").max() - 1.0) + 0.05
    assert fold(arm, "plasticity_proteins").max() - 1.0 < 0.2 * (
        fold("psilocybin 1", "plasticity_proteins").max() - 1.0
    )
    assert fold(arm, "firing_rate").min() < 0.95  # 5-HT1A inhibition is unmasked


@functools.cache
def blocked(target: str) -> Run:
    """Return a day under a compound that binds one target only, in a corticopontine and an intratelencephalic mouse."""
    nothing, bound = Sourced(1e-12, "L/nmol/s", chosen("a test")), Sourced(100.0, "nmol/L", chosen("a test"))
    compound = dataclasses.replace(KETANSERIN, name="blocker", htr2a_on=nothing, **{f"{target}_affinity": bound})
    bath = (Bath(compound, 1000.0, 0, DAY),)
    arms = (
        Arm("vehicle"),
        Arm("psilocybin", runs.PSILOCYBIN_1),
        Arm("blocker", (), bath),
        Arm("both", runs.PSILOCYBIN_1, bath),
    )
    mice = (Cohort("PT", PT, 1, 8, 1), Cohort("IT", IT, 1, 8, 1))
    return simulate(Protocol(arms, 0, DAY, (0,)), mice, spread=runs.ALIKE)


def test_a_rapamycin_like_block_stops_growth_and_not_transcription():
    run = blocked("mtorc1_block")
    assert fold("blocker", "s6k", run)[-1].max() < 0.25
    assert fold("both", "s6k", run).max() <= 1.0
    assert (
        fold("both", "plasticity_proteins", run).max()
        <= 1.0
        < 1.3
        < fold("psilocybin", "plasticity_proteins", run).max()
    )
    assert fold("both", "bdnf_mrna", run).max() > 2.0


def test_a_trkb_block_stops_growth_and_not_transcription():
    run = blocked("trkb_block")
    assert fold("both", "akt", run).max() <= 1.0
    assert fold("both", "plasticity_proteins", run).max() < 1.02
    assert fold("both", "bdnf_mrna", run).max() > 2.0


def test_an_nmda_block_disinhibits_and_releases_bdnf_without_the_receptor():
    run = blocked("nmda")
    assert fold("blocker", "bdnf_extracellular", run).max() > 2.0
    assert fold("blocker", "s6k", run).max() > 1.3
    assert fold("blocker", "htr2a_surface", run).min() > 0.98


def test_psilocybin_inhibits_corticopontine_cells_more_than_intratelencephalic_ones():
    run = blocked("nmda")
    rate = run.population.imaged(run.frames.cascade)[:, runs.VARIABLES.index("firing_rate"), 1]
    corticopontine, intratelencephalic = (rate[:, mouse, 0] / rate[0, mouse, 0] for mouse in (0, 1))
    assert intratelencephalic.max() > corticopontine.max() + 0.02
    assert corticopontine.max() > 1.05
