"""The pages of the guide: which there are, and their text with the parts that the code writes."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from pathlib import Path

from plastisim.engine.errors import ConfigError
from plastisim.guide.tables import PARTS, Part

FOLDER = Path(__file__).parent
GROUPS = {
    "Tutorial": ("tutorial",),
    "How to": (
        "own-compound", "own-data", "own-parameters", "own-experiment", "gpu", "several-machines", "resume", "memory",
        "accuracy",
    ),
    "Explanation": ("biology", "statistics", "left-out", "misfits"),
    "Reference": ("parameters", "compounds", "variables", "commands"),
}  # fmt: skip
_PART = re.compile(r"^<!-- from the code: (\S+) ?(.*?) -->$", re.MULTILINE)
_COMMENT = re.compile(r"<!--.*?-->\n?", re.DOTALL)


def guide_topics() -> dict[str, dict[str, str]]:
    """Return what each page is for, by topic, in their groups."""
    return {group: {topic: _summary(topic) for topic in topics} for group, topics in GROUPS.items()}


def guide_text(topic: str, more: Mapping[str, Part]) -> str:
    """Return a page in Markdown, with everything that the code writes into it.

    Args:
        topic: name of the page.
        more: parts that only the command line can write, by name; each is called with the words behind its name.

    Raises:
        ConfigError: there is no such page; the nearest name is offered.
    """
    parts = {**PARTS, **more}
    return _COMMENT.sub("", _PART.sub(lambda part: parts[part[1]](*part[2].split()), _source(topic)))


def _source(topic: str) -> str:
    """Return a page as it lies in this folder."""
    known = [one for topics in GROUPS.values() for one in topics]
    if topic not in known:
        near = difflib.get_close_matches(topic, known, n=1)
        hint = f"did you mean {near[0]!r}? " if near else ""
        raise ConfigError(f"the guide has no page {topic!r}; {hint}known: {', '.join(known)}")
    return (FOLDER / f"{topic}.md").read_text(encoding="utf-8")


def _summary(topic: str) -> str:
    """Return the first paragraph below the title."""
    return " ".join(_source(topic).split("\n\n")[1].split())
