"""Measured signalling, growth factors, activity and cultured neurons: the B, E and O rows."""

from __future__ import annotations

from plastisim.lab.published_finding import Finding, beyond, falls, rises, within

YUEN = "Yuen & Mobley 1999 Exp Neurol"
DIJKHUIZEN = "Dijkhuizen & Ghosh 2005"
JI = "Ji et al. 2010 Nat Neurosci"
TAKEI = "Takei et al. 2004 J Neurosci 24:9760"
DESOUZA = "Desouza et al. 2021, 10.3389/fnmol.2021.790213"
VAIDYA = "Vaidya et al. 1997, 10.1523/JNEUROSCI.17-08-02785.1997"
HAGBERG = "Hagberg et al. 1998 Neurochem Int 32:153"
STEPHENS = "Stephens et al. 2014, 10.3389/fncir.2014.00097"
LAMBE = "Lambe et al. 2000 Cereb Cortex 10:974"
BEIQUE = "Béïque et al. 2007, 10.1073/pnas.0700436104"
SHAO = "Shao, Liao et al. 2025 Nature, 10.1038/s41586-025-08813-6"
LY = "Ly et al. 2018"
MODA_SAVA = "Moda-Sava et al. 2019, 10.1126/science.aat8078"
OF_PEAK = "no error printed: ± 0.15 of the peak allowed, a choice"
NOTHING_LEFT = "lost: less than a third of the rise is left, a choice"
NO_EPSC = "only miniatures are simulated (mepsc_frequency); what serotonin evokes comes from a network, other layers"
NO_SPIKES = "rates, not single spikes or membrane potentials, are simulated"


def _growth_factors() -> list[Finding]:
    """B1-B4: BDNF given to neurons."""
    stage = "growth factors"
    trkb = ((0.5, 0.07), (15.0, 0.66), (30.0, 0.52))
    akt = ((0.0, 0.06), (0.5, 0.12), (5.0, 0.95), (10.0, 0.88), (30.0, 0.84))
    erk = ((15.0, 5.6, 0.6), (30.0, 3.9, 0.4), (60.0, 4.0, 0.8), (120.0, 3.0, 0.5))
    return [
        *(
            Finding("B1", stage, f"active TrkB at {at:g} min", value, within(value, 0.15, 1.0), "1", YUEN, note=OF_PEAK)
            for at, value in trkb
        ),
        *(
            Finding(
                "B2", stage, f"active Akt at {at:g} min", value, within(value, 0.15, 1.0), "1", DIJKHUIZEN, note=OF_PEAK
            )
            for at, value in akt
        ),
        *(
            Finding(
                "B3", stage, f"pERK at {at:g} min", value, within(value, sem), "1", JI, note="value ± 1.96 printed SEM"
            )
            for at, value, sem in erk
        ),
        rises("B4", stage, "S6 kinase under BDNF", TAKEI),
        falls("B4", stage, "S6 kinase under BDNF: with less without rapamycin", TAKEI),
    ]


def _transcription() -> list[Finding]:
    """B5, B6: what DOI does to transcription."""
    stage = "signalling"
    return [
        rises("B5", stage, "pCREB after DOI", DESOUZA),
        rises("B5", stage, "Bdnf mRNA after DOI", DESOUZA),
        falls("B5", stage, "Bdnf mRNA after DOI and a 5-HT2A blocker, less a third", DESOUZA, note=NOTHING_LEFT),
        falls("B5", stage, "Bdnf mRNA after DOI in the knockout, less a third", DESOUZA, note=NOTHING_LEFT),
        beyond("B5", stage, "Arc, Egr2, Cebpb after DOI", DESOUZA, "the only gene in the model is Bdnf"),
        rises("B6", stage, "Bdnf mRNA in cortex after DOI", VAIDYA),
        beyond("B6", stage, "Bdnf mRNA in the dentate gyrus after DOI", VAIDYA, "layer V neurons only"),
        rises("E14", stage, "peak of Ca2+ less its plateau under serotonin", HAGBERG),
        rises("E14", stage, "plateau of Ca2+ less rest under serotonin", HAGBERG),
        rises("E14", stage, "plateau of Ca2+ that store-operated entry adds", HAGBERG),
    ]


def _function() -> list[Finding]:
    """E3-E12: firing, bursts, cell types."""
    stage = "function"
    bound = "printed; sign + and bound; burst gain stands for branch events"
    return [
        Finding("E3", stage, "burst gain in the first hour", 23.0, (0.0, 57.0), "%", SHAO, "data", bound),
        beyond("E5", stage, "amplitude of branch Ca2+ events", SHAO, "single calcium events are not simulated", "data"),
        beyond("E10", stage, "EPSC frequency and amplitude by layer", LAMBE, NO_EPSC),
        beyond(
            "E11", stage, "events lost in TTX; a third of deep cells strongly depolarised", BEIQUE, NO_SPIKES, "2nd"
        ),
        falls("E12", stage, "firing of corticopontine cells under serotonin", STEPHENS),
        rises("E12", stage, "firing of commissural less corticopontine cells under serotonin", STEPHENS),
        rises("E12", stage, "firing of corticopontine cells under serotonin, 5-HT1A blocked", STEPHENS),
        beyond("E12", stage, "32 % of corticopontine cells excited with 5-HT1A blocked", STEPHENS, NO_SPIKES),
        beyond("E12", stage, "serotonin alone does not fire resting cells", STEPHENS, NO_SPIKES),
    ]


def _growth() -> list[Finding]:
    """O5, O14: spines of cultured neurons, and when formation starts after ketamine."""
    stage = "spines after a dose"
    beginning = "formation unchanged at 3-6 h, raised at 12-24 h; hours from a secondary text"
    return [
        *(rises("O5", stage, f"spine density after {drug} in the bath", LY) for drug in ("LSD", "DMT", "DOI")),
        *(
            falls("O5", stage, f"spine density after LSD: with less without {blocker}", LY)
            for blocker in ("ketanserin", "ANA-12", "rapamycin")
        ),
        Finding(
            "O14", stage, "half-rise of formation after ketamine", 12.0, (6.0, 24.0), "h", MODA_SAVA, "2nd", beginning
        ),
    ]


CELL: tuple[Finding, ...] = (*_growth_factors(), *_transcription(), *_function(), *_growth())
