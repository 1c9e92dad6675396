"""What is changed in the animals of an arm: genes, receptors, transporters. Each is a set of factors on parameters.

A parameter is named by its dotted path, as `parameters` of a dataset lists it; the paths are checked when a run is
set up. A factor acts from the start of the run, before the resting state is solved, as a genotype does: the neuron's
rest adapts to it. What acts later is a compound (compounds.py); so TrkB is blocked by a bath of ANA-12, for a neuron
that rests with less TrkB answers relative to that rest.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping

from plastisim.engine.errors import ConfigError


@dataclasses.dataclass(frozen=True)
class Manipulation:
    """Factors on parameters.

    Args:
        name: label.
        statement: in one sentence, what is changed and why these parameters express it.
        pathway: factor by path of a cascade parameter (`trkb.potentiation`).
        exposure: factor by name of an animal's parameter (`htr2a_density`).
        compounds: factor by compound and name (`serotonin.inside_ratio`).
    """

    name: str
    statement: str
    pathway: Mapping[str, float] = dataclasses.field(default_factory=dict)
    exposure: Mapping[str, float] = dataclasses.field(default_factory=dict)
    compounds: Mapping[str, float] = dataclasses.field(default_factory=dict)

    def __post_init__(self) -> None:
        for path, factor in (*self.pathway.items(), *self.exposure.items(), *self.compounds.items()):
            if isinstance(factor, bool) or not isinstance(factor, (int, float)):
                raise ConfigError(f"manipulation {self.name!r} needs a number for {path}, but got {factor!r}")
            if not (math.isfinite(factor) and factor >= 0):
                raise ConfigError(f"manipulation {self.name!r} needs a finite factor >= 0 on {path}, but got {factor}")


def htr2a_density(factor: float) -> Manipulation:
    """Return a change of the density of 5-HT2A, in both pools; 0 is a knockout."""
    return Manipulation(
        f"5-HT2A x {factor:g}", "All 5-HT2A receptors, at the surface and inside.", exposure={"htr2a_density": factor}
    )


HTR2A_KNOCKOUT = dataclasses.replace(htr2a_density(0.0), name="Htr2a knockout")

HTR1A_BLOCK = Manipulation(
    "5-HT1A blocked",
    "A knockout or a silent antagonist: 5-HT1A no longer lowers firing and bursts.",
    pathway={"excitability.htr1a_weight": 0.0, "excitability.burst_htr1a": 0.0},
)

TRKB_Y433F = Manipulation(
    "TrkB Y433F",
    "The drug no longer eases BDNF binding; BDNF itself binds as before (row B10).",
    pathway={"trkb.potentiation": 0.0},
)

SERT_EXPRESSION = Manipulation(
    "SERT expressed",
    "The neurons carry a serotonin transporter, so that serotonin reaches the intracellular receptors; 1e6 times the "
    "ratio of practically impermeant serotonin makes inside and outside equal, a guess.",
    compounds={"serotonin.inside_ratio": 1e6},
)

SERT_KNOCKOUT = Manipulation(
    "SERT knockout", "No transporter to reverse: an entactogen releases no serotonin.", exposure={"sert_reversal": 0.0}
)
