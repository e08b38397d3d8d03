"""Makes what the search of the book looks through: its sections with their text, terms, mistakes, and names in C.

A page opened from a disk may not fetch a file, so the index is a script, which search.js loads when it is asked.
"""
import html.parser
import json
import os
import re

import frame

VOID = {"area", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "wbr"}
BLOCKS = {"p", "li", "dt", "dd", "td", "th", "summary", "div"}
SKIPPED = {"script", "style", "nav", "svg", "pre"}
SKIPPED_CLASSES = {"toc", "fragment", "quiz", "live"}


class Sections(html.parser.HTMLParser):
    """The sections of a page, each with its anchor: self.found is [[anchor, heading, text], ...]."""

    def __init__(self, page, text):
        super().__init__()
        self.lesson = page.startswith("chapter_")
        self.found, self.skipping = [["", "", ""]], 0
        self.named = None  # the tag whose text is the name of the section
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        if tag in VOID:
            return
        has = dict(attributes)
        classes, name = set((has.get("class") or "").split()), has.get("id") or ""
        skip = tag in SKIPPED or classes & SKIPPED_CLASSES or self.lesson and "mistake" in classes
        if self.skipping or skip:
            self.skipping += 1
        elif tag == "sub":
            self.handle_data("_")
        elif re.fullmatch("h[123]", tag):
            if tag != "h1":
                self.found.append([name, "", ""])
            self.named = tag
        elif tag == "a" and "anchor" in classes and self.named:
            self.found[-1][0] = name
        elif re.match("(term|work|mistake)-", name):
            self.found.append([name, "", ""])
            self.named = "code" if name.startswith("mistake") else "strong"

    def handle_endtag(self, tag):
        if tag not in VOID and self.skipping:
            self.skipping -= 1
        elif tag == self.named:
            self.named = None
        elif tag in BLOCKS:
            self.found[-1][2] += " "

    def handle_data(self, data):
        if not self.skipping:
            self.found[-1][1 if self.named else 2] += data


def kind_of(page, anchor):
    """What a section is: search.js ranks by it."""
    if page.startswith("chapter_"):
        return "lesson"
    return "term" if anchor.startswith("term-") else "mistake" if anchor.startswith("mistake-") else "page"


def sections(path):
    """The entries of a page: [kind, address, heading, place, text]."""
    page = os.path.basename(path)
    with open(path, encoding="utf-8") as file:
        text = file.read()
    found = Sections(page, text[text.index('<main'):]).found
    title = frame.plain(found[0][1])
    for anchor, heading, said in found:
        heading, said = frame.plain(heading).rstrip("."), frame.plain(said)
        if heading and (said or not anchor):
            yield [kind_of(page, anchor), page + (anchor and "#" + anchor), re.sub(r"^\d+\. ", "", heading),
                   title if anchor else "", said]


def write(directory, groups, names):
    """Writes the index of the pages of the book that are read, and of the names in C: {name: address}."""
    entries = [entry for _, pages in groups[:2] for page, _ in pages
               for entry in sections(os.path.join(directory, page))]
    entries += [["name", address, name, "reference", ""] for name, address in sorted(names.items())]
    with open(os.path.join(directory, "search-index.js"), "w", encoding="utf-8") as file:
        file.write("const SEARCH_INDEX = [\n" + ",\n".join(
            json.dumps(entry, ensure_ascii=False, separators=(",", ":")) for entry in entries) + "\n];\n")
