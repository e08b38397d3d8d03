"""Gives the interactive parts of the book a switch for each named mistake that can be seen there.

    switches.py PLACE SOURCE...

The sources are those of the module, in C. A part that computes by a chapter's functions gets that chapter's mistakes: the
first way to make each, as mistakes.toml has it. Each is tried in a process of its own, by the system's compiler. A mistake
that changes what the part shows, and neither crashes nor hangs nor shows what happens to lie in memory, has a switch.

In PLACE are left: topic.c, which takes the place of the chapter's reference; switch.c, which sets the switches; and mistakes.js,
what the page says of them.
"""

import ctypes
import json
import os
import pathlib
import shlex
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent.parent / "tests"))
from reader import building, mistakes, variants  # noqa: E402

# Of each part of live.h: the chapter, the name of its structure, and calls whose results are looked at.
PARTS = {
    "temperature": ("02", "LiveTemperature", [(ctypes.c_float(tau),) for tau in (1, 0.25, 4)]),
    "attention": ("03", "LiveAttention", [(0,), (1,)]),
    "heads": ("05", "LiveHeads", [(0,), (1,)]),
    "positions": ("06", "LivePositions", [(0,), (3,), (20,)]),
    "masks": ("07", "LiveMasks", [(False, 0), (True, 0), (False, 2), (True, 2)]),
}
SECONDS = 2  # a call needs a millisecond
M_PERTURB = -6  # mallopt(): what new memory is filled with


def reference(one):
    return building.read_text(one.reference)


def first_ways(one):
    """The named mistakes of a chapter in the first way to make each, but for those of what is extra."""
    return {name: mistake._replace(ways=mistake.ways[:1]) for name, mistake in one.mistakes().items()
            if all(lines in reference(one) for lines, _ in mistake.ways[0].edits)}


def switched(one, found):
    """The reference of a chapter with these mistakes behind its own switch."""
    renamed = "".join(f"#define {name} {name}_{one.number}\n" for name in ("variant", "VARIANTS", "VARIANT_COUNT", "reached"))
    return renamed + variants.of_mistakes(reference(one), found) + "size_t variant;\nbool *reached;\n"


def switch(chapters):
    """The function by which the page sets a switch; all others are then off."""
    declared = "".join(f"extern size_t variant_{one.number};\n" for one in chapters)
    off = "".join(f"    variant_{one.number} = 0;\n" for one in chapters)
    cases = "".join(f"    if (chapter == {int(one.number)})\n        variant_{one.number} = mistake;\n" for one in chapters)
    return ('#include "live.h"\n' + declared + "EXPORTED(live_mistake) void live_mistake(size_t chapter, size_t mistake);\n"
            "void live_mistake(size_t chapter, size_t mistake)\n{\n" + off + cases + "}\n")


def write(place, found):
    """Writes the sources for these mistakes, {chapter: {name: Mistake}}; gives their paths."""
    place.mkdir(parents=True, exist_ok=True)
    texts = {f"{one.topic}.c": switched(one, mistakes) for one, mistakes in found.items()}
    texts["switch.c"] = switch(found)
    for name, text in texts.items():
        (place / name).write_text(text, encoding="utf-8")
    return [str(place / name) for name in texts]


def library(place, sources, found):
    """The module as the system's compiler makes it, to be tried."""
    references = {str(source) for one in found for source in one.sources}
    sizes = place / "sizes.c"
    made = write(place, found)
    sizes.write_text('#include "live.h"\n' + "".join(f"const size_t size_of_{part} = sizeof({kind});\n"
                                                     for part, (_, kind, _) in PARTS.items()))
    command = [*shlex.split(os.environ.get("CC", "cc")), *shlex.split(os.environ["FLAGS"]), "-Itests/checks", "-Idocs/live",
               "-w", "-O1", "-fPIC", "-shared", *[source for source in sources if source not in references], *made, str(sizes),
               "-lm", "-o", str(place / "live.so")]
    subprocess.run(command, check=True)
    return ctypes.CDLL(str((place / "live.so").resolve()))


def shown(live, part):
    """What a part shows for all of its calls, as bytes; None where one is refused."""
    _, _, calls = PARTS[part]
    function = getattr(live, f"live_{part}")
    function.restype = ctypes.c_void_p
    size = ctypes.c_size_t.in_dll(live, f"size_of_{part}").value
    bytes_shown = b""
    for call in calls:
        address = function(*call)
        if not address:
            return None
        bytes_shown += ctypes.string_at(address, size)
    return bytes_shown


def tried(live, part, number, filling):
    """The same under a mistake, in a process of its own; None also for a crash and for a call without an end."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        import signal
        signal.alarm(SECONDS)
        ctypes.CDLL(None).mallopt(M_PERTURB, filling)
        live.live_mistake(ctypes.c_size_t(int(PARTS[part][0])), ctypes.c_size_t(number))
        with os.fdopen(writing, "wb") as pipe:
            pipe.write(shown(live, part) or b"")
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        came = pipe.read()
    return came if os.waitpid(child, 0)[1] == 0 and came else None


def can_be_seen(live, part, number):
    right, first, second = (tried(live, part, one, filling) for one, filling in ((0, 1), (number, 1), (number, 129)))
    return first is not None and first == second and first != right


def main(place, sources):
    place = pathlib.Path(place)
    chapters = {part: building.chapter(number) for part, (number, _, _) in PARTS.items()}
    known = {one: first_ways(one) for one in chapters.values()}
    live = library(place / "tried", sources, known)
    seen = {one: {name: mistake for number, (name, mistake) in enumerate(known[one].items(), 1) if can_be_seen(live, part, number)}
            for part, one in chapters.items()}
    write(place, seen)
    told = {part: {"chapter": int(one.number), "mistakes": [
        {"name": name, "address": f"mistakes.html#mistake-{one.number}-{name}", "belief": mistake.belief, "symptom": mistake.symptom}
        for name, mistake in seen[one].items()]} for part, one in chapters.items()}
    (place / "mistakes.js").write_text(f"const LIVE_MISTAKES = {json.dumps(told)};\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
