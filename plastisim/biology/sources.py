"""The references that parameters point at. A value chosen here says so in its own declaration (`chosen`)."""

from plastisim.engine.fields import Source, recalled

CALCIUM_CORE = Source(
    "De Young & Keizer 1992, Li & Rinzel 1994 and De Pittà et al. 2009 constants, as encoded in the public "
    "pmendes/models collection (CC0)",
    "seen",
)
LIPIDS = Source("Jung et al. 2016 J Gen Physiol, table 1 (PMC4772372), after Falkenburger et al. 2010/2013", "seen")
PHOSPHOINOSITIDES = Source("Xu, Watras & Loew 2003, BIOMD0000000075", "seen")
GQ_PATHWAY = Source(
    "5-HT2A pathway parameter table of SSBtoolkit (Gq_parameters.csv), after Chang et al. 2009 and Bhalla", "seen"
)
TRKB_COMPOSITE = Source("Jain & Bhalla 2009 within the FindSim composite model synSynth7", "seen")
TRAFFICKING_BOUNDS = Source("Fallahi-Sichani & Linderman 2009, table 1 (PMC2719103)", "seen")
NGF_S6 = Source("Fujita et al. 2010, BIOMD0000000263: S6 dephosphorylation, time constant 57 min", "seen")
CALCIUM_ENTRY = Source("Abell et al. 2011, BIOMD0000000354", "seen")
L5_RATES = Source(
    "Neuropixels firing rates of layer V frontal units in awake mice (Davi1990/psilocybin-burst-firing)", "seen"
)
ANA12 = Source("Cazorla et al. 2011: ANA-12 high-affinity IC50 45.6 nmol/L, low-affinity 41.1 umol/L", "seen")

RECEPTOR_RECYCLING = recalled("Bhattacharyya et al. 2002: 5-HT2A returns to the surface about 2.5 h after serotonin")
MRNA_HALF_LIFE = recalled("Bdnf mRNA half-life about 1-2 h (medium confidence)")
