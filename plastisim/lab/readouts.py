"""What an acute experiment sees of 5-HT2A: head twitches of a mouse, occupancy in a PET scanner.

Twitches follow the rise of surface drive, not its level: brain drive lasts for hours, twitches for a quarter of one.
The rate habituates to the drive D above rest, with one time constant:

    A' = (D - A) / tau,      rate = saline + gain max(D - (1 - r) A, 0)

Left out: what in the circuit habituates, and sex and strain. With the shipped, guessed mouse kinetics the first five
minutes come out too low and the course too narrow (see tests/test_compounds.py): the data ask for faster kinetics.
"""

from __future__ import annotations

import dataclasses

import numpy as np
import numpy.typing as npt

from plastisim.engine.errors import ConfigError
from plastisim.engine.fields import Source, fitted, parameter

Series = npt.NDArray[np.float64]
_K8 = fitted("tests/test_compounds.py, rows K8 and R2, on the shipped mouse kinetics of psilocybin")
_SALINE = Source("row K8: 0.46 per min falling to 0.1; the time constant is chosen", "seen")


@dataclasses.dataclass(frozen=True)
class HeadTwitch:
    """Head twitches of a mouse."""

    gain: float = parameter(0.680, "1/s", "twitches per unit of drive that is not habituated", _K8)
    habituation_time: float = parameter(91.7, "s", "time constant of habituation", _K8)
    residue: float = parameter(0.0343, "1", "share of a steady drive that never habituates", _K8)
    saline_start: float = parameter(0.46 / 60.0, "1/s", "rate after handling", _SALINE)
    saline_end: float = parameter(0.1 / 60.0, "1/s", "rate of a mouse left alone", _SALINE)
    saline_time: float = parameter(900.0, "s", "calming after handling", _SALINE)

    def rate(self, time: Series, drive: Series) -> Series:
        """Return the twitch rate, 1/s, shape (time,).

        Args:
            time: s since the injection, ascending, shape (time,).
            drive: agonist drive of surface 5-HT2A (`htr2a_surface`), the animal's rest first, shape (time,).

        Raises:
            ConfigError: arrays that do not fit each other.
        """
        time, rise = np.asarray(time, float), np.asarray(drive, float) - np.asarray(drive, float)[0]
        if time.shape != rise.shape or time.ndim != 1 or np.any(np.diff(time) <= 0):
            raise ConfigError(f"time must ascend and have the drive's shape, but got {time.shape} and {rise.shape}")
        saline = self.saline_end + (self.saline_start - self.saline_end) * np.exp(-time / self.saline_time)
        return saline + self.gain * np.maximum(rise - (1.0 - self.residue) * self._habituated(time, rise), 0.0)

    def _habituated(self, time: Series, rise: Series) -> Series:
        """Return A of the module docstring, exact for a drive that is linear between the times."""
        tau, level, found = self.habituation_time, 0.0, [0.0]
        for step, before, after in zip(np.diff(time), rise[:-1], rise[1:], strict=True):
            lag = tau * (after - before) / step
            level = after - lag + (level - before + lag) * np.exp(-step / tau)
            found.append(level)
        return np.array(found)


@dataclasses.dataclass(frozen=True)
class OccupancyScan:
    """5-HT2A occupancy as a PET scanner sees it."""

    ceiling: float = parameter(
        0.766, "1", "occupancy seen when every receptor is occupied",
        Source("Madsen et al. 2019, doi 10.1038/s41386-019-0324-9: Emax 76.6 % (row R1, recalled)", "recalled"),
    )  # fmt: skip

    def seen(self, bound: Series) -> Series:
        """Return the occupancy (0..1) that is seen where a fraction `bound` of surface receptors is occupied."""
        return self.ceiling * np.asarray(bound, float)
