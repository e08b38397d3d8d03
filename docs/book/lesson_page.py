"""A lesson as a page: the links to its neighbours, its quiz, its mistakes, its hints, and what calls what."""
import os
import re

import formulas
import listings
import markdown
from book_page import BookPage, phrases, read, term_id, work_id
from markdown import escape
from named_mistakes import lesson_entry, mistake_id

TURN = re.compile(r"(?m)^\[(?:Previous|Contents|Next)\b[^\n]*(?:\n[^\n]+)*\n?")
# Where a word of the glossary is used in another sense: not linked in these chapters.
OTHERWISE = {"block": (10,), "cache": (10,), "memory": (10,), "scale": (6,), "score": (9,), "view": (8,)}


class LessonPage(BookPage):
    """A lesson, with the links to its neighbours, its quiz, its mistakes and its hints."""

    after_title = "\n\n\\tableofcontents{HTML:1}"

    def __init__(self, book, chapter):
        super().__init__(book, chapter.path)
        self.chapter = chapter
        number = int(chapter.number)
        self.pending = {term for term, first in book.terms.items()
                        if first <= number and number not in OTHERWISE.get(term, ())}
        self.terms = phrases(book.terms, r'"[^"]*"|(?<![\w-])(%s)(?:e?s)?(?![\w-])')  # but not in a title
        self.works = phrases(book.works, r"\b(%s)\b")
        self.own = {mistake.name for mistake in chapter.mistakes}

    def source(self):
        return TURN.sub("", self.chapter.text)

    def words(self, text):
        """Links the works that are cited, and the first use of each term of the glossary."""
        parts, at = [], 0
        for found in self.works.finditer(text):
            parts.append(self._with_terms(text[at:found.start()]))
            parts.append(f'<a class="term" href="further_reading.html#{work_id(found.group(1))}">'
                         f"{escape(found.group())}</a>")
            at = found.end()
        return "".join(parts) + self._with_terms(text[at:])

    def _with_terms(self, text):
        parts, at = [], 0
        for found in self.terms.finditer(text):
            term = " ".join((found.group(1) or "").lower().split())
            if term not in self.pending:
                continue
            self.pending.discard(term)
            parts.append(escape(text[at:found.start()]))
            parts.append(f'<a class="term" href="glossary.html#{term_id(term)}">{escape(found.group())}</a>')
            at = found.end()
        return "".join(parts) + escape(text[at:])

    def code(self, text):
        if text in self.own:
            address = f"mistakes.html#{mistake_id(self.chapter.number, text)}"
            return f'<a href="{address}"><code>{escape(text)}</code></a>'
        return super().code(text)

    def arrange(self):
        self._add_places()
        self._add_calls()
        self._add_hints()
        self._add_quiz()
        self._add_mistakes()
        turn = self._turn()
        title = next(i for i, piece in enumerate(self.pieces) if piece.kind == "heading")
        self.add(title + 1, turn.replace("Neighbours", "Neighbours, above the lesson"))
        self.html(turn)

    def _turn(self):
        chapters = self.book.chapters
        here = chapters.index(self.chapter)

        def to(place, relation, before, after):
            if not 0 <= place < len(chapters):
                return "<span></span>"
            other = chapters[place]
            return f'<a rel="{relation}" href="{other.label}.html">{before}{escape(other.title)}{after}</a>'
        return ('<nav class="turn" aria-label="Neighbours">' + to(here - 1, "prev", "← ", "")
                + '<a href="index.html">Contents</a>' + to(here + 1, "next", "", " →") + "</nav>")

    def _add_places(self):
        """Above each listing, where it stands."""
        for i in reversed(range(len(self.pieces))):
            kind, content = self.pieces[i]
            if kind == "listing" and content[0] == "c":
                caption = listings.caption(self, content[1])
                if caption:
                    self.add(i + 1, "</div>")
                    self.add(i, f'<div class="listing">{caption}')

    def _add_calls(self):
        place = self.section("the-code") or self.section("see-it")
        drawn = self.book.calls.get(self.chapter.directory)
        if place and drawn:
            self.book.images[os.path.basename(drawn[0])] = drawn[0]
            private = " A dashed frame is a function that only its own file knows." if "dasharray" in read(drawn[0]) else ""
            self.add(place[1], f"<p>What calls what, down to the chapters below.{private}</p>" + self.framed(self.shown(os.path.basename(drawn[0]), drawn[1])))

    def _add_quiz(self):
        place = self.section("quiz")
        if not place or not self.chapter.quiz:
            return
        parts = ["<p>Choose an answer to see what to say to it. "
                 f"<code>make quiz-{self.chapter.number}</code> asks the same in the terminal.</p>", '<ol class="quiz">']
        for question, options in self.chapter.quiz:
            parts.append(f"<li><p>{self.rendered(question)}</p>")
            for right, option, answer in options:
                verdict = ("right", "Right.") if right else ("wrong", "No.")
                parts.append(f'<details class="{verdict[0]}"><summary>{self.rendered(option)}</summary>'
                             f"<p><strong>{verdict[1]}</strong> {self.rendered(answer)}</p></details>")
            parts.append("</li>")
        parts.append("</ol>")
        self.pieces[place[0] + 1:place[1]] = [markdown.Piece("html", "\n".join(parts))]

    def _add_mistakes(self):
        place, number = self.section("break-it"), self.chapter.number
        if not place or not self.chapter.mistakes:
            return
        entries = [lesson_entry(self, number, mistake) for mistake in self.chapter.mistakes]
        self.add(place[1], f'<div class="live" data-live="broken" data-chapter="{number}"></div>\n'
                 f"<details><summary>All {len(entries)} named mistakes of this chapter</summary>\n" + "\n".join(entries) + "</details>")

    def _add_hints(self):
        place = self.section("exercises")
        if not place or not self.chapter.hints:
            return
        parts = ["<details><summary>Hints for each function, from a nudge to nearly there</summary>"]
        for function, hints in self.chapter.hints:
            parts.append(f'<p class="name"><code>{escape(function)}</code></p>')
            for count, hint in enumerate(hints, 1):
                self.pieces, kept = [], self.pieces
                self.convert(hint)
                inner, self.pieces = formulas.typeset("\n".join(self._as_html(piece) for piece in self.pieces)), kept
                parts.append(f"<details><summary>Hint {count}</summary>{inner}</details>")
        parts.append("</details>")
        self.add(place[1], "\n".join(parts))

    @staticmethod
    def _as_html(piece):
        if piece.kind == "listing":
            return '<pre class="fragment">' + escape("\n".join(piece.content[1])) + "</pre>"
        return piece.content
