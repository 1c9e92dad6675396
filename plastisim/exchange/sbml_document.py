"""An SBML document opened and checked: valid, of a known level, and without packages that change its meaning."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

from plastisim.engine.errors import ConfigError
from plastisim.exchange.sbml_math import TIME

SUPPORTED = (
    "supported are SBML levels 2 and 3 with compartments of constant size, species, parameters, reactions with a "
    "kinetic law and constant stoichiometry, rate rules, assignment rules, initial assignments, function definitions, "
    "and events triggered by time alone, without delay or priority"
)


def refuse(path: str, element: Any, name: str, why: str) -> NoReturn:
    """Raise the error about an element of a file."""
    raise ConfigError(f"{path}: {element.getElementName()} {name!r} {why}; {SUPPORTED}")


def open_document(path: str) -> Any:
    """Return the libsbml document of a file.

    Raises:
        ConfigError: python-libsbml is not installed, there is no such file, it is not valid SBML, or it is SBML of
            level 1 or with a package that is required.
    """
    try:
        import libsbml
    except ImportError as error:
        raise ConfigError("reading SBML needs python-libsbml: pip install 'plastisim[sbml]'") from error
    if not Path(path).is_file():
        raise ConfigError(f"{path}: there is no such file; expected an SBML file")
    document = libsbml.readSBMLFromFile(path)
    _check_errors(libsbml, path, document)
    if document.getLevel() < 2:
        refuse(path, document, f"level {document.getLevel()}", "is too old; convert it to level 3 with libSBML")
    for key, value in ElementTree.parse(path).getroot().attrib.items():
        if key.endswith("}required") and value == "true":
            refuse(path, document, key[1 : -len("}required")], "is a package without which the model has no meaning")
    for kind in (libsbml.LIBSBML_CAT_UNITS_CONSISTENCY, libsbml.LIBSBML_CAT_MODELING_PRACTICE):
        document.setConsistencyChecks(kind, False)
    document.checkConsistency()
    _check_errors(libsbml, path, document)
    if document.getModel() is None:
        refuse(path, document, "", "has no model")
    return document


def _check_errors(libsbml: Any, path: str, document: Any) -> None:
    for error in (document.getError(i) for i in range(document.getNumErrors())):
        if error.getSeverity() in (libsbml.LIBSBML_SEV_ERROR, libsbml.LIBSBML_SEV_FATAL):
            message = " ".join(error.getMessage().split())
            raise ConfigError(f"{path}: not valid SBML, line {error.getLine()}: {message}")


def quantities(model: Any) -> Iterator[Any]:
    """Yield everything that has a value: compartments, species, parameters."""
    yield from model.getListOfCompartments()
    yield from model.getListOfSpecies()
    yield from model.getListOfParameters()


def units_of(model: Any) -> dict[str, str]:
    """Return the unit of each quantity as the file declares it, `` where it does not; `#time` is that of time."""
    import libsbml

    def words(definition: Any) -> str:
        text = libsbml.UnitDefinition.printUnits(definition, True) if definition is not None else ""
        return "" if text == "indeterminable" else text

    units = {one.getId(): words(one.getDerivedUnitDefinition()) for one in quantities(model)}
    name = model.getTimeUnits() if model.getLevel() > 2 else "time"
    declared = model.getUnitDefinition(name)
    return {**units, TIME: words(declared) if declared is not None else (name if model.getLevel() > 2 else "second")}
