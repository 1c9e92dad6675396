"""A figure that a notebook shows as it is, whatever backend the notebook has. Imports matplotlib: import it late."""

from __future__ import annotations

import io

from matplotlib.figure import Figure


class ShownFigure(Figure):
    """A figure that belongs to no window and to no list of pyplot."""

    def _repr_png_(self) -> bytes:
        """Return the picture; IPython asks for it."""
        written = io.BytesIO()
        self.savefig(written, format="png", dpi=self.dpi)
        return written.getvalue()
