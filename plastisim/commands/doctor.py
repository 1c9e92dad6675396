"""The verb doctor: can this machine run plastisim?"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import plastisim as ps
from plastisim.commands.options import Json, check_json, show, table

MIB = 2**20


def doctor(*, out: Path = Path(), json: Json = None) -> int:
    """Look at this installation: packages, devices, precision, cache, disk, a small simulation. Exit code 0 or 1.

    For example:
        plastisim doctor
        plastisim doctor --out /scratch --json -

    Args:
        out: folder where results would go; asked for the room on its disk.
        json: a file for the findings, or - for their JSON alone on stdout.
    """
    check_json(json)
    if not out.is_dir():
        raise ps.ConfigError(f"--out: got {str(out)!r}, expected a folder that exists")
    ps.keep_compiled_programs()
    found = ps.checkup(out)
    show(_text(found), found, json)
    return 1 if found["problems"] else 0


def _text(found: dict[str, Any]) -> str:
    """Return the findings, one a line, problems and missing extras last."""
    cache, simulation = found["cache"], found["simulation"]
    kept = f"{cache['folder']}, {cache['bytes'] / MIB:.0f} MiB" if cache["folder"] else "off (PLASTISIM_CACHE)"
    ran = f"two hours of psilocybin in {simulation['seconds']:.1f} s" if simulation else "failed"
    rows = [
        ["python", found["python"]],
        *([name, version or "MISSING"] for name, version in found["packages"].items()),
        ["devices", ", ".join(found["devices"] or ["none"])],
        ["double precision", "yes" if found["x64"] else "NO"],
        ["compiled programs", kept],
        ["free disk", f"{found['disk_free'] / MIB:,.0f} MiB"],
        ["simulation", ran],
    ]
    extras = [
        f"not installed: {', '.join(one['missing'])}, for {one['for']}: {one['install']}"
        for one in found["extras"] if one["missing"]
    ]  # fmt: skip
    problems = [f"PROBLEM {problem}" for problem in found["problems"]]
    return "\n".join([table(["what", "found"], rows), *extras, *(problems or ["all is well"])])
