"""Figures and films of a stored run: what is drawn is what is stored, with units, in the sizes of page and slide."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import made_run
import matplotlib
import numpy as np
import pytest
import xarray
from matplotlib import pyplot
from matplotlib.animation import PillowWriter
from matplotlib.figure import Figure
from PIL import Image

import plastisim as ps
from plastisim import accessor, animation, cli
from plastisim.results import branch_film, course_figure, curve_figure, plots


def millimetres(figure: object) -> list[float]:
    return [round(25.4 * inch, 1) for inch in figure.get_size_inches()]  # pyright: ignore[reportAttributeAccessIssue]


def test_sizes_are_those_of_a_page_and_a_slide(dataset: xarray.Dataset) -> None:
    assert [round(25.4 * inch, 1) for inch in ps.figure_size("single", 0.5)] == [89.0, 44.5]
    assert [round(25.4 * inch, 1) for inch in ps.figure_size("double", 9.0)] == [183.0, 230.0]
    assert millimetres(dataset.plastisim.plot.density()) == [338.7, 190.5]
    assert millimetres(dataset.plastisim.plot.density(size="single"))[0] == 89.0
    with pytest.raises(ps.ConfigError, match="no figure size 'poster'; expected single, double, projector"):
        dataset.plastisim.plot.density(size="poster")


def test_density_is_drawn_as_stored(dataset: xarray.Dataset, tmp_path: Path) -> None:
    figure = dataset.plastisim.plot.density(tmp_path / "density.png", size="double")
    left, right = figure.axes
    assert left.get_ylabel() == "spine density (1/µm)"
    assert [axes.get_title(loc="left") for axes in (left, right)] == ["PT-A neurons", "PT-B neurons"]
    drawn = right.containers[1].lines[0].get_ydata()
    here = dataset.observed_spine_density.isel(arm=1, mouse=slice(4, 7))
    np.testing.assert_allclose(drawn, here.mean(("mouse", "neuron", "dendrite")), rtol=1e-12)
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["vehicle", "psilocybin", "dose"]
    with Image.open(tmp_path / "density.png") as image:
        assert image.size[0] == round(183 / 25.4 * 300)


def test_every_panel_of_the_cascade_has_its_unit(dataset: xarray.Dataset) -> None:
    names = ["calcium_free", "mtorc1", "drive_htr2a_surface"]
    figure = dataset.plastisim.plot.cascade(names)
    assert len(figure.axes) == 3
    for name, axes in zip(names, figure.axes, strict=True):
        words = " ".join(axes.get_ylabel().split())
        assert dataset[name].attrs["long_name"] in words
        assert ("(µmol/L)" in words) == (name == "calcium_free")
        assert axes.get_xlabel() == "time after day 0 (d)"
        others = [dim for dim in dataset[name].dims if dim not in ("arm", "time")]
        np.testing.assert_allclose(axes.lines[1].get_ydata(), dataset[name].isel(arm=1).mean(others), rtol=1e-5)
    for wrong in (["spine_birth"], ["calcium"], []):
        with pytest.raises(ps.ConfigError, match="not recorded along time; choose from akt"):
            dataset.plastisim.plot.cascade(wrong)


def test_the_window_is_that_of_the_verdict(dataset: xarray.Dataset, tmp_path: Path) -> None:
    figure = dataset.plastisim.plot.window(tmp_path / "window.pdf")
    assert len(figure.axes) == 4
    window = dataset.plastisim.window(cohort="PT-A").window
    low, high = figure.axes[0].patches[0].get_extents().transformed(figure.axes[0].transData.inverted()).intervaly
    assert (low, high) == pytest.approx((window.lower, window.upper))
    assert " ".join(figure.get_suptitle().split()) == dataset.plastisim.window().headline
    assert (tmp_path / "window.pdf").read_bytes().startswith(b"%PDF")


def test_the_window_of_several_arms_names_one_and_hides_none(dataset: xarray.Dataset) -> None:
    three = dataset.isel(arm=[0, 1, 1]).assign_coords(arm=["vehicle", "once", "again"])
    figure = three.plastisim.plot.window(drug="again")
    assert "again minus vehicle" in " ".join(figure.get_suptitle().split())
    bars = [bar for arm in figure.axes[1].containers for bar in arm if bar.get_height()]
    edges = sorted((bar.get_x(), bar.get_x() + bar.get_width()) for bar in bars)
    assert len(figure.axes[1].containers) == 3
    assert all(right <= left + 1e-9 for (_, right), (left, _) in itertools.pairwise(edges))


def test_the_cascade_ends_where_it_is_told_to(
    dataset: xarray.Dataset, store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, cascade = [], accessor.cascade_plot
    monkeypatch.setattr(accessor, "cascade_plot", lambda *of: asked.append(of) or cascade(*of))
    assert cli.main(["draw", str(store), str(tmp_path / "x.png"), "--what", "mtorc1", "--until", "36 h"]) == 0
    assert asked[0][-1] == 1.5
    axes = dataset.plastisim.plot.cascade(["mtorc1"], until=1.5).axes[0]
    days = dataset.time.values / ps.DAY
    assert axes.lines[0].get_xdata().tolist() == days[days <= 1.5].tolist()
    with pytest.raises(ps.ConfigError, match="would end on day -9, before anything is recorded"):
        dataset.plastisim.plot.cascade(["mtorc1"], until=-9)


@pytest.mark.parametrize(("what", "width"), [("window", 183), ("density", 183), ("calcium_free,mtorc1", 89)])
def test_figures_from_the_command_line(what: str, width: int, store: Path, tmp_path: Path) -> None:
    file = tmp_path / "figure.png"
    size = "double" if width == 183 else "single"
    assert cli.main(["draw", str(store), str(file), "--what", what, "--size", size]) == 0
    with Image.open(file) as image:
        assert image.size[0] == int(width / 25.4 * 300)
    assert cli.main(["draw", str(store), str(file), "--what", what]) == 2


def test_a_film_shows_the_ledger(dataset: xarray.Dataset) -> None:
    (film,) = animation.branch_films(dataset, [1], (5, 1, 0))
    run, site = made_run.made(), np.ravel_multi_index((1, 5, 1, 0), made_run.BRANCHES)
    own = run.ledger.site == site
    dies = run.ledger.death[own] == 2 * ps.DAY
    old = run.ledger.birth[own] < 0
    assert (film.length, film.doses, film.title) == (30.0, (0.0,), "psilocybin, 1 mg/kg")
    counts = {day: [int(which.sum()) for which in film.kinds(day, 0.0).values()] for day in (-1.0, 1.0, 2.5, 3.0)}
    assert counts[-1.0] == [old.sum(), 0, 0]
    assert counts[1.0] == [old.sum(), 4, 0]
    assert counts[2.5] == [(old & ~dies).sum(), (~old & ~dies).sum(), dies.sum()]
    assert counts[3.0] == [(old & ~dies).sum(), (~old & ~dies).sum(), 0]
    assert np.isnan(film.widths(0.9)).tolist() == (~old).tolist()
    assert np.isfinite(film.widths(1.0)).all()
    both = dies & old
    assert (film.widths(3.0) == film.widths(1.0))[both].all()
    assert (film.widths(3.0) != film.widths(1.0))[~dies].all()


def test_a_film_stops_at_every_day_of_imaging(dataset: xarray.Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    told = []
    monkeypatch.setattr(animation, "write_film", lambda films, days, *_, **__: told.append((films, days)))
    ps.animate_dendrite(dataset, "film.gif", frame=4.0)
    ((film, *_), days) = told[0]
    assert len(days) == 25
    assert np.isin(film.sessions[film.sessions >= -1], days).all()


def test_a_film_is_a_small_gif(store: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "film.gif"
    assert cli.main(["animate", str(store), str(file), "--mouse", "5", "--frame", "24 h"]) == 0
    assert f"written: {file}" in capsys.readouterr().out
    with Image.open(file) as film:
        assert film.n_frames == 5  # pyright: ignore[reportAttributeAccessIssue]
        assert film.size[0] == branch_film.PIXELS
        assert film.info["duration"] > 100
    assert file.stat().st_size < 500_000
    assert list(tmp_path.iterdir()) == [file]


def test_a_film_of_days_that_were_not_recorded_is_refused(dataset: xarray.Dataset, tmp_path: Path) -> None:
    late = dataset.assign_coords(time=dataset.time + 9 * ps.DAY)
    with pytest.raises(ps.ConfigError, match="films show days -1 to 7, but this record begins on day 8"):
        ps.animate_dendrite(late, tmp_path / "film.gif")
    assert list(tmp_path.iterdir()) == []


def test_a_film_too_large_leaves_nothing(
    dataset: xarray.Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(branch_film, "LARGEST", 1000)
    with pytest.raises(ps.StoreError, match=r"more than 0\.001; take fewer frames"):
        ps.animate_dendrite(dataset, tmp_path / "film.gif", frame=96.0)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("animate", "film.mp4"), "ends in .gif"),
        (("draw", "figure.doc"), "ends in .png, .pdf or .svg"),
        (("draw", "figure.png", "--what", "calcium"), "not recorded along time"),
        (("draw", "figure.png", "--size", "poster"), "poster"),
        (("animate", "film.gif", "--mouse", "7"), "no mouse 7; this run has 0 to 6"),
        (("draw", "density.png", "--what", "density", "--drug", "psilocybin"), "--drug: only the window"),
        (("draw", "window.png", "--drug", "LSD"), "no drug arm 'LSD', expected one of psilocybin"),
        (("animate", "film.gif", "--dendrite", "-1"), "dendrite"),
        (("animate", "film.gif", "--arms", "LSD"), "no arm 'LSD'"),
        (("animate", "film.gif", "--frame", "0 h"), "more than 0"),
        (("animate", "film.gif", "--frame", "1 ms"), "expected at most 500; take longer ones"),
        (("draw", "density.png", "--what", "density", "--until", "2 d"), "--until: only recorded variables"),
        (("draw", "mtorc1.png", "--what", "mtorc1", "--until", "2"), "unit"),
        (("draw", "mtorc1.png", "--what", "mtorc1", "--until", "-5 d"), "more than 0"),
    ],
)
def test_a_wrong_picture_is_one_line(
    arguments: tuple[str, ...], message: str, store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    verb, *others = arguments
    assert cli.main([verb, str(store), *others]) == 2
    assert message in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("verb", "file", "place", "name"),
    [("draw", "window.png", Figure, "savefig"), ("animate", "film.gif", PillowWriter, "finish")],
)
def test_a_full_disk_is_told_as_one(
    verb: str, file: str, place: type, name: str, store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    def full(writer: Any, *target: str, **_: object) -> None:
        Path(*target or (writer.outfile,)).write_bytes(b"the first half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(place, name, full)
    monkeypatch.chdir(tmp_path)
    Path(file).write_bytes(b"older")
    more = ["--frame", "48 h"] if verb == "animate" else []
    assert cli.main([verb, str(store), file, "--overwrite", *more]) == 5
    assert capsys.readouterr().err.splitlines()[-1] == f"plastisim: cannot write '{file}': no space left on device"
    assert [(one.name, one.read_bytes()) for one in tmp_path.iterdir()] == [(file, b"older")]


def test_figures_leave_the_backend_of_the_caller_alone(dataset: xarray.Dataset, tmp_path: Path) -> None:
    before = matplotlib.get_backend()
    try:
        matplotlib.use("svg")
        row = {"readout": "density", "label": "density", "unit": "%", "cohort": "PT", "arm": "vehicle", "time": 86400.0,
               "mean": 1.0, "interval": [0.0, 2.0], "minus_vehicle": 1.0, "minus_vehicle_interval": [0.0, 2.0],
               "fold_of_vehicle": None, "fold_interval": None}  # fmt: skip
        curve = ps.Curve([1.0, 2.0], [1.0, 3.0])
        windows = {"PT-A": dataset.plastisim.window(cohort="PT-A").window,
                   "PT-B": dataset.plastisim.window(cohort="PT-B").window}  # fmt: skip
        course_figure.course_figure([row], tmp_path / "course.png", "title")
        course_figure.effects_figure([row], tmp_path / "effects.png", "title")
        ps.curves_figure([ps.Panel("a", "x", "y", {"one": curve})], tmp_path / "curves.png", "title")
        ps.individuals_figure([("a", "y", {"one": np.arange(5.0)})], tmp_path / "individuals.png", "title")
        ps.grid_figure(np.ones((2, 2)), "ab", "cd", tmp_path / "grid.png", "title", "unit")
        plots.window_figure(dataset, windows, [], tmp_path / "window.png", "title")
        dataset.plastisim.plot.density(tmp_path / "density.png")
        assert matplotlib.get_backend() == "svg"
        assert pyplot.get_fignums() == []
    finally:
        matplotlib.use(before)
    for file in tmp_path.iterdir():
        with Image.open(file) as image:
            assert len(image.getcolors(1 << 24)) > 20, file  # pyright: ignore[reportArgumentType]


def test_a_read_out_taken_once_sets_its_arms_side_by_side_with_their_intervals(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn = []
    monkeypatch.setattr(course_figure, "finish", lambda figure, *_: drawn.append(figure))
    rows = [
        {"readout": name, "label": name, "unit": "1", "cohort": "PT", "arm": arm, "time": time, "mean": 1.0,
         "interval": [0.5, 1.5], "fold_of_vehicle": fold, "fold_interval": fold and [fold - 0.25, fold + 0.5]}
        for name, times in (("bdnf_mrna", (7200.0,)), ("trkb", (7200.0, 86400.0)))
        for time in times for arm, fold in (("vehicle", 1.0), ("psilocybin", 3.0))
    ]  # fmt: skip
    course_figure.course_figure(rows, tmp_path / "course.png", "title")
    once, course = drawn[0].axes
    assert [text.get_text() for text in once.get_xticklabels()] == ["vehicle", "psilocybin"]
    assert once.get_xlabel() == "2 h after day 0"
    bars = [path.vertices.tolist() for bar in once.collections for path in bar.get_paths()]
    assert bars == [[[0, 0.75], [0, 1.5]], [[1, 2.75], [1, 3.5]]]
    assert course.get_xlabel() == "time after day 0 (h)"
    assert set(course.get_xticks() % 3) == {0.0}


def test_a_figure_shows_itself_in_a_notebook(dataset: xarray.Dataset) -> None:
    figure = dataset.plastisim.plot.density(size="single")
    assert figure._repr_png_().startswith(b"\x89PNG")


def test_figures_say_what_bars_and_bands_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn, finish = [], course_figure.finish

    def kept(figure: Any, *more: Any) -> None:
        drawn.append(figure)
        finish(figure, *more)

    for module in (course_figure, curve_figure):
        monkeypatch.setattr(module, "finish", kept)
    row = {"readout": "mtorc1", "label": "mTORC1", "unit": "1", "cohort": "PT", "arm": "vehicle", "time": 86400.0,
           "mean": 1.0, "interval": [0.5, 1.5], "minus_vehicle": 0.0, "minus_vehicle_interval": [0.0, 0.0],
           "fold_of_vehicle": 1.0, "fold_interval": [1.0, 1.0]}  # fmt: skip
    low, high = (ps.Curve([1.0, 2.0], [place, place], ([0.0, 0.0], [9.0, 9.0])) for place in (1.0, 5.0))
    panels = [ps.Panel(name, "x", "y", {"low": low, name: high}) for name in ("a", "b")]
    course_figure.course_figure([row], tmp_path / "course.png", "title")
    course_figure.effects_figure([row], tmp_path / "effects.png", "title")
    ps.curves_figure(panels, tmp_path / "curves.png", "title")
    ps.curves_figure([ps.Panel("a", "x", "y", {"one": ps.Curve([1.0], [1.0])})], tmp_path / "curve.png", "title")
    course, effects, curves, curve = drawn
    assert course.legends[0].get_title().get_text() == course_figure.MEAN == effects.get_supxlabel()
    assert curves.legends[0].get_title().get_text() == "band: 95 % interval"
    assert [text.get_text() for text in curves.legends[0].get_texts()] == ["low", "a", "b"]
    assert curves.axes[0].get_ylim() == curves.axes[1].get_ylim()
    assert curve.get_supxlabel() == ""  # nothing to explain
    assert not curve.legends
