"""Operates the first page of the book: bank in two sentences, and the whole layer on sentences of the reader's.

CHECKS has a function for each of the two parts, as in live_parts.py. That every number of the layer is the chapters' own, for
fifty sentences, is for tests/whole/live_layer_test.c; here the page must show what the program prints.
"""
import os
import re
import tempfile

from selenium.webdriver.common.keys import Keys

from live_parts import MONEY, RIVER, behind, find_all, press, program, same, table, texts

SENTENCES = (RIVER, ["fisher"], "the thief took money from a bank by the river and ran".split())
WIDTHS = (375, 768, 1440)
LEAST_TARGET, LEAST_TYPE = 24, 10  # pixels
MATRICES = 14  # with cells
BLANK = "not yet computed"


def layer_of(words):
    """The lines that chapter 5's program prints for a sentence."""
    with tempfile.TemporaryDirectory() as plots:
        return program("05_multi_head_attention", " ".join(words), "--plots", plots)


def numbers(rows):
    return [[float(text) for text in row] for row in rows]


# --- bank in two sentences -----------------------------------------------------------------------

def check_bank(browser, part):
    """The arcs are as wide as the program's weights, and bank moves where the program moves it."""
    circles = {style: [tuple(float(one.get_attribute(c)) for c in ("cx", "cy")) for one in find_all(part, f"circle.{style}")]
               for style in ("bank-origin", "bank-goal", "bank-to")}
    (x1, y1), = circles["bank-origin"]
    (x3, y0), (x0, y3) = circles["bank-goal"]
    assert abs(3 * (x1 - x0) - (x3 - x0)) < 0.01 > abs(3 * (y0 - y1) - (y0 - y3)), f"bank is not at (1, 1): {circles}"
    for s, words in enumerate((RIVER, MONEY)):
        lines, bank = layer_of(words), words.index("bank")
        weights = [float(text) for text in table(lines, "head 0, sense", 6, 6)[bank]]
        arcs = find_all(part, f".bank-{s} path.layer-arc")
        same([round((float(arc.get_attribute("stroke-width")) - 0.6) / 7, 2) for arc in arcs], weights, "arcs")
        most = words[weights.index(max(weights))]
        same(texts(part, f".bank-{s} figcaption"), [f"bank listens to {most}."], "caption")
        same(texts(part, f".bank-{s} .layer-weight"), [f"{max(weights):.2f}"], "weight on the widest arc")
        out = table(lines, "concat W_O", 6, 8)[bank]
        water, money = float(out[4]), float(out[6])
        x, y = circles["bank-to"][s]
        assert abs((x - x0) / (x1 - x0) - water) < 0.006 > abs((y0 - y) / (y0 - y1) - money), (x, y, out)
        assert f"({out[4]}, {out[6]})" in texts(part, ".bank-at"), texts(part, ".bank-at")
    assert "(1, 1)" in texts(part, ".bank-at"), texts(part, ".bank-at")
    browser.size(375)
    assert browser.script("return document.documentElement.scrollWidth") == 375
    small = [one.text for one in find_all(part, "text") if drawn_size(browser, one) < LEAST_TYPE]
    assert not small, f"too small to read at 375 pixels: {small}"
    browser.size(1440)


def drawn_size(browser, text):
    """The size of a drawing's text on the screen."""
    return browser.script("return parseFloat(getComputedStyle(arguments[0]).fontSize) * arguments[0].getScreenCTM().a", text)


# --- The whole layer -----------------------------------------------------------------------------

def shown(part, name):
    """The numbers of a matrix, row by row."""
    return part.parent.execute_script("""
        return Array.from(arguments[0].querySelectorAll(arguments[1]),
                          row => Array.from(row.querySelectorAll('td[role]'), cell => cell.textContent));""",
                                      part, f".layer-{name} tbody tr")


def cell(part, name, row, column):
    return find_all(find_all(part, f".layer-{name} tbody tr")[row], "td[role]")[column]


def said(part, what):
    return texts(part, f".layer-{what}")[0]


def hit(part, element):
    """A click in the middle of the window, where nothing lies over it."""
    part.parent.execute_script("arguments[0].scrollIntoView({block: 'center'})", element)
    element.click()


def hit_cell(part, name, row, column):
    hit(part, cell(part, name, row, column))


def enter(part, words):
    field = find_all(part, "#layer-text")[0]
    field.clear()
    field.send_keys(" ".join(words))


def press_button(part, text):
    next(one for one in find_all(part, "button") if one.get_attribute("textContent").endswith(text)
         or one.get_attribute("textContent").startswith(text)).send_keys(Keys.ENTER)


def check_numbers(part):
    """What the page shows for some sentences is what the program prints."""
    for words in SENTENCES:
        lines, count = layer_of(words), len(words)
        enter(part, words)
        for head, title in enumerate(("head 0, sense", "head 1, who")):
            hit(part, find_all(part, "fieldset label")[head])
            same(numbers(shown(part, "weights")), numbers(table(lines, title, count, count)), f"weights of {title}")
        same(numbers(shown(part, "concat")), numbers(table(lines, "concat: head 0", count, 8)), "side by side")
        same(numbers(shown(part, "out")), numbers(table(lines, "concat W_O", count, 8)), "out")
        same(numbers(shown(part, "w_o")), numbers(table(behind(lines, "W_O carries"), "W_O", 8, 8)), "W_O")
        printed = re.findall(r"is now nearest to (\S+) +\(cosine (\S+)\)", "\n".join(behind(lines, "What became")))
        same([tuple(text.split()[:2]) for text in texts(part, ".layer-near td:nth-child(3)")], printed, "nearest words")
        hit(part, find_all(part, "fieldset label")[0])


def check_sums(part):
    """The sum that is written out gives the number of the cell; its factors are lit; its line of C is a line of C."""
    sources = " ".join(open(os.path.join(top, name), encoding="utf-8").read() for directory in ("chapters", "common/example")
                       for top, _, names in os.walk(directory) for name in names if name.endswith(".c"))
    sources = " ".join(sources.split())
    enter(part, RIVER)
    for name, row, column, lit in (("q", 5, 0, (8, 8)), ("k", 3, 3, (8, 8)), ("v", 4, 0, (8, 8)), ("scores", 0, 3, (4, 4)),
                                   ("scaled", 5, 4, (1, 0)), ("weights", 5, 4, (6, 0)), ("head", 5, 0, (6, 6)),
                                   ("concat", 5, 1, (1, 0)), ("concat", 5, 7, (0, 0)), ("out", 5, 4, (8, 8)), ("x", 5, 2, (0, 0))):
        hit_cell(part, name, row, column)
        text, value = said(part, "sum"), float(cell(part, name, row, column).text)
        if "×" in text:
            terms, result = re.split(" [=≈] ", text)
            total = sum(float(a) * float(b) for a, b in (re.sub("[()]", "", term).split("×") for term in terms.split(" + ")))
            assert float(result) == value and abs(total - value) < 0.04, (name, text)
        assert (len(find_all(part, "td.layer-first")), len(find_all(part, "td.layer-second"))) == lit, (name, lit)
        assert " ".join(said(part, "line").split("; ")[0].split()) in sources, said(part, "line")
        chapter = find_all(part, ".layer-line a")
        assert chapter or name == "x", f"{name}: no chapter is linked"
        for link in chapter:
            assert os.path.exists(link.get_attribute("href").replace("file://", "")), link.get_attribute("href")


def check_keys(browser, part):
    """Each matrix is one stop of the tabulator, inside which arrows move."""
    same(len(find_all(part, "td[tabindex='0']")), MATRICES, "stops of the tabulator")
    hit_cell(part, "weights", 0, 0)
    press(browser, Keys.ARROW_DOWN, Keys.ARROW_RIGHT, Keys.ARROW_RIGHT, Keys.ARROW_LEFT, Keys.ARROW_UP, Keys.END, Keys.ARROW_RIGHT)
    assert browser.driver.switch_to.active_element == cell(part, "weights", 0, 5), "the arrows lead elsewhere"
    assert said(part, "title") == "Weights · she, bank", said(part, "title")
    assert browser.driver.switch_to.active_element.value_of_css_property("outline-style") != "none", "the focus cannot be seen"
    press(browser, Keys.HOME)
    same(browser.driver.switch_to.active_element.get_attribute("aria-label"), "she, she: 0.02", "label of a cell")
    same(len(find_all(part, "td[tabindex='0']")), MATRICES, "stops of the tabulator")


def check_stages(browser, part):
    """Back and forward, with the keyboard: what lies ahead is blank; a cell there leads there; Play goes on by itself."""
    for stage in range(9, 0, -1):
        assert said(part, "stage").startswith(f"{stage + 1} of 10"), said(part, "stage")
        press_button(part, "Back")
    assert "".join(sum(shown(part, "q") + shown(part, "out"), [])) == "", "what was not computed yet is shown"
    assert BLANK in cell(part, "q", 0, 0).get_attribute("aria-label")
    press_button(part, "Forward")
    same(said(part, "title"), "Q, asks · bank", "the cell that tells most")
    assert shown(part, "q")[5] == ["2", "2", "0", "0"] and "".join(sum(shown(part, "scores"), [])) == ""
    hit_cell(part, "weights", 5, 4)
    assert said(part, "stage").startswith("6 of 10") and shown(part, "weights")[5][4] == "0.64", said(part, "stage")
    press_button(part, "Play")
    browser.wait(lambda: said(part, "stage").startswith("8 of 10"), "the play to go on")
    press_button(part, "Pause")
    for _ in range(2):
        press_button(part, "Forward")
    assert said(part, "stage").startswith("10 of 10"), said(part, "stage")


def check_switches(part):
    """The switches change what they say, and lead back."""
    causal, positions, scaled = find_all(part, "input[type=checkbox]")
    slider = find_all(part, "#layer-temperature")[0]
    before = shown(part, "out")
    causal.send_keys(Keys.SPACE)
    same(len(find_all(part, ".layer-weights td.layer-shut")), 15, "blocked cells")
    same([row[5] for row in shown(part, "scaled")[:5]], ["−∞"] * 5, "scores of a later word")
    same(shown(part, "weights")[0], ["1", "0", "0", "0", "0", "0"], "the first word's weights")
    positions.send_keys(Keys.SPACE)
    same(shown(part, "x")[1][:2], ["0.84", "0.54"], "the second position")
    scaled.send_keys(Keys.SPACE)
    slider.send_keys(*[Keys.ARROW_RIGHT] * 4)
    hit_cell(part, "scaled", 5, 4)
    assert said(part, "sum").count("/") == 1 and " / 2 " in said(part, "sum"), said(part, "sum")
    for one in (causal, positions, scaled):
        hit(part, one)
    slider.send_keys(*[Keys.ARROW_LEFT] * 4)
    same(shown(part, "out"), before, "with all switches back")


def check_refusals(browser, part):
    """A misspelt word gets the program's own suggestions, and one of them is taken by a press; what could be read stays."""
    enter(part, "she sat on the rivver bank".split())
    browser.wait(lambda: texts(part, ".layer-refusal button") == ["river", "fisher", "banker"], "the suggestions")
    same(len(shown(part, "out")), 4, "words that are shown")
    press_button(part, "river")
    same(find_all(part, "#layer-text")[0].get_attribute("value"), " ".join(RIVER), "the mended sentence")
    press_button(part, " ".join(MONEY))
    same(texts(part, ".layer-weights tbody th"), MONEY, "the words of the other sentence")
    enter(part, ["a"] * 13)
    browser.wait(lambda: said(part, "refusal") == "the sentence has 13 words, but the picture has room for 12.", "the refusal")
    enter(part, MONEY)
    same(said(part, "refusal"), "", "the refusal")


def check_address(browser, part):
    """A shared address keeps the sentence, the switches and the stage."""
    press_button(part, "Back")
    hit(part, find_all(part, "fieldset label")[1])
    hit(part, find_all(part, "input[type=checkbox]")[0])
    kept, out = browser.driver.current_url, shown(part, "weights")
    browser.driver.get("about:blank")
    browser.driver.get(kept)
    part = browser.find("[data-live=layer]")
    same(find_all(part, "#layer-text")[0].get_attribute("value"), " ".join(MONEY), "the sentence of the address")
    same(shown(part, "weights"), out, "the weights of the address")
    assert said(part, "stage").startswith("9 of 10"), said(part, "stage")
    browser.driver.get("about:blank")
    browser.driver.get(kept.replace("money", "monney"))
    part = browser.find("[data-live=layer]")
    browser.wait(lambda: texts(part, ".layer-refusal button")[:1] == ["money"], "a suggestion for the address")
    assert shown(part, "x"), "nothing is shown beside the refusal"
    return part


def expect_sizes(browser, part, width):
    """Nothing scrolls the page, nothing is too small to be hit or to be read."""
    assert browser.script("return document.documentElement.scrollWidth") <= width, f"{width}: the page scrolls sideways"
    small = browser.script("""
        return Array.from(arguments[0].querySelectorAll('td[role], button, label, select, input:not([type=checkbox], [type=radio])'))
            .filter(one => { const {width, height} = one.getBoundingClientRect(); return height && Math.min(width, height) < arguments[1]; })
            .map(one => one.outerHTML.slice(0, 80));""", part, LEAST_TARGET)
    assert not small, f"{width}: too small to be hit: {small[:3]}"
    small = browser.script("""
        return Array.from(arguments[0].querySelectorAll('*')).filter(one => one.textContent.trim() && !one.closest('svg')
            && parseFloat(getComputedStyle(one).fontSize) < arguments[1]).map(one => one.outerHTML.slice(0, 80));""", part, LEAST_TYPE)
    assert not small, f"{width}: too small to be read: {small[:3]}"


def check_sizes(browser, part):
    """Wide and narrow, nothing scrolls the page, nothing is too small to be hit or to be read."""
    enter(part, SENTENCES[-1])
    for width in WIDTHS:
        browser.size(width)
        expect_sizes(browser, part, width)
        small = [one.text for one in find_all(part, ".layer-arcs text") if drawn_size(browser, one) < LEAST_TYPE]
        assert not small, f"{width}: too small to be read: {small}"
    browser.size(1440)


def check_layer(browser, part):
    check_numbers(part)
    check_sums(part)
    check_keys(browser, part)
    while not said(part, "stage").startswith("10"):
        press_button(part, "Forward")
    check_stages(browser, part)
    check_switches(part)
    check_refusals(browser, part)
    check_sizes(browser, check_address(browser, part))


CHECKS = {"bank": check_bank, "layer": check_layer}
