"""How the course speaks: in lines that a terminal of 80 columns can show, each as soon as it is known."""

import re
import sys
import textwrap

COLUMNS = 80


def say(text="", hang=0):
    """Prints a text. A line too long for a terminal goes on below, as far in as it began, or as `hang` says."""
    print("\n".join(folded(line, hang or len(re.match(r" *(?:[a-h]\) |\d\. )?", line)[0])) for line in text.split("\n")))


def harmless(text):
    """A text without what would steer a terminal: it may hold what a reader gave as a name."""
    return re.sub(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]", "?", text)


def folded(line, hang):
    if len(line) <= COLUMNS:
        return line
    return "\n".join(textwrap.wrap(line, COLUMNS, subsequent_indent=" " * hang, break_long_words=False,
                                   break_on_hyphens=False))


def is_prose(line):
    """Not a table, whose columns would fall apart, nor a compiler's message, which is about columns."""
    return re.match(r"\w", line) and "  " not in line and not re.search(r":\d+:\d+: ", line)


class Teller:
    """Prints what is told as it comes; while watching, checks that pass are only counted."""

    def __init__(self, is_short):
        self.is_short, self.count = is_short, 0

    def __call__(self, text):
        if self.is_short and re.fullmatch(r"  ok  \w+\n", text):
            self.count += 1
            return
        self.flush()
        if sys.stdout.isatty():
            text = "\n".join(folded(line, 0) if is_prose(line) else line for line in text.split("\n"))
        print(text, end="", flush=True)

    def flush(self):
        if self.count > 0:
            print(f"  ok  {self.count} checks", flush=True)
        self.count = 0
