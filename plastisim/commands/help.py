"""How `--help` looks: plain lines without colour or boxes, the same on a terminal and in a file."""

from __future__ import annotations

import textwrap
from typing import Any

WIDEST = 100
EXIT_CODES = """
    0    the verdict holds, or what was asked is done
    1    a fault of ours; or what doctor or bench found amiss
    2    the call was wrong: one line says what came and what was expected
    3    the run was fine, and its verdict does not hold
    4    a neuron diverged; it is named, the others finished
    5    a store cannot be used
    130  interrupted
    141  whoever read the output went away"""
HELP = f"""Simulate layer V neurons after a psychedelic, from dose to single dendritic spines.

For example:
    plastisim run window-24h --out results/first
    plastisim run window-24h --out results/low --dose "0.1 mg/kg" --gq.reserve 2
    plastisim compare results/first results/low
    plastisim run --help

Results go to stdout, progress and errors to stderr. Exit codes:
{EXIT_CODES}

Words of the shell are completed after: plastisim --install-completion"""


class PlainHelp:
    """A help formatter of cyclopts."""

    def __call__(self, console: Any, options: Any, panel: Any) -> None:
        """Print a group of commands or parameters in two columns."""
        if not panel.entries:
            return
        lines = [(_name(entry), _words(entry)) for entry in panel.entries]
        width = max(len(name) for name, _ in lines)
        _say(console, f"{panel.title}:")
        for name, words in lines:
            wrapped = textwrap.wrap(words, max(20, _width(console) - width - 4), break_on_hyphens=False) or [""]
            for index, line in enumerate(wrapped):
                _say(console, f"  {'' if index else name:{width}}  {line}".rstrip())
        _say(console, "")

    def render_usage(self, console: Any, options: Any, usage: Any) -> None:
        """Print the line that begins with Usage."""
        if usage:
            text = _plain(usage).strip()
            _say(console, f"{text if text.startswith('Usage:') else f'Usage: {text}'}\n")

    def render_description(self, console: Any, options: Any, description: Any) -> None:
        """Print what a verb does: paragraphs filled, indented lines as they are."""
        for paragraph in _plain(description).strip("\n").split("\n\n"):
            if any(line.startswith("    ") for line in paragraph.splitlines()):
                _say(console, paragraph)
            else:
                _say(console, textwrap.fill(paragraph, _width(console)))
            _say(console, "")


def _name(entry: Any) -> str:
    return ", ".join((*entry.display_labels_with_metavar,)) or ", ".join(entry.positive_shorts)


def _words(entry: Any) -> str:
    """Return the meaning of an entry, and its choices and default where they say something."""
    words = [" ".join(_plain(entry.description).split())]
    words += [f"[one of {', '.join(entry.choices)}]"] if entry.choices else []
    words += [f"[default: {entry.default}]"] if entry.default not in (None, "False", "()", "") else []
    words += ["[required]"] if entry.required else []
    return " ".join(filter(None, words))


def _plain(value: Any) -> str:
    """Return the text of a renderable of cyclopts or rich."""
    if value is None:
        return ""
    whole = getattr(value, "primary_renderable", value)
    return str(getattr(whole, "plain", whole))


def _width(console: Any) -> int:
    return min(console.width, WIDEST)


def _say(console: Any, text: str) -> None:
    console.print(text, highlight=False, markup=False, emoji=False, soft_wrap=True)
