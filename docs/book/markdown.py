"""Turns GitHub's Markdown into what Doxygen shows: HTML, and commands for headings and C listings.

Doxygen reads Markdown too, but not as GitHub does: fences, tables, code with quotes and <details> come out
otherwise. So a page is handed to it as blocks of HTML. Only what Doxygen does better stays its work:
headings (for its tree) and listings (for their colours, and the links to the functions).
"""
import collections
import html
import re

FENCE = re.compile(r" *(`{3,}|~{3,})\s*([^`\s]*)\s*")
HEADING = re.compile(r"(#{1,6})\s+(.*?)\s*#*")
BULLET = re.compile(r"( *)([-*+]|\d{1,9}[.)])( +)(\S.*)")
RULE = re.compile(r"\|?\s*:?-+:?\s*(\|\s*:?-+:?\s*)*\|?")
RAW = re.compile(r" {0,3}</?(details|summary|div|p|br|img|picture|sub|sup|kbd)\b[^>]*>.*")
COMMENT = re.compile(r" {0,3}<!--(.*?)-->\s*")
LIVE = re.compile(r"\s*live( instead)?:\s*([a-z_]+)\s*")
PICTURE = re.compile(r"!\[([^\]]*)\]\(([^)\s]+)\)")

INLINE = re.compile(
    r"(?P<math>(?P<before>\(?)\$`(?P<formula>[^`]+)`\$(?P<after>[.,:;?)]*))"
    r"|(?P<ticks>`+)(?P<code>(?:.|\n)*?[^`])(?P=ticks)(?!`)"
    r"|!\[(?P<alt>[^\]]*)\]\((?P<source>[^)\s]+)\)"
    r"|\[(?P<text>(?:\$`[^`]*`\$|`[^`]*`|[^\]`])*)\]\(\s*<?(?P<target>[^)\s>]+)>?(?:\s+\"[^\"]*\")?\s*\)"
    r"|<(?P<address>https?://[^>\s]+)>"
    r"|(?P<tag></?(?:br|sub|sup|kbd|em|strong|summary|details|code)\b[^<>]*>)"
    r"|(?P<entity>&(?:\w+|#\d+);)"
    r"|\\(?P<escaped>[!-/:-@\[-`{-~])"
    r"|\*\*(?P<strong>(?=\S)(?:`[^`]*`|[^`])+?(?<=\S))\*\*"
    r"|(?<![\w*])\*(?P<em>(?=[^\s*])(?:`[^`]*`|[^`*])+?(?<=\S))\*(?![\w*])"
    r"|(?<!\w)_(?P<under>(?=[^\s_])(?:`[^`]*`|[^`_])+?(?<=\S))_(?!\w)")

# What Doxygen knows how to colour, and by what ending.
LISTINGS = {"c": "c", "python": "py"}
# What a page is made of: kind is "html", "heading" (level, text, slug) or "listing" (ending, lines).
Piece = collections.namedtuple("Piece", "kind content")


def slug_of(text):
    """The fragment that GitHub gives a heading."""
    text = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", text)
    return re.sub(r"[^\w\- ]", "", text.lower()).replace(" ", "-")


class Slugs:
    """Slugs of one page: the second of two equal ones gets -1, as on GitHub."""

    def __init__(self):
        self.seen = collections.Counter()

    def of(self, text):
        slug = slug_of(text)
        self.seen[slug] += 1
        return slug if self.seen[slug] == 1 else f"{slug}-{self.seen[slug] - 1}"


def escape(text):
    return html.escape(text, quote=False)


def formula(text):
    """A formula for MathJax. Doxygen sees HTML, MathJax sees the delimiters."""
    return r"\(" + escape(text) + r"\)"


def bound(text):
    """A product of numbers, such as the shape 6 × 8, stays on one line."""
    return re.sub(r"(?<=\d) ([×·]) (?=\d)", "\u00a0\\1\u00a0", text)


class Page:
    """Converts one Markdown text. The hooks below are what a book adds to it."""

    def __init__(self):
        self.pieces = []
        self.slugs = Slugs()

    # --- Hooks -----------------------------------------------------------------------------------

    def link(self, target):
        """The address to which a link of the page leads."""
        return target

    def picture(self, source, alt):
        return f'<img src="{html.escape(source)}" alt="{html.escape(alt)}">'

    def words(self, text):
        """Plain words of a paragraph, not yet escaped."""
        return escape(text)

    def code(self, text):
        """Code in running text: a short word such as --heads or hint-03 is not broken at its dashes."""
        joined = re.sub(r"(?<!\S)(?=\S*-)\S{2,24}(?!\S)", r'<span class="joined">\g<0></span>', escape(text))
        return f"<code>{joined}</code>"

    def live(self, name, otherwise=""):
        """The place of a part that computes, and what stands there without scripts."""
        return f'<div class="live" data-live="{name}">{otherwise}</div>'

    # --- Inline ----------------------------------------------------------------------------------

    def inline(self, text, words=None):
        """The HTML of running text; words converts what has no mark-up."""
        words = words or self.words
        parts, at = [], 0
        for found in INLINE.finditer(text):
            parts.append(words(bound(text[at:found.start()])))
            parts.append(self._marked(found, words))
            at = found.end()
        parts.append(words(bound(text[at:])))
        return "".join(parts)

    def _marked(self, found, words):
        part = found.groupdict()
        if part["math"]:
            text = formula(part["formula"])
            alone = not part["before"] and not part["after"]
            return text if alone else f'<span class="joined">{part["before"]}{text}{part["after"]}</span>'
        if part["code"] is not None:
            return self.code(re.sub(r"\s+", " ", part["code"]).strip())
        if part["source"]:
            return self.picture(part["source"], part["alt"])
        if part["target"]:
            return self._anchor(self.link(part["target"]), self.plain(part["text"]))
        if part["address"]:
            return self._anchor(part["address"], escape(part["address"]))
        if part["strong"]:
            return f"<strong>{self.inline(part['strong'], words)}</strong>"
        if part["em"] or part["under"]:
            return f"<em>{self.inline(part['em'] or part['under'], words)}</em>"
        if part["escaped"]:
            return escape(part["escaped"])
        return part["tag"] or part["entity"]

    def plain(self, text):
        """Running text inside a link or a heading: there nothing is linked again."""
        linked, self.link = self.link, lambda target: target
        code, self.code = self.code, lambda text: f"<code>{escape(text)}</code>"
        try:
            return self.inline(text, escape)
        finally:
            self.link, self.code = linked, code

    @staticmethod
    def _anchor(address, text):
        return f'<a href="{html.escape(address)}">{text}</a>'

    # --- Blocks ----------------------------------------------------------------------------------

    def html(self, text):
        self.pieces.append(Piece("html", text))

    def convert(self, text):
        """Appends the pieces of a Markdown text."""
        self.blocks(text.expandtabs(4).split("\n"))

    def blocks(self, lines, tight=False):
        i = 0
        while i < len(lines):
            line = lines[i]
            if not line.strip():
                i += 1
            elif FENCE.match(line):
                i = self._fence(lines, i)
            elif COMMENT.fullmatch(line):
                found = LIVE.fullmatch(COMMENT.fullmatch(line).group(1))
                if found:
                    self.html(self.live(found.group(2), self.pieces.pop().content if found.group(1) else ""))
                i += 1
            elif HEADING.fullmatch(line):
                marks, heading = HEADING.fullmatch(line).groups()
                self.pieces.append(Piece("heading", (len(marks), heading, self.slugs.of(heading))))
                i += 1
            elif line.lstrip().startswith("|") and i + 1 < len(lines) and RULE.fullmatch(lines[i + 1].strip()):
                i = self._table(lines, i)
            elif BULLET.fullmatch(line):
                i = self._list(lines, i)
            elif line.lstrip().startswith(">"):
                i = self._quote(lines, i)
            elif RAW.fullmatch(line):
                self.html(self.inline(line.strip(), escape))
                i += 1
            elif re.fullmatch(r" {0,3}([-*_])( *\1){2,} *", line):
                self.html("<hr>")
                i += 1
            else:
                i = self._paragraph(lines, i, tight)

    def _fence(self, lines, i):
        ticks, language = FENCE.match(lines[i]).groups()
        indent = len(lines[i]) - len(lines[i].lstrip(" "))
        closing = re.compile(r" *" + re.escape(ticks) + ticks[0] + r"*\s*")
        end = next((j for j in range(i + 1, len(lines)) if closing.fullmatch(lines[j])), len(lines))
        content = [line[min(indent, len(line) - len(line.lstrip(" "))):] for line in lines[i + 1:end]]
        self.fence(language, content)
        return end + 1

    def fence(self, language, content):
        """A fenced block."""
        text = "\n".join(content)
        if language == "math":
            self.html('<div class="formula-box">\\[' + escape(text) + "\\]</div>")
        elif language in LISTINGS:
            self.pieces.append(Piece("listing", (LISTINGS[language], content)))
        else:
            lines = self._console(content) if language == "console" else [escape(line) for line in content]
            kind = f"shell {language}" if language in ("console", "sh") else language or "text"
            self.html(f'<pre class="fragment {kind}">' + "\n".join(lines) + "</pre>")

    @staticmethod
    def _console(content):
        """A session: the commands stand out, with the lines that go on after a backslash."""
        lines, goes_on = [], False
        for line in content:
            command = line.startswith("$ ") or goes_on
            if line.startswith("$ "):
                lines.append(f'<span class="prompt">$ </span><b>{escape(line[2:])}</b>')
            else:
                lines.append(f"<b>{escape(line)}</b>" if goes_on else escape(line))
            goes_on = command and line.endswith("\\")
        return lines

    def _table(self, lines, i):
        def cells(line):
            line = re.sub(r"^\||(?<!\\)\|$", "", line.strip())
            return [cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", line)]
        head = cells(lines[i])
        rows, i = [], i + 2
        while i < len(lines) and lines[i].lstrip().startswith("|"):
            rows.append(cells(lines[i]))
            i += 1
        self.html(self.table([self.inline(cell) for cell in head],
                             [[self.inline(cell) for cell in row] for row in rows]))
        return i

    @staticmethod
    def table(head, rows):
        """A table that scrolls in its own box. Head and rows are HTML already."""
        heads = "".join(f'<th scope="col">{cell}</th>' for cell in head) if any(head) else ""
        body = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
        top = f"<thead><tr>{heads}</tr></thead>" if heads else ""
        return f'<div class="table-box"><table class="grid">{top}<tbody>{body}</tbody></table></div>'

    def _list(self, lines, i):
        indent, mark = BULLET.fullmatch(lines[i]).group(1, 2)
        ordered = mark[-1] in ".)"
        items, loose = [], False
        while i < len(lines):
            found = BULLET.fullmatch(lines[i])
            if not found or len(found.group(1)) != len(indent) or (found.group(2)[-1] in ".)") != ordered:
                break
            depth = len(found.group(1) + found.group(2)) + min(len(found.group(3)), 4)
            item, i = [found.group(4)], i + 1
            while i < len(lines):
                inside = len(lines[i]) - len(lines[i].lstrip(" ")) >= depth
                if not lines[i].strip():
                    following = next((line for line in lines[i:] if line.strip()), "")
                    if len(following) - len(following.lstrip(" ")) < depth:
                        break
                elif not inside and (BULLET.fullmatch(lines[i]) or not item[-1].strip() or self._starts(lines[i])):
                    break
                item.append(lines[i][depth:] if inside else lines[i].strip())
                i += 1
            items.append(item)
            blank = i < len(lines) and not lines[i].strip()
            after = i
            while after < len(lines) and not lines[after].strip():
                after += 1
            following = BULLET.fullmatch(lines[after]) if after < len(lines) else None
            if blank and following and len(following.group(1)) == len(indent):
                loose, i = True, after
            loose = loose or "" in [line.strip() for line in item]
        start = int(mark[:-1]) if ordered else 1
        self.html((f'<ol start="{start}">' if start != 1 else "<ol>") if ordered else "<ul>")
        for item in items:
            self.html("<li>")
            self.blocks(item, tight=not loose)
            self.html("</li>")
        self.html("</ol>" if ordered else "</ul>")
        return i

    def _quote(self, lines, i):
        content = []
        while i < len(lines) and lines[i].lstrip().startswith(">"):
            content.append(re.sub(r"^ *> ?", "", lines[i]))
            i += 1
        self.html("<blockquote>")
        self.blocks(content)
        self.html("</blockquote>")
        return i

    @staticmethod
    def _starts(line):
        """Whether a line begins another block, so that a paragraph before it is at its end."""
        return bool(FENCE.match(line) or HEADING.fullmatch(line) or COMMENT.fullmatch(line)
                    or re.match(r" {0,3}</?(details|summary|div)\b", line) or line.lstrip().startswith("> "))

    def _paragraph(self, lines, i, tight):
        start = i
        while i < len(lines) and lines[i].strip() and (i == start or not self._ends_paragraph(lines[i])):
            i += 1
        text = "\n".join(line.strip() for line in lines[start:i])
        found = PICTURE.fullmatch(text.replace("\n", " "))
        if found:
            self.html(self.figure(found.group(2), found.group(1)))
        else:
            text = self.inline(text)
            self.html(text if tight else f"<p>{text}</p>")
        return i

    def _ends_paragraph(self, line):
        bullet = BULLET.fullmatch(line)
        return self._starts(line) or bool(bullet and bullet.group(2) in ("-", "*", "+", "1.", "1)"))

    def figure(self, source, alt):
        """A picture that stands alone."""
        return f"<figure>{self.picture(source, alt)}</figure>"
