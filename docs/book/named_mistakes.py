"""The named mistakes in the book: an entry for each, in its lesson and in the index."""
import re

import markdown
from book_page import BookPage, section_label
from markdown import Slugs, slug_of


def mistake_id(number, name):
    return f"mistake-{number}-{name}"


def place_link(page, place):
    """Where to read again: 'lesson 5, "Break it"', linked."""
    found = re.fullmatch(r'lesson (\d+), "(.*)"', place)
    lesson = next((one for one in page.book.chapters if found and int(one.number) == int(found.group(1))), None)
    if not lesson:
        return page.rendered(place)
    address = f"{lesson.label}.html#{section_label(lesson.label, slug_of(found.group(2)))}"
    return f'<a href="{address}">{page.rendered(place)}</a>'


def entry_rows(page, mistake):
    way = mistake.ways[0]
    rows = (("Belief", page.rendered(mistake.belief)), ("Symptom", page.rendered(mistake.symptom)),
            ("The check says", page.rendered(way.diagnosis)), ("Read again", place_link(page, way.place)))
    return [f"<dt>{what}</dt><dd>{text}</dd>" for what, text in rows]


def lesson_entry(page, number, mistake):
    """A mistake in its lesson, with its place in the index."""
    return (f'<div class="mistake" data-name="{mistake.name}"><p class="name"><a href="mistakes.html#{mistake_id(number, mistake.name)}">'
            f'<code>{mistake.name}</code></a></p><dl>{"".join(entry_rows(page, mistake))}</dl></div>')


def index_entry(page, chapter, mistake):
    """A mistake in the index: a card with its belief, which opens."""
    return (f'<details class="mistake" id="{mistake_id(chapter.number, mistake.name)}"><summary><code>{mistake.name}</code> '
            f'<span>{page.rendered(mistake.belief)}</span></summary><dl>{"".join(entry_rows(page, mistake)[1:])}</dl>'
            f'<p><a href="{chapter.label}.html#break={mistake.name}">Make it in the lesson</a></p></details>')


class MistakesPage(BookPage):
    """The index of the named mistakes, by chapter."""

    def __init__(self, book):
        super().__init__(book, "mistakes.md")
        self.slugs = Slugs()

    def source(self):
        return "# Named mistakes\n"

    def arrange(self):
        chapters = [chapter for chapter in self.book.chapters if chapter.mistakes]
        total = sum(len(chapter.mistakes) for chapter in chapters)
        self.html(f"<p>{total} misunderstandings that compile. Each one is a change to a chapter's reference; the tests "
                  "prove that it is caught and called by its name. <code>make break-05 MISTAKE=w_o_transposed</code> runs "
                  "the program right and wrong and draws both.</p>")
        for chapter in chapters:
            self.pieces.append(markdown.Piece("heading", (2, re.sub(r"^(\d+)\.", r"Chapter \1:", chapter.title), f"chapter-{chapter.number}")))
            cards = "\n".join(index_entry(self, chapter, mistake) for mistake in chapter.mistakes)
            self.html(f'<div class="mistakes" data-chapter="{int(chapter.number)}"><p>{len(chapter.mistakes)} mistakes of '
                      f'<a href="{chapter.label}.html">the lesson</a>.</p>\n{cards}</div>')
