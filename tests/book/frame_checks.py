"""What the frame of the book does for a reader: it finds, it leads, and it says where one is."""
import os

from selenium.webdriver.common.keys import Keys

# A query, and how the address of the first hit ends.
QUERIES = (
    ("overflow", "chapter_02_softmax-subtract-the-maximum"),
    ("kv cache", "chapter_09_encoder_decoder-nothing-is-computed-twice"),
    ("why divide by root", "chapter_03_self_attention-why-the-root-of-d_k"),
    ("dividing by the root", "chapter_03_self_attention-why-the-root-of-d_k"),
    ("softmax", "chapter_02_softmax.html"),
    ("Self-attention", "chapter_03_self_attention.html"),
    ("temperature", "chapter_02_softmax-temperature"),
    ("every score minus infinity", "chapter_02_softmax-minus-infinity"),
    ("layer norm", "chapter_08_transformer_block-by-hand-the-norm-of-one-token"),
    ("causal mask", "term-causal-mask"),
    ("beam search", "term-beam-search"),
    ("w_o_transposed", "mistake-05-w_o_transposed"),
    ("your own arrays", "your_own_arrays.html"),
    ("what every file is", "about_files.html"),
)
# The longest line of running text, in characters.
LINES = """
const found = [];
document.querySelectorAll(".contents :is(p, li, dd, .mdescRight, .desc)").forEach((block) => {
    if (block.querySelector("p, li, pre, table, .fragment") || block.closest(".toc, .live, nav, svg") || !block.checkVisibility())
        return;
    const texts = document.createTreeWalker(block, NodeFilter.SHOW_TEXT);
    const range = document.createRange();
    let line = "", bottom = null;
    const end = () => { if (line.trim().length > 75) found.push(line.trim().length + ": " + line.trim()); line = ""; };
    while (texts.nextNode()) {
        const node = texts.currentNode;
        if (node.parentElement.closest("script, .MathJax_SVG, .MJX_Assistive_MathML"))
            continue;
        if (node.parentElement.closest("sub, sup")) { // below its line, or above it
            line += node.data;
            continue;
        }
        for (const word of node.data.matchAll(/\\S+\\s*/g)) {
            range.setStart(node, word.index);
            range.setEnd(node, word.index + 1);
            const box = range.getBoundingClientRect();
            if (bottom !== null && box.top > bottom - 2)
                end();
            bottom = box.bottom;
            line += word[0].replace(/\\s+/g, " ");
        }
    }
    end();
});
return found;
"""


def lesson(browser, number):
    return [name for name in sorted(os.listdir(browser.directory)) if name.startswith(f"chapter_{number:02}_")
            and name.endswith(".html")][0]


def hits(browser):
    return browser.find_all("#hits a")


def search_for(browser, query):
    """Types a query on a fresh page, beginning with "/"."""
    browser.open("glossary.html")
    browser.find("body").send_keys("/")
    assert browser.driver.switch_to.active_element == browser.find("#search input"), "/ does not lead to the search"
    browser.driver.switch_to.active_element.send_keys(query)
    browser.wait(lambda: hits(browser), f"something for {query}")


def check_search(browser):
    """The search finds sections by what they say, shows the words, and Enter opens the first."""
    browser.size(1440)
    for query, expected in QUERIES:
        search_for(browser, query)
        found = [hit.get_attribute("href") for hit in hits(browser)]
        assert found[0].endswith(expected), f"{query}: {found[:3]}, not {expected}"
    search_for(browser, "overflow")
    marks = [mark.get_attribute("textContent").lower() for mark in browser.find_all("#hits span mark")]
    assert marks and all(mark.startswith("overflow") for mark in marks), f"marked: {marks}"
    second = hits(browser)[1].get_attribute("href")
    browser.find("#search input").send_keys(Keys.ARROW_DOWN, Keys.ENTER)
    browser.wait(lambda: browser.driver.current_url == second, "the second hit")
    search_for(browser, "why divide by root")
    browser.find("#search input").send_keys(Keys.ENTER)
    browser.wait(lambda: browser.driver.current_url.endswith("why-the-root-of-d_k"), "the first hit")
    search_for(browser, "softmax")
    browser.find("#search input").send_keys(Keys.ESCAPE)
    assert not browser.find("#hits").is_displayed(), "Escape leaves the hits open"


def check_groups(browser):
    """Chapters, appendices and reference stand at the side; each chapter once, in order, and is one stop of Tab."""
    browser.size(1440)
    browser.open("index.html")
    browser.script("localStorage.clear()")
    browser.open("index.html")
    assert [group.text for group in browser.find_all("#side p")] == ["CHAPTERS", "APPENDICES", "REFERENCE"]
    links = browser.find("#side ul").find_elements("css selector", "a")
    shown = [link.text for link in links]
    expected = [f"{i}. {title.get_attribute('textContent')}" for i, title in enumerate(browser.find_all("ol.map .title"), 1)]
    assert shown == expected, f"at the side {shown}, on the map {expected}"
    browser.script("arguments[0].focus()", links[0])
    for link in links[1:]:
        browser.driver.switch_to.active_element.send_keys(Keys.TAB)
        assert browser.driver.switch_to.active_element == link, f"Tab does not lead to {link.text}"


def check_skip_link(browser):
    """The first Tab offers a way past the frame."""
    browser.open(lesson(browser, 3))
    browser.find("body").send_keys(Keys.TAB)
    skip = browser.driver.switch_to.active_element
    assert skip.get_attribute("class") == "skip" and skip.is_displayed(), "no skip link"
    skip.send_keys(Keys.ENTER)
    assert browser.script("return document.activeElement.closest('main') !== null"), "it does not lead to the text"


def check_where_one_is(browser):
    """The page is marked at the side, the section in the contents, and visited chapters have a tick."""
    browser.size(1440)
    browser.open("index.html")
    browser.script("localStorage.clear()")
    browser.open(lesson(browser, 3))
    browser.open(page := lesson(browser, 7))
    ticked = browser.script("return Array.from(document.querySelectorAll('#side a:has(.tick)'), (a) => a.getAttribute('href'))")
    assert ticked == [lesson(browser, 3), page], f"ticks at {ticked}"
    current = browser.find_all("#side [aria-current]")
    assert [link.get_attribute("href").split("/")[-1] for link in current] == [page], "the page is not marked"
    for heading in browser.find_all(".contents h2")[1:4]:
        browser.script("arguments[0].scrollIntoView()", heading)
        browser.wait(lambda heading=heading: [link.text for link in browser.find_all(".toc [aria-current]")] == [heading.text],
                     f"{heading.text} to be marked")
    browser.script("localStorage.clear()")


def check_narrow(browser):
    """A phone's menu has the chapters; at 1024 pixels the contents of the page leave the text its width."""
    browser.size(375)
    browser.open(lesson(browser, 3))
    first = browser.find("#side a")
    assert not first.is_displayed(), "the menu is open before it was asked for"
    browser.find("#menu").click()
    assert first.is_displayed() and "1. Dot products" in first.text, "the menu has no chapters"
    browser.find("#menu").send_keys(Keys.ESCAPE)
    assert not first.is_displayed(), "Escape leaves the menu open"
    widths = {}
    for window in (1440, 1024):
        browser.size(window)
        browser.open(lesson(browser, 3))
        widths[window] = browser.script("return document.querySelector('.contents p + p').clientWidth")
    assert widths[1024] == widths[1440], f"the lines are {widths} pixels wide"


def check_tips(browser):
    """A term shows its definition and a citation its work when they are focused; Escape takes it away."""
    browser.size(1440)
    browser.open(lesson(browser, 3))
    tip = browser.find("#tip")
    for selector, expected in (("a.term[href$=term-softmax]", "Turns scores into positive weights"),
                               ("a.term[href*=vaswani]", "Attention Is All You Need")):
        browser.script("document.querySelector(arguments[0]).focus()", selector)
        browser.wait(lambda expected=expected: tip.is_displayed() and expected.lower() in tip.text.lower(), expected)
        browser.driver.switch_to.active_element.send_keys(Keys.ESCAPE)
        assert not tip.is_displayed(), "Escape leaves the tip"


def check_printing(browser):
    """On paper the answers are unfolded, if one asks for it, and folded again afterwards."""
    browser.open(lesson(browser, 3))
    browser.script("window.print = () => { window.open_parts = document.querySelectorAll('.contents details:not([open])').length; }")
    browser.script("document.getElementById('print').click()")
    assert browser.script("return window.open_parts") == 0, "parts are folded on paper"
    browser.script("window.dispatchEvent(new Event('afterprint'))")
    assert browser.script("return document.querySelectorAll('.quiz details[open]').length") == 0, "the answers stay unfolded"


WHOLE = (check_search, check_groups, check_skip_link, check_where_one_is, check_narrow, check_tips, check_printing)
