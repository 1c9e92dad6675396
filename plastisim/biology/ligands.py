"""What every stage that deals with compounds shares: kinetics and affinities, amounts, and what is supplied."""

from typing import NamedTuple

from jax import Array
from jax import numpy as jnp

from plastisim.engine.fields import container, variable


@container
class Ligand:
    """Kinetics and affinities of one compound as bare numbers; values, units and sources are in lab/compounds.py.

    Every field has shape () or (animal,). An affinity of infinity means that the compound does not bind there.
    """

    molar_mass: Array
    absorption: Array
    prodrug_fraction: Array
    conversion: Array
    elimination: Array
    saturation: Array
    volume: Array
    brain_exchange: Array
    brain_ratio: Array
    membrane_exchange: Array
    inside_ratio: Array
    htr2a_on: Array
    htr2a_off: Array
    htr2a_efficacy: Array
    htr1a_affinity: Array
    htr1a_efficacy: Array
    sert_affinity: Array
    nmda_affinity: Array
    ampa_affinity: Array
    trkb_affinity: Array
    trkb_block_affinity: Array
    mtorc1_block_affinity: Array
    bdnf_affinity: Array


@container
class LigandState:
    """One compound in one animal: exposure, and the 5-HT2A receptors that it occupies (see receptors.py)."""

    depot: Array = variable("umol/kg", "amount not yet absorbed", 1.0, ("animal",))
    prodrug: Array = variable("nmol/L", "prodrug in plasma", 10.0, ("animal",))
    plasma: Array = variable("nmol/L", "compound in plasma", 10.0, ("animal",))
    brain: Array = variable("nmol/L", "free compound in brain", 1.0, ("animal",))
    inside: Array = variable("nmol/L", "free compound inside the neuron", 1.0, ("animal",))
    bound_surface: Array = variable("1", "surface 5-HT2A occupied by this compound", 1e-2, ("animal",))
    bound_inside: Array = variable("1", "intracellular 5-HT2A occupied by this compound", 1e-2, ("animal",))


class Supply(NamedTuple):
    """What the experimenter adds to one compound during one segment of time.

    Attributes:
        infusion: rate of rise of the plasma (or prodrug) concentration, nmol/L/s, shape (animal,).
        bath: concentration held outside the neuron, nmol/L, shape (animal,); negative where there is no bath.
    """

    infusion: Array
    bath: Array


def outside(state: LigandState, supply: Supply) -> Array:
    """Return the free concentration outside the neuron (nmol/L): the bath where there is one, else free brain."""
    return jnp.where(supply.bath >= 0.0, supply.bath, state.brain)
