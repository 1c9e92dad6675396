"""Every number of the model says what it is: unit, meaning, source, confidence; and every variable its size."""

from __future__ import annotations

import dataclasses
from typing import Any

import jax
import numpy as np
import pytest

from plastisim import model
from plastisim.biology.exposure import Drive, Exposure, ExposureState
from plastisim.biology.ligands import Ligand, LigandState
from plastisim.biology.spines import CellPools, Spines, SpineState
from plastisim.engine.fields import CONFIDENCE, Source, chosen, container, declarations, fitted, parameter, recalled
from plastisim.engine.units import check_unit
from plastisim.lab.cohort import IT, PT, Cohort, Spread
from plastisim.lab.compounds import COMPOUNDS, Compound, Sourced
from plastisim.lab.imaging import Microscope

HOLDERS: list[Any] = [model.default_pathway(), Spines(), Spread(), Microscope(), PT, IT, Cohort("c", PT, 1), Exposure]
PARAMETERS = [(type(holder).__name__, one) for holder in HOLDERS for one in declarations(holder, "parameter")]
STATES = [*model.STATE_TYPES.values(), ExposureState, LigandState, Drive, CellPools, SpineState]
VARIABLES = [(cls.__name__, one) for cls in STATES for one in declarations(cls, "variable")]
NUMBERS = [
    (compound.name, field.name, getattr(compound, field.name))
    for compound in COMPOUNDS
    for field in dataclasses.fields(Compound)
    if isinstance(getattr(compound, field.name), Sourced)
]


def check_source(source: Any) -> None:
    assert isinstance(source, Source)
    assert source.confidence in CONFIDENCE
    assert len(source.text.strip()) > 2


@pytest.mark.parametrize(("holder", "declared"), PARAMETERS, ids=[f"{name}.{one.path}" for name, one in PARAMETERS])
def test_a_parameter_explains_itself(holder: str, declared: Any):
    check_unit(declared.metadata["unit"])
    check_source(declared.metadata["source"])
    assert declared.metadata["meaning"].strip()
    assert np.isfinite(float(declared.value))
    assert float(declared.value) >= 0.0


def test_every_number_of_a_stage_is_declared():
    assert len(PARAMETERS) > 130
    for name in model.STATE_TYPES:
        stage = getattr(model.default_pathway(), name)
        assert {field.name for field in dataclasses.fields(stage)} == {
            one.name for one in declarations(stage, "parameter")
        }
    assert {field.name for field in dataclasses.fields(Spines)} == {
        one.name for one in declarations(Spines(), "parameter")
    }


@pytest.mark.parametrize(("holder", "declared"), VARIABLES, ids=[f"{name}.{one.name}" for name, one in VARIABLES])
def test_a_variable_explains_itself(holder: str, declared: Any):
    check_unit(declared.metadata["unit"])
    assert declared.metadata["scale"] > 0.0
    assert np.isfinite(declared.metadata["scale"])
    assert declared.metadata["long_name"].strip()
    assert declared.metadata["dims"]
    assert isinstance(declared.metadata["signed"], bool)


def test_the_cell_has_29_variables_with_different_names_in_one_order():
    names = [one.name for one in model.variables()]
    assert len(names) == len(set(names)) == 29
    values = jax.numpy.arange(29.0)[:, None] + jax.numpy.zeros(3)[None]
    state = model.unstack(values)
    np.testing.assert_array_equal(model.stack(state), values)
    for index, one in enumerate(model.variables()):
        stage, name = one.path.split(".")
        assert (getattr(getattr(state, stage), name) == index).all()


@pytest.mark.parametrize(("compound", "name", "number"), NUMBERS, ids=[f"{one}.{name}" for one, name, _ in NUMBERS])
def test_a_number_of_a_compound_explains_itself(compound: str, name: str, number: Sourced):
    check_unit(number.unit)
    check_source(number.source)
    assert number.value >= 0.0
    assert np.isfinite(number.value) or name.endswith("_affinity")


def test_compounds_have_what_the_biology_asks_for():
    names = {field.name for field in dataclasses.fields(Ligand)}
    assert all(set(compound.kinetics()) == names for compound in COMPOUNDS)


@pytest.mark.parametrize(("text", "confidence"), [("a paper", "sure"), ("", "seen"), ("  ", "chosen")])
def test_a_source_without_words_or_confidence_is_refused(text: str, confidence: str):
    with pytest.raises(ValueError, match=r"confidence must be one of|needs a text"):
        Source(text, confidence)
    assert (chosen("x").confidence, recalled("x").confidence, fitted("x").confidence) == (
        "chosen",
        "recalled",
        "fitted",
    )


def test_a_container_is_frozen_and_carried_by_jax():
    @container
    class Stage:
        rate: float = parameter(2.0, "1/s", "a rate", chosen("a test"))

    doubled = jax.tree.map(lambda leaf: 2.0 * leaf, Stage())
    assert isinstance(doubled, Stage)
    assert doubled.rate == 4.0
    with pytest.raises(dataclasses.FrozenInstanceError):
        doubled.rate = 1.0  # type: ignore[misc]
    (declared,) = declarations(Stage, "parameter", "stage")
    assert (declared.path, declared.value, declared.metadata["unit"]) == ("stage.rate", 2.0, "1/s")
