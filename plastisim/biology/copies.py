"""How many molecules the small pools consist of, for the stochastic variant of the cascade.

A field bears the name of the variable whose molecules it counts; every other variable is deterministic. Both pools
are births and deaths: mRNA is transcribed and decays, stored BDNF is translated and leaves the store. An infinite
number switches the chance of a pool off.

Left out, each with its reason: extracellular BDNF (some hundred molecules around a neuron, but they spread to the
neighbours within minutes and are cleared within the hour), TrkB (its pools are converted into each other, so that
independent births and deaths would be wrong, and its chance lasts minutes where translation remembers hours), kinases
(tens of thousands of molecules), transcription in bursts.
"""

from __future__ import annotations

from plastisim.engine.fields import Number, chosen, container, parameter


@container
class Copies:
    """Molecules in one neuron where the variable is 1; scalars or arrays of shape (neuron,)."""

    bdnf_mrna: Number = parameter(
        30.0, "1", "Bdnf mRNA molecules of a neuron at rest", chosen("a guess: tens of copies a cell")
    )
    bdnf_stored: Number = parameter(
        3000.0, "1", "stored BDNF molecules of a neuron at rest", chosen("a guess: about a hundred for each mRNA")
    )
