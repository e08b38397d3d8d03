"""Draws a picture of a program right and wrong as one, from the tables of both.

A table with two halves is drawn on one scale, or with the same axes: common/pictures/picture.gnuplot.
"""

import pathlib
import re
import subprocess

TEMPLATE = pathlib.Path(__file__).resolve().parent.parent / "common/pictures/picture.gnuplot"
# What is true of the right half alone, and what belongs to one panel or curve.
OF_ONE_HALF, OF_ONE_PANEL = ("title", "low", "high"), ("panel", "curve")


def read_table(path):
    """The lines of the first block as lists of fields, and the other blocks."""
    first, *blocks = path.read_text(encoding="utf-8").rstrip("\n").split("\n\n\n")
    return [line.split("\t") for line in first.split("\n")[1:]], blocks


def values(lines, key):
    return [fields[1] for fields in lines if fields[0] == key]


def without_claims(fields):
    """What the program calls right was made by the chapter's code, which is mistaken here."""
    return [re.sub("^right: ", "should be: ", re.sub("^right$", "mistaken", field)) for field in fields]


def compose(name, right, wrong, mistake, symptom):
    """The table of both halves."""
    (lines, blocks), (wrong_lines, wrong_blocks) = right, wrong
    told = re.sub(r'["`\\#]', "", symptom).rstrip(".")
    page = [["half", "".join(values(lines, "title")), "right"], ["half", told, f"wrong: {mistake}"]]
    page += [fields for fields in lines if fields[0] not in OF_ONE_HALF + OF_ONE_PANEL]
    for end, pick in (("low", min), ("high", max)):
        if values(lines, end) and values(wrong_lines, end):
            page.append([end, pick(values(lines, end) + values(wrong_lines, end), key=float)])
    page += [fields for fields in lines if fields[0] in OF_ONE_PANEL]
    page += [without_claims(fields) for fields in wrong_lines if fields[0] in OF_ONE_PANEL]
    wrong_blocks = ["\n".join("\t".join(without_claims(line.split("\t"))) for line in block.split("\n"))
                    for block in wrong_blocks]
    head = "\n".join([f"# The table of the picture {name}.", *map("\t".join, page)])
    return "\n\n\n".join([head, *blocks, *wrong_blocks]) + "\n"


def draw(right, wrong, mistake, symptom, target):
    """Draws target.png and target.svg from right.table and wrong.table, and writes target.table."""
    table = compose(target.name, read_table(right), read_table(wrong), mistake, symptom)
    target.with_suffix(".table").write_text(table, encoding="utf-8")
    for picture in (target.with_suffix(".svg"), target.with_suffix(".png")):
        settings = f'table = "{target.name}.table"; format = "{picture.suffix[1:]}"'
        with picture.open("wb") as file:
            subprocess.run(["gnuplot", "-d", "-e", settings, TEMPLATE], cwd=target.parent, check=True,
                           stdout=file, stderr=subprocess.PIPE)
