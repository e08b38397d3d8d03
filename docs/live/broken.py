"""Gives a chapter's page a module in which each named mistake of the chapter can be made.

    broken.py NUMBER SCRIPT

It holds the chapter's program, its checks, and the reference with all mistakes behind a switch, as `make mistakes` proves
them: the first way to make each. First each mistake is tried in a process of its own, made by the system's compiler, because
one that crashes, never ends, or shows what happens to lie in memory would do so in the reader's page; such a mistake is
told, but not made.

SCRIPT gets the module, and for each mistake its name, its check, and the function that is asked.
"""

import base64
import concurrent.futures
import json
import os
import pathlib
import shlex
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent.parent / "tests"))
from reader import breaking, building, compiling, recording, variants  # noqa: E402

HERE = pathlib.Path(__file__).resolve().parent.relative_to(building.ROOT)
# What broken_alone.c stands in for, and what that needs.
LEFT_OUT = {f"common/pictures/{name}.c" for name in ("plot", "plot_file", "plot_table", "gnuplot")} | {"common/files/interrupt.c"}
LONG = {"10", "11"}  # chapters whose worked example computes too long for a page that answers at once
SECONDS = 600  # for one that sleeps: broken.c limits what a call may compute, however busy the machine is
LEFT_ARRAY = 99  # how a program ends that reads or writes beyond an array
RENAMED = "-Dmain=program_of_chapter"
# Inputs of checks have room behind them, which a page has too: only what goes beyond it is found.
NATIVE = [*shlex.split(os.environ.get("CC", "cc")), "-O1", "-fsanitize=address", "-D__sanitizer_get_current_allocated_bytes=no_such_function"]
WASM = ["clang", "--target=wasm32-wasi", "-Oz", "-Wno-error=implicit-function-declaration", "-DFE_INVALID=0",
        "-D_WASI_EMULATED_GETPID", "-D_WASI_EMULATED_SIGNAL", "-D_WASI_EMULATED_MMAN"]


def first_ways(one):
    """The named mistakes of a chapter, in the first way to make each."""
    return {name: mistake._replace(ways=mistake.ways[:1]) for name, mistake in one.mistakes().items()}


def sources(one):
    """What the module is made of, but for what is compiled for this chapter alone."""
    parts = {*building.parts_of(one, "judge.c", one.right()), *building.parts_of_program(one, building.Source(one.reference))}
    return sorted(part for part in parts if str(part) not in LEFT_OUT and part != one.extra
                  and part.name not in ("judge.c", "demo.c") and not building.is_sound_memory(part))


def flags(one):
    return [*compiling.LANGUAGE[:3], "-w", *compiling.places_of_headers(one), "-Itests/support", "-Itests/checks", f"-I{HERE}"]


def own_sources(one, place):
    """What is compiled for this chapter alone: the reference with the mistakes, its main program, and what calls them."""
    switched = place / "switched.c"
    switched.write_text(variants.of_mistakes(one.right(), first_ways(one)), encoding="utf-8")
    return [switched, one.path / "demo" / "demo.c", HERE / "broken.c", HERE / "broken_alone.c"]


def objects(one, place, command):
    """What several chapters share, compiled once, and put in its place when it is whole."""
    found = []
    newest = max(path.stat().st_mtime for folder in ("common", "chapters", "tests") for path in pathlib.Path(folder).rglob("*.h"))
    for source in sources(one):
        kept = place / source.with_suffix(".o")
        found.append(str(kept))
        if not kept.exists() or kept.stat().st_mtime < max(newest, source.stat().st_mtime):
            kept.parent.mkdir(parents=True, exist_ok=True)
            made = kept.with_suffix(f".{os.getpid()}")
            subprocess.run([*command, *flags(one), "-c", str(source), "-o", str(made)], check=True)
            made.replace(kept)
    return found


def native(one, place):
    """The same as a program: with the number of a mistake, or of a check and of a mistake (see broken.c)."""
    target = place / "broken"
    subprocess.run([*NATIVE, *flags(one), RENAMED, *map(str, own_sources(one, place)), *objects(one, place.parent / "native", NATIVE),
                    "-lm", "-o", str(target)], check=True)
    return target


def module(one, place):
    """The module for a page."""
    target = place / "broken.wasm"
    subprocess.run([*WASM, "-mexec-model=reactor", *flags(one), RENAMED, *map(str, own_sources(one, place)),
                    *objects(one, place.parent / "wasm", WASM), "-lm", "-Wl,--strip-all",
                    f"-Wl,--allow-undefined-file={HERE}/broken.imports", "-o", str(target)], check=True)
    return target


def printed(program, words, filling):
    """What it prints, with new memory filled so; None if it crashes, does not end, or leaves its arrays."""
    options = f"exitcode={LEFT_ARRAY}:detect_leaks=0:allocator_may_return_null=1:max_allocation_size_mb=1024:hard_rss_limit_mb=1024" \
              f":max_malloc_fill_size=1000000000:malloc_fill_byte={filling}"
    try:
        result = subprocess.run([str(program), *map(str, words)], capture_output=True, timeout=SECONDS, stdin=subprocess.DEVNULL,
                                text=True, errors="replace", env=dict(os.environ, ASAN_OPTIONS=options))
    except subprocess.TimeoutExpired:
        return None
    is_ended = result.returncode >= 0 and result.returncode != LEFT_ARRAY
    return breaking.without_times(result.stdout) + result.stderr if is_ended else None


def sound(program, words):
    """What a call prints, if it ends by itself and shows only what it has computed; otherwise None."""
    came = printed(program, words, 1)
    return came if came is not None and came == printed(program, words, 129) else None


def tried(one, program):
    """For each mistake: its name, its check's number, the function asked, whether the case and the program can be shown. And what
    those calls print."""
    checks = recording.checks_of(one)
    names = [name for name, _ in checks]
    asked = [(name, names.index(mistake.ways[0].check)) for name, mistake in first_ways(one).items()]
    with concurrent.futures.ThreadPoolExecutor(building.processors()) as pool:
        cases = pool.map(lambda number: sound(program, (asked[number][1], number + 1)), range(len(asked)))
        programs = pool.map(lambda number: None if one.number in LONG else sound(program, (number + 1,)), range(len(asked)))
        texts = [{"case": case, "program": runs} for case, runs in zip(cases, programs)]
    return [{"name": name, "check": check, "function": checks[check][1], "case": text["case"] is not None,
             "program": None if one.number in LONG else text["program"] is not None} for (name, check), text in zip(asked, texts)], texts


def main(number, script):
    one = building.chapter(number)
    script = pathlib.Path(script)
    place = script.parent / f"broken-{number}"
    place.mkdir(parents=True, exist_ok=True)
    mistakes, texts = tried(one, native(one, place))
    (place / "printed.json").write_text(json.dumps(texts), encoding="utf-8")  # for tests/book/broken_checks.py
    text = base64.b64encode(module(one, place).read_bytes()).decode()
    script.write_text(f"BROKEN.arrived({json.dumps(number)}, {json.dumps(mistakes)}, '{text}');\n", encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
