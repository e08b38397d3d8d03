"""The chapters of the course, what each is made of, and how the makefile builds that."""

import contextlib
import errno
import fcntl
import functools
import hashlib
import os
import pathlib
import re
import shutil
import stat
import subprocess
import sys

from reader import mistakes

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
BUILD = pathlib.Path(os.environ.get("BUILD", "build"))


def read_text(path):
    """The text of a file, whatever its bytes: a stray one becomes a question mark."""
    return pathlib.Path(path).read_bytes().decode("utf-8", "replace")


# --- Chapters -------------------------------------------------------------------------------------


class Chapter:
    """One directory chapters/NN_topic and what belongs to it."""

    def __init__(self, path):
        self.path = pathlib.Path(path)
        self.name = self.path.name
        self.number, self.topic = self.name.split("_", 1)
        self.header = self.path / f"{self.topic}.h"
        # what a reader may write too, where there is any
        self.extra = next(iter(self.path.glob("demo/*extra.c")), self.path / "demo" / "extra.c")
        self.exercise = self.path / "exercise.c"
        self.mine = pathlib.Path("mine") / f"{self.name}.c"

    @property
    def solution(self):
        return self.mine if os.path.lexists(self.mine) else self.exercise  # a dangling link counts too

    @property
    def title(self):
        return read_text(self.path / "README.md").splitlines()[0].lstrip("# ")

    def right(self):
        """The text of the reference, and below it what is extra."""
        return "".join(read_text(source) for source in (self.reference, self.extra) if source.exists())

    def functions(self):
        """The functions that the chapter's header promises."""
        return defined_in(read_text(self.header))

    @functools.cached_property
    def sources(self):
        """The sources of the reference: topic.c, and those beside it that write what exercise.c asks for."""
        wanted = set(defined_in(read_text(self.exercise))) if self.exercise.exists() else set()
        topic = self.path / f"{self.topic}.c"
        return [topic] + [path for path in sorted(self.path.glob("*.c")) if path != topic and not path.name.startswith(("exercise", "."))
                          and wanted & set(defined_in(read_text(path)))]

    @functools.cached_property
    def reference(self):
        """The reference as one file, as a reader's is: topic.c, or all sources joined."""
        if len(self.sources) == 1:
            return self.sources[0]
        joined, text = BUILD / "reference" / f"{self.topic}.c", "\n".join(map(read_text, self.sources))
        if not joined.exists() or read_text(joined) != text:
            joined.parent.mkdir(parents=True, exist_ok=True)
            new = joined.with_suffix(f".{os.getpid()}")
            new.write_text(text, encoding="utf-8")
            new.replace(joined)
        return joined

    def mistakes(self):
        """{name: Mistake}, in the order of the alphabet."""
        try:
            return mistakes.read(self.path / "mistakes.toml")
        except mistakes.Wrong as why:
            sys.exit(str(why))

    def variants(self):
        return sorted(pathlib.Path("tests/variants").glob(f"{self.name}_*.c"))

    @property
    def checks(self):
        return pathlib.Path(f"tests/{self.name}_checks.c")


def chapters():
    return [Chapter(path) for path in sorted(pathlib.Path("chapters").glob("[0-9][0-9]_*"))]


def chapter(number):
    for one in chapters():
        if one.number == number.zfill(2):
            return one
    sys.exit(f"there is no chapter {number}")


class Source:
    """A file, read once: its digest is of what is compiled, even if it is saved again meanwhile."""

    def __init__(self, path):
        self.path = path
        if stat.S_ISREG(path.stat().st_mode) or path.is_dir():
            self.bytes = path.read_bytes()
        else:  # a pipe or a device need not have an end
            raise OSError(errno.EINVAL, "not a regular file", str(path))
        self.digest = hashlib.sha256(self.bytes).hexdigest()
        self.text = self.bytes.decode("utf-8", "replace")


# --- What a chapter is made of --------------------------------------------------------------------


def floors(one):
    """The folders whose headers a chapter may include: of each chapter up to it, all but the program."""
    return [folder for c in chapters() if c.number <= one.number
            for folder in (c.path, *sorted(c.path.iterdir())) if folder.is_dir() and folder.name != "demo"]


def needed(one, roots, texts=()):
    """The sources, besides the reference, that the roots and these texts need: those of the headers included.

    name.c belongs to name.h, and a source without a header to the neighbours that it includes.
    """
    places = [p for p in pathlib.Path("common").rglob("*") if p.suffix in (".c", ".h")]
    for folder in [*floors(one), one.path / "demo", pathlib.Path("tests/support"), pathlib.Path("tests/checks")]:
        places += [*folder.glob("*.c"), *folder.glob("*.h")]
    places = [p for p in places if not p.name.startswith(".")]  # Emacs has .#NAME while it edits a file
    headers = {path.name: path for path in places if path.suffix == ".h"}
    behind = {}
    for path in places:
        is_part = not path.name.startswith(("demo.", "exercise", "record.", "judge.", "contract.")) and path not in one.sources
        if path.suffix == ".c" and is_part:
            own = path.with_suffix(".h")
            near = [own] if own.exists() else named_alike(path, [headers[n] for n in includes(path) if n in headers])
            for header in near:
                if header.parent == path.parent:
                    behind.setdefault(header, []).append(path)
    found, waiting = set(), list(roots)
    names = [name for text in texts for name in included_in(text)]
    while waiting or names:
        path = waiting.pop() if waiting else headers.get(names.pop())
        if path is not None and path not in found:
            found.add(path)
            names += includes(path)
            waiting += behind.get(path, [])
    return sorted(path for path in found if path.suffix == ".c")


def named_alike(path, near):
    """Of the headers that a source without one includes, those it is a part of: program.h of program_numbers.c."""
    return [header for header in near if header.stem.split("_")[0] == path.stem.split("_")[0]] or near


def defined_in(text):
    """The functions that a text declares or defines."""
    return re.findall(r"^\w[\w ]*?[ *](\w+)\(", text, re.M)


def included_in(text):
    return re.findall(r'^\s*#\s*include\s*"([^"\n]+)"', text, re.M)


def includes(path):
    return included_in(read_text(path))


def parts_of(one, main, text):
    """What the main program of tests/checks is linked from for a chapter, besides the topic, whose text this is."""
    roots = [pathlib.Path("tests/checks") / main, one.checks, pathlib.Path("tests/support/frail_memory.c")]
    return [part for part in needed(one, roots, [text, read_text(one.header)]) if not is_sound_memory(part)]


def is_sound_memory(path):
    """The checks have one that can run out in its place."""
    return path.name == "memory.c" and path.parts[0] == "common"


def parts_of_program(one, source):
    return needed(one, [one.path / "demo" / "demo.c"], [source.text, read_text(one.header)])


def built(sources):
    """The objects that the makefile makes of sources, and of the templates beside them."""
    templates = {template for source in sources for template in source.parent.glob("*.gnuplot")}
    return [str(BUILD / "obj" / source.with_suffix(".o")) for source in sources] + \
        [str(BUILD / "obj" / f"{template}.o") for template in sorted(templates)]


def make(goals):
    """Has the makefile bring its part up to date; two that make in one place at once take turns."""
    if "BUILT" in os.environ:  # the makefile has made all of it before it called this
        return
    BUILD.mkdir(parents=True, exist_ok=True)
    flags = os.environ.get("MAKEFLAGS", "")
    jobs = re.search(r"(?:^| )-j(\d+)", flags)
    # The job server of the make that called this cannot be reached from here.
    flags = re.sub(r"(^| )(-j\d*|--jobserver-\S+)(?= |$)", "", flags)
    new = [goal for goal in goals if not pathlib.Path(goal).exists()]
    if len(new) > 5:
        print(f"building what this needs, for the first time: {len(new)} files", flush=True)
    command = [os.environ.get("MAKE", "make"), "--no-print-directory", f"-j{jobs[1] if jobs else processors()}", *goals]
    with open(BUILD / "making", "w") as lock:  # the system drops the lock of what is killed
        fcntl.flock(lock, fcntl.LOCK_EX)
        made = subprocess.run(command, env=dict(os.environ, MAKEFLAGS=flags), text=True, errors="replace",
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if made.returncode != 0:
        said = [line for line in made.stdout.splitlines() if not re.match(r"\S+ \S+\.o$", line)]
        sys.exit("\n".join(said[:12]) + "\nthe course's own part does not build: this is not about your file")


def processors():
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@contextlib.contextmanager
def private_place(kind, one):
    """A folder for one run alone, so that two at once do not meet; gone when it ends."""
    parent = BUILD / kind
    parent.mkdir(parents=True, exist_ok=True)
    for left in parent.glob("*.run-*"):  # what was killed could not clean up
        if not is_running(left.name.rpartition("-")[2]):
            shutil.rmtree(left, ignore_errors=True)
    place = parent / f"{one.name}.run-{os.getpid()}"
    place.mkdir(exist_ok=True)
    try:
        yield place
    finally:
        shutil.rmtree(place, ignore_errors=True)


def is_running(number):
    try:
        os.kill(int(number), 0)
    except PermissionError:
        return True
    except (OSError, ValueError):
        return False
    return True
