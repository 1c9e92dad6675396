"""The pages of the guide as a site of plain files, made with Sphinx; it opens without a network or a server."""

from __future__ import annotations

import io
import tempfile
import warnings
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path

from plastisim.engine.errors import ConfigError, PlastisimError
from plastisim.guide.pages import GROUPS, guide_text
from plastisim.guide.tables import Part, drawn_equations
from plastisim.results.files import as_store_error, prove_output

NEEDED = ("sphinx", "myst_parser", "furo")
SETTINGS = {
    "project": "plastisim",
    "extensions": ["myst_parser"],
    "html_theme": "furo",
    "html_title": "plastisim",
    "html_copy_source": False,
    "html_show_sourcelink": False,
    "html_show_search_summary": False,  # it fetches pages, which a browser refuses for files
    "html_show_copyright": False,
    "suppress_warnings": ["misc.highlighting_failure"],
}


def build_guide(folder: str | Path, more: Mapping[str, Part]) -> Path:
    """Write the guide as a site.

    Args:
        folder: new, or empty.
        more: as in `guide_text`.

    Returns:
        Its first page.

    Raises:
        ConfigError: the folder is in use, or Sphinx is not installed.
        PlastisimError: a page has a fault, such as a link to nowhere.
    """
    missing = [name for name in NEEDED if find_spec(name) is None]
    if missing:
        raise ConfigError(f"the site needs {', '.join(missing)}: pip install 'plastisim[guide]'")
    site = Path(folder).absolute()
    prove_output(site, overwrite=False)
    pages = _sources(more)
    with tempfile.TemporaryDirectory() as scratch, as_store_error(site):
        source = Path(scratch) / "source"
        source.mkdir()
        for name, text in pages.items():
            (source / f"{name}.md").write_text(text, encoding="utf-8")
        faults = _run_sphinx(source, site, Path(scratch) / "doctrees")
    if faults:
        raise PlastisimError(f"the guide has faults:\n{faults}")
    return site / "index.html"


def _sources(more: Mapping[str, Part]) -> dict[str, str]:
    """Return the text of every page, and of a first one with the list of them."""
    lists = [
        "\n".join(["```{toctree}", f":caption: {group}", ":maxdepth: 1", "", *topics, "```"])
        for group, topics in GROUPS.items()
    ]
    about = "Cortical layer V neurons after a psychedelic, from dose to single spines. Start with the tutorial."
    drawn = {**more, "equations": drawn_equations}
    pages = {topic: guide_text(topic, drawn) for topics in GROUPS.values() for topic in topics}
    return {"index": "\n\n".join(["# plastisim: the guide", about, *lists, ""]), **pages}


def _run_sphinx(source: Path, site: Path, doctrees: Path) -> str:
    """Build, and return what Sphinx warns of."""
    from sphinx.application import Sphinx
    from sphinx.util.docutils import docutils_namespace, patch_docutils

    said = io.StringIO()
    with patch_docutils(), docutils_namespace(), warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # what Sphinx has to say to its own extensions
        warnings.simplefilter("ignore", PendingDeprecationWarning)
        app = Sphinx(source, None, site, doctrees, "html", SETTINGS, status=None, warning=said, freshenv=True)
        app.build()
    return said.getvalue()
