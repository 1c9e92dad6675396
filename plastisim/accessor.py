"""`dataset.plastisim`: what one asks of a run, on the dataset itself.

    dataset.plastisim.window().statement            the 24-hour verdict
    dataset.plastisim.branches()                    a row a dendrite, a column a session
    dataset.plastisim.turnover()                    formation and elimination of each mouse in each interval
    dataset.plastisim.spines()                      a row a spine: place, birth, death, head width
    dataset.plastisim.plot.density("density.png")   a figure, by the house style

`plastisim.open_run` and `plastisim.to_dataset` register it; for a dataset that came from elsewhere, a netCDF file say,
`import plastisim.accessor` does. xarray keeps one accessor a dataset; nothing is computed before it is asked for.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import xarray

from plastisim.engine.errors import ConfigError
from plastisim.lab.branch_table import QUANTITIES, SPINE_DENSITY, BranchTable, Quantity, concatenate
from plastisim.lab.protocol import DAY
from plastisim.lab.window import Thresholds, Verdict, judge
from plastisim.results.run_figures import cascade_plot, density_plot, window_plot
from plastisim.results.store import open_run as open_store
from plastisim.run_tables import branch_frame, tables_of, turnover_frame
from plastisim.spine_ledger import setup_in, spine_frame

if TYPE_CHECKING:
    import pandas
    from matplotlib.figure import Figure


class Plots:
    """Figures of a run. Each returns a matplotlib figure and writes it if a file is named."""

    def __init__(self, run: RunAccessor) -> None:
        """Draw the dataset of an accessor."""
        self._run = run

    def density(self, file: str | Path | None = None, *, size: str = "projector") -> Figure:
        """Draw imaged spine density over the sessions: every mouse, and the mean of each arm with its 95 % interval.

        Args:
            file: to be written, as .png, .pdf or .svg.
            size: `single` or `double` (columns of a journal) or `projector`; see `figure_size`.
        """
        return density_plot(self._run.dataset, self._run.dose_days(), file, size)

    def cascade(
        self,
        names: Sequence[str],
        file: str | Path | None = None,
        *,
        size: str = "projector",
        until: float = math.inf,
    ) -> Figure:
        """Draw recorded variables over time: the mean of each arm, and the middle 90 % of its mice.

        Args:
            names: of variables along time, such as `calcium_free` or `mtorc1`.
            file: as in `density`.
            size: as in `density`.
            until: day on which the time axis ends; the whole run if left out.

        Raises:
            ConfigError: no name, or one that is not recorded along time; nothing is recorded until then.
        """
        return cascade_plot(self._run.dataset, names, self._run.dose_days(), file, size, until)

    def window(self, file: str | Path | None = None, *, size: str = "projector", drug: str | None = None) -> Figure:
        """Draw the change of spine density and of every mouse at 24 h against the ordinary window of each cohort.

        Args:
            file: as in `density`.
            size: as in `density`.
            drug: name of the drug arm, where there are several.
        """
        cohorts = tables_of(self._run.dataset)
        windows = {name: self._run.window(cohort=name, drug=drug).window for name in cohorts}
        doses, title = self._run.dose_days(), self._run.window(drug=drug).headline
        return window_plot(self._run.dataset, windows, doses, file, title, size)


@xarray.register_dataset_accessor("plastisim")
class RunAccessor:
    """What one asks of the dataset of a run."""

    def __init__(self, dataset: xarray.Dataset) -> None:
        """Hold a dataset; nothing is computed yet."""
        self.dataset = dataset

    @property
    def plot(self) -> Plots:
        """Figures."""
        return Plots(self)

    def window(
        self, *, cohort: str | None = None, drug: str | None = None, thresholds: Thresholds | None = None
    ) -> Verdict:
        """Return whether spine density left the ordinary window of the vehicle mice.

        Args:
            cohort: by name; None takes all mice together.
            drug: name of the drug arm, where there are several.
            thresholds: what is demanded; None takes the usual ones, of day 1.

        Raises:
            ConfigError: no such cohort, arm or session.
        """
        return judge(self.table(cohort), SPINE_DENSITY, thresholds=thresholds, drug=drug)

    def table(self, cohort: str | None = None) -> BranchTable:
        """Return what was imaged, as statistics take it; of one cohort, or of all together.

        Raises:
            ConfigError: no such cohort.
        """
        tables = tables_of(self.dataset)
        if cohort is None:
            return concatenate(tables)
        if cohort not in tables:
            raise ConfigError(f"no cohort {cohort!r}; this run has {', '.join(map(repr, tables))}")
        return tables[cohort]

    def branches(self, quantity: str = SPINE_DENSITY.name) -> pandas.DataFrame:
        """Return an imaged quantity, one row a dendrite, in the layout of `plastisim run --data`.

        Args:
            quantity: `spine_density` (1/um), `head_width` (um), `formation` or `elimination` (shares of spines).

        Raises:
            ConfigError: no such quantity.
        """
        return branch_frame(self.dataset, _quantity(quantity))

    def turnover(self) -> pandas.DataFrame:
        """Return formation and elimination of every mouse in every interval, as shares of spines."""
        return turnover_frame(self.dataset)

    def spines(self) -> pandas.DataFrame:
        """Return every spine that lived, one row each: place (um), birth and death (d), head width (um)."""
        return spine_frame(self.dataset)

    def dose_days(self) -> tuple[float, ...]:
        """Return the days on which any arm gets a dose, bath or infusion of a drug."""
        moments = {
            moment
            for arm in setup_in(self.dataset).population.protocol.arms
            for given in (*arm.doses, *arm.baths, *arm.infusions)
            if not given.compound.inert
            for moment in [getattr(given, "at", None), getattr(given, "start", None)]
            if moment is not None
        }
        return tuple(sorted(moment / DAY for moment in moments))


def _quantity(name: str) -> Quantity:
    """Return an imaged quantity by its name."""
    for one in QUANTITIES:
        if one.name == name:
            return one
    raise ConfigError(f"no imaged quantity {name!r}; expected {', '.join(one.name for one in QUANTITIES)}")


def open_run(path: str | Path, *, partial: bool = False) -> Any:
    """Open a run as an xarray dataset with the accessor `plastisim`; arrays are read when they are used.

    Args:
        path: a store, or an output folder that holds `run.zarr`.
        partial: accept a run that is still going on or broke off, cut to the frames that are safely written.

    Raises:
        ConfigError: nothing is there.
        StoreError: not a plastisim store, unfinished, or damaged.
    """
    return open_store(path, partial=partial)
