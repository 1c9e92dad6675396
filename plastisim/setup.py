"""What is simulated, and how: one container from which a run begins, and from which it can be repeated."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

from plastisim import model
from plastisim.biology.calcium import OSCILLATORY
from plastisim.biology.copies import Copies
from plastisim.biology.spines import Spines
from plastisim.engine.errors import ConfigError
from plastisim.engine.explicit import DORMAND_PRINCE
from plastisim.engine.fields import declarations
from plastisim.engine.noise import counted
from plastisim.engine.rodas import RODAS4P
from plastisim.engine.stepping import Method
from plastisim.lab.cohort import Cohort, Spread
from plastisim.lab.imaging import Microscope
from plastisim.lab.protocol import Protocol
from plastisim.population import Population, populate

BRIEF = 6 * 3600  # s; in longer runs most of the time is rest, where a stiff method takes few steps
TOLERANCE = 3e-5  # relative; every variable then agrees with CVODE within 1e-4, 2e-4 just after the step of a bath


@dataclasses.dataclass(frozen=True)
class Settings:
    """How a run is computed; none of these changes what is asked.

    Args:
        tolerance: relative tolerance of the cascade.
        precision: `float64` or `float32`.
        slots: first guess of the spine slots a branch; too few are noticed and the chunk is replayed with more.
        noise: molecules of the small pools, for the stochastic variant; None leaves nothing in the cascade to chance.
    """

    tolerance: float = TOLERANCE
    precision: str = "float64"
    slots: int = 64
    noise: Copies | None = None

    def __post_init__(self) -> None:
        if not 0.0 < self.tolerance < 1.0:
            raise ConfigError(f"the tolerance must lie between 0 and 1, but got {self.tolerance!r}")
        if self.precision not in ("float64", "float32"):
            raise ConfigError(f"precision must be 'float64' or 'float32', but got {self.precision!r}")
        if self.slots < 1:
            raise ConfigError(f"slots must be at least 1, but got {self.slots!r}")
        counted(self.copies)

    @property
    def copies(self) -> dict[str, Any]:
        """Molecules of each pool by name; empty without noise."""
        return {} if self.noise is None else {one.name: one.value for one in declarations(self.noise, "parameter")}


@dataclasses.dataclass(frozen=True, eq=False)
class Setup:
    """What is simulated, and how.

    Attributes:
        population: who is simulated.
        pathway: parameters of the cascade, before neurons differ.
        law: parameters of the spines.
        spread: how individuals differ.
        microscope: how branches are imaged.
        settings: how it is computed.
    """

    population: Population
    pathway: model.Pathway
    law: Spines
    spread: Spread
    microscope: Microscope
    settings: Settings

    @classmethod
    def of(
        cls, protocol: Protocol, cohorts: Sequence[Cohort], *, seed: int = 0, pathway: model.Pathway | None = None,
        law: Spines | None = None, spread: Spread | None = None, microscope: Microscope | None = None,
        settings: Settings | None = None,
    ) -> Setup:  # fmt: skip
        """Return a setup with the defaults for whatever is None (see `simulation.simulate`)."""
        return cls(
            populate(protocol, cohorts, seed), pathway or model.default_pathway(), law or Spines(), spread or Spread(),
            microscope or Microscope(), settings or Settings(),
        )  # fmt: skip

    @property
    def method(self) -> Method:
        """How the cascade takes its steps, and how finely its input is kept, by what the cell does and how long."""
        if self.pathway.calcium.er_leak > OSCILLATORY.er_leak:
            return RODAS4P
        # Calcium that oscillates needs short steps anyway, and an explicit one costs less (benchmarks/peers.py).
        brief = self.population.protocol.duration <= BRIEF
        return DORMAND_PRINCE if brief else RODAS4P._replace(pieces=DORMAND_PRINCE.pieces)
