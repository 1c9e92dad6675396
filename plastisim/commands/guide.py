"""The verb guide: read the pages that come with the package."""

from __future__ import annotations

import ast
import contextlib
import io
import re
import tempfile
import webbrowser
from pathlib import Path

import plastisim as ps
from plastisim.commands.options import Flag, Json, check_json, show, written
from plastisim.commands.scripts import experiments_folder


def guide(topic: str | None = None, /, *, open: Flag = False, site: Path | None = None, json: Json = None) -> int:
    """Read the guide: a tutorial, how-to pages, the biology with its equations, all parameters and commands.

    For example:
        plastisim guide
        plastisim guide own-compound --open
        plastisim guide --site guide_site

    Args:
        topic: name of a page; without one the pages are listed.
        open: show it in a browser, as a page of the site.
        site: folder for the site, which must not exist or be empty; with --open alone it is a temporary one.
        json: a file for the text or the list, or - for its JSON alone on stdout.
    """
    check_json(json)
    text = _listed() if topic is None else ps.guide_text(topic, PARTS)
    if not (open or site):
        show(text.rstrip("\n"), ps.guide_topics() if topic is None else {"topic": topic, "markdown": text}, json)
        return 0
    first = ps.build_guide(site or Path(tempfile.mkdtemp(prefix="plastisim-guide-")), PARTS)
    page = first if topic is None else first.with_name(f"{topic}.html")
    if open and not webbrowser.open(page.as_uri()):
        raise ps.ConfigError(f"no browser could be started; open this file in one: {page}")
    written(page, json)
    return 0


def _listed() -> str:
    """Return the pages in their groups, one line each."""
    groups = ps.guide_topics()
    width = max(len(topic) for topics in groups.values() for topic in topics)
    lines = []
    for group, topics in groups.items():
        lines += [f"{group}:", *(f"  {topic:{width}}  {words}" for topic, words in topics.items()), ""]
    return "\n".join([*lines, "Read one: plastisim guide TOPIC, or in a browser: plastisim guide TOPIC --open"])


def commands() -> str:
    """Return the help of every verb, as `--help` prints it."""
    listed = _help().partition("Commands:\n")[2].partition("\n\n")[0]
    verbs = re.findall(r"^  (\w+) ", listed, re.MULTILINE)
    return "\n\n".join(f"## plastisim {verb}\n\n```text\n{_help(verb)}\n```" for verb in verbs)


def _help(*verb: str) -> str:
    with contextlib.redirect_stdout(io.StringIO()) as out:
        ps.main([*verb, "--help"])
    return out.getvalue().strip()


def causes() -> str:
    """Return the measured rows that have been missed, and why as far as known: the table of the scoreboard's script."""
    script = ast.parse((experiments_folder() / "scoreboard.py").read_text(encoding="utf-8"))
    assigned = {ast.unparse(one.targets[0]): one.value for one in script.body if isinstance(one, ast.Assign)}
    measured = [(one.id, one.readout.partition(" at ")[0]) for one in ps.calibration.FINDINGS]
    measured += [(one.id, one.quantity.long_name) for one in ps.PUBLISHED]
    lines = ["| row | what was measured | why the model misses it |", "| --- | --- | --- |"]
    for key, cause in ast.literal_eval(assigned["CAUSES"]).items():
        row, _, figure = key.partition(" ")
        words = [figure] if figure else dict.fromkeys(words for other, words in measured if other == row)
        lines.append(f"| {row} | {', '.join(words)} | {cause} |")
    return "\n".join(lines)


PARTS = {"commands": commands, "causes": causes}
