"""A stored run as a laboratory's files: a folder of CSV tables, those that `plastisim run --data` reads among them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from plastisim.engine.errors import ConfigError
from plastisim.lab.branch_table import QUANTITIES
from plastisim.results.files import whole_folder
from plastisim.run_tables import branch_frame
from plastisim.spine_ledger import spine_frame

if TYPE_CHECKING:
    import xarray


def export_tables(dataset: xarray.Dataset, folder: str | Path, *, arms: Sequence[str] | None = None) -> Path:
    """Write a run as a laboratory's folder of tables, which `plastisim run --data` and `read_branch_table` read.

    Args:
        dataset: of a run.
        folder: must not exist; gets spine_density.csv, spine_head_width.csv, formation_rate.csv, elimination_rate.csv
            and the ledger of single spines, spines.csv.
        arms: by name; None takes all. To score against it, a run needs vehicle and one drug.

    Raises:
        ConfigError: the folder exists, no such arm, or nothing was imaged.
        StoreError: it cannot be written.
    """
    target = Path(folder)
    if target.exists():
        raise ConfigError(f"{str(folder)!r} exists; choose another folder")
    frames = {quantity.file: branch_frame(dataset, quantity, arms) for quantity in QUANTITIES}
    spines = spine_frame(dataset)
    frames["spines.csv"] = spines.loc[spines.arm.isin(list(arms))] if arms else spines
    with whole_folder(target) as temporary:
        temporary.mkdir()
        for name, frame in frames.items():
            frame.to_csv(temporary / name, index=False)
    return target
