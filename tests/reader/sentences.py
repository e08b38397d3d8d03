"""The proof of the search: what is told of slips that nobody made (`make slips`).

For each chapter it makes all slips, has the checks look at some thousands of them, and puts together those that no check can tell apart.
A sample of them, with what a reader would be told, is kept in tests/golden/slips.txt: whoever changes a rule or a check
reads there what has changed. What no check catches is listed in build/slips: it is the same function, written
differently, or a case is missing.
"""

import collections
import concurrent.futures
import os
import pathlib
import re
import sys

from reader import building, compiling, searching, slips
from reader.building import BUILD, chapters, processors
from reader.recording import Judge, checks_of

GOLDEN = pathlib.Path("tests/golden/slips.txt")
SAMPLE = 32  # slips of a chapter that are kept
MOST = 1000  # that the checks look at


class Told:
    """What would be told of each slip of a chapter."""

    def __init__(self, one):
        found, place = slips.slips_of(one), BUILD / "slips" / one.name
        place.mkdir(parents=True, exist_ok=True)
        compiling.compile_variants(one, slips.of_slips(one, found), place)  # all of them are C
        self.one, self.slips = one, found[::1 + len(found) // MOST]
        judge = Judge(one, place, slips.of_slips(one, self.slips))
        said = judge.ask("prove").stdout
        self.caught = {int(number): check for check, number in re.findall(r"^caught (\w+) (\d+)$", said, re.M)}
        first = {int(number): int(other) for _, number, other in re.findall(r"^alike (\w+) (\d+) (\d+)$", said, re.M)}
        self.alike = collections.defaultdict(list)
        for number in self.caught:
            self.alike[first.get(number, number)].append(number)

    def sentences(self):
        """[(slip, check, what a try tells, what the hint tells)] of those that are caught."""
        functions, told = dict(checks_of(self.one)), []
        for numbers in self.alike.values():
            for number in numbers:
                check = self.caught[number]
                best = searching.best_of(self.one, [self.slips[each] for each in numbers], functions[check])
                told.append((self.slips[number], check, *searching.sentences(self.one, functions[check], best)))
        return sorted(told, key=lambda each: each[:2])

    def uncaught(self):
        return sorted(slip for number, slip in enumerate(self.slips) if number not in self.caught)


def sampled(told):
    """Every so many of a chapter's sentences, as lines."""
    sentences = told.sentences()
    step = max(1, len(sentences) // SAMPLE)
    lines = [f"# {told.one.title}\n"]
    for slip, check, said, hint in sentences[step // 2::step][:SAMPLE]:
        lines.append(f"{slip.function}: {slip.words}\n    {check}: {said}\n    {hint or '(no hint)'}\n")
    return "".join(lines)


def prove(number):
    """Compares the sample with the one that is kept, or keeps it when REFRESH is set."""
    wanted = [one for one in chapters() if one.exercise.exists() and number in (None, one.number)]
    with concurrent.futures.ThreadPoolExecutor(processors()) as pool:
        all_told = list(pool.map(Told, wanted))
    for told in all_told:
        tell_summary(told)
    text = "\n".join(map(sampled, all_told))
    if number is not None:
        print(text)
    elif "REFRESH" in os.environ:
        GOLDEN.write_text(text, encoding="utf-8")
    elif building.read_text(GOLDEN) != text:
        sys.exit(f"{GOLDEN} says something else: make slips REFRESH=1, and read the difference")


def tell_summary(told):
    sentences = told.sentences()
    named = sum(slip.words in hint for slip, _, _, hint in sentences)
    print(f"{told.one.name}: {len(told.slips)} slips, {len(sentences)} caught, {named} named by the hint")
    uncaught = collections.Counter(f"{slip.function}: {slip.words}" for slip in told.uncaught())
    listed = BUILD / "slips" / f"{told.one.name}.uncaught"
    listed.write_text("".join(f"{count} {words}\n" for words, count in sorted(uncaught.items())), encoding="utf-8")
