#!/usr/bin/env python3
"""The reader's side of the course: try, hint, quiz, progress, reset, watch, break; and its own proof.

`make try-03`, `make hint-03` and so on call this; it is not meant to be called by hand. A chapter's
solution is mine/03_self_attention.c when that is there (git ignores mine/), else the chapter's exercise.c.

The proof (`make mistakes`) applies every chapters/*/mistakes/NAME.patch to the reference. The patch
begins with lines `Belief:`, `Symptom:`, `Check:` and `Diagnosis:`. The checks must stop at the named check
and print the name and the diagnosis. The reference and all of tests/variants/ must pass, and
every untouched exercise must fail with a line that says what to write.
"""

import concurrent.futures
import glob
import hashlib
import os
import pathlib
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time

import side_by_side

ROOT = pathlib.Path(__file__).resolve().parent.parent
BUILD = pathlib.Path(os.environ.get("BUILD", "build"))
CC = shlex.split(os.environ.get("CC", "cc"))
LANGUAGE = ["-std=c11", "-D_POSIX_C_SOURCE=200809L", "-D_DARWIN_C_SOURCE", "-g", "-O1"]
# No -Wconversion: what it asks for is house style, and would stand above the mistake that counts.
WARNINGS = ["-Wall", "-Wextra", "-Wshadow", "-Wno-unused-parameter", "-Werror=return-type"]
SANITIZERS = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-fno-omit-frame-pointer"]
NOTES = BUILD / "progress"

# What a sanitizer calls it, and what it means.
CRASHES = {
    "heap-buffer-overflow": "reads or writes beyond the end of an array",
    "stack-buffer-overflow": "reads or writes beyond the end of a local array",
    "global-buffer-overflow": "reads or writes beyond the end of a global array",
    "heap-use-after-free": "uses memory after it was freed",
    "double-free": "frees the same memory twice",
    "bad-free": "frees something that was not allocated: a view, or a matrix that was never set to NO_MATRIX",
    "stack-overflow": "calls itself without an end, has a huge local array, or reads far beyond the end of an array",
    "SEGV": "follows a pointer that points nowhere",
    "null pointer": "follows a pointer that points nowhere",
    "out of bounds for type": "reads or writes beyond the end of an array",
    "detected memory leaks": "allocates memory that is never freed: look where it should be freed, "
                             "also on the way out of a failure",
    "runtime error": "does what C leaves undefined",
    "Test timeout expired": "does not come to an end: look for a loop whose condition never turns false",
    "Received signal": "crashes",
}


# --- Chapters -------------------------------------------------------------------------------------


class Chapter:
    """One directory chapters/NN_topic and what belongs to it."""

    def __init__(self, path):
        self.path = pathlib.Path(path)
        self.name = self.path.name
        self.number, self.topic = self.name.split("_", 1)
        self.reference = self.path / f"{self.topic}.c"
        self.exercise = self.path / "exercise.c"
        self.mine = pathlib.Path("mine") / f"{self.name}.c"

    @property
    def solution(self):
        return self.mine if self.mine.exists() else self.exercise

    @property
    def title(self):
        return (self.path / "README.md").read_text().splitlines()[0].lstrip("# ")

    def mistakes(self):
        return sorted(self.path.glob("mistakes/*.patch"))

    def variants(self):
        return sorted(pathlib.Path("tests/variants").glob(f"{self.name}_*.c"))

    def suites(self):
        """The checks in teaching order: first the steps, then the tests."""
        return [s for s in (f"{self.name}_steps_test", f"{self.name}_test") if os.path.exists(f"tests/{s}.c")]


def chapters():
    return [Chapter(path) for path in sorted(glob.glob("chapters/[0-9][0-9]_*"))]


def chapter(number):
    for one in chapters():
        if one.number == number.zfill(2):
            return one
    sys.exit(f"there is no chapter {number}")


# --- Building with another source in place of the reference ---------------------------------------


def compile_instead(one, source, place, flags):
    """Compiles a source as the chapter's topic. Gives the object, or None with the compiler's words shown."""
    floors = [f"-I{c.path}" for c in chapters() if c.number <= one.number]
    place.mkdir(parents=True, exist_ok=True)
    target = place / "topic.o"
    command = CC + LANGUAGE + WARNINGS + flags + ["-Icommon", *floors, "-Itests/support", "-c", str(source)]
    if subprocess.run(command + ["-o", str(target)]).returncode != 0:
        return None
    return target


def built(sources):
    """The objects that the makefile made of sources, whatever else an older build left behind."""
    return [str(BUILD / "obj" / source.with_suffix(".o")) for source in sorted(sources)]


def objects(one, topic_object):
    """The chapter's floors, with its topic replaced."""
    sources = [source for c in chapters() if c.number <= one.number for source in c.path.glob("*.c")]
    return [str(topic_object)] + built(s for s in sources if s.name not in ("demo.c", "exercise.c") and s != one.reference)


def link(parts, target, flags):
    libraries = shlex.split(os.environ.get("CHECK_LIBS", "-lcheck")) + ["-lm"]
    openmp = BUILD / "openmp.flags"  # the makefile's, for the threads of chapter 10
    libraries += openmp.read_text().split() if openmp.exists() else []
    subprocess.run(CC + flags + parts + libraries + ["-o", str(target)], check=True)


def link_suite(one, suite, topic_object, place, flags):
    own = [*pathlib.Path("tests/support").glob("*.c"), pathlib.Path(f"tests/{suite}.c")]
    common = [s for s in pathlib.Path("common").rglob("*.c") if s.name != "memory.c"]  # tests/support has a frail one
    target = place / suite
    link(objects(one, topic_object) + built(own + common), target, flags)
    return target


# --- Running the checks ---------------------------------------------------------------------------


def run_checks(one, source, place, flags):
    """Builds and runs a chapter's checks against a source, up to the first that fails.

    Gives (passed, what was printed); passed is None when the source does not compile.
    """
    topic_object = compile_instead(one, source, place, flags)
    if topic_object is None:
        return None, ""
    printed = ""
    for log in place.glob("sanitizer.*"):
        log.unlink()
    environment = dict(os.environ, TEACH="1", QUICK="1", CK_MAX_MSG_SIZE="200000")
    for tool in ("ASAN", "UBSAN", "LSAN"):
        environment[f"{tool}_OPTIONS"] = f"log_path={place}/sanitizer:print_stacktrace=1"
    for suite in one.suites():
        binary = link_suite(one, suite, topic_object, place, flags)
        result = subprocess.run([str(binary)], env=environment, capture_output=True, text=True, errors="replace")
        printed += result.stdout
        if result.returncode != 0:
            explanation = explain_crash(place, source, result)
            if explanation:  # better than what Check says of it
                printed = re.sub(r"\n(Early exit|Received signal|Test timeout).*\n\Z", "\n", printed)
            return False, printed.rstrip("\n") + "\n" + explanation
    return True, printed


def explain_crash(place, source, result):
    """One line on a crash, an endless loop or a leak: what it is, and in which function."""
    report = result.stderr + "".join(log.read_text(errors="replace") for log in sorted(place.glob("sanitizer.*")))
    undefined = re.search(re.escape(str(source)) + r":\d+:\d+: runtime error: (.*)", report)
    detail = f" ({undefined[1]})" if undefined else ""
    for sign, meaning in CRASHES.items():
        if sign in report or sign in result.stdout:
            place = where(source, report, result.stdout)
            who = "something in it" if place.startswith(str(source)) else "this function"
            return f"{place}: {who} {meaning}{detail}\n"
    return ""


def where(source, report, printed):
    """The function that crashed, with its line; else the one that a step called; else the check."""
    for pattern, text in (
        (r"in (\w+) \S*" + re.escape(str(source)) + r":(\d+)", r"\1, SOURCE:\2"),
        (r"(?s).*^calling (\w+)$", r"\1, SOURCE"),
        (r"(?s).*^stop  (\w+)$", r"SOURCE, in the check \1"),
    ):
        found = re.search(pattern, report + printed, re.M)
        if found:
            return found.expand(text).replace("SOURCE", str(source))
    return str(source)


# --- What the reader calls ------------------------------------------------------------------------


def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def try_chapter(number):
    one = chapter(number)
    NOTES.mkdir(parents=True, exist_ok=True)
    passed, printed = run_checks(one, one.solution, BUILD / "try" / one.name, SANITIZERS)
    print(in_short(printed) if "WATCHING" in os.environ else printed, end="")
    if passed is None:
        sys.exit(f"\n{one.solution} does not compile yet: the compiler's first message is the one to read")
    function = "" if passed else stopped_at(one, printed)
    (NOTES / f"stopped-{one.number}").write_text(function)
    if not passed:
        more = f" FUNCTION={function}" if function else ""
        print(f"\nYour file: {one.solution}. Stuck? make hint-{one.number}{more}. Lesson: {one.path}/README.md")
        sys.exit(1)
    (NOTES / f"passed-{one.number}").write_text(digest(one.solution))
    print(f"\nAll checks of chapter {int(one.number)} pass. make progress shows what is next.")


def in_short(printed):
    """One line for all the checks that pass, and then the one that fails."""
    number = len(re.findall(r"^  ok  ", printed, re.M))
    rest = re.sub(r"^  ok  .*\n", "", printed, flags=re.M)
    return (f"  ok  {number} checks\n" if number else "") + rest


def stopped_at(one, printed):
    """The function that the failed check is about: that of its step, else the first that it names."""
    said = printed.rpartition("stop  ")[2]
    functions = "|".join(read_hints(one))
    found = re.search(rf"^({functions}) must ", said, re.M) or re.search(rf"\b({functions})\b", said)
    return found[1] if found else ""


def watch(number):
    one, seen = chapter(number), None
    signal.signal(signal.SIGINT, signal.default_int_handler)  # what starts in the background ignores it
    print(f"watching {one.solution}; interrupt to stop", flush=True)
    try:
        while True:
            now = one.solution.stat().st_mtime_ns
            if now != seen:
                print(f"\n--- {time.strftime('%H:%M:%S')} {'saved' if seen else 'as it is'} ---", flush=True)
                seen = now
                # With the descriptors of make -j's job server, which make would miss.
                subprocess.run(["make", "--no-print-directory", f"try-{one.number}"], close_fds=False,
                               env=dict(os.environ, WATCHING="1"))
            time.sleep(0.5)
    except KeyboardInterrupt:
        print()


def state(one):
    """How far a chapter is: 'passed', 'changed', 'begun' or 'open'."""
    note = NOTES / f"passed-{one.number}"
    if note.exists():
        return "passed" if note.read_text() == digest(one.solution) else "changed"
    return "open" if "NOT_WRITTEN_YET" in one.solution.read_text() and not is_edited(one) else "begun"


def is_edited(one):
    original = pristine(one)
    return original is not None and original != one.solution.read_bytes()


def progress():
    words = {"passed": "passed", "changed": "passed before; changed since", "begun": "begun", "open": "not begun"}
    following = None
    for one in chapters():
        if not one.exercise.exists():
            continue
        how = state(one)
        place = f", in {one.mine}" if one.solution == one.mine else ""
        print(f"  {'*' if how == 'passed' else ' '} {one.title:32} {words[how]}{place}")
        if how != "passed" and following is None:
            following = one
    if following is None:
        print("\nEvery chapter is yours.")
    else:
        is_new = following.solution == following.exercise and not is_edited(following)
        place = f"{following.mine} (a copy of {following.exercise})" if is_new else following.solution
        print(f"\nNext: read {following.path}/README.md, write {place}, run make try-{following.number}")


def pristine(one):
    """The exercise as it came: from git, or None where there is no git."""
    if one.solution == one.mine:
        return one.exercise.read_bytes()
    shown = subprocess.run(["git", "show", f"HEAD:./{one.exercise}"], capture_output=True)
    return shown.stdout if shown.returncode == 0 else None


def reset(number):
    one = chapter(number)
    original = pristine(one)
    if original is None:
        sys.exit(f"{one.exercise}: git does not have it, so there is nothing to restore it from")
    if original == one.solution.read_bytes():
        print(f"{one.solution} is as it came")
        return
    kept = next(p for n in range(1, 10**6) if not (p := one.solution.with_name(f"{one.solution.name}.kept-{n}")).exists())
    shutil.copy2(one.solution, kept)
    one.solution.write_bytes(original)
    print(f"{one.solution} is as it came; yours is kept as {kept}")


# --- Hints and quizzes ----------------------------------------------------------------------------


def read_hints(one):
    """hints.md: a heading `## function`, then numbered hints. Gives {function: [hint, ...]}."""
    hints = {}
    for part in re.split(r"^## ", (one.path / "hints.md").read_text(), flags=re.M)[1:]:
        name, _, body = part.partition("\n")
        hints[name.strip("` ")] = [re.sub(r"\n +", "\n", h).strip() for h in re.split(r"^\d\. ", body, flags=re.M)[1:]]
    return hints


def hint(number, function):
    one = chapter(number)
    hints = read_hints(one)
    stopped = NOTES / f"stopped-{one.number}"
    if not function and stopped.exists():  # where the last try stopped
        function = stopped.read_text()
    if not function:  # the first function that is still to be written
        unwritten = [f for f in hints if re.search(rf"^\w[^\n;]*\b{f}\([^)]*\)\s*{{[^}}]*NOT_WRITTEN_YET", one.solution.read_text(), re.M)]
        function = (unwritten or list(hints))[0]
    if function not in hints:
        sys.exit(f"no hints for {function}; there are some for {', '.join(hints)}")
    NOTES.mkdir(parents=True, exist_ok=True)
    note = NOTES / f"hint-{one.number}-{function}"
    level = int(note.read_text()) if note.exists() else 0
    if level >= len(hints[function]):
        print(f"{function}: those were all {len(hints[function])} hints. The reference is {one.reference}; from the first again:\n")
        level = 0
    print(f"{function}, hint {level + 1} of {len(hints[function])}\n\n{hints[function][level]}\n")
    note.write_text(str(level + 1))
    others = [f for f in hints if f != function]
    print(f"Again for the next level. For another function: make hint-{one.number} FUNCTION={others[0] if others else function}")


def read_quiz(one):
    """quiz.txt: `? question`, then `+ right option` or `- wrong option`, each with an indented answer below."""
    questions = []
    for line in (one.path / "quiz.txt").read_text().splitlines():
        if line.startswith("? "):
            questions.append((line[2:], []))
        elif line[:2] in ("+ ", "- "):
            questions[-1][1].append([line[0] == "+", line[2:], ""])
        elif line.startswith("  "):
            questions[-1][1][-1][2] = (questions[-1][1][-1][2] + " " + line.strip()).strip()
        elif line.strip() and not line.startswith("#"):
            sys.exit(f"{one.path}/quiz.txt: cannot read this line: {line}")
    return questions


def ask(letters):
    """The letter that the reader types, or None at the end of the input."""
    while True:
        print(f"[{letters[0]}-{letters[-1]}] ", end="", flush=True)
        line = sys.stdin.readline()
        if not line:
            return None
        answer = line.strip().lower()
        if len(answer) == 1 and answer in letters:
            return answer
        print(f"one letter from {letters[0]} to {letters[-1]}, please")


def quiz(number):
    one = chapter(number)
    questions = read_quiz(one)
    right = 0
    for index, (question, options) in enumerate(questions):
        print(f"\n{index + 1}. {question}\n")
        letters = "abcdefgh"[: len(options)]
        for letter, (_, option, _) in zip(letters, options):
            print(f"   {letter}) {option}")
        answer = ask(letters)
        if answer is None:
            sys.exit(f"\nthe answers ended after question {index}: {right} right so far")
        is_right, _, why = options[letters.index(answer)]
        right += is_right
        print(f"\n   {'Right.' if is_right else 'No.'} {why}")
        if not is_right:
            letter, answer, why = next((l, o[1], o[2]) for l, o in zip(letters, options) if o[0])
            print(f"   The answer is {letter}) {answer}. {why}")
    print(f"\n{right} of {len(questions)} right")
    if right < len(questions):
        print(f"All answers: {one.path}/README.md, \"Quiz\". The same again: make quiz-{one.number}")


# --- Mistakes -------------------------------------------------------------------------------------


def read_patch(path):
    """The lines before the difference: {'Belief': ..., 'Symptom': ..., 'Check': ..., 'Diagnosis': ...}."""
    head = path.read_text().split("\n--- ")[0]
    fields = dict(re.findall(r"^(\w+): (.*(?:\n  .*)*)", head, re.M))
    missing = {"Belief", "Symptom", "Check", "Diagnosis"} - set(fields)
    if missing:
        sys.exit(f"{path}: no line for {', '.join(sorted(missing))}")
    return {name: " ".join(text.split()) for name, text in fields.items()}


def mistaken_source(one, path):
    """The reference with a mistake in it."""
    place = BUILD / "mistakes" / one.name / path.stem
    place.mkdir(parents=True, exist_ok=True)
    source = place / f"{one.topic}.c"
    patched = subprocess.run(["patch", "--silent", "--fuzz=0", "-o", str(source), str(one.reference), str(path)],
                             capture_output=True, text=True)
    if patched.returncode != 0:
        sys.exit(f"{path}: does not apply to {one.reference}: {patched.stdout}{patched.stderr}")
    return source


def list_mistakes(one):
    """The lesson's mistakes in its order and in full, then a line for each of the others."""
    lesson = (one.path / "README.md").read_text().partition("\n## Break it\n")[2].partition("\n## ")[0]
    told = list(dict.fromkeys(re.findall(r"`(\w+)`", lesson)))
    paths = {path.stem: path for path in one.mistakes()}
    shown = [paths.pop(name) for name in told if name in paths]
    print(f"The lesson's, in its order ({one.path}/README.md, \"Break it\"):\n" if shown else "", end="")
    for path in shown:
        fields = read_patch(path)
        print(f"  {path.stem}\n      the belief: {fields['Belief']}\n      the symptom: {fields['Symptom']}")
    print("\nOthers that the checks know, with the belief:\n" if paths else "", end="")
    width = max(map(len, paths), default=0)
    for name, path in paths.items():
        print(f"  {name:{width}}  {read_patch(path)['Belief']}")
    print(f"\nmake break-{one.number} MISTAKE={(shown or one.mistakes())[0].stem} runs the program right and wrong.")


def no_patch(one, name):
    """What is said of a name that break cannot show: perhaps a check printed it."""
    steps = pathlib.Path(f"tests/{one.name}_steps_test.c").read_text()
    if f'"{name}"' in steps:
        return f"{name} is only looked for by make try-{one.number}; make break-{one.number} lists what can be run"
    return f"chapter {one.number} has no mistake {name}; make break-{one.number} lists them"


def break_chapter(number, name):
    one = chapter(number)
    if not name:
        list_mistakes(one)
        return
    path = one.path / "mistakes" / f"{name}.patch"
    if not path.exists():
        sys.exit(no_patch(one, name))
    fields = read_patch(path)
    print(f"{name}\n  the belief: {fields['Belief']}\n  the symptom: {fields['Symptom']}\n")
    place = mistaken_source(one, path).parent
    topic_object = compile_instead(one, place / f"{one.topic}.c", place, [])
    rest = built([one.path / "demo.c", *pathlib.Path("common").rglob("*.c")])
    link(objects(one, topic_object) + rest, place / "program", [])
    right = run_program(BUILD / "bin" / one.name, place / "right")
    wrong = run_program(place / "program", place / "wrong")
    if right == wrong:
        print("The worked example does not show this mistake. The chapter's checks do:\n")
        print(run_checks(one, place / f"{one.topic}.c", place / "checks", [])[1].partition("stop  ")[2], end="")
    else:
        tell_difference(right, wrong)
    for old in (BUILD / "plots").glob(f"{number}_*_break_{name}.*"):
        old.unlink()
    for picture in sorted((place / "right").glob("*.png")):
        draw_pair(picture, place / "wrong" / picture.name, name)


def run_program(binary, pictures):
    """Runs a worked example with its pictures in a folder. Gives its lines."""
    shutil.rmtree(pictures, ignore_errors=True)
    result = subprocess.run([str(binary), "--plots", str(pictures)], stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT, text=True, errors="replace", timeout=120)
    # Times differ from run to run, whatever the mistake.
    printed = re.sub(r"^measured just now: .*\n(?:.+\n)*", "", result.stdout, flags=re.M)
    return [line for line in printed.splitlines() if not line.startswith("picture: ")]


def tell_difference(right, wrong):
    import difflib

    # What the program calls right was made by the chapter's code, which is the mistaken one here.
    wrong = [re.sub(r"^(\s+)right   ", r"\1mistaken", line) for line in wrong]
    lines = list(difflib.unified_diff(right, wrong, "right", "wrong", lineterm="", n=2))
    print("\n".join(lines[:60]))
    if len(lines) > 60:
        print(f"... and {len(lines) - 60} lines more")


def draw_pair(right, wrong, name):
    """Draws what a mistake makes of a picture beside the right one, where the other pictures are."""
    if not wrong.exists() or right.read_bytes() == wrong.read_bytes():
        return
    target = BUILD / "plots" / f"{right.stem}_break_{name}"
    target.parent.mkdir(parents=True, exist_ok=True)
    side_by_side.draw(right.with_suffix(""), wrong.with_suffix(""), name, target)
    print(f"picture: {target}.png")


def prove_mistake(one, path):
    """None when a mistake is caught by its check with its diagnosis; else what is wrong."""
    fields = read_patch(path)
    source = mistaken_source(one, path)
    passed, printed = run_checks(one, source, source.parent, [])
    if passed is None:
        return "does not compile"
    if passed:
        return "is not caught"
    if f"stop  {fields['Check']}\n" not in printed:
        return f"is not caught by {fields['Check']}:\n{printed}"
    if f"{path.stem}: " not in printed or fields["Diagnosis"] not in " ".join(printed.split()):
        return f"is caught, but the diagnosis is not \"{path.stem}: {fields['Diagnosis']}\":\n{printed}"
    return None


def prove_correct(one, source, place):
    """None when a correct source passes; else what is wrong."""
    passed, printed = run_checks(one, source, place, [])
    return None if passed else f"is right, but does not pass:\n{printed}"


def prove_untouched(one):
    passed, printed = run_checks(one, one.exercise, BUILD / "mistakes" / one.name / "untouched", [])
    if passed is False and f"is not written yet: open {one.exercise}" in printed:
        return None
    return f"is untouched, but does not fail with a line that says what to write:\n{printed}"


def prove_texts(one):
    """None when hints, quiz and the places that diagnoses name are all there; else what is missing."""
    public = re.findall(r"^\w[\w ]*?[ *](\w+)\(", (one.path / f"{one.topic}.h").read_text(), re.M)
    hints = read_hints(one)
    for function in public:
        if len(hints.get(function, [])) != 3:
            return f"needs three hints for {function} in hints.md"
    questions = read_quiz(one)
    if len(questions) != 5:
        return f"has {len(questions)} questions in quiz.txt, expected 5"
    for question, options in questions:
        if sum(right for right, _, _ in options) != 1 or not all(why for _, _, why in options):
            return f"quiz.txt: one option must be right, and every one answered: {question}"
    checks = [name for suite in one.suites() for name in re.findall(r"START_TEST\((\w+)\)", pathlib.Path(f"tests/{suite}.c").read_text())]
    if twice := {name for name in checks if checks.count(name) > 1}:
        return f"has two checks called {min(twice)}"
    steps = re.sub(r'"\s*\n\s*"', "", pathlib.Path(f"tests/{one.name}_steps_test.c").read_text())
    for number, heading in set(re.findall(r'lesson (\d+), \\"(.*?)\\"', steps)):
        if f"## {heading}\n" not in (chapter(f"{int(number):02}").path / "README.md").read_text():
            return f"a diagnosis points to \"{heading}\", which lesson {number} does not have"
    return None


def mistakes(number):
    claims = []
    for one in chapters():
        if not one.exercise.exists() or number not in (None, one.number):
            continue
        place = BUILD / "mistakes" / one.name
        claims += [(path, prove_mistake, (one, path)) for path in one.mistakes()]
        claims += [(v, prove_correct, (one, v, place / v.stem)) for v in [one.reference, *one.variants()]]
        claims += [(one.exercise, prove_untouched, (one,)), (one.path, prove_texts, (one,))]
        if len(one.mistakes()) < 5 or len(one.variants()) < 3:
            sys.exit(f"{one.path}: {len(one.mistakes())} mistakes and {len(one.variants())} variants, expected 5 and 3 at least")
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        results = list(pool.map(lambda claim: claim[1](*claim[2]), claims))
    wrong = [(claim[0], result) for claim, result in zip(claims, results) if result is not None]
    for path, result in wrong:
        print(f"{path} {result}")
    named = sum(claim[1] is prove_mistake for claim in claims)
    print(f"mistakes: {named} named, {len(claims) - named} other claims hold" if not wrong else f"mistakes: {len(wrong)} of {len(claims)} claims fail")
    sys.exit(1 if wrong else 0)


def main():
    os.chdir(ROOT)
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # `make hint-03 | head` ends quietly
    command, *rest = sys.argv[1:]
    number = rest[0] if rest else None
    extra = rest[1] if len(rest) > 1 else ""
    commands = {
        "try": lambda: try_chapter(number),
        "watch": lambda: watch(number),
        "progress": progress,
        "reset": lambda: reset(number),
        "hint": lambda: hint(number, extra),
        "quiz": lambda: quiz(number),
        "break": lambda: break_chapter(number, extra),
        "mistakes": lambda: mistakes(number),
    }
    try:
        commands[command]()
    except OSError as error:
        sys.exit(f"{error.filename}: {error.strerror}")
    except KeyboardInterrupt:
        sys.exit(130)  # as the shell says of an interrupted command


if __name__ == "__main__":
    main()
