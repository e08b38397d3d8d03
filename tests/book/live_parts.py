"""Operates the interactive parts of the book as readers do, by mouse and by keyboard.

CHECKS has a function for each part. It gets the browser (see browser.py) with the page open and the part's element,
and compares the numbers that are shown with those that the chapter's program prints.
"""
import os
import re
import subprocess
import tempfile

from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys

BUILD = os.environ.get("BUILD", "build")
RIVER, MONEY = "she sat on the river bank".split(), "he put money in the bank".split()
NOTHING = "–"


# --- What the programs print ---------------------------------------------------------------------

def program(name, *arguments):
    """The lines that a program prints."""
    with tempfile.TemporaryDirectory() as plots:
        command = [f"{BUILD}/bin/{name}", *arguments] + ([] if arguments else ["--plots", plots])
        result = subprocess.run(command, check=True, capture_output=True, text=True)
    return result.stdout.split("\n")


def behind(lines, title):
    """The lines after the one that contains a title."""
    for i, line in enumerate(lines):
        if title in line:
            return lines[i + 1:]
    raise AssertionError(f"the program no longer prints {title!r}")


def table(lines, title, rows, columns):
    """The numbers of a table: those of its rows behind the title and a line of column names."""
    return [line.split()[-columns:] for line in behind(lines, title)[1:1 + rows]]


# --- What the page shows -------------------------------------------------------------------------

def texts(part, selector):
    return [element.get_attribute("textContent").strip() for element in find_all(part, selector)]


def find_all(part, selector):
    return part.find_elements("css selector", selector)


def column(part, number):
    """A column of the table with the bars, counted from 0: the words."""
    return texts(part, f".live-bars tbody tr > :nth-child({number + 1})")


def widths(part):
    """How long the bars are, as shares of the whole."""
    return [float(bar.value_of_css_property("background-size").split("%")[0]) / 100
            for bar in find_all(part, ".live-bars i")]


def said(part):
    return texts(part, ".live-message")[0]


def same(shown, printed, what):
    assert shown == printed, f"{what}: the page shows {shown}, the program prints {printed}"


def press(browser, *keys):
    for key in keys:
        browser.driver.switch_to.active_element.send_keys(key)


def choose(part, legend, index):
    """Clicks on one of the choices under a legend."""
    for group in find_all(part, "fieldset"):
        if texts(group, "legend")[0] == legend:
            find_all(group, "label")[index].click()
            return
    raise AssertionError(f"nothing to choose under {legend!r}")


def focus_chosen(browser, part, legend):
    """Puts the focus where the tabulator would: on the chosen one."""
    browser.script("""
        for (const group of arguments[0].querySelectorAll('fieldset'))
            if (group.querySelector('legend').textContent === arguments[1])
                group.querySelector('input:checked').focus();""", part, legend)


LEEWAY = 8  # pixels, less than half a line: a fraction of 1.00 may be set higher than a word


def keeps_its_height(check):
    """Whatever is operated, the part neither grows nor shrinks: the text below stays where it is."""
    def checked(browser, part):
        before = part.size["height"]
        check(browser, part)
        assert abs(part.size["height"] - before) <= LEEWAY, f"the height changes from {before} to {part.size['height']}"
        active = browser.driver.switch_to.active_element
        assert active.value_of_css_property("outline-style") != "none" or active.get_attribute("type") == "radio", \
            "the focus cannot be seen"
    return checked


# --- The parts -----------------------------------------------------------------------------------

def weights_at(temperature):
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as scores:
        scores.write("0 0 0 0 6 4\n")
        scores.flush()
        printed = program("02_softmax", "--x", scores.name, "--temperature", temperature, "--out", "-")[0]
    return [f"{float(number):.4f}" for number in printed.split()]


@keeps_its_height
def check_temperature(browser, part):
    slider, number = find_all(part, "input")

    def as_printed():
        temperature = number.get_attribute("value")
        same(column(part, 2), weights_at(temperature), f"weights at {temperature}")
        same([f"{share:.4f}" for share in widths(part)], column(part, 2), "bars")
        points = [(160 - float(point.get_attribute("cy"))) / 150 for point in find_all(part, ".temperature-point")]
        same([f"{share:.4f}" for share in points], column(part, 2), "points on the curves")
        return float(temperature)
    same(column(part, 0), RIVER, "words")
    same(column(part, 1), [line.split()[1] for line in behind(program("02_softmax"), "exp(score)  weight")[:6]], "scores")
    assert as_printed() == 1
    ActionChains(browser.driver).move_to_element_with_offset(slider, slider.size["width"] // 4, 0).click().perform()
    assert as_printed() > 10, "a click into the right half does not raise the temperature"
    slider.send_keys(Keys.HOME)
    assert as_printed() == 0.125
    press(browser, *[Keys.ARROW_RIGHT] * 3)
    assert as_printed() == 0.162
    for name in ("0.5", "1", "2", "4", "100"):
        number.clear()
        number.send_keys(name)
        as_printed()
        row = [line for line in program("02_softmax") if f"tau = {name} " in line][0].split()[-7:]
        same([f"{share:.2f}" for share in widths(part)], row[:6], f"weights at {name}")
        assert f"τ = {name}:" in said(part) and f"{row[6]} bits" in said(part), said(part)
    number.clear()
    number.send_keys("0")
    assert "the temperature is 0, but it must be above 0" in said(part), said(part)
    same(column(part, 2), [NOTHING] * 6, "weights at 0")
    number.clear()
    number.send_keys("2")
    as_printed()


@keeps_its_height
def check_attention(browser, part):
    lines = program("03_self_attention")
    money = behind(lines, " ".join(MONEY))

    def as_printed(words, lines, word):
        same(column(part, 0), words, "words")
        same(texts(part, ".live-words b"), words, "words to choose from")
        weights = table(lines, "weights, one row", 6, 6)[word]
        same(column(part, 2), weights, f"weights of {words[word]}")
        same(texts(part, ".live-words small"), weights, f"shaded weights of {words[word]}")
        same([f"{share:.2f}" for share in widths(part)], weights, f"bars of {words[word]}")
        results = table(lines, "out = weights V", 6, 4)[word]
        same(texts(part, ".live-table:not(.live-bars) tbody tr:last-child td"), results, f"result of {words[word]}")
        assert said(part).startswith(f"{words[word]} looks at"), said(part)
    as_printed(RIVER, lines, 5)
    for word in range(6):
        choose(part, "The word that asks", word)
        as_printed(RIVER, lines, word)
        scores = table(lines, "scores = Q K^T / sqrt", 6, 6)[word]
        same([float(score) for score in column(part, 1)], [float(score) for score in scores], "scores")
        values = table(lines, "what each word hands over", 6, 4)[word]
        same([float(value) for value in texts(part, ".live-table:not(.live-bars) tbody tr:first-child td")],
             [float(value) for value in values], "values")
    choose(part, "Sentence", 1)
    as_printed(MONEY, money, 5)
    focus_chosen(browser, part, "The word that asks")
    for word in (4, 3, 2):
        press(browser, Keys.ARROW_LEFT)
        as_printed(MONEY, money, word)
    assert "all words alike, 0.17 each" in said(part), said(part)
    focus_chosen(browser, part, "Sentence")
    press(browser, Keys.ARROW_UP)
    as_printed(RIVER, lines, 2)


def cells(part):
    """The texts of the cells, row by row."""
    found = texts(part, ".live-grid button")
    return [found[row * 8:row * 8 + 8] for row in range(8)]


def open_cells(part):
    return [["0" if "live-shut" in cell.get_attribute("class") else "1" for cell in find_all(row, "button")]
            for row in find_all(part, ".live-grid tbody tr")]


def corner(rows):
    return [row[:6] for row in rows[:6]]


@keeps_its_height
def check_masks(browser, part):
    lines = program("07_masking")
    causal, padding = find_all(part, "input")
    everything = find_all(part, ".live-row button")[0]
    four = table(lines, "bank: weights in the head sense", 4, 8)

    def press_cell(row, column_):
        find_all(part, ".live-grid button")[row * 8 + column_].click()

    def sums():
        return texts(part, ".live-grid td:last-child")
    same(cells(part)[5], four[0], "bank, no mask")
    same(cells(part)[7], [f"{1 / 8:.2f}"] * 8, "an eighth, as C rounds it")
    causal.click()
    same(cells(part)[5], four[1], "bank, causal")
    same(corner(cells(part)), table(lines, "head sense, causal", 6, 6), "causal weights")
    padding.send_keys(Keys.ARROW_RIGHT, Keys.ARROW_RIGHT)
    same(cells(part)[5], four[3], "bank, causal and padding")
    same(open_cells(part), table(lines, "mask: causal + padding", 8, 8), "causal and padding")
    same(sums(), ["1.00"] * 8, "sums")
    press_cell(0, 0)
    same(cells(part)[0], ["0.00"] * 8, "she, with nobody to attend to")
    same(sums(), ["0.00"] + ["1.00"] * 7, "sums without she")
    assert said(part).endswith("zeros: she."), said(part)
    causal.send_keys(Keys.SPACE)
    everything.send_keys(Keys.ENTER)
    same(cells(part)[5], four[2], "bank, padding")
    for row in range(6):
        for key in range(6):
            if row == 2 or abs(row - key) > 1:
                press_cell(row, key)
    same(corner(cells(part)), table(lines, 'neighbours only, and nobody for "on"', 6, 6), "neighbours only")
    # With the keyboard: the table is one stop of the tabulator, and arrows move inside.
    everything.send_keys(Keys.SPACE)
    assert len(find_all(part, ".live-grid button[tabindex='0']")) == 1
    press_cell(0, 0)
    press(browser, Keys.ARROW_DOWN, Keys.ARROW_DOWN, Keys.ARROW_UP, Keys.END, Keys.ARROW_RIGHT, Keys.ARROW_LEFT,
          Keys.HOME, Keys.ARROW_RIGHT, Keys.ARROW_RIGHT, Keys.SPACE)
    cell = find_all(part, ".live-grid button")[8 + 2]
    assert cell == browser.driver.switch_to.active_element, "the arrows lead elsewhere"
    assert cell.get_attribute("aria-pressed") == "true" and "sat asks on:" in cell.get_attribute("aria-label")
    padding.send_keys(Keys.END)
    same(sums(), ["0.00"] * 8, "sums with everything blocked")
    padding.send_keys(Keys.HOME)
    everything.click()
    causal.send_keys(Keys.SPACE)
    causal.click()
    same(cells(part)[5], four[0], "bank, no mask again")


@keeps_its_height
def check_heads(browser, part):
    lines = program("05_multi_head_attention")
    weights = [table(lines, title, 6, 6) for title in ("head 0, sense", "head 1, who")]
    nearest = re.findall(r"(\S+) +is now nearest to (\S+) +\(cosine (\S+)\)", "\n".join(lines))

    def as_printed(words, word, head=None):
        if head is not None:
            same(column(part, 1), weights[head][word], f"weights of {words[word]} in head {head}")
            same(texts(part, ".live-words small"), weights[head][word], f"shaded weights of {words[word]}")
        last = texts(part, ".live-near tbody tr:last-child td")[0]
        same((words[word], *last.split()), nearest[word + (6 if words is MONEY else 0)], "nearest word")
    for head in (1, 0):
        choose(part, "Head", head)
        for word in range(6):
            choose(part, "The word that asks", word)
            as_printed(RIVER, word, head)
    focus_chosen(browser, part, "Head")
    press(browser, Keys.ARROW_RIGHT)
    as_printed(RIVER, 5, 1)
    choose(part, "The word that asks", 1)
    assert "sat looks at she most, 0.80" in said(part) and "nearest to fisher" in said(part), said(part)
    choose(part, "Sentence", 1)
    focus_chosen(browser, part, "The word that asks")
    for word in (2, 3, 4, 5, 0):
        press(browser, Keys.ARROW_RIGHT)
        as_printed(MONEY, word)
    # Of two heads alone, neither says what the layer says.
    choose(part, "Sentence", 0)
    choose(part, "The word that asks", 1)
    first = [cell.split()[0] for cell in texts(part, ".live-near tbody td:nth-child(2)")]
    assert first[2] == "fisher" and "fisher" not in first[:2], first


@keeps_its_height
def check_positions(browser, part):
    lines = program("06_positional_encoding")
    slider, number = find_all(part, "input")
    encodings = [[float(x) for x in line.split()]
                 for line in program("06_positional_encoding", "--positions", "507", "--d-model", "8", "--out", "-")
                 if line]

    def product(t, k):
        return sum(x * y for x, y in zip(encodings[t], encodings[t + k])) if t + k >= 0 else None

    def as_printed():
        t = int(number.get_attribute("value"))
        assert t == int(slider.get_attribute("value"))
        rows = [texts(row, "td") for row in find_all(part, ".live-hands tbody tr")]
        same([x for pair in zip(*rows[1:]) for x in pair], [f"{x:.2f}" for x in encodings[t]], f"position {t}")
        tips = [(float(tip.get_attribute("cx")), -float(tip.get_attribute("cy")))
                for tip in find_all(part, ".live-tip")]
        same([f"{x:.5f}" for tip in tips for x in tip], [f"{x:.5f}" for x in encodings[t]], f"hands at {t}")
        for k, shown in zip(range(-6, 7), column(part, 1)):
            expected = product(t, k)
            assert shown == NOTHING if expected is None else abs(float(shown) - expected) < 0.00501, (t, k, shown)
        return t
    assert as_printed() == 3
    for row, t in enumerate((0, 20, 500)):
        number.clear()
        number.send_keys(str(t))
        assert as_printed() == t
        same(column(part, 1)[6:], table(lines, "PE(t) . PE(t + k)", 3, 7)[row], f"dot products at {t}")
    slider.send_keys(Keys.HOME, Keys.ARROW_RIGHT, Keys.ARROW_RIGHT)
    assert as_printed() == 2
    ActionChains(browser.driver).move_to_element_with_offset(slider, slider.size["width"] // 4, 0).click().perform()
    assert as_printed() > 250, "a click into the right half does not move the position"
    for refused in ("2.5", "501", ""):
        number.clear()
        number.send_keys(refused)
        assert "whole number" in said(part) and column(part, 1) == [NOTHING] * 13, refused
    number.send_keys("7")
    assert as_printed() == 7


@keeps_its_height
def check_learning(browser, part):
    """The browser trains as the program does; the slider leads back; who wants no motion sees every thirtieth step."""
    play, one, again = find_all(part, ".live-row button")
    slider = find_all(part, "input")[0]

    def reached():
        return int(slider.get_attribute("value"))

    def as_printed(steps):
        assert reached() == steps
        with tempfile.TemporaryDirectory() as plots:
            lines = program("11_learning", "--task", "reverse", "--steps", str(steps), "--plots", plots)
        due = [line.split()[-3] for line in lines if "at last" in line][0]
        writes = [line.split()[1] for line in lines if line.startswith("writes:")][0]
        assert said(part).endswith(f"due {due}. abcdefgh. becomes {writes[:9]}"), (said(part), due, writes)
        for row in find_all(part, ".live-heat tbody tr"):
            assert abs(sum(map(int, texts(row, "td"))) - 100) <= 4, texts(row, "td")

    as_printed(0)
    same(texts(part, ".live-heat tbody th"), list("hgfedcba."), "letters that are due")
    for _ in range(3):
        one.click()
    as_printed(3)
    play.send_keys(Keys.ENTER)
    assert play.text == "Pause"
    browser.wait(lambda: reached() > 10, "ten steps")
    play.send_keys(Keys.SPACE)
    done = reached()
    as_printed(done)
    slider.send_keys(Keys.HOME)
    as_printed(0)
    slider.send_keys(Keys.ARROW_RIGHT)
    as_printed(1)
    one.send_keys(Keys.ENTER)
    assert reached() == 2, "a step that was made is made again"
    slider.send_keys(Keys.END)
    assert reached() == done, "a step is shown that was not made"
    again.send_keys(Keys.ENTER)
    as_printed(0)
    browser.driver.execute_cdp_cmd("Emulation.setEmulatedMedia",
                                   {"features": [{"name": "prefers-reduced-motion", "value": "reduce"}]})
    play.send_keys(Keys.ENTER)
    browser.wait(reached, "thirty steps")
    assert reached() % 30 == 0, reached()
    again.send_keys(Keys.ENTER)
    browser.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})


@keeps_its_height
def check_mistakes(browser, part):
    """Each mistake of the chapter can be made and taken back, and most can be seen at once."""
    choice, told = find_all(part, "#live-mistake")[0], find_all(part, ".live-message")[-1]
    right, options, seen = part.get_attribute("textContent"), find_all(choice, "option"), 0
    assert len(options) > 10, f"{len(options)} options"
    for option in options[1:]:
        option.click()
        text = told.get_attribute("textContent")
        assert re.match(r"\w+: ", text), text
        changes = part.get_attribute("textContent") != right + text
        assert changes != ("cannot be seen yet" in text), f"{text}: the page shows {'something else' if changes else 'the same'}"
        seen += changes
        if found := re.match(r"no_scale: .*bank gives river (\S+) in place of", text):  # chapter 3's
            assert found[1] in column(part, 2), f"{text}: the page shows {column(part, 2)}"
    options[0].click()
    assert part.get_attribute("textContent") == right, "a mistake that was taken back is still there"
    assert seen > len(options) / 4, f"{seen} of {len(options) - 1} mistakes can be seen at once"
    browser.script("arguments[0].focus()", choice)


def check_coming_back(browser, part):
    """A browser that fills in what was there before may not do so here: the numbers would be others'."""
    number = find_all(part, "input")[1]
    number.clear()
    number.send_keys("4")
    browser.driver.get("about:blank")
    browser.driver.back()
    part = browser.find("[data-live=temperature]")
    assert find_all(part, "input")[1].get_attribute("value") == "1" and said(part).startswith("τ = 1:"), said(part)


def check_without_webassembly(browser, _):
    """In a browser without WebAssembly the part stays away, and says nothing."""
    added = browser.driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument",
                                           {"source": "delete window.WebAssembly;"})
    try:
        browser.driver.refresh()
        assert browser.script("return typeof WebAssembly") == "undefined"
        assert browser.script("return document.readyState") == "complete"
        assert not browser.find_all("[data-live] :is(button, input, select, svg[tabindex])"), "a part appears that cannot compute"
        assert not browser.complaints(), "the console complains"
    finally:
        browser.driver.execute_cdp_cmd("Page.removeScriptToEvaluateOnNewDocument", {"identifier": added["identifier"]})


def check_temperature_and_page(browser, part):
    check_temperature(browser, part)
    check_coming_back(browser, part)
    check_without_webassembly(browser, part)


CHECKS = {"temperature": check_temperature_and_page, "attention": check_attention, "heads": check_heads,
          "positions": check_positions, "masks": check_masks, "learning": check_learning}
