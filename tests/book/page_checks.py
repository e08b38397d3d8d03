"""What stands in the lessons' pages, beyond the text: listings, tables of numbers, figures."""
import glob
import os
import re

OVERFLOW = """
return Array.from(document.querySelectorAll(".contents :is(.fragment, .table-box, .formula-box, figure)"))
    .filter((box) => box.scrollWidth > box.clientWidth + 1).map((box) => box.textContent.trim().slice(0, 60));
"""
LISTINGS = """
return Array.from(document.querySelectorAll(".contents div.fragment"), (box) => {
    const place = box.closest(".listing")?.querySelector(".place");
    const button = box.closest(".code-frame").querySelector(".copy").getBoundingClientRect();
    const frame = (box.closest(".listing") || box).getBoundingClientRect();
    return {text: box.textContent, place: place ? place.textContent : "", links: place ? place.querySelectorAll("a").length : 0,
            inside: button.top >= frame.top && button.bottom <= frame.bottom, size: getComputedStyle(box.querySelector(".line")).fontSize};
});
"""


MATRICES = """
return Array.from(document.querySelectorAll(".printed"), (printed) => [printed.querySelector("pre.console").textContent,
    ...Array.from(printed.querySelectorAll(".matrix"), (matrix) => Array.from(matrix.rows,
        (row) => Array.from(row.cells, (cell) => cell.textContent).join(" ")).join(" "))]);
"""

FIGURES = """
return Array.from(document.querySelectorAll("figure img"), (image) => [image.getAttribute("src"),
    image.getBoundingClientRect().width / image.naturalWidth, getComputedStyle(image).filter,
    getComputedStyle(image.closest("figure")).backgroundColor]);
"""


def lessons(browser):
    return [os.path.basename(path) for path in sorted(glob.glob(browser.directory + "/chapter_*.html"))]


def check_boxes(browser):
    """At 1440 pixels nothing has to be scrolled sideways."""
    browser.size(1440)
    for page in lessons(browser):
        browser.open(page)
        browser.script("document.querySelectorAll('details').forEach((part) => { part.open = true; });")
        wide = browser.script(OVERFLOW)
        assert not wide, f"{page}: wider than its column: {wide}"


def check_listings(browser):
    """A listing says where it stands, with its function's head, and its copy button takes no line."""
    browser.size(375)
    for page in lessons(browser):
        browser.open(page)
        browser.script("document.querySelectorAll('details').forEach((part) => { part.open = true; });")
        found = browser.script(LISTINGS)
        assert sum(listing["links"] == 2 for listing in found) >= 3, f"{page}: few listings say where they stand: {found}"
        for listing in found:
            assert listing["inside"], f"{page}: the copy button takes a line: {listing['text'][:60]}"
            assert listing["size"] == "12px", f"{page}: code of {listing['size']}"
    browser.open(lessons(browser)[2])
    places = [listing["place"] for listing in browser.script(LISTINGS)]
    assert "self_attention.c · attention_scoresStatus attention_scores(Matrix q, Matrix k, float scale, Matrix scores)" in places, places


def check_matrices(browser):
    """A matrix is a table with the labels and numbers that the program printed, and what it printed is folded beside it."""
    seen = 0
    for page in lessons(browser):
        browser.open(page)
        for printed, *tables in browser.script(MATRICES):
            for table in tables:
                assert " ".join(table.split()) in " ".join(printed.split()), f"{page}: {table[:60]} is not in {printed}"
                seen += 1
    assert seen > 20, f"{seen} matrices in the lessons"
    browser.open(lessons(browser)[2])
    shade = "return getComputedStyle(arguments[0]).backgroundColor"
    row = browser.find_all(".matrix")[-1].find_elements("css selector", "tbody tr:last-child td")
    assert browser.script(shade, max(row, key=lambda cell: float(cell.text))) != browser.script(shade, row[0]), "no shades"


def check_figures(browser):
    """At 1440 pixels no type in a figure is smaller than 10; on dark pages figures are dark."""
    browser.size(1440)
    for scheme in ("light", "dark"):
        for page in lessons(browser):
            browser.scheme(scheme)
            browser.open(page)
            for name, scale, colours, ground in browser.script(FIGURES):
                with open(f"{browser.directory}/{name}", encoding="utf-8") as file:
                    text = file.read()
                points = 4 / 3 if re.search(r'<svg[^>]*? width="[\d.]+pt"', text) else 1
                smallest = min(map(float, re.findall(r'font-size="([\d.]+)"', text)), default=99) * points * scale
                assert smallest >= 9.95, f"{page}: {name} has type of {smallest:.1f} pixels"
                assert (colours != "none") == (scheme == "dark"), f"{page}: {name} has the filter {colours} on a {scheme} page"
                assert ground == browser.script("return getComputedStyle(document.body).backgroundColor"), f"{name} on {ground}"


CARDS = "return Array.from(document.querySelectorAll('details.mistake')).filter((card) => card.checkVisibility()).length"


def check_index_of_mistakes(browser):
    """A filter, a tab for each chapter, cards that open; an address opens its card; without scripts all cards are there."""
    browser.size(1440)
    browser.open("mistakes.html")
    whole = browser.script(CARDS)
    tabs = browser.find_all(".mistake-tools button")
    assert len(tabs) == 1 + len(lessons(browser)) and not browser.find_all("details.mistake[open]")
    tabs[5].click()
    fifth = browser.script(CARDS)
    assert 0 < fifth < whole and tabs[5].get_attribute("aria-pressed") == "true"
    browser.find(".mistake-tools input").send_keys("W_O transposed")
    assert 0 < browser.script(CARDS) < fifth
    assert browser.find(".mistake-tools output").get_attribute("textContent") == f"{browser.script(CARDS)} shown"
    browser.script("location.hash = 'mistake-03-no_scale'")
    browser.wait(lambda: browser.find("#mistake-03-no_scale").get_attribute("open"), "the card to open")
    assert browser.script(CARDS) == whole
    assert not browser.script("return Array.from(document.querySelectorAll('.mistake-tools button')).filter("
                              "(tab) => tab.offsetHeight < 24 || tab.offsetWidth < 24).length"), "tabs too small for a finger"
    browser.driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        browser.driver.get(f"file://{browser.directory}/mistakes.html")
        assert browser.find("details.mistake summary").is_displayed() and not browser.find_all(".mistake-tools")
    finally:
        browser.driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})


def check_weights(browser):
    """A lesson with all that it brings along is under 1.5 MB, but for MathJax and the text face, which all pages share."""
    for page in lessons(browser):
        with open(f"{browser.directory}/{page}", encoding="utf-8") as file:
            names = {page, *re.findall(r'(?:src|href)="([\w./-]+\.(?:js|css|svg|png))"', file.read())} - {"mathjax/MathJax.js"}
        size = sum(os.path.getsize(f"{browser.directory}/{name}") for name in names)
        assert 300_000 < size < 1_500_000, f"{page} brings along {size} bytes"


def check_first_paint(browser):
    """What a browser waits for before it shows a page is small: the page, its style sheets, and scripts that do not wait."""
    for page in ["index.html", *lessons(browser)]:
        with open(f"{browser.directory}/{page}", encoding="utf-8") as file:
            text = file.read()
        scripts = [found.group(1) for found in re.finditer(r'<script\b(?![^>]*\b(?:defer|async)\b)[^>]*\bsrc="([^"]+)"', text)]
        names = [page, *scripts, *re.findall(r'<link\b[^>]*\bhref="([\w.-]+\.css)"', text)]
        size = sum(os.path.getsize(f"{browser.directory}/{name}") for name in names)
        assert 100_000 < size < 400_000, f"{page}: {size} bytes before anything is shown: {names}"


WHOLE = (check_boxes, check_listings, check_matrices, check_figures, check_index_of_mistakes, check_weights, check_first_paint)
