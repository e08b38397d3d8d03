"""The named mistakes of a chapter: what mistakes.toml says of each, and the reference with one of them in it.

An entry is a belief, its symptom, the check that must catch it, what is said then, and the edits that make the
reference wrong: each replaces whole lines that stand there exactly once.
"""

import collections
import tomllib

FIELDS = ("belief", "symptom", "check", "diagnosis")
Mistake = collections.namedtuple("Mistake", ("name", *FIELDS, "edits"))


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
    return {name: to_mistake(path, name, entry) for name, entry in entries.items()}


def to_mistake(path, name, entry):
    missing = [field for field in (*FIELDS, "edit") if not entry.get(field)]
    unknown = sorted(set(entry) - {*FIELDS, "edit"})
    if missing or unknown:
        raise Wrong(f"{path}: {name}: " + "; ".join([f"no {field}" for field in missing] +
                                                    [f"unknown field {field}" for field in unknown]))
    edits = [(edit["replace"], edit["by"]) for edit in entry["edit"]]
    return Mistake(name, *(entry[field] for field in FIELDS), edits)


def applied(mistake, source):
    """The source with a mistake in it. All edits are of the source as it is, so their order is free."""
    source, made, end = "\n" + source, "", 0
    places = []
    for lines, by in mistake.edits:
        if source.count("\n" + lines) != 1:
            raise Wrong(f"{mistake.name}: must stand there once, but does {source.count(chr(10) + lines)} times:\n{lines}")
        places.append((source.index("\n" + lines) + 1, lines, by))
    for place, lines, by in sorted(places):
        if place < end:
            raise Wrong(f"{mistake.name}: two edits change the same lines:\n{lines}")
        made += source[end:place] + by
        end = place + len(lines)
    return (made + source[end:])[1:]
