"""The finishing touches to Doxygen's HTML: links on names in code, headings in order, what every page loads.

Doxygen's tag file says where it has documented each name.
"""
import glob
import html
import os
import re
import xml.etree.ElementTree

import formulas
import frame

LIVE = """<link rel="stylesheet" href="live.css"/>
<script defer src="live.js"></script>
"""
PREVIEW = "03_plane.png"
SHEET = re.compile(r'<link href="([\w-]+\.css)" rel="stylesheet"(?: type="text/css")?/>\n?')
JOINED = "style.css"
MATHJAX = re.compile(r'<script type="text/x-mathjax-config">.*?</script>\s*<script[^>]*MathJax\.js"></script>\n?', re.S)
# What already is a link or a script, or a name in code.
NAME = re.compile(r"<a\b.*?</a>|<(script|h1|h2|title)\b.*?</\1>|<code>([A-Za-z_]\w*)(\(\))?</code>", re.S)
# Before a name: it is that of another library.
FOREIGN = re.compile(r"(?:PyTorch|oneDNN|\bnn\.).{0,90}$", re.S)


class Names:
    """Where Doxygen has put each function, type, macro and source file."""

    def __init__(self, path, directory):
        self.addresses, self.files = {}, {}
        for page in glob.glob(os.path.join(directory, "*_source.html")):
            with open(page, encoding="utf-8") as file:
                found = re.search(r"<title>\S+ (\S+) Source File</title>", file.read(2000))
            if found:
                self.files[found.group(1)] = os.path.basename(page)
        for compound in xml.etree.ElementTree.parse(path).getroot():
            kind, name = compound.get("kind"), compound.findtext("name")
            if kind == "struct":
                self.addresses[name] = with_ending(compound.findtext("filename"))
            for member in compound.findall("member"):
                if kind == "file" and member.get("kind") in ("function", "typedef", "define", "enumeration", "enumvalue"):
                    anchor = f"{with_ending(member.findtext('anchorfile'))}#{member.findtext('anchor')}"
                    if name.endswith(".h"):
                        self.addresses.setdefault(member.findtext("name"), anchor)

    def source(self, path):
        """The page with the text of a source file."""
        return self.files[path]


def with_ending(page):
    return page if page.endswith(".html") else page + ".html"


def link_names(text, names, page):
    """Links the first use of each documented name on a page of the course."""
    linked = set()

    def link(found):
        name = found.group(2)
        address = names.addresses.get(name)
        if not address or name in linked or address.startswith(page) \
                or FOREIGN.search(text, max(0, found.start() - 100), found.start()):
            return found.group()
        linked.add(name)
        return f'<a class="name" href="{address}">{found.group()}</a>'
    return NAME.sub(link, text)


def link_places(text, names):
    """Above a listing, the name of its function leads to the reference or, if that has none, to the line."""
    def link(found):
        name, path, line = found.groups()
        return f'href="{names.addresses.get(name) or f"{names.source(path)}#l{int(line):05}"}"'
    return re.sub(r'href="name:(\w+):([^":]+):(\d+)"', link, text)


def link_sources(text, names):
    return re.sub(r'href="source:([^"]+)"', lambda found: f'href="{names.source(found.group(1))}"', text)


def link_files(text, files):
    """In the list of files, the sources that have no reference of their own."""
    pages = {os.path.basename(path): page for path, page in files.items()}
    return re.sub(r"<b>([\w.]+\.c)</b>(?=</td>)", lambda found: f'<a href="{pages[found.group(1)]}">{found.group(1)}</a>'
                  if found.group(1) in pages else found.group(), text)


def mend_words(text):
    """Doxygen takes the dashes of an option for punctuation."""
    return re.sub(r"&ndash;(?=[a-z])", "--", text)


def mend_reference(text):
    """A page of the reference is called by its file; a brief is a block, whose lines have a width."""
    text = re.sub(r"(<title>Headwise: |<div class=\"title\">)(?:[\w./]*/)?([\w.]+) (?:File|Struct|Union|Directory) Reference",
                  r"\1\2", text)
    return re.sub(r'(<td class="(?:mdescRight|desc)">)(.+?)(<br />)?</td>', r'\1<div class="brief">\2</div></td>', text)


def order_headings(text):
    """The title of a page becomes its h1, and what was h1 below it steps down."""
    def lower(found):
        return f"{found.group(1)}{int(found.group(2)) + 1}"
    if re.search(r'<h1>\s*<a class="anchor"|<h1 class="doxsection"', text):
        text = re.sub(r"(</?h)([1-5])(?=[ >])", lower, text)
    # Doxygen takes a title such as "5. Masking" for a list; the name of the window is right.
    title = re.search(r"<title>(?:Headwise: )?(.*?)</title>", text, re.S).group(1)
    text = re.sub(r'(<div class="title">)<ol.*?</ol>\s*(</div>)', rf"\g<1>{title}\2", text, count=1, flags=re.S)
    return re.sub(r'<div class="title">(.*?)</div>', r'<h1 class="title">\1</h1>', text, count=1, flags=re.S)


def fold_contents(text):
    """The contents of a page fold away where the page is narrow (book.js)."""
    return re.sub(r'<div class="toc"><h\d>.*?</h\d>\s*(<ul>.*?)</div>',
                  r'<div class="toc"><nav aria-label="On this page"><details open><summary>On this page</summary>'
                  r"\1</details></nav></div>", text, count=1, flags=re.S)


def open_folders(text):
    """The list of files is open, and has nothing that needs a script."""
    text = re.sub(r'<div class="levels">.*?</div>', "", text, flags=re.S)
    text = re.sub(r'<span id="arr_[^>]*>.*?</span>|(<tr id="row_[^>]*?) style="display:none;"', r"\1", text)
    return re.sub(r' onclick="toggleFolder[^"]*"', "", text)


def link_sheet(text):
    """One style sheet in place of all that Doxygen links."""
    first = SHEET.search(text)
    return text[:first.start()] + f'<link href="{JOINED}" rel="stylesheet"/>\n' + SHEET.sub("", text[first.start():]) if first else text


def join_sheets(directory):
    """Joins the style sheets, in the order in which pages link them: a browser waits for each before it shows anything."""
    with open(os.path.join(directory, "index.html"), encoding="utf-8") as file:
        names = SHEET.findall(file.read())
    with open(os.path.join(directory, JOINED), "w", encoding="utf-8") as joined:
        for name in names:
            path = os.path.join(directory, name)
            with open(path, encoding="utf-8") as file:
                joined.write(file.read() + "\n")
            os.remove(path)


def finish_page(path, names, mathjax, live, groups):
    with open(path, encoding="utf-8") as file:
        text = file.read()
    page = os.path.basename(path)
    text = link_names(link_sources(link_places(mend_words(text), names), names), names, page)
    if page in ("files.html", "annotated.html") or page.startswith("dir_"):
        text = open_folders(link_files(text, names.files))
    text = fold_contents(order_headings(mend_reference(text)))
    if not (mathjax and re.search(r"\\[(\[]", text)):
        text = MATHJAX.sub("", text)
    text = link_sheet(frame.framed(text, groups, page, PREVIEW))
    if page.startswith("struct") or page.endswith("_8h.html"):
        before, main, rest = text.partition("<main")
        text = before + main + formulas.typeset(rest)
    if live and 'data-live="' in text:
        text = text.replace("</head>", LIVE + "</head>", 1)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def finish(directory, tags, mathjax, groups):
    """Finishes every page of the book. Returns where each name of the reference is."""
    for path in glob.glob(os.path.join(directory, "globals*.html")):
        os.remove(path)  # lists of all names, a page for each letter: the search is better
    for name in ("jquery.js", "dynsections.js"):  # for a frame that is not used
        os.remove(os.path.join(directory, name))
    names = Names(tags, directory)
    join_sheets(directory)
    live = os.path.exists(os.path.join(directory, "live.js"))
    for path in sorted(glob.glob(os.path.join(directory, "*.html"))):
        finish_page(path, names, mathjax, live, groups)
    return names.addresses
