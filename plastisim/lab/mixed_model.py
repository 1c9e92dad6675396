"""The mixed model of one session: drug as fixed effect, a random intercept for each mouse.

It answers the same question as `statistics.drug_minus_vehicle` in the way most papers do, as a cross-check.
"""

from __future__ import annotations

import dataclasses
import warnings

import numpy as np
import numpy.typing as npt

from plastisim.lab.branch_table import VEHICLE, BranchTable, FloatArray, Quantity
from plastisim.lab.measures import Change, Days
from plastisim.lab.statistics import drug_of


@dataclasses.dataclass(frozen=True)
class MixedModel:
    """Change ~ drug with a random intercept a mouse, fitted by restricted maximum likelihood.

    Args:
        effect: of the drug, per cent (rates: percentage points).
        interval: 95 % Wald interval of the effect.
        mouse_sd: standard deviation of the mouse intercepts.
        residual_sd: standard deviation of branches within a mouse.
        converged: whether the search for the maximum ended well; False where there is no usable fit.
        singular: the maximum lies at the edge, where no variance between mice can be seen; the interval then
            counts branches as if they were independent.
        message: what the fitting program said; empty where it said nothing.
    """

    effect: float
    interval: tuple[float, float]
    mouse_sd: float
    residual_sd: float
    converged: bool
    singular: bool
    message: str


def mixed_model(
    table: BranchTable,
    quantity: Quantity,
    day: float = 1.0,
    *,
    since: Days | None = None,
    drug: str | None = None,
) -> MixedModel:
    """Fit the mixed model of one session; arguments as in `drug_minus_vehicle`.

    A fit that fails is not hidden: it comes back with NaN, `converged` False and the reason.
    """
    samples = [Change(day, since).sample(table.select(arm), quantity) for arm in (VEHICLE, drug_of(table, drug))]
    change = np.concatenate([sample.values for sample in samples])
    mouse = np.concatenate([samples[0].mouse, samples[1].mouse + samples[0].mice])
    treated = np.repeat([0.0, 1.0], [len(sample.values) for sample in samples])
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        try:
            numbers, converged = _fit_mixed(change, treated, mouse)
        except (np.linalg.LinAlgError, ValueError, ZeroDivisionError) as error:
            numbers, converged = (np.nan,) * 5, False
            warnings.warn(f"fit failed: {error}", stacklevel=1)
    words = "; ".join(dict.fromkeys(str(warning.message) for warning in said))
    usable = converged and bool(np.isfinite(numbers).all())
    effect, low, high, mouse_sd, residual_sd = numbers
    singular = "boundary" in words or "singular" in words.lower()
    return MixedModel(effect, (low, high), mouse_sd, residual_sd, usable, singular, words)


def _fit_mixed(
    change: FloatArray, treated: FloatArray, mouse: npt.NDArray[np.intp]
) -> tuple[tuple[float, float, float, float, float], bool]:
    """Return ((effect, low, high, mouse SD, residual SD), converged) of one fit."""
    from statsmodels.regression.mixed_linear_model import MixedLM

    scale = float(np.std(change))  # the search expects numbers near one
    if not scale > 0:
        raise ValueError("all changes are equal")
    design = np.column_stack([np.ones(len(change)), treated])
    # The default gradient searches stop early on these tables (|grad| of 3 to 6); Powell's search does not.
    fit = MixedLM(change / scale, design, groups=mouse).fit(reml=True, method=["powell"])
    low, high = fit.conf_int()[1] * scale
    mouse_sd = float(np.sqrt(np.asarray(fit.cov_re).ravel()[0])) * scale
    residual_sd = float(np.sqrt(fit.scale)) * scale
    return (float(fit.params[1]) * scale, float(low), float(high), mouse_sd, residual_sd), bool(fit.converged)
