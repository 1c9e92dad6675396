"""Shares of the variance of an answer as bars: by confidence, and the numbers that matter most."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from plastisim.calibration.factors import Factor
from plastisim.calibration.shares import Shares
from plastisim.engine.fields import CONFIDENCE
from plastisim.results.style import DRUGS, INK, VEHICLE, house_style, new_figure

WORDS = {"measured": "measured", "seen": "read in the source", "recalled": "recalled", "fitted": "fitted",
         "chosen": "guessed"}  # fmt: skip
COLOURS = dict(zip(CONFIDENCE, (DRUGS[5], DRUGS[1], DRUGS[2], DRUGS[4], DRUGS[0]), strict=True))
HATCHES = dict(zip(CONFIDENCE, ("", "//", "..", "\\\\", ""), strict=True))  # for whoever sees no colours
SHOWN = 15
AXIS = "share of the variance of the 24-hour effect (%; line: 95 %)"


def share_figure(known: Sequence[Factor], found: Shares, title: str, path: Path) -> None:
    """Draw shares.

    Args:
        known: numbers that were varied.
        found: what each contributes.
        title: of the figure.
        path: file.
    """
    with house_style("projector"):
        figure, ((left, right),) = new_figure(1, 2, (16.0, 9.0), width_ratios=(1.0, 1.2))
        _groups(left, known, found)
        _numbers(right, known, found)
        figure.suptitle(title, x=0.01, ha="left")
        figure.tight_layout(w_pad=1.0)
        figure.savefig(path)


def _bar(axes: Any, place: int, share: float, error: float, confidence: str) -> None:
    colour, hatch = (VEHICLE, "") if confidence not in COLOURS else (COLOURS[confidence], HATCHES[confidence])
    axes.barh(place, 100.0 * max(share, 0.0), 0.7, color=colour, hatch=hatch, edgecolor="white")
    ends = 100.0 * np.maximum([share - 1.96 * error, share + 1.96 * error], 0.0)
    axes.plot(ends, [place] * 2, color=INK, linewidth=2.0)


def _groups(axes: Any, known: Sequence[Factor], found: Shares) -> None:
    labels = []
    for place, (name, (share, error)) in enumerate(found.groups.items()):
        _bar(axes, place, share, error, name)
        labels.append(f"{WORDS[name]}\n({sum(one.confidence == name for one in known)})")
    _bar(axes, len(labels), 1.0 - found.explained, 0.0, "")
    axes.set_yticks(range(len(labels) + 1), [*labels, "together,\nnot shared"])
    axes.invert_yaxis()
    axes.set_xlim(0.0, None)
    axes.set_xlabel(AXIS, fontsize=15)
    axes.set_title("By confidence (how many numbers)")


def _numbers(axes: Any, known: Sequence[Factor], found: Shares) -> None:
    order = np.argsort(-found.each)[:SHOWN]
    for place, k in enumerate(order):
        _bar(axes, place, float(found.each[k]), float(found.error[k]), known[k].confidence)
    signs = ["+" if found.slope[k] > 0 else "\N{MINUS SIGN}" for k in order]
    labels = [known[k].path.replace("_", " ").replace(".", ": ") for k in order]
    axes.set_yticks(range(len(order)), [f"{label} ({sign})" for label, sign in zip(labels, signs, strict=True)])
    axes.tick_params(axis="y", labelsize=13)
    axes.invert_yaxis()
    axes.set_xlim(0.0, None)
    axes.set_xlabel(AXIS, fontsize=15)
    axes.set_title(f"The {len(order)} that matter most\n(+: more of it, more spines)")
