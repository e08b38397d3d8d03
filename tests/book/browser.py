#!/usr/bin/env python3
"""Opens every page of the book in a real browser, as a reader does: from the disk, without a network.

    tests/book/browser.py DIRECTORY

Each page: no error on the console, no request to another host, all formulas typeset, all pictures there, no sideways
scrolling of the page at 375 pixels, contrast of all text at least WCAG AA in both colour schemes, at both
widths. The book as a whole: the copy buttons copy, the scheme can be chosen with the keyboard, and what
tests/book/frame_checks.py and page_checks.py ask. Then tests/book/live_checks.py operates the parts that compute.
"""
import concurrent.futures
import glob
import json
import os
import shutil
import sys
import tempfile
import time
import traceback

try:
    from selenium import webdriver
    from selenium.webdriver.chrome.options import Options
    from selenium.webdriver.chrome.service import Service
    from selenium.webdriver.common.by import By
    from selenium.webdriver.common.keys import Keys
    from selenium.webdriver.support.wait import WebDriverWait
except ImportError:
    sys.exit("make docs-test: python3-selenium is missing: make deps-dev")

sys.dont_write_bytecode = True
import frame_checks  # noqa: E402
import live_checks  # noqa: E402
import page_checks  # noqa: E402

WIDTHS = (1440, 375)
SCHEMES = ("light", "dark")
# Pages of the reference look alike: each is seen twice, and each source once.
LOOKS = [(width, scheme) for width in WIDTHS for scheme in SCHEMES]
FEW_LOOKS = [(1440, "light"), (375, "dark")]
# For a closed network: the browser's own requests are switched off.
FLAGS = ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-background-networking",
         "--disable-component-update", "--disable-sync", "--disable-default-apps", "--no-first-run",
         "--disable-dev-shm-usage", "--hide-scrollbars", "--window-size=1440,1000")
BROWSERS = 2  # side by side
TIME_LIMIT = 60  # seconds for a page to be ready

READY = """
const done = arguments[arguments.length - 1];
if (!window.MathJax || !MathJax.Hub) { done(true); }
else { MathJax.Hub.Queue(() => done(true)); }
"""

OPEN_ALL = "document.head.insertAdjacentHTML('beforeend', '<style>* { transition: none !important; }</style>');" \
    "document.querySelectorAll('details').forEach((part) => { part.open = true; });"

FORMULAS = r"""
const sources = document.querySelectorAll("script[type^='math/tex']");
const bad = [];
for (const source of sources) {
    const shown = source.previousElementSibling;
    if (!shown || !shown.querySelector("svg") || shown.querySelector("[data-mjx-error], .MathJax_Error")
        || shown.matches(".MathJax_Error"))
        bad.push(source.textContent);
}
document.querySelectorAll(".MathJax_Error, merror, .merror").forEach((node) => bad.push(node.textContent));
const left = document.createTreeWalker(document.getElementById("doc-content"), NodeFilter.SHOW_TEXT);
while (left.nextNode()) {
    const text = left.currentNode;
    if (/\\\(|\\\[/.test(text.data) && !text.parentElement.closest("script, pre, code, .fragment, .MJX_Assistive_MathML"))
        bad.push("not typeset: " + text.data.trim().slice(0, 60));
}
return bad;
"""

PICTURES = """
return Array.from(document.images).filter((image) => !image.complete || !image.naturalWidth).map((image) => image.src);
"""

# The text nodes whose colour is too near to what is behind them.
CONTRAST = """
function parse(colour) {
    const parts = colour.match(/[\\d.]+/g).map(Number);
    return {r: parts[0], g: parts[1], b: parts[2], a: parts.length > 3 ? parts[3] : 1};
}
function over(top, below) {
    const mix = (x, y) => x * top.a + y * (1 - top.a);
    return {r: mix(top.r, below.r), g: mix(top.g, below.g), b: mix(top.b, below.b), a: 1};
}
function luminance(colour) {
    const [r, g, b] = [colour.r, colour.g, colour.b].map((value) => {
        value /= 255;
        return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
const grounds = new Map();
function ground(element) {
    if (!element)
        return {r: 255, g: 255, b: 255, a: 1};
    if (!grounds.has(element)) {
        const own = parse(getComputedStyle(element).backgroundColor);
        grounds.set(element, own.a === 1 ? own : over(own, ground(element.parentElement)));
    }
    return grounds.get(element);
}
const bad = new Map();
const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
let count = 0;
while (texts.nextNode()) {
    const element = texts.currentNode.parentElement;
    if (!texts.currentNode.data.trim() || !element.checkVisibility({checkOpacity: true, checkVisibilityCSS: true})
        || element.closest("script, style, noscript, svg, .MJX_Assistive_MathML, .ttc, option"))
        continue;
    count++;
    const style = getComputedStyle(element);
    const below = ground(element);
    const colour = over(parse(style.color), below);
    const [low, high] = [luminance(colour), luminance(below)].sort((x, y) => x - y);
    const ratio = (high + 0.05) / (low + 0.05);
    const size = parseFloat(style.fontSize);
    const large = size >= 24 || (size >= 18.66 && parseInt(style.fontWeight) >= 700);
    if (ratio < (large ? 3 : 4.5)) {
        const key = element.tagName + "." + element.className + " " + style.color;
        bad.set(key, `${ratio.toFixed(2)}:1 "${texts.currentNode.data.trim().slice(0, 40)}" ${key}`);
    }
}
return [count, Array.from(bad.values()).slice(0, 8)];
"""

SIDEWAYS = """
const wide = [];
const limit = document.documentElement.clientWidth;
const content = document.getElementById("doc-content");
if (document.documentElement.scrollWidth > limit || (content && content.scrollWidth > content.clientWidth))
    document.querySelectorAll("#doc-content *").forEach((node) => {
        const box = node.getBoundingClientRect();
        let inside = node.parentElement;
        while (inside && inside.id !== "doc-content" && !/auto|scroll|hidden/.test(getComputedStyle(inside).overflowX))
            inside = inside.parentElement;
        if (box.right > limit + 1 && box.width && (!inside || inside.id === "doc-content"))
            wide.push(node.tagName + "." + node.className + " ends at " + Math.round(box.right));
    });
return document.documentElement.scrollWidth > limit || wide.length
    ? ["the page is " + document.documentElement.scrollWidth + " pixels wide"].concat(wide.slice(0, 5)) : [];
"""


CROOKED = """
return Array.from(document.querySelectorAll(".table-box table")).filter((table) => table.tHead
    && Array.from(table.tHead.rows[0].cells).some((cell, i) => Math.abs(
        cell.getBoundingClientRect().left - table.tBodies[0].rows[0].cells[i].getBoundingClientRect().left) > 1))
    .map((table) => table.tHead.textContent);
"""


class Browser:
    """The browser, and what a check needs to ask it."""

    def __init__(self, directory):
        for tool in ("chromium", "chromedriver"):
            if not shutil.which(tool):
                sys.exit(f"make docs-test: {tool} is missing: make deps-dev")
        self.directory = os.path.abspath(directory)
        self.profile = tempfile.TemporaryDirectory()
        options = Options()
        options.binary_location = shutil.which("chromium")
        for flag in FLAGS + (f"--user-data-dir={self.profile.name}",):
            options.add_argument(flag)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
        options.add_experimental_option("perfLoggingPrefs", {"enableNetwork": True, "enablePage": False})
        self.driver = webdriver.Chrome(service=Service(shutil.which("chromedriver")), options=options)
        self.width = 0
        self.driver.set_page_load_timeout(TIME_LIMIT)
        self.driver.set_script_timeout(TIME_LIMIT)

    def close(self):
        self.driver.quit()
        self.profile.cleanup()

    def size(self, width, height=1000):
        if self.width == width:
            return
        self.width = width
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride",
                                    {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500})

    def scheme(self, name):
        """Sets the system's colours, and waits until the page has followed."""
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia",
                                    {"features": [{"name": "prefers-color-scheme", "value": name}]})
        self.wait(lambda: self.script("const c = document.documentElement.classList;"
                                      "return !window.matchMedia || !(c.contains('dark-mode') || c.contains('light-mode'))"
                                      " || localStorage.getItem('scheme') || c.contains(arguments[0])", name + "-mode"),
                  f"the page to become {name}")

    def open(self, page):
        """Opens a page of the book, and waits until its formulas are typeset."""
        self.driver.get(f"file://{self.directory}/{page}")
        self.driver.execute_async_script(READY)

    def script(self, text, *arguments):
        return self.driver.execute_script(text, *arguments)

    def find(self, selector):
        return self.driver.find_element(By.CSS_SELECTOR, selector)

    def find_all(self, selector):
        return self.driver.find_elements(By.CSS_SELECTOR, selector)

    def wait(self, condition, what):
        """Waits until condition() is true, and says what was waited for if it never is."""
        return WebDriverWait(self.driver, TIME_LIMIT, poll_frequency=0.02).until(lambda _: condition(), what)

    def complaints(self):
        """What the console has said since it was last asked."""
        return [f"console: {entry['message']}" for entry in self.driver.get_log("browser")
                if entry["level"] in ("SEVERE", "WARNING")]

    def strangers(self):
        """Requests since the last call that did not go to the disk."""
        found = []
        for entry in self.driver.get_log("performance"):
            message = json.loads(entry["message"])["message"]
            if message["method"] == "Network.requestWillBeSent":
                address = message["params"]["request"]["url"]
                if not address.startswith(("file:", "data:", "blob:", "about:", "chrome:")):
                    found.append(f"request to {address}")
        return found


def looks_of(page):
    """In which widths and schemes a page is seen."""
    if page.endswith("_source.html") or page.startswith("dir_"):
        return [(375, SCHEMES[len(page) % 2])]
    if page.endswith("_8h.html") or page.startswith("struct"):
        return FEW_LOOKS
    return LOOKS


def check_page(browser, page):
    """Everything that holds for every page. Returns the problems."""
    looks = looks_of(page)
    browser.size(looks[0][0])
    browser.open(page)
    browser.script(OPEN_ALL)
    problems = [f"formula: {text}" for text in browser.script(FORMULAS)]
    browser.wait(lambda: browser.script("return Array.from(document.images).every((image) => image.complete)"),
                 f"the pictures of {page}")
    problems += [f"no picture: {address}" for address in browser.script(PICTURES)]
    for width, scheme in looks:
        browser.size(width)
        browser.scheme(scheme)
        count, low = browser.script(CONTRAST)
        problems += [f"contrast, {width} pixels, {scheme}: {text}" for text in low]
        if not count:
            problems.append("has no text")
        problems += [f"{width} pixels: the head of a table stands crooked: {text}" for text in browser.script(CROOKED)]
        if width == 375:
            problems += browser.script(SIDEWAYS)
        elif scheme == "light":
            problems += [f"a line of {text}" for text in browser.script(frame_checks.LINES)[:3]]
    return [f"{page}: {text}" for text in problems + browser.complaints() + browser.strangers()]


# --- The book as a whole -------------------------------------------------------------------------

def check_turning(browser):
    """Next and previous lead through all lessons and back."""
    browser.open("index.html")
    address = browser.find("ol.map a").get_attribute("href")
    seen = []
    while address:
        browser.driver.get(address)
        seen.append(address)
        links = browser.find_all("nav.turn a[rel=next]")
        assert len(links) in (0, 2), f"{address}: {len(links)} links to the next lesson"
        address = links[0].get_attribute("href") if links else None
    for expected in reversed(seen[:-1]):
        browser.find("nav.turn a[rel=prev]").click()
        browser.wait(lambda expected=expected: browser.driver.current_url == expected, expected)


def check_scheme_button(browser):
    """The colour scheme is chosen with the keyboard, and kept on the next page."""
    browser.size(1440)
    browser.scheme("light")
    browser.open("index.html")
    background = "return getComputedStyle(document.body).backgroundColor"
    light = browser.script(background)
    browser.script("document.getElementById('scheme').focus()")
    browser.driver.switch_to.active_element.send_keys(Keys.ENTER)
    dark = browser.script(background)
    assert light != dark, "the button of the colour scheme changes nothing"
    browser.open("glossary.html")
    assert browser.script(background) == dark, "the next page forgets the colour scheme"
    browser.find("#scheme").click()
    assert browser.script(background) == light, "the button does not lead back"
    browser.script("localStorage.clear()")


def check_copying(browser):
    """The copy button of a session copies its commands, that of a listing the code."""
    browser.size(1440)
    browser.open(os.path.basename(sorted(glob.glob(browser.directory + "/chapter_*.html"))[1]))
    browser.script("window.copied = []; Object.defineProperty(navigator, 'clipboard', {configurable: true, value: "
                   "{writeText: (text) => { window.copied.push(text); return Promise.resolve(); }}});")
    for kind in ("pre.console", "div.fragment"):
        browser.script("document.querySelector(arguments[0]).closest('.code-frame').querySelector('.copy').focus()", kind)
        browser.driver.switch_to.active_element.send_keys(Keys.SPACE)
    commands, code = browser.script("return window.copied")
    assert commands.startswith("build/bin/") and "$" not in commands and commands.count("\n") == 1, repr(commands)
    shown = browser.script("return document.querySelector('div.fragment').innerText")
    assert "".join(code.split()) == "".join(shown.split()), f"{code!r} is not {shown!r}"
    browser.wait(lambda: browser.find(".copy").get_attribute("textContent") == "Copied", "the button to say so")


def check_quiz(browser):
    """An answer of the quiz opens with the keyboard."""
    browser.open(os.path.basename(sorted(glob.glob(browser.directory + "/chapter_*.html"))[0]))
    browser.script("document.querySelector('.quiz summary').focus()")
    browser.driver.switch_to.active_element.send_keys(Keys.ENTER)
    assert browser.find(".quiz details").get_attribute("open"), "the answer stays closed"
    assert browser.find(".quiz details p").is_displayed()


def check_without_scripts(browser):
    """With scripts off the lesson is there: text, pictures, foldable parts."""
    browser.driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        browser.driver.get(f"file://{browser.directory}/index.html")
        assert browser.find("figure img").is_displayed() and browser.find("ol.map a").is_displayed()
    finally:
        browser.driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})


WHOLE = (*frame_checks.WHOLE, *page_checks.WHOLE, check_turning, check_scheme_button, check_copying, check_quiz, check_without_scripts)


def run(name, function, *arguments):
    """Runs a check; returns its problems."""
    try:
        return function(*arguments) or []
    except Exception as error:  # pylint: disable=broad-except
        lines = traceback.format_exc().strip().split("\n")
        place = next((line.strip() for line in reversed(lines) if 'File "' in line and "tests/book" in line), "")
        return [f"{name}: {type(error).__name__}: {str(error).strip()} {place}"]


def check_whole(browser):
    """What is asked of the book as a whole, one after the other in one browser."""
    problems = [problem for check in WHOLE for problem in run(check.__name__, check, browser)]
    return problems + [f"console or network: {text}" for text in browser.complaints() + browser.strangers()]


def check_part(browser, page, name):
    """A live part of a page. MathJax complains when a page is left before it is done."""
    try:
        live_checks.check(browser, page, name)
    finally:
        browser.complaints()


def work(directory, waiting):
    """Does checks in a browser of its own, until none is left: (name, function, arguments)."""
    problems, browser = [], Browser(directory)
    try:
        while waiting:
            name, function, *arguments = waiting.pop(0)
            problems += run(name, function, browser, *arguments)
    finally:
        browser.close()
    return problems


def main():
    directory, only = sys.argv[1], sys.argv[2:]
    pages = only or sorted(os.path.basename(path) for path in glob.glob(directory + "/*.html"))
    if "index.html" not in pages and not only:
        sys.exit(f"there is no book in {directory}: make docs")
    start, parts = time.time(), [] if only else live_checks.parts_of(directory)
    waiting = [] if only else [("the book", check_whole)]  # the longest first
    waiting += [(f"{page}: the live part {name}", check_part, page, name) for page, name in parts]
    waiting += [(page, check_page, page) for page in pages]
    with concurrent.futures.ThreadPoolExecutor() as pool:
        workers = [pool.submit(work, directory, waiting) for _ in range(BROWSERS)]
        problems = [problem for worker in workers for problem in worker.result()]
    for problem in problems:
        print(problem, file=sys.stderr)
    if problems:
        sys.exit(f"the book in a browser: {len(problems)} problems")
    print(f"the book in a browser: {len(pages)} pages at {len(WIDTHS)} widths in {len(SCHEMES)} colour schemes, "
          f"{len(parts)} live parts, all well, in {time.time() - start:.0f} s")


if __name__ == "__main__":
    main()
