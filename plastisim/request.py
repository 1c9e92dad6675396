"""What the caller of an experiment chose, and where its run is kept until it is whole."""

from __future__ import annotations

import contextlib
import dataclasses
import logging
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from plastisim.call import CALL, read_call, write_call
from plastisim.description import described
from plastisim.diary import Stored
from plastisim.engine.errors import ConfigError, StoreError
from plastisim.engine.progress import Progress
from plastisim.engine.units import quantity
from plastisim.experiment import Experiment
from plastisim.experiment_file import read_experiment
from plastisim.experiment_text import FILE, as_toml, experiment_of
from plastisim.lab.cohort import Cohort
from plastisim.lab.compounds import VEHICLE, find_compound
from plastisim.lab.protocol import DAY, Arm, Dose, Protocol
from plastisim.parameters import changed, told
from plastisim.recording import record, resume
from plastisim.results.attributes import root_attributes
from plastisim.results.files import as_store_error, atomic_write_text, flush, prove_output, put_in_place, remove
from plastisim.results.store import RUNNING, open_run, running
from plastisim.setup import Setup

LOG = logging.getLogger("plastisim")


@dataclasses.dataclass(frozen=True)
class Request:
    """What the caller of an experiment chose.

    Args:
        out: folder for store, figure and JSON; must not exist unless `overwrite`.
        json_file: a further place for the JSON.
        data: a laboratory's own table or folder of tables, to score against instead of the published figures.
        small: fewer mice, for a quick look.
        seed: of all randomness.
        compound: what the drug arm gets, instead of the experiment's own.
        dose: with its unit.
        at: time of the dose after day 0, with its unit.
        sessions: days of imaging, separated by commas.
        overwrite: replace `out` once the new run is whole.
        quiet: no progress.
        experiment: name of the experiment; what is asked is kept under it, so that it can be resumed and repeated.
        resuming: go on with what an interrupted run of the same request left.
        expected: hash of the configuration that this run has to have; None asks for nothing.
        recipe: text of an experiment file, where that is what was asked for.
        parameters: value by dotted path in the declared unit, in place of whatever the experiment has.
    """

    out: Path
    json_file: Path | None = None
    data: Path | None = None
    small: bool = False
    seed: int = 0
    compound: str | None = None
    dose: str | None = None
    at: str | None = None
    sessions: str | None = None
    overwrite: bool = False
    quiet: bool = False
    experiment: str = ""
    resuming: bool = False
    expected: str | None = None
    recipe: str = ""
    parameters: Mapping[str, float] = dataclasses.field(default_factory=dict)

    @property
    def work(self) -> Path:
        """Folder of the run until it is whole and gets the name `out`."""
        return self.out.with_name(self.out.name + RUNNING)

    def check(self) -> None:
        """Refuse outputs that cannot be written, before any work is done.

        Raises:
            ConfigError: an output exists, or its folder cannot be written.
            StoreError: an unfinished run of that name is in the way, or there is none to resume.
        """
        if self.resuming:
            return
        prove_output(self.out, self.overwrite)
        if (self.work / CALL).exists() and not self.overwrite:
            raise StoreError(
                f"{str(self.work)!r} is an unfinished run; go on with: plastisim resume {self.out}, or --overwrite it"
            )
        if self.json_file is not None:
            if self.json_file.exists() and not self.overwrite:
                raise ConfigError(f"JSON file {str(self.json_file)!r} exists; choose another name, or --overwrite it")
            prove_output(self.json_file.parent, overwrite=True)

    def protocol(self, compound: str, dose: str, sessions: Sequence[float], judged: float) -> Protocol:
        """Return vehicle and drug, as the experiment has it unless the caller chose otherwise.

        Args:
            compound: what the drug arm gets, by default.
            dose: with its unit, by default.
            sessions: days of imaging, by default; the run ends with the last.
            judged: day that has to be among the sessions, after one before the dose.

        Raises:
            ConfigError: unknown compound, a dose or time without unit, times that do not fit.
        """
        drug = find_compound(compound if self.compound is None else self.compound)
        if drug.inert:
            raise ConfigError(f"{drug.name} is what every run compares with; choose a drug, such as {compound}")
        amount = quantity(dose if self.dose is None else self.dose, "mg/kg", "dose", positive=True)
        at = 0.0 if self.at is None else quantity(self.at, "s", "time of the dose")
        days = tuple(sessions) if self.sessions is None else _days(self.sessions)
        if judged not in days or not any(day * DAY <= at and day < judged for day in days):
            raise ConfigError(
                f"sessions: got days {', '.join(f'{day:g}' for day in days)}; expected day {judged:g} and at least one "
                "day before the dose among them"
            )
        injections = (Dose(VEHICLE, at=at), Dose(drug, amount, at=at))
        arms = tuple(Arm(dose.compound.name, doses=(dose,)) for dose in injections)
        return Protocol(arms, start=round(min(days) * DAY), end=round(max(days) * DAY), sessions=days)

    @property
    def as_measured(self) -> bool:
        """Whether the drug arm gets what the measured animals got."""
        return self.compound is None and self.dose is None and self.at is None

    @property
    def own_parameters(self) -> dict[str, float]:
        """Parameters in place of an experiment's own, by whole path: those of the file, then those of the caller."""
        of_file = read_experiment(self.recipe, self.experiment).parameters if self.recipe else {}
        return {**of_file, **self.parameters}

    @property
    def told(self) -> str:
        """Parameters in place of the experiment's own, in one line; empty where there are none."""
        return told(self.own_parameters)

    def setup(self, protocol: Protocol, cohorts: Sequence[Cohort], **more: Any) -> Setup:
        """Return what an experiment simulates for this caller; `more` as in `Setup.of`.

        Raises:
            ConfigError: arms, cohorts or parameters that do not fit the model.
        """
        return changed(Setup.of(protocol, cohorts, **{"seed": self.seed, **more}), self.parameters)

    def record(
        self, protocol: Protocol, cohorts: Sequence[Cohort], title: str, name: str = "run",
        experiment: Experiment | None = None, **more: Any,
    ) -> Stored:  # fmt: skip
        """Simulate into a store of this request; interrupted, it can be resumed.

        Args:
            protocol: what is done.
            cohorts: to whom.
            title: one line for figures and catalogues.
            name: of the store, for an experiment with several; the first is called `run`.
            experiment: written beside the store as an experiment file; None is one that reads out the spines.
            more: as in `Setup.of`; the seed is that of the request.

        Raises:
            StoreError: the configuration is not the expected one, or the disk is full.
        """
        setup = self.setup(protocol, cohorts, **more)
        found = root_attributes(title=title, config=described(setup), seed=self.seed)["plastisim_config_sha256"]
        if self.expected not in (None, found) and name == "run":
            raise StoreError("this version asks for another configuration than the stored run had; it cannot repeat it")
        self._begin()
        self._write_file(setup, experiment, title, name)
        store = self.work / f"{name}.zarr"
        with Progress(protocol.duration, title, unit="s", silent=self.quiet) as progress:
            if store.exists() or running(store).exists():
                return resume(store, tidy=False, progress=progress.update)
            return record(store, setup, title, tidy=False, progress=progress.update)

    def _begin(self) -> None:
        """Make the folder of the run and keep what was asked; call it again and again."""
        if self.resuming or (self.work / CALL).exists():
            return
        with as_store_error(self.out):
            remove(self.work)
            self.work.mkdir(parents=True)
            write_call(self.work, vars(self))

    def _write_file(self, setup: Setup, experiment: Experiment | None, title: str, name: str) -> None:
        """Keep the configuration as an experiment file; without one where a file cannot say it all."""
        file = self.work / (FILE if name == "run" else f"{name}.toml")
        try:
            whole = experiment or experiment_of(setup, title)
            parameters = {**whole.parameters, **self.parameters}
            text = as_toml(dataclasses.replace(whole, seed=setup.population.seed, parameters=parameters))
        except ConfigError as error:
            LOG.info("no experiment file is written: %s", error)
            return
        with as_store_error(self.out):
            atomic_write_text(file, text)

    def finish(self) -> None:
        """Give the folder its final name."""
        with as_store_error(self.out):
            flush(self.work)
            put_in_place(self.work, self.out)
        # Not before: killed between the two, a run without its parts could not be resumed.
        for parts in self.out.glob("*.progress"):
            remove(parts)

    @classmethod
    def left_in(cls, out: Path) -> Request:
        """Return the request of an interrupted run, to go on with.

        Raises:
            StoreError: there is none.
        """
        file = out.with_name(out.name + RUNNING) / CALL
        if not file.exists():
            state = "is whole already" if out.exists() else "has no unfinished run"
            raise StoreError(f"{str(out)!r} {state}; there is nothing to resume")
        return dataclasses.replace(cls(**read_call(file)), out=out, resuming=True)

    @classmethod
    def like(cls, folder: Path, out: Path, **more: Any) -> Request:
        """Return the request that repeats a finished run, in another folder.

        Raises:
            ConfigError: no run of an experiment is there.
            StoreError: it cannot be read.
        """
        file = folder / CALL
        if not file.exists():
            raise ConfigError(f"no run at {str(folder)!r}: expected an output folder of plastisim run, with {CALL}")
        stored = open_run(folder).attrs["plastisim_config_sha256"]
        own = {"out": out, "resuming": False, "expected": stored, **more}
        return dataclasses.replace(cls(**read_call(file)), **own)


def _days(text: str) -> tuple[float, ...]:
    with contextlib.suppress(ValueError):
        days = tuple(float(part) for part in text.split(","))
        if all(map(math.isfinite, days)):
            return days
    raise ConfigError(f"sessions: got {text!r}, expected days separated by commas, such as -3,-1,1,3")
