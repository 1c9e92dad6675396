"""Drugs in animals without their neurons: plasma, brain, occupancy and drive over time, in seconds of computing.

For questions that end at the receptor: how high, how long, how much by another route. It is the same solution of
which `simulate` hands the drive on to the neurons.
"""

from __future__ import annotations

import dataclasses

import jax
import numpy as np
from jax import numpy as jnp

from plastisim.biology.exposure import Drive
from plastisim.biology.ligands import LigandState, Supply
from plastisim.cascade import exposure_program, exposure_tolerance
from plastisim.engine import control
from plastisim.engine.clock import schedule
from plastisim.engine.errors import ConfigError
from plastisim.engine.fields import declarations
from plastisim.engine.loop import at_end
from plastisim.engine.rodas import RODAS4P
from plastisim.lab.cohort import PT, Cohort, Spread
from plastisim.lab.compound import Compound
from plastisim.lab.protocol import TICK, Arm, Protocol
from plastisim.population import exposures, populate
from plastisim.quarantine import refuse_lost
from plastisim.setup import TOLERANCE
from plastisim.treatment import administered, slots

CHUNK = 32  # segments compiled together
ALIKE = Spread(elimination=0.0)


@dataclasses.dataclass(frozen=True, eq=False)
class Exposed:
    """What was found.

    Attributes:
        protocol: what was given.
        time: s from day 0, shape (time,).
        values: variables of an animal as in `ExposureState`, shape (time, variable, arm).
        drives: what neurons see, by name of `Drive`; each shape (time, arm).
    """

    protocol: Protocol
    time: np.ndarray
    values: np.ndarray
    drives: dict[str, np.ndarray]

    def course(self, compound: Compound, variable: str, arm: str) -> np.ndarray:
        """Return a variable of a compound in an arm, shape (time,).

        Args:
            compound: given in the arm, or serotonin.
            variable: name of a variable of biology/ligands.py, as `plasma` (nmol/L) or `bound_surface` (fraction).
            arm: its name.

        Raises:
            ConfigError: there is no such arm, compound or variable.
        """
        index = self._arm(arm)
        names = [one.name for one in declarations(LigandState, "variable")]
        carried = slots(self.protocol)[index]
        if variable not in names:
            raise ConfigError(f"a compound has no variable {variable!r}; it has {', '.join(names)}")
        if compound not in carried:
            raise ConfigError(f"arm {arm!r} does not get {compound.name}")
        return self.values[:, len(names) * carried.index(compound) + names.index(variable), index]

    def drive(self, name: str, arm: str) -> np.ndarray:
        """Return what neurons see in an arm, shape (time,); `name` is one of `Drive`'s, as `htr2a_surface`."""
        if name not in self.drives:
            raise ConfigError(f"there is no drive {name!r}; there are {', '.join(self.drives)}")
        return self.drives[name][:, self._arm(arm)]

    def release(self, arm: str) -> np.ndarray:
        """Return serotonin release relative to rest in an arm, shape (time,)."""
        return self.values[:, -1, self._arm(arm)]

    def _arm(self, name: str) -> int:
        names = [arm.name for arm in self.protocol.arms]
        if name not in names:
            raise ConfigError(f"there is no arm {name!r}; there are {', '.join(names)}")
        return names.index(name)


def expose(arms: tuple[Arm, ...], end: int, every: int = 60) -> Exposed:
    """Solve exposure and receptor occupancy of one average animal an arm.

    Args:
        arms: what is given, from second 0 on.
        end: s, a whole number of two hours.
        every: s between frames, a divisor of two hours.

    Raises:
        ConfigError: for arms that make no sense.
        NumericalError: a concentration diverged.
    """
    if not (isinstance(every, int) and every > 0 and TICK % every == 0):
        raise ConfigError(f"frames come every whole fraction of {TICK} s, but got {every!r} s")
    protocol = Protocol(arms, start=0, end=end, sessions=(0,))
    with jax.enable_x64(True):
        return _solve(protocol, every)


def _solve(protocol: Protocol, every: int) -> Exposed:
    """Run `expose` in double precision."""
    dtype = jnp.dtype("float64")
    population = populate(protocol, (Cohort("one", PT, 1, 1, 1),), 0)
    exposure = exposures(population, ALIKE, dtype)
    start = exposure.initial(jnp.zeros(population.animals, dtype))
    lanes, frames = control.start(jnp.stack(jax.tree.leaves(start))), []
    program, limits = exposure_program(RODAS4P.pieces), exposure_tolerance(len(exposure.ligands), TOLERANCE)
    for chunk in schedule(0, protocol.end, TICK, protocol.events(), range(0, protocol.end, every)).chunks(CHUNK):
        jumps, *given = administered(protocol, chunk, np.dtype(dtype))
        supply = tuple(Supply(*one) for one in zip(*given, strict=True))
        lengths = (chunk.end - chunk.begin).astype(dtype)
        lanes, pieces, values = program(limits, exposure, lanes, jumps, supply, lengths)
        refuse_lost(population, lanes, np.arange(population.animals), int(chunk.end[-1]))
        frames.append((chunk.end, at_end(pieces), np.asarray(values)))
    time, seen, found = map(np.concatenate, zip(*frames, strict=True))
    kept = np.unique(time, return_index=True)[1]  # a chunk is filled up with segments of no length
    names = [one.name for one in declarations(Drive, "variable")]
    drives = {name: seen[kept, index] for index, name in enumerate(names)}
    return Exposed(protocol, time[kept], found[kept], drives)
