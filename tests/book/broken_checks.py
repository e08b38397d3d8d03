"""The named mistakes, made in the lessons' pages: what a page computes is what `make break` computes.

The module of a page and the program build/live/broken-NN/broken are made of the same sources; the program is compared with
the edit of mistakes.toml itself, applied as `make break` does, in a sample.
"""
import itertools
import json
import os
import pathlib
import re
import subprocess
import sys

from selenium.webdriver.common.keys import Keys

sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent))
from reader import breaking, building, recording  # noqa: E402

BUILD = os.environ.get("BUILD", "build")
MOST_DIFFERENT = 0.1  # of the mistakes of a chapter
SAMPLE = 2  # mistakes of a chapter that are made by an edit
PRINTED = """
const [chapter, name, numbers, done] = arguments;
window.brokenModule ??= BROKEN.load(chapter);
brokenModule.then(({module}) => done(BROKEN.printed(module, name, ...numbers)));
"""
MISTAKES = "const done = arguments[1]; (window.brokenModule ??= BROKEN.load(arguments[0])).then(({mistakes}) => done(mistakes));"
CELLS = "return Array.from(document.querySelectorAll('.broken-wrong mark'), mark => mark.textContent)"


def native(number, *words):
    """What the system's compiler made of the same sources prints."""
    result = subprocess.run([f"{BUILD}/live/broken-{number}/broken", *map(str, words)], check=False, capture_output=True, text=True,
                            env=dict(os.environ, ASAN_OPTIONS="detect_leaks=0:allocator_may_return_null=1"))
    return breaking.without_times(result.stdout + result.stderr)


def words_of(text):
    return re.findall(r"-?\d+\.?\d*(?:e[+-]?\d+)?|[^\s\d]+", text.replace("-nan", "nan"))  # its sign means nothing


def alike(shown, printed):
    """Whether two texts are the same, but for the last digit of a number: exp() need not be the same to the last bit."""
    ours, theirs = words_of(shown), words_of(printed)
    return len(ours) == len(theirs) and all(a == b or near(a, b) for a, b in zip(ours, theirs))


def is_wide(text):
    """Whether a line has a number that a size_t of a page, which has 32 bits, cannot hold."""
    return any(float(word) >= 2 ** 32 - 1 for word in words_of(text) if re.match(r"\d", word))


def expect_alike(shown, printed, what):
    lines = [[line for line in text.splitlines() if line.strip()] for text in (shown, printed)]
    for ours, theirs in itertools.zip_longest(*lines, fillvalue="nothing"):
        assert alike(ours, theirs) or is_wide(ours + " " + theirs), f"{what}: {ours} in place of {theirs}"


def near(one, other):
    try:
        a, b = float(one), float(other)
    except ValueError:
        return False
    return abs(a - b) <= 1.01 * 10 ** -len(one.partition(".")[2]) + 1e-5 * abs(b)


def check_numbers(browser, number, mistakes):
    """In the page and out of it, each mistake computes the same. A few show where something lies in memory, which differs."""
    different, texts = [], json.loads(pathlib.Path(f"{BUILD}/live/broken-{number}/printed.json").read_text(encoding="utf-8"))
    for i, (mistake, text) in enumerate(zip(mistakes, texts, strict=True), 1):
        for call, words in (("case", (mistake["check"], i)), ("program", (i,))):
            if text[call] is not None:
                shown = breaking.without_times(browser.driver.execute_async_script(PRINTED, number, call, words))
                try:
                    expect_alike(shown.rstrip(), text[call].rstrip(), f"{mistake['name']}: the page computes")
                except AssertionError as error:
                    different.append(str(error))
    assert len(different) <= len(mistakes) * MOST_DIFFERENT, different


def check_edits(number, mistakes):
    """The edit of mistakes.toml, made as `make break` makes it, prints the same; so does its check."""
    if all(mistake["program"] is None for mistake in mistakes):
        return
    one, right = building.chapter(number), native(number, 0).splitlines()
    seen = [i for i, mistake in enumerate(mistakes, 1) if mistake["program"] and native(number, i).splitlines() != right]
    assert seen, f"no mistake of chapter {number} shows in its worked example"
    for i in seen[::max(1, len(seen) // SAMPLE)][:SAMPLE]:
        name = mistakes[i - 1]["name"]
        with building.private_place("break", one) as place:
            source = building.Source(breaking.mistaken_source(one, name, one.mistakes()[name].ways[0], place))
            _, wrong = breaking.run_both(one, source, place)
        shown = "\n".join(line for line in native(number, i).splitlines() if not line.startswith("picture: "))
        expect_alike(shown.rstrip(), "\n".join(wrong).rstrip(), f"{name}: the module computes")


def find_all(part, selector):
    return part.find_elements("css selector", selector)


def said(part):
    return find_all(part, ".live-message")[0].get_attribute("textContent")


def check_choosing(browser, part, mistakes):
    """By keyboard: each mistake can be chosen, and what differs is marked on both sides."""
    button = find_all(part, ".live-row button")[0]
    browser.script("arguments[0].focus()", button)
    button.send_keys(Keys.ENTER)
    browser.wait(lambda: find_all(part, "#broken-mistake"), "the choice of mistakes")
    assert browser.driver.switch_to.active_element.get_attribute("id") == "broken-mistake", "the focus is not on the choice"
    options = find_all(part, "#broken-mistake option")
    assert {option.get_attribute("value") for option in options} == {mistake["name"] for mistake in mistakes}
    marked = 0
    for option in options[::max(1, len(options) // 12)]:
        option.click()
        name = option.get_attribute("value")
        browser.wait(lambda name=name: said(part).startswith(name), f"{name} to be shown")
        marked += bool(browser.script(CELLS))
        assert find_all(part, "dl dd a[href]"), f"{name}: no place to read again"
    assert marked > 6, f"{marked} of 12 mistakes have a difference that is marked"


def check_guessing(browser, part):
    """By keyboard: the symptom and the numbers, four beliefs, and the diagnosis after the answer, said to screen readers."""
    button = find_all(part, ".live-row button")[1]
    browser.script("arguments[0].focus()", button)
    button.send_keys(Keys.ENTER)
    browser.wait(lambda: find_all(part, ".broken-options button"), "four beliefs")
    beliefs = find_all(part, ".broken-options button")
    assert len({belief.get_attribute("textContent") for belief in beliefs}) == 4
    assert [term.get_attribute("textContent") for term in find_all(part, "section > div > div > dl dt")] == ["Symptom"], "it is given away"
    beliefs[2].send_keys(Keys.ENTER)
    assert re.match(r"(Right|No, that would be \w+): it is \w+\. [01] of 1 guessed\.$", said(part)), said(part)
    assert len(find_all(part, ".broken-right")) == 1
    terms = [term.get_attribute("textContent") for term in find_all(part, "dl dt")]
    assert terms == ["Symptom", "The check says", "Read again"], terms
    find_all(part, ".live-row button")[-1].send_keys(Keys.ENTER)
    assert not find_all(part, ".broken-right") and said(part) == ""


def check(browser, part):
    number = part.get_attribute("data-chapter")
    mistakes = browser.driver.execute_async_script(MISTAKES, number)
    names = [name for name, _ in recording.checks_of(building.chapter(number))]
    for name, mistake in building.chapter(number).mistakes().items():
        shown = next(one for one in mistakes if one["name"] == name)
        assert names[shown["check"]] == mistake.ways[0].check, name
    kept = sum(bool(mistake["case"] or mistake["program"]) for mistake in mistakes)
    assert kept > 0.9 * len(mistakes), f"{kept} of {len(mistakes)} mistakes can be made in the page"
    check_numbers(browser, number, mistakes)
    check_edits(number, mistakes)
    check_choosing(browser, part, mistakes)
    check_guessing(browser, part)


CHECKS = {"broken": check}
