"""Says where a listing of a lesson stands: its file, the function or type, and the head of the function.

tests/lessons.py has proved that it stands there, so it is found as that finds it.
"""
import os
import re

import calls
import sources
from markdown import escape

lessons = sources.lessons
TYPE = re.compile(r"(?m)^typedef (?:struct|enum|union) (\w+)")


def place(lesson, lines):
    """(path, name, head, line) of a listing, or None. The head is that of the function around it, if it does not show it."""
    pattern = lessons.excerpt_pattern(lines)
    for path in lessons.sources_for(lesson):
        text = sources.read(path) if os.path.basename(path) != "exercise.c" else ""
        found = pattern.search(text)
        if found:
            return (path, *around(text, found.start(), found.group()))
    return None


def around(text, start, listing):
    """(name, head, line) of the function in which a listing begins; without one, of the first function or type in it."""
    for function in calls.FUNCTION.finditer(text):
        end = function.end()
        if function.start() <= start < end:
            head = text[function.start():text.index("\n{", function.start())]
            shown = function.start() == start
            return function.group(2), "" if shown else " ".join(head.split()), line_of(text, function.start())
    inside = calls.FUNCTION.search(listing)
    named = inside.group(2) if inside else (TYPE.findall(listing) + [""])[0]
    return named, "", line_of(text, start)


def line_of(text, at):
    return text.count("\n", 0, at) + 1


def caption(lesson, lines):
    """What stands above a listing, or nothing if it is in no file."""
    found = place(lesson, lines)
    if not found:
        return ""
    path, name, head, line = found
    shown = escape(os.path.basename(path))
    parts = [f'<a href="source:{path}">{shown}</a>' if sources.is_input(path) else shown]
    if name:
        code = f"<code>{escape(name)}</code>"
        parts.append(f'<a href="name:{name}:{path}:{line}">{code}</a>' if sources.is_input(path) else code)
    signature = f'<code class="signature">{escape(head)}</code>' if head else ""
    return f'<div class="place">{" · ".join(parts)}{signature}</div>'
