"""Measured sizes and lifetimes of single ordinary spines: rows V18-V21, V23, V28."""

from __future__ import annotations

from plastisim.lab.published_finding import Finding, beyond, rises, within

JEFFERSON = "Jefferson et al. 2023 NPP, 10.1038/s41386-023-01572-w"
HOLTMAAT = "Holtmaat et al. 2005 Neuron 45:279, 10.1016/j.neuron.2005.01.003"
LOEWENSTEIN = "Loewenstein et al. 2011 J Neurosci 31:9481"
SHAO = "Shao et al. 2021 Neuron 109:2535, 10.1016/j.neuron.2021.06.008"
STAGE = "ordinary spines"
FEW = "SE of an SD from 300 spines a session"
SHARE = "derived from V19 and V20, whose errors give ± 0.06 (1.96 SE)"
FROM_ROW = "the relative densities of compartments are this row; confocal counts are not simulated"
NEIGHBOURS = "no error printed: between the printed values of the ages before and after"

SIZE: tuple[Finding, ...] = (
    beyond("V18", STAGE, "density of basal dendrites, confocal", SHAO, FROM_ROW, "data"),
    beyond("V18", STAGE, "density of apical dendrites, confocal", SHAO, FROM_ROW, "data"),
    Finding("V19", STAGE, "SD of ln diameter", 0.21, within(0.21, 0.0086), "1", JEFFERSON, "data", FEW),
    Finding(
        "V19",
        STAGE,
        "skew of ln diameter",
        0.0,
        (-0.28, 0.28),
        "1",
        JEFFERSON,
        "data",
        "1.96 SE of a skew from 300 spines",
    ),
    Finding(
        "V19", STAGE, "skew of diameter", 0.6, (0.32, 0.88), "1", JEFFERSON, "data", "1.96 SE of a skew from 300 spines"
    ),
    Finding("V20", STAGE, "autocorrelation of ln diameter at no lag", 0.25, within(0.25, 0.02), "1", JEFFERSON, "data"),
    Finding("V20", STAGE, "memory of ln diameter", 28.0, within(28.0, 10.0), "d", JEFFERSON, "data"),
    Finding(
        "V21", STAGE, "measurement share of ln diameter variance", 0.7, (0.64, 0.76), "1", JEFFERSON, "derived", SHARE
    ),
    Finding(
        "V23", STAGE, "spines that last 8 days or more, P80-120", 66.0, (54.0, 73.0), "%", HOLTMAAT, note=NEIGHBOURS
    ),
    rises("V28", STAGE, "change of diameter: large less small spines", LOEWENSTEIN),
    rises("V28", STAGE, "memory of size: months over days", LOEWENSTEIN),
)
