"""Verbs that write a stored run for other programs, and as pictures: export, draw, animate."""

from __future__ import annotations

import dataclasses
import math
from pathlib import Path
from typing import Annotated, Literal

import plastisim as ps
from plastisim.commands.options import Flag, Json, Signed, Whole, check_json, written


def export(
    file: Path,
    /,
    *,
    run: Path | None = None,
    arms: str | None = None,
    compound: str | None = None,
    dose: Annotated[str | None, Signed] = None,
    at: Annotated[str, Signed] = "0 h",
    route: str = "ip",
    preset: Literal["smooth", "oscillatory"] = "smooth",
    overwrite: Flag = False,
    json: Json = None,
) -> int:
    """Write a stored run as netCDF or as a laboratory's tables, or one neuron under one dose as SBML.

    For example:
        plastisim export first.nc --run results/first
        plastisim export my_tables --run results/first
        plastisim export cascade.xml --compound psilocybin --dose "1 mg/kg" --preset oscillatory

    Args:
        file: to be written. With --run, a name ending in .nc, or a folder of CSV tables that run --data reads.
        run: output folder of plastisim run, or a store.
        arms: of the tables, separated by commas; all of them if left out.
        compound: for example psilocybin.
        dose: with its unit, for example "1 mg/kg".
        at: time of the dose; the file starts at 0, with the neuron at rest, and is meant for a week.
        route: ip or iv.
        preset: of calcium.
        overwrite: replace an older file.
        json: a file for where it was written, or - for its JSON alone on stdout.
    """
    check_json(json)
    if run is not None:
        if compound or dose:
            raise ps.ConfigError("--run writes a stored run; leave out --compound and --dose")
        written(_stored(file, run, arms, overwrite), json)
        return 0
    if compound is None or dose is None:
        raise ps.ConfigError("export needs --run FOLDER, or --compound and --dose for SBML")
    drug, amount = ps.find_compound(compound), ps.quantity(dose, "mg/kg", "dose", positive=True)
    given = ps.Dose(drug, amount, ps.quantity(at, "s", "time of the dose"), route)
    calcium = {"smooth": ps.SMOOTH, "oscillatory": ps.OSCILLATORY}[preset]
    pathway = dataclasses.replace(ps.default_pathway(), calcium=calcium)
    ps.keep_compiled_programs()
    ps.export_sbml(ps.Arm(f"{drug.name} {dose} {route}", (given,)), file, pathway=pathway, overwrite=overwrite)
    written(file, json)
    return 0


def _stored(file: Path, run: Path, arms: str | None, overwrite: bool) -> Path:
    """Write a stored run in the format that a file name asks for."""
    if file.suffix == ".nc":
        if arms is not None:
            raise ps.ConfigError("--arms goes with a folder of tables; a netCDF file holds all arms")
        return ps.export_netcdf(run, file, overwrite=overwrite)
    if file.suffix:
        raise ps.ConfigError(f"export --run writes a file ending in .nc or a folder of tables, but got {str(file)!r}")
    if overwrite:
        raise ps.ConfigError("a folder of tables is not overwritten; choose another name")
    return ps.export_tables(ps.open_run(run), file, arms=_names(arms))


def draw(
    run: Path,
    file: Path,
    /,
    *,
    what: str = "window",
    drug: str | None = None,
    until: Annotated[str | None, Signed] = None,
    size: Literal["single", "double", "projector"] = "projector",
    overwrite: Flag = False,
    json: Json = None,
) -> int:
    """Draw a stored run in the size of a journal's columns or of a projector, as .png, .pdf or .svg.

    For example:
        plastisim draw results/first window.pdf --size double
        plastisim draw results/first density.png --what density
        plastisim draw results/first cascade.svg --what calcium_free,bdnf_mrna,mtorc1 --until "2 d"

    Args:
        run: output folder of plastisim run, or a store.
        file: to be written.
        what: window, density, or recorded variables separated by commas.
        drug: arm that the window is drawn for, where there are several beside vehicle.
        until: time after day 0 at which variables end, for example "2 d"; the end of the run if left out.
        size: single or double for a journal (89 and 183 mm), projector for a slide.
        overwrite: replace an older file.
        json: a file for where it was written, or - for its JSON alone on stdout.
    """
    check_json(json)
    ps.free_file(file, "figure", (".png", ".pdf", ".svg"), overwrite)
    if until is not None and what in ("window", "density"):
        raise ps.ConfigError("--until: only recorded variables are drawn over time; name some by --what")
    end = math.inf if until is None else ps.quantity(until, "d", "--until", positive=True)
    plot = ps.open_run(run).plastisim.plot
    if what == "window":
        plot.window(file, size=size, drug=drug)
    elif drug is not None:
        raise ps.ConfigError("--drug: only the window is drawn for one arm; leave it out")
    elif what == "density":
        plot.density(file, size=size)
    else:
        plot.cascade(_names(what), file, size=size, until=end)
    written(file, json)
    return 0


def animate(
    run: Path,
    file: Path,
    /,
    *,
    mouse: Whole = 0,
    neuron: Whole = 0,
    dendrite: Whole = 0,
    arms: str | None = None,
    frame: Annotated[str, Signed] = "4 h",
    overwrite: Flag = False,
    json: Json = None,
) -> int:
    """Write a film of one dendrite over the week of the dose: which spines stay, come and go.

    For example:
        plastisim animate results/first dendrite.gif
        plastisim animate results/first other.gif --mouse 3 --dendrite 2 --arms psilocybin

    Args:
        run: output folder of plastisim run, or a store.
        file: to be written, ending in .gif.
        mouse: its number in the store, from 0.
        neuron: number of its neuron, from 0.
        dendrite: number of the dendrite, from 0.
        arms: separated by commas; the first two if left out.
        frame: time between two frames.
        overwrite: replace an older file.
        json: a file for where it was written, or - for its JSON alone on stdout.
    """
    check_json(json)
    hours = ps.quantity(frame, "h", "frame", positive=True)
    where = {"mouse": mouse, "neuron": neuron, "dendrite": dendrite}
    ps.keep_compiled_programs()
    dataset = ps.open_run(run)
    ps.animate_dendrite(dataset, file, **where, arms=_names(arms), frame=hours, overwrite=overwrite)
    written(file, json)
    return 0


def _names(text: str | None) -> list[str] | None:
    """Return names that were separated by commas."""
    return None if text is None else [name.strip() for name in text.split(",")]
