"""Looks for the slip: which small slip in the reference does what a reader's function does, on every case?"""

import re

from reader import building, notes, slips
from reader.recording import Judge

# What kind of slip it is; the words of the slip itself are the next hint.
KINDS = {
    "arguments": "two arguments have changed places",
    "assignment": "a value is added where it must be set, or set where it must be added",
    "comparison": "a comparison is not the right one",
    "condition": "a condition is missing, turned round, or joined in the wrong way",
    "constant": "a number is not the right one",
    "function": "a function is missing, or another one is called",
    "loop": "a loop begins, ends or encloses what it should not",
    "member": "one part of a struct is used where another belongs",
    "missing": "a step is missing",
    "name": "one name is used where another belongs",
    "operator": "a different operation is needed somewhere",
    "order": "two steps stand in the wrong order",
    "part": "a factor or a term is missing, or there twice",
    "sign": "a sign is missing",
    "transposed": "rows and columns are exchanged",
    "twice": "a step is done twice",
    "type": "a number is kept in the wrong type",
}


# Slips of more meanings than this that do the same say nothing but where: all of them end in a refusal, perhaps.
MANY = 8


def search(one, function, check, place):
    """What is told of the slip that does the same as what was recorded; empty when none does.

    What exactly it is, `make hint` tells: it is left in the notes.
    """
    notes.forget("slip", one)
    found = slips.slips_of(one)
    judge = Judge(one, place / "search", slips.of_slips(one, found))
    same = [found[int(number)] for number in judge.ask("search", check, place).stdout.split()]
    best = best_of(same, function)
    if best is None:
        return ""
    where, kind, words = best
    if kind is not None:
        notes.write("slip", one, f"{function}\n{words or KINDS[kind]}\n")
    told = [f"One slip explains all of this. It is in {part_of(one, function, where)}"]
    if kind is not None:
        told.append(f"; {KINDS[kind]}")
    return "".join(told) + ".\n"


def best_of(same, function):
    """(function, kind, words) of the most probable slip; what the probable ones do not share is None.

    A slip in the function that failed is more probable than one in another.
    """
    if not same:
        return None
    near = [slip for slip in same if slip.function == function] or same
    if len({slip.words for slip in near}) > MANY:
        return function, None, None
    least = min(slip.prior for slip in near)
    probable = [slip for slip in near if slip.prior == least]
    places, kinds, words = ({getattr(slip, field) for slip in probable} for field in ("function", "kind", "words"))
    return (places.pop() if len(places) == 1 else function, kinds.pop() if len(kinds) == 1 else None,
            words.pop() if len(words) == 1 else None)


def part_of(one, function, where):
    """Where a slip is, in words: the function, or the part of it that the reference has as a function of its own."""
    purpose = purpose_of(one, where)
    if where == function or not purpose:
        return where if where in one.functions() else function
    if where in one.functions():
        return f"{where}, which {function} calls"
    return f"the part of {function} that is about this: {purpose}"


def purpose_of(one, where):
    """The comment above a function of the reference."""
    found = re.search(rf"^/\*((?:(?!\*/).)*)\*/\n(?=\S)[^\n;{{}}]*\b{where}\(", one.right(), re.S | re.M)
    text = " ".join(found[1].replace("\n *", " ").split()) if found else ""
    first = re.split(r"(?<=[.;:]) ", text)[0].rstrip(".;:")
    return first[:1].lower() + first[1:]
