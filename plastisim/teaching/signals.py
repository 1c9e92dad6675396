"""The time curves of the lesson page: which recorded variables, over mice, packed as integers.

Of every variable the page gets the mean over mice with its 95 % interval (mice drawn with replacement), and the
interval of arm minus vehicle, twin by twin, for each arm at each frame. They are packed as 16-bit floating
point numbers, so a number keeps three digits.
"""

from __future__ import annotations

import base64
import dataclasses
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from plastisim.lab.branch_table import FloatArray
from plastisim.lab.compounds import SEROTONIN
from plastisim.lab.summaries import resampled_mean
from plastisim.teaching.grid import FRAMES, REST, Treatment

if TYPE_CHECKING:
    import xarray

RESAMPLES = 1000  # of the mice


@dataclasses.dataclass(frozen=True)
class Signal:
    """One curve.

    Args:
        key: short name.
        label: for a box of the schematic.
        group: of boxes that act together.
        source: recorded variable.
        stage: part of the parameters that this step has, as in the table of parameters.
    """

    key: str
    label: str
    group: str
    source: str
    stage: str


SIGNALS = (
    Signal("drug", "drug, brain", "dose", "compound_brain", "compound."),
    Signal("surface", "5-HT2A outside", "receptor", "drive_htr2a_surface", "pathway.receptors"),
    Signal("inside", "5-HT2A inside", "receptor", "drive_htr2a_inside", "pathway.receptors"),
    Signal("ip3", "IP3", "first minutes", "ip3", "pathway.gq"),
    Signal("calcium", "Ca²⁺", "first minutes", "calcium_free", "pathway.calcium"),
    Signal("firing", "firing", "first minutes", "firing_rate", "pathway.excitability"),
    Signal("erk", "pERK", "nucleus", "erk", "pathway.transcription"),
    Signal("creb", "pCREB", "nucleus", "pcreb", "pathway.transcription"),
    Signal("mrna", "Bdnf mRNA", "nucleus", "bdnf_mrna", "pathway.transcription"),
    Signal("bdnf", "BDNF", "BDNF and TrkB", "bdnf_extracellular", "pathway.bdnf"),
    Signal("trkb", "active TrkB", "BDNF and TrkB", "trkb_active", "pathway.trkb"),
    Signal("mtorc1", "mTORC1", "growth", "mtorc1", "pathway.translation"),
    Signal("s6k", "S6 kinase", "growth", "s6k", "pathway.translation"),
    Signal("proteins", "plasticity proteins", "growth", "plasticity_proteins", "pathway.translation"),
    Signal("spines", "spine density", "spines", "spine_density", "spines."),
)


def packed_signals(values: Mapping[str, FloatArray], words: Mapping[str, tuple[str, str]]) -> list[dict[str, Any]]:
    """Return every curve with its words, in JSON types; its numbers are ordered as those of `statistics`.

    Args:
        values: of each signal, by key, as `animals` returns them.
        words: unit and long name of each recorded variable.
    """
    found = []
    for signal in SIGNALS:
        unit, told = words[signal.source]
        if signal.key == "spines":
            unit, told = "%", "change of spine density since 2 h before the dose, hidden spines included"
        found.append({
            **dataclasses.asdict(signal), "unit": unit, "long_name": told,
            "data": packed(statistics(values[signal.key])),
        })  # fmt: skip
    return found


def animals(dataset: xarray.Dataset, signal: Signal, treatments: tuple[Treatment, ...]) -> FloatArray:
    """Return a variable of every animal at every frame, shape (arm, mouse, frame), mean over neurons."""
    values = dataset[signal.source].sel(time=list(FRAMES))
    if signal.key == "spines":
        rest = values.sel(time=REST)
        values = 100.0 * (values / rest - 1.0)
    if "compound" in values.dims:
        own = [SEROTONIN.name if one.compound.inert else one.compound.name for one in treatments]
        given = np.array([0.0 if one.compound.inert else 1.0 for one in treatments])
        index = [list(values.compound.values).index(name) for name in own]
        picked = values.transpose("arm", "compound", "mouse", "time").values.astype(float)
        return picked[np.arange(len(own)), index] * given[:, None, None]
    for dim in ("dendrite", "neuron"):
        values = values.mean(dim) if dim in values.dims else values
    return values.transpose("arm", "mouse", "time").values.astype(float)


def statistics(values: FloatArray) -> FloatArray:
    """Return mean, its 95 % interval, and the interval of arm minus vehicle, shape (arm, 5, frame).

    Args:
        values: of every animal, shape (arm, mouse, frame); the first arm is vehicle.
    """
    return np.stack([
        np.stack([arm.mean(axis=0), *interval(arm), *interval(arm - values[0])]) for arm in values
    ])  # fmt: skip


def interval(values: FloatArray) -> FloatArray:
    """Return the 95 % interval of the mean over mice, shape (2, column), of values (mouse, column)."""
    return np.quantile(resampled_mean(values, RESAMPLES), [0.025, 0.975], axis=0)


def packed(values: FloatArray) -> str:
    """Return numbers up to 65504 as base64 of little-endian 16-bit floating point numbers."""
    return base64.b64encode(values.astype("<f2").tobytes()).decode("ascii")


def base64_words(numbers: npt.ArrayLike) -> str:
    """Return whole numbers from 0 to 65535 as base64 of little-endian 16-bit words."""
    return base64.b64encode(np.asarray(numbers).astype("<u2").tobytes()).decode("ascii")
