"""Builds a chapter with another source in place of its topic.

What does not compile or link is explained in one line, in the words of somebody who writes the
chapter; the compiler's first message follows.
"""

import codecs
import difflib
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import time

from reader.building import BUILD, built, defined_in, floors, read_text

CC = shlex.split(os.environ.get("CC", "cc"))
LANGUAGE = ["-std=c11", "-D_POSIX_C_SOURCE=200809L", "-D_DARWIN_C_SOURCE", "-g", "-O1"]
# No -Wconversion: what it asks for is house style, and would stand above the mistake that counts.
# The errors are those of every compiler since GCC 14; older ones carry on, and fail later in the linker.
WARNINGS = ["-Wall", "-Wextra", "-Wshadow", "-Wno-unused-parameter", "-Wno-unused-function", "-Werror=return-type",
            "-Werror=implicit-function-declaration", "-Werror=implicit-int", "-Werror=int-conversion",
            "-Werror=incompatible-pointer-types"]
SANITIZERS = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-fno-omit-frame-pointer"]

# Functions that readers wrote under another name once, or that are the course's now: their files keep working.
RENAMED = {"blocked_attention": "blockwise_attention", "mask_expect": "own_mask_expect"}

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
    (r"conflicting types for '(\w+)", r"\1 has a different type in its header"),
    (r"redefinition of '(\w+)'", r"it defines \1 twice"),
    (r"'(\w+)' undeclared|undeclared identifier '(\w+)'", r"it uses \1\2, which is not declared: perhaps it is misspelt"),
    (r"expected (?:',' or )?';'", r"a semicolon is missing here, or at the end of the line above"),
    (r"unterminated (?:/\*[ -])?comment", r"a comment that begins here never ends"),
    (r"missing terminating [\"']|missing terminating '.' character", r"a closing quotation mark is missing"),
    (r"unterminated (?:conditional|#\w+)", r"an #endif is missing"),
    (r"unknown type name '(\w+)'", r"it uses the type \1, which is not declared: perhaps it is misspelt"),
    (r"no member named '(\w+)'", r"it uses the member \1, which that struct does not have: its header lists them"),
    (r"stray '|unexpected character|source file is not valid", r"it has a character that is not part of C"),
)


class Unbuilt(Exception):
    """A source that does not become a program: one line that says why, and perhaps the compiler's message."""


def compile_topic(one, source, place, flags):
    """Compiles a source as the chapter's topic. Gives the object and the warnings."""
    refuse_unreadable(one, source)
    target = place / "topic.o"
    # What Windows' editors write before a text would be a stray character on the second line.
    named = f'# 1 "{source.path}"\n'.encode() + source.bytes.removeprefix(codecs.BOM_UTF8)
    # <assert.h> is the system's, although the tests have a header of that name.
    places = [f"-iquote{source.path.parent}", *places_of_headers(one), "-iquotetests/support"]
    places += [f"-D{old}={new}" for old, new in RENAMED.items() if re.search(rf"(?m)^\w[^\n;]*\b{old}\(", source.text)]
    extra = one.extra.with_suffix(".h")
    if extra.exists() and set(defined_in(source.text)) & set(defined_in(read_text(extra))):
        places += ["-include", str(extra)]  # it was declared in topic.h once, and older files rely on that
    command = [*CC, *LANGUAGE, *WARNINGS, *flags, *places, "-x", "c", "-c", "-", "-o", str(target)]
    result = subprocess.run(command, input=named, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                            env=dict(os.environ, LC_ALL="C"))
    said = result.stdout.decode("utf-8", "replace")
    if result.returncode != 0:
        raise Unbuilt(explain_compiler(source, said))
    return target, said


def compile_variants(one, text, place):
    """Compiles the reference with its variants. Gives the objects; TCC makes them in a fiftieth of the time, where it is."""
    source, target = place / "variants.c", place / "variants.o"
    source.write_text(text, encoding="utf-8")
    flags = [*LANGUAGE[:3], "-w", "-O0", *places_of_headers(one), "-Itests/support", "-Itests/checks"]
    if runtime := runtime_of_tcc():
        result = subprocess.run(["tcc", *flags, "-c", str(source), "-o", str(target)], capture_output=True)
        if result.returncode == 0:
            return [target, runtime]
    result = subprocess.run([*CC, *flags, "-c", str(source), "-o", str(target)], capture_output=True, text=True,
                            errors="replace")
    if result.returncode != 0:
        raise Unbuilt(f"the variants of {one.reference} do not compile:\n{result.stderr[:2000]}")
    return [target]


def runtime_of_tcc():
    """What objects of TCC's are linked with; None without TCC."""
    if not shutil.which("tcc"):
        return None
    said = subprocess.run(["tcc", "-print-search-dirs"], capture_output=True, text=True).stdout
    found = re.search(r"\S+/libtcc1\.a", said)
    return found[0] if found and os.path.exists(found[0]) else None


def places_of_headers(one):
    return [f"-I{path}" for path in (*rooms("common"), *floors(one), one.extra.parent)]


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
    # Clang only warns of a text that is not closed, and trips over what follows.
    is_first = re.compile(r"\S*?:\d+(:\d+)?: ((fatal )?error: |warning: missing terminating )").match
    first = next((m for m in messages if is_first(m)), None)
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
    parts = [*parts[:1], *others_for(one, parts[0], parts[1:])]
    for wait in (0.3, 1.0, 3.0, None):
        said = link(parts, target, flags)
        if said is None:
            return target
        if why := explain_names(one, source, *map(str, parts[:1]), [str(p) for p in parts[1:]]):
            raise Unbuilt(why)
        if wait is None or re.search(r"undefined reference|Undefined symbols", said):
            raise Unbuilt(explain_linker(source, said))
        time.sleep(wait)  # another make may be writing an object right now


def others_for(one, topic, objects):
    """The objects to link a topic with: what is extra is there already when the topic has functions of it."""
    extra = built([one.extra])
    is_there = one.extra.exists() and names_in(extra).keys() & names_in([str(topic)]).keys()
    return [each for each in objects if not (is_there and each in extra)]


def names_in(objects):
    """The names of other files that objects define: {name: object}."""
    result = subprocess.run(["nm", "-A", "-P", "-g", *objects], text=True, errors="replace", capture_output=True,
                            env=dict(os.environ, LC_ALL="C"))
    found = re.findall(r"(?m)^(.*?): _?(\w+) [A-TV-Z]\b", result.stdout)
    return {name: path for path, name in found if not name.startswith("_")}


def explain_names(one, source, topic, others):
    """The functions that a source lacks, or that others have too; empty when names are not the problem."""
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
