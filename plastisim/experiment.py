"""An experiment as one object: who, what is done, what is read out, and what is expected of it."""

from __future__ import annotations

import dataclasses
import difflib
from collections.abc import Mapping
from typing import Any

from plastisim import model
from plastisim.biology.spines import Spines
from plastisim.engine.errors import ConfigError
from plastisim.engine.fields import Declared, declarations
from plastisim.lab.cohort import Cohort, Spread
from plastisim.lab.imaging import Microscope
from plastisim.lab.protocol import Protocol
from plastisim.readout_table import Asked
from plastisim.setup import Settings, Setup


@dataclasses.dataclass(frozen=True)
class Criterion:
    """A threshold fixed before the run.

    Args:
        readout: name of a read-out that is asked for.
        arm: which arm.
        time: s from day 0.
        above: the whole interval of arm minus vehicle must lie above this, in the read-out's unit.
        below: or below this.
    """

    readout: str
    arm: str
    time: float
    above: float | None = None
    below: float | None = None


@dataclasses.dataclass(frozen=True)
class Experiment:
    """An experiment.

    Args:
        title: one line: the question.
        protocol: arms, times, imaging sessions.
        cohorts: groups of mice.
        readouts: what is reported.
        seed: of all randomness; None leaves it to the caller.
        parameters: value by dotted path (`pathway.gq.reserve`), in the declared unit, in place of the default.
        verdict: None where the experiment only reports.
    """

    title: str
    protocol: Protocol
    cohorts: tuple[Cohort, ...]
    readouts: tuple[Asked, ...]
    seed: int | None = None
    parameters: Mapping[str, float] = dataclasses.field(default_factory=dict)
    verdict: Criterion | None = None

    def setup(self, seed: int = 0) -> Setup:
        """Return what is simulated; its own seed goes before `seed`.

        Raises:
            ConfigError: a parameter that does not exist, or arms that do not fit the model.
        """
        return Setup.of(
            self.protocol, self.cohorts, seed=seed if self.seed is None else self.seed, **changed_trees(self.parameters)
        )


def default_trees() -> dict[str, Any]:
    """Return the parameters of every part of a run that can be changed, by the name of the part."""
    return {
        "pathway": model.default_pathway(), "spines": Spines(), "spread": Spread(), "microscope": Microscope()
    }  # fmt: skip


def declared_parameters(trees: Mapping[str, Any] | None = None) -> dict[str, Declared]:
    """Return every parameter by its dotted path."""
    parts = default_trees() if trees is None else trees
    return {one.path: one for name, tree in parts.items() for one in declarations(tree, "parameter", name)}


def changed_trees(parameters: Mapping[str, float]) -> dict[str, Any]:
    """Return the arguments of `Setup.of` for changed parameters; what nobody changed is left out.

    Raises:
        ConfigError: there is no such parameter; the nearest is offered.
    """
    trees, known, touched = default_trees(), declared_parameters(), set()
    for path, value in parameters.items():
        known_path(path, known)
        part, *stages = path.split(".")
        trees[part] = _with(trees[part], stages, value)
        touched.add(part)
    names = {"spines": "law"}
    return {names.get(part, part): trees[part] for part in trees if part in touched}


def changes(setup: Setup) -> dict[str, float]:
    """Return the parameters of a setup that are not the defaults.

    Raises:
        ConfigError: its settings are not the defaults; an experiment file cannot say that.
    """
    if setup.settings != Settings():
        raise ConfigError("an experiment file has no place for unusual settings of the computation")
    plain = declared_parameters()
    own = {"pathway": setup.pathway, "spines": setup.law, "spread": setup.spread, "microscope": setup.microscope}
    return {
        path: float(one.value) for path, one in declared_parameters(own).items()
        if float(one.value) != float(plain[path].value)
    }  # fmt: skip


def known_path(path: str, known: Mapping[str, Declared]) -> Declared:
    """Return the declaration of a parameter.

    Raises:
        ConfigError: there is none; the nearest is offered.
    """
    if path in known:
        return known[path]
    near = difflib.get_close_matches(path, known, n=1)
    raise ConfigError(f"there is no parameter {path!r}" + (f"; did you mean {near[0]!r}?" if near else ""))


def _with(tree: Any, stages: list[str], value: float) -> Any:
    """Return a tree of containers with one parameter replaced."""
    first, *rest = stages
    return dataclasses.replace(tree, **{first: _with(getattr(tree, first), rest, value) if rest else value})
