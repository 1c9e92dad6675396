"""Spines: single agents that are born, captured, hidden, resized and lost.

Each spine is transient or persistent, seen or hidden (present, but below what two-photon imaging detects), and has a
log head width of a fast and a slow part. With the growth pulse p = q⁴/(q⁴ + K⁴), q = r (Q - 1)+, and l = r L, r the
responsiveness of the cohort and mouse:

    births per spine of the set point   a b0 (1 + B p + gL l) max(0, 1 - c (X - 1)+)
    transient → persistent              km + kc p + ks l + ku u
    loss                                (lU or lP by pool, + drift of the cohort) e^(-s l)
    seen → hidden, hidden → seen        a ka, kr (1 + gr p); an injection hides a few at once, in every arm
    ln width = x + z - dU [transient],  x → chiQ (Q - 1)+ + chiL L in 1.5 d,  z → 0 in 40 d

u = r (AMPA gain × e^chi - 1)+ is how much more than at rest a spine is used, chi the target of x. Why the density stays
is disputed, and three answers are here: the set point moves (gL; the default), spines are held (s, ks), or they stay
through use (ku).

Stationarity at rest fixes km = lP (1 - U)/U and b0 = (lU + km) U. X is the density of the whole cell relative to its
set point: a neuron carries thousands of spines, so it is followed as a mean (`CellPools`), not on the imaged branch.
Two pools and a hidden state that lasts for days are what the ordinary baseline demands (experiments/spine_law.py):
one hazard cannot give the turnover of 2 and of 27 days at once, and lost spines come back over several sessions.
Left out: position effects, competition between neighbours, neck length, and that a wide spine is used more than a thin
one beside it: `u` is the mean of the branch.
"""

from __future__ import annotations

from pathlib import Path

from jax import Array
from jax import numpy as jnp

from plastisim.biology.kinetics import above, hill
from plastisim.engine.fields import Fit, Number, chosen, container, fitted, parameter, recalled, variable

DAY = 86400.0
FITTED = Fit(Path(__file__).parents[1] / "calibrated.json")
PULSE = chosen("starting model; of order 4 instead of 2: what opens the gate hardly at all must not grow spines")
OFF = chosen("off: an alternative to the set-point shift, see lab/hypotheses.py")
OF_ARMS = (
    "pulse_gain", "pulse_half", "set_point_gain", "crowding", "capture", "held_loss", "held_capture", "use_capture",
    "appearing_gain", "width_proteins", "width_set_point",
)  # fmt: skip
"""Parameters without effect at rest: arms may differ in them and still share their mice."""


@container
class CellPools:
    """Mean spine pools of a whole neuron, relative to its set point."""

    transient: Array = variable("1", "transient spines relative to the set point", 0.1)
    persistent: Array = variable("1", "persistent spines relative to the set point", 1.0)


@container
class SpineState:
    """One spine; the table of slots (who is alive, since when) is in engine/table.py."""

    transient: Array = variable("1", "whether the spine is transient", 1.0, ("spine",))
    hidden: Array = variable("1", "whether the spine is below detection", 1.0, ("spine",))
    fast: Array = variable("1", "fast part of ln head width", 0.1, ("spine",), signed=True)
    slow: Array = variable("1", "slow part of ln head width", 0.1, ("spine",), signed=True)


@container
class Habit:
    """How a branch's animal differs from the reference: turnover, extra loss (1/s), spines hidden by an injection."""

    turnover: Array
    drift: Array
    handling: Array


@container
class Growth:
    """What drives the spines of a branch at one moment; shapes (site,) or (neuron,)."""

    pulse: Array
    set_point: Array
    widening: Array
    crowding: Array
    use: Array


@container
class Spines:
    """Hazards, sizes, and how the growth programme changes them."""

    transient_share: Number = FITTED.parameter("spines.transient_share", "1", "U: transient spines at rest")
    transient_loss: Number = FITTED.parameter("spines.transient_loss", "1/s", "lU: loss of transient spines")
    persistent_loss: Number = FITTED.parameter("spines.persistent_loss", "1/s", "lP: loss of persistent spines")
    hiding: Number = FITTED.parameter("spines.hiding", "1/s", "ka: a seen spine falls below detection")
    appearing: Number = FITTED.parameter("spines.appearing", "1/s", "kr: a hidden spine is seen again")
    dispersion: Number = parameter(0.35, "1", "Fano factor of persistent spines on a branch", fitted("rows V1, V4"))
    pulse_gain: Number = FITTED.parameter("spines.pulse_gain", "1", "B: rise of births at full pulse")
    pulse_half: Number = parameter(0.35, "1", "K: plasticity proteins at half pulse, Hill 4", PULSE)
    set_point_gain: Number = FITTED.parameter("spines.set_point_gain", "1", "gL: births by the set-point shift")
    crowding: Number = FITTED.parameter("spines.crowding", "1", "c: births fall with density above the set point")
    capture: Number = FITTED.parameter("spines.capture", "1/s", "kc: capture at full pulse")
    held_loss: Number = parameter(0.0, "1", "s: fall of the ln loss of all spines by the set-point shift", OFF)
    held_capture: Number = parameter(0.0, "1/s", "ks: capture of transient spines by the set-point shift", OFF)
    use_capture: Number = parameter(0.0, "1/s", "ku: capture of transient spines by use above rest", OFF)
    appearing_gain: Number = FITTED.parameter("spines.appearing_gain", "1", "gr: rise of appearing at full pulse")
    width_proteins: Number = FITTED.parameter("spines.width_proteins", "1", "chiQ: ln width per plasticity protein")
    width_set_point: Number = FITTED.parameter("spines.width_set_point", "1", "chiL: ln width per set-point shift")
    transient_width: Number = FITTED.parameter("spines.transient_width", "1", "dU: ln width that transient spines lack")
    fast_sd: Number = FITTED.parameter("spines.fast_sd", "1", "SD of the fast part of ln width")
    slow_sd: Number = FITTED.parameter("spines.slow_sd", "1", "SD of the slow part of ln width")
    fast_time: Number = parameter(1.5 * DAY, "s", "memory of the fast part", chosen("days (Loewenstein 2011)"))
    slow_time: Number = parameter(
        40.0 * DAY, "s", "memory of the slow part", recalled("months (Loewenstein 2011); agrees with row V20")
    )

    def maturation(self) -> Number:
        """Return the capture rate at rest (1/s), from stationarity."""
        return self.persistent_loss * (1.0 - self.transient_share) / self.transient_share

    def birth(self) -> Number:
        """Return births per spine of the set point at rest (1/s), from stationarity."""
        return (self.transient_loss + self.maturation()) * self.transient_share

    def hidden_share(self, transient: Array, turnover: Array) -> Array:
        """Return the resting probability that a transient or persistent spine is hidden."""
        hiding = self.hiding * turnover
        leaving = jnp.where(transient, self.transient_loss + self.maturation(), 0.0)
        return hiding / (hiding + self.appearing + leaving)

    def growth(
        self, proteins: Array, set_point: Array, responsiveness: Array, cell_density: Array,
        ampa_gain: Array | float = 1.0,
    ) -> Growth:  # fmt: skip
        """Return what drives the spines.

        Args:
            proteins: plasticity proteins relative to rest.
            set_point: long-lived shift of the set point.
            responsiveness: of cohort and mouse; it scales the number of spines, not their width.
            cell_density: density of the whole cell relative to its set point.
            ampa_gain: AMPA gain relative to rest; read only where spines stay through use.
        """
        rise = above(proteins, 1.0)
        widening = self.width_proteins * rise + self.width_set_point * set_point
        return Growth(
            pulse=hill(responsiveness * rise, self.pulse_half, 4),
            set_point=responsiveness * set_point,
            widening=widening,
            crowding=jnp.maximum(1.0 - self.crowding * above(cell_density, 1.0), 0.0),
            use=responsiveness * above(ampa_gain * jnp.exp(widening), 1.0),
        )

    def births(self, growth: Growth, habit: Habit) -> Array:
        """Return births per spine of the set point, 1/s."""
        rise = 1.0 + self.pulse_gain * growth.pulse + self.set_point_gain * growth.set_point
        return habit.turnover * self.birth() * rise * growth.crowding

    def exits(self, transient: Array, growth: Growth, habit: Habit) -> tuple[Array, Array]:
        """Return the rates (1/s) of loss and of capture of spines that are `transient` or not."""
        loss = habit.drift + jnp.where(transient, self.transient_loss, self.loss_of_persistent(habit))
        lasting = self.held_capture * growth.set_point + self.use_capture * growth.use
        capture = self.maturation() + self.capture * growth.pulse + lasting
        return loss * jnp.exp(-self.held_loss * growth.set_point), jnp.where(transient, capture, 0.0)

    def loss_of_persistent(self, habit: Habit) -> Array:
        """Return the loss of persistent spines (1/s) that balances capture at the cohort's turnover."""
        share = self.transient_share * habit.turnover
        return self.maturation() * share / (1.0 - share)

    def toggling(self, hidden: Array, growth: Growth, habit: Habit, injected: Array, duration: Number) -> Array:
        """Return the probability that a seen spine is hidden, or a hidden one appears, within `duration` s.

        Args:
            hidden: of each spine.
            growth: what drives the spines.
            habit: of the animal.
            injected: whether the animal was injected in this time.
            duration: s.
        """
        appearing = self.appearing * (1.0 + self.appearing_gain * growth.pulse) * duration
        jolt = jnp.where(injected, -jnp.log1p(-habit.handling), 0.0)
        return -jnp.expm1(-jnp.where(hidden, appearing, self.hiding * habit.turnover * duration + jolt))

    def pools(self, habit: Habit) -> CellPools:
        """Return the resting pools of a cell."""
        share = self.transient_share * habit.turnover
        return CellPools(share, 1.0 - share)

    def pools_after(self, pools: CellPools, growth: Growth, habit: Habit, duration: Number) -> CellPools:
        """Return the mean pools of the whole cell after `duration` s, with the rates held constant."""
        yes = jnp.ones_like(pools.transient, bool)
        loss, capture = self.exits(yes, growth, habit)
        lost, _ = self.exits(~yes, growth, habit)
        births = self.births(growth, habit)
        leaving = loss + capture
        settled = births / leaving
        fading = jnp.exp(-leaving * duration)
        transient = settled + (pools.transient - settled) * fading
        spent = settled * duration + (pools.transient - settled) * (1.0 - fading) / leaving
        persistent = pools.persistent * jnp.exp(-lost * duration) + capture * spent
        return CellPools(transient, persistent)

    def widths(self, state: SpineState, noise: tuple[Array, Array], target: Array, duration: Number) -> SpineState:
        """Return the spines with their widths after `duration` s: exact for a constant target.

        Args:
            state: spines, shape (site, slot).
            noise: two standard normal numbers for each spine.
            target: where the fast part goes, broadcastable to (site, slot).
            duration: s.
        """
        fade = jnp.exp(-duration / self.fast_time)
        linger = jnp.exp(-duration / self.slow_time)
        fast = target + (state.fast - target) * fade + self.fast_sd * jnp.sqrt(1.0 - fade * fade) * noise[0]
        slow = state.slow * linger + self.slow_sd * jnp.sqrt(1.0 - linger * linger) * noise[1]
        return SpineState(state.transient, state.hidden, fast, slow)

    def log_width(self, state: SpineState) -> Array:
        """Return ln of the true head width relative to the median persistent spine."""
        return state.fast + state.slow - jnp.where(state.transient, self.transient_width, 0.0)
