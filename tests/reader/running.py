"""Runs a chapter's checks against a source: each line is told when it is known, a crash in one line."""

import contextlib
import os
import re
import shutil
import signal
import subprocess

from reader import building, compiling, recording
from reader.building import BUILD
from reader.compiling import SANITIZERS
from reader.crashes import CRASHES, ENDLESS
from reader.telling import COLUMNS

MOST_PRINTED = 1 << 20  # bytes that a reader's own printing may have in one check
MOST_SHOWN = 40  # lines of them, as a terminal breaks them
MOST_TOLD = 1 << 18  # bytes of a failure

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


# --- The checks -----------------------------------------------------------------------------------


def run_checks(one, source, place, flags, tell=lambda text: None):
    """Builds and runs a chapter's checks against a source, up to the first that fails.

    Tells each line as it comes. Gives (passed, everything that was told); raises Unbuilt when the
    source does not become a program.
    """
    place.mkdir(parents=True, exist_ok=True)
    told = []

    def tell_and_keep(text):
        told.append(text)
        tell(text)
    if one.checks.exists():
        return recording.run_checks(one, source, place, flags, tell)
    topic, warnings = compiling.compile_topic(one, source, place, flags)
    if flags == SANITIZERS:  # a proof is about the checks, not about warnings
        tell_and_keep(warnings)
    parts = building.parts_of_checks(one, source)
    suites = one.suites()
    building.make(building.built(parts + suites))
    for suite in suites:
        objects = [topic, *building.built([suite, *parts])]
        binary = compiling.link_topic(one, source, objects, place / suite.stem, flags)
        if not Run(one, source, binary, place).passes(tell_and_keep):
            return False, "".join(told)
    return True, "".join(told)


class Run:
    """One suite, running."""

    def __init__(self, one, source, binary, place):
        self.source, self.binary, self.place = source, binary, place
        self.calling = self.own = self.stopped = ""
        self.printed = self.shown = 0
        self.is_cut = False
        for log in place.glob("sanitizer.*"):
            log.unlink()

    def passes(self, tell):
        environment = dict(os.environ, TEACH="1", QUICK="1", CK_MAX_MSG_SIZE="200000")
        for tool in ("ASAN", "UBSAN", "LSAN"):
            environment[f"{tool}_OPTIONS"] = f"log_path={self.place}/sanitizer:print_stacktrace=1"
        with subprocess.Popen([str(self.binary)], env=environment, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              start_new_session=True) as process:  # Check signals to all of its group
            try:
                for line in iter(lambda: process.stdout.readline(4096), b""):
                    if self.take(line.decode("utf-8", "replace"), tell):
                        break
                else:
                    process.wait()
            finally:
                stop(process)
        if self.printed > MOST_PRINTED:
            tell(f"{self.where()} {ENDLESS}\n")
            return False
        if process.returncode == 0:
            return True
        self.tell_failure(tell)
        return False

    def take(self, line, tell):
        """One line of the suite, or of the reader's own printing. True when that has no end."""
        if self.stopped:
            self.stopped += line if len(self.stopped) < MOST_TOLD else ""
        elif called := re.search(r"calling (\w+)$", line):
            self.calling = called[1]
        elif verdict := re.match(r"(.*?)(  ok  \w+\n)", line):
            tell((verdict[1] + "\n" if verdict[1] else "") + verdict[2])
            self.printed = self.shown = 0
            self.is_cut = False
            self.calling = ""
        elif verdict := re.match(r"(.*?)(stop  \w+\n)", line):
            tell(verdict[1] + "\n" if verdict[1] else "")
            self.stopped = verdict[2]
        else:
            self.take_own(line, tell)
        return self.printed > MOST_PRINTED

    def take_own(self, line, tell):
        self.own = (self.own + line)[-20000:]
        self.printed += len(line)
        self.shown += 1 + len(line) // COLUMNS  # a line that goes on and on fills the screen, too
        if self.shown <= MOST_SHOWN:
            tell(line)
        elif not self.is_cut:
            tell("... (more of what your code prints is not shown)\n")
            self.is_cut = True

    def tell_failure(self, tell):
        printed = self.stopped
        explanation = self.explain_crash()
        if explanation:  # better than what Check says of it
            printed = re.sub(r"\n(Early exit|Received signal|Test timeout).*\n\Z", "\n", printed)
        if not printed and not explanation:
            explanation = f"{self.where()} ends the checks themselves, by a signal perhaps\n"
        tell((printed.rstrip("\n") + "\n" if printed else "") + explanation)

    def explain_crash(self):
        """One line on a crash, an endless loop or a leak: what it is, and in which function."""
        report = self.own + "".join(building.read_text(log) for log in sorted(self.place.glob("sanitizer.*")))
        undefined = re.search(re.escape(str(self.source.path)) + r":\d+:\d+: runtime error: (.*)", report)
        detail = f" ({undefined[1]})" if undefined else ""
        for sign, meaning in CRASHES.items():
            if sign in report or sign in self.stopped:
                return f"{self.where(report)} {meaning}{detail}\n"
        return ""

    def where(self, report=""):
        """The function that crashed, with its line; else the one that a step called; else the check."""
        path = str(self.source.path)
        stack = re.search(r"in (\w+) [^\n]*?" + re.escape(path) + r":(\d+)", report)
        if stack:
            return f"{stack[1]}, {path}:{stack[2]}: this function"
        if self.calling:
            return f"{self.calling}, {path}: this function"
        check = re.match(r"stop  (\w+)", self.stopped)
        return f"{path}, in the check {check[1]}: something in it" if check else f"{path}: something in it"


def stop(process):
    """Ends a suite that is still running, with the check in it."""
    if process.poll() is not None:
        return
    process.send_signal(signal.SIGTERM)  # Check ends its child then
    process.stdout.close()
    try:
        process.wait(timeout=3)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()

