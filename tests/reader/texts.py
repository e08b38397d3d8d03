"""Hints and quizzes: how hints.md and quiz.txt are read, and what the reader sees of them."""

import re
import sys

from reader import notes
from reader.building import Source, chapter, defined_in, read_text
from reader.telling import say


def read_hints(one):
    """hints.md: a heading `## function`, then numbered hints. Gives {function: [hint, ...]}."""
    hints = {}
    for part in re.split(r"^## ", read_text(one.path / "hints.md"), flags=re.M)[1:]:
        name, _, body = part.partition("\n")
        hints[name.strip("` ")] = [re.sub(r"\n +", "\n", h).strip() for h in re.split(r"^\d\. ", body, flags=re.M)[1:]]
    return hints


def hint(number, function):
    one = chapter(number)
    hints = read_hints(one)
    if not function and notes.read("stopped", one) in hints:  # where the last try stopped
        function = notes.read("stopped", one)
    if not function:  # the first function that is still to be written
        function = ([f for f in hints if is_unwritten(one, f)] or list(hints))[0]
    if function not in hints:
        sys.exit(f"no hints for {function}; there are some for {', '.join(hints)}")
    slip = notes.read("slip", one).split("\n")
    if len(slip) == 2 and slip[0] == function:  # the last try has found it
        notes.forget("slip", one)
        say(f"{function}: one slip would explain what the last try saw: {slip[1]}\n")
        say("Run again for the hints.")
        return
    level = notes.read_number(f"hint-{function}", one)
    if level >= len(hints[function]):
        where = next((path for path in one.sources if function in defined_in(read_text(path))), one.reference)
        say(f"{function}: those were all {len(hints[function])} hints. The reference is {where}; from the first again:\n")
        level = 0
    say(f"{function}, hint {level + 1} of {len(hints[function])}\n\n{hints[function][level]}\n")
    notes.write(f"hint-{function}", one, str(level + 1))
    others = [f for f in hints if f != function]
    say(f"Run again for the next level. For another function:\nmake hint-{one.number} FUNCTION={others[0] if others else function}")


def is_unwritten(one, function):
    text = Source(one.solution).text
    return re.search(rf"^\w[^\n;]*\b{function}\([^)]*\)\s*{{[^}}]*NOT_WRITTEN_YET", text, re.M)


def read_quiz(one):
    """quiz.txt: `? question`, then `+ right option` or `- wrong option`, each with an indented answer below."""
    questions = []
    for line in read_text(one.path / "quiz.txt").splitlines():
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
        say(f"\n{index + 1}. {question}\n")
        letters = "abcdefgh"[: len(options)]
        for letter, (_, option, _) in zip(letters, options):
            say(f"   {letter}) {option}")
        answer = ask(letters)
        if answer is None:
            sys.exit(f"\nthe answers ended after question {index}: {right} right so far")
        is_right, _, why = options[letters.index(answer)]
        right += is_right
        say(f"\n   {'Right.' if is_right else 'No.'} {why}")
        if not is_right:
            letter, answer, why = next((l, o[1], o[2]) for l, o in zip(letters, options) if o[0])
            say(f"   The answer is {letter}) {answer}. {why}")
    print(f"\n{right} of {len(questions)} right")
    if right < len(questions):
        say(f"All answers: {one.path}/README.md, \"Quiz\". The same again: make quiz-{one.number}")
