"""SBML import: published models against their reference values and another simulator, and what each element means."""

from __future__ import annotations

import functools
import math
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import runs
from jax import numpy as jnp

from plastisim.engine import control, stepping
from plastisim.engine.devices import compiled
from plastisim.engine.errors import ConfigError, NumericalError
from plastisim.engine.jacobian import linearise
from plastisim.engine.rodas import RODAS4P
from plastisim.exchange.sbml_in import Inputs, SbmlModel, read_sbml

libsbml = pytest.importorskip("libsbml")

# model: file, tolerance demanded, longest step of the other simulator, {variable: values at the two times}
# (../shared/MODEL.md, section 10).
Case = tuple[str, float, float | None, tuple[float, float], dict[str, tuple[float, float]]]
PUBLISHED: dict[str, Case] = {
    "Xu 2003": ("BIOMD0000000075_Xu2003_phosphoinositide.xml", 1e-6, 0.01, (50.0, 100.0), {
        "PIP2_PM": (3025.83, 3643.63), "PIP_PM": (2711.30, 2803.34), "IP3_Cyt": (231.803, 99.7685),
        "DAG_PM": (6690.07, 6718.59), "PLC_act_PM": (3.76118e-4, 2.53426e-6)}),
    "Bornheimer 2004": ("BIOMD0000000086_Bornheimer2004_GTPase_cycle.xml", 1e-4, None, (2.5, 10.0), {
        "parameter_0": (0.979355, 0.988744), "parameter_1": (0.0127316, 0.0128537)}),
    "Fujita 2010": ("BIOMD0000000263_Fujita2010_NGF_Akt_S6.xml", 1e-6, None, (900.0, 3600.0), {
        "pTrkA_total": (0.478479, 0.434818), "pAkt_total": (0.517315, 0.308258), "pS6_total": (0.453192, 0.988764)}),
    "Abell 2011": ("BIOMD0000000354_Abell2011_calcium.xml", 1e-6, None, (75.0, 300.0), {
        "CaI": (0.0767574, 0.0624137), "IP3": (0.0376805, 0.0310713), "g": (0.576779, 0.558283),
        "CaS": (1.79562, 1.62285), "CaM": (0.0456239, 0.0142189)}),
    "Heitzler 2012": ("BIOMD0000000842_Heitzler2012_GPCR_arrestin_ERK.xml", 1e-6, None, (15.0, 30.0), {
        "HR": (4.30502e-4, math.nan), "G_a": (0.0403199, math.nan), "DAG": (0.299068, math.nan),
        "PKC_a": (0.117357, math.nan), "GpERK": (0.327610, math.nan), "bpERK": (0.761015, math.nan)}),
    "Li-Rinzel 1994": ("LiRinzel1994_from_COPASI.xml", 1e-6, None, (25.0, 100.0), {
        "Ca": (0.389622, 0.679183), "h": (0.421009, 0.390150), "c0": (1.97420, 1.95899)}),
}  # fmt: skip
LARGE = ("Bornheimer 2004", "Heitzler 2012")  # seconds to compile
ACCURATE = 1e-9


@functools.cache
def published(folder: Path, name: str) -> SbmlModel:
    return read_sbml(folder / "reference" / "sbml" / PUBLISHED[name][0])


def by_roadrunner(model: SbmlModel, times: tuple[float, float], longest: float | None) -> dict[str, np.ndarray]:
    """Return every output at `times` by libRoadRunner (CVODE)."""
    runner = pytest.importorskip("roadrunner").RoadRunner(model.source)
    integrator = runner.integrator
    integrator.relative_tolerance, integrator.absolute_tolerance = 1e-11, 1e-16
    integrator.maximum_num_steps = 10**6
    if longest is not None:
        integrator.maximum_time_step = longest
    species = {*runner.model.getFloatingSpeciesIds(), *runner.model.getBoundarySpeciesIds()}
    names = (*model.names, *model.assigned)
    chosen = [f"[{name}]" if name in species else name for name in names]
    frames = [runner.simulate(begin, end, 2, chosen)[-1] for begin, end in zip((0.0, *times), times, strict=False)]
    return dict(zip(names, np.transpose(frames), strict=True))


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.slow if name in LARGE else ()) for name in PUBLISHED]
)
def test_published_model(shared: Path, name: str):
    _, demanded, longest, times, table = PUBLISHED[name]
    model = published(shared, name)
    found = {key: value[:, 0] for key, value in model.simulate(times, tolerance=ACCURATE).items()}
    for variable, wanted in table.items():
        for value, reference in zip(found[variable], wanted, strict=True):
            if not math.isnan(reference):  # six significant digits
                last = 10.0 ** (math.floor(math.log10(reference)) - 5)
                assert abs(value - reference) <= 0.5 * last + demanded * reference, variable
    other = by_roadrunner(model, times, longest)
    assert set(other) == set(found)
    for variable, wanted in other.items():
        np.testing.assert_allclose(found[variable], wanted, rtol=demanded, atol=1e-300, err_msg=variable)


def test_error_falls_with_the_fourth_power_of_the_steps(shared: Path):
    model = published(shared, "Li-Rinzel 1994")
    constants = {name: jnp.full(1, value) for name, value in model.parameters.items()}
    first = jnp.asarray([[model.initial[name]] for name in model.names])

    @compiled
    def end(relative: Any) -> control.Lanes:
        allowed = control.Tolerance(relative, relative * jnp.full(3, 1e-6), np.ones(3, bool))

        def inputs_at(elapsed: Any, values: Any) -> Inputs:
            return Inputs(elapsed, constants, {})

        return stepping.advance(model.rates, inputs_at, control.start(first), jnp.asarray(100.0), allowed, RODAS4P)

    truth = np.asarray(end(1e-12).values)
    tolerances = 10.0 ** -np.arange(6.0, 10.0)
    runs_ = [end(tolerance) for tolerance in tolerances]
    errors = [np.max(np.abs(np.asarray(one.values) / truth - 1.0)) for one in runs_]
    steps = [int(one.accepted[0]) for one in runs_]
    order = -np.polyfit(np.log(steps), np.log(errors), 1)[0]
    assert 3.7 < order < 4.4, (steps, errors)


# ---------------------------------------------------------------- small models, written here


def maths(formula: str, time: str = "t") -> str:
    """Return infix as MathML; the name `t` is the time of the run."""
    text = libsbml.writeMathMLToString(libsbml.parseL3Formula(formula)).split("?>")[-1]
    symbol = '<csymbol encoding="text" definitionURL="http://www.sbml.org/sbml/symbols/time"> t </csymbol>'
    return text.replace(f"<ci> {time} </ci>", symbol)


def rule(kind: str, variable: str, formula: str) -> str:
    return f'<{kind}Rule variable="{variable}">{maths(formula)}</{kind}Rule>'


def parameter(name: str, value: float | None = None, constant: bool = True) -> str:
    given = "" if value is None else f'value="{value}"'
    return f'<parameter id="{name}" {given} constant="{str(constant).lower()}"/>'


def event(name: str, trigger: str, assignments: dict[str, str], first: str = "true", extra: str = "") -> str:
    made = "".join(
        f'<eventAssignment variable="{key}">{maths(value)}</eventAssignment>' for key, value in assignments.items()
    )
    head = f'<event id="{name}" useValuesFromTriggerTime="true">'
    start = f'<trigger initialValue="{first}" persistent="true">{maths(trigger)}</trigger>'
    return f"{head}{start}{extra}<listOfEventAssignments>{made}</listOfEventAssignments></event>"


def species(name: str, start: str, compartment: str = "V", amounts: bool = False, boundary: bool = False) -> str:
    return (
        f'<species id="{name}" compartment="{compartment}" {start} hasOnlySubstanceUnits="{str(amounts).lower()}" '
        f'boundaryCondition="{str(boundary).lower()}" constant="false"/>'
    )


def reaction(name: str, sides: str, law: str, local: str = "", fast: str = "false") -> str:
    return (
        f'<reaction id="{name}" reversible="false" fast="{fast}">{sides}'
        f"<kineticLaw>{maths(law)}{local}</kineticLaw></reaction>"
    )


def side(kind: str, *names: str, stoichiometry: float = 1.0, constant: str = "true") -> str:
    inner = "".join(
        f'<speciesReference species="{name}" stoichiometry="{stoichiometry}" constant="{constant}"/>' for name in names
    )
    return f"<listOf{kind}>{inner}</listOf{kind}>"


VOLUME = '<compartment id="V" spatialDimensions="3" size="2" constant="true"/>'
LISTS = ("FunctionDefinitions", "Compartments", "Species", "Parameters", "InitialAssignments", "Rules", "Constraints",
         "Reactions", "Events")  # fmt: skip


def written(folder: Path, head: str = "", **lists: str) -> Path:
    """Write a level 3 file of the given lists (name without `listOf`) and return its path."""
    body = "".join(f"<listOf{name}>{lists[name]}</listOf{name}>" for name in LISTS if name in lists)
    path = folder / "model.xml"
    path.write_text(
        '<?xml version="1.0" encoding="UTF-8"?><sbml xmlns="http://www.sbml.org/sbml/level3/version1/core" level="3" '
        f'version="1" {head}><model id="small">{body}</model></sbml>'
    )
    return path


def as_level_2(path: Path) -> Path:
    """Write the same model as level 2 version 4."""
    document = libsbml.readSBMLFromFile(str(path))
    assert document.setLevelAndVersion(2, 4, False)
    libsbml.writeSBMLToFile(document, str(path.with_name("level2.xml")))
    return path.with_name("level2.xml")


def chemistry(folder: Path) -> Path:
    """Four species that decay or appear at rate k: in concentrations (A, D) and in amounts (B, C); V = 2."""
    return written(
        folder,
        Compartments=VOLUME,
        Species=species("A", 'initialAmount="6"') + species("B", 'initialConcentration="3"', amounts=True)
        + species("C", 'initialAmount="0"', amounts=True) + species("D", 'initialConcentration="0"')
        + species("fixed", 'initialConcentration="5"', boundary=True),
        Parameters=parameter("k", 0.5) + parameter("flow", constant=False),
        Rules=rule("assignment", "flow", "first / V"),
        Reactions=reaction("first", side("Reactants", "A", "fixed") + side("Products", "C", stoichiometry=2),
                           "k * A * V")
        + reaction("second", side("Reactants", "B") + side("Products", "D"), "k * B",
                   '<listOfLocalParameters><localParameter id="k" value="0.25"/></listOfLocalParameters>'),
    )  # fmt: skip


@pytest.mark.parametrize("level", [2, 3])
def test_amounts_concentrations_and_local_parameters(tmp_path: Path, level: int):
    path = chemistry(tmp_path)
    model = read_sbml(as_level_2(path) if level == 2 else path)
    assert model.names == ("A", "C", "B", "D")
    assert model.initial == {"A": 3.0, "B": 6.0, "C": 0.0, "D": 0.0}
    assert model.parameters == {"V": 2.0, "fixed": 5.0, "k": 0.5, "second.k": 0.25}
    if level == 2:  # the same formulas: nothing more to run
        return
    times, k = np.array([0.0, 1.0, 3.0]), np.array([0.5, 1.0])
    found = model.simulate(times, lanes=2, parameters={"k": k})
    decay, slow = np.exp(-times[:, None] * k), np.exp(-0.25 * times[:, None])
    np.testing.assert_allclose(found["A"], 3.0 * decay, rtol=1e-7)
    np.testing.assert_allclose(found["C"], 12.0 * (1.0 - decay), rtol=1e-7)
    np.testing.assert_allclose(found["B"], 6.0 * slow * [1.0, 1.0], rtol=1e-7)
    np.testing.assert_allclose(found["D"], 3.0 * (1.0 - slow) * [1.0, 1.0], rtol=1e-7)
    np.testing.assert_allclose(found["flow"], 3.0 * k * decay, rtol=1e-7)
    # A size that is set moves the amounts that the file gives as concentrations, and the reverse.
    before = runs.compilations()
    wider = model.simulate([0.0], lanes=2, parameters={"V": 4.0, "second.k": 0.0, "D": 7.0})
    assert runs.compilations() == before
    assert [float(wider[name][0, 0]) for name in "ABD"] == [1.5, 12.0, 7.0]


def clockwork(folder: Path) -> Path:
    """Doses, switches and a function, all driven by time."""
    return written(
        folder,
        FunctionDefinitions=f'<functionDefinition id="loss">{maths("lambda(x, rate, -rate * x)")}</functionDefinition>',
        Parameters=parameter("k", 0.5) + parameter("on", 0.7) + parameter("dose", 1.0, constant=False)
        + parameter("x", constant=False) + parameter("x0", 4.0) + parameter("pulse", 0.0, constant=False)
        + parameter("since", constant=False) + parameter("input", constant=False),
        InitialAssignments=f'<initialAssignment symbol="x">{maths("x0 / 2")}</initialAssignment>',
        Rules=rule("rate", "x", "loss(x, k)") + rule("assignment", "since", "2 * (t - on)")
        + rule("assignment", "input", "piecewise(3, and(since >= 0, t < on + 1), 1, since >= 4, 0)")
        + rule("rate", "pulse", "input"),
        Events=event("give", "t >= on", {"dose": "dose / 2", "x": "x + dose"})
        + event("start", "t >= 0", {"x": "10 * x"}, first="false")
        + event("not_at_start", "t >= 0", {"x": "1000 * x"}, first="true")
        + event("late", "and(t / 2 > on, t < 100)", {"x": "x + dose"}),
    )  # fmt: skip


def test_events_and_switches_in_time_are_exact(tmp_path: Path):
    model = read_sbml(clockwork(tmp_path))
    times, on = np.array([0.0, 0.5, 0.7, 1.0, 2.0, 4.0]), np.array([0.7, 0.9])
    found = model.simulate(times, lanes=2, parameters={"on": on}, tolerance=1e-9)
    t = times[:, None]
    x = 20.0 * np.exp(-0.5 * t)
    for after, amount in ((t - on, 1.0), (t - 2.0 * on, 0.5)):
        x = x + np.where(after >= 0.0, amount * np.exp(-0.5 * after), 0.0)
    np.testing.assert_allclose(found["x"], x, rtol=1e-8)
    np.testing.assert_allclose(found["dose"], np.where(t >= on, 0.5, 1.0))
    # A step function is integrated without error: no step crosses the switch.
    pulse = 3.0 * np.clip(t - on, 0.0, 1.0) + np.maximum(t - on - 2.0, 0.0)
    np.testing.assert_allclose(found["pulse"], pulse, rtol=1e-13, atol=1e-13)
    np.testing.assert_allclose(found["since"], 2.0 * (t - on), rtol=1e-13)
    np.testing.assert_array_equal(
        found["input"], np.where((t >= on) & (t < on + 1), 3.0, np.where(2.0 * (t - on) >= 4.0, 1.0, 0.0))
    )


FORMULAS = {
    "x ^ 2 - y ^ (-1) + x ^ n": lambda x, y, n: x**2 - 1 / y + x**n,
    "root(3, x) + sqrt(y) + log10(x) + log(2, y) + ln(x)":
        lambda x, y, n: x ** (1 / 3) + math.sqrt(y) + math.log10(x) + math.log2(y) + math.log(x),
    "exp(-x) + abs(x - 1) + floor(3 * y) - ceil(y / 3)":
        lambda x, y, n: math.exp(-x) + abs(x - 1) + math.floor(3 * y) - math.ceil(y / 3),
    "sin(x) + cos(y) * tan(x) + sinh(x) - cosh(y) / tanh(x)":
        lambda x, y, n: math.sin(x) + math.cos(y) * math.tan(x) + math.sinh(x) - math.cosh(y) / math.tanh(x),
    "arcsin(x / 3) + arccos(y / 3) * arctan(x) + arcsinh(x) - arccosh(1 + y) / arctanh(x / 3)":
        lambda x, y, n: math.asin(x / 3) + math.acos(y / 3) * math.atan(x) + math.asinh(x)
        - math.acosh(1 + y) / math.atanh(x / 3),
    "sec(x) + csc(y) + cot(x) + sech(y) + csch(x) + coth(y)":
        lambda x, y, n: 1 / math.cos(x) + 1 / math.sin(y) + 1 / math.tan(x) + 1 / math.cosh(y) + 1 / math.sinh(x)
        + 1 / math.tanh(y),
    "arcsec(1 + x) + arccsc(1 + y) + arccot(x) + arcsech(y / 3) + arccsch(x) + arccoth(1 + y)":
        lambda x, y, n: math.acos(1 / (1 + x)) + math.asin(1 / (1 + y)) + math.atan(1 / x) + math.acosh(3 / y)
        + math.asinh(1 / x) + math.atanh(1 / (1 + y)),
    "piecewise(x, x > y, y ^ 2, and(x <= y, not(y == 2)), 0) + pi + exponentiale + 1 / 3":
        lambda x, y, n: (x if x > y else y**2) + math.pi + math.e + 1 / 3,
    "piecewise(1, or(x < 0.1, xor(x >= 1, y != 1)), 2) * x * y - (-x) + avogadro / 6.02214179e23":
        lambda x, y, n: (1 if x < 0.1 or ((x >= 1) != (y != 1)) else 2) * x * y + x + 1,
}  # fmt: skip


def test_every_function_and_its_slope(tmp_path: Path):
    names = [f"v{i}" for i in range(len(FORMULAS))]
    path = written(
        tmp_path,
        Parameters="".join(parameter(name, 0.0, constant=False) for name in names)
        + parameter("x", 0.8, constant=False) + parameter("y", 1.3, constant=False) + parameter("n", 2.5),
        Rules="".join(rule("rate", *pair) for pair in zip(names, FORMULAS, strict=True))
        + rule("rate", "x", "0") + rule("rate", "y", "0"),
    )  # fmt: skip
    model, points = read_sbml(path), np.array([[0.8, 1.3], [1.7, 0.4]])
    values = [jnp.zeros(2)] * len(names) + [jnp.asarray(points[:, 0]), jnp.asarray(points[:, 1])]
    inputs = Inputs(jnp.zeros(2), {"n": jnp.full(2, 2.5)}, {})
    found, rows = runs.quickly(lambda given: linearise(model.rates, given, inputs))(values)
    for row, computed, (formula, reference) in zip(rows, found, FORMULAS.items(), strict=False):
        np.testing.assert_allclose(computed, [reference(*point, 2.5) for point in points], rtol=1e-13, err_msg=formula)
        for index, shift in ((len(names), [1e-6, 0.0]), (len(names) + 1, [0.0, 1e-6])):
            low, high = ([reference(*point, 2.5) for point in points + sign * np.array(shift)] for sign in (-1, 1))
            slope = np.subtract(high, low) / 2e-6
            np.testing.assert_allclose(row.get(index, jnp.zeros(2)), slope, rtol=1e-6, atol=1e-8, err_msg=formula)


def test_a_condition_on_the_state_is_found_by_the_step_control(tmp_path: Path):
    path = written(
        tmp_path, Parameters=parameter("x", 1.0, constant=False),
        Rules=rule("rate", "x", "piecewise(-x, x > 0.5, -2 * x)"),
    )  # fmt: skip
    found = read_sbml(path).simulate([0.5, 2.0], tolerance=1e-9)["x"][:, 0]
    crossing = math.log(2.0)
    np.testing.assert_allclose(found, [math.exp(-0.5), 0.5 * math.exp(-2.0 * (2.0 - crossing))], rtol=1e-7)


# ---------------------------------------------------------------- refusals and failures

X = parameter("x", 1.0, constant=False)
ONE = dict(Compartments=VOLUME, Species=species("S", 'initialAmount="1"'), Parameters=parameter("k", 1.0))
OUT = side("Reactants", "S")
COMP = 'xmlns:comp="http://www.sbml.org/sbml/level3/version1/comp/version1" comp:required="true"'
REFUSED: dict[str, tuple[dict[str, str], str]] = {
    "algebraic rule": (dict(Parameters=X, Rules=f"<algebraicRule>{maths('x - 1')}</algebraicRule>"), "algebraicRule"),
    "fast": (ONE | dict(Reactions=reaction("R", OUT, "k * S", fast="true")), "reaction 'R' is fast"),
    "no law": (ONE | dict(Reactions=f'<reaction id="R" reversible="false" fast="false">{OUT}</reaction>'),
               "reaction 'R' has no kinetic law"),
    "stoichiometry": (ONE | dict(Reactions=reaction("R", side("Reactants", "S", constant="false"), "k * S")),
                      "speciesReference 'R.S' has a stoichiometry that may change"),
    "compartment": (dict(Compartments=VOLUME.replace("true", "false"), Rules=rule("rate", "V", "1")),
                    "rateRule 'V' changes the size of a compartment"),
    "conversion": (ONE | dict(Species=ONE["Species"].replace("<species", '<species conversionFactor="k"')),
                   "species 'S' has a conversion factor"),
    "point": (ONE | dict(Compartments=VOLUME.replace('spatialDimensions="3"', 'spatialDimensions="0"')),
              "species 'S' would have a concentration in 'V', which is a point"),
    "no value": (dict(Parameters=parameter("q")), "parameter 'q' has no value"),
    "constraint": (dict(Parameters=X, Constraints=f"<constraint>{maths('x > 0')}</constraint>"), "constraint ''"),
    "delay": (dict(Parameters=X, Rules=rule("rate", "x", "delay(x, 1)")), "rateRule 'x' uses delay"),
    "factorial": (dict(Parameters=X, Rules=rule("rate", "x", "factorial(x)")), "rateRule 'x' uses factorial"),
    "event delay": (dict(Parameters=X, Events=event("E", "t > 1", {"x": "2"}, extra=f"<delay>{maths('1')}</delay>")),
                    "event 'E' has a delay"),
    "event priority": (
        dict(Parameters=X, Events=event("E", "t > 1", {"x": "2"}, extra=f"<priority>{maths('1')}</priority>")),
        "event 'E' has a priority"),
    "state trigger": (dict(Parameters=X, Events=event("E", "x > 1", {"x": "2"})),
                      "event 'E' is triggered by the state of the model"),
    "moving trigger": (dict(Parameters=X, Events=event("E", "t > x", {"x": "2"})),
                       "event 'E' is triggered by the state of the model"),
    "instant trigger": (dict(Parameters=X, Events=event("E", "t == 1", {"x": "2"})), "event 'E' has a trigger that"),
    "later values": (
        dict(Parameters=X, Events=event("E", "t > 1", {"x": "2"}).replace('TriggerTime="true"', 'TriggerTime="false"')),
        "event 'E' does not use the values of trigger time"),
    "circle": (dict(Parameters=X + parameter("y", 1.0, constant=False),
                    Rules=rule("assignment", "x", "y") + rule("assignment", "y", "x")), "not valid SBML"),
    "unknown name": (dict(Parameters=X, Rules=rule("rate", "x", "nobody")), "not valid SBML"),
    "package": (dict(head=COMP, Parameters=X), "/comp/version1' is a package without which"),
}  # fmt: skip


@pytest.mark.parametrize("what", REFUSED)
def test_refused_before_anything_compiles(tmp_path: Path, what: str):
    lists, message = REFUSED[what]
    path = written(tmp_path, **lists)
    before = runs.compilations()
    with pytest.raises(ConfigError) as caught:
        read_sbml(path)
    assert message in str(caught.value)
    assert str(path) in str(caught.value)
    assert "supported are SBML levels 2 and 3" in str(caught.value) or "not valid SBML, line" in str(caught.value)
    assert runs.compilations() == before


def test_what_is_not_sbml_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "text.xml").write_text("no model")
    with pytest.raises(ConfigError, match="not valid SBML"):
        read_sbml(tmp_path / "text.xml")
    with pytest.raises(ConfigError, match="no such file"):
        read_sbml(tmp_path / "none.xml")
    monkeypatch.setitem(sys.modules, "libsbml", None)
    with pytest.raises(ConfigError, match=r"plastisim\[sbml\]"):
        read_sbml(tmp_path / "text.xml")


def test_calls_that_make_no_sense(tmp_path: Path):
    model = read_sbml(clockwork(tmp_path))
    with pytest.raises(ConfigError, match=r"no parameter 'onn' to set; did you mean \['on'\]"):
        model.simulate([1.0], parameters={"onn": 1.0})
    with pytest.raises(ConfigError, match="'since' to set; a rule computes it"):
        model.simulate([1.0], parameters={"since": 1.0})
    with pytest.raises(ConfigError, match="one for each of 3 lanes"):
        model.simulate([1.0], lanes=3, parameters={"on": [1.0, 2.0]})
    for times in ([], [1.0, 1.0], [-1.0], [math.nan]):
        with pytest.raises(ConfigError, match="times must be a list that increases"):
            model.simulate(times)
    with pytest.raises(ConfigError, match="must be positive"):
        model.simulate([1.0], tolerance=0.0)
    with pytest.raises(ConfigError, match="lanes must be 1 or more"):
        model.simulate([1.0], lanes=0)
    with pytest.raises(ConfigError, match="every variable starts at 0"):
        model.simulate([1.0], parameters={"x": 0.0, "dose": 0.0, "pulse": 0.0})


def test_two_events_that_set_the_same_at_once_are_refused(tmp_path: Path):
    both = event("E", "t >= 0", {"x": "2"}, first="false") + event("F", "t >= 0", {"x": "3"}, first="false")
    with pytest.raises(ConfigError, match="event 'F' sets 'x' at time 0 as another event does"):
        read_sbml(written(tmp_path, Parameters=X, Events=both)).simulate([0.0])


def test_failures_name_variable_and_time(tmp_path: Path):
    path = written(
        tmp_path,
        Parameters=X + parameter("k", 0.1) + parameter("p", 1.0) + parameter("q", 1.0)
        + parameter("y", 1.0, constant=False) + parameter("z", constant=False),
        Rules=rule("rate", "x", "k * x ^ 2") + rule("rate", "y", "sqrt(p)") + rule("assignment", "z", "ln(q - t)"),
    )  # fmt: skip
    model = read_sbml(path)
    with pytest.raises(NumericalError, match=r"the rate of 'y' is not a number between times 0 and 0.5 \(lane 1\)"):
        model.simulate([0.5, 2.0], lanes=2, parameters={"p": [1.0, -1.0]})
    with pytest.raises(NumericalError, match=r"'x' diverged between times 0.5 and 2 \(lane 1\)"):
        model.simulate([0.5, 2.0], lanes=2, parameters={"k": [0.1, 1.0]})
    with pytest.raises(NumericalError, match=r"'z' is not a number at time 2 \(lane 0\)"):
        model.simulate([0.5, 2.0], lanes=2, parameters={"q": [1.0, 4.0]})
