"""One animal under its drugs: exposure and receptor occupancy together, solved once and read by all its neurons.

Puts pharmacokinetics.py and receptors.py together; serotonin, with its tone, is always the first compound.
"""

from __future__ import annotations

from jax import Array
from jax import numpy as jnp

from plastisim.biology.kinetics import hill, total
from plastisim.biology.ligands import Ligand, LigandState, Supply, outside
from plastisim.biology.pharmacokinetics import exposure_rates
from plastisim.biology.receptors import occupancy_rate
from plastisim.engine.fields import Number, chosen, container, parameter, recalled, variable


@container
class ExposureState:
    """Everything that depends on the animal but on no neuron; serotonin is always the first ligand."""

    ligands: tuple[LigandState, ...]
    serotonin_release: Array = variable("1", "serotonin release relative to rest", 1.0, ("animal",))


@container
class Drive:
    """What the drugs do to a neuron at one moment; each shape (animal,) or (neuron,)."""

    htr2a_surface: Array = variable("1", "agonist drive of surface 5-HT2A", 1.0, ("animal",))
    htr2a_inside: Array = variable("1", "agonist drive of intracellular 5-HT2A", 1.0, ("animal",))
    htr1a: Array = variable("1", "agonist drive of 5-HT1A", 1.0, ("animal",))
    nmda_block: Array = variable("1", "fraction of NMDA receptors blocked", 1.0, ("animal",))
    trkb_potentiation: Array = variable("1", "drug bound to the TrkB transmembrane site", 1.0, ("animal",))
    trkb_block: Array = variable("1", "TrkB antagonist over its IC50", 1.0, ("animal",))
    mtorc1_block: Array = variable("1", "mTORC1 inhibitor over its IC50", 1.0, ("animal",))
    ampa_block: Array = variable("1", "fraction of AMPA receptors blocked", 1.0, ("animal",))
    bdnf_scavenging: Array = variable("1", "BDNF scavenger over its dissociation constant", 1.0, ("animal",))


@container
class Exposure:
    """Compounds, serotonin tone and receptor density of one animal: dose → drive."""

    ligands: tuple[Ligand, ...]
    htr2a_density: Number = parameter(
        1.0, "1", "5-HT2A density relative to wild type; 0 is a knockout", chosen("wild type is the unit")
    )
    serotonin_tone: Number = parameter(
        3.0, "nmol/L", "resting extracellular serotonin",
        recalled("1-5 nmol/L extracellular serotonin (medium confidence)"),
    )  # fmt: skip
    sert_reversal: Number = parameter(
        25.0, "1", "largest rise of serotonin release by SERT reversal", chosen("26-fold ceiling of an entactogen")
    )
    release_time: Number = parameter(600.0, "s", "time constant of serotonin release", chosen("minutes"))

    def free(self, state: ExposureState, supply: tuple[Supply, ...]) -> list[Array]:
        """Return the free outside concentration of every ligand, nmol/L; serotonin includes its tone."""
        free = [outside(one, given) for one, given in zip(state.ligands, supply, strict=True)]
        return [free[0] + self.serotonin_tone * state.serotonin_release, *free[1:]]

    def rates(self, state: ExposureState, supply: tuple[Supply, ...]) -> ExposureState:
        """Return d(state)/dt, 1/s; all arrays (animal,)."""
        free = self.free(state, supply)
        vacant_surface = 1.0 - total(one.bound_surface for one in state.ligands)
        vacant_inside = 1.0 - total(one.bound_inside for one in state.ligands)
        changes = []
        for ligand, one, given, here in zip(self.ligands, state.ligands, supply, free, strict=True):
            surface = occupancy_rate(ligand, here, one.bound_surface, vacant_surface)
            inside = occupancy_rate(ligand, one.inside, one.bound_inside, vacant_inside)
            changes.append(LigandState(*exposure_rates(ligand, one, given, here), surface, inside))
        reversal = total(hill(here, ligand.sert_affinity) for ligand, here in zip(self.ligands, free, strict=True))
        release = (1.0 + self.sert_reversal * reversal - state.serotonin_release) / self.release_time
        return ExposureState(tuple(changes), release)

    def drive(self, state: ExposureState, supply: tuple[Supply, ...]) -> Drive:
        """Return the drive that every neuron of the animal sees; all arrays (animal,)."""
        free = self.free(state, supply)
        pairs = list(zip(self.ligands, state.ligands, free, strict=True))
        htr1a = [here / ligand.htr1a_affinity for ligand, _, here in pairs]
        agonism = [ligand.htr1a_efficacy * bound for (ligand, _, _), bound in zip(pairs, htr1a, strict=True)]
        blocked = total(here / ligand.nmda_affinity for ligand, _, here in pairs)
        silenced = total(here / ligand.ampa_affinity for ligand, _, here in pairs)
        potentiation = total(hill(here, ligand.trkb_affinity) for ligand, _, here in pairs)
        return Drive(
            htr2a_surface=self.htr2a_density
            * total(ligand.htr2a_efficacy * one.bound_surface for ligand, one, _ in pairs),
            htr2a_inside=self.htr2a_density
            * total(ligand.htr2a_efficacy * one.bound_inside for ligand, one, _ in pairs),
            htr1a=total(agonism) / (1.0 + total(htr1a)),
            nmda_block=blocked / (1.0 + blocked),
            trkb_potentiation=jnp.minimum(potentiation, 1.0),
            trkb_block=total(here / ligand.trkb_block_affinity for ligand, _, here in pairs),
            mtorc1_block=total(here / ligand.mtorc1_block_affinity for ligand, _, here in pairs),
            ampa_block=silenced / (1.0 + silenced),
            bdnf_scavenging=total(here / ligand.bdnf_affinity for ligand, _, here in pairs),
        )

    def initial(self, animals: Array) -> ExposureState:
        """Return the drug-free animal: serotonin at its tone and in equilibrium with both receptor pools.

        Args:
            animals: any array of shape (animal,), for shape and dtype.
        """
        none = 0.0 * animals
        first, others = self.ligands[0], self.ligands[1:]
        tone = none + self.serotonin_tone
        inside = first.inside_ratio * tone
        serotonin = LigandState(
            depot=none, prodrug=none, plasma=none, brain=none, inside=inside,
            bound_surface=hill(tone, first.htr2a_off / first.htr2a_on),
            bound_inside=hill(inside, first.htr2a_off / first.htr2a_on),
        )  # fmt: skip
        empty = LigandState(none, none, none, none, none, none, none)
        return ExposureState((serotonin, *(empty for _ in others)), none + 1.0)
