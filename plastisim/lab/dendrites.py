"""Compartments of the dendritic tree: how dense their spines are, and how much of the growth programme reaches them.

In vivo imaging reaches the apical tuft only; fixed tissue was counted with a confocal microscope, on apical and basal
dendrites. A method finds more or fewer of the same spines, so that a compartment's density is used relative to the
tuft's by the same method: a basal branch carries 0.702 / 0.439 times as many spines as a tuft branch of its cell type.
The weight of the growth programme acts on the number of spines, not on their width, which the two measured cohorts
share although they differ twofold in number. Left out: local synthesis, and distance from the soma as such.
"""

from __future__ import annotations

import dataclasses

from plastisim.engine.errors import ConfigError
from plastisim.engine.fields import Source, chosen, parameter

CONFOCAL = Source(
    "Shao et al. 2021 Neuron 109:2535, doi 10.1016/j.neuron.2021.06.008, fixed Cg1/M2, vehicle, confocal (row V18)",
    "measured",
)
_UNIT = chosen("the tuft is the unit, as responsiveness is fitted there; for the others see the compartment's source")


@dataclasses.dataclass(frozen=True)
class Compartment:
    """A part of the dendritic tree.

    Args:
        name: label.
        density: spines in fixed tissue under the confocal microscope, 1/um; its ratio to `TUFT`'s is what counts.
        drive: weight of the neuron's growth programme in the number of spines here, the tuft's being 1.
        source: where density and drive come from, in words.
    """

    name: str
    density: float = parameter(0.439, "1/um", "spines in fixed tissue, confocal", CONFOCAL)
    drive: float = parameter(1.0, "1", "weight of the growth programme, relative to the tuft", _UNIT)
    source: str = ""

    def __post_init__(self) -> None:
        if not (self.density > 0.0 and self.drive >= 0.0):
            raise ConfigError(
                f"compartment {self.name!r} needs a density above 0 /um and a drive of at least 0, but got "
                f"{self.density!r} and {self.drive!r}"
            )

    @property
    def relative_density(self) -> float:
        """Spines relative to the tuft, by one and the same method."""
        return self.density / TUFT.density


TUFT = Compartment("apical tuft", source="row V18: apical dendrites; the drive is the unit")

OBLIQUE = Compartment(
    "apical oblique", drive=0.75,
    source="Density of apical dendrites at large (row V18). The drive is chosen: half way between tuft and basal, as "
    "obliques leave the trunk itself; no row gives it.",
)  # fmt: skip

BASAL = Compartment(
    "basal", density=0.702, drive=0.5,
    source="Density from row V18. The drive is chosen: proteins made in the soma reach every dendrite (1), 5-HT2A is "
    "densest on the apical dendrite (recalled), so that what starts there would not reach far (0); no row gives it.",
)  # fmt: skip
