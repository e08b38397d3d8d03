"""Shows the matrices that a program prints as tables: labels, and cells that are darker the greater the number is.

A matrix has a title that ends in its shape, "(6 x 4)", a line with that many labels, and that many rows, each a label
and its numbers. Anything else stays as it was printed.
"""
import re

import formulas
from markdown import escape

SHAPE = re.compile(r"\((\d+) x (\d+)\)$")
NUMBER = re.compile(r"[-−+]?(\d+(\.\d+)?([eE][-+]?\d+)?|inf|nan)")


def cells_of(line):
    return re.split(r"\s{2,}", line.strip())


def row_of(line, cols):
    """(label, numbers) of a row; None if it is none."""
    words = line.split()
    numbers = words[-cols:]
    if len(words) <= cols or not all(map(NUMBER.fullmatch, numbers)):
        return None
    return " ".join(words[:-cols]), numbers


def matrix_at(lines, at):
    """(title, labels, rows) of the matrix that begins in a line, or None."""
    shape = SHAPE.search(lines[at])
    if not shape or at + 1 >= len(lines):
        return None
    count, cols = map(int, shape.groups())
    labels = cells_of(lines[at + 1])
    labels = labels if len(labels) == cols else lines[at + 1].split()
    rows = [row_of(line, cols) for line in lines[at + 2:at + 2 + count]]
    fits = cols > 1 and len(labels) == cols and len(rows) == count and all(rows)
    return (lines[at].strip(), labels, rows) if fits and not all(map(NUMBER.fullmatch, labels)) else None


def table(title, labels, rows):
    """A matrix as a table. The style of a cell says how great its number is beside the others."""
    def value(text):
        return float(text.replace("−", "-"))
    greatest = max((abs(value(x)) for _, numbers in rows for x in numbers if abs(value(x)) < float("inf")), default=0)

    def cell(text):
        share = abs(value(text)) / greatest if greatest else 0
        shade = f' style="--share: {share:.2f}"' if 0.005 <= share <= 1 else ""
        return f'<td{" class=negative" if shade and value(text) < 0 else ""}{shade}>{text}</td>'
    head = "".join(f'<th scope="col">{escape(label)}</th>' for label in labels)
    body = "".join(f'<tr><th scope="row">{escape(label)}</th>' + "".join(map(cell, numbers)) + "</tr>"
                   for label, numbers in rows)
    return (f'<div class="table-box"><table class="matrix"><caption>{formulas.typeset(escape(title))}</caption>'
            f"<thead><tr><td></td>{head}</tr></thead><tbody>{body}</tbody></table></div>")


def shown(lines, raw):
    """The HTML of a session whose output is mostly matrices, with the session as it was printed folded beside them; or None."""
    parts, text, inside, at = [], [], 0, 0

    def flush():
        said = [line for line in text if line.strip() and line.strip() != "..."]
        if said:
            parts.append('<pre class="fragment said">' + escape("\n".join(said)) + "</pre>")
        text.clear()
    while at < len(lines):
        found = matrix_at(lines, at) if not lines[at].startswith("$") else None
        if found:
            flush()
            parts.append(table(*found))
            inside += len(found[2]) + 2
            at += len(found[2]) + 2
        else:
            if not lines[at].startswith("$ "):
                text.append(lines[at])
            at += 1
    flush()
    if 2 * inside < sum(1 for line in lines if line.strip()):
        return None
    return ('<div class="printed">' + "\n".join(parts)
            + f"<details><summary>As the program prints it</summary>{raw}</details></div>")
