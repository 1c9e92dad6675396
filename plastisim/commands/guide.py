"""The verb guide: read the pages that come with the package."""

from __future__ import annotations

import tempfile
import webbrowser
from pathlib import Path

import plastisim as ps
from plastisim.commands.options import Flag


def guide(topic: str | None = None, /, *, open: Flag = False, site: Path | None = None) -> int:
    """Read the guide: a tutorial, how-to pages, the biology with its equations, all parameters and commands.

    For example:
        plastisim guide
        plastisim guide own-compound --open
        plastisim guide --site guide_site

    Args:
        topic: name of a page; without one the pages are listed.
        open: show it in a browser, as a page of the site.
        site: folder for the site, which must not exist or be empty; with --open alone it is a temporary one.
    """
    text = _listed() if topic is None else ps.guide_text(topic)
    if not (open or site):
        print(text.rstrip("\n"))
        return 0
    first = ps.build_guide(site or Path(tempfile.mkdtemp(prefix="plastisim-guide-")))
    page = first if topic is None else first.with_name(f"{topic}.html")
    if open and not webbrowser.open(page.as_uri()):
        raise ps.ConfigError(f"no browser could be started; open this file in one: {page}")
    print(f"written: {page}")
    return 0


def _listed() -> str:
    """Return the pages in their groups, one line each."""
    groups = ps.guide_topics()
    width = max(len(topic) for topics in groups.values() for topic in topics)
    lines = []
    for group, topics in groups.items():
        lines += [f"{group}:", *(f"  {topic:{width}}  {words}" for topic, words in topics.items()), ""]
    return "\n".join([*lines, "Read one: plastisim guide TOPIC, or in a browser: plastisim guide TOPIC --open"])
