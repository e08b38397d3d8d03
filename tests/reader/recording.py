"""Runs a chapter's checks on a source, each in a process of its own, and has what it did compared with the reference.

The record program is linked with the source: it calls the functions and writes down what came back, no more. The
judge is linked with the reference and its variants: it compares, tells, and finds the mistake that does the same. So a
check has passed when the judge says so, whatever the source did in its own process.
"""

import os
import re
import resource
import signal
import subprocess
import threading

from reader import building, compiling, mistakes, notes, variants
from reader.building import read_text
from reader.crashes import CRASHES, ENDLESS
from reader.telling import COLUMNS

MOST_PRINTED = 1 << 20  # bytes that a reader's own printing may have in one check
MOST_SHOWN = 40  # lines of them, as a terminal breaks them
SECONDS = 10  # of processor time, for one check
PATIENCE = 60  # seconds of any time: a busy machine is no endless loop
NOT_WRITTEN, SIGNALLED = 78, 128  # tests/checks/record.c ends so
UNKNOWN = "No known mistake does this. Shown: the smallest case that differs.\n"
KNOWN = (r"was written first|must stand in the message$|begins with its own name|nothing says why|"
         r"^when no memory is left|^.* wrote between the rows of ")  # nothing more is to be said
BEYOND = "beyond the end of an array"  # as crashes.py says it
TOLD = r"^refused with STATUS_\w+ .*it should be refused with"  # a slip may explain it, but what is wrong has been said
GENERIC = r"^(added_to_out|input_overwritten|stride_ignored): .*\n"  # the judge tells these of any function


class Judge:
    """What knows the reference and its variants, the mistakes of the chapter if nothing else is said."""

    def __init__(self, one, place, text=None):
        self.variants = mistakes.variants(one.mistakes())
        reference = one.right()
        parts = building.parts_of(one, "judge.c", reference)
        building.make(building.built(parts))
        place.mkdir(parents=True, exist_ok=True)
        text = text or variants.of_mistakes(reference, one.mistakes())
        objects = compiling.compile_variants(one, text, place)
        objects += compiling.others_for(one, objects[0], building.built(parts))
        self.program, self.called = place / "judge", ()
        if said := compiling.link(objects, self.program, ["-no-pie"]):
            raise compiling.Unbuilt(f"the judge of {one.path} does not link:\n{said}")

    def ask(self, *words):
        return subprocess.run([str(self.program), *map(str, words)], stdin=subprocess.DEVNULL, text=True,
                              stdout=subprocess.PIPE, errors="replace", env=dict(os.environ, CALLED=" ".join(self.called)))

    def tell(self, check, records):
        """(whether the check came to its end, what is wrong)"""
        asked = self.ask("tell", check, records)
        return asked.returncode != 3, asked.stdout

    def name(self, check, records):
        """(name, Way) of the mistake that does the same as what was recorded; None when none does, or several."""
        found = [self.variants[label] for label in self.ask("match", check, records).stdout.split()]
        return found[0] if len({name for name, _ in found}) == 1 else None


def run_checks(one, source, place, flags, tell=lambda text: None, rest=None):
    """Runs a chapter's checks on a source, and on the rest if there is one, up to the first that fails.

    Tells each line as it comes. Gives (passed, everything that was told); raises Unbuilt when the
    source does not become a program.
    """
    place.mkdir(parents=True, exist_ok=True)
    told = []

    def tell_and_keep(text):
        told.append(text)
        tell(text)
    topic, warnings = compiling.compile_topic(one, source, place, flags)
    if flags:  # a proof is about the checks, not about warnings
        tell_and_keep(warnings)
    text = source.text + (rest.text if rest else "")
    parts = building.built(building.parts_of(one, "record.c", text))
    building.make(parts)
    if rest:
        parts.append(compiling.compile_topic(one, rest, rest.path.parent, flags)[0])
    program = compiling.link_topic(one, source, [topic, *parts], place / "record", flags)
    judge = Judge(one, place)
    for check, function in checks_of(one):
        call = Call(source, program, check, place, function)
        call.parts = parts
        if not passes(judge, one, call, tell_and_keep):
            return False, "".join(told)
    return True, "".join(told)


def names_of_checks(one):
    """In teaching order."""
    return [name for name, _ in checks_of(one)]


def checks_of(one):
    """(name, function) of each check, in teaching order."""
    table = read_text(one.checks).partition("Check CHECKS[]")[2]
    return re.findall(r'^    \{"(\w+)",\s*"(\w+)"', table, re.M)


def searched(one, call):
    """What is told when no named mistake does the same: a small slip, if one does."""
    try:
        from reader import searching  # needs pycparser
    except ImportError:
        return ""
    later = names_of_checks(one)[names_of_checks(one).index(call.check) + 1:]
    for check, function in checks_of(one):
        if check in later and function == call.function:
            Call(call.source, call.program, check, call.place).run(lambda text: None)
    return searching.search(one, call.function, call.check, call.place)


def passes(judge, one, call, tell):
    call.run(tell)
    judge.called = variants.called_by(call.source.text, call.function)  # a message may be theirs
    ended, story = judge.tell(call.check, call.place)
    crash = call.explain(ended)
    if not story and not crash:
        tell(f"  ok  {call.check}\n")
        return True
    if ended and story:
        story = explained(judge, one, call, story)
    elif BEYOND in crash:
        crash += recognised(judge, one, call)
    tell(f"stop  {call.check}\n\n" + (crash if call.is_unwritten else story + crash))
    return False


def recognised(judge, one, call):
    """What is told of a call that went beyond an array, when it is run again where there is room beyond."""
    place = call.place / "again"
    place.mkdir(exist_ok=True)
    topic, _ = compiling.compile_topic(one, call.source, place, [])
    program = compiling.link_topic(one, call.source, [topic, *call.parts], place / "record", [])
    again = Call(call.source, program, call.check, place, call.function)
    again.run(lambda text: None)
    ended, story = judge.tell(again.check, place)
    if not ended:  # it crashes there too
        return ""
    if not story:
        return "Its result is right, though: only that memory is not its own.\n"
    found = judge.name(again.check, place)
    return diagnosed(found) if found else searched(one, again)


def diagnosed(found):
    name, way = found
    return f"{name}: {' '.join(way.diagnosis.split())} ({way.place})\n"


def explained(judge, one, call, story):
    """A story with the name of the mistake, or of the slip, that does the same."""
    found = judge.name(call.check, call.place)
    generic = re.search(GENERIC, story, re.M)
    if found is not None and (generic is None or found[0] != generic[1]):
        story = re.sub(GENERIC, "", story, flags=re.M)
        return without_guess(story) + diagnosed(found)
    if generic or not story or re.search(KNOWN, story, re.M):
        return without_guess(story)
    slip = searched(one, call) or of_callee(judge, one, call)
    if slip or re.search(TOLD, story, re.M):
        return without_guess(story) + slip
    return story + UNKNOWN


def of_callee(judge, one, call):
    """What is told of a function that is called here, and does not pass its own check, which comes later."""
    called = variants.called_by(call.source.text, call.function) - {call.function}
    checks = checks_of(one)
    for check, function in checks[[name for name, _ in checks].index(call.check) + 1:]:
        own = Call(call.source, call.program, check, call.place, function)
        if function not in called or not fails(judge, own):
            continue
        found = judge.name(check, call.place)
        said = diagnosed(found) if found else searched(one, own)
        if said and not found:
            notes.write("slip", one, notes.read("slip", one).replace(f"{function}\n", f"{call.function}\nin {function}, ", 1))
        return f"{call.function} calls {function}, which is wrong itself. {said}" if said else ""
    return ""


def fails(judge, call):
    """Whether a call comes to its end with something wrong."""
    call.run(lambda text: None)
    ended, story = judge.tell(call.check, call.place)
    return ended and bool(story)


def without_guess(story):
    """Where a NaN may come from is useful only while nothing better is known."""
    return re.sub(r"^nan: .*\n", "", story, flags=re.M)


class Call:
    """One check, running on a source."""

    def __init__(self, source, program, check, place, function=""):
        self.source, self.program, self.check, self.place = source, program, check, place
        self.function = function
        self.own, self.printed, self.shown = "", 0, 0
        self.is_cut = self.is_late = self.is_open = False
        self.parts, self.status = [], None
        for log in place.glob("sanitizer.*"):
            log.unlink()

    @property
    def is_unwritten(self):
        return self.status == NOT_WRITTEN

    def run(self, tell):
        (self.place / self.check).unlink(missing_ok=True)
        environment = dict(os.environ)
        for tool in ("ASAN", "UBSAN", "LSAN"):
            environment[f"{tool}_OPTIONS"] = f"log_path={self.place}/sanitizer:print_stacktrace=1"
        with subprocess.Popen([str(self.program), self.check, str(self.place / self.check)], env=environment,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              start_new_session=True, preexec_fn=limit_time) as process:
            timer = threading.Timer(PATIENCE, self.stop_late, (process,))
            timer.start()
            try:
                for line in iter(lambda: process.stdout.readline(4096), b""):
                    self.take(line.decode("utf-8", "replace"), tell)
                    if self.printed > MOST_PRINTED:
                        break
            finally:
                timer.cancel()
                if process.poll() is None and self.printed > MOST_PRINTED:
                    kill(process)
                self.status = process.wait()
        self.is_late = self.is_late or self.status in (SIGNALLED + signal.SIGXCPU, -signal.SIGXCPU)
        if self.is_open:
            tell("\n")

    def stop_late(self, process):
        self.is_late = True
        kill(process)

    def take(self, line, tell):
        """A line of the reader's own printing, or that a function is not written."""
        self.own = (self.own + line)[-20000:]
        self.printed += len(line)
        self.shown += 1 + len(line) // COLUMNS  # a line that goes on and on fills the screen, too
        if re.match(r"\w+ is not written yet: ", line):
            return
        if self.shown <= MOST_SHOWN:
            tell(line)
            self.is_open = not line.endswith("\n")
        elif not self.is_cut:
            tell("... (more of what your code prints is not shown)\n")
            self.is_cut = True

    def explain(self, ended):
        """One line on a crash, an endless loop or a leak, with the function it is in; empty when there was none."""
        if self.is_unwritten:
            return re.findall(r"^\w+ is not written yet: .*\n", self.own, re.M)[-1]
        if self.printed > MOST_PRINTED:
            return f"{self.where()} {ENDLESS}\n"
        if self.status == 0 and ended:
            return ""
        report = self.own + "".join(read_text(log) for log in sorted(self.place.glob("sanitizer.*")))
        undefined = re.search(re.escape(str(self.source.path)) + r":\d+:\d+: runtime error: (.*)", report)
        detail = f" ({undefined[1]})" if undefined else ""
        signs = report + ("\nTest timeout expired" if self.is_late else f"\nreturn value {self.status}\n")
        if self.status < 0 or self.status > SIGNALLED:
            signs += "Received signal"
        meaning = next((meaning for sign, meaning in CRASHES.items() if sign in signs), CRASHES["Early exit"])
        return f"{self.where(report)} {meaning}{detail}\n"

    def where(self, report=""):
        """The function that crashed, with its line; else the one that was called; else the check."""
        path = str(self.source.path)
        frame = r" in (\w+) [^\n]*?" + re.escape(path) + r":(\d+)"
        for stack in re.findall(r"(?:^ +#\d+ .*\n)+", report, re.M):
            if frames := re.findall(frame, stack):
                callers = [f", called by {name} in line {line}" for name, line in frames if name != frames[0][0]]
                return f"{frames[0][0]}, {path}:{frames[0][1]}{''.join(callers[:1])}: this function"
        if self.function:
            return f"{self.function}, {path}: this function"
        return f"{path}, in the check {self.check}: something in it"


def limit_time():
    """An endless loop ends, also when somebody has stopped `make try` by force."""
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, 10 * SECONDS))


def kill(process):
    """Ends a program with all that it has started."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
