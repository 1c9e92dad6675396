"""An SBML file read into formulas; whatever lies outside the subset is refused here, before anything compiles.

A species stands for its concentration, or for its amount where the file says hasOnlySubstanceUnits; compartments have
constant sizes, so that both are the same but for a factor. Meaning of the elements: SBML Level 3 Version 2 Core.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple, NoReturn

from plastisim.exchange.sbml_document import open_document, quantities, refuse, units_of
from plastisim.exchange.sbml_math import Apply, Formula, Unsupported, read_formula


class Event(NamedTuple):
    """Assignments made when a condition becomes true.

    Attributes:
        name: id of the event.
        trigger: the condition.
        before: whether it counts as true before time 0.
        assignments: new value by variable.
    """

    name: str
    trigger: Formula
    before: bool
    assignments: dict[str, Formula]


class Contents(NamedTuple):
    """What a file says; names are ids of the file, local parameters are `reaction.parameter`.

    Attributes:
        source: name of the file.
        constants: value of everything that never changes.
        initial: value at time 0 of everything that is integrated or set by events.
        rates: rate of change of the same, in the same order.
        assigned: variables with an assignment rule.
        reactions: rate of each reaction, amount per time.
        events: in the order of the file.
        units: unit by name, as the file declares it; `#time` is that of time.
    """

    source: str
    constants: dict[str, Formula]
    initial: dict[str, Formula]
    rates: dict[str, Formula]
    assigned: dict[str, Formula]
    reactions: dict[str, Formula]
    events: tuple[Event, ...]
    units: dict[str, str]

    @property
    def formulas(self) -> dict[str, Formula]:
        """What is computed from constants, variables and time."""
        return self.assigned | self.reactions


def read_contents(path: str | Path) -> Contents:
    """Return what an SBML file says.

    Raises:
        ConfigError: the file cannot be read, is not valid, or leaves the subset; names the element.
    """
    return _Reader(path).contents()


class _Reader:
    """One file being read."""

    def __init__(self, path: str | Path) -> None:
        self.path = str(path)
        self.document = open_document(self.path)  # owns everything below
        self.model = self.document.getModel()
        self.functions = {one.getId(): one.getMath() for one in self.model.getListOfFunctionDefinitions()}
        lists = ("Compartments", "Species", "Parameters", "Reactions")
        elements = [one for name in lists for one in getattr(self.model, f"getListOf{name}")()]
        self.scope: dict[str, Formula] = {one.getId(): one.getId() for one in elements}

    def contents(self) -> Contents:
        """Return everything; the order of the steps is that of the file."""
        self._check_model()
        starts = {**self._sizes(), **self._species_starts(), **self._parameter_values()}
        reactions, local = self._kinetic_laws()
        for one in self.model.getListOfInitialAssignments():
            if one.getSymbol() not in self.scope or one.getSymbol() in reactions:
                self.refuse(one, one.getSymbol(), "sets something other than a compartment, species or parameter")
            starts[one.getSymbol()] = self.formula(one, one.getSymbol())
        assigned, ruled = self._rules()
        events = tuple(self._event(one, number) for number, one in enumerate(self.model.getListOfEvents(), 1))
        rates = {**self._species_rates(), **ruled}
        rates.update({name: 0.0 for event in events for name in event.assignments if name not in rates})
        for one in quantities(self.model):
            if one.getId() not in starts and one.getId() not in assigned:
                self.refuse(one, one.getId(), "has no value")
        starts = {name: value for name, value in (starts | local).items() if name not in assigned}
        constants = {name: value for name, value in starts.items() if name not in rates}
        initial = {name: starts[name] for name in rates}
        return Contents(self.path, constants, initial, rates, assigned, reactions, events, units_of(self.model))

    def refuse(self, element: Any, name: str, why: str) -> NoReturn:
        """Raise the error about an element of the file."""
        refuse(self.path, element, name, why)

    def formula(self, element: Any, name: str, scope: dict[str, Formula] | None = None) -> Formula:
        """Return the formula of an element."""
        if element.getMath() is None:
            self.refuse(element, name, "has no formula")
        try:
            return read_formula(element.getMath(), self.scope if scope is None else scope, self.functions)
        except Unsupported as error:
            self.refuse(element, name, str(error))

    def _check_model(self) -> None:
        """Refuse what changes the meaning of the whole model."""
        for one in self.model.getListOfConstraints():
            self.refuse(one, one.getId(), "would have to be watched during the run")
        for one in (self.model, *self.model.getListOfSpecies()):
            if one.isSetConversionFactor():
                self.refuse(one, one.getId(), "has a conversion factor")

    def _sizes(self) -> dict[str, Formula]:
        return {one.getId(): one.getSize() for one in self.model.getListOfCompartments() if one.isSetSize()}

    def _parameter_values(self) -> dict[str, Formula]:
        return {one.getId(): one.getValue() for one in self.model.getListOfParameters() if one.isSetValue()}

    def _species_starts(self) -> dict[str, Formula]:
        starts: dict[str, Formula] = {}
        for one in self.model.getListOfSpecies():
            amounts, size = one.getHasOnlySubstanceUnits(), one.getCompartment()
            if one.isSetSpatialSizeUnits():
                self.refuse(one, one.getId(), "measures its compartment in other units (spatialSizeUnits)")
            if not amounts and self.model.getCompartment(size).getSpatialDimensions() == 0:
                self.refuse(one, one.getId(), f"would have a concentration in {size!r}, which is a point")
            if one.isSetInitialAmount():
                value = one.getInitialAmount()
                starts[one.getId()] = value if amounts else Apply("divide", (value, size))
            elif one.isSetInitialConcentration():
                value = one.getInitialConcentration()
                starts[one.getId()] = Apply("times", (value, size)) if amounts else value
        return starts

    def _kinetic_laws(self) -> tuple[dict[str, Formula], dict[str, Formula]]:
        """Return the rates of the reactions and the values of their local parameters."""
        laws: dict[str, Formula] = {}
        local: dict[str, Formula] = {}
        for one in self.model.getListOfReactions():
            name, law = one.getId(), one.getKineticLaw()
            if one.getFast():
                self.refuse(one, name, "is fast")
            if law is None:
                self.refuse(one, name, "has no kinetic law")
            if law.isSetTimeUnits() or law.isSetSubstanceUnits():
                self.refuse(law, name, "has units of its own")
            own = law.getListOfLocalParameters() if self.model.getLevel() > 2 else law.getListOfParameters()
            for parameter in own:
                if not parameter.isSetValue():
                    self.refuse(parameter, f"{name}.{parameter.getId()}", "has no value")
                local[f"{name}.{parameter.getId()}"] = parameter.getValue()
            inner = {parameter.getId(): f"{name}.{parameter.getId()}" for parameter in own}
            laws[name] = self.formula(law, name, self.scope | inner)
        return laws, local

    def _species_rates(self) -> dict[str, Formula]:
        """Return the rates of change of the species that reactions change."""
        flows: dict[str, list[Formula]] = {}
        for reaction in self.model.getListOfReactions():
            sides = ((reaction.getListOfReactants(), -1.0), (reaction.getListOfProducts(), 1.0))
            for one, sign in ((one, sign) for side, sign in sides for one in side):
                unset = self.model.getLevel() > 2 and not (one.getConstant() and one.isSetStoichiometry())
                if unset or one.isSetStoichiometryMath():
                    self.refuse(one, f"{reaction.getId()}.{one.getSpecies()}", "has a stoichiometry that may change")
                species = self.model.getSpecies(one.getSpecies())
                if not (species.getBoundaryCondition() or species.getConstant()):
                    flow = Apply("times", (sign * one.getStoichiometry(), reaction.getId()))
                    flows.setdefault(species.getId(), []).append(flow)
        rates: dict[str, Formula] = {}
        for name, parts in flows.items():
            species, total = self.model.getSpecies(name), Apply("plus", tuple(parts))
            amounts = species.getHasOnlySubstanceUnits()
            rates[name] = total if amounts else Apply("divide", (total, species.getCompartment()))
        return rates

    def _rules(self) -> tuple[dict[str, Formula], dict[str, Formula]]:
        """Return assigned variables, and the rates of variables with a rate rule."""
        assigned: dict[str, Formula] = {}
        ruled: dict[str, Formula] = {}
        for one in self.model.getListOfRules():
            name = one.getVariable()
            if one.isAlgebraic():
                self.refuse(one, one.getIdAttribute() or one.getMetaId(), "is not supported")
            self._check_target(one, name)
            (ruled if one.isRate() else assigned)[name] = self.formula(one, name)
        return assigned, ruled

    def _event(self, one: Any, number: int) -> Event:
        name, trigger = one.getIdAttribute() or f"number {number}", one.getTrigger()
        if one.isSetDelay() or one.isSetPriority():
            self.refuse(one, name, f"has a {'delay' if one.isSetDelay() else 'priority'}")
        if not one.getUseValuesFromTriggerTime():
            self.refuse(one, name, "does not use the values of trigger time")
        if trigger is None:
            self.refuse(one, name, "has no trigger")
        assignments = {}
        for assignment in one.getListOfEventAssignments():
            self._check_target(assignment, assignment.getVariable())
            assignments[assignment.getVariable()] = self.formula(assignment, f"{name}.{assignment.getVariable()}")
        before = self.model.getLevel() < 3 or trigger.getInitialValue()
        return Event(name, self.formula(trigger, name), before, assignments)

    def _check_target(self, element: Any, name: str) -> None:
        if self.model.getCompartment(name) is not None:
            self.refuse(element, name, "changes the size of a compartment")
        if self.model.getSpecies(name) is None and self.model.getParameter(name) is None:
            self.refuse(element, name, "changes something other than a species or a parameter")
