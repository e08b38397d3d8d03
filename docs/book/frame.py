"""The frame of a page: the bar with the search, the pages of the book at its side, and what the page says of itself.

Doxygen brings the middle of a page. Its own frame needs a script to show the pages, and has no place to read from.
"""
import html
import re

SCRIPTS = ("book.js", "navigation.js", "search.js", "tips.js")
OWN_SCRIPTS = {"mistakes.html": ("mistakes.js",)}
BAR = """<a class="skip" href="#text">Skip to the text</a>
<header id="bar">
<button id="menu" type="button" aria-controls="side" aria-expanded="false">☰<span class="unseen"> Pages</span></button>
<a id="home" href="index.html">Headwise</a>
<button id="scheme" type="button"></button>
<form id="search" role="search"><input type="search" role="combobox" aria-label="Search the book" aria-expanded="false"
 aria-controls="hits" aria-autocomplete="list" autocomplete="off" spellcheck="false" placeholder="Search: press /"/>
<div id="hits" role="listbox" aria-label="What was found" hidden></div></form>
</header>
"""


def side(groups, page):
    """The pages of the book in their groups, with the one that is open marked."""
    parts = ['<nav id="side" aria-label="The book">']
    for name, entries in groups:
        items = "".join('<li><a href="{0}"{2}>{1}</a></li>'.format(
            address, html.escape(title, quote=False), ' aria-current="page"' if address == page else "")
            for address, title in entries)
        parts.append(f"<p>{name}</p><ul>{items}</ul>")
    return "\n".join(parts) + "</nav>\n"


def plain(text):
    """The text of HTML; formulas lose what only TeX needs."""
    text = re.sub(r"\\sqrt\{?([^{}\\]*)\}?", "√\\1", html.unescape(re.sub(r"<[^>]+>", "", text)))
    text = re.sub(r"\\times\b", "×", text)
    return " ".join(re.sub(r"\\[a-z]+|\\[()\[\]]|[{}$]", "", text).split())


def description(text):
    """The first sentences of a page that say something, as far as a preview shows them."""
    body = text.partition('<div class="contents">')[2]
    body = body[max(body.find("The question"), 0):]
    for found in re.finditer(r"<p\b[^>]*>(.*?)</p>", body, re.S):
        said = plain(found.group(1))
        if len(said) > 60 and "Definition in file" not in said:
            return said if len(said) <= 200 else said[:200].rsplit(" ", 1)[0] + " …"
    return "Multi-head attention in C, from the dot product up"


def head(text, page, preview):
    """What a page says of itself to those who link to it."""
    title = plain(re.search(r"<title>(.*?)</title>", text, re.S).group(1))
    said = html.escape(description(text))
    parts = [f'<meta name="description" content="{said}"/>', f'<meta property="og:title" content="{html.escape(title)}"/>',
             f'<meta property="og:description" content="{said}"/>', '<link rel="icon" href="favicon.svg"/>']
    parts += [f'<meta property="og:image" content="{preview}"/>'] if preview else []
    parts += [f'<script{" defer" if i else ""} src="{script}"></script>' for i, script in enumerate(SCRIPTS + OWN_SCRIPTS.get(page, ()))]
    return "\n".join(parts) + "\n"


def framed(text, groups, page, preview):
    """A page of Doxygen's in the frame."""
    top, _, rest = text.partition("</div><!-- top -->")
    before, _, path = top.partition('<div id="top">')
    path = re.sub(r"<!-- Generated.*?-->\s*", "", path)
    path = path.replace('<div id="nav-path" class="navpath">', '<nav class="path" aria-label="Where this is">')
    path = path.replace("</ul>\n</div>", "</ul>\n</nav>")
    before = before.replace("</head>", head(text, page, preview) + "</head>", 1)
    return before + BAR + side(groups, page) + '<main id="doc-content">\n' + path.strip() + '<div id="text" tabindex="-1"></div>' + rest
