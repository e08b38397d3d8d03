"""How the course speaks: in lines that a terminal of 80 columns can show, each as soon as it is known."""

import re
import textwrap

COLUMNS = 80


def say(text="", hang=0):
    """Prints a text. A line too long for a terminal goes on below, as far in as it began, or as `hang` says."""
    for line in text.split("\n"):
        inset = " " * (hang or len(re.match(r" *(?:[a-h]\) |\d\. )?", line)[0]))
        print("\n".join(textwrap.wrap(line, COLUMNS, subsequent_indent=inset, break_long_words=False,
                                      break_on_hyphens=False)) if len(line) > COLUMNS else line)


class Teller:
    """Prints what is told as it comes; while watching, checks that pass are only counted."""

    def __init__(self, is_short):
        self.is_short, self.count = is_short, 0

    def __call__(self, text):
        if self.is_short and re.fullmatch(r"  ok  \w+\n", text):
            self.count += 1
            return
        self.flush()
        print(text, end="", flush=True)

    def flush(self):
        if self.count > 0:
            print(f"  ok  {self.count} checks", flush=True)
        self.count = 0
