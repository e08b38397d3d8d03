#!/usr/bin/env python3
"""Checks every page of the book as a file: links, anchors, pictures, headings, and that nothing is loaded from afar.

    tests/book/crawl.py DIRECTORY

It also demands that each work that a lesson cites under "Further reading" is listed in full.
"""
import collections
import glob
import html.parser
import os
import re
import sys
import urllib.parse

VOID = {"img", "link", "script", "source", "iframe", "object", "embed", "video", "audio"}


class Page(html.parser.HTMLParser):
    """What a page has: ids, links, things it loads, headings."""

    def __init__(self, path):
        super().__init__()
        self.ids, self.links, self.loads, self.headings = collections.Counter(), [], [], []
        self.problems, self.language, self.refreshes = [], None, False
        with open(path, encoding="utf-8") as file:
            self.feed(file.read())

    def handle_starttag(self, tag, attributes):
        has = dict(attributes)
        if tag == "html":
            self.language = has.get("lang")
        for name in {has.get("id"), has.get("name") if tag == "a" else None} - {None, ""}:
            self.ids[name] += 1
        if tag in ("a", "area") and has.get("href"):
            self.links.append(has["href"])
        if tag in VOID or tag == "use":
            for key in ("src", "data", "srcset") + (("href",) if tag == "link" else ()):
                if has.get(key):
                    self.loads.append(has[key])
        if tag == "img" and not (has.get("alt") or "").strip():
            self.problems.append(f"a picture without alternative text: {has.get('src')}")
        if tag in ("iframe", "object") and not (has.get("title") or has.get("aria-label")):
            self.problems.append(f"a frame without a title: {has.get('src') or has.get('data')}")
        if re.fullmatch(r"h[1-6]", tag):
            self.headings.append(int(tag[1]))
        if tag == "meta" and (has.get("http-equiv") or "").lower() == "refresh":
            self.refreshes = True


def headings_in_order(levels):
    """One h1, at the beginning, and no level left out on the way down."""
    return levels[:1] == [1] and levels.count(1) == 1 and all(b <= a + 1 for a, b in zip(levels, levels[1:]))


def check_address(directory, pages, page, address, report, is_load):
    url = urllib.parse.urlsplit(address)
    if url.scheme in ("http", "https", "mailto") or url.netloc:
        if is_load:
            report(f"loads {address}")
        return
    if url.scheme in ("javascript", "data"):
        return
    target = urllib.parse.unquote(url.path) or page
    path = os.path.normpath(os.path.join(os.path.dirname(page), target))
    if path.startswith("..") or not os.path.exists(os.path.join(directory, path)):
        report(f"dead link: {address}")
    elif url.fragment and path in pages:
        fragment = urllib.parse.unquote(url.fragment)
        state = "=" in fragment  # of a live part, such as #break=NAME
        if fragment not in pages[path].ids and not fragment.startswith("l0") and not state:
            report(f"no such place: {address}")


def check_references(report):
    """Each bullet under "Further reading" begins with a work of docs/further-reading.md."""
    with open("docs/further-reading.md", encoding="utf-8") as file:
        known = set(re.findall(r"(?m)^- \*\*(.+? \d{4}[a-z]?)\.\*\*", file.read()))
    for path in sorted(glob.glob("chapters/*/README.md")):
        with open(path, encoding="utf-8") as file:
            text = file.read().partition("\n## Further reading\n")[2]
        for work in re.findall(r"(?m)^- ((?:[^\"*,]|, (?=\w+ and|\w+,))+? \d{4}[a-z]?)\b", text):
            if " ".join(work.split()) not in known:
                report(path, f"docs/further-reading.md does not list {work}")


def check_headers(pages, report):
    """Each header has a page of the reference."""
    for path in sorted(glob.glob("c*/*/**/*.h", recursive=True)):
        page = os.path.basename(path).replace("_", "__").replace(".h", "_8h.html")
        if page not in pages:
            report(path, "has no page in the reference: a header begins with @file")


def main():
    directory = sys.argv[1]
    problems = []

    def report(page, text):
        problems.append(f"{page}: {text}")
    paths = sorted(glob.glob(os.path.join(directory, "*.html")))
    pages = {os.path.basename(path): Page(path) for path in paths}
    if "index.html" not in pages:
        sys.exit(f"there is no book in {directory}: make docs")
    checked = 0
    for name, page in pages.items():
        def tell(text, name=name):
            report(name, text)
        if page.refreshes:
            continue
        for text in page.problems:
            tell(text)
        if not page.language:
            tell("does not say its language")
        if not headings_in_order(page.headings):
            tell(f"headings out of order: {page.headings}")
        for double in [name for name, count in page.ids.items() if count > 1]:
            tell(f"two places are called {double}")
        for addresses, is_load in ((page.links, False), (page.loads, True)):
            for address in addresses:
                checked += 1
                check_address(directory, pages, name, address, tell, is_load)
    check_references(report)
    check_headers(pages, report)
    for problem in problems:
        print(problem, file=sys.stderr)
    if problems:
        sys.exit(f"the book: {len(problems)} problems")
    print(f"the book: {len(pages)} pages, {checked} links and pictures, all in order")


if __name__ == "__main__":
    main()
