"""The proof of the named mistakes, and of what stands in a chapter beside its code: `make mistakes`.

Every entry of chapters/*/mistakes.toml, applied to the reference, must stop at its check, which prints
the name and the diagnosis. The reference and all of tests/variants/ must pass, and every untouched
exercise must fail with a line that says what to write.
"""

import concurrent.futures
import pathlib
import re
import sys

from reader.breaking import mistaken_source
from reader.building import BUILD, Source, chapter, chapters, defined_in, processors, read_text
from reader.compiling import Unbuilt
from reader.mistakes import variants
from reader.recording import Judge, names_of_checks, run_checks
from reader.texts import read_hints, read_quiz
from reader.yours import main_numbers


def check(one, source, place, rest=None):
    """Runs the checks. Gives (passed, what was told); passed is None when the source does not build."""
    try:
        return run_checks(one, Source(source), place, [], rest=rest)
    except Unbuilt as why:
        return None, str(why)


def prove_mistake(one, label, name, way):
    """None when a mistake is caught by its check with its diagnosis; else what is wrong."""
    source = mistaken_source(one, name, way, BUILD / "mistakes" / one.name / label.replace("/", "-"))
    passed, printed = check(one, source, source.parent)
    if passed is None:
        return f"does not build: {printed}"
    if passed:
        return "is not caught"
    if f"stop  {way.check}\n" not in printed:
        return f"is not caught by {way.check}:\n{printed}"
    if f"{name}: " not in printed or " ".join(way.diagnosis.split()) not in " ".join(printed.split()):
        return f"is caught, but the diagnosis is not \"{name}: {way.diagnosis}\":\n{printed}"
    return None


def prove_by_judge(one):
    """None when every mistake is found out by its check and no other is like it; else what is wrong."""
    judge = Judge(one, BUILD / "mistakes" / one.name / "judge")
    asked = judge.ask("prove")
    caught = {label: check for check, label in re.findall(r"^caught (\w+) (\S+)$", asked.stdout, re.M)}
    wrong = [] if asked.returncode == 0 else [f"the judge ends with {asked.returncode}"]
    wrong += [f"{label} is caught by {caught.get(label)}, not by {way.check}"
              for label, (_, way) in judge.variants.items() if caught.get(label) != way.check]
    for check, *pair in re.findall(r"^alike (\w+) (\S+) (\S+)$", asked.stdout, re.M):
        names = {judge.variants[label][0] for label in pair}
        if len(names) == 2 and all(caught[label] == check for label in pair):
            wrong.append(f"{check} cannot tell {pair[0]} from {pair[1]}")
    return "\n".join(wrong) or None


def left_out(one, source, place):
    """A source with those functions that a variant leaves out: the reference, its other functions renamed."""
    own = set(defined_in(read_text(source))) & set(one.functions())
    if len(own) == len(one.functions()):
        return None
    rest = place / "rest" / "rest.c"
    rest.parent.mkdir(parents=True, exist_ok=True)
    names = "".join(f"#define {name} {name}__right\n" for name in sorted(own))
    rest.write_text(names + read_text(one.reference), encoding="utf-8")
    return Source(rest)


def prove_correct(one, source, place):
    """None when a correct source passes; else what is wrong."""
    passed, printed = check(one, source, place, left_out(one, source, place))
    return None if passed else f"is right, but does not pass:\n{printed}"


def prove_untouched(one):
    passed, printed = check(one, one.exercise, BUILD / "mistakes" / one.name / "untouched")
    if passed is False and f"is not written yet: open {one.exercise}" in printed:
        return None
    return f"is untouched, but does not fail with a line that says what to write:\n{printed}"


def prove_texts(one):
    """None when hints, quiz and the places that diagnoses name are all there; else what is missing."""
    hints = read_hints(one)
    for function in one.functions():
        if len(hints.get(function, [])) != 3:
            return f"needs three hints for {function} in hints.md"
    if not main_numbers(one)[0]:
        return "has no listing under <!-- yours --> in its lesson"
    questions = read_quiz(one)
    if len(questions) != 5:
        return f"has {len(questions)} questions in quiz.txt, expected 5"
    for question, options in questions:
        if sum(right for right, _, _ in options) != 1 or not all(why for _, _, why in options):
            return f"quiz.txt: one option must be right, and every one answered: {question}"
    checks = names_of_checks(one)
    if twice := {name for name in checks if checks.count(name) > 1}:
        return f"has two checks called {min(twice)}"
    places = {re.fullmatch(r'lesson (\d+), "(.*)"', way.place).groups() for _, way in variants(one.mistakes()).values()}
    for number, heading in places:
        if f"## {heading}\n" not in read_text(chapter(number).path / "README.md"):
            return f"a diagnosis points to \"{heading}\", which lesson {number} does not have"
    return None


def mistakes(number):
    claims, total = [], 0
    for one in chapters():
        if not one.exercise.exists() or number not in (None, one.number):
            continue
        place = BUILD / "mistakes" / one.name
        named = list(variants(one.mistakes()).items())
        total += len(named)
        if len(named) < 5 or len(one.variants()) < 5:
            sys.exit(f"{one.path}: {len(named)} mistakes and {len(one.variants())} variants, expected 5 of each at least")
        claims += [(f"{one.path}/mistakes.toml", prove_by_judge, (one,))]
        label, (name, way) = named[0]  # told in full, as a reader would see it
        claims += [(f"{one.path}/mistakes.toml: {label}", prove_mistake, (one, label, name, way))]
        claims += [(v, prove_correct, (one, v, place / v.stem)) for v in [one.reference, *one.variants()]]
        claims += [(one.exercise, prove_untouched, (one,)), (one.path, prove_texts, (one,))]
    with concurrent.futures.ThreadPoolExecutor(processors()) as pool:
        results = list(pool.map(lambda claim: claim[1](*claim[2]), claims))
    wrong = [(claim[0], result) for claim, result in zip(claims, results) if result is not None]
    for path, result in wrong:
        print(f"{path} {result}")
    print(f"mistakes: {total} named, {len(claims)} claims hold" if not wrong else f"mistakes: {len(wrong)} of {len(claims)} claims fail")
    sys.exit(1 if wrong else 0)
