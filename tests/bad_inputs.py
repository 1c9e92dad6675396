"""Wrong calls of the command line, some two hundred, made from tables and a seeded generator.

Each is the arguments, in the folder that test_bad_inputs.py makes, and the exit code that they have to give.
"""

from __future__ import annotations

import copy
import itertools
import json
import random
import tomllib
from collections.abc import Iterator
from typing import Any, NamedTuple

from plastisim.parameters import declared_parameters, short

TOML = """
schema = "plastisim/1"
title = "Does it block?"
seed = 3
imaging = { sessions = [-1, 1, 3] }
run = { start = "-1 d", end = "3 d" }
cohorts = [{ name = "tuft", cell_type = "IT", compartment = "basal", mice = 2, drift = "0.001 1/d" }]
readouts = [{ name = "density" }, { name = "bdnf_mrna", at = ["2 h"] }]
parameters = { "gq.reserve" = "2.5", "spines.transient_loss" = "0.5 1/d" }
verdict = { readout = "density", arm = "drug", at = 1, above = "5 %" }

[[arms]]
name = "vehicle"
doses = [{ compound = "vehicle" }]

[[arms]]
name = "drug"
htr2a_density = "50 %"
hypothesis = "TrkB direct"
doses = [{ compound = "psilocybin", amount = "1 mg/kg", at = "2 h", route = "iv", times = 2, every = "24 h" }]
baths = [{ compound = "ketanserin", concentration = "1 umol/L", start = "-1 h", stop = "2 d" }]
infusions = [{ compound = "LSD", rate = "0.5 mg/kg/h", start = "1 h", stop = "2 h" }]
manipulations = [{ name = "own", statement = "less", pathway = { "trkb.potentiation" = 0.5 } }]
"""
WRONG_ANYWHERE = ("{ x = 1 }", "nan", "1979-05-27", "true", "[[1]]", "''")
RUN = ("run", "window-24h", "--out", "o")
AMOUNTS = (
    "", " ", "1", "mg/kg", "much", "nan mg/kg", "inf mg/kg", "1e999 mg/kg", "1 mg", "1 h", "1 mg/kg/h", "1,5 mg/kg",
    "1 mg/kgg", "--", "0x1 mg/kg", "1 mg/kg 2 mg/kg", "🙂", "1" * 200, "9**9**9 mg/kg", "\x1b[31m1 mg/kg",
)  # fmt: skip
TIMES = ("", "2", "h", "nan h", "inf d", "1 kg", "0.5 s", "-9 d", "34 d", "1e300 d", "2 hours ago")
SESSIONS = ("", ",", "-1,,1", "a", "-1,1,nan", "-1,1,inf", "1,-1", "-1,-1,1", "-1,1,1.01", "1,3", "-1,3", "-1,1,1e9")
SEEDS = ("", "x", "1.5", "nan", "-1", "4294967296", "9" * 400)
NAMES = ("", " ", "windw-24h", "../window-24h", "window_24h.py", "calibrate", "🙂", "nowhere.toml", "folder.toml",
         "garbage.toml", "latin.toml", "broken.toml", "number.toml", "window-24h.toml/x")  # fmt: skip

LONG = "b" * 5000


class Bad(NamedTuple):
    """A wrong call: its arguments, the exit code, and the TOML file `made.toml` that it needs, if any."""

    what: str
    arguments: tuple[str, ...]
    code: int = 2
    toml: str = ""


def cases() -> list[Bad]:
    """Return all wrong calls, the same every time."""
    chance = random.Random(24)
    return [*options(), *overrides(chance), *stores(), *pages(chance)]


def options() -> Iterator[Bad]:
    """Yield wrong options of the verbs, one at a time."""
    for option, values in {"--dose": AMOUNTS, "--at": TIMES, "--sessions": SESSIONS, "--seed": SEEDS}.items():
        yield from (Bad(f"{option} {value[:20]!r}", (*RUN, option, value)) for value in values)
    for name in NAMES:
        yield Bad(f"run {name!r}", ("run", name, "--out", "o"))
        yield Bad(f"plan {name!r}", ("plan", name))
    for place in ("taken", "file.txt", "file.txt/o", "taken/thesis.txt/o", "", "deep/er/file.txt"):
        out = ("deep/er/o", "--compound", "nothing") if place.startswith("deep") else (place,)
        yield Bad(f"--out {place!r}", ("run", "window-24h", "--out", *out))
    for place in ("file.txt", "folder", "nowhere/x.json", "file.txt/x.json"):
        yield Bad(f"run --json {place}", (*RUN, "--json", place, "--dose", "x"))
        for call in (("plan", "window-24h"), ("parameters",), ("compounds",), ("compare", "good", "like")):
            yield Bad(f"{call[0]} --json {place}", (*call, "--json", place))
    for data in ("", "nowhere", "folder", "empty.csv", "garbage.csv", "garbage.toml"):
        yield Bad(f"--data {data!r}", (*RUN, "--data", data))
    for call in (("run", LONG, "--out", "o"), ("run", "window-24h", "--out", LONG), (*RUN, "--json", LONG),
                 (*RUN, "--data", LONG), ("draw", "good", f"{LONG}.png"), ("animate", "good", f"{LONG}.gif"),
                 ("compare", "good", LONG), ("guide", "--site", LONG)):  # fmt: skip
        yield Bad(f"{call[0]} with a long name for {call[-2]}", call)
    for option in ("--mouse", "--neuron", "--dendrite"):
        yield Bad(f"animate {option} 1.5", ("animate", "good", "x.gif", option, "1.5"))
    for compound in ("", "psilocibin", "vehicle", "nan", "🙂", "-"):
        yield Bad(f"--compound {compound!r}", (*RUN, "--compound", compound))
    for call in (
        (), ("run",), ("run", "--out"), ("run", "window-24h"), (*RUN, "--smal"), (*RUN, "extra"), ("fly",), (*RUN, ""),
        ("run", "--like", "nowhere", "--out", "o"), (*RUN, "--like", "good"), (*RUN, "--small=perhaps"), ("plan",),
        ("run", "--like", "good", "--out", "o", "--dose", "1 mg/kg"), ("resume",), ("resume", "nowhere"),
        ("run", "--like", "good", "--out", "o", "--gq.reserve", "2"), ("compare",), ("compare", "good"), ("write",),
        ("compare", "good", "good"), ("compare", "good", "nowhere"), ("write", "nowhere"),
        ("parameters", "zzz"), ("parameters", ""), ("parameters", "--stage", "gqq"), ("parameters", "--confidence", ""),
        ("compounds", ""), ("compounds", "psilocibin"), ("compounds", "LSD", "DMT"), ("doctor", "--out", "nowhere"),
        ("doctor", "now"), ("export", "x.xml"), ("export", "x.xml", "--compound", "LSD", "--dose", "1"),
        ("export", "x.xml", "--compound", "LSD", "--dose", "1 mg/kg", "--preset", "rough"), ("bench", "--out", "taken"),
        ("plan", "window-24h", "--dose", "-1 mg/kg"), ("plan", "window-24h", "--sessions", "1,3"),
        ("run", "blockade", "--out", "o", "--dose", "1 mg/kg"), ("--install-completion", "--shell", "tcsh"),
    ):  # fmt: skip
        if call:
            yield Bad(" ".join(call), call, 5 if call == ("resume", "nowhere") else 2)


def overrides(chance: random.Random) -> Iterator[Bad]:
    """Yield parameters that do not exist, and values that they cannot have."""
    known = declared_parameters()
    paths = [short(path) for path in known]
    for path in chance.sample(paths, 12):
        where = chance.randrange(len(path))
        letter = chance.choice("xq7")
        wrong = chance.choice(
            (path[:where] + letter + path[where:], path[:where] + path[where + 1 :], f"{path}.{letter}")
        )
        if wrong not in paths:
            yield Bad(f"--{wrong}", (*RUN, f"--{wrong}", "2") if "." in wrong else (*RUN, "--set", f"{wrong}=2"))
    for path, value in zip(chance.sample(paths, 12), itertools.cycle(("-1", "nan", "inf", "1 parsec", "", "two"))):
        unit = known.get(path, known.get(f"pathway.{path}")).metadata["unit"]  # pyright: ignore
        text = f"{value} {unit}" if value in ("-1", "nan", "inf") and unit != "1" else value
        yield Bad(f"--set {path}={text}", ("plan", "window-24h", "--set", f"{path}={text}"))
    for text in ("", "=", "=2", "gq.reserve", "gq.reserve=", "gq=2", "gq.reserve=1=2", "a.b.c=1", "gq.reserve=1 s"):
        yield Bad(f"--set {text!r}", (*RUN, "--set", text))
    yield Bad("no value", (*RUN, "--gq.reserve"))
    yield Bad("no value before an option", (*RUN, "--gq.reserve", "--small"))
    yield Bad("given twice", (*RUN, "--gq.reserve", "2", "--pathway.gq.reserve=3"))
    yield Bad("another verb", ("compounds", "--gq.reserve", "2"))


def stores() -> Iterator[Bad]:
    """Yield stored runs that cannot be used."""
    for name in ("garbage", "truncated", "lost", "not_json", "no_config", "other_schema", "folder", "file.txt"):
        yield Bad(f"compare {name}", ("compare", "good", name), 5)
        yield Bad(f"write {name}", ("write", name), 5)
        code = 2 if name in ("folder", "file.txt") else 0 if name == "no_config" else 5
        if code:
            yield Bad(f"run --like {name}", ("run", "--like", name, "--out", "o"), code)
    for name in ("call_garbage", "call_list", "call_types", "call_unknown", "call_deep"):
        yield Bad(f"compare {name}", ("compare", "good", name), 5)
        yield Bad(f"run --like {name}", ("run", "--like", name, "--out", "o"), 5)
        yield Bad(f"resume {name}", ("resume", name), 5)
    yield Bad("compare with nothing", ("compare", "good", ""), 5)
    for name in ("no_document", "document_garbage", "document_list", "document_rows"):
        yield Bad(f"compare {name}", ("compare", "good", name), 5)


def pages(chance: random.Random) -> Iterator[Bad]:
    """Yield experiment files with one thing wrong: a kind that fits nowhere, a key too many, things that clash."""
    places = list(leaves(tomllib.loads(TOML)))
    for place in places:
        value = chance.choice(
            WRONG_ANYWHERE if place[-1] != "statement" and place[-1] != "title" else WRONG_ANYWHERE[:5]
        )
        yield Bad(f"{place} = {value}", ("plan", "made.toml"), toml=with_value(place, value))
    for place in chance.sample([place[:-1] for place in places], 6):
        yield Bad(f"{place} has more", ("plan", "made.toml"), toml=with_value((*place, "unheard_of"), "1"))
    for old, new in (
        ('name = "drug"\n', 'name = "vehicle"\n'), ("[-1, 1, 3]", "[-1, 1, 1]"), ("[-1, 1, 3]", "[]"),
        ("mice = 2", "mice = -2"), ("mice = 2", "mice = 0"), ('"1 mg/kg"', '"-1 mg/kg"'),
        ('"2 h", route', '"3 d", route'), ('"1 umol/L"', '"-1 umol/L"'), ("times = 2", "times = 1000000000"),
        ("times = 2", "times = 0"), ("0.5 }", "-0.5 }"), ('"24 h"', '"0 h"'), ('"0.5 mg/kg/h"', '"-0.5 mg/kg/h"'),
        ('"gq.reserve"', '"gq.reserv"'), ("= 0.5", "= inf"), ('"2.5"', '"2.5 s"'), ('"2.5"', "-1"),
        ('{ "gq.reserve"', '{ gq.reserve = 2, "gq.reserve"'), ("seed = 3", "seed = -3"), ('"50 %"', '"-50 %"'),
        ('"5 %" }', '"5 %", below = "1 %" }'), ('end = "3 d"', 'end = "2000 d"'), ('"2 d"', '"-2 h"'),
        ('end = "3 d"', 'end = "-2 d"'), ('end = "3 d"', 'end = "1.01 d"'),
        ('[[arms]]\nname = "vehicle"', 'arms = 3\n[[arms]]\nname = "vehicle"'), ("seed = 3", "seed"),
        ('[{ name = "density" }', '[{ name = "density" }, { name = "density" }'),
        ("seed = 3", "seed = 1000000000000000000000000000000"),
        ("cohorts = [", 'cohorts = [{ name = "tuft", cell_type = "PT", mice = 2 }, '),
    ):  # fmt: skip
        assert TOML.count(old) == 1, old
        yield Bad(f"{old} -> {new}", ("run", "made.toml", "--out", "o"), toml=TOML.replace(old, new))


def leaves(value: Any, place: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the place of every value that is no table or list."""
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else None
    if parts is None:
        yield place
    else:
        for key, part in parts:
            yield from leaves(part, (*place, key))


def with_value(place: tuple[Any, ...], value: str) -> str:
    """Return the page with another value, written as it stands, at a place."""
    page = copy.deepcopy(tomllib.loads(TOML))
    inner = page
    for key in place[:-1]:
        inner = inner[key]
    if not isinstance(inner, dict | list):
        return TOML
    if isinstance(inner, dict):
        inner[place[-1]] = "THE VALUE"
    else:
        inner[place[-1] if isinstance(place[-1], int) else 0] = "THE VALUE"
    return "\n".join(f"{key} = {written(part)}" for key, part in page.items()).replace('"THE VALUE"', value)


def written(value: Any) -> str:
    """Return a value in TOML."""
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{json.dumps(key)} = {written(part)}" for key, part in value.items()) + " }"
    return "[" + ", ".join(map(written, value)) + "]" if isinstance(value, list) else json.dumps(value)
