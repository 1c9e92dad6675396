"""Units of formulas: what the declarations say must fit together in every equation.

A unit is kept as written (`umol/L/s`), and compared by what it means: 1 umol is 1000 nmol, so adding the two without a
declared factor is an error as much as adding metres and seconds. Numbers in a formula have no unit; only zero and the
infinities fit everywhere.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from fractions import Fraction
from typing import NamedTuple

from plastisim.engine.errors import ConfigError
from plastisim.engine.expressions import Expression
from plastisim.engine.formulas import plain

# atom -> SI base, power of the base, factor
_BASES = {
    "s": ("s", 1, Fraction(1)),
    "min": ("s", 1, Fraction(60)),
    "h": ("s", 1, Fraction(3600)),
    "d": ("s", 1, Fraction(86400)),
    "Hz": ("s", -1, Fraction(1)),
    "m": ("m", 1, Fraction(1)),
    "L": ("m", 3, Fraction(1, 1000)),
    "g": ("g", 1, Fraction(1)),
    "mol": ("mol", 1, Fraction(1)),
    "V": ("V", 1, Fraction(1)),
}
_PREFIXES = {"": 0, "p": -12, "n": -9, "u": -6, "m": -3, "k": 3}


class Atom(NamedTuple):
    """One factor of a unit: prefix (a power of ten), and a key of `_BASES`."""

    prefix: int
    name: str


class Unit(NamedTuple):
    """A product of powers of atoms, such as umol L^-1 s^-1; powers that are zero are left out.

    Attributes:
        powers: of each atom, in order of appearance.
    """

    powers: tuple[tuple[str, Fraction], ...] = ()

    def __mul__(self, other: Unit) -> Unit:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Return the product."""
        powers = dict(self.powers)
        for atom, power in other.powers:
            powers[atom] = powers.get(atom, Fraction(0)) + power
        return Unit(tuple((atom, power) for atom, power in powers.items() if power))

    def __pow__(self, power: Fraction | int) -> Unit:
        """Return a power."""
        return Unit(tuple((atom, each * power) for atom, each in self.powers if power))

    def __truediv__(self, other: Unit) -> Unit:
        """Return the ratio."""
        return self * other**-1

    def meaning(self) -> tuple[float, dict[str, Fraction]]:
        """Return the factor and the powers of the SI bases."""
        factor, bases = 1.0, {}
        for text, power in self.powers:
            atom = atom_of(text)
            base, each, size = _BASES[atom.name]
            bases[base] = bases.get(base, Fraction(0)) + each * power
            exact = size * Fraction(10) ** atom.prefix
            factor *= float(exact**power)
        return factor, {base: power for base, power in bases.items() if power}

    def fits(self, other: Unit) -> bool:
        """Return whether both mean the same."""
        (factor, bases), (others, other_bases) = self.meaning(), other.meaning()
        return bases == other_bases and math.isclose(factor, others, rel_tol=1e-12)

    def __str__(self) -> str:
        """Return it as one would declare it, `1` where nothing is left."""
        above = [atom if power == 1 else f"{atom}^{power}" for atom, power in self.powers if power > 0]
        under = sorted((atom == "s", atom, -power) for atom, power in self.powers if power < 0)  # time comes last
        below = [atom if power == 1 else f"{atom}^{power}" for _, atom, power in under]
        return "/".join(["*".join(above) or "1", *below])


NONE = Unit()


def atom_of(text: str) -> Atom:
    """Return prefix and base of one factor of a unit, such as `umol`.

    Raises:
        ConfigError: it is unknown.
    """
    for prefix, power in _PREFIXES.items():
        if text.startswith(prefix) and text[len(prefix) :] in _BASES:
            return Atom(power, text[len(prefix) :])
    raise ConfigError(f"unknown unit {text!r} in a formula; known are {', '.join(_BASES)} with p, n, u, m or k before")


def unit(text: str) -> Unit:
    """Return a declared unit, such as `umol/L/s`.

    Raises:
        ConfigError: it is unknown.
    """
    found = NONE
    for place, factor in enumerate(text.split("/")):
        name, _, power = factor.partition("^")
        if name != "1":
            atom_of(name)
            one = Unit(((name, Fraction(int(power or 1))),))
            found = found * (one if place == 0 else one**-1)
    return found


class Units:
    """The unit of every expression that is made of symbols with units.

    Args:
        symbols: unit of each symbol.
        equation: name of the equation, for messages.
    """

    def __init__(self, symbols: Mapping[str, Unit], equation: str = "") -> None:
        """Start with the symbols alone."""
        self._symbols, self._known = symbols, {}
        self.equation = equation

    def of(self, expression: Expression) -> Unit | None:
        """Return the unit of an expression; None if it fits everywhere (zero, an infinity).

        Raises:
            ConfigError: units within it do not fit together.
        """
        if expression not in self._known:
            self._known[expression] = self._find(expression)
        return self._known[expression]

    def expect(self, expression: Expression, wanted: Unit) -> None:
        """Check the unit of a whole equation.

        Raises:
            ConfigError: it is another one.
        """
        found = self.of(expression)
        if found is not None and not found.fits(wanted):
            raise ConfigError(f"{self.equation}: the formula is in {found}, but it was declared in {wanted}")

    def _find(self, expression: Expression) -> Unit | None:
        operation, parts = expression.operation, expression.parts
        if operation == "number":
            return None if expression.value == 0.0 or math.isinf(float(expression.value or 0.0)) else NONE
        if operation == "symbol":
            return self._symbols[str(expression.value)]
        if operation == "where":
            self.of(parts[0])
            return self._same(expression, parts[1:])
        units = [self.of(part) for part in parts]
        if operation in ("mul", "div"):
            first, second = units
            if operation == "mul":
                return None if first is None or second is None else first * second
            return None if first is None else first / (second or NONE)
        if operation == "pow":
            return self._power(expression, units)
        if operation in ("add", "sub", "max", "min"):
            return self._same(expression, parts)
        if operation in ("neg", "abs"):
            return units[0]
        if operation == "sqrt":
            return None if units[0] is None else units[0] ** Fraction(1, 2)
        if operation in ("exp", "log"):
            self._bare(expression, parts[0])
        elif operation not in ("and", "or", "not"):
            self._same(expression, parts)  # a comparison
        return NONE

    def _same(self, expression: Expression, parts: tuple[Expression, ...]) -> Unit | None:
        found = [(part, one) for part in parts if (one := self.of(part)) is not None]
        if not found:
            return None
        first, wanted = found[0]
        for part, one in found[1:]:
            if not one.fits(wanted):
                raise ConfigError(
                    f"{self.equation}: {expression.operation} of different units in {plain(expression)}: "
                    f"{plain(first)} is in {wanted}, {plain(part)} in {one}"
                )
        return wanted

    def _power(self, expression: Expression, units: list[Unit | None]) -> Unit | None:
        base, exponent = expression.parts
        self._bare(expression, exponent)
        if units[0] is None or units[0].fits(NONE):
            return units[0]
        if exponent.operation != "number":
            raise ConfigError(
                f"{self.equation}: {plain(expression)} raises {plain(base)}, in {units[0]}, "
                "to a power that is no number"
            )
        return units[0] ** Fraction(str(exponent.value)).limit_denominator(1000)

    def _bare(self, expression: Expression, part: Expression) -> None:
        one = self.of(part)
        if one is not None and not one.fits(NONE):
            raise ConfigError(
                f"{self.equation}: {expression.operation} needs a pure number in {plain(expression)}, "
                f"but {plain(part)} is in {one}"
            )
