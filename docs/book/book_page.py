"""A page of the book made of one Markdown file: where its links lead, what its pictures are, and what Doxygen reads."""
import html
import os
import re

import formulas
import markdown
import matrices
import sources
from markdown import Page, escape

WRAPS = {"listing": "\\code{.%s}\n%s\n\\endcode", "html": "\\htmlonly[block]\n%s\n\\endhtmlonly"}


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def section_label(label, slug):
    return re.sub(r"[^\w-]", "", f"{label}-{slug}", flags=re.ASCII)


class BookPage(Page):
    """A page made of one Markdown file."""

    after_title = ""  # commands for Doxygen

    def __init__(self, book, path):
        super().__init__()
        self.book, self.path = book, path

    def link(self, target):
        if re.match(r"[a-z]+:", target):
            return target
        path, _, fragment = target.partition("#")
        path = os.path.normpath(os.path.join(os.path.dirname(self.path), path)) if path else self.path
        return self.book.address(path, fragment)

    def picture(self, source, alt):
        if re.match(r"[a-z]+:", source):
            return super().picture(source, alt)
        path = os.path.normpath(os.path.join(os.path.dirname(self.path), source))
        return self.shown(self.book.picture(path), alt)

    def shown(self, name, alt):
        """A picture of the book."""
        width, height = sources.picture_size(self.book.images[name])
        size = f' width="{width}" height="{height}"' if width else ""
        size += ' class="wide"' if width > 1100 else ""
        return f'<img src="{html.escape(name)}" alt="{html.escape(alt)}"{size}>'

    def figure(self, source, alt):
        return self.framed(self.picture(source, alt))

    @staticmethod
    def framed(picture):
        """A picture that stands alone, and opens in full when it is chosen."""
        address = re.search('src="([^"]*)"', picture).group(1)
        return f'<figure><a href="{address}">{picture}</a></figure>'

    def fence(self, language, content):
        super().fence(language, content)
        if language == "console":
            raw = self.pieces.pop().content
            self.html(matrices.shown(content, raw) or raw)

    def source(self):
        return read(self.path)

    def arrange(self):
        """Called when the text is converted, to add what the Markdown does not have."""

    def text(self, label):
        """What Doxygen reads."""
        self.convert(self.source())
        self.arrange()
        parts, block = [], []

        def flush():
            if block:
                parts.append(WRAPS["html"] % "\n".join(block))
                block.clear()
        for kind, content in self.pieces:
            if kind == "html":
                block.append(content)
                continue
            flush()
            if kind == "listing":
                parts.append(WRAPS["listing"] % (content[0], "\n".join(content[1])))
            else:
                parts.append(self._heading(label, *content))
        flush()
        return "\n\n".join(parts) + "\n"

    def _heading(self, label, level, heading, slug):
        """A heading for Doxygen's tree; those of the first page would stand there before the chapters."""
        name = section_label(label, slug)
        if label == "index" and level > 1:
            return WRAPS["html"] % f'<h{level} id="{name}">{self.plain(heading)}</h{level}>'
        heading = re.sub(r"\$`(.*?)`\$", r"\\f$\1\\f$", heading)
        if level > 1:
            return f"{'#' * level} {heading} {{#{name}}}"
        return f"# {heading}" + (f" {{#{label}}}" if label != "index" else "") + self.after_title

    def section(self, beginning):
        """The places of a section whose slug begins so: (of its heading, of what follows it)."""
        headings = [(i, piece.content) for i, piece in enumerate(self.pieces)
                    if piece.kind == "heading" and piece.content[0] <= 2]
        for place, (i, content) in enumerate(headings):
            if content[2].startswith(beginning):
                return i, headings[place + 1][0] if place + 1 < len(headings) else len(self.pieces)
        return None

    def rendered(self, text, words=None):
        """A short text, in Markdown, from beside the lesson."""
        return formulas.typeset(self.inline(text, words or escape))

    def add(self, place, text):
        self.pieces.insert(place, markdown.Piece("html", text))


def phrases(texts, pattern):
    """Finds any of the texts, the longest first, whatever white space is in them; nothing if there are none."""
    alternatives = "|".join(r"\s+".join(map(re.escape, text.split()))
                            for text in sorted(texts, key=len, reverse=True))
    return re.compile(pattern % (alternatives or "(?!)"), re.I)


def term_id(term):
    return "term-" + re.sub(r"\W+", "-", term)


def work_id(work):
    return "work-" + re.sub(r"\W+", "-", work.lower())
