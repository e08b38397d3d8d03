"""The chapters of the course, and how a chapter is built with another source in place of its topic.

What does not compile or link is explained in one line, in the words of somebody who writes the
chapter; the compiler's first message follows.
"""

import difflib
import fcntl
import hashlib
import os
import pathlib
import re
import shlex
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
BUILD = pathlib.Path(os.environ.get("BUILD", "build"))
CC = shlex.split(os.environ.get("CC", "cc"))
LANGUAGE = ["-std=c11", "-D_POSIX_C_SOURCE=200809L", "-D_DARWIN_C_SOURCE", "-g", "-O1"]
# No -Wconversion: what it asks for is house style, and would stand above the mistake that counts.
# The errors are those of every compiler since GCC 14; older ones go on, and fail later in the linker.
WARNINGS = ["-Wall", "-Wextra", "-Wshadow", "-Wno-unused-parameter", "-Wno-unused-function", "-Werror=return-type",
            "-Werror=implicit-function-declaration", "-Werror=implicit-int", "-Werror=int-conversion",
            "-Werror=incompatible-pointer-types"]
SANITIZERS = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-fno-omit-frame-pointer"]
# The main function of the checks, what a check may say, and the memory that can run out.
ALWAYS = [pathlib.Path("tests/support") / name for name in ("run.c", "teach.c", "frail_memory.c")]

# What the first error of a compiler (GCC or Clang) means.
MEANINGS = (
    (r"fatal error: '?([^':\s]+)'?:? (?:No such file|file not found)", r"it includes \1, which is not there: a chapter "
     r"may include the headers of common/, its own and those of the chapters before it"),
    (r"implicit(?:ly)? declar(?:ation of|ing library) function '(\w+)'|undeclared function '(\w+)'",
     r"it calls \1\2, which is not declared: the name is misspelt, or an #include is missing"),
    (r"return type defaults to|type defaults to 'int'|type specifier missing",
     r"a definition has no type in front of its name"),
    (r"end of input|expected '}'|expected declaration or statement at end",
     r"it ends inside a function: a closing brace is missing"),
    (r"expected identifier or '\(' before '}'|extraneous closing brace",
     r"there is one closing brace too many, or an opening one is missing above it"),
    (r"non-void function|\[-Werror[=,-]+return-type\]", r"a function ends without returning what it promises"),
    (r"conflicting types for '(\w+)", r"\1 has another type than its header gives it"),
    (r"redefinition of '(\w+)'", r"it defines \1 twice"),
    (r"'(\w+)' undeclared|undeclared identifier '(\w+)'", r"it uses \1\2, which is not declared: perhaps it is misspelt"),
    (r"expected (?:',' or )?';'", r"a semicolon is missing here, or at the end of the line above"),
    (r"stray '|unexpected character|source file is not valid", r"it has a character that is no part of C"),
)


class Unbuilt(Exception):
    """A source that does not become a program: one line that says why, and perhaps the compiler's message."""


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
        self.reference = self.path / f"{self.topic}.c"
        self.header = self.path / f"{self.topic}.h"
        self.exercise = self.path / "exercise.c"
        self.mine = pathlib.Path("mine") / f"{self.name}.c"

    @property
    def solution(self):
        return self.mine if self.mine.exists() else self.exercise

    @property
    def title(self):
        return read_text(self.path / "README.md").splitlines()[0].lstrip("# ")

    def functions(self):
        """The functions that the chapter's header promises."""
        return re.findall(r"^\w[\w ]*?[ *](\w+)\(", read_text(self.header), re.M)

    def mistakes(self):
        return sorted(self.path.glob("mistakes/*.patch"))

    def variants(self):
        return sorted(pathlib.Path("tests/variants").glob(f"{self.name}_*.c"))

    def suites(self):
        """The checks in teaching order: first the steps, then the tests."""
        sources = (pathlib.Path(f"tests/{self.name}{end}.c") for end in ("_steps_test", "_test"))
        return [source for source in sources if source.exists()]


def chapters():
    return [Chapter(path) for path in sorted(pathlib.Path("chapters").glob("[0-9][0-9]_*"))]


def chapter(number):
    for one in chapters():
        if one.number == number.zfill(2):
            return one
    sys.exit(f"there is no chapter {number}")


class Source:
    """A file as it was read, once: what is compiled is what its digest speaks of, whenever it is saved again."""

    def __init__(self, path):
        self.path = path
        self.bytes = path.read_bytes()
        self.digest = hashlib.sha256(self.bytes).hexdigest()
        self.text = self.bytes.decode("utf-8", "replace")


# --- What a chapter is made of --------------------------------------------------------------------


def floors(one):
    return [c.path for c in chapters() if c.number <= one.number]


def needed(one, roots, texts=()):
    """The sources, besides the topic's, that the roots and these texts need: those behind the headers included.

    Behind topic.h stands topic.c, and a source without a header stands behind the neighbours that it includes.
    """
    places = [p for p in pathlib.Path("common").rglob("*") if p.suffix in (".c", ".h")]
    for folder in [*floors(one), pathlib.Path("tests/support")]:
        places += [*folder.glob("*.c"), *folder.glob("*.h")]
    headers = {path.name: path for path in places if path.suffix == ".h"}
    behind = {}
    for path in places:
        if path.suffix == ".c" and path.name not in ("demo.c", "exercise.c") and path != one.reference:
            own = path.with_suffix(".h")
            near = [own] if own.exists() else [headers[name] for name in includes(path) if name in headers]
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


def included_in(text):
    return re.findall(r'^\s*#\s*include\s*"([^"\n]+)"', text, re.M)


def includes(path):
    return included_in(read_text(path))


def parts_of_checks(one, source):
    """What the checks of a chapter are linked from, besides the topic and the suites themselves."""
    own = [path for path in ALWAYS if path.exists()]
    parts = needed(one, one.suites() + own, [source.text, read_text(one.header)])
    return [part for part in parts if part not in one.suites() and not is_sound_memory(part)]


def is_sound_memory(path):
    """The checks have one that can run out in its place."""
    return path.name == "memory.c" and path.parts[0] == "common"


def parts_of_program(one, source):
    return needed(one, [one.path / "demo.c"], [source.text, read_text(one.header)])


def built(sources):
    """The objects that the makefile makes of sources."""
    return [str(BUILD / "obj" / source.with_suffix(".o")) for source in sources]


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
        print(f"building what this stands on, for the first time: {len(new)} files", flush=True)
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


# --- Compiling and linking ------------------------------------------------------------------------


def compile_topic(one, source, place, flags):
    """Compiles a source as the chapter's topic. Gives the object and the warnings."""
    refuse_unreadable(one, source)
    target = place / "topic.o"
    paths = [f"-iquote{source.path.parent}", "-Icommon", *(f"-I{path}" for path in rooms("common")),
             *(f"-I{path}" for path in floors(one)), "-Itests/support"]
    command = CC + LANGUAGE + WARNINGS + flags + paths + ["-x", "c", "-c", "-", "-o", str(target)]
    named = f'# 1 "{source.path}"\n'.encode() + source.bytes
    result = subprocess.run(command, input=named, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                            env=dict(os.environ, LC_ALL="C"))
    said = result.stdout.decode("utf-8", "replace")
    if result.returncode != 0:
        raise Unbuilt(explain_compiler(source, said))
    return target, said


def rooms(folder):
    return sorted(path for path in pathlib.Path(folder).rglob("*") if path.is_dir())


def refuse_unreadable(one, source):
    if not source.bytes.strip():
        raise Unbuilt(f"{source.path} is empty: begin with a copy of {one.exercise} (make reset-{one.number})")
    if b"\0" in source.bytes:
        raise Unbuilt(f"{source.path} is not a C source: it holds bytes that no text has (was a program saved there?)")


def explain_compiler(source, said):
    """What the first error means, with the compiler's message below."""
    messages = re.split(r"(?m)^(?=\S*?:\d+(?::\d+)?: (?:fatal )?(?:error|warning): |\d+ (?:error|warning)s? )", said)
    first = next((m for m in messages if re.match(r"\S*?:\d+(:\d+)?: (fatal )?error: ", m)), None)
    if first is None:
        return f"{source.path} does not compile yet; the compiler said:\n\n" + "\n".join(said.splitlines()[:6])
    path, line = first.split(":")[:2]
    where = f"line {line}" if path == str(source.path) else f"because of {path}, line {line}"
    about = meaning_of(first.splitlines()[0])
    shown = "\n".join(first.splitlines()[:8])
    return f"{source.path} does not compile yet, {where}{about}. The compiler's first message:\n\n{shown}"


def meaning_of(message):
    for pattern, meaning in MEANINGS:
        if found := re.search(pattern, message):
            return ": " + re.sub(r"\\(\d)", lambda group: found[int(group[1])] or "", meaning)
    return ""


def link(parts, target, flags):
    """Links a program. Gives None, or what the linker said."""
    libraries = shlex.split(os.environ.get("CHECK_LIBS", "-lcheck")) + ["-lm"]
    openmp = BUILD / "openmp.flags"  # the makefile's, for the threads of chapter 10
    libraries += read_text(openmp).split() if openmp.exists() else []
    result = subprocess.run(CC + flags + [str(p) for p in parts] + libraries + ["-o", str(target)], text=True,
                            errors="replace", stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                            env=dict(os.environ, LC_ALL="C"))
    return None if result.returncode == 0 else result.stdout


def link_topic(one, source, parts, target, flags):
    """Links parts[0], the object of a source, with the rest; what does not link is explained."""
    for wait in (0.3, 1.0, 3.0, None):
        said = link(parts, target, flags)
        if said is None:
            return target
        if why := explain_names(one, source, *map(str, parts[:1]), [str(p) for p in parts[1:]]):
            raise Unbuilt(why)
        if wait is None or re.search(r"undefined reference|Undefined symbols", said):
            raise Unbuilt(explain_linker(source, said))
        time.sleep(wait)  # another make may be writing an object right now


def names_in(objects):
    """The names of other files that objects define: {name: object}."""
    result = subprocess.run(["nm", "-A", "-P", "-g", *objects], text=True, errors="replace", capture_output=True,
                            env=dict(os.environ, LC_ALL="C"))
    found = re.findall(r"(?m)^(.*?): _?(\w+) [A-TV-Z]\b", result.stdout)
    return {name: path for path, name in found if not name.startswith("_")}


def explain_names(one, source, topic, others):
    """The functions that a source lacks, or that others have too; empty when names are not the matter."""
    own, taken = names_in([topic]), names_in(others)
    for name in own:
        if name in taken:
            where = pathlib.Path(taken[name]).relative_to(BUILD / "obj").with_suffix(".c")
            mend = "take yours out" if name == "main" else "give yours another name, or write `static` in front of it"
            return f"{source.path} defines {name}, but {where} has one already: {mend}"
    missing = [name for name in one.functions() if name not in own and name not in taken]
    if not missing:
        return ""
    close = difflib.get_close_matches(missing[0], [name for name in own if name not in one.functions()], 1)
    hint = f"; is {close[0]} meant to be it?" if close else f": {one.exercise} has all that the checks call"
    return f"{source.path} does not define {', '.join(missing)}, which {one.header} promises{hint}"


def explain_linker(source, said):
    names = sorted(set(re.findall(r"undefined reference to [`']_?(\w+)|\"_(\w+)\", referenced", said)))
    called = ", ".join(one or other for one, other in names)
    if called:
        return f"{source.path} calls {called}, which nothing defines: the name is misspelt, or its body is missing"
    first = [line for line in said.splitlines() if "error" in line or "cannot" in line] or said.splitlines()
    return f"{source.path} compiles, but does not link; the linker said:\n\n" + "\n".join(first[:3])
