"""Excitability: firing rate, burst gain and the slow homeostasis of a layer V pyramidal neuron.

    u = w2 (g - g0) + w2/2 (1 - PIP2/PIP2_0) - w1 (x1 - x1_0) + wd dis + wA (E AMPA - 1) - wH H
    r' = (rmax / (1 + (rmax/rb - 1) e^-u) - r) / 0.5 s
    b' = (exp(wb E (g - g0) - wb1 (x1 - x1_0) + wbd dis) - b) / 10 s
    H' = ((r/rb - 1) - H/2) / 2 d
    dis = E B (1 - s B), B the blocked fraction of NMDA receptors (interneurons are disinhibited first)

E is the excitation through AMPA receptors that a blocker leaves: the bursts that 5-HT2A evokes, the effects of
disinhibition and the Ca²⁺ entry through NMDA receptors need it. g is active Gq, x1 the 5-HT1A drive, rb the neuron's
own resting rate. Fitted in the starting model to "mean rate about unchanged, bursts up about 1.7 times". Left out:
membrane potential, single spikes, a network.
"""

from __future__ import annotations

from jax import Array
from jax import numpy as jnp

from plastisim.biology import sources
from plastisim.engine.fields import Number, chosen, container, parameter, variable

DAY = 86400.0
BURSTS = chosen("mean rate about unchanged, bursts up about 1.7-fold in awake layer V units")


@container
class ExcitabilityState:
    """Firing of one neuron."""

    firing_rate: Array = variable("1/s", "mean firing rate", 1.0)
    burst_gain: Array = variable("1", "burst and dendritic gain relative to rest", 1.0)
    rate_homeostasis: Array = variable("1", "integrated excess of the firing rate", 0.1, signed=True)


@container
class Excitability:
    """Rate and bursts under 5-HT2A (up), 5-HT1A (down) and NMDA block (disinhibition)."""

    resting_rate: Number = parameter(
        2.0, "1/s", "the neuron's own resting rate; log-normal over neurons, median 1.3, log-SD 1.37", sources.L5_RATES
    )
    maximal_rate: Number = parameter(60.0, "1/s", "largest rate", BURSTS)
    htr2a_weight: Number = parameter(0.30, "1", "drive by active Gq", BURSTS)
    htr1a_weight: Number = parameter(0.30, "1", "inhibition by 5-HT1A", BURSTS)
    disinhibition_weight: Number = parameter(0.45, "1", "drive by disinhibition", BURSTS)
    ampa_weight: Number = parameter(0.15, "1", "drive by AMPA gain", BURSTS)
    homeostasis_weight: Number = parameter(0.5, "1", "restoring force of the rate", BURSTS)
    burst_htr2a: Number = parameter(1.6, "1", "burst gain by active Gq", BURSTS)
    burst_htr1a: Number = parameter(0.5, "1", "burst loss by 5-HT1A", BURSTS)
    burst_disinhibition: Number = parameter(0.8, "1", "burst gain by disinhibition", BURSTS)
    rate_time: Number = parameter(0.5, "s", "time constant of the rate", chosen("below every slower process"))
    burst_time: Number = parameter(10.0, "s", "time constant of the burst gain", chosen("seconds"))
    homeostasis_time: Number = parameter(2 * DAY, "s", "time constant of homeostasis", chosen("days"))
    homeostasis_leak: Number = parameter(0.5, "1", "forgetting of homeostasis", chosen("bounded memory"))
    disinhibition_limit: Number = parameter(
        0.3, "1", "loss of disinhibition at full block", chosen("pyramidal block catches up")
    )
    nmda_loss: Number = parameter(
        0.6, "1", "NMDA current lost at full block", chosen("fraction of block felt by the pyramidal cell")
    )

    def disinhibition(self, nmda_block: Array, excitation: Array) -> Array:
        """Return the disinhibition (0..1) that a blocked fraction of NMDA receptors causes."""
        return excitation * nmda_block * (1.0 - self.disinhibition_limit * nmda_block)

    def nmda(self, nmda_block: Array, excitation: Array) -> Array:
        """Return the NMDA function left to the pyramidal neuron (1 without a blocker)."""
        return excitation * (1.0 - self.nmda_loss * nmda_block)

    def rates(
        self, state: ExcitabilityState, *, gq_rise: Array, pip2_loss: Array, htr1a_rise: Array, disinhibition: Array,
        ampa_gain: Array, excitation: Array,
    ) -> ExcitabilityState:  # fmt: skip
        """Return d(state)/dt; all arrays (neuron,).

        Args:
            state: firing rate (1/s), burst gain, homeostasis.
            gq_rise: active surface Gq above the neuron's rest.
            pip2_loss: fraction of resting PIP2 that is gone.
            htr1a_rise: 5-HT1A drive above rest.
            disinhibition: see `disinhibition`.
            ampa_gain: AMPA gain, 1 at rest.
            excitation: AMPA receptors that are not blocked, 0..1.
        """
        push = (
            self.htr2a_weight * (gq_rise + 0.5 * pip2_loss)
            - self.htr1a_weight * htr1a_rise
            + self.disinhibition_weight * disinhibition
            + self.ampa_weight * (ampa_gain * excitation - 1.0)
            - self.homeostasis_weight * state.rate_homeostasis
        )
        target = self.maximal_rate / (1.0 + (self.maximal_rate / self.resting_rate - 1.0) * jnp.exp(-push))
        burst = jnp.exp(
            self.burst_htr2a * (gq_rise * excitation)
            - self.burst_htr1a * htr1a_rise
            + self.burst_disinhibition * disinhibition
        )
        excess = state.firing_rate / self.resting_rate - 1.0
        return ExcitabilityState(
            firing_rate=(target - state.firing_rate) / self.rate_time,
            burst_gain=(burst - state.burst_gain) / self.burst_time,
            rate_homeostasis=(excess - self.homeostasis_leak * state.rate_homeostasis) / self.homeostasis_time,
        )
