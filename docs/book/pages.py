"""The pages of the book: what each is made of, where its links lead, and what is added to it.

Book(root) finds the chapters by their numbers and the other pages in docs/. write(directory) leaves one file for
each page there, in which Doxygen finds headings, listings and HTML.
"""
import glob
import html
import os
import re

import calls
import listings
import markdown
import matrices
import sources
from markdown import Page, Slugs, escape

# The pages after the chapters; what is not named here follows in alphabetical order.
ORDER = ("mistakes", "notation", "glossary", "further_reading", "vocabulary", "your_own_arrays",
         "your_own_solutions", "about_files", "contributing")
TURN = re.compile(r"(?m)^\[(?:Previous|Contents|Next)\b[^\n]*(?:\n[^\n]+)*\n?")
TERM = re.compile(r"(?ms)^\*\*([^*]+?)\.?\*\*(?: \(([\d, ]+)\))?\.?\s")
# Where a word of the glossary is used in another sense: not linked in these chapters.
OTHERWISE = {"block": (10,), "cache": (10,), "memory": (10,), "scale": (6,), "score": (9,), "view": (8,)}
WRAPS = {"listing": "\\code{.%s}\n%s\n\\endcode", "html": "\\htmlonly[block]\n%s\n\\endhtmlonly"}


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


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
        return self.inline(text, words or escape)

    def add(self, place, text):
        self.pieces.insert(place, markdown.Piece("html", text))


def mistake_id(number, name):
    return f"mistake-{number}-{name}"


def mistake_entry(page, number, mistake, target):
    """What a mistake believes, and how one sees it. The target is an id here or an address elsewhere."""
    name = f"<code>{escape(mistake.name)}</code>"
    begin = f'<div class="mistake" id="{target}"><p class="name">{name}</p>' if target.startswith("mistake-") \
        else f'<div class="mistake"><p class="name"><a href="{target}">{name}</a></p>'
    rows = (("Belief", mistake.belief), ("Symptom", mistake.symptom), ("The check says", mistake.ways[0].diagnosis))
    return begin + "<dl>" + "".join(f"<dt>{what}</dt><dd>{page.rendered(text)}</dd>" for what, text in rows) + "</dl></div>"


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
        entries = [mistake_entry(self, number, mistake, f"mistakes.html#{mistake_id(number, mistake.name)}")
                   for mistake in self.chapter.mistakes]
        self.add(place[1], f"<details><summary>All {len(entries)} named mistakes of this chapter</summary>\n"
                 + "\n".join(entries) + "</details>")

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
                inner, self.pieces = "\n".join(self._as_html(piece) for piece in self.pieces), kept
                parts.append(f"<details><summary>Hint {count}</summary>{inner}</details>")
        parts.append("</details>")
        self.add(place[1], "\n".join(parts))

    @staticmethod
    def _as_html(piece):
        if piece.kind == "listing":
            return '<pre class="fragment">' + escape("\n".join(piece.content[1])) + "</pre>"
        return piece.content


def phrases(texts, pattern):
    """Finds any of the texts, the longest first, whatever white space is in them; nothing if there are none."""
    alternatives = "|".join(r"\s+".join(map(re.escape, text.split()))
                            for text in sorted(texts, key=len, reverse=True))
    return re.compile(pattern % (alternatives or "(?!)"), re.I)


def term_id(term):
    return "term-" + re.sub(r"\W+", "-", term)


def work_id(work):
    return "work-" + re.sub(r"\W+", "-", work.lower())


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
        self.pieces[picture + 2:picture + 2] = [markdown.Piece("html", self.live("layer")), markdown.Piece("html", start), *chapters]
        # What computes takes the place of the picture, where there are scripts.
        self.pieces[picture] = markdown.Piece("html", self.live("bank").replace("></", f">{self.pieces[picture].content}</"))

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
            self.html(f'<p>{len(chapter.mistakes)} mistakes of <a href="{chapter.label}.html">the lesson</a>.</p>')
            for mistake in chapter.mistakes:
                self.html(mistake_entry(self, chapter.number, mistake, mistake_id(chapter.number, mistake.name)))
