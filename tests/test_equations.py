"""The equations read back: they compute what the compiled functions compute, and their units fit together."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from typing import Any

import jax
import numpy as np
import pint
import pytest
from jax import lax
from jax import numpy as jnp

from plastisim import equations as subject
from plastisim import model
from plastisim.biology.exposure import ExposureState
from plastisim.biology.ligands import LigandState
from plastisim.biology.spines import CellPools, Growth, Habit, Spines, SpineState
from plastisim.engine.dimensions import NONE, Unit, Units, unit
from plastisim.engine.errors import ConfigError
from plastisim.engine.expressions import OPERATIONS, Expression, leaves, read
from plastisim.engine.fields import declarations
from plastisim.engine.formulas import plain
from plastisim.lab.compound import Sourced
from plastisim.lab.compounds import COMPOUNDS, PSILOCYBIN, SEROTONIN

TWO = (SEROTONIN, PSILOCYBIN)
FINITE = 37.0  # in place of an infinite affinity, so that every term is there


@pytest.fixture(scope="module")
def general() -> subject.System:
    return subject.system(TWO, general=True)


@pytest.fixture(scope="module")
def numbers(general: subject.System) -> dict[str, float]:
    """A number for every symbol; variables and what is supplied get random ones."""
    random = np.random.default_rng(5)
    made = {name: random.uniform(0.2, 1.5) if one.value is None else one.value for name, one in general.symbols.items()}
    made = {name: FINITE if math.isinf(value) else value for name, value in made.items()}
    return made | {"serotonin_bath": -1.0, "psilocybin_bath": 4.0}


def evaluate(one: Expression, numbers: dict[str, float], known: dict[Expression, Any] | None = None) -> Any:
    """Return the value of an expression by an own walk."""
    known = {} if known is None else known
    if one not in known:
        if one.operation in ("number", "symbol"):
            known[one] = one.value if one.operation == "number" else numbers[str(one.value)]
        else:
            known[one] = OPERATIONS[one.operation](*(evaluate(part, numbers, known) for part in one.parts))
    return known[one]


def test_every_equation_computes_what_the_compiled_rates_compute(general: subject.System, numbers: dict[str, float]):
    arguments = jax.tree.map(lambda name: jnp.asarray(numbers[name]), subject._arguments(TWO))
    changes, _, resting = subject._everything(*arguments)
    wanted = dict(zip(general.rates, map(float, jax.tree.leaves(changes)), strict=True))
    assert len(wanted) == 7 * 2 + 1 + 29
    for name, one in general.rates.items():
        assert evaluate(one, numbers) == pytest.approx(wanted[name], rel=1e-11), name
    for name, one in general.resting.items():
        assert evaluate(one, numbers) == pytest.approx(float(vars(resting)[name.removeprefix("rest_")])), name


def test_the_printed_formula_means_the_same(general: subject.System, numbers: dict[str, float]):
    functions = {"exp": math.exp, "max": max, "min": min, "where": lambda if_, yes, no: yes if if_ else no}
    for name, one in general.rates.items():
        value = eval(plain(one).replace("^", "**"), functions, numbers)
        assert value == pytest.approx(evaluate(one, numbers), rel=1e-12), name


OPERATORS: dict[str, Callable[[Any, Any], Any]] = {
    "arithmetic": lambda x, y: -(x - (y - 1.0)) / (x / y) ** 3 + jnp.abs(x - y) * 2.0**x,
    "functions": lambda x, y: jnp.exp(x) + jnp.log(y) + jnp.sqrt(x) + jnp.square(y) + jnp.log1p(x) + jnp.expm1(y),
    "choices": lambda x, y: jnp.maximum(x, y) - jnp.minimum(x, 2.0) + jnp.where((x > y) & ~(y >= 1.0), x, 3.0),
    "powers": lambda x, y: x**y - (-x) ** 2 + x**-2,
}


@pytest.mark.parametrize("case", OPERATORS)
@pytest.mark.parametrize("at", [(0.3, 0.7), (1.9, 0.4)])
def test_every_operation_is_read(case: str, at: tuple[float, float]):
    found = read(OPERATORS[case], "x", "y").result
    wanted = float(OPERATORS[case](*map(jnp.asarray, at)))
    assert evaluate(found, {"x": at[0], "y": at[1]}) == pytest.approx(wanted, rel=1e-14)
    functions = {name: OPERATIONS[name] for name in ("exp", "log", "sqrt", "max", "min", "abs", "where", "not")}
    text = plain(found).replace("^", "**").replace("not(", "(not ")
    assert eval(text, functions, {"x": at[0], "y": at[1]}) == pytest.approx(wanted, rel=1e-14)


@pytest.mark.parametrize(
    ("function", "name"), [(jnp.sin, "sin"), (lambda x: lax.while_loop(lambda v: v < 1.0, lambda v: v + x, x), "while")]
)
def test_an_unknown_operation_is_refused_by_name(function: Callable[[Any], Any], name: str):
    with pytest.raises(ConfigError, match=f"operation '{name}' has no formula"):
        read(function, "x")


def test_what_does_not_bind_is_left_out():
    bare = subject.system(TWO)
    assert "drive_nmda_block" not in bare.names.values()
    assert not any("nmda_affinity" in name for one in bare.rates.values() for name in leaves(one))


def test_intermediate_values_keep_the_names_of_the_source():
    lines = subject.formulas("dag", "calcium_er")
    assert lines[-2].text == "d(dag)/dt = plc - gq_dag_decay * dag"
    assert lines[-2].latex == (r"\frac{d\,\mathrm{dag}}{dt} = \mathrm{plc} - \mathrm{gq\_dag\_decay} \, \mathrm{dag}")
    left = [line.left for line in lines]
    assert left.index("gq_surface") < left.index("plc") < left.index("d(dag)/dt")
    assert {line.left: line.unit for line in lines}["plc"] == "umol/L/s"
    with pytest.raises(ConfigError, match="did you mean 'calcium_free'"):
        subject.formulas("calcium_fre")


def test_names_are_unique(general: subject.System):
    names = [*general.names.values(), *general.symbols]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("compound", [one for one in COMPOUNDS if one is not SEROTONIN], ids=lambda one: one.name)
def test_units_fit_together_in_every_equation(compound: Any):
    checked = subject.system((SEROTONIN, compound), general=True)
    for name, one in checked.rates.items():
        found = checked.units.of(one)
        assert found is not None
        assert found.fits(checked.symbols[name].unit / unit("s"))


def first_complaint(system: subject.System, symbol: str, declared: Unit) -> str:
    """Return the message about a symbol declared in another unit, empty if nobody notices."""
    symbols = {name: one.unit for name, one in system.symbols.items()} | {symbol: declared}
    units = Units(symbols)
    for name, one in system.rates.items():
        if name == symbol or symbol in leaves(one):
            try:
                units.expect(one, symbols[name] / unit("s"))
            except ConfigError as error:
                return str(error)
    return ""


def test_a_wrong_unit_anywhere_is_noticed(general: subject.System):
    symbols = set(general.rates).union(*(leaves(one) for one in general.rates.values()))
    assert len(symbols) > 150
    for symbol in symbols:
        assert not first_complaint(general, symbol, general.symbols[symbol].unit), symbol
        for factor in ("s", "nmol/umol"):
            assert first_complaint(general, symbol, general.symbols[symbol].unit * unit(factor)), (symbol, factor)


def test_the_message_names_equation_expression_and_both_units():
    wrong = dataclasses.replace(PSILOCYBIN, brain_exchange=Sourced(1.0, "1", PSILOCYBIN.brain_exchange.source))
    with pytest.raises(ConfigError, match=r"d\(psilocybin_brain\)/dt: the formula is in nmol/L, .* in nmol/L/s"):
        subject.system((SEROTONIN, wrong))
    wrong = dataclasses.replace(PSILOCYBIN, trkb_affinity=Sourced(6.3, "umol/L", PSILOCYBIN.trkb_affinity.source))
    message = r"/dt: add of different units in psilocybin_brain \+ psilocybin_trkb_affinity: .* nmol/L, .* umol/L"
    with pytest.raises(ConfigError, match=message):
        subject.system((SEROTONIN, wrong), known={"psilocybin_bath": -1.0})


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (lambda x, t: jnp.exp(x), "exp needs a pure number in exp\\(x\\), but x is in umol/L"),
        (lambda x, t: jnp.log(x), "log needs a pure number"),
        (lambda x, t: 2.0 ** (x / t), "pow needs a pure number"),
        (lambda x, t: x**t, "pow needs a pure number"),
        (lambda x, t: jnp.where(x > t, 1.0, 0.0), "gt of different units"),
        (lambda x, t: jnp.maximum(x, 1.0), "max of different units in max\\(x, 1\\): x is in umol/L, 1 in 1"),
        (lambda x, t: x + 1.0, "add of different units"),
    ],
)
def test_what_units_forbid(function: Callable[..., Any], message: str):
    with pytest.raises(ConfigError, match=message):
        Units({"x": unit("umol/L"), "t": unit("s")}).of(read(function, "x", "t").result)


def test_zero_fits_everywhere():
    units = Units({"x": unit("umol/L")})
    found = units.of(read(lambda x: jnp.maximum(jnp.sqrt(x * x) - 0.0, 0.0), "x").result)
    assert found is not None
    assert found.fits(unit("umol/L"))


DECLARED = [
    *declarations(model.default_pathway(), "parameter"), *declarations(Spines(), "parameter"), *model.variables(),
    *declarations(LigandState, "variable"), *declarations(ExposureState, "variable"),
]  # fmt: skip


def test_units_mean_what_pint_says():
    registry = pint.UnitRegistry()
    texts = {one.metadata["unit"] for one in DECLARED} | {
        getattr(PSILOCYBIN, field.name).unit for field in dataclasses.fields(PSILOCYBIN)
        if isinstance(getattr(PSILOCYBIN, field.name), Sourced)
    }  # fmt: skip
    assert len(texts) > 10
    for text in texts:
        factor, bases = unit(text).meaning()
        wanted = registry.Quantity(1.0, text.replace("^", "**")).to_base_units()
        mine = registry.Quantity(factor, "")
        for base, power in bases.items():
            mine = mine * registry.Quantity(1.0, base) ** float(power)
        assert mine.to_base_units().magnitude == pytest.approx(wanted.magnitude, rel=1e-12), text
        assert mine.dimensionality == wanted.dimensionality, text
        assert unit(str(unit(text))).fits(unit(text))


def test_an_unknown_unit_is_refused():
    with pytest.raises(ConfigError, match="unknown unit 'furlong'"):
        unit("umol/furlong")


def spine_units() -> dict[str, Unit]:
    """Return the units of what spine hazards read: all growth is relative to rest."""
    declared = {f"law_{one.name}": unit(one.metadata["unit"]) for one in declarations(Spines(), "parameter")}
    free = ("turnover", "handling", "pulse", "set_point", "widening", "crowding", "use", "transient", "persistent",
            "hidden", "fast", "slow", "noise", "injected", "target")  # fmt: skip
    return declared | dict.fromkeys(free, NONE) | {"drift": unit("1/s"), "duration": unit("s")}


LAW = Spines(**{one.name: f"law_{one.name}" for one in declarations(Spines(), "parameter")})
GROWTH = Growth("pulse", "set_point", "widening", "crowding", "use")  # pyright: ignore[reportArgumentType]
HABIT = Habit("turnover", "drift", "handling")  # pyright: ignore[reportArgumentType]
SPINE = SpineState("transient", "hidden", "fast", "slow")  # pyright: ignore[reportArgumentType]
HAZARDS: dict[str, tuple[Callable[..., Any], tuple[Any, ...], str]] = {
    "maturation": (lambda law: law.maturation(), (), "1/s"),
    "births": (lambda law, *given: law.births(*given), (GROWTH, HABIT), "1/s"),
    "exits": (lambda law, *given: law.exits(given[0] > 0.5, *given[1:]), ("transient", GROWTH, HABIT), "1/s"),
    "hidden share": (lambda law, t, turnover: law.hidden_share(t > 0.5, turnover), ("transient", "turnover"), "1"),
    "toggling": (
        lambda law, hidden, growth, habit, injected, duration: law.toggling(
            hidden > 0.5, growth, habit, injected > 0.5, duration
        ),
        ("hidden", GROWTH, HABIT, "injected", "duration"), "1",
    ),
    "widths": (
        lambda law, spine, noise, target, duration: law.widths(spine, (noise, noise), target, duration),
        (SPINE, "noise", "target", "duration"), "1",
    ),
    "pools": (
        lambda law, pools, growth, habit, duration: law.pools_after(pools, growth, habit, duration),
        (CellPools("transient", "persistent"), GROWTH, HABIT, "duration"), "1",  # pyright: ignore[reportArgumentType]
    ),
}  # fmt: skip


@pytest.mark.parametrize("hazard", HAZARDS)
def test_units_of_spine_hazards_fit_together(hazard: str):
    function, given, wanted = HAZARDS[hazard]
    units = Units(spine_units(), hazard)
    for one in jax.tree.leaves(read(function, LAW, *given).result):
        units.expect(one, unit(wanted))


def test_a_changed_parameter_changes_the_equations():
    own = subject.system(TWO, values={"psilocybin_trkb_affinity": math.inf})
    assert "psilocybin_trkb_affinity" not in leaves(own.rates["trkb_active"])
    assert own.symbols["psilocybin_trkb_affinity"].value == math.inf
