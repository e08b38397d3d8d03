"""Adds to Doxygen's search what it leaves out of a course: lessons by their names, sections, terms, mistakes.

Doxygen keeps its index in search/NAME_INDEX.js, one file for each first letter; which letters there are stands in
search/searchdata.js. An index of another form is left alone.
"""
import html
import os
import re

ENTRY = re.compile(r"(?m)^\s*\['(.*)_\d+',(\[.*\])\],?$")


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def write(path, text):
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def key_of(text):
    """The text as Doxygen spells it in its index."""
    return "".join(c if c.isascii() and c.isalnum() else "".join(f"_{byte:02x}" for byte in c.encode())
                   for c in text.lower())


def quoted(text):
    return "'" + html.escape(text, quote=False).replace("\\", "\\\\").replace("'", "\\'") + "'"


def row(text, address, scope):
    """An entry of the index: what is shown, where it leads, and where that is."""
    return f"[{quoted(text)},[{quoted('../' + address)},1,{quoted(scope)}]]"


def extend(directory, entries):
    """Adds entries (text, address, scope) to the index in directory/search."""
    data = os.path.join(directory, "search", "searchdata.js")
    if not os.path.exists(data):
        return
    text = read(data)
    numbers = {name: number for number, name in re.findall(r'(\d+): "(all|pages)"', text)}
    for name, number in numbers.items():
        found = re.search(rf'(?m)^  {number}: "([^"]*)"', text)  # the first such line lists the letters
        letters = add_to_section(os.path.join(directory, "search"), name, found.group(1), entries)
        if letters:
            text = text[:found.start(1)] + letters + text[found.end(1):]
    write(data, text)
    style = os.path.join(directory, "search", "search.css")  # of a frame, where the book's own does not reach
    if os.path.exists(style):
        write(style, read(style) + ".SRResult { padding: 2px 0; }\n"
              ".SRSymbol, .SRScope { font: 14px/20px system-ui, sans-serif; }\n.SRSymbol { font-weight: bold; }\n")


def add_to_section(directory, name, letters, entries):
    """Adds the entries to the files of one section. Returns its first letters, or None if it cannot be read."""
    known = {letter: ENTRY.findall(read(f"{directory}/{name}_{i:x}.js")) for i, letter in enumerate(letters)}
    if not all(known.values()):
        return None
    for text, address, scope in entries:
        known.setdefault(text[0].lower(), []).append((key_of(text), row(text, address, scope)))
    frame = f"{directory}/{name}_0.html"
    frame = read(frame) if os.path.exists(frame) else None
    for i, letter in enumerate(sorted(known)):
        rows = [f"  ['{key}_{j}',{content}]" for j, (key, content) in enumerate(sorted(known[letter]))]
        write(f"{directory}/{name}_{i:x}.js", "var searchData=\n[\n" + ",\n".join(rows) + "\n];\n")
        if frame:
            write(f"{directory}/{name}_{i:x}.html", frame.replace(f"{name}_0.js", f"{name}_{i:x}.js"))
    return "".join(sorted(known))
