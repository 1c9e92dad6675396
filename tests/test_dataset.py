"""The dataset of a run among other programs: accessor, units that all parse alike, netCDF, a laboratory's tables."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cf_units
import cf_xarray.units
import made_run
import numpy as np
import pandas
import pint
import pytest
import xarray
from zarr.errors import MetadataValidationError

import plastisim as ps
from plastisim import cli, columns
from plastisim.lab.branch_table import QUANTITIES
from plastisim.results import netcdf
from plastisim.run_tables import mouse_names

SI = {"meter": "m", "kilogram": "kg", "second": "s", "mole": "mol", "ampere": "A", "kelvin": "K"}
PLAIN = pint.UnitRegistry()


def alive(spines: pandas.DataFrame, day: float) -> pandas.Series:
    """Return which spines of the made-up run live on a day."""
    return (spines.birth_d.isna() | (spines.birth_d <= day)) & (spines.death_d.isna() | (day < spines.death_d))


@pytest.fixture(scope="module")
def spines(dataset: xarray.Dataset) -> pandas.DataFrame:
    return dataset.plastisim.spines()


def test_the_verdict_is_that_of_the_run(dataset: xarray.Dataset) -> None:
    tables = ps.branch_tables(made_run.made())
    whole, of_cohort = dataset.plastisim.window(), dataset.plastisim.window(cohort="PT-B")
    assert whole == ps.judge(ps.concatenate(tables))
    assert whole.holds
    assert of_cohort == ps.judge(tables["PT-B"])
    strict = ps.Thresholds(share=1.0)
    assert not dataset.plastisim.window(thresholds=strict).holds
    with pytest.raises(ps.ConfigError, match="no cohort 'PT-C'; this run has 'PT-A', 'PT-B'"):
        dataset.plastisim.window(cohort="PT-C")


def test_turnover_is_what_the_ledger_counts(dataset: xarray.Dataset, spines: pandas.DataFrame) -> None:
    found = dataset.plastisim.turnover()
    assert len(found) == 2 * 7 * 2
    for row in found.itertuples():
        own = spines[(spines.arm == row.arm) & (spines.mouse == row.mouse)]
        before, after = alive(own, row.from_day), alive(own, row.to_day)
        keys = [own.neuron, own.dendrite]
        total = before.groupby(keys).sum()
        assert row.dendrites == len(total) == 4
        assert row.formation == pytest.approx(((~before & after).groupby(keys).sum() / total).mean(), rel=1e-12)
        assert row.elimination == pytest.approx(((before & ~after).groupby(keys).sum() / total).mean(), rel=1e-12)
    assert found.mouse_id[0] == "PT-A-0-vehicle"


def test_a_row_a_spine(dataset: xarray.Dataset, spines: pandas.DataFrame) -> None:
    run = made_run.made()
    assert len(spines) == len(run.ledger.site)
    assert spines.birth_d.dropna().unique().tolist() == [0.5]
    assert spines.death_d.dropna().unique().tolist() == [2.0]
    assert spines.sessions.tolist() == sum(alive(spines, day).astype(int) for day in made_run.DAYS).tolist()
    assert (spines.place_um.between(0, 30) & (spines.place_um > 0)).all()
    assert spines.place_um.std() > 5.0
    from plastisim.lab.imaging import measured_widths

    widths = measured_widths(run.snapshots, run.microscope)[:, run.ledger.site, run.ledger.serial]
    here = np.array([alive(spines, day) for day in made_run.DAYS])
    expected = np.nanmean(np.where(here, widths, np.nan)[:, here.any(axis=0)], axis=0)
    np.testing.assert_allclose(spines.head_width_um[here.any(axis=0)], expected, rtol=1e-6)
    last = spines[(spines.death_d == 2.0) & spines.birth_d.isna()]
    assert (last.first_seen_d == -1.0).all()
    assert (last.last_seen_d == 1.0).all()
    first = spines[(spines.arm == "psilocybin") & (spines.mouse == 5) & (spines.neuron == 1) & (spines.dendrite == 0)]
    site = np.ravel_multi_index((1, 5, 1, 0), made_run.BRANCHES)
    assert first.spine.tolist() == run.ledger.serial[run.ledger.site == site].tolist()
    assert set(first.mouse_id) == {"PT-B-1-psilocybin"}
    assert mouse_names(dataset).tolist() == ["PT-A-0", "PT-A-1", "PT-A-2", "PT-A-3", "PT-B-0", "PT-B-1", "PT-B-2"]


def test_a_laboratory_reads_the_tables_back(dataset: xarray.Dataset, store: Path, tmp_path: Path) -> None:
    own_folder = tmp_path / "tables"
    assert cli.main(["export", str(own_folder), "--run", str(store)]) == 0
    own = ps.read_branch_table(own_folder)
    assert own.notes == ()
    assert (pandas.read_csv(own_folder / "spine_density.csv").sex == "unspecified").all()
    (tmp_path / "sexless").mkdir()
    for quantity in QUANTITIES:
        table = pandas.read_csv(own_folder / quantity.file).drop(columns="sex")
        table.to_csv(tmp_path / "sexless" / quantity.file, index=False)
    sexless = ps.read_branch_table(tmp_path / "sexless")
    for quantity in QUANTITIES:
        np.testing.assert_array_equal(sexless.values(quantity), own.values(quantity))
    assert set(own.condition) == {"vehicle", "psilocybin"}
    for quantity in QUANTITIES:
        values = dataset[f"observed_{quantity.name}"].transpose("arm", "mouse", "neuron", "dendrite", "session").values
        np.testing.assert_array_equal(own.values(quantity), values.reshape(-1, 3))
        frame = dataset.plastisim.branches(quantity.name)
        written = pandas.read_csv(own_folder / quantity.file)
        pandas.testing.assert_frame_equal(written, frame, check_dtype=False)
    judged, mine = ps.judge(own), dataset.plastisim.window()
    assert judged.effect == pytest.approx(mine.effect, rel=1e-12)
    assert judged.window.sd == pytest.approx(mine.window.sd, rel=1e-12)
    assert (judged.holds, judged.n_mice, judged.share_outside) == (True, 7, mine.share_outside)
    scored = ps.compare(ps.branch_tables(made_run.made()), rows=ps.measured_rows(own), resamples=50)
    assert scored
    assert all(row.miss == 0.0 or row.inside for row in scored)
    assert all(row.measured == pytest.approx(row.simulated, rel=1e-9) for row in scored if row.figure != "mouse SD")
    assert len(pandas.read_csv(own_folder / "spines.csv")) == dataset.sizes["spine"]
    ps.export_tables(dataset, tmp_path / "drug", arms=["psilocybin"])
    assert set(pandas.read_csv(tmp_path / "drug" / "spine_density.csv").condition) == {"psilocybin"}
    with pytest.raises(ps.ConfigError, match="no arm 'LSD'; this run has 'vehicle', 'psilocybin'"):
        ps.export_tables(dataset, tmp_path / "lsd", arms=["LSD"])
    with pytest.raises(ps.ConfigError, match="exists; choose another folder"):
        ps.export_tables(dataset, own_folder)


def test_netcdf_brings_everything_back(dataset: xarray.Dataset, store: Path, tmp_path: Path) -> None:
    file = tmp_path / "run.nc"
    assert cli.main(["export", str(file), "--run", str(store)]) == 0
    with xarray.open_dataset(file, decode_timedelta=False) as back:
        assert set(back.variables) == set(dataset.variables)
        assert set(back.coords) == set(dataset.coords)
        for name, expected in dataset.variables.items():
            assert back[name].dims == expected.dims
            assert back[name].attrs == expected.attrs
            assert back[name].dtype == expected.dtype or expected.dtype.kind == "T"
            np.testing.assert_array_equal(back[name].values, expected.values)
        for name, value in dataset.attrs.items():
            assert back.attrs[name] == (value if isinstance(value, (str, int, float)) else json.dumps(value))
        for name, variable in back.variables.items():
            assert ("_FillValue" in variable.encoding) == (variable.dtype.kind == "f" and name not in back.dims), name
        assert back.cf.axes == {}  # a time axis of CF would need a date
        assert back.time.attrs == {"units": "s", "long_name": "time since day 0"}
        assert back["observed_spine_density"].encoding["coordinates"] == "cohort"
        assert back.plastisim.window() == dataset.plastisim.window()
    assert [one.name for one in tmp_path.iterdir()] == ["run.nc"]
    with pytest.raises(ps.ConfigError, match="exists; choose another name"):
        ps.export_netcdf(dataset, file)
    with pytest.raises(ps.ConfigError, match=r"ends in \.nc"):
        ps.export_netcdf(dataset, tmp_path / "run.hdf")
    ps.export_netcdf(dataset.assign_attrs(plastisim_parameters="x" * 100_000), file, overwrite=True)
    with xarray.open_dataset(file) as back:
        assert len(back.attrs["plastisim_parameters"]) == 100_000


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("export", "run.h5", "--run", "STORE"), "ending in .nc or a folder"),
        (("export", "run.nc", "--run", "STORE", "--arms", "vehicle"), "all arms"),
        (("export", "run.nc", "--run", "STORE", "--compound", "LSD"), "leave out"),
        (("export", "run.nc", "--run", "nowhere"), "no run at"),
        (("export", "tables", "--run", "STORE", "--overwrite"), "not overwritten"),
        (("export", "run.nc"), "needs --run"),
    ],
)
def test_a_wrong_export_is_one_line(
    arguments: tuple[str, ...], message: str, store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    assert cli.main([str(store) if one == "STORE" else one for one in arguments]) == 2
    assert message in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def units(dataset: xarray.Dataset) -> Iterator[tuple[str, str]]:
    """Yield (what, unit) of every variable, coordinate, parameter, read-out and published figure."""
    for name, variable in dataset.variables.items():
        if variable.dtype.kind in "biuf":
            yield str(name), variable.attrs["units"]
    for name, row in columns.parameters(made_run.SETUP).items():
        yield name, row["unit"]
    yield from ((row["path"], row["unit"]) for row in ps.parameter_rows())
    yield from ((name, readout.unit) for name, readout in ps.READOUTS.items())
    yield from ((row.id, row.unit) for row in ps.PUBLISHED)


def test_pint_udunits_and_cf_xarray_read_every_unit_alike(dataset: xarray.Dataset) -> None:
    found = dict(units(dataset))
    assert len(found) > 300
    for unit in sorted(set(found.values())):
        bases = [registry.Quantity(1.0, registry.parse_units(unit)).to_base_units()
                 for registry in (PLAIN, cf_xarray.units.units)]  # fmt: skip
        for base in bases:
            si = " ".join(f"{SI[name]}{round(power)}" for name, power in base.unit_items()) or "1"
            assert cf_units.Unit(unit).convert(1.0, cf_units.Unit(si)) == pytest.approx(base.magnitude, rel=1e-12), unit


def test_only_the_disk_is_told_as_a_disk(
    dataset: xarray.Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refusing(error: Exception) -> Any:
        def ready(dataset: xarray.Dataset) -> xarray.Dataset:
            raise error

        return ready

    for error, expected in (
        (OSError(28, "No space left on device"), ps.StoreError), (MetadataValidationError("bad"), ps.StoreError),
        (TypeError("a fault of ours"), TypeError), (ps.ConfigError("a wrong call"), ps.ConfigError),
    ):  # fmt: skip
        monkeypatch.setattr(netcdf, "_ready", refusing(error))
        with pytest.raises(expected, match="cannot write" if expected is ps.StoreError else "a "):
            ps.export_netcdf(dataset, tmp_path / "run.nc")
    assert list(tmp_path.iterdir()) == []
