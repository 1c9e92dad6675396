"""A table of a TOML file under reading: every fault is kept, with its dotted path, so that all are told at once."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

from plastisim.engine.errors import ConfigError
from plastisim.engine.units import quantity

Value = TypeVar("Value")
MISSING = object()
_WORDS = {
    str: "a text",
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    dict: "a table",
    list: "a list",
}


class TomlTable:
    """One table: what is taken from it is known, what is left over is a fault."""

    def __init__(self, values: Any, path: str, faults: list[str]) -> None:
        """Take a table at a dotted path; `faults` is shared by all tables of a file."""
        self.path, self.faults, self.known, self.began = path, faults, [], len(faults)
        self.values: dict[str, Any] = values if isinstance(values, dict) else {}
        if not isinstance(values, dict):
            self.wrong("", values, "a table")

    @property
    def sound(self) -> bool:
        """Whether no fault was found since this table was opened."""
        return len(self.faults) == self.began

    def at(self, key: str) -> str:
        """Return the dotted path of a key."""
        return ".".join(part for part in (self.path, key) if part)

    def wrong(self, key: str, got: Any, expected: str) -> None:
        """Note a fault."""
        self.faults.append(f"{self.at(key)}: got {_shown(got)}, expected {expected}")

    def attempt(self, key: str, work: Callable[[], Value]) -> Value | None:
        """Return what `work` gives; a ConfigError becomes a fault at `key`."""
        try:
            return work()
        except ConfigError as error:
            where, text = self.at(key), str(error)
            self.faults.append(text if text.startswith(f"{where}:") or not where else f"{where}: {text}")
            return None

    def take(self, key: str, kind: type, default: Any = MISSING, expected: str = "") -> Any:
        """Return a plain value of a kind; a missing one is the default, or a fault if there is none."""
        self.known.append(key)
        words = expected or _WORDS[kind]
        if key not in self.values:
            if default is MISSING:
                self.faults.append(f"{self.at(key)}: is missing, expected {words}")
                return None
            return default
        value = self.values[key]
        allowed = (int, float) if kind is float else kind
        if not isinstance(value, allowed) or (isinstance(value, bool) and kind is not bool):
            self.wrong(key, value, words)
            return None
        return value

    def name(self, key: str = "name", default: Any = MISSING) -> Any:
        """Return a text by which something will be called."""
        found = self.take(key, str, default, "a name")
        if isinstance(found, str) and not found.strip():
            self.wrong(key, found, "a name")
        return found

    def choice(self, key: str, options: Iterable[str], default: Any = MISSING) -> Any:
        """Return one of some names."""
        names = list(options)
        name = self.take(key, str, default, f"one of {', '.join(names)}")
        if name in names or not isinstance(name, str):
            return name
        small = {one.lower(): one for one in names}
        near = difflib.get_close_matches(name.lower(), small, n=1) or [one for one in small if name.lower() in one]
        hint = f"; did you mean {small[near[0]]!r}?" if name and near else ""
        self.wrong(key, name, f"one of {', '.join(names)}{hint}")
        return None

    def quantity(self, key: str, unit: str, default: Any = MISSING, **bounds: Any) -> Any:
        """Return a quantity with its unit as a number in `unit`."""
        self.known.append(key)
        if key not in self.values:
            if default is MISSING:
                self.faults.append(f"{self.at(key)}: is missing, expected a quantity in a unit like {unit}")
                return None
            return default
        return self.attempt(key, lambda: quantity(self.values[key], unit, self.at(key), **bounds))

    def moments(self, key: str, default: Any = MISSING) -> tuple[float, ...] | None:
        """Return a list of times in seconds: plain numbers are days, texts have their unit."""
        values = self.take(key, list, default, "a list of days, as [-1, 1, 3], or of times, as ['2 h', '1 d']")
        if not isinstance(values, list):
            return values
        found = [self.moment(f"{key}[{index}]", value) for index, value in enumerate(values)]
        return None if None in found else tuple(found)  # pyright: ignore[reportReturnType]

    def moment(self, key: str, value: Any) -> float | None:
        """Return one time in seconds."""
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return self.attempt(key, lambda: quantity(f"{value} d", "s", self.at(key)))
        return self.attempt(key, lambda: quantity(value, "s", self.at(key)))

    def table(self, key: str) -> TomlTable:
        """Return the table at a key, empty if there is none."""
        self.known.append(key)
        return TomlTable(self.values.get(key, {}), self.at(key), self.faults)

    def tables(self, key: str, required: bool = False) -> Iterator[TomlTable]:
        """Yield the tables of a list."""
        values = self.take(key, list, MISSING if required else [], f"at least one [[{self.at(key)}]] table")
        if required and values == []:
            self.wrong(key, values, f"at least one [[{self.at(key)}]] table")
        for index, value in enumerate(values or []):
            yield TomlTable(value, f"{self.at(key)}[{index}]", self.faults)

    def close(self) -> None:
        """Note every key that nobody asked for, with the nearest that there is."""
        for key in self.values:
            if key not in self.known:
                near = difflib.get_close_matches(key, self.known, n=1)
                hint = f"did you mean {near[0]!r}? " if near else ""
                self.faults.append(f"{self.at(key)}: no such key; {hint}known: {', '.join(dict.fromkeys(self.known))}")


def _shown(value: Any) -> str:
    line = repr(value)
    return line if len(line) <= 60 else line[:56] + " ..."
