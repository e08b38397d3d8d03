"""Looks for the slip: which small slip in the reference does what a reader's function does, on every case?"""

import re

from reader import building, notes, slips, variants
from reader.recording import Judge, checks_of

# What kind of slip it is; the words of the slip itself are the next hint.
KINDS = {
    "added": "a value is added where it must be set",
    "arguments": "two arguments are swapped",
    "comparison": "a comparison is the wrong one",
    "condition": "a condition or a case is missing, inverted or in the wrong place",
    "constant": "a constant, a size or an index is wrong",
    "function": "a function is not called, or the wrong one is",
    "ignored": "something that was given is not used, or not as it is",
    "loop": "a loop starts or ends in the wrong place, or a step is on the wrong side of it",
    "member": "one member of a struct is used where another belongs",
    "missing": "a step is missing",
    "name": "one variable is used where another belongs",
    "operator": "an arithmetic operation is the wrong one",
    "order": "two steps are in the wrong order",
    "part": "part of a formula is missing, or there twice",
    "refused": "something is refused that should not be, or accepted",
    "result": "something else is done with the result",
    "set": "a value is set where it must be updated",
    "sign": "a minus sign is missing",
    "transposed": "rows and columns are swapped",
    "twice": "a step is done twice",
    "type": "a value has the wrong type",
}


# Slips of more meanings than this that do the same say nothing but where: all of them end in a refusal, perhaps.
MANY = 8
UNDECIDED = "; the results do not show which slip it is"
NAMED = 2  # how many are named of those that do the same


def search(one, function, check, place):
    """What is told of the slip that does the same as what was recorded; empty when none does.

    `make hint` tells what exactly it is, from the notes.
    """
    notes.forget("slip", one)
    found = slips.slips_of(one, reached_by(one, check), function)
    judge = Judge(one, place / "search", slips.of_slips(one, found))
    same = [found[int(number)] for number in judge.ask("search", check, place).stdout.split()]
    best = best_of(one, same, function)
    if best is None:
        return ""
    told, hint = sentences(one, function, best)
    if hint:
        notes.write("slip", one, f"{function}\n{hint}\n")
    return told + "\n"


def reached_by(one, check):
    """The functions that a check calls, itself or through others."""
    text = building.read_text(one.checks)
    call = re.search(rf'^    \{{"{check}",.*?(\w+)\}}', text, re.M | re.S)[1]
    called = variants.called_by(text, call)
    return called.union(*(variants.called_by(one.right(), name) for name in called))


def sentences(one, function, best):
    """(what a try tells, what the next hint tells), of what best_of() found; no hint when it would add nothing."""
    where, kinds, words = best
    told = f"One slip would explain all of this. It is in {part_of(one, function, where)}"
    told += ": " + "; or ".join(KINDS[kind] for kind in kinds) if 0 < len(kinds) <= NAMED else UNDECIDED
    if len(words) > NAMED:
        words = [words[0], "something else that does the same"]
    return f"{told}.", "" if words == [KINDS[kind] for kind in kinds] else "; or ".join(words)


def best_of(one, same, function):
    """(function, kinds, words) of the slips that do the same, the most probable first; no words when they are many.

    A slip in the function that failed, or in what a reader may have written as a part of it, is more probable than one in
    another that the header promises.
    """
    if not same:
        return None
    others = set(one.functions()) - {function}
    near = sorted([slip for slip in same if slip.function not in others] or same, key=lambda slip: slip.prior)
    near = [slip for slip in near if slip.prior <= near[0].prior + 1]
    places, kinds, words = (list(dict.fromkeys(getattr(slip, field) for slip in near)) for field in ("function", "kind", "words"))
    if len(words) > (NAMED if kinds == ["refused"] else MANY):  # what is refused has many reasons
        return function, [], []
    return places[0] if len(places) == 1 else function, kinds, words


def part_of(one, function, where):
    """Where a slip is, in words: the function, or the part of it that the reference has as a function of its own."""
    purpose = purpose_of(one, where)
    known = [name for _, name in checks_of(one)]
    if where in known and function in known and known.index(where) > known.index(function):
        return function  # what comes later may not be written yet
    if where == function or where not in one.functions() and not purpose:
        return function
    if where in one.functions():
        return f"{function}, or in {where} if {function} calls it"
    return f"{function}, where the reference says \"{purpose}\""


def purpose_of(one, where):
    """The comment above a function of the reference."""
    found = re.search(rf"^/\*((?:(?!\*/).)*)\*/\n(?=\S)[^\n;{{}}]*\b{where}\(", one.right(), re.S | re.M)
    text = " ".join(found[1].replace("\n *", " ").split()) if found else ""
    first = re.split(r"(?<=[.;:]) ", text)[0].rstrip(".;:")
    return first[:1].lower() + first[1:]
