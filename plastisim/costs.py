"""What a part of a run costs: arithmetic on a setup and a few measured constants, for plans (planning.py)."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from plastisim import columns
from plastisim.biology.ligands import LigandState
from plastisim.cascade import DRIVES, GROUP
from plastisim.course import CHUNK
from plastisim.engine.clock import Segments
from plastisim.engine.crew import cpu_width
from plastisim.engine.explicit import DORMAND_PRINCE
from plastisim.engine.fields import declarations
from plastisim.lab.branch_table import QUANTITIES
from plastisim.lab.protocol import DAY, Protocol
from plastisim.model import variables
from plastisim.setup import TOLERANCE, Setup
from plastisim.treatment import slots

MIB = 2**20
LEDGER = 8 + 4 + 8 + 8  # bytes of a spine on disk: branch, number, birth, death
OBSERVED = 4 + 4 + 4 + 4  # bytes of a spine that a session counts: branch, number, day, head width
SEEN = 4 + 1 + 3 * 8  # bytes of a slot in an imaging session: number, whether visible, width, place, noise
SLOT = 3 * 4 + 3 + 2 * 8  # bytes of a slot in the table of spines


class Constant(NamedTuple):
    """A number that was measured: its value, unit, and what it is."""

    value: float
    unit: str
    meaning: str


TWO_CORES = "measured on two x86-64 cores (AVX-512) with window-24h --small, float64, while others used them too"
CORES = 2
MEASURED = {
    "steps_a_segment": Constant(1.02, "1", "cascade steps a neuron and segment, far from a dose"),
    "steps_a_dose": Constant(130.0, "1", "further steps a neuron after a dose"),
    "steps_an_hour": Constant(5500.0, "1", "cascade steps a neuron and hour of oscillating calcium, explicit ones"),
    "explicit": Constant(0.45, "1", "an explicit cascade step, relative to a stiff one"),
    "step": Constant(3e-6, "s", "one cascade step of one neuron on one core, exposure included"),
    "slot": Constant(20e-9, "s", "one tick of one spine slot on one core"),
    "chunk": Constant(0.15, "s", "checkpoint, frames on disk and calls of programs, a chunk"),
    "compile": Constant(38.0, "s", "compiling all programs"),
    "kept": Constant(7.0, "s", "importing, tracing, and reading all programs that an earlier run kept"),
    "base": Constant(700.0, "MiB", "the process with kept programs, before anyone is simulated"),
    "compiler": Constant(600.0, "MiB", "what compiling takes on top of that for a while"),
    "copies": Constant(3.0, "1", "copies of frames and spine tables that are held at once"),
    "seen_copies": Constant(3.0, "1", "copies of all imaging sessions held at the end"),
    "of_animals": Constant(0.043, "1", "exposure on disk, relative to its bytes in memory"),
    "of_neurons": Constant(0.30, "1", "the cascade on disk relative to its bytes in memory, in arms that get a drug"),
    "of_density": Constant(0.23, "1", "spine density on disk, relative to its bytes in memory"),
    "of_imaged": Constant(0.59, "1", "what imaging saw on disk, relative to its bytes in memory"),
    "of_spines": Constant(0.17, "1", "the ledger of spines on disk, relative to its bytes in memory"),
    "of_observed": Constant(0.28, "1", "spines that sessions counted on disk, relative to their bytes in memory"),
    "words": Constant(0.12, "MiB", "names, parameters and their sources on disk"),
    "born": Constant(0.058, "1/d", "spines born a day, relative to those on a branch"),
    "hidden": Constant(1.2, "1", "spines on a branch, relative to those that imaging resolves"),
}


def of(name: str) -> float:
    """Return a measured constant."""
    return MEASURED[name].value


def steps(setup: Setup, segments: Segments) -> float:
    """Return the cascade's steps of one neuron, averaged over the arms."""
    protocol = setup.population.protocol
    finer = (TOLERANCE / setup.settings.tolerance) ** (1.0 / setup.method.order)
    if setup.method is DORMAND_PRINCE:
        return finer * of("steps_an_hour") * protocol.duration / 3600.0
    given = [
        len({dose.at for dose in arm.doses if not dose.compound.inert})
        + sum(bath.concentration > 0.0 for bath in arm.baths)
        + len(arm.infusions)
        for arm in protocol.arms
    ]
    return of("steps_a_segment") * len(segments.end) + finer * of("steps_a_dose") * float(np.mean(given))


def step(setup: Setup) -> float:
    """Return what one step of one neuron takes on one core, s."""
    return of("step") * (of("explicit") if setup.method is DORMAND_PRINCE else 1.0)


def _treated(protocol: Protocol) -> float:
    """Return the share of arms in which neurons leave their rest; the others take next to no room."""
    return float(np.mean([any(not one.inert for one in arm.compounds()) for arm in protocol.arms]))


def _spines(setup: Setup) -> float:
    """Return how many spines a branch has at rest."""
    return of("hidden") * setup.spread.length * max(cohort.density for cohort in setup.population.cohorts)


def disk(setup: Setup, frames: int, branches: int) -> tuple[float, float]:
    """Return bytes of the finished store, and of what is beside it while the run goes on."""
    population, single = setup.population, np.dtype(columns.SINGLE).itemsize
    sessions, neurons = len(population.protocol.sessions), population.animals * population.neurons
    of_animals = len(columns.EXPOSURE) * len(population.compounds) + DRIVES
    days = population.protocol.duration / DAY
    died = branches * _spines(setup) * of("born") * days
    disk = (
        frames * population.animals * of_animals * single * of("of_animals")
        + frames * neurons * len(columns.ROWS) * single * of("of_neurons") * _treated(population.protocol)
        + frames * branches * single * of("of_density")
        + sessions * branches * 8 * len(QUANTITIES) * of("of_imaged")
        + (branches * _spines(setup) + died) * LEDGER * of("of_spines")
        + sessions * branches * _spines(setup) / of("hidden") * OBSERVED * of("of_observed")
        + of("words") * MIB
    )
    working = branches * setup.settings.slots * (sessions * SEEN + SLOT) + died * LEDGER
    return disk, working


def memory(setup: Setup, blocks: int, together: int, branches: int, item: int) -> tuple[float, float]:
    """Return bytes on the devices and on the host; on a CPU the first are part of the second.

    Args:
        setup: what is simulated.
        blocks: of lanes.
        together: how many of them are computed at once.
        branches: over all arms.
        item: bytes of a number.
    """
    population, sessions = setup.population, len(setup.population.protocol.sessions)
    width = cpu_width(population.animals * population.filled)
    lanes = blocks * width
    rows = len(variables())
    exposed = len(list(declarations(LigandState, "variable"))) * len(slots(population.protocol)[0]) + 1
    table = branches * setup.settings.slots * (SLOT - 16 + 2 * item)
    pieces = CHUNK * setup.method.pieces * 4 * DRIVES * item * together * (width // GROUP)
    device = lanes * rows * item * 10 + table + pieces
    frames = CHUNK * (lanes * rows + population.animals * (exposed + DRIVES) + 2 * branches) * item
    seen = sessions * branches * setup.settings.slots * SEEN
    host = of("base") * MIB + device + of("copies") * (frames + table) + of("seen_copies") * seen
    return device, host
