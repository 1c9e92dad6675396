"""The cascade against an independent implementation: ../shared/reference/model_reference.py, by LSODA at 1e-9.

The reference has no heterogeneity and no neighbours; neurons that are all alike exchange nothing. One number differs on
purpose and is set here: serotonin inside cells, of which 1e-4 of that outside was enough to open the plasticity gate.
"""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import runs

from plastisim.lab.compounds import SEROTONIN
from plastisim.lab.protocol import DAY

AGREEMENT = 1e-3
NAMES = dict(
    htr2a_surface="Rs", htr2a_phosphorylated="Rp", htr2a_internalised="Ri", pip="PIP", pip2="PIP2", ip3="IP3",
    dag="DAG", calcium_free="Ca", calcium_er="CaER", ip3r_ready="h", firing_rate="r", burst_gain="b",
    rate_homeostasis="Hm", camk="CK", erk="ERK", mkp="MKP", pcreb="CR", bdnf_mrna="m", bdnf_stored="Bi",
    bdnf_extracellular="Bx", trkb_surface="Ts", trkb_active="Ta", trkb_endosomal="Te", akt="Akt", mtorc1="mT",
    s6k="S6", plasticity_proteins="Q", ampa_gain="AM", spine_set_point="L",
)  # fmt: skip
PSILOCYBIN_1 = [(0.0, "psilocin", 1.0)]
# arm: compounds, doses, bath, without the receptor
CASES: dict[str, tuple[tuple[str, ...], list[Any], dict[str, tuple[float, float]], bool]] = {
    "psilocybin 0.1": (("5ht", "psilocin"), [(0.0, "psilocin", 0.1)], {}, False),
    "psilocybin 1": (("5ht", "psilocin"), PSILOCYBIN_1, {}, False),
    "psilocybin 3": (("5ht", "psilocin"), [(0.0, "psilocin", 3.0)], {}, False),
    "serotonin": (("5ht",), [], {"5ht": (10_000.0, 3600.0)}, False),
    "ketanserin": (("5ht", "psilocin", "ketanserin"), PSILOCYBIN_1, {"ketanserin": (1000.0, 2.0 * DAY)}, False),
    "knockout": (("5ht", "psilocin"), PSILOCYBIN_1, {}, True),
}


@pytest.fixture(scope="module")
def reference(shared: Path) -> ModuleType:
    specification = importlib.util.spec_from_file_location("reference", shared / "reference" / "model_reference.py")
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    module.C["5ht"]["kin"] = SEROTONIN.inside_ratio.value
    return module


def bath(concentration: float, stop: float) -> Any:
    def at(time: float) -> float:
        return concentration if time < stop else 0.0

    at.breaks = [stop] if stop < DAY else []  # type: ignore[attr-defined]
    return at


@pytest.mark.parametrize("arm", CASES)
def test_every_variable_agrees_over_24_hours(reference: ModuleType, arm: str):
    active, doses, baths, knockout = CASES[arm]
    twin = reference.Model(active=active, ko2a=knockout)
    run = runs.alike()
    times = np.r_[0.0, run.frames.time]
    given = {name: bath(*held) for name, held in baths.items()}
    reached, values = twin.run(doses, float(DAY), bath=given, rtol=1e-9, teval=times)
    values = values[:, np.searchsorted(reached, times[1:])]
    for name in runs.VARIABLES:
        wanted = values[reference.NI[NAMES[name]]]
        found = runs.trace(run, arm, name)
        floor = 0.1 * runs.SCALE[runs.VARIABLES.index(name)]
        miss = np.abs(found - wanted[:, None]).max(axis=1) / np.maximum(np.abs(wanted), floor)
        assert miss.max() < AGREEMENT, f"{name} differs by {miss.max():.1e} at {times[1 + miss.argmax()]:.0f} s"


def test_rest_is_the_reference_rest(reference: ModuleType):
    rest = reference.Model(active=("5ht",)).rest
    wanted = np.array([rest[reference.NI[NAMES[name]]] for name in runs.VARIABLES])
    found = np.stack([runs.trace(runs.alike(), "vehicle", name)[0, 0] for name in runs.VARIABLES])
    np.testing.assert_allclose(found, wanted, rtol=1e-6, atol=1e-9)
