"""A chapter's program on the reader's own functions: this chapter's, and those of the chapters before that pass."""

import os
import re
import subprocess

from reader import building, compiling, notes
from reader.building import BUILD, Source, chapter, chapters, read_text
from reader.telling import say


def own_chapters(one, parts):
    """The chapters that the reader has written and the program is made of: what passes, and this one as it is."""
    return [each for each in chapters() if each.number == one.number
            or (each.number < one.number and notes.state(each) == "passed" and set(each.sources) & set(parts))]


def build(one):
    """Builds the program into build/mine. Gives its path and the chapters in it that are the reader's."""
    parts = building.parts_of_program(one, Source(one.solution))
    own = own_chapters(one, parts)
    sources = {each.reference: Source(each.solution) for each in own}
    replaced = {path for each in own for path in each.sources}
    parts += building.needed(one, [], [source.text for source in sources.values()])
    parts = sorted(set(parts) - replaced)
    building.make(building.built(parts))
    with building.private_place("mine", one) as place:  # two that build at once do not meet
        objects = []
        for each in own:
            objects.insert(0, place / f"{each.name}.o")
            compiled, _ = compiling.compile_topic(each, sources[each.reference], place, [])
            os.replace(compiled, objects[0])
        linked = compiling.link_topic(one, sources[one.reference], [*objects, *building.built(parts)], place / "program", [])
        program = BUILD / "mine" / one.name
        os.replace(linked, program)
    return program, own


def run(number):
    """`make run-NN MINE=1`"""
    one = chapter(number)
    program, own = build(one)
    listed = ", ".join(str(int(each.number)) for each in own)
    print(f"{program}, with your chapter{'s' * (len(own) > 1)} {listed}\n", flush=True)
    return subprocess.run([str(program), "--plots", str(BUILD / "plots" / "mine")]).returncode


def celebrate(one):
    """After the last check: the lesson's main numbers and its main picture, made by the reader's code."""
    title, count = main_numbers(one)
    plots = BUILD / "plots" / "mine"
    printed = subprocess.run([str(build(one)[0]), "--plots", str(plots)], stdout=subprocess.PIPE,
                             stderr=subprocess.DEVNULL, text=True, errors="replace", timeout=120).stdout.splitlines()
    if title and title in printed:
        print("\nWith your code:\n")
        print("\n".join(printed[printed.index(title):][:count]))
    picture = plots / f"{main_picture(one)}.png"
    if picture.exists():
        say(f"\nYour picture: {picture}")


def main_numbers(one):
    """The lesson's listing below <!-- yours -->: its first line, and how many lines it has."""
    found = re.search(r"<!-- yours.* -->\n+```console\n\$ .*\n(?:\.\.\.\n)?((?:(?!```|\.\.\.).*\n)+)", lesson_of(one))
    lines = found[1].rstrip().split("\n") if found else [""]
    return lines[0], len(lines)


def main_picture(one):
    """The picture that <!-- yours 03_bank --> names, else the first of the lesson that its program draws."""
    lesson = lesson_of(one)
    found = re.search(r"<!-- yours (\w+) -->", lesson) or re.search(rf"docs/pictures/({one.number}_\w+)\.", lesson)
    return found[1] if found else ""


def lesson_of(one):
    return read_text(one.path / "README.md")
