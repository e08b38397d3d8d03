"""What the course remembers of a reader, how far each chapter is, and how an exercise comes back.

The notes stand in build/progress, which `make clean` leaves alone. A damaged note counts as missing.
"""

import hashlib
import os
import re
import shutil
import subprocess
import sys

from reader.building import BUILD, Source, chapter, chapters, read_text

PLACE = BUILD / "progress"
# The SHA-256 of each exercise as it came, as sha256sum writes it.
CAME = "tests/exercises.sha256"
WORDS = {"passed": "passed", "changed": "passed before; changed since", "failed": "passed before; stops now",
         "begun": "begun", "open": "not begun", "unreadable": "cannot be read"}


# --- Notes ----------------------------------------------------------------------------------------


def read(kind, one):
    note = PLACE / f"{kind}-{one.number}"
    return read_text(note).strip() if note.is_file() else ""


def read_number(kind, one):
    text = read(kind, one)
    return int(text) if re.fullmatch(r"[0-9]{1,3}", text) else 0


def write(kind, one, text):
    """Writes a note whole: if it is killed meanwhile, the old one stays."""
    PLACE.mkdir(parents=True, exist_ok=True)
    note = PLACE / f"{kind}-{one.number}"
    whole = note.with_name(note.name + ".new")
    whole.write_text(text)
    whole.replace(note)


def forget(kind, one):
    (PLACE / f"{kind}-{one.number}").unlink(missing_ok=True)


def passed(one, source):
    write("passed", one, source.digest)
    forget("failed", one)
    forget("stopped", one)
    forget("slip", one)


def stopped(one, source, function):
    """The checks failed, or the source did not build: whatever was noted, this file does not pass."""
    write("failed", one, source.digest)
    write("stopped", one, function)
    if read("passed", one) == source.digest:
        forget("passed", one)


# --- Progress -------------------------------------------------------------------------------------


def state(one):
    """How far a chapter is: a key of WORDS."""
    try:
        source = Source(one.solution)
    except OSError:
        return "unreadable"
    before = read("passed", one)
    if re.fullmatch(r"[0-9a-f]{64}", before):
        return "passed" if before == source.digest else "failed" if read("failed", one) == source.digest else "changed"
    return "begun" if "NOT_WRITTEN_YET" not in source.text or is_edited(one, source) else "open"


def is_edited(one, source):
    return source.digest != came(one)


def came(one):
    """The digest of the exercise as it came."""
    found = re.search(rf"^([0-9a-f]{{64}})  {re.escape(str(one.exercise))}$", read_text(CAME), re.M)
    return found[1] if found else ""


def progress():
    following = None
    for one in chapters():
        if not one.exercise.exists() and not one.mine.exists():
            continue
        how = state(one)
        place = f", in {one.mine}" if one.solution == one.mine else ""
        print(f"  {'*' if how == 'passed' else ' '} {one.title:32} {WORDS[how]}{place}")
        if how != "passed" and following is None:
            following = one, how
    if following is None:
        print("\nEvery chapter is yours.")
        return
    one, how = following
    is_new = one.solution == one.exercise and how == "open"
    copied = f" (a copy of {one.exercise})" if is_new else ""
    print(f"\nNext: read {one.path}/README.md,\nwrite {one.mine if is_new else one.solution}{copied},\n"
          f"run make try-{one.number}")


# --- Reset ----------------------------------------------------------------------------------------


def pristine(one):
    """The exercise as it came: the file itself, else from git's history; None when neither has it."""
    wanted = came(one)
    if one.exercise.is_file() and Source(one.exercise).digest == wanted:
        return one.exercise.read_bytes()
    for version in versions(one.exercise):
        if hashlib.sha256(version).hexdigest() == wanted:
            return version
    return None


def versions(path):
    """All that a file ever was in the history, newest first; a reader may have committed many."""
    listed = git("log", "--all", "--format=%H", "--", str(path)) or b""
    for commit in listed.decode().split():
        version = git("cat-file", "blob", f"{commit}:./{path}")
        if version is not None:
            yield version


def git(*words):
    """What git prints; None where it fails or is not there. The clone may be another user's: it is only read."""
    try:
        result = subprocess.run(["git", "-c", "safe.directory=*", *words], capture_output=True)
    except OSError:
        return None
    return result.stdout if result.returncode == 0 else None


def reset(number):
    one = chapter(number)
    original = pristine(one)
    if original is None:
        sys.exit(f"{one.exercise}: git does not have it as it came, so there is nothing to restore it from")
    kept = ""
    if os.path.lexists(one.solution):
        if Source(one.solution).bytes == original:
            print(f"{one.solution} is as it came")
            return
        kept = keep(one.solution)
    one.solution.parent.mkdir(parents=True, exist_ok=True)
    one.solution.write_bytes(original)
    print(f"{one.solution} is as it came" + (f"; yours is kept as {kept}" if kept else ""))


def keep(path):
    """Copies a file to the first free name beside it."""
    number = 1
    while (kept := path.with_name(f"{path.name}.kept-{number}")).exists():
        number += 1
    shutil.copy2(path, kept)
    return kept
