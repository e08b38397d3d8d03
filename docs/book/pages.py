"""The pages of the book: what each is made of, where its links lead, and what is added to it.

Book(root) finds the chapters by their numbers and the other pages in docs/. write(directory) leaves one file for
each page there, in which Doxygen finds headings, listings and HTML.
"""
import glob
import os
import re

import calls
import markdown
import sources
from book_page import WRAPS, BookPage, phrases, read, section_label, term_id, work_id
from lesson_page import LessonPage
from markdown import escape
from named_mistakes import MistakesPage

# The pages after the chapters; what is not named here follows in alphabetical order.
ORDER = ("mistakes", "notation", "glossary", "further_reading", "vocabulary", "your_own_arrays",
         "your_own_solutions", "about_files", "contributing")
TERM = re.compile(r"(?ms)^\*\*([^*]+?)\.?\*\*(?: \(([\d, ]+)\))?\.?\s")


class Chapter:
    """A lesson, and what stands beside it."""

    def __init__(self, path):
        self.path = path
        self.directory = os.path.dirname(path)
        self.name = os.path.basename(self.directory)
        self.number = self.name[:2]
        self.text = read(path)
        self.title = re.search(r"(?m)^# (.*)$", self.text).group(1).strip()
        self.label = "chapter_" + self.name
        self.quiz = sources.quiz(os.path.join(self.directory, "quiz.txt"))
        self.hints = sources.hints(os.path.join(self.directory, "hints.md"))
        self.mistakes = sources.mistakes(self.directory)

    def said(self, subject):
        """The first sentence of what the lesson says after **subject**."""
        found = re.search(rf"\*\*{subject}\*\*\s+((?:\$`[^`]*`\$|`[^`]*`|[^`])+?)\.(?=\s)", self.text)
        return " ".join(found.group(1).split()) if found else ""


class Book:
    """All pages, and what one needs to know of the others."""

    def __init__(self, pictures):
        self.pictures = pictures  # the directory with the pictures that the programs drew
        self.images = {}  # file name: path, of the pictures that are shown
        self.calls = {}  # what calls what, of the chapters where it teaches
        self.others = {}  # path: label, of files that are linked and have no page of their own
        self.chapters = [Chapter(path) for path in sorted(glob.glob("chapters/[0-9][0-9]_*/README.md"))]
        self.labels = {"README.md": "index"}
        self.labels.update((chapter.path, chapter.label) for chapter in self.chapters)
        docs = {self._label(path): path for path in glob.glob("docs/*.md")}
        self.labels.update((docs[label], label) for label in sorted(docs, key=self._rank))
        self.terms = self._read_terms()
        self.works = self._read_works()

    @staticmethod
    def _label(path):
        """The label of a page in docs/. Doxygen has a page "files" of its own."""
        label = re.sub(r"\W", "_", os.path.basename(path)[:-3])
        return "about_files" if label == "files" else label

    @staticmethod
    def _rank(label):
        return (ORDER.index(label) if label in ORDER else len(ORDER), label)

    @staticmethod
    def _read_terms():
        """The glossary: term in small letters: the first chapter that has it."""
        if not os.path.exists("docs/glossary.md"):
            return {}
        found = TERM.findall(read("docs/glossary.md"))
        return {term.lower(): int((chapters or "0").split(",")[0]) for term, chapters in found
                if re.fullmatch(r"[\w -]+", term) and "_" not in term}

    @staticmethod
    def _read_works():
        """What docs/further-reading.md lists: "Shannon 1948" and the like."""
        path = "docs/further-reading.md"
        return re.findall(r"(?m)^- \*\*(.+? \d{4}[a-z]?)\.\*\*", read(path)) if os.path.exists(path) else []

    def address(self, path, fragment):
        """Where a file of the repository is in the book."""
        if path.rstrip("/") in ("", "."):
            path = "README.md"
        readme = os.path.normpath(os.path.join(path, "README.md"))
        if path not in self.labels and readme in self.labels:
            path = readme
        if path in self.labels:
            label = self.labels[path]
            return f"{label}.html" + (f"#{section_label(label, fragment)}" if fragment else "")
        if sources.is_input(path):
            return f"source:{path}"  # settled when Doxygen has named its page
        label = self.others.setdefault(path, "source_" + re.sub(r"\W", "_", path))
        return f"other_sources.html#{label}"

    def picture(self, path):
        """The name of a picture in the book: as drawn by this build, or else as it is kept."""
        stem = os.path.splitext(os.path.basename(path))[0]
        drawn = os.path.join(self.pictures, stem + ".svg")
        path = drawn if path.startswith("docs/pictures/") and os.path.exists(drawn) else path
        self.images[os.path.basename(path)] = path
        return os.path.basename(path)

    def write(self, directory, images):
        """Writes every page, and the pictures they show. Returns the paths of the pages in order."""
        os.makedirs(directory, exist_ok=True)
        self.calls = calls.draw_all(self.chapters, directory)
        made = [("index", "README.md", FirstPage(self, "README.md"))]
        made += [(c.label, c.path, LessonPage(self, c)) for c in self.chapters]
        made.append(("mistakes", "mistakes.md", MistakesPage(self)))
        docs = [path for path in self.labels if path.startswith("docs/")]
        kinds = {"glossary": GlossaryPage, "further_reading": ReadingPage}
        made += [(self.labels[path], path, kinds.get(self.labels[path], BookPage)(self, path)) for path in docs]
        texts = [(label, page.text(label)) for label, _, page in made]
        texts += self._other_sources()
        paths = []
        for label, text in texts:
            path = os.path.join(directory, ("README" if label == "index" else label) + ".md")
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)
            paths.append(path)
        for name, path in self.images.items():
            sources.copy_picture(path, os.path.join(images, name))
        return paths

    def groups(self):
        """The pages at the side of each page: [(name, [(address, title), ...]), ...]."""
        chapters = [(f"{chapter.label}.html", chapter.title) for chapter in self.chapters]
        docs = [(f"{label}.html", re.search(r"(?m)^# (.*)$", read(path)).group(1))
                for path, label in self.labels.items() if path.startswith("docs/")]
        others = [("other_sources.html", "Other sources")] if self.others else []
        return [("Chapters", chapters), ("Appendices", [("mistakes.html", "Named mistakes"), *docs]),
                ("Reference", [("files.html", "Headers and sources"), ("annotated.html", "Structures"), *others])]

    def _other_sources(self):
        """A page with the files that a lesson links and Doxygen does not know."""
        if not self.others:
            return []
        parts = ["# Other sources {#other_sources}\n\nFiles that the lessons mention."]
        for path, label in sorted(self.others.items()):
            content = "\n".join(sorted(os.listdir(path))) if os.path.isdir(path) else read(path)
            parts += [f"## {path} {{#{label}}}", WRAPS["html"] % f'<pre class="fragment text">{escape(content)}</pre>']
        return [("other_sources", "\n\n".join(parts) + "\n")]


class ReadingPage(BookPage):
    """The list of works: each can be linked to, and tells which lessons cite it."""

    def arrange(self):
        for i, (kind, content) in enumerate(self.pieces):
            found = re.match(r"<strong>(.+?)\.</strong>", content) if kind == "html" else None
            if found and found.group(1) in self.book.works:
                work = found.group(1)
                pattern = phrases([work], r"\b(%s)\b")
                lessons = ", ".join(f'<a href="{chapter.label}.html">{int(chapter.number)}</a>'
                                    for chapter in self.book.chapters if pattern.search(chapter.text))
                in_sources = any(pattern.search(read(path)) for path in glob.glob("c*/**/*.[ch]", recursive=True))
                cited = f" Cited in chapter {lessons}." if lessons else " Cited in the sources." if in_sources else ""
                self.pieces[i] = markdown.Piece(kind, f'<span id="{work_id(work)}">{content}</span>{cited}')


class GlossaryPage(BookPage):
    """The glossary: each term can be linked to."""

    def arrange(self):
        for i, (kind, content) in enumerate(self.pieces):
            found = re.match(r"<p><strong>([\w -]+?)\.?</strong>", content) if kind == "html" else None
            if found and found.group(1).lower() in self.book.terms:
                term = found.group(1).lower()
                self.pieces[i] = markdown.Piece(kind, content.replace("<p>", f'<p id="{term_id(term)}">', 1))


class FirstPage(BookPage):
    """The README as a book begins: the layer at work, the way in, a map of the course in place of its table; then the rest."""

    def source(self):
        """Without the badges, which a code host draws."""
        return re.sub(r"(?m)^\[!\[.*\n", "", super().source())

    def arrange(self):
        place = self.section("the-chapters")
        if place:
            chapters = [markdown.Piece("html", self._map()) if "table-box" in piece.content else piece
                        for piece in self.pieces[slice(*place)]]
            self.pieces[slice(*place)] = []
            self._show_at_work(place[0], chapters)

    def _show_at_work(self, otherwise, chapters):
        """Puts the layer below the first picture and what is said of it, and the chapters below the layer."""
        picture = next((i for i, piece in enumerate(self.pieces[:otherwise]) if "<figure" in piece.content), None)
        if picture is None:
            self.pieces[otherwise:otherwise] = chapters
            return
        start = f'<p class="start"><a href="{self.book.chapters[0].label}.html">Start chapter 1</a></p>'
        work = [markdown.Piece("html", self.live(part)) for part in ("layer", "own")]
        self.pieces[picture + 2:picture + 2] = [*work, markdown.Piece("html", start), *chapters]
        # What computes takes the place of the picture, where there are scripts.
        self.pieces[picture] = markdown.Piece("html", self.live("bank", self.pieces[picture].content))

    def _map(self):
        parts = ['<ol class="map">']
        for chapter in self.book.chapters:
            title = re.sub(r"^\d+\.\s*", "", chapter.title)
            parts.append(
                f'<li><a href="{chapter.label}.html"><span class="number">{int(chapter.number)}</span>'
                f'<span class="title">{self.plain(title)}</span></a>'
                f'<p><strong>Adds</strong> {self.rendered(chapter.said("You build"))}.</p>'
                f'<p class="time">{self.rendered(chapter.said("Time"))}; '
                f"{len(chapter.mistakes)} named mistakes</p></li>")
        return "\n".join(parts) + "</ol>"
