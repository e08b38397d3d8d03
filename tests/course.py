#!/usr/bin/env python3
"""The reader's side of the course: try, hint, quiz, progress, reset, watch, break; and its own proof.

`make try-03`, `make hint-03` and so on call this; it is not meant to be called by hand. A chapter's
solution is mine/03_self_attention.c when that is there (git ignores mine/), else the chapter's exercise.c.
FUNCTION and MISTAKE, as given to make, come through the environment: no shell reads them.
"""

import os
import re
import signal
import subprocess
import sys
import time

sys.dont_write_bytecode = True  # nothing is written beside the sources

from reader import breaking, notes, proof, texts, yours  # noqa: E402
from reader.building import ROOT, Source, chapter, private_place  # noqa: E402
from reader.compiling import SANITIZERS, Unbuilt  # noqa: E402
from reader.recording import run_checks  # noqa: E402
from reader.telling import Teller, harmless  # noqa: E402


def try_chapter(number):
    one = chapter(number)
    source = Source(one.solution)
    tell = Teller("WATCHING" in os.environ)
    try:
        with private_place("try", one) as place:
            passed, printed = run_checks(one, source, place, SANITIZERS, tell)
    except Unbuilt as why:
        notes.stopped(one, source, "")
        sys.exit(str(why))
    tell.flush()
    if not passed:
        function = stopped_at(one, printed)
        notes.stopped(one, source, function)
        more = f" FUNCTION={function}" if function else ""
        print(f"\nYour file: {source.path}\nStuck? make hint-{one.number}{more}\nLesson: {one.path}/README.md")
        sys.exit(1)
    notes.passed(one, source)
    print(f"\nAll checks of chapter {int(one.number)} pass. make progress shows what is next.")
    if "WATCHING" not in os.environ:
        yours.celebrate(one)


def stopped_at(one, printed):
    """The function that the failed check is about: that of its step, else the first that it names."""
    said = printed.rpartition("stop  ")[2]
    functions = "|".join(texts.read_hints(one))
    found = re.search(rf"^({functions}) must ", said, re.M) or re.search(rf"\b({functions})\b", said)
    return found[1] if found else ""


def watch(number):
    one, path, seen = chapter(number), None, None
    signal.signal(signal.SIGINT, signal.default_int_handler)  # what starts in the background ignores it
    try:
        while True:
            if path is None or one.mine.exists():
                path = one.solution
            now = look(path)
            if now is not None and now != seen:
                if seen is None:
                    print(f"watching {path}; interrupt to stop", flush=True)
                print(f"\n--- {time.strftime('%H:%M:%S')} {'saved' if seen else 'as it is'} ---", flush=True)
                seen = now
                subprocess.run([sys.executable, __file__, "try", one.number], env=dict(os.environ, WATCHING="1"))
            time.sleep(0.3)
    except KeyboardInterrupt:
        print()


def look(path):
    """What tells one save from the next; None while the file is away, as in an editor that renames."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return path, found.st_mtime_ns, found.st_size, found.st_ino


COMMANDS = {
    "try": lambda number, extra: try_chapter(number),
    "watch": lambda number, extra: watch(number),
    "run": lambda number, extra: sys.exit(yours.run(number)),
    "progress": lambda number, extra: notes.progress(),
    "reset": lambda number, extra: notes.reset(number),
    "hint": lambda number, extra: texts.hint(number, extra or os.environ.get("FUNCTION", "")),
    "quiz": lambda number, extra: texts.quiz(number),
    "break": lambda number, extra: breaking.break_chapter(number, extra or os.environ.get("MISTAKE", "")),
    "mistakes": lambda number, extra: proof.mistakes(number),
    "slips": lambda number, extra: sentences().prove(number),
}


def sentences():
    """The proof of the search, which needs pycparser."""
    from reader import sentences as module
    return module


def main():
    os.chdir(ROOT)
    for stream in (sys.stdout, sys.stderr):  # in a locale without a sign, a question mark
        stream.reconfigure(errors="replace")
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # `make hint-03 | head` ends quietly
    command, number, extra = (sys.argv[1:] + [None, None, None])[:3]
    if command not in COMMANDS:
        sys.exit(f"usage: {sys.argv[0]} {'|'.join(COMMANDS)} [CHAPTER] [NAME]")
    try:
        COMMANDS[command](number, extra)
    except Unbuilt as why:
        sys.exit(harmless(str(why)))
    except SystemExit as why:
        sys.exit(harmless(why.code) if isinstance(why.code, str) else why.code)
    except OSError as error:
        sys.exit(f"{error.filename or command}: {error.strerror or error}")
    except KeyboardInterrupt:
        sys.exit(130)  # as the shell says of an interrupted command
    except Exception as error:
        if "TRACEBACK" in os.environ:
            raise
        sys.exit(f"make {command}: a fault of the course, not of your file: {type(error).__name__}: {error} "
                 "(TRACEBACK=1 shows where)")


if __name__ == "__main__":
    main()
