"""What the arms of a protocol change in the numbers: compounds in slots, doses on the clock, parameters by path.

An animal carries as many compounds as the fullest arm gives, not as many as the protocol names: the programs then do
not grow with the number of arms, and another drug in an arm compiles nothing.
"""

from __future__ import annotations

import dataclasses
import difflib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeVar

import numpy as np

from plastisim import model
from plastisim.biology.exposure import Exposure
from plastisim.biology.ligands import LigandState
from plastisim.biology.spines import OF_ARMS, Spines
from plastisim.engine.clock import Segments
from plastisim.engine.errors import ConfigError
from plastisim.engine.fields import declarations
from plastisim.lab.compound import Compound
from plastisim.lab.compounds import SEROTONIN
from plastisim.lab.protocol import Arm, Protocol

Tree = TypeVar("Tree")
WIDTH = len(list(declarations(LigandState, "variable")))  # variables a compound
DEPOT, PRODRUG, PLASMA = 0, 1, 2  # the first of them
SHARED = ("bdnf.diffusion", "bdnf.spacing")  # neighbours of one group exchange with one rate
NANO = 1000.0  # nmol/umol: doses are in umol/kg, plasma in nmol/L


def slots(protocol: Protocol) -> list[tuple[Compound, ...]]:
    """Return the compounds that the animals of each arm carry: serotonin first, as many in each arm.

    An arm with fewer compounds is filled up with others of the protocol, of which it gets nothing.
    """
    given = [[one for one in arm.compounds() if one is not SEROTONIN and not one.inert] for arm in protocol.arms]
    width = max(len(one) for one in given)
    known = dict.fromkeys(compound for one in given for compound in one)
    others = [[compound for compound in known if compound not in one] for one in given]
    return [(SEROTONIN, *one, *rest[: width - len(one)]) for one, rest in zip(given, others, strict=True)]


def ligand_numbers(protocol: Protocol) -> list[dict[str, np.ndarray]]:
    """Return the numbers of the compound in each slot, by name; each array has shape (arm,)."""
    columns = zip(*slots(protocol), strict=True)
    return [
        {
            name: np.array(
                [
                    compound.kinetics()[name] * _factor(arm, "compounds", f"{compound.name}.{name}")
                    for compound, arm in zip(column, protocol.arms, strict=True)
                ]
            )
            for name in column[0].kinetics()
        }
        for column in columns
    ]


def animal_numbers(protocol: Protocol) -> dict[str, np.ndarray]:
    """Return the animals' parameters that an arm changes, by name; each array has shape (arm,)."""
    density = np.array([arm.htr2a_density for arm in protocol.arms])
    paths = dict.fromkeys(path for arm in protocol.arms for one in arm.manipulations for path in one.exposure)
    plain = {one.path: one.value for one in declarations(Exposure, "parameter")} | {"htr2a_density": density}
    return {
        path: plain[path] * np.array([_factor(arm, "exposure", path) for arm in protocol.arms])
        for path in ("htr2a_density", *(path for path in paths if path != "htr2a_density"))
    }


def changed(tree: Tree, protocol: Protocol, arm: np.ndarray) -> Tree:
    """Return the pathway with each arm's hypothesis and manipulations; arms that change nothing keep its leaves.

    Args:
        tree: parameters of every neuron; leaves of shape () or (lane,).
        protocol: with its arms.
        arm: index of the arm of each lane, shape (lane,).
    """
    held = [arm.hypothesis.pathway if arm.hypothesis else {} for arm in protocol.arms]
    scaled = [one.pathway for arm in protocol.arms for one in arm.manipulations]
    for path in dict.fromkeys(path for one in (*held, *scaled) for path in one):
        values = np.array([one.get(path, np.nan) for one in held])[arm]
        factors = np.array([_factor(one, "pathway", path) for one in protocol.arms])[arm]
        *stages, name = path.split(".")
        tree = _replaced(tree, stages, name, values, factors)
    return tree


def changed_spines(law: Spines, protocol: Protocol, arm: np.ndarray) -> Spines:
    """Return the spines' law with each arm's hypothesis; `arm` is the index of the arm of each branch, (site,)."""
    held = [arm.hypothesis.spines if arm.hypothesis else {} for arm in protocol.arms]
    for name in dict.fromkeys(name for one in held for name in one):
        values = np.array([one.get(name, np.nan) for one in held])[arm]
        law = _replaced(law, (), name, values, np.ones(len(arm)))
    return law


def _factor(arm: Arm, what: str, path: str) -> float:
    return float(np.prod([getattr(one, what).get(path, 1.0) for one in arm.manipulations]))


def _replaced(tree: Any, stages: Sequence[str], name: str, values: np.ndarray, factors: np.ndarray) -> Any:
    """Return a tree of containers with one leaf set where `values` is a number, and multiplied by `factors`."""
    if stages:
        inner = _replaced(getattr(tree, stages[0]), stages[1:], name, values, factors)
        return dataclasses.replace(tree, **{stages[0]: inner})
    leaf = np.asarray(getattr(tree, name))
    kept = np.where(np.isnan(values), leaf, np.asarray(values, leaf.dtype)) * np.asarray(factors, leaf.dtype)
    return dataclasses.replace(tree, **{name: kept})


def check(protocol: Protocol) -> None:
    """Refuse manipulations and hypotheses that name what does not exist.

    Raises:
        ConfigError: the message offers the nearest name.
    """
    numbers = [f"{one.name}.{name}" for one in (SEROTONIN, *protocol.compounds()) for name in one.kinetics()]
    known = {
        "pathway": [one.path for one in declarations(model.default_pathway(), "parameter")],
        "exposure": [one.path for one in declarations(Exposure, "parameter")],
        "compounds": numbers,
        "spines": [one.path for one in declarations(Spines(), "parameter")],
    }
    for arm in protocol.arms:
        for one in arm.manipulations:
            for what in ("pathway", "exposure", "compounds"):
                _check_paths(f"manipulation {one.name!r}", what, getattr(one, what), known[what])
            for path, factor in one.compounds.items():
                if path.endswith("_affinity") and not factor:
                    raise ConfigError(
                        f"manipulation {one.name!r} multiplies {path} by 0; an affinity is a concentration: a large "
                        "factor abolishes binding"
                    )
        if arm.hypothesis is not None:
            whose = f"hypothesis {arm.hypothesis.name!r}"
            _check_paths(whose, "pathway", arm.hypothesis.pathway, known["pathway"])
            _check_paths(whose, "spines", arm.hypothesis.spines, known["spines"])
            for name in arm.hypothesis.spines:
                if name not in OF_ARMS:
                    raise ConfigError(
                        f"{whose} changes {name}, which also acts at rest, and all arms share their mice; give the run "
                        "its own `law`"
                    )


def _check_paths(whose: str, what: str, paths: Iterable[str], known: Sequence[str]) -> None:
    for path in paths:
        if path in SHARED:
            raise ConfigError(f"{whose} changes {path}, which all arms of a run share; change it in the run's pathway")
        if path not in known:
            near = difflib.get_close_matches(str(path), known, n=1, cutoff=0.0)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            raise ConfigError(f"{whose} changes {path!r}, which is no parameter of {what}{hint}")


def administered(
    protocol: Protocol, segments: Segments, dtype: np.dtype[Any]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return what each arm gets at the start of each segment and during it; nothing in a segment without length.

    Returns:
        Jumps of an animal's variables, (segment, variable, arm); infusions, nmol/L/s, and baths, nmol/L (-1 where
        there is none), both (slot, segment, arm).
    """
    carried = slots(protocol)
    real = segments.end > segments.begin
    begin = np.where(real, segments.begin, np.iinfo(np.int64).min)
    shape = (len(carried[0]), len(begin), len(carried))
    jumps = np.zeros((len(begin), WIDTH * shape[0] + 1, shape[2]), dtype)
    infusion, bath = np.zeros(shape, dtype), np.full(shape, -1.0, dtype)
    for index, (arm, compounds) in enumerate(zip(protocol.arms, carried, strict=True)):
        for dose in (dose for dose in arm.doses if not dose.compound.inert):
            row, change = _jump(dose.compound.kinetics(), dose.amount, dose.route)
            jumps[begin == dose.at, WIDTH * compounds.index(dose.compound) + row, index] += change
        for given in (given for given in arm.infusions if not given.compound.inert):
            numbers = given.compound.kinetics()
            during = (begin >= given.start) & (begin < given.stop)
            rate = NANO * _molar(numbers, given.rate) / numbers["volume"] / 3600.0
            infusion[compounds.index(given.compound), during, index] += rate
        for held in arm.baths:
            during = (begin >= held.start) & (begin < held.stop)
            bath[compounds.index(held.compound), during, index] = held.concentration
    return jumps, infusion, bath


def _molar(numbers: Mapping[str, float], amount: float) -> float:
    """Return umol/kg of mg/kg."""
    return amount * 1000.0 / numbers["molar_mass"]


def _jump(numbers: Mapping[str, float], amount: float, route: str) -> tuple[int, float]:
    """Return which variable of a compound a dose (mg/kg) changes, and by how much."""
    if route != "iv":
        return DEPOT, _molar(numbers, amount)
    return (PRODRUG if numbers["prodrug_fraction"] > 0 else PLASMA), NANO * _molar(numbers, amount) / numbers["volume"]
