"""A film of one dendrite of a stored run, from its ledger of single spines."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from plastisim.engine.errors import ConfigError
from plastisim.lab.branch_table import FloatArray
from plastisim.lab.protocol import DAY, Arm
from plastisim.results.branch_film import BranchFilm, write_film
from plastisim.results.files import free_file
from plastisim.run_tables import BRANCH, mouse_names, needed, texts
from plastisim.spine_ledger import head_widths, places, setup_in

if TYPE_CHECKING:
    import xarray

FRAME = 4.0  # h between two frames
FIRST, LAST = -1.0, 7.0  # days of the film, where the run has them
MOST_FRAMES = 500  # a minute of film


def animate_dendrite(
    dataset: xarray.Dataset,
    file: str | Path,
    *,
    mouse: int = 0,
    neuron: int = 0,
    dendrite: int = 0,
    arms: Sequence[str] | None = None,
    frame: float = FRAME,
    overwrite: bool = False,
) -> Path:
    """Write a film of one dendrite over the week of the dose, the same dendrite in several arms below each other.

    Args:
        dataset: of a run, as `open_run` gives it.
        file: name of the film, ending in .gif.
        mouse: number of the mouse in the dataset.
        neuron: number of its neuron.
        dendrite: number of the dendrite.
        arms: by name; None takes the first two.
        frame: hours between two frames; spines come and go every 2 h.
        overwrite: replace an older file.

    Raises:
        ConfigError: the file exists or does not end in .gif, there is no such arm, mouse, neuron or dendrite, or there
            would be too many frames.
        StoreError: the configuration cannot be read, or the file cannot be written.
    """
    target = free_file(file, "film", (".gif",), overwrite)
    if not frame > 0.0:
        raise ConfigError(f"frame: got {frame:g} h, expected more than 0 h")
    where = _place(dataset, mouse, neuron, dendrite)
    names = texts(dataset, "arm").tolist()
    chosen = names[:2] if arms is None else list(arms)
    if unknown := [name for name in chosen if name not in names]:
        raise ConfigError(f"no arm {unknown[0]!r}; this run has {', '.join(map(repr, names))}")
    days = dataset.time.values[[0, -1]] / DAY
    first, last = max(FIRST, math.floor(days[0])), float(min(LAST, days[1]))
    frames = math.floor(24.0 * (last - first) / frame + 1e-9) + 1
    if frames < 1:
        raise ConfigError(f"films show days {FIRST:g} to {LAST:g}, but this record begins on day {days[0]:g}")
    if frames > MOST_FRAMES:
        raise ConfigError(
            f"frame: {frame:g} h makes {frames:,} frames, expected at most {MOST_FRAMES}; take longer ones"
        )
    moments = first + np.arange(frames, dtype=np.float64) * frame / 24.0  # exact on days of imaging
    films = branch_films(dataset, [names.index(name) for name in chosen], where)
    doses = [dose for film in films for dose in film.doses]
    title = f"Mouse {mouse_names(dataset)[mouse]}, neuron {neuron + 1}, dendrite {dendrite + 1}"
    return write_film(films, moments, target, since=min(doses, default=0.0), title=title)


def _place(dataset: xarray.Dataset, *numbers: int) -> tuple[int, ...]:
    """Return mouse, neuron and dendrite, if there are such."""
    for name, number in zip(BRANCH[1:], numbers, strict=True):
        if not 0 <= number < dataset.sizes[name]:
            raise ConfigError(f"no {name} {number}; this run has 0 to {dataset.sizes[name] - 1}")
    return numbers


def branch_films(dataset: xarray.Dataset, arms: Sequence[int], where: tuple[int, ...]) -> list[BranchFilm]:
    """Return a branch in several arms.

    Args:
        dataset: of a run.
        arms: as indices.
        where: mouse, neuron and dendrite.
    """
    setup, widths = setup_in(dataset), head_widths(dataset)
    shape = [dataset.sizes[name] for name in BRANCH]
    site = needed(dataset, "spine_branch").values
    wanted = [int(np.ravel_multi_index((arm, *where), shape)) for arm in arms]
    shown = np.isin(site, wanted)
    place = np.full(len(site), np.nan)
    place[shown] = places(setup, site[shown], dataset.spine_serial.values[shown])
    length = needed(dataset, "branch_length").transpose(*BRANCH).values.ravel()
    return [
        _branch(dataset, setup.population.protocol.arms[arm], site == one, float(length[one]), place, widths)
        for arm, one in zip(arms, wanted, strict=True)
    ]


def _branch(
    dataset: xarray.Dataset, arm: Arm, own: np.ndarray, length: float, place: FloatArray, widths: FloatArray
) -> BranchFilm:
    """Return a branch of an arm, whose spines are `own` of the ledger."""
    birth, death = dataset.spine_birth.values[own] / DAY, dataset.spine_death.values[own] / DAY
    return BranchFilm(
        title=_title(arm),
        length=length,
        place=place[own] * length,
        birth=np.where(np.isnan(birth), -np.inf, birth),
        death=np.where(np.isnan(death), np.inf, death),
        side=np.where(dataset.spine_serial.values[own] % 2 == 0, 1.0, -1.0),
        sessions=dataset.session.values.astype(float),
        width=widths[own],
        doses=tuple(dose.at / DAY for dose in arm.doses if not dose.compound.inert),
    )


def _title(arm: Arm) -> str:
    """Return the name of an arm, and its dose where it got one."""
    drugs = [dose for dose in arm.doses if not dose.compound.inert]
    return f"{arm.name}, {drugs[0].amount:g} mg/kg" if len(drugs) == 1 else arm.name
