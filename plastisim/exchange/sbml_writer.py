"""Equations, numbers and events as an SBML Level 3 Version 2 document, every quantity with its unit.

Variables are parameters with rate rules, not species: the equations are already rates of concentrations, and a
compartment would only rescale them. Values that several equations share are assignment rules.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from xml.sax.saxutils import escape

from plastisim.engine.dimensions import NONE, Unit, atom_of, unit
from plastisim.engine.errors import ConfigError
from plastisim.engine.expressions import Expression, leaves
from plastisim.engine.formulas import ordered
from plastisim.equations import Symbol, System

SECOND = unit("s")
_FUNCTIONS = {
    "add": "AST_PLUS", "sub": "AST_MINUS", "mul": "AST_TIMES", "div": "AST_DIVIDE", "pow": "AST_FUNCTION_POWER",
    "neg": "AST_MINUS", "abs": "AST_FUNCTION_ABS", "exp": "AST_FUNCTION_EXP", "log": "AST_FUNCTION_LN",
    "sqrt": "AST_FUNCTION_ROOT", "max": "AST_FUNCTION_MAX", "min": "AST_FUNCTION_MIN",
    "ge": "AST_RELATIONAL_GEQ", "gt": "AST_RELATIONAL_GT", "le": "AST_RELATIONAL_LEQ", "lt": "AST_RELATIONAL_LT",
    "eq": "AST_RELATIONAL_EQ", "ne": "AST_RELATIONAL_NEQ", "and": "AST_LOGICAL_AND", "or": "AST_LOGICAL_OR",
    "not": "AST_LOGICAL_NOT", "where": "AST_FUNCTION_PIECEWISE",
}  # fmt: skip
_KINDS = {"s": ("SECOND", 1), "min": ("SECOND", 60), "h": ("SECOND", 3600), "d": ("SECOND", 86400), "Hz": ("HERTZ", 1),
          "m": ("METRE", 1), "L": ("LITRE", 1), "g": ("GRAM", 1), "mol": ("MOLE", 1), "V": ("VOLT", 1)}  # fmt: skip


class Change(NamedTuple):
    """One assignment of an event: `variable` is set to `value`, or raised by it, in the variable's unit."""

    variable: str
    value: float
    adds: bool


class Event(NamedTuple):
    """What is given at one time, s."""

    time: float
    changes: tuple[Change, ...]


def document(
    equations: System, values: Mapping[str, float], events: Sequence[Event], name: str, notes: Sequence[str]
) -> str:
    """Return the XML of a model.

    Args:
        equations: of one neuron in one animal.
        values: initial value of each variable, and the value of each symbol that declares none.
        events: what is given, and when.
        name: of the model.
        notes: paragraphs about the model.

    Raises:
        ConfigError: python-libsbml is not installed.
    """
    writer = _Writer(equations, name, notes)
    intermediates = ordered(equations.rates.values(), equations.names)
    used = set(equations.rates).union(*(leaves(one) for one in equations.rates.values()))
    changed = {change.variable for event in events for change in event.changes}
    for symbol, declared in equations.symbols.items():
        if symbol in used:
            value = values.get(symbol, declared.value)
            writer.parameter(symbol, declared, value, symbol not in equations.rates and symbol not in changed)
    for one in intermediates:
        declared = Symbol(equations.units.of(one) or NONE, "")
        writer.parameter(equations.names[one], declared, None, constant=False)
        writer.rule("Assignment", equations.names[one], one)
    for variable, one in equations.rates.items():
        writer.rule("Rate", variable, one)
    for number, event in enumerate(events, 1):
        writer.event(number, event)
    return writer.text()


def _library() -> Any:
    try:
        import libsbml
    except ImportError as error:
        raise ConfigError("writing SBML needs python-libsbml: pip install 'plastisim[sbml]'") from error
    return libsbml


class _Writer:
    """A libSBML document that grows."""

    def __init__(self, equations: System, name: str, notes: Sequence[str]) -> None:
        self._lib = _library()
        self._equations = equations
        self._document = self._lib.SBMLDocument(3, 2)
        self._model = self._document.createModel("plastisim_cascade")
        self._model.setName(name)
        self._model.setSBOTerm("SBO:0000293")  # non-spatial continuous framework
        self._note(self._model, notes)
        self._units: set[str] = set()
        for setter, text in (("Time", "s"), ("Substance", "umol"), ("Extent", "umol"), ("Volume", "L"),
                             ("Area", "um^2"), ("Length", "um")):  # fmt: skip
            getattr(self._model, f"set{setter}Units")(self._unit(unit(text)))

    def text(self) -> str:
        """Return the XML."""
        return self._lib.writeSBMLToString(self._document)

    def parameter(self, name: str, declared: Symbol, value: float | None, constant: bool) -> None:
        """Declare a symbol."""
        one = self._model.createParameter()
        one.setId(name)
        one.setConstant(constant)
        one.setUnits(self._unit(declared.unit))
        if declared.meaning:
            one.setName(declared.meaning)
        if value is not None:
            one.setValue(value)
        if declared.source:
            self._note(one, [f"{declared.source.text} ({declared.source.confidence})"])

    def rule(self, kind: str, name: str, one: Expression) -> None:
        """Write `name = …` (Assignment) or `d(name)/dt = …` (Rate)."""
        rule = getattr(self._model, f"create{kind}Rule")()
        rule.setVariable(name)
        rule.setMath(self._math(one, whole=True))

    def event(self, number: int, event: Event) -> None:
        """Write what happens at one time; the amounts are parameters, so that they can be changed."""
        one = self._model.createEvent()
        one.setId(f"event_{number}")
        one.setUseValuesFromTriggerTime(True)
        trigger = one.createTrigger()
        trigger.setInitialValue(False)  # so that an event at the very start happens
        trigger.setPersistent(True)
        clock = self._lib.ASTNode(self._lib.AST_NAME_TIME)
        clock.setName("time")
        trigger.setMath(self._call("ge", clock, self._number(event.time, SECOND)))
        for change in event.changes:
            declared = self._equations.symbols[change.variable]
            amount = f"{'dose' if change.adds else 'level'}_{number}_{change.variable}"
            meaning = f"{'added to' if change.adds else 'new value of'} {change.variable} at {event.time:g} s"
            self.parameter(amount, Symbol(declared.unit, meaning), change.value, constant=True)
            assignment = one.createEventAssignment()
            assignment.setVariable(change.variable)
            given = self._name(amount)
            assignment.setMath(self._call("add", self._name(change.variable), given) if change.adds else given)

    def _math(self, one: Expression, whole: bool = False, fits: Unit = NONE) -> Any:
        """Return an expression as a libSBML tree; a number that fits everywhere takes the unit `fits`."""
        if one in self._equations.names and not whole:
            return self._name(self._equations.names[one])
        if one.operation == "symbol":
            return self._name(str(one.value))
        units = self._equations.units
        if one.operation == "number":
            return self._number(float(one.value or 0.0), fits if units.of(one) is None else NONE)
        beside = next((found for part in one.parts[-2:] if (found := units.of(part)) is not None), NONE)
        if one.operation in ("mul", "div", "pow"):
            beside = NONE
        parts = [self._math(part, fits=beside) for part in one.parts]
        if one.operation == "where":
            parts = [parts[1], parts[0], parts[2]]
        if one.operation == "sqrt":
            parts = [self._number(2.0, NONE), *parts]
        return self._call(one.operation, *parts)

    def _call(self, operation: str, *parts: Any) -> Any:
        node = self._lib.ASTNode(getattr(self._lib, _FUNCTIONS[operation]))
        for part in parts:
            node.addChild(part)
        return node

    def _name(self, name: str) -> Any:
        node = self._lib.ASTNode(self._lib.AST_NAME)
        node.setName(name)
        return node

    def _number(self, value: float, one: Unit) -> Any:
        node = self._lib.ASTNode()
        node.setValue(int(value) if value == int(value) and abs(value) < 1e9 else value)
        node.setUnits(self._unit(one))
        return node

    def _unit(self, one: Unit) -> str:
        """Return the id of a unit, defined on first use."""
        if not one.powers:
            return "dimensionless"
        words = re.sub(r"\^", "", str(one)).replace("*", "_").removeprefix("1/")
        name = ("per_" if str(one).startswith("1/") else "") + words.replace("/", "_per_")
        if name not in self._units:
            self._units.add(name)
            definition = self._model.createUnitDefinition()
            definition.setId(f"unit_{name}")
            for text, power in one.powers:
                atom = atom_of(text)
                kind, multiplier = _KINDS[atom.name]
                factor = definition.createUnit()
                factor.setKind(getattr(self._lib, f"UNIT_KIND_{kind}"))
                factor.setExponent(float(power))
                factor.setScale(atom.prefix)
                factor.setMultiplier(float(multiplier))
        return f"unit_{name}"

    def _note(self, element: Any, paragraphs: Sequence[str]) -> None:
        text = "".join(f"<p>{escape(paragraph)}</p>" for paragraph in paragraphs)
        element.setNotes(f'<body xmlns="http://www.w3.org/1999/xhtml">{text}</body>')
