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


WHOLE = (check_boxes, check_listings, check_matrices, check_figures)
