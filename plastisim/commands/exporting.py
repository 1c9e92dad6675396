"""Verbs that write what other programs read: export."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Annotated, Literal

import plastisim as ps
from plastisim.commands.options import Flag, Signed


def export(
    file: Path,
    /,
    *,
    compound: str,
    dose: Annotated[str, Signed],
    at: Annotated[str, Signed] = "0 h",
    route: str = "ip",
    preset: Literal["smooth", "oscillatory"] = "smooth",
    overwrite: Flag = False,
) -> int:
    """Write one neuron under one dose as SBML, for other simulators.

    For example:
        plastisim export cascade.xml --compound psilocybin --dose "1 mg/kg"
        plastisim export night.xml --compound LSD --dose "0.2 mg/kg" --at "12 h" --preset oscillatory

    Args:
        file: to be written.
        compound: for example psilocybin.
        dose: with its unit, for example "1 mg/kg".
        at: time of the dose; the file starts at 0, with the neuron at rest, and is meant for a week.
        route: ip or iv.
        preset: of calcium.
        overwrite: replace an older file.
    """
    drug, amount = ps.find_compound(compound), ps.quantity(dose, "mg/kg", "dose", positive=True)
    given = ps.Dose(drug, amount, ps.quantity(at, "s", "time of the dose"), route)
    calcium = {"smooth": ps.SMOOTH, "oscillatory": ps.OSCILLATORY}[preset]
    pathway = dataclasses.replace(ps.default_pathway(), calcium=calcium)
    ps.keep_compiled_programs()
    ps.export_sbml(ps.Arm(f"{drug.name} {dose} {route}", (given,)), file, pathway=pathway, overwrite=overwrite)
    print(f"written: {file}")
    return 0
