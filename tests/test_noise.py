"""Counted pools: the exact law of births and deaths, its limit, its address, and the cascade that carries it."""

from __future__ import annotations

import functools
import math
from typing import Any

import jax
import numpy as np
import pytest
import runs
from jax import Array
from jax import numpy as jnp
from scipy import stats

from plastisim import cascade, model
from plastisim.biology.copies import Copies
from plastisim.biology.exposure import Drive
from plastisim.biology.transcription import Transcription
from plastisim.engine import control, noise
from plastisim.engine.control import Lanes, Tolerance
from plastisim.engine.errors import ConfigError
from plastisim.engine.fields import declarations
from plastisim.engine.noise import Counted, advance_counted, binomial, counted, leap, poisson
from plastisim.engine.randomness import address, bits, key_for, uniform
from plastisim.engine.rodas import RODAS4P
from plastisim.engine.stepping import ALONE, Coupling, advance

HOUR = 3600.0
DECAY = float(Transcription().mrna_decay)  # pyright: ignore[reportArgumentType]
MANY = 4096
FLOAT = jnp.dtype("float64")
POOLS = tuple(declared.name for declared in declarations(Copies, "parameter"))


def keys(lanes: Array | int, purpose: str = "test") -> Array:
    lanes = jnp.arange(lanes) if isinstance(lanes, int) else lanes
    return address(key_for(7, purpose), lanes)


def words() -> Array:
    """Return as many random words as lanes, among them the least and the largest one."""
    return bits(keys(MANY))[0].at[:2].set(jnp.asarray([0, 2**32 - 1], jnp.uint32))


draw_poisson, draw_binomial = runs.quickly(poisson), runs.quickly(binomial)


# ---------------------------------------------------------------- single draws


@pytest.mark.parametrize("mean", [0.0, 1e-9, 0.3, 4.0, 47.0])
def test_poisson_numbers_invert_the_distribution(mean: float):
    found = np.asarray(draw_poisson(words(), jnp.full(MANY, mean)))
    np.testing.assert_array_equal(found, stats.poisson.ppf(np.asarray(uniform(words(), FLOAT)), mean))


@pytest.mark.parametrize(("trials", "chance"), [(1, 0.5), (3, 0.999), (30, 0.04), (30, 0.6), (90, 0.5), (5000, 0.005)])
def test_binomial_numbers_invert_the_distribution(trials: int, chance: float):
    found = np.asarray(draw_binomial(words(), jnp.full(MANY, float(trials)), jnp.full(MANY, chance)))
    place = np.asarray(uniform(words(), FLOAT))
    if chance > 0.5:  # the rarer of the two outcomes is counted
        np.testing.assert_array_equal(trials - found, stats.binom.ppf(place, trials, 1.0 - chance))
    else:
        np.testing.assert_array_equal(found, stats.binom.ppf(place, trials, chance))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_large_numbers_have_the_mean_and_variance_and_reach_no_end(dtype: str):
    full = functools.partial(jnp.full, MANY, dtype=dtype)
    for mean in (noise.LARGE, 1e5):
        cases = {
            "poisson": (draw_poisson(words(), full(mean)), mean),
            "binomial": (draw_binomial(words(), full(2.0 * mean), full(0.5)), 0.5 * mean),
        }
        for name, (drawn, variance) in cases.items():
            assert drawn.dtype == dtype
            found = np.asarray(drawn, float)
            assert abs(found.mean() - mean) < 4.0 * math.sqrt(variance / MANY), name
            assert abs(found.var() / variance - 1.0) < 4.0 * math.sqrt(2.0 / MANY) + 1.0 / (12.0 * variance), name
            assert found.min() > 0.0, name
            assert name == "poisson" or found.max() < 2.0 * mean


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_certain_outcomes_are_certain(dtype: str):
    numbers = jnp.asarray(np.arange(MANY) % 200, dtype)
    assert not np.any(draw_poisson(words(), 0.0 * numbers))
    assert not np.any(draw_binomial(words(), numbers, 0.0 * numbers))
    np.testing.assert_array_equal(draw_binomial(words(), numbers, 0.0 * numbers + 1.0), numbers)


def test_a_pool_that_is_lost_faster_than_said_keeps_its_mean_and_stays_countable():
    """The births would be negative; then no more molecules survive than there are on average at the end."""
    every = jnp.ones(MANY)
    found = np.asarray(runs.quickly(leap)(keys(MANY), 10.0 * every, every, 0.0 * every, 3.0))
    assert found.min() >= 0.0
    np.testing.assert_allclose(3.0 * found, np.round(3.0 * found), atol=1e-12)
    assert abs(found.mean() - 1.0) < 4.0 * math.sqrt(0.9 / 3.0 / MANY)  # 30 trials with chance 0.1
    assert found.var() == pytest.approx(0.9 / 3.0, rel=0.08)


# ---------------------------------------------------------------- one pool


FORGET = 1e-3  # 1/s


def mrna(values: Any, given: Any) -> list[Array]:
    """Return the rates of mRNA and of two that follow it and its square; with nothing forgotten they are sums."""
    births, forget = given
    pool, follower, square = values
    return [DECAY * (births - pool), pool - forget * follower, pool * pool - forget * square]


LIMITS_ALONE = Tolerance(1e-4, np.full(3, 1e-6), np.full(3, False))


@jax.jit
def _isolated(
    lanes: Lanes, length: Array, births: Array, copies: Array, forget: Array, who: Array, moment: Array, tick: Array
) -> Lanes:
    inputs = (births, forget)
    pools = Counted((0,), (copies,), who[None], tick)
    return advance_counted(mrna, lambda *_: inputs, lanes, length, LIMITS_ALONE, RODAS4P, ALONE, pools, moment)


def isolated(
    lanes: Lanes, length: float, copies: Any, who: Array, moment: int, *, births: float = 1.0, forget: float = FORGET,
    tick: float = noise.TICK,
) -> Lanes:  # fmt: skip
    """Advance the isolated pool by `length` seconds."""
    numbers = [jnp.broadcast_to(jnp.asarray(one, FLOAT), lanes.step.shape) for one in (births, copies, forget)]
    return _isolated(lanes, jnp.asarray(length), *numbers, who, jnp.int32(moment), jnp.asarray(tick))


def rested(lanes: int) -> Lanes:
    return control.start(jnp.full((3, lanes), 1.0 / FORGET).at[0].set(1.0))


def gillespie(copies: int, births: float, length: float, count: int) -> np.ndarray:
    """Return the pool after `length` by the exact algorithm, from rest, event by event, shape (count,)."""
    random = np.random.default_rng(1)
    number, time = np.full(count, copies), np.zeros(count)
    living = np.arange(count)
    while len(living):
        born, lost = DECAY * births * copies, DECAY * number[living]
        time[living] += random.exponential(1.0 / (born + lost))
        living, chance = living[time[living] < length], (born / (born + lost))[time[living] < length]
        number[living] += np.where(random.random(len(living)) < chance, 1, -1)
    return number / copies


@pytest.mark.parametrize("copies", [3, 20])
@pytest.mark.parametrize("length", [HOUR, 5400.0])
def test_a_changing_pool_agrees_with_the_exact_algorithm(copies: int, length: float):
    """Births rise threefold at once: mean, variance and the whole distribution while the pool is on its way."""
    exact = gillespie(copies, 3.0, length, MANY)
    found = np.asarray(isolated(rested(MANY), length, copies, keys(MANY), 0, births=3.0).values[0])
    left = math.exp(-DECAY * length)
    mean, variance = 3.0 - 2.0 * left, (3.0 - 2.0 * left - left * left) / copies
    for one in (exact, found):
        assert abs(one.mean() - mean) < 4.0 * math.sqrt(variance / MANY)
        assert abs(one.var() / variance - 1.0) < 4.0 * math.sqrt((2.0 + 1.0 / (copies * variance)) / MANY)
    assert stats.ks_2samp(exact, found).pvalue > 1e-3  # conservative for whole numbers


def test_the_stationary_pool_is_poisson():
    copies = 6
    lanes = rested(MANY)
    for moment in range(12):
        lanes = isolated(lanes, HOUR, copies, keys(MANY), moment)
    numbers = np.asarray(lanes.values[0]) * copies
    np.testing.assert_allclose(numbers, np.round(numbers), atol=1e-9)
    assert numbers.var() / copies == pytest.approx(1.0, abs=4.0 * math.sqrt(2.2 / MANY))
    top = 13
    observed = np.bincount(np.minimum(np.round(numbers).astype(int), top), minlength=top + 1)
    expected = np.append(stats.poisson.pmf(np.arange(top), copies), stats.poisson.sf(top - 1, copies)) * MANY
    assert stats.chisquare(observed, expected).pvalue > 1e-3


@pytest.mark.parametrize("tick", [1800.0, HOUR])
def test_what_a_tick_hides_from_slow_averages_is_as_predicted(tick: float):
    """A running sum over a time T sees the variance 2 T / (loss × copies), less the share that the tick hides."""
    copies, lanes, length = 20.0, rested(MANY), 12 * HOUR
    lanes = isolated(lanes, length, copies, keys(MANY), 0, forget=0.0, tick=tick)
    begin = np.asarray(lanes.values[1])
    lanes = isolated(lanes, length, copies, keys(MANY), 1, forget=0.0, tick=tick)
    found = (np.asarray(lanes.values[1]) - begin).var()
    # Values at the ticks are an exact autoregression; between them the pool relaxes towards rest.
    left = math.exp(-DECAY * tick)
    weight, ticks = (1.0 - left) / DECAY, round(length / tick)
    lag = np.abs(np.subtract.outer(np.arange(ticks), np.arange(ticks)))
    assert found == pytest.approx(weight**2 / copies * (left**lag).sum(), rel=4.0 * math.sqrt(2.0 / MANY))
    times = DECAY * length
    continuous = 2.0 / copies / DECAY**2 * (times - 1.0 + math.exp(-times))
    assert found < continuous * (1.0 - 0.5 * DECAY * tick)


def test_mean_and_spread_approach_the_deterministic_pool_as_they_must():
    """What follows the square lies above rest by a multiple of 1/copies; its SD falls as 1/sqrt(copies)."""
    numbers, each = np.array([8.0, 32.0, 128.0, 512.0]), MANY // 4
    lanes, found = rested(MANY), []
    for moment in range(20):
        lanes = isolated(lanes, 6 * HOUR, np.repeat(numbers, each), keys(MANY), moment, tick=HOUR)
        found.append(FORGET * np.asarray(lanes.values[1:]).reshape(2, 4, each) - 1.0)
    linear, square = np.stack(found[2:], axis=1)
    assert (np.abs(linear.mean(axis=(0, 2))) < 5.0 * linear.mean(axis=2).std(axis=0) / math.sqrt(18.0)).all()
    # The mean of the square without the chance of the mean, which is known to be one.
    bias = (square - 2.0 * linear).mean(axis=(0, 2))
    assert -np.polyfit(np.log(numbers), np.log(bias), 1)[0] == pytest.approx(1.0, abs=0.03)
    assert -np.polyfit(np.log(numbers), np.log(square.std(axis=(0, 2))), 1)[0] == pytest.approx(0.5, abs=0.03)


def test_a_draw_depends_on_its_address_only():
    everybody = isolated(rested(MANY), HOUR, 10.0, keys(MANY), 3)
    some = isolated(rested(64), HOUR, 10.0, keys(jnp.arange(128, 192)), 3)
    assert np.asarray(some.values).tobytes() == np.ascontiguousarray(everybody.values[:, 128:192]).tobytes()
    others = [(keys(MANY), 4), (keys(MANY, "other"), 3), (keys(jnp.arange(MANY) + MANY), 3)]
    for other in (isolated(rested(MANY), HOUR, 10.0, *place) for place in others):
        assert np.mean(np.asarray(other.values[0]) == np.asarray(everybody.values[0])) < 0.4


def test_a_stretch_without_length_draws_nothing():
    lanes = rested(64)._replace(values=jnp.full((3, 64), 0.123))  # not a whole number of molecules
    after = isolated(lanes, 0.0, 10.0, keys(64), 0)
    for one, other in zip(after, lanes, strict=True):
        np.testing.assert_array_equal(one, other)


def test_inputs_are_seen_at_their_time():
    """Births that rise from zero by one an hour, over six ticks: the pool follows them, as without any chance."""

    def given(elapsed: Array, values: Array) -> Any:
        return elapsed / HOUR, jnp.full_like(elapsed, FORGET)

    def program(lanes: Lanes, who: Array) -> Lanes:
        pools, moment = Counted((0,), (1e6,), who[None]), jnp.int32(0)
        return advance_counted(mrna, given, lanes, jnp.asarray(HOUR), LIMITS_ALONE, RODAS4P, ALONE, pools, moment)

    found = np.asarray(runs.quickly(program)(rested(64), keys(64)).values[0])
    left = math.exp(-DECAY * HOUR)
    exact = left + 1.0 - (1.0 - left) / (DECAY * HOUR)
    assert abs(found.mean() / exact - 1.0) < 2e-3


def test_a_lane_that_diverges_tells_when():
    """In s of the stretch, not of the tick in which it happened."""

    def given(elapsed: Array, values: Array) -> Any:
        return jnp.where(elapsed > 1500.0, jnp.nan, 1.0), jnp.full_like(elapsed, FORGET)

    def program(lanes: Lanes, who: Array) -> Lanes:
        pools, moment = Counted((0,), (1e6,), who[None]), jnp.int32(0)
        return advance_counted(mrna, given, lanes, jnp.asarray(HOUR), LIMITS_ALONE, RODAS4P, ALONE, pools, moment)

    found = runs.quickly(program)(rested(64), keys(64))
    assert (np.asarray(found.failed) == 0).all()
    np.testing.assert_allclose(found.step, 1500.0, atol=1.0)


def test_twins_share_their_chance():
    one, twin = (
        np.asarray(isolated(rested(MANY), 6 * HOUR, 30.0, keys(MANY), 0, births=births).values[0])
        for births in (1.0, 1.2)
    )
    stranger = np.asarray(isolated(rested(MANY), 6 * HOUR, 30.0, keys(MANY, "other"), 0).values[0])
    assert np.corrcoef(one, twin)[0, 1] > 0.9
    assert abs(np.corrcoef(one, stranger)[0, 1]) < 5.0 / math.sqrt(MANY)


def test_a_lane_that_diverged_keeps_its_last_good_values():
    lanes = rested(64)
    lanes = lanes._replace(failed=lanes.failed.at[5].set(0), values=lanes.values.at[0].set(0.777))
    after = isolated(lanes, HOUR, 10.0, keys(64), 0)
    assert after.values[:, 5].tolist() == lanes.values[:, 5].tolist()
    assert (np.asarray(after.values[0])[:5] != 0.777).all()


# ---------------------------------------------------------------- declarations


def test_infinite_copies_are_not_counted():
    assert counted({name: getattr(Copies(), name) for name in POOLS}) == POOLS
    assert counted({"a": math.inf, "b": 5.0, "c": np.full(3, math.inf), "d": np.array([1.0, 1e6])}) == ("b", "d")


@pytest.mark.parametrize("wrong", [0.0, 0.5, -math.inf, math.nan, 1e9, np.array([20.0, math.inf])])
def test_copies_that_make_no_sense_are_refused(wrong: Any):
    with pytest.raises(ConfigError, match="copies of bdnf_mrna must lie between 1 and 1e\\+06"):
        counted({"bdnf_mrna": wrong})


def test_counted_pools_are_births_and_deaths():
    """Their rates are births - loss × value, births and loss positive and independent of the pool itself."""
    assert set(POOLS) <= set(runs.VARIABLES)
    assert {declared.metadata["source"].confidence for declared in declarations(Copies, "parameter")} == {"chosen"}
    random = np.random.default_rng(2)
    lanes, pathway = 50, jax.tree.map(jnp.asarray, model.default_pathway())
    values = [jnp.asarray(scale * random.uniform(0.1, 3.0, lanes)) for scale in runs.SCALE]
    drive = Drive(*(jnp.asarray(random.uniform(0.0, 0.6, lanes)) for _ in range(cascade.DRIVES)))
    rest = model.resting_values(pathway, model.unstack([0.5 * value for value in values]), drive)
    for row in map(runs.VARIABLES.index, POOLS):

        def own(value: Any, row: int = row) -> np.ndarray:
            state = [*values[:row], jnp.full(lanes, value), *values[row + 1 :]]
            return np.asarray(cascade._cell_rates(state, (pathway, drive, jnp.zeros(lanes), rest))[row])

        births, loss = own(0.0), own(0.0) - own(1.0)
        assert (births > 0.0).all()
        assert (loss > 0.0).all()
        np.testing.assert_allclose(own(7.0), births - 7.0 * loss, rtol=1e-10, atol=1e-15)


# ---------------------------------------------------------------- the cascade

NEURONS = 64
LIMITS = cascade.cell_tolerance(3e-5)
ROWS = tuple(runs.VARIABLES.index(name) for name in POOLS)


RESTING, AGONIST = 0.02, 0.3  # at both pools of 5-HT2A


def driven(htr2a: float) -> Drive:
    """Return what an agonist of 5-HT2A does, the same in every neuron, and nothing else."""
    names = [declared.name for declared in declarations(Drive, "variable")]
    return Drive(**{name: jnp.full(NEURONS, htr2a if "htr2a" in name else 0.0) for name in names})


@functools.cache
def cell() -> tuple[Any, Any, np.ndarray]:
    """Return pathway, resting values and resting state of equal neurons, each array with one lane a neuron."""
    one = jnp.ones(NEURONS)
    pathway = jax.tree.map(lambda leaf: leaf * one, model.default_pathway())
    values, rest, _ = cascade.rest_program()(pathway, driven(RESTING))
    return pathway, rest, np.asarray(values)


def cascade_inputs(pathway: Any, rest: Any, drive: Drive) -> tuple[Any, Coupling]:
    exchange = pathway.bdnf.exchange()
    couple = functools.partial(cascade.spread, exchange=exchange)
    coupling = Coupling(cascade.GROUP, cascade.BDNF_OUTSIDE, couple)
    return lambda _, values: (pathway, drive, cascade.inflow(values, exchange[0]), rest), coupling


@functools.cache
def stochastic() -> Any:
    """Return the program for one hour of the counted cascade: (pathway, rest, drive, lanes, copies, keys, moment)."""

    def program(
        pathway: Any, rest: Any, drive: Drive, lanes: Lanes, copies: Copies, who: Array, moment: Array
    ) -> Lanes:  # fmt: skip
        given, coupling = cascade_inputs(pathway, rest, drive)
        pools = Counted(ROWS, [getattr(copies, name) for name in POOLS], who)
        length = jnp.asarray(HOUR)
        return advance_counted(cascade._cell_rates, given, lanes, length, LIMITS, RODAS4P, coupling, pools, moment)

    return runs.quickly(program)


@functools.cache
def deterministic() -> Any:
    """Return the program for one hour of the cascade as it is."""

    def program(pathway: Any, rest: Any, drive: Drive, lanes: Lanes) -> Lanes:
        given, coupling = cascade_inputs(pathway, rest, drive)
        return advance(cascade._cell_rates, given, lanes, jnp.asarray(HOUR), LIMITS, RODAS4P, coupling)

    return runs.quickly(program)


def hours(count: int, copies: tuple[float, float] | None, who: Array) -> np.ndarray:
    """Return all variables after each hour, shape (hour, variable, neuron)."""
    pathway, rest, values = cell()
    lanes, found = control.start(jnp.asarray(values)), []
    every = jnp.stack([address(jnp.broadcast_to(key_for(1, name), who.shape), who) for name in POOLS])
    for hour in range(count):
        if copies is None:
            lanes = deterministic()(pathway, rest, driven(AGONIST), lanes)
        else:
            numbers = Copies(*(jnp.full(NEURONS, one) for one in copies))
            lanes = stochastic()(pathway, rest, driven(AGONIST), lanes, numbers, every, jnp.int32(hour * 3600))
        found.append(np.asarray(lanes.values))
    assert int(lanes.failed.max()) == -1
    return np.stack(found)


@pytest.mark.slow
def test_the_cascade_approaches_its_deterministic_twin():
    """In every variable of an answering cell: SD as 1/sqrt(copies), mean within its error, nothing negative."""
    exact, who = hours(4, None, jnp.arange(NEURONS)), jnp.arange(NEURONS)
    moved = np.array(["bdnf" in name or name in ("trkb_active", "s6k", "erk") for name in runs.VARIABLES])
    numbers, spreads = np.array([1e2, 1e4, 1e6]), []
    for copies in numbers:
        found = hours(4, (copies, copies), who)
        signed = np.array([declared.metadata["signed"] for declared in model.variables()])
        assert (found[:, ~signed] >= 0.0).all()
        np.testing.assert_allclose(found[:, ROWS] * copies, np.round(found[:, ROWS] * copies), atol=1e-6)
        share = (found / np.where(exact == 0.0, 1.0, exact) - 1.0)[-1, moved]
        spreads.append(share.std(axis=1))
        error = 4.0 * share.std(axis=1) / math.sqrt(NEURONS) + 1e-3  # the tolerance of the integrator
        assert (np.abs(share.mean(axis=1)) < error + 3.0 / copies).all()
    slopes = -np.polyfit(np.log(numbers[:2]), np.log(np.stack(spreads[:2])), 1)[0]
    np.testing.assert_allclose(slopes, 0.5, atol=0.08)
    assert spreads[2].max() < 1.5e-3


@pytest.mark.slow
def test_neurons_of_the_cascade_take_their_chance_with_them():
    """Groups of neurons that change places change nothing else; and a stored run goes on as a straight one."""
    order = jnp.asarray(np.random.default_rng(0).permutation(NEURONS // cascade.GROUP))
    places = jnp.arange(NEURONS).reshape(-1, cascade.GROUP)[order].reshape(-1)
    straight, moved = hours(2, (30.0, 3000.0), jnp.arange(NEURONS)), hours(2, (30.0, 3000.0), places)
    assert moved.tobytes() == np.ascontiguousarray(straight[..., np.asarray(places)]).tobytes()
    assert len({column.tobytes() for column in straight[-1].T}) == NEURONS
