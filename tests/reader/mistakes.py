"""The named mistakes of a chapter: what mistakes.toml says of each, and the reference with one of them in it.

An entry is a belief, its symptom, the check that must catch it, what is said then, where to reread, and the edits
that make the reference wrong: each replaces whole lines that stand there exactly once. The same belief written in
another way is an entry that has nothing but `as = "the name"` and edits of its own.
"""

import collections
import tomllib

FIELDS = ("belief", "symptom", "check", "diagnosis")
# ways: for each way to write it, its edits, a list of (lines, lines to put there).
Mistake = collections.namedtuple("Mistake", ("name", *FIELDS, "place", "ways"))


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
    mistakes = {name: to_mistake(path, name, entry) for name, entry in entries.items() if "as" not in entry}
    for name, entry in entries.items():
        if "as" in entry:
            expect_fields(path, name, entry, ("as", "edit"))
            if entry["as"] not in mistakes:
                raise Wrong(f"{path}: {name}: no entry {entry['as']}")
            mistakes[entry["as"]].ways.append(edits_of(entry))
    return mistakes


def to_mistake(path, name, entry):
    expect_fields(path, name, entry, (*FIELDS, "edit"), optional=("place",))
    return Mistake(name, *(entry[field] for field in FIELDS), entry.get("place", ""), [edits_of(entry)])


def expect_fields(path, name, entry, needed, optional=()):
    missing = [f"no {field}" for field in needed if not entry.get(field)]
    unknown = [f"unknown field {field}" for field in sorted(set(entry) - {*needed, *optional})]
    if missing or unknown:
        raise Wrong(f"{path}: {name}: " + "; ".join(missing + unknown))


def edits_of(entry):
    return [(edit["replace"], edit["by"]) for edit in entry["edit"]]


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
