"""THE PATHWAY: the stages in the order they act. Read this first.

    drive (drug at its receptors) → receptors → Gq/PIP2/IP3/DAG → calcium → excitability
          → CaMK/ERK/CREB/Bdnf mRNA → BDNF → TrkB/Akt → mTORC1/S6K → growth programme → spines

`rates` is the one definition of the cascade: plain arithmetic on arrays of shape (neuron,). It is compiled for the
kernel, and read back for its Jacobian. This file is the only place that knows the order; no stage sees another.
The growth programme (`translation`) drives the spines, which are single agents (biology/spines.py).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import jax
from jax import Array
from jax import numpy as jnp

from plastisim.biology.bdnf import Bdnf, BdnfState
from plastisim.biology.calcium import Calcium, CalciumState
from plastisim.biology.excitability import Excitability, ExcitabilityState
from plastisim.biology.exposure import Drive
from plastisim.biology.gq import Gq, GqState
from plastisim.biology.receptors import Receptors, ReceptorState
from plastisim.biology.transcription import Transcription, TranscriptionState
from plastisim.biology.translation import Translation, TranslationState
from plastisim.biology.trkb import Trkb, TrkbState
from plastisim.engine.fields import Declared, container, declarations


@container
class Pathway:
    """The parameters of every stage; leaves are scalars or arrays of shape (neuron,)."""

    receptors: Receptors
    gq: Gq
    calcium: Calcium
    excitability: Excitability
    transcription: Transcription
    bdnf: Bdnf
    trkb: Trkb
    translation: Translation


@container
class CellState:
    """The 29 variables of one neuron; leaves of shape (neuron,)."""

    receptors: ReceptorState
    gq: GqState
    calcium: CalciumState
    excitability: ExcitabilityState
    transcription: TranscriptionState
    bdnf: BdnfState
    trkb: TrkbState
    translation: TranslationState


@container
class Resting:
    """A neuron's own resting values, from which rises are measured; leaves of shape (neuron,).

    At rest every rise is zero, so that the resting state is an exact fixed point.
    """

    gq_surface: Array
    drive: Array
    htr1a: Array
    pip2: Array
    camk: Array
    binding: Array
    s6k: Array


def default_pathway() -> Pathway:
    """Return the pathway with its declared defaults (smooth calcium preset)."""
    return Pathway(Receptors(), Gq(), Calcium(), Excitability(), Transcription(), Bdnf(), Trkb(), Translation())


def resting_values(pathway: Pathway, state: CellState, drive: Drive) -> Resting:
    """Return the reference values that belong to `state`, taken as the neuron's rest."""
    gq_surface = pathway.gq.activation(drive.htr2a_surface, state.receptors.htr2a_surface)
    gq_inside = pathway.gq.activation(drive.htr2a_inside, 1.0)
    return Resting(
        gq_surface=gq_surface,
        drive=pathway.transcription.drive(gq_surface, gq_inside),
        htr1a=drive.htr1a,
        pip2=state.gq.pip2,
        camk=state.transcription.camk,
        binding=pathway.transcription.creb_binding(state.transcription),
        s6k=state.translation.s6k,
    )


def rates(pathway: Pathway, state: CellState, drive: Drive, inflow: Array, rest: Resting) -> CellState:
    """Return d(state)/dt of the whole cascade; every leaf of shape (neuron,).

    Args:
        pathway: parameters.
        state: the 29 variables.
        drive: what the drugs do at this moment.
        inflow: extracellular BDNF that arrives from neighbouring neurons, net, nmol/L/s.
        rest: the neuron's own resting values.
    """
    p, s = pathway, state
    calcium, rate, burst = s.calcium.calcium_free, s.excitability.firing_rate, s.excitability.burst_gain

    gq_surface = p.gq.activation(drive.htr2a_surface, s.receptors.htr2a_surface)
    gq_inside = p.gq.activation(drive.htr2a_inside, 1.0)
    pkc = p.gq.pkc(s.gq, calcium)
    excitation = 1.0 - drive.ampa_block
    nmda = p.excitability.nmda(drive.nmda_block, excitation)
    disinhibition = p.excitability.disinhibition(drive.nmda_block, excitation)
    growth = p.transcription.drive(gq_surface, gq_inside)
    gate = p.transcription.gate(gq_inside)
    camk_rise, drive_rise = s.transcription.camk - rest.camk, growth - rest.drive
    binding_rise = p.transcription.creb_binding(s.transcription) - rest.binding
    release = p.bdnf.release(
        gate=gate, camk_rise=camk_rise, drive_rise=drive_rise, burst=burst, disinhibition=disinhibition
    )
    trkb = p.trkb.active(s.trkb)
    s6_ratio = s.translation.s6k / rest.s6k

    return CellState(
        receptors=p.receptors.rates(s.receptors, drive=drive.htr2a_surface, pkc=pkc),
        gq=p.gq.rates(s.gq, activation=gq_surface, calcium=calcium),
        calcium=p.calcium.rates(
            s.calcium, ip3=s.gq.ip3, rate=rate, resting_rate=p.excitability.resting_rate, burst=burst, nmda=nmda
        ),
        excitability=p.excitability.rates(
            s.excitability,
            gq_rise=gq_surface - rest.gq_surface,
            pip2_loss=1.0 - s.gq.pip2 / rest.pip2,
            htr1a_rise=drive.htr1a - rest.htr1a,
            disinhibition=disinhibition,
            ampa_gain=s.translation.ampa_gain,
            excitation=excitation,
        ),
        transcription=p.transcription.rates(
            s.transcription, calcium=calcium, pkc=pkc, drive=growth, gate=gate, trkb=trkb, binding_rise=binding_rise
        ),
        bdnf=p.bdnf.rates(
            s.bdnf,
            mrna=s.transcription.bdnf_mrna,
            release=release,
            s6_ratio=s6_ratio,
            disinhibition=disinhibition,
            inflow=inflow,
            scavenging=drive.bdnf_scavenging,
        ),
        trkb=p.trkb.rates(
            s.trkb,
            bdnf=s.bdnf.bdnf_extracellular,
            potentiation=drive.trkb_potentiation,
            block=drive.trkb_block,
            s6=s.translation.s6k,
        ),
        translation=p.translation.rates(s.translation, akt=s.trkb.akt, block=drive.mtorc1_block, s6_ratio=s6_ratio),
    )


def initial_guess(pathway: Pathway, neurons: Array) -> CellState:
    """Return a state near rest, from which rest is solved; `neurons` gives shape (neuron,) and dtype."""
    one = 0.0 * neurons + 1.0
    return CellState(
        ReceptorState(0.85 * one, 0.01 * one, 0.1 * one),
        GqState(3600.0 * one, 4900.0 * one, 0.09 * one, 0.04 * one),
        CalciumState(0.076 * one, 14.0 * one, 0.75 * one),
        ExcitabilityState(pathway.excitability.resting_rate * one, one, 0.0 * one),
        TranscriptionState(0.01 * one, 0.04 * one, 0.1 * one, 0.1 * one, one),
        BdnfState(one, pathway.bdnf.resting * one),
        TrkbState(0.93 * one, 0.016 * one, 0.026 * one, 0.1 * one),
        TranslationState(0.23 * one, 0.19 * one, one, one, 0.0 * one),
    )


STATE_TYPES = {
    "receptors": ReceptorState,
    "gq": GqState,
    "calcium": CalciumState,
    "excitability": ExcitabilityState,
    "transcription": TranscriptionState,
    "bdnf": BdnfState,
    "trkb": TrkbState,
    "translation": TranslationState,
}


def stack(state: CellState) -> Array:
    """Return the state as one array, shape (variable, neuron), in the order of its declarations."""
    return jnp.stack(jax.tree.leaves(state))


def unstack(values: Sequence[Array] | Array) -> CellState:
    """Return the state of stacked values, shape (variable, neuron) or a list of arrays (neuron,)."""
    remaining = iter(values)
    return CellState(
        **{name: cls(*(next(remaining) for _ in dataclasses.fields(cls))) for name, cls in STATE_TYPES.items()}
    )


def variables() -> list[Declared]:
    """Return the declarations of the 29 variables in the order in which they are stacked."""
    return [declared for name, cls in STATE_TYPES.items() for declared in declarations(cls, "variable", name)]
