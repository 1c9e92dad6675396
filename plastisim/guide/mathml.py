"""Equations as MathML, which browsers draw by themselves: no fonts, no program, no network.

It reads the LaTeX that `plastisim.formulas` writes, and no more of LaTeX than that.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape

_TOKEN = re.compile(
    r"\\(?P<kind>mathrm|operatorname|text)\{(?P<name>(?:\\_|[^{}\\])*)\}|\\(?:begin|end)\{cases\}|\\[a-zA-Z]+|\\.|"
    r"\d+(?:\.\d+)?|[A-Za-z]+|\S"
)
_SIGNS = {r"\ge": "≥", r"\le": "≤", r"\ne": "≠", r"\cdot": "⋅", "-": "−"} | {sign: sign for sign in "+=<>(),"}
_CASES, _ENDS = r"\begin{cases}", ("}", r"\right", r"\end{cases}", "&", r"\\")
_PRODUCT = r"\,"


def mathml(latex: str) -> str:
    """Return an equation as HTML: an element `math` for each term and factor, so that long ones break into lines.

    Raises:
        ValueError: something that `plastisim.formulas` does not write.
    """
    tokens = _tokens(latex)
    terms: list[list[str]] = [[]]
    for node in _nodes(tokens):
        if node in BETWEEN and terms[-1] and terms[-1][-1] != _sign("="):
            terms.append([node.replace("<mo>", '<mo form="infix">')])
        else:
            terms[-1].append(node)
    return " ".join(f'<math displaystyle="true">{_row(nodes)}</math>' for nodes in terms)


def _sign(sign: str) -> str:
    return f"<mo>{escape(_SIGNS[sign])}</mo>"


BETWEEN = (_sign("+"), _sign("-"), _sign(r"\cdot"))  # here a line may end


class _Tokens:
    """The tokens of an equation, and which comes next."""

    def __init__(self, found: list[re.Match[str]]) -> None:
        self.found, self.place = found, 0

    @property
    def next(self) -> str:
        """The next token; empty at the end."""
        return self.found[self.place][0] if self.place < len(self.found) else ""

    def take(self, expected: str = "") -> re.Match[str]:
        """Return the next token and go on."""
        if not self.next or (expected and self.next != expected):
            raise ValueError(f"expected {expected or 'more'}, but got {self.next or 'the end'!r}")
        self.place += 1
        return self.found[self.place - 1]


def _tokens(latex: str) -> _Tokens:
    return _Tokens(list(_TOKEN.finditer(latex)))


def _nodes(tokens: _Tokens) -> Iterator[str]:
    """Yield nodes up to whatever ends them, which is left where it is."""
    held = ""
    while tokens.next and tokens.next not in _ENDS:
        if tokens.next == "^":
            tokens.take()
            held = f"<msup>{held}{_group(tokens)}</msup>"
            continue
        if held:
            yield held
        after_d = held == _name("d")
        held = _node(tokens)
        if held == _sign(r"\cdot") and after_d:
            held = '<mspace width="0.1em"/>'  # of a differential, which is no product
    if held:
        yield held


def _node(tokens: _Tokens) -> str:
    """Return what the next tokens mean."""
    token = tokens.take()
    text = token[0]
    if token["kind"]:
        name = token["name"].replace(r"\_", "_")
        return f"<mtext>{escape(name)}</mtext>" if token["kind"] == "text" else _name(name)
    if text == "{":
        tokens.place -= 1
        return _group(tokens)
    if text == r"\frac":
        return f"<mfrac>{_group(tokens)}{_group(tokens)}</mfrac>"
    if text == r"\sqrt":
        return f"<msqrt>{_group(tokens)}</msqrt>"
    if text == r"\left":
        opening, inner = _node(tokens), _row(list(_nodes(tokens)))
        tokens.take(r"\right")
        return f"<mrow>{opening}{inner}{_node(tokens)}</mrow>"
    if text == _CASES:
        return _cases(tokens)
    if text == _PRODUCT or text in _SIGNS:
        return _sign(r"\cdot" if text == _PRODUCT else text)
    if text == r"\infty":
        return "<mi>∞</mi>"
    if text[0].isdigit():
        return f"<mn>{text}</mn>"
    if text.isalpha():
        return _name(text)
    raise ValueError(f"no way to draw {text!r}")


def _cases(tokens: _Tokens) -> str:
    """Return the rows of a choice, value and condition."""
    rows, cells = [], [_row(list(_nodes(tokens)))]
    while (text := tokens.take()[0]) in ("&", r"\\"):
        if text == r"\\":
            rows, cells = [*rows, cells], []
        cells.append(_row(list(_nodes(tokens))))
    drawn = "".join(f"<mtr>{''.join(f'<mtd>{cell}</mtd>' for cell in row)}</mtr>" for row in [*rows, cells])
    return f'<mrow><mo stretchy="true">{{</mo><mtable columnalign="left">{drawn}</mtable></mrow>'


def _group(tokens: _Tokens) -> str:
    """Return what stands in braces."""
    tokens.take("{")
    inner = _row(list(_nodes(tokens)))
    tokens.take("}")
    return inner


def _row(nodes: list[str]) -> str:
    return nodes[0] if len(nodes) == 1 else f"<mrow>{''.join(nodes)}</mrow>"


def _name(name: str) -> str:
    """Return a name in upright letters; MathML sets a single letter slanted."""
    upright = ' mathvariant="normal"' if len(name) == 1 else ""
    return f"<mi{upright}>{escape(name)}</mi>"
