"""The named mistakes of a chapter: what mistakes.toml says of each, and the reference with one of them in it.

An entry is a belief, its symptom, the check that must catch it, what is said then, where to reread, and the edits
that make the reference wrong: each replaces whole lines that stand there exactly once. The same belief written in
another way is an entry with `as = "the name"` and edits of its own; whatever else it says is about that way.
"""

import collections
import tomllib

# What is written of the belief, and what of each way to write it.
BELIEF, WAY = ("belief", "symptom"), ("check", "diagnosis", "place")
Mistake = collections.namedtuple("Mistake", ("name", *BELIEF, "ways"))
# edits: [(lines, lines to put there)].
Way = collections.namedtuple("Way", (*WAY, "edits"))


class Wrong(Exception):
    """What is wrong with an entry, in one line."""


def read(path):
    """{name: Mistake}, in the file's order; {} without a file."""
    if not path.exists():
        return {}
    try:
        entries = tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise Wrong(f"{path}: {error}") from None
    mistakes = {}
    for name, entry in entries.items():
        if "as" not in entry:
            mistakes[name] = to_mistake(path, name, entry)
    for name, entry in entries.items():
        if "as" in entry:
            add_way(path, name, entry, mistakes)
    return mistakes


def to_mistake(path, name, entry):
    expect_fields(path, name, entry, (*BELIEF, *WAY, "edit"))
    return Mistake(name, entry["belief"], entry["symptom"], [to_way(entry)])


def add_way(path, name, entry, mistakes):
    expect_fields(path, name, entry, ("as", "edit"), optional=WAY)
    if entry["as"] not in mistakes:
        raise Wrong(f"{path}: {name}: no entry {entry['as']}")
    ways = mistakes[entry["as"]].ways
    ways.append(to_way({**ways[0]._asdict(), **entry}))


def to_way(entry):
    edits = [(edit["replace"], edit["by"]) for edit in entry["edit"]]
    return Way(entry["check"], entry["diagnosis"], entry["place"], edits)


def expect_fields(path, name, entry, needed, optional=()):
    missing = [f"no {field}" for field in needed if not entry.get(field)]
    unknown = [f"unknown field {field}" for field in sorted(set(entry) - {*needed, *optional})]
    if missing or unknown:
        raise Wrong(f"{path}: {name}: " + "; ".join(missing + unknown))


def variants(mistakes):
    """{label: (name, Way)}: the label of a mistake's second way is name/2."""
    return {name if i == 0 else f"{name}/{i + 1}": (name, way)
            for name, mistake in mistakes.items() for i, way in enumerate(mistake.ways)}


def applied(name, edits, source):
    """The source with a mistake in it, written in one of its ways. All edits are of the source as it is, so their order is free."""
    source, made, end = "\n" + source, "", 0
    places = []
    for lines, by in edits:
        if source.count("\n" + lines) != 1:
            raise Wrong(f"{name}: must stand there once, but does {source.count(chr(10) + lines)} times:\n{lines}")
        places.append((source.index("\n" + lines) + 1, lines, by))
    for place, lines, by in sorted(places):
        if place < end:
            raise Wrong(f"{name}: two edits change the same lines:\n{lines}")
        made += source[end:place] + by
        end = place + len(lines)
    return (made + source[end:])[1:]
