"""Draws what calls what in a chapter, down to the functions of the chapters below.

The sources are formatted in one way, so a function is found by its lines: its head begins in the first column, its
body stands between `{` and `}` there. Parts of common/ and checks of shapes are left out.
"""
import os
import re
import shutil
import subprocess

FUNCTION = re.compile(r"(?m)^(static )?(?:inline )?[A-Za-z_][\w *]*?\b(\w+)\(([^;{}]*)\)\n\{\n((?:.*\n)*?)\}$")
LEAST = 5  # functions, so that a drawing says more than the text
MOST = 20  # functions that one can read; where there are more, less is drawn


class Calls:
    """The functions of all chapters, and which of them each one uses. A function is (directory, name)."""

    def __init__(self, chapters):
        self.bodies, self.private = {}, set()
        for directory in chapters:
            path = os.path.join(directory, os.path.basename(directory)[3:] + ".c")
            for static, name, _, body in FUNCTION.findall(read(path)) if os.path.exists(path) else []:
                self.bodies[directory, name] = without_comments(body)
                if static:
                    self.private.add((directory, name))
        self.public = {name: (directory, name) for directory, name in self.bodies
                       if (directory, name) not in self.private}

    def uses(self, function):
        """The functions that one mentions, in its own file or in a chapter's interface; not members of that name."""
        found = []
        for word in dict.fromkeys(re.findall(r"(?<![.>])\b\w+\b", self.bodies[function])):
            other = (function[0], word) if (function[0], word) in self.bodies else self.public.get(word)
            if other and other != function and other[0] <= function[0] and "expect" not in word:
                found.append(other)
        return found

    def shown_uses(self, function, home, brief=False):
        """The same as a chapter shows it: of other chapters only where one enters them, of its own no small helpers,
        and in brief only its interface."""
        found, waiting, seen = [], self.uses(function), {function}
        while waiting:
            other = waiting.pop(0)
            if other in seen or (other in self.private and not self.uses(other)):
                continue
            seen.add(other)
            entered = other[0] == home or other[0] != function[0]
            if other in self.private and (brief or other[0] != home) or not entered:
                waiting += self.uses(other)
            else:
                found.append(other)
        return found

    def reached(self, function, followed="", brief=False):
        """The function and all that it uses, near ones first. Only what is in the chapters named so is followed."""
        found, at = [function], 0
        while at < len(found):
            if found[at][0].startswith(followed):
                found += [other for other in self.shown_uses(found[at], function[0], brief) if other not in found]
            at += 1
        return found

    def main_function(self, directory):
        """The function of a chapter's interface that reaches furthest."""
        own = [function for function in self.public.values() if function[0] == directory]
        return max(own, key=lambda function: len(self.reached(function)), default=None)

    def drawing(self, directory, title):
        """(dot source, text alternative) of a chapter's main function; None where it would teach nothing."""
        root = self.main_function(directory)
        functions = []
        for followed, brief in ("", False), (directory, False), (directory, True):
            functions = self.reached(root, followed, brief) if root else []
            if len(functions) <= MOST:
                break
        homes = sorted({home for home, _ in functions})
        if len(functions) < LEAST or len(homes) < 2:
            return None
        lines = ["digraph calls {", "rankdir=LR; nodesep=0.12; ranksep=0.22; bgcolor=transparent;",
                 'fontname="DejaVu Sans"; fontsize=12;',
                 'node [shape=box, style="filled,rounded", fillcolor="#eef4fa", color="#335c80", height=0.3, margin="0.06,0.03",'
                 ' fontname="DejaVu Sans Mono", fontsize=11];', 'edge [color="#566472", arrowsize=0.6];']
        for i, home in enumerate(homes):
            lines.append(f'subgraph cluster_{i} {{ label="{title(home)}"; color="#a9b8c6"; style=rounded; margin=4;')
            own = [function for function in functions if function[0] == home]
            if brief and home != directory:
                lines.append(f'"{home}" [label="{"|".join(name for _, name in own)}", shape=record, style=filled];')
                own = []
            for function in own:
                dashed = ' [style="rounded,dashed", fillcolor=none]' if function in self.private else ""
                lines.append(f'"{function[1]}"{dashed};')
            lines.append("}")
        uses = {function[1]: self.shown_uses(function, directory, brief) for function in functions
                if function[0].startswith(followed)}
        lines += dict.fromkeys(f'"{name}" -> "{home if brief and home != directory else other}";'
                               for name, others in uses.items() for home, other in others)
        said = "; ".join(f"{name} calls {', '.join(other for _, other in others)}"
                         for name, others in uses.items() if others)
        return "\n".join(lines + ["}"]), f"Call graph of {root[1]}: {said}."


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def without_comments(text):
    return re.sub(r"/\*.*?\*/|\"(?:\\.|[^\"\\])*\"", " ", text, flags=re.S)


def draw_all(chapters, target):
    """Draws each chapter where it teaches: {directory: (picture, text alternative)}."""
    calls = Calls([chapter.directory for chapter in chapters])
    titles = {chapter.directory: chapter.title for chapter in chapters}
    drawn = {}
    for chapter in chapters if shutil.which("dot") else []:
        made = calls.drawing(chapter.directory, titles.get)
        if made:
            path = os.path.join(target, f"calls_{chapter.name}.svg")
            subprocess.run(["dot", "-Tsvg", "-o", path], input=made[0], text=True, check=True)
            drawn[chapter.directory] = (path, made[1])
    return drawn
