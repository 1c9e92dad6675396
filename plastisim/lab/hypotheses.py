"""Disputes about the mechanism, as sets of parameters that replace the defaults in an arm.

Disputed are which receptor starts growth, which pool of it, whether network activity is needed, and what keeps spine
density up for weeks. One run compares hypotheses by giving each an arm. A hypothesis says which links exist; its
numbers are guesses, as each says. Spines may differ between arms in what answers to growth, not in what also acts at
rest.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping

from plastisim.engine.errors import ConfigError


@dataclasses.dataclass(frozen=True)
class Hypothesis:
    """Parameters that replace the defaults.

    Args:
        name: label.
        statement: what is held to be true, in one sentence.
        pathway: value by path of a cascade parameter, in its declared unit (`transcription.inside_weight`).
        spines: value by name of a parameter of single spines that has no effect at rest (`held_loss`), in its unit.
    """

    name: str
    statement: str
    pathway: Mapping[str, float] = dataclasses.field(default_factory=dict)
    spines: Mapping[str, float] = dataclasses.field(default_factory=dict)

    def __post_init__(self) -> None:
        for path, value in (*self.pathway.items(), *self.spines.items()):
            if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value) or value < 0:
                raise ConfigError(f"hypothesis {self.name!r} needs a finite number >= 0 for {path}, but got {value!r}")


INTRACELLULAR = Hypothesis(
    "intracellular 5-HT2A",
    "5-HT2A inside the cell starts growth; what happens at the surface counts only while it is active. The default.",
    pathway={"transcription.inside_weight": 0.95},
)

SURFACE = Hypothesis(
    "surface 5-HT2A",
    "Ordinary 5-HT2A at the surface starts growth, so that serotonin does it too.",
    pathway={"transcription.inside_weight": 0.0},
)

HTR2A_REQUIRED = Hypothesis(
    "5-HT2A required",
    "The drug does nothing at TrkB; all growth starts at 5-HT2A.",
    pathway={"trkb.potentiation": 0.0},
)

_NO_LINK_FROM_GQ = {
    "transcription.erk_gq": 0.0,
    "transcription.erk_pkc": 0.0,
    "transcription.erk_camk": 0.0,
    "transcription.creb_camk": 0.0,
    "bdnf.release_camk": 0.0,
    "bdnf.release_gq": 0.0,
}

TRKB_DIRECT = Hypothesis(
    "TrkB direct",
    "The drug eases BDNF signalling at TrkB and 5-HT2A plays no part in growth. Every link from Gq, Ca²⁺ and bursts "
    "to ERK, CREB and BDNF release is cut; the gain at TrkB is a guess that makes growth comparable.",
    pathway={**_NO_LINK_FROM_GQ, "trkb.potentiation": 1.0, "bdnf.release_burst": 0.0},
)

ACTIVITY_REQUIRED = Hypothesis(
    "activity required",
    "Growth starts with BDNF that bursts release; 5-HT2A matters only through them. Its own links to ERK, CREB and "
    "release, and the drug's to TrkB, are cut; the weight of bursts is a guess. At 1 mg/kg of psilocybin plasticity "
    "proteins rise a sixth as much as by default, and spine density two fifths: bursts fade, and what they release "
    "empties the store.",
    pathway={**_NO_LINK_FROM_GQ, "trkb.potentiation": 0.0, "bdnf.release_burst": 6.0},
)

ACTIVITY_INDEPENDENT = Hypothesis(
    "activity not required",
    "Growth needs no bursts: neither BDNF release nor Ca²⁺ entry follows them.",
    pathway={"bdnf.release_burst": 0.0, "calcium.burst_share": 0.0},
)

_DAY = 86400.0

SET_POINT_SHIFT = Hypothesis(
    "persistence by set point",
    "Density stays because the set point moves: spines are born faster for months, and none of them lives longer than "
    "an ordinary one. The default.",
)

STABILISATION = Hypothesis(
    "persistence by stabilisation",
    "Density stays because spines are held for days: they are lost less and captured more, and no set point moves. "
    "The memory fades in 10 d and its strength is a guess: density of an average cell on day 1 is that of the default "
    "within a point.",
    pathway={"translation.set_point_time": 10.0 * _DAY, "translation.set_point_weight": 10.0},
    spines={"set_point_gain": 0.0, "held_loss": 2.0, "held_capture": 0.10 / _DAY},
)

CONSOLIDATION = Hypothesis(
    "persistence by consolidation",
    "Density stays because spines that are used stay: they are captured faster the larger AMPA gain and heads are, and "
    "no set point moves. The rate is a guess: density of an average cell on day 1 is that of the default within two "
    "points.",
    spines={"set_point_gain": 0.0, "use_capture": 1.0 / _DAY},
)

FORMATION_PULSE = Hypothesis(
    "formation pulse alone",
    "Nothing keeps the density up once growth is over.",
    spines={"set_point_gain": 0.0},
)

# Day 1 cannot tell these apart, later turnover can. Under a set-point shift more spines are formed and lost than in
# vehicle mice for weeks, and those born after the drug last hardly longer than ordinary ones; under the other two,
# formation and elimination lie below vehicle from day 3 on (crowding, spines that stay) and new spines last longer.
PERSISTENCE = (SET_POINT_SHIFT, STABILISATION, CONSOLIDATION, FORMATION_PULSE)
HYPOTHESES = (
    INTRACELLULAR, SURFACE, HTR2A_REQUIRED, TRKB_DIRECT, ACTIVITY_REQUIRED, ACTIVITY_INDEPENDENT, *PERSISTENCE,
)  # fmt: skip
