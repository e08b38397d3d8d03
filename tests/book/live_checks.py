"""Finds the parts of the book that compute, and has each operated.

A lesson names such a part by `<!-- live: NAME -->`. CHECKS has a function for each NAME; it gets the browser (see
browser.py) with the page open, and the element of the part.
"""
import glob
import os
import re

import broken_checks
import chapter_parts
import first_page
import live_parts
import own_layer

CHECKS = {**live_parts.CHECKS, **chapter_parts.CHECKS, **first_page.CHECKS, **own_layer.CHECKS, **broken_checks.CHECKS}


def parts_of(directory):
    """The live parts of the book: [(page, name)]."""
    parts = []
    for path in sorted(glob.glob(directory + "/*.html")):
        with open(path, encoding="utf-8") as file:
            parts += [(os.path.basename(path), name) for name in re.findall(r'data-live="(\w+)"', file.read())]
    return parts


def check(browser, page, name):
    """Checks one part of a page."""
    assert name in CHECKS, f"there is no check for the live part {name}"
    browser.size(1440)
    browser.open(page)
    browser.wait(lambda: browser.script(f"return document.querySelector('[data-live={name}]').children.length"),
                 f"the part {name} to appear")
    part = browser.find(f"[data-live={name}]")
    if browser.find_all(f"[data-live={name}] #live-mistake"):
        live_parts.check_mistakes(browser, part)
    CHECKS[name](browser, part)
