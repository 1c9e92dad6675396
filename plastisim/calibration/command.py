"""The command line that the scripts of fitting and scoring share."""

from __future__ import annotations

import argparse
from pathlib import Path

from plastisim.engine.devices import keep_compiled_programs


def command(doc: str, name: str, small: str, seed: str = "of all randomness", **flags: str) -> argparse.Namespace:
    """Return what the caller of a script chose; the output folder is made, and compiled programs are kept.

    Args:
        doc: docstring of the script; its first line is what `--help` says.
        name: of the script, and of its folder under `results`.
        small: what is less in the small size.
        seed: what the seed is of.
        flags: further options that are on or off, and what they do.
    """
    parser = argparse.ArgumentParser(description=doc.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path("results") / name, help="folder for the results")
    parser.add_argument("--small", action="store_true", help=small)
    parser.add_argument("--seed", type=int, default=0, help=seed)
    for flag, words in flags.items():
        parser.add_argument(f"--{flag}", action="store_true", help=words)
    choice = parser.parse_args()
    choice.out.mkdir(parents=True, exist_ok=True)
    keep_compiled_programs()
    return choice
