"""Exposure: from a dose to the free concentration outside and inside the neuron.

One animal, one compound, five amounts in a row: depot → prodrug → plasma → free brain → free intracellular.

    depot'    = -ka depot
    prodrug'  = p 1000 ka depot / V + p infusion - kc prodrug
    plasma'   = (1-p) (1000 ka depot / V + infusion) + kc prodrug - ke plasma / (1 + plasma / Km)
    brain'    = kb (Kuu plasma - brain)
    inside'   = kp (kappa outside - inside)          outside = brain, or the bath where one is applied

Bioavailability is folded into V. Left out: metabolites other than the prodrug's product, protein binding that
changes with time, regional differences within the brain.
"""

from jax import Array

from plastisim.biology.ligands import Ligand, LigandState, Supply

NANO = 1000.0  # nmol/umol: the depot is in umol/kg, plasma in nmol/L


def exposure_rates(
    ligand: Ligand, state: LigandState, supply: Supply, free: Array
) -> tuple[Array, Array, Array, Array, Array]:
    """Return the time derivatives of depot, prodrug, plasma, brain and inside (see the module docstring).

    Args:
        ligand: kinetics.
        state: amounts, shape (animal,).
        supply: infusion and bath.
        free: concentration outside the neuron, nmol/L, including any endogenous tone.
    """
    absorbed = NANO * ligand.absorption * state.depot / ligand.volume + supply.infusion
    converted = ligand.conversion * state.prodrug
    cleared = ligand.elimination * state.plasma / (1.0 + state.plasma * ligand.saturation)
    return (
        -ligand.absorption * state.depot,
        ligand.prodrug_fraction * absorbed - converted,
        (1.0 - ligand.prodrug_fraction) * absorbed + converted - cleared,
        ligand.brain_exchange * (ligand.brain_ratio * state.plasma - state.brain),
        ligand.membrane_exchange * (ligand.inside_ratio * free - state.inside),
    )
