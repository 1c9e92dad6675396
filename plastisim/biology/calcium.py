"""Calcium: release from the endoplasmic reticulum through the IP3 receptor, uptake, entry and extrusion.

    Jch = rC (IP3/(IP3+d1))³ (Ca/(Ca+d5))³ h³ c1 (CaER-Ca)      Jl = rL c1 (CaER-Ca)      Js = vE Ca²/(Ca²+KE²)
    Ca'   = Jch + Jl - Js + j0 + Jact + JSOC + JROC - Jpm
    CaER' = (Js - Jch - Jl)/c1
    h'    = a2 (Q2 - (Ca+Q2) h),   Q2 = d2 (IP3+d1)/(IP3+d3)
    Jact  = g (2 Hz/rb)^z r ((1-f) + f b NMDA)

Two presets: smooth (the default, no oscillation) and oscillatory (a smaller leak; for runs of about an hour).
Left out: buffers (folded into effective rates, as in Li & Rinzel), mitochondria, spatial gradients.
"""

from __future__ import annotations

import dataclasses

from jax import Array

from plastisim.biology import sources
from plastisim.biology.kinetics import hill
from plastisim.engine.fields import Number, chosen, container, parameter, variable

PLATEAU = chosen("sustained plateau under agonist")


@container
class CalciumState:
    """Free calcium in the cytosol and in the store, and the IP3 receptor's readiness."""

    calcium_free: Array = variable("umol/L", "free cytosolic Ca2+", 0.08)
    calcium_er: Array = variable("umol/L", "free Ca2+ in the endoplasmic reticulum", 14.0)
    ip3r_ready: Array = variable("1", "IP3 receptors not inactivated", 0.7)


@container
class Calcium:
    """IP3 receptor, SERCA, store-operated and receptor-operated entry, PMCA and sodium-calcium exchange."""

    ip3r_flux: Number = parameter(6.0, "1/s", "IP3 receptor permeability", sources.CALCIUM_CORE)
    er_leak: Number = parameter(0.11, "1/s", "leak of the store", sources.CALCIUM_CORE)
    serca: Number = parameter(0.9, "umol/L/s", "SERCA maximum", sources.CALCIUM_CORE)
    serca_half: Number = parameter(0.10, "umol/L", "Ca²⁺ at half SERCA", sources.CALCIUM_CORE)
    ip3r_ip3: Number = parameter(0.13, "umol/L", "d1: IP3 binding, not inactivated", sources.CALCIUM_CORE)
    ip3r_inactivation: Number = parameter(1.049, "umol/L", "d2: inactivating Ca²⁺ binding", sources.CALCIUM_CORE)
    ip3r_ip3_inactivated: Number = parameter(0.9434, "umol/L", "d3: IP3 binding, inactivated", sources.CALCIUM_CORE)
    ip3r_activation: Number = parameter(0.08234, "umol/L", "d5: activating Ca²⁺ binding", sources.CALCIUM_CORE)
    ip3r_inactivation_rate: Number = parameter(0.2, "L/umol/s", "a2: inactivation rate", sources.CALCIUM_CORE)
    er_volume: Number = parameter(0.185, "1", "store to cytosol volume ratio", sources.CALCIUM_CORE)
    pmca: Number = parameter(0.14, "umol/L/s", "PMCA maximum", chosen("rest of 0.076 umol/L"))
    pmca_half: Number = parameter(0.20, "umol/L", "Ca²⁺ at half PMCA", sources.CALCIUM_ENTRY)
    ncx: Number = parameter(
        1.0, "umol/L/s", "sodium-calcium exchange maximum",
        chosen("without a second, larger extrusion Ca²⁺ diverges in neurons above about 20 Hz"),
    )  # fmt: skip
    ncx_half: Number = parameter(
        1.5, "umol/L", "Ca²⁺ at half sodium-calcium exchange", chosen("acts only at high Ca²⁺")
    )
    entry_basal: Number = parameter(0.004, "umol/L/s", "basal entry", chosen("rest of 0.076 umol/L"))
    soc: Number = parameter(0.06, "umol/L/s", "store-operated entry maximum", PLATEAU)
    soc_half: Number = parameter(6.0, "umol/L", "store Ca²⁺ at half store-operated entry", PLATEAU)
    roc: Number = parameter(0.06, "umol/L/s", "receptor-operated entry maximum", PLATEAU)
    roc_half: Number = parameter(0.5, "umol/L", "IP3 at half receptor-operated entry", PLATEAU)
    spike_entry: Number = parameter(
        0.0062, "umol/L", "entry per spike at 2 Hz", chosen("doubling the rate adds 0.02-0.03 umol/L")
    )
    spike_reference: Number = parameter(
        2.0, "1/s", "rate at which the entry per spike is given", chosen("median of the population, rounded")
    )
    burst_share: Number = parameter(0.5, "1", "share of spike entry through NMDA receptors in bursts", chosen("half"))

    def rates(
        self, state: CalciumState, *, ip3: Array, rate: Array, resting_rate: Number, burst: Array, nmda: Array
    ) -> CalciumState:
        """Return d(state)/dt; all arrays (neuron,).

        Args:
            state: Ca²⁺ in cytosol and store (umol/L), ready fraction.
            ip3: umol/L.
            rate: firing rate, 1/s.
            resting_rate: the neuron's own resting rate, 1/s; entry per spike is scaled so that every neuron rests
                at the same Ca²⁺ whatever its rate.
            burst: burst gain, 1 at rest.
            nmda: NMDA receptor function, 1 without a blocker.
        """
        free, store, ready = state.calcium_free, state.calcium_er, state.ip3r_ready
        gradient = self.er_volume * (store - free)
        channel = self.ip3r_flux * (hill(ip3, self.ip3r_ip3) * hill(free, self.ip3r_activation) * ready) ** 3 * gradient
        release = channel + self.er_leak * gradient - self.serca * hill(free, self.serca_half, 2)
        half = self.ip3r_inactivation * (ip3 + self.ip3r_ip3) / (ip3 + self.ip3r_ip3_inactivated)
        shape = (1.0 - self.burst_share) + self.burst_share * burst * nmda
        spikes = self.spike_entry * (self.spike_reference / resting_rate) * rate * shape
        store_operated = self.soc * (1.0 - hill(store, self.soc_half, 4))
        entry = self.entry_basal + spikes + store_operated + self.roc * hill(ip3, self.roc_half, 2)
        extrusion = self.pmca * hill(free, self.pmca_half, 2) + self.ncx * hill(free, self.ncx_half, 2)
        return CalciumState(
            calcium_free=release + entry - extrusion,
            calcium_er=-release / self.er_volume,
            ip3r_ready=self.ip3r_inactivation_rate * (half - (free + half) * ready),
        )


SMOOTH = Calcium()
OSCILLATORY = dataclasses.replace(SMOOTH, er_leak=0.05)  # chosen: gives oscillations in the open cell
