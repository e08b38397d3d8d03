#!/usr/bin/env python3
"""Checks that the lessons and the programs say the same.

Run from the top of the repository, after `make plots breaks`. Of README.md, chapters/*/README.md and
docs/*.md it checks

  ```console       Each line `$ COMMAND` is run by bash; the lines after it must be what it prints
                   on standard output and error. A line `...` stands for any lines. The commands
                   of one block share a session. A command that ends in a backslash goes on in the
                   next line. A command may fail if the block shows its message.
  <!-- output: COMMAND -->   The ```text block that follows is what this command prints.
  <!-- shows: COMMAND -->    Each number with a decimal point in the paragraph before it (not a
                   section, as in §3.2) is a number that this command prints. Each decimal in
                   prose needs such a mark; `echo` shows what is given and not computed.
  <!-- counts: COMMAND -->   Each whole number that this command prints stands in the paragraph before it,
                   in words (`five`, `both`) or in digits.
  <!-- ratios: COMMAND -->   Each line that this command prints is a factor in words and the number it stands for,
                   such as `half 0.48` or `three times 3.16`: the paragraph before it says these words, and the
                   number is at most 15 % from them. In a chapter, outside of the quiz, each factor that compares
                   (`a third`, `half of`, `twice the`, `ten times as`) needs such a mark.
  ```c             A verbatim excerpt of a source file: of a lesson's own chapter, or else of
                   common/, an earlier chapter or tests/; elsewhere of any. `...` or `/* ... */` on
                   a line of its own skips lines; the indentation may be less.
  links            A relative target must exist, and so must the heading that a #fragment names.
  docs/pictures/   A picture from here must be one that the programs draw, made of the same numbers
                   and labels: NAME.table beside it says the same as in build/plots.
                   CHAPTER_PICTURE_break_MISTAKE is what `make break-CHAPTER MISTAKE=...` draws;
                   `make breaks` draws those that a lesson shows.
  counts in words  A heading "... in five steps" has the steps **1.** to **5.** below it; a sentence with
                   a number right before a list says how many items that has; "under five mistakes"
                   before a table is the number of rows below its row `right`; and a picture
                   described as "Two heatmaps ..." or "Three curves ..." has that many.
  openings         A lesson's picture or live part stands under "The question".
  exercises        They have the tiers Implement, Experiment and Explain, and the minutes that the top of
                   the lesson promises are the sum of theirs.

It prints each difference and what it did not check: other blocks (```sh for commands that are not
to be run). --refresh writes what the commands print into the
console and text blocks that differ; their `...` are then lost. --pictures copies the pictures that
the lessons show from build/plots.
"""
import atexit
import collections
import contextlib
import difflib
import functools
import glob
import math
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile

TIME_LIMIT = 120  # seconds for the commands of one block
ELISION = re.compile(r"\s*(\.\.\.|/\* \.\.\. \*/|// \.\.\.)\s*")
ALONE = re.compile(r"^\S*/bin/\d\d_\w+(?=\s*(?:[;|]|$))", re.M)
MARK = re.compile(r"<!-- (output|shows|counts|ratios): (.*?) -->\s*")
FENCE = re.compile(r"( *(?:[-*] +|\d+\. +)?)(`{3,}|~{3,})\s*([^`\s]*)")
PICTURES, PLOTS = "docs/pictures", os.environ.get("BUILD", "build") + "/plots"
DECIMAL = re.compile(r"(?<![\w./§:])(?<!§ )[-−]?\d+\.\d+(?:[eE][-+]?\d+)?(?!\w|\.\d)")
WORDS = {word: number for number, word in enumerate(
    "two three four five six seven eight nine ten eleven twelve".split(), 2)}
WORDS["both"] = 2
COUNT = re.compile(rf"\b({'|'.join(WORDS)})\b", re.I)

WHOLE = {"half": 0.5, "a": 1, "one": 1, "twice": 2, **WORDS, "thirty": 30, "fifty": 50, "a hundred": 100, "a thousand": 1000}
PARTS = {"half": 2, "third": 3, "quarter": 4, "fifth": 5, "sixth": 6, "eighth": 8, "tenth": 10, "thousandth": 1000}
NEAR = 0.15  # how far a factor in words may be from the number
AMOUNT = "|".join(sorted(set(WHOLE) - {"half", "twice", "both"}, key=len, reverse=True))
COMPARED = re.compile(rf"\b(?:(?:(?:\d+|{AMOUNT}) and )?(?:{AMOUNT}) (?:{'|'.join(PARTS)})s?\b|(?<=by )half\b"
                      rf"|(?:(?:{AMOUNT}) times|twice|half)(?= (?:as|the|too|of|fewer|less|lower|more|slower|faster)\b)"
                      r"|(?!many|several)\w+ times(?= (?:as|too|fewer|less|lower|more|slower|faster)\b))")
SIDE = re.compile(r"\b(?:left|right|wrong|other|upper|lower|first|second) half\b")

Block = collections.namedtuple("Block", "language start lines indent mark")
# A command, the lines that should follow it, and where these stand in the file (counted from 0).
Example = collections.namedtuple("Example", "command expected start")


class Lesson:
    """A Markdown file: its fenced blocks, its marked paragraphs, and the rest of its prose."""

    def __init__(self, path):
        self.path = path
        with open(path, encoding="utf-8") as file:
            self.lines = file.read().split("\n")
        self.blocks = []
        self.prose = list(self.lines)  # the same lines, blank where a fenced block stands
        self.marks = []  # (line, command) of each `shows`
        self.count_marks = []  # and of each `counts`
        self.ratio_marks = []  # and of each `ratios`
        self._scan()

    def _scan(self):
        mark, i = None, 0
        while i < len(self.lines):
            fence, found = FENCE.match(self.lines[i]), MARK.fullmatch(self.lines[i].strip())
            if mark and not fence and self.lines[i].strip():
                problem(self.path, mark[0], "no block follows this mark")
                mark = None
            if fence:
                end = self._end_of_block(i, fence.group(2))
                indent = len(fence.group(1))
                content = [remove_indent(line, indent) for line in self.lines[i + 1:end]]
                self.blocks.append(Block(fence.group(3), i + 1, content, indent, mark))
                self.prose[i:end + 1] = [""] * (end + 1 - i)
                mark, i = None, end
            elif found and found.group(1) == "output":
                mark = (i, found.group(2))
            elif found:
                marks = {"shows": self.marks, "counts": self.count_marks, "ratios": self.ratio_marks}
                marks[found.group(1)].append((i, found.group(2)))
            elif "```" in self.lines[i]:
                problem(self.path, i, "a block that begins here would not be read")
            i += 1

    def _end_of_block(self, start, ticks):
        closing = re.compile(r" *" + re.escape(ticks) + ticks[0] + r"*\s*")
        for i in range(start + 1, len(self.lines)):
            if closing.fullmatch(self.lines[i]):
                return i
        problem(self.path, start, "this block has no end")
        return len(self.lines)

    def paragraph_before(self, line):
        """The indices of the lines of the paragraph before a mark, or before the marks above it."""
        def is_text(i):
            return self.prose[i].strip() and not MARK.fullmatch(self.prose[i].strip())
        end = line
        while end > 0 and not is_text(end - 1):
            end -= 1
        start = end
        while start > 0 and is_text(start - 1):
            start -= 1
        return range(start, end)


lesson_at = functools.lru_cache(maxsize=None)(Lesson)
problems = 0
counts = collections.Counter()
unchecked = collections.Counter()


def problem(path, line, text):
    """Reports a problem; line is counted from 0."""
    global problems
    problems += 1
    print(f"{path}:{line + 1}: {text}", file=sys.stderr)


def remove_indent(line, indent):
    return line[min(indent, len(line) - len(line.lstrip(" "))):]


# --- Outputs -------------------------------------------------------------------------------------

def examples_of(block):
    """The commands of a console or text block."""
    if block.mark:
        return [Example(block.mark[1], block.lines, block.start)]
    examples, i = [], 0
    while i < len(block.lines) and block.lines[i].startswith("$ "):
        command = [block.lines[i][2:]]
        while command[-1].endswith("\\") and i + 1 < len(block.lines):
            i += 1
            command.append(re.sub("^> ", "", block.lines[i]))
        start = i = i + 1
        while i < len(block.lines) and not block.lines[i].startswith("$ "):
            i += 1
        examples.append(Example("\n".join(command), block.lines[start:i], block.start + start))
    return examples


results = {}  # of each session that was run: what each of its commands printed, and its exit status


def environment():
    """A `make` in a lesson must not take itself for a part of the make that runs this script, and awk must not write a comma
    for the point."""
    return {k: v for k, v in os.environ.items() if not re.match("MAKE|MFLAGS", k)} | {"LC_ALL": "C.UTF-8"}


@functools.cache
def worked_example(program):
    """A command that prints what the program prints of the worked example: it runs once, and many marks look at that."""
    result = subprocess.run([program], capture_output=True, check=False, env=environment(), timeout=TIME_LIMIT)
    if result.returncode or result.stderr:
        return program
    with tempfile.NamedTemporaryFile(delete=False) as file:
        atexit.register(os.remove, file.name)
        file.write(result.stdout)
    return f"cat {file.name}"


def run(commands):
    """Runs commands in one bash; returns (lines, exit status) of each. The same ones run once."""
    if commands not in results:
        script = "".join(f"{command}\ns=$?; printf '\\036%d\\036' $s; (exit $s)\n"
                         for command in commands)
        script = script.replace("build/bin/", os.environ.get("BUILD", "build") + "/bin/")
        script = ALONE.sub(lambda found: worked_example(found.group()), script)
        process = subprocess.Popen(["bash", "-c", script], stdin=subprocess.DEVNULL,
                                   stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                   env=environment(), start_new_session=True)
        try:
            output = process.communicate(timeout=TIME_LIMIT)[0]
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            output = process.communicate()[0] + f"stopped after {TIME_LIMIT} seconds".encode()
        pieces = output.decode("utf-8", "replace").split("\036")
        pieces += [str(process.returncode)] * (len(pieces) % 2)
        ended = list(zip(pieces[0::2], map(int, pieces[1::2])))
        ended += [("", 127)] * (len(commands) - len(ended))
        results[commands] = [(trimmed(text.split("\n")), status) for text, status in ended]
    return results[commands]


def trimmed(lines):
    """The lines without blanks at their ends, and without empty lines at the end."""
    lines = [line.rstrip() for line in lines]
    while lines and not lines[-1]:
        lines.pop()
    return lines


def matches(expected, actual):
    pattern = "".join(r"(?:.*\n)*?" if ELISION.fullmatch(line) else re.escape(line) + "\n"
                      for line in expected)
    return re.fullmatch(pattern, "".join(line + "\n" for line in actual)) is not None


def check_outputs(lesson, block, refresh):
    """Checks the commands of a block; returns the changes to the file: (first, end, new lines)."""
    examples, changes = examples_of(block), []
    if not examples or (not block.mark and not block.lines[0].startswith("$ ")):
        problem(lesson.path, block.start, "a console block begins with `$ COMMAND`")
    outcomes = run(tuple(example.command for example in examples)) if examples else []
    for example, (actual, status) in zip(examples, outcomes):
        counts["outputs"] += 1
        expected = trimmed(example.expected)
        shown = any(not ELISION.fullmatch(line) for line in expected)
        if status >= 126 or status < 0 or (status and (block.mark or not (shown or refresh))):
            report_status(lesson.path, example.start, example.command, status, actual)
        elif matches(expected, actual):
            continue
        elif refresh:
            print(f"{lesson.path}:{example.start + 1}: refreshed: {example.command}")
            lines = [(" " * block.indent + line).rstrip() for line in actual]
            changes.append((example.start, example.start + len(expected), lines))
        else:
            report_difference(lesson.path, example.start, f"`{example.command}` prints otherwise",
                              expected, actual)
    return changes


def report_status(path, line, command, status, output):
    problem(path, line, f"`{command}` ends with status {status}\n" + "\n".join(output))


def report_difference(path, line, text, lesson_lines, true_lines):
    difference = difflib.unified_diff(lesson_lines, true_lines, "the lesson", "the truth",
                                      lineterm="")
    problem(path, line, text + "\n" + "\n".join(difference))


def decimals(text):
    return {number.replace("−", "-") for number in DECIMAL.findall(text)}


def check_numbers(lesson):
    """Checks the paragraphs that are marked with `shows`; counts the decimals of the others."""
    printed, marked = collections.defaultdict(set), {}
    for line, command in lesson.marks:
        paragraph = lesson.paragraph_before(line)
        marked[paragraph] = line
        actual, status = run((command,))[0]
        if status:
            report_status(lesson.path, line, command, status, actual)
        printed[paragraph] |= decimals("\n".join(actual))
    for paragraph, line in marked.items():
        numbers = decimals("\n".join(lesson.prose[i] for i in paragraph))
        counts["numbers"] += len(numbers)
        if not numbers:
            problem(lesson.path, line, "the paragraph before this mark has no decimals")
        for number in sorted(numbers - printed[paragraph]):
            problem(lesson.path, paragraph[0], f"{number} is not printed by the marked command")
    in_marked = {i for paragraph in marked for i in paragraph}
    for i, line in enumerate(lesson.prose):
        for number in DECIMAL.findall(MARK.sub("", line)) if i not in in_marked else ():
            problem(lesson.path, i, f"{number} needs a mark with the command that prints it")


# --- Counts in words ---------------------------------------------------------------------------

STEP = re.compile(r"\*\*(?:Step )?(\d+)[.:]")
ITEM = re.compile(r"( *)(?:[-*]|\d+\.) ")
DESCRIPTION = re.compile(rf"!\[({'|'.join(WORDS)}) (\w+ )?(rows of \w+ )?"
                         r"(heatmaps|grids|maps|curves|lines)\b", re.I)


def counts_in(text):
    return [WORDS[word.lower()] for word in COUNT.findall(text)]


def expect_count(lesson, line, text, counted, what):
    """Complains unless the text has this number; says nothing of a text without any."""
    claimed = counts_in(text)
    counts["counts"] += bool(claimed)
    if claimed and counted not in claimed:
        problem(lesson.path, line, f"\"{text.strip()}\": but there are {counted} {what}")


def section_below(lesson, line):
    """The lines of prose from a heading to the next of its level or a higher one."""
    level = len(lesson.prose[line]) - len(lesson.prose[line].lstrip("#"))
    for i in range(line + 1, len(lesson.prose)):
        if re.match(rf"#{{1,{level}}} ", lesson.prose[i]):
            return range(line + 1, i)
    return range(line + 1, len(lesson.prose))


def check_steps(lesson, line):
    steps = [int(found.group(1)) for i in section_below(lesson, line)
             for found in [STEP.match(lesson.prose[i])] if found]
    if steps != list(range(1, len(steps) + 1)):
        problem(lesson.path, line, f"the steps below are numbered {steps}")
    expect_count(lesson, line, lesson.prose[line].lstrip("#"), len(steps), "steps")


def last_sentence(lesson, line):
    """Of the paragraph that ends above this line; nothing if that is a list, a table or a heading."""
    lines = [lesson.prose[i].strip() for i in lesson.paragraph_before(line)]
    if not lines or re.match(r"[-*|#<] ?|\d+\.", lines[0]) and not lines[0].startswith("**"):
        return ""
    return re.split(r"(?<=[.?!])\s", " ".join(lines))[-1]


def check_list(lesson, line):
    indent, items, i = ITEM.match(lesson.prose[line]).group(1), 0, line
    inside = re.compile(rf"\s*$|{indent}  |{ITEM.pattern}")
    while i < len(lesson.prose) and inside.match(lesson.prose[i]):
        found = ITEM.match(lesson.prose[i])
        items += bool(found and found.group(1) == indent)
        i += 1
    expect_count(lesson, line, last_sentence(lesson, line), items, "items in the list")


def check_mistakes(lesson, block):
    """A table of a program's: the row `right` and one for each mistake."""
    before = " ".join(lesson.prose[i] for i in lesson.paragraph_before(block.start - 1))
    claim = re.search(r"\w+ mistakes\b", before)
    rows = [line.split()[:1] for line in block.lines]
    if claim and ["right"] in rows:
        below = rows[rows.index(["right"]) + 1:] + [[]]
        table = [row for row in below[:below.index([])] if row != ["..."]]
        expect_count(lesson, block.start, claim.group(), len(table), "rows below the right one")


def check_description(lesson, line):
    found = DESCRIPTION.match(lesson.prose[line])
    target = LINK.search(lesson.prose[line])
    if not found or not target or "_break_" in target.group(1):
        return
    path = os.path.join(os.path.dirname(lesson.path), os.path.splitext(target.group(1))[0] + ".table")
    if not os.path.exists(path):
        return
    kind = "curve" if found.group(4).lower() in ("curves", "lines") else "panel"
    drawn, claimed = read(path).count(f"\n{kind}\t"), math.prod(counts_in(found.group()))
    counts["counts"] += 1
    if drawn != claimed:
        problem(lesson.path, line, f"\"{found.group()[2:]}\": but the picture has {drawn}")


def check_count_mark(lesson, line, command):
    paragraph = " ".join(lesson.prose[i] for i in lesson.paragraph_before(line))
    actual, status = run((command,))[0]
    printed = {int(number) for number in re.findall(r"\d+", "\n".join(actual))}
    if status or not printed:
        report_status(lesson.path, line, command, status, actual)
    counts["counts"] += len(printed)
    digits = re.findall(r"(?<![\d.])\d+(?!\.?\d)", paragraph)
    for number in sorted(printed.difference(counts_in(paragraph), map(int, digits))):
        problem(lesson.path, line,
                f"the marked command counts {number}, which the paragraph before does not say")


def factor(words):
    """What a factor in words says, such as `half`, `thirty`, `two thirds` or `a hundred times`; None for others."""
    plain = words.removesuffix(" and a half")
    if plain in WHOLE:
        return WHOLE[plain] + (0.0 if plain == words else 0.5)
    amount, _, unit = words.rpartition(" ")
    whole, part = WHOLE.get(amount), PARTS.get(unit.rstrip("s"))
    return whole if unit == "times" else whole / part if whole and part else None


def check_ratio_mark(lesson, line, command):
    """Returns the words of the factors that it compared."""
    paragraph = " ".join(lesson.prose[i].strip() for i in lesson.paragraph_before(line)).lower()
    actual, status = run((command,))[0]
    if status or not actual:
        report_status(lesson.path, line, command, status, actual)
    compared = [printed.rpartition(" ") for printed in actual]
    for words, _, number in compared:
        counts["counts"] += 1
        said = factor(words)
        if said is None or words not in paragraph:
            problem(lesson.path, line, f"the paragraph before does not say \"{words}\", or it is no factor")
        elif not abs(float(number) - said) <= NEAR * said:
            problem(lesson.path, line, f"\"{words}\": but the marked command prints {number}")
    return [words for words, _, _ in compared]


def check_factors(lesson, compared):
    """Looks for factors that no mark compares; `compared` has the words of each paragraph that has a mark."""
    quiz = {i for line, text in enumerate(lesson.prose) if text == "## Quiz" for i in section_below(lesson, line)}
    last = len(lesson.prose)
    while last > 0:
        paragraph = lesson.paragraph_before(last)
        last = paragraph.start
        text = " ".join(lesson.prose[i].strip() for i in paragraph).lower()
        for words in COMPARED.findall(SIDE.sub("", text)):
            if last not in quiz and words not in compared[paragraph]:
                problem(lesson.path, last, f"\"{words}\" needs a mark `ratios` with the command that prints the number")


def check_counts(lesson):
    """Checks the number words that stand beside what they count."""
    for i, line in enumerate(lesson.prose):
        if re.match(r"#+ .* steps$", line):
            check_steps(lesson, i)
        elif ITEM.match(line) and not lesson.prose[i - 1].strip():
            check_list(lesson, i)
        elif line.startswith("!["):
            check_description(lesson, i)
    for block in lesson.blocks:
        check_mistakes(lesson, block)
    for line, command in lesson.count_marks:
        check_count_mark(lesson, line, command)
    compared = collections.defaultdict(list)
    for line, command in lesson.ratio_marks:
        compared[lesson.paragraph_before(line)] += check_ratio_mark(lesson, line, command)
    if lesson.path.startswith("chapters/"):
        check_factors(lesson, compared)


# --- Listings ------------------------------------------------------------------------------------

def sources_for(lesson):
    """The files in which a listing may stand, the likeliest first."""
    files = [path for top in ("common", "chapters", "tests")
             for path in sorted(glob.glob(top + "/**/*.[ch]", recursive=True))]
    here = os.path.dirname(lesson.path)
    if not here.startswith("chapters/"):
        return files
    own = [path for path in files if path.startswith(here + "/")]
    return own + [path for path in files if path not in own
                  and not (path.startswith("chapters/") and path > here)]


def excerpt_pattern(lines):
    """Matches the lines in a file, all of them deeper by the same indentation."""
    indent = min((len(line) - len(line.lstrip()) for line in lines if line.strip()), default=0)
    pattern, first = r"(?m)^", True
    for line in lines:
        if ELISION.fullmatch(line):
            pattern += r"(?:.*\n)*?"
        elif not line.strip():
            pattern += r"[ \t]*\n"
        else:
            pattern += (r"([ \t]*)" if first else r"\1") + re.escape(line[indent:].rstrip()) + r"\n"
            first = False
    return re.compile(pattern)


def nearest_excerpt(lines, paths):
    """The piece of a file that has the most lines in common with these."""
    wanted, best = {line.strip() for line in lines if line.strip()}, (-1, "", [])
    for path in paths:
        source = read(path).split("\n")
        for i in range(max(1, len(source) - len(lines) + 1)):
            window = source[i:i + len(lines)]
            common = len(wanted.intersection(line.strip() for line in window))
            if common > best[0]:
                best = (common, f"{path}:{i + 1}", window)
    return best[1], best[2]


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def check_listing(lesson, block):
    counts["listings"] += 1
    if all(ELISION.fullmatch(line) or not line.strip() for line in block.lines):
        problem(lesson.path, block.start, "this listing is empty")
    paths, pattern = sources_for(lesson), excerpt_pattern(block.lines)
    if not any(pattern.search(read(path)) for path in paths):
        where, window = nearest_excerpt(block.lines, paths)
        report_difference(lesson.path, block.start, f"no such code; the nearest is at {where}",
                          trimmed(block.lines), trimmed(window))


# --- Links ---------------------------------------------------------------------------------------

LINK = re.compile(r"\]\(\s*<?([^)\s>]+)"  # [text](target), ![text](target)
                  r"|^ {0,3}\[[^\]]+\]:\s*(\S+)"  # [name]: target
                  r"|<[^>]+\b(?:src|srcset|href)=\"([^\"]+)\"")


def without_code(line):
    return re.sub(r"(?<!`)(`+)(?!`).*?(?<!`)\1(?!`)", "", line)


def anchors_of(path):
    """The fragments of a Markdown file, made from its headings as GitHub makes them."""
    anchors, seen = set(), collections.Counter()
    for line in lesson_at(path).prose:
        heading = re.match(r" {0,3}#{1,6}\s+(.*?)\s*#*$", line)
        if heading:
            text = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", heading.group(1))
            slug = re.sub(r"[^\w\- ]", "", text.lower()).replace(" ", "-")
            anchors.add(slug + (f"-{seen[slug]}" if seen[slug] else ""))
            seen[slug] += 1
        anchors.update(re.findall(r"<[^>]+\b(?:id|name)=\"([^\"]+)\"", line))
    return anchors


def check_link(lesson, line, target):
    counts["links"] += 1
    path, _, fragment = target.partition("#")
    directory = os.path.dirname(lesson.path)
    path = os.path.normpath(os.path.join(directory, path)) if path else lesson.path
    if not os.path.exists(path) or path.startswith(".."):
        drawn = " (no program draws it)" if path.startswith("build/") else ""
        problem(lesson.path, line, f"{target}: there is no {path}{drawn}")
    elif os.path.dirname(path) == PICTURES:
        check_picture(lesson, line, path)
    elif fragment and path.endswith(".md") and fragment not in anchors_of(path):
        problem(lesson.path, line, f"{target}: {path} has no such heading")


def links_of(lesson):
    for i, line in enumerate(lesson.prose):
        for found in LINK.findall(without_code(line)):
            yield i, "".join(found)


def check_links(lesson):
    for line, target in links_of(lesson):
        if re.match(r"[a-z]+:|\.\./\.\./actions/", target):  # the code host has its workflows there
            unchecked["links to other places"] += 1
        else:
            check_link(lesson, line, target)


def files_of_picture(path):
    """The picture and its table: where each is kept, and where drawn."""
    stem, extension = os.path.splitext(os.path.basename(path))
    return [(f"{PICTURES}/{stem}{end}", f"{PLOTS}/{stem}{end}")
            for end in (extension, ".table")]


def say_the_same(text, other):
    """Two texts are alike, except for the last digits of their numbers, in which machines differ."""
    words, others = re.split(r"([\s,;]+)", text), re.split(r"([\s,;]+)", other)
    return len(words) == len(others) and all(map(same_word, words, others))


def same_word(word, other):
    try:
        return word == other or math.isclose(float(word), float(other), rel_tol=1e-4, abs_tol=1e-6)
    except ValueError:
        return False


def check_picture(lesson, line, path):
    counts["pictures"] += 1
    picture, table = files_of_picture(path)
    if not os.path.exists(picture[1]):
        problem(lesson.path, line, f"no program draws {picture[1]}")
    elif not os.path.exists(table[0]) or not say_the_same(*map(read, table)):
        problem(lesson.path, line, f"{path} is not what the program draws now: `make pictures`")


def copy_pictures(lesson):
    for _, target in links_of(lesson):
        path = os.path.normpath(os.path.join(os.path.dirname(lesson.path), target))
        if os.path.dirname(path) == PICTURES:
            os.makedirs(PICTURES, exist_ok=True)
            for kept, drawn in files_of_picture(path):
                shutil.copyfile(drawn, kept)


@contextlib.contextmanager
def kept(directory):
    """The reader's pictures are those of the worked examples, whatever the lessons' commands draw."""
    os.makedirs(directory, exist_ok=True)
    with tempfile.TemporaryDirectory() as aside:
        shutil.copytree(directory, aside, dirs_exist_ok=True)
        try:
            yield
        finally:
            shutil.rmtree(directory)
            shutil.copytree(aside, directory)


# --- Exercises -----------------------------------------------------------------------------------

def check_opening(lesson):
    """What a lesson is about is seen before it is read."""
    text = "\n".join(lesson.prose)
    question = re.search(r"(?ms)^## The question.*?(?=^## |\Z)", text)
    if question and not re.search(r"(?m)^(!\[|<!-- live)", question.group()):
        problem(lesson.path, text[:question.start()].count("\n"), "no picture and no live part stands under \"The question\"")


def check_exercises(lesson):
    text = "\n".join(lesson.prose)
    promised = re.search(r"(\d+) for the exercises", text)
    section = re.search(r"(?ms)^## Exercises$(.*?)(?=^## |\Z)", text)
    if not section:
        return
    line = text[:section.start()].count("\n")
    tiers = re.findall(r"(?m)^\*\*([\w -]+)\*\* \((\d+) minutes", section.group(1))
    for tier in {"Implement", "Experiment", "Explain"}.difference(name for name, _ in tiers):
        problem(lesson.path, line, f"no exercise begins with **{tier}** (... minutes")
    total = sum(int(minutes) for _, minutes in tiers)
    if not promised or int(promised.group(1)) != total:
        problem(lesson.path, line, f"the exercises take {total} minutes; the top of the lesson must say "
                f"\"{total} for the exercises\"")


# --- All of it -----------------------------------------------------------------------------------

def check_blocks(lesson, refresh):
    changes = []
    for block in lesson.blocks:
        if block.language == "console" or (block.language == "text" and block.mark):
            changes += check_outputs(lesson, block, refresh)
        elif block.mark:
            problem(lesson.path, block.start - 1, "an output mark needs a text block")
        elif block.language == "c":
            check_listing(lesson, block)
        elif block.language:
            unchecked[f"{block.language} blocks"] += 1
        else:
            problem(lesson.path, block.start - 1, "a block needs a language, even if it is text")
    return changes


def rewrite(lesson, changes):
    for start, end, lines in sorted(changes, reverse=True):
        lesson.lines[start:end] = lines
    with open(lesson.path, "w", encoding="utf-8") as file:
        file.write("\n".join(lesson.lines))


def main():
    refresh, pictures = sys.argv[1:] == ["--refresh"], sys.argv[1:] == ["--pictures"]
    if sys.argv[1:] and not (refresh or pictures):
        sys.exit("usage: tests/lessons.py [--refresh | --pictures]")
    patterns = ("README.md", "chapters/*/README.md", "docs/*.md")
    lessons = [lesson_at(path) for pattern in patterns for path in sorted(glob.glob(pattern))]
    if pictures:
        for lesson in lessons:
            copy_pictures(lesson)
        return
    for lesson in lessons:  # before other commands draw other pictures
        check_links(lesson)
    with kept("build/plots"):  # where the programs draw by themselves
        for lesson in lessons:
            changes = check_blocks(lesson, refresh)
            check_numbers(lesson)
            check_counts(lesson)
            check_opening(lesson)
            check_exercises(lesson)
            if changes:
                rewrite(lesson, changes)
    kinds = ("outputs", "listings", "numbers", "counts", "pictures", "links")
    print("lessons:", ", ".join(f"{counts[kind]} {kind}" for kind in kinds), "checked")
    rest = sorted((+unchecked).items())
    if rest:
        print("lessons: not checked:", ", ".join(f"{number} {kind}" for kind, number in rest))
    if problems:
        sys.exit(f"lessons: {problems} problems; `make refresh` rewrites outputs")


if __name__ == "__main__":
    main()
