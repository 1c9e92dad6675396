"""The model's equations, read back from the functions that are compiled: names, units, formulas.

Every equation of the cascade and of exposure, with its parameters by name. Nothing is written twice: what is checked
for units here, printed in the documentation and written to SBML is what the kernels run.
"""

from __future__ import annotations

import dataclasses
import difflib
import itertools
import re
from collections.abc import Container, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import jax
import numpy as np

from plastisim import model
from plastisim.biology import exposure, pharmacokinetics
from plastisim.biology.exposure import Exposure, ExposureState
from plastisim.biology.ligands import Ligand, LigandState, Supply
from plastisim.engine.dimensions import Unit, Units, unit
from plastisim.engine.errors import ConfigError
from plastisim.engine.expressions import Expression, leaves, read
from plastisim.engine.fields import Source, declarations
from plastisim.engine.formulas import latex, latex_name, ordered, plain
from plastisim.lab.compound import Compound
from plastisim.lab.compounds import PSILOCYBIN, SEROTONIN

NAMING = {
    "plastisim.model", exposure.__name__, pharmacokinetics.__name__,
    *(state.__module__ for state in model.STATE_TYPES.values()),
}  # fmt: skip
PER_COMPOUND = (exposure.__name__, pharmacokinetics.__name__)
NANO = "nmol_per_umol"
INFLOW = "bdnf_inflow"
SUPPLIED = {"infusion": ("nmol/L/s", "rise of plasma by infusion of"), "bath": ("nmol/L", "bath, if not negative, of")}


class Symbol(NamedTuple):
    """What a name in an equation stands for.

    Attributes:
        unit: as declared.
        meaning: in words.
        value: of a parameter; None for what changes or has to be solved.
        source: of a parameter's value.
    """

    unit: Unit
    meaning: str
    value: float | None = None
    source: Source | None = None


@dataclasses.dataclass(frozen=True)
class System:
    """The equations of one neuron in one animal.

    Attributes:
        symbols: every name in them: variables, parameters, what is supplied, resting values.
        rates: d(variable)/dt by variable; exposure first, then the cascade.
        names: intermediate values, as the source calls them.
        resting: value of each `rest_` symbol, as an expression of the state at rest.
        units: of every expression.
    """

    symbols: dict[str, Symbol]
    rates: dict[str, Expression]
    names: dict[Expression, str]
    resting: dict[str, Expression]
    units: Units


class Formula(NamedTuple):
    """One line: what stands on the left of `=` in plain text, its unit, and the whole line in both notations."""

    left: str
    unit: str
    text: str
    latex: str


def system(
    compounds: Sequence[Compound] = (SEROTONIN,),
    pathway: model.Pathway | None = None,
    known: Mapping[str, float] | None = None,
    values: Mapping[str, float] | None = None,
    general: bool = False,
) -> System:
    """Return the equations of one neuron under some compounds, with all units checked.

    Args:
        compounds: serotonin first.
        pathway: parameters of the cascade, one value each; None takes the defaults.
        known: symbols that are replaced by their numbers.
        values: of parameters of compounds or the animal that differ from the declared ones.
        general: keep what has no effect because a parameter is infinite: a compound that does not bind somewhere.

    Raises:
        ConfigError: units in an equation do not fit together; the message says where.
    """
    pathway = pathway or model.default_pathway()
    symbols = dict(_symbols(compounds, pathway))
    symbols |= {name: symbols[name]._replace(value=value) for name, value in (values or {}).items()}
    numbers: dict[str, Any] = dict(known or {})
    if not general:
        numbers |= {name: one.value for name, one in symbols.items() if one.value == np.inf}
    arguments = jax.tree.map(lambda name: numbers.get(name, name), _arguments(compounds))
    reading = read(_everything, *arguments, named_in=NAMING, constants={pharmacokinetics.NANO: NANO})
    changes, drive, resting = reading.result
    resting = {f"rest_{field}": one for field, one in vars(resting).items()}
    rates = dict(zip(_variables(compounds), jax.tree.leaves(changes), strict=True))
    units = _checked(symbols, rates, resting)
    labels = reading.labels | {one: ("", f"drive_{field}") for field, one in vars(drive).items() if one.parts}
    labels = {one: label for one, label in labels.items() if one not in rates.values()}
    return System(symbols, rates, _names(labels, list(map(identifier, compounds)), symbols), resting, units)


def formulas(*variables: str, equations: System | None = None) -> list[Formula]:
    """Return the equations of some variables (of all without any), each intermediate value before its first use.

    Args:
        variables: names, such as `calcium_free`.
        equations: None takes the cascade under serotonin and one other compound, called `drug`, in full.

    Raises:
        ConfigError: there is no such variable.
    """
    equations = equations or system((SEROTONIN, dataclasses.replace(PSILOCYBIN, name="drug")), general=True)
    for name in variables:
        if name not in equations.rates:
            near = difflib.get_close_matches(name, equations.rates, n=1, cutoff=0.0)
            raise ConfigError(f"no variable is called {name!r}; did you mean {near[0]!r}?")
    rates = {name: equations.rates[name] for name in variables or equations.rates}
    lines = [_formula(equations, one, equations.names[one]) for one in ordered(rates.values(), equations.names)]
    return lines + [_formula(equations, one, name, rate=True) for name, one in rates.items()]


def _names(
    labels: Mapping[Expression, tuple[str, str]], owners: Sequence[str], taken: Container[str]
) -> dict[Expression, str]:
    """Return a name for each intermediate value: as in the source, with what tells it from its namesakes before it."""
    plain_names = [name for _, name in labels.values()]
    names: dict[Expression, str] = {}
    for one, (module, name) in reversed(list(labels.items())):  # the outer functions' names come first
        owner = [owner for owner in owners if any(str(part).startswith(f"{owner}_") for part in leaves(one))]
        if module in PER_COMPOUND and len(owner) == 1:
            name = f"{owner[0]}_{name}"
        elif plain_names.count(name) > 1:
            name = f"{module.rpartition('.')[2]}_{name}"
        versions = itertools.chain([name], (f"{name}_{count}" for count in itertools.count(2)))
        names[one] = next(each for each in versions if each not in taken and each not in names.values())
    return names


def _formula(equations: System, one: Expression, name: str, rate: bool = False) -> Formula:
    left, shown = (f"d({name})/dt", rf"\frac{{d\,{latex_name(name)}}}{{dt}}") if rate else (name, latex_name(name))
    names = {part: called for part, called in equations.names.items() if rate or part is not one}
    return Formula(
        left, str(equations.units.of(one) or "1"), f"{left} = {plain(one, names)}", f"{shown} = {latex(one, names)}"
    )


def _everything(
    animal: Exposure, state: ExposureState, supply: tuple[Supply, ...], pathway: model.Pathway, cell: model.CellState,
    inflow: Any, rest: model.Resting,
) -> Any:  # fmt: skip
    """Return the rates of exposure and cascade, the drive that joins them, and the resting values."""
    drive = animal.drive(state, supply)
    changes = animal.rates(state, supply), model.rates(pathway, cell, drive, inflow, rest)
    return changes, drive, model.resting_values(pathway, cell, drive)


def identifier(compound: Compound) -> str:
    """Return a compound's name as the first part of symbols."""
    name = re.sub(r"\W", "_", compound.name, flags=re.ASCII)
    return name if name[:1].isalpha() else f"c_{name}"


def _named(cls: Any, prefix: str = "") -> Any:
    """Return a container with symbol names in place of numbers."""
    fields = cls._fields if hasattr(cls, "_fields") else [field.name for field in dataclasses.fields(cls)]
    return cls(**{name: prefix + name for name in fields})


def _arguments(compounds: Sequence[Compound]) -> tuple[Any, ...]:
    """Return the arguments of `_everything`, with names in place of numbers."""
    prefixes = [f"{identifier(compound)}_" for compound in compounds]
    animal = dataclasses.replace(
        _named(Exposure, "exposure_"), ligands=tuple(_named(Ligand, prefix) for prefix in prefixes)
    )
    state = ExposureState(tuple(_named(LigandState, prefix) for prefix in prefixes), "serotonin_release")  # pyright: ignore[reportArgumentType]
    supply = tuple(_named(Supply, prefix) for prefix in prefixes)
    pathway = model.Pathway(
        **{name: _named(type(stage), f"{name}_") for name, stage in vars(model.default_pathway()).items()}
    )
    cell = model.CellState(**{name: _named(cls) for name, cls in model.STATE_TYPES.items()})
    return animal, state, supply, pathway, cell, INFLOW, _named(model.Resting, "rest_")


def _variables(compounds: Sequence[Compound]) -> list[str]:
    """Return the names of all variables in the order of the rates."""
    return [name for name, _ in _declared_variables(compounds)]


def _declared_variables(compounds: Sequence[Compound]) -> Iterator[tuple[str, Symbol]]:
    for compound in compounds:
        for one in declarations(LigandState, "variable"):
            meaning = f"{compound.name}: {one.metadata['long_name']}"
            yield f"{identifier(compound)}_{one.name}", Symbol(unit(one.metadata["unit"]), meaning)
    for one in (*declarations(ExposureState, "variable"), *model.variables()):
        yield one.name, Symbol(unit(one.metadata["unit"]), one.metadata["long_name"])


def _symbols(compounds: Sequence[Compound], pathway: model.Pathway) -> Iterator[tuple[str, Symbol]]:
    """Yield every symbol but the resting values, whose units follow from their formulas."""
    yield from _declared_variables(compounds)
    for compound in compounds:
        name = identifier(compound)
        for field in dataclasses.fields(Ligand):
            number = getattr(compound, field.name)
            meaning = f"{compound.name}: {field.name.replace('_', ' ')}"
            yield f"{name}_{field.name}", Symbol(unit(number.unit), meaning, number.value, number.source)
        for field, (text, meaning) in SUPPLIED.items():
            yield f"{name}_{field}", Symbol(unit(text), f"{meaning} {compound.name}")
    for prefix, tree in (("exposure", Exposure(())), *vars(pathway).items()):
        for one in declarations(tree, "parameter"):
            data = one.metadata
            symbol = Symbol(unit(data["unit"]), data["meaning"], np.asarray(one.value).item(), data["source"])
            yield f"{prefix}_{one.name}", symbol
    yield INFLOW, Symbol(unit("nmol/L/s"), "extracellular BDNF arriving from neighbours, net")
    yield NANO, Symbol(unit("nmol/umol"), "nmol in a umol", pharmacokinetics.NANO)


def _checked(symbols: dict[str, Symbol], rates: Mapping[str, Expression], resting: Mapping[str, Expression]) -> Units:
    """Check every equation, and add the resting values to the symbols."""
    known = {name: one.unit for name, one in symbols.items()}
    units = Units(known)
    for name, one in resting.items():
        units.equation = name
        found = units.of(one) or unit("1")
        known[name] = found
        symbols[name] = Symbol(found, f"resting value of {name.removeprefix('rest_')}")
    for name, one in rates.items():
        units.equation = f"d({name})/dt"
        units.expect(one, symbols[name].unit / unit("s"))
    return units
