"""The parameter file that the package ships: fitted numbers with uncertainty, unit and provenance, and no date."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from plastisim.calibration.joint import Ensemble, Optimum, Problem

SHIPPED = Path(__file__).parents[1] / "calibrated.json"
DIGITS = 4


class Number(NamedTuple):
    """A fitted number.

    Attributes:
        value: in `unit`.
        sd_of_ln: SD of its logarithm.
        unit: kernel unit.
        rows: of the target list that inform it.
        prior: in words; empty where there is none.
    """

    value: float
    sd_of_ln: float
    unit: str
    rows: str
    prior: str = ""


def numbers(problem: Problem, best: Optimum, draws: Ensemble, rows: Mapping[str, str]) -> dict[str, Number]:
    """Return the free numbers at the optimum by path, with the SD of the ensemble; `rows` by name of the number."""
    found = {}
    setting = problem.made(best.logs)
    for one, prior, sd in zip(problem.free, problem.priors, draws.deviation(), strict=True):
        unit = "1/s" if one.field in PER_SECOND else "um" if one.field == "length" else "1"
        belief = f"median {prior.median:.4g} {unit}, SD of ln {prior.sd:g}"
        found[one.path] = Number(one.get(setting), float(sd), unit, rows[one.name], belief)
    return found


PER_SECOND = ("transient_loss", "persistent_loss", "hiding", "appearing", "capture", "drift")


def fingerprint(inputs: Any) -> str:
    """Return a hash of what was fitted to what: rows, priors, choices."""
    return hashlib.sha256(repr(inputs).encode()).hexdigest()[:16]


def write(file: Path, found: Mapping[str, Number], script: str, seed: int, inputs: str, also: Sequence[str]) -> None:
    """Write the parameter file.

    Args:
        file: where.
        found: numbers by path.
        script: that found them.
        seed: of its randomness.
        inputs: fingerprint of what it was given.
        also: remarks.
    """
    document = {
        "script": script, "seed": seed, "inputs_sha256": inputs, "remarks": list(also),
        "numbers": {path: _rounded(number) for path, number in found.items()},
    }  # fmt: skip
    file.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")


def _rounded(number: Number) -> dict[str, Any]:
    """Return a number with as many digits as it deserves."""
    plain = number._asdict()
    return plain | {"value": float(f"{number.value:.{DIGITS}g}"), "sd_of_ln": float(f"{number.sd_of_ln:.2g}")}


def shipped_uncertainty() -> dict[str, float]:
    """Return the SD of the logarithm of every number that the package ships, by path."""
    found = json.loads(SHIPPED.read_text(encoding="utf-8"))["numbers"]
    return {path: number["sd_of_ln"] for path, number in found.items()}
