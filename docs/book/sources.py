"""Reads what stands beside a lesson: its quiz, its hints, its named mistakes, and the sizes of pictures."""
import os
import pathlib
import re
import shutil
import sys

import small_svg

sys.path.append(str(pathlib.Path(__file__).resolve().parents[2] / "tests"))
import lessons  # pylint: disable=wrong-import-position,unused-import  # how a listing is found in its file
from reader import mistakes as entries  # the commands for readers have them too


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def is_input(path):
    """Whether Doxygen reads this file: a header, or a source that is neither a program nor an exercise."""
    return (bool(re.fullmatch(r"(common|chapters)/(\w+/)+\w+\.[ch]", path))
            and os.path.basename(path) not in ("demo.c", "exercise.c"))


def quiz(path):
    """quiz.txt: [(question, [(is right, option, answer), ...]), ...]. tests/course.py tells its form."""
    questions = []
    for line in read(path).splitlines() if os.path.exists(path) else []:
        if line.startswith("? "):
            questions.append((line[2:], []))
        elif line[:2] in ("+ ", "- "):
            questions[-1][1].append((line[0] == "+", line[2:], ""))
        elif line.startswith("  "):
            right, option, answer = questions[-1][1][-1]
            questions[-1][1][-1] = (right, option, (answer + " " + line.strip()).strip())
    return questions


def hints(path):
    """hints.md: [(function, [hint, ...]), ...]."""
    parts = re.split(r"(?m)^## ", read(path))[1:] if os.path.exists(path) else []
    found = []
    for part in parts:
        name, _, body = part.partition("\n")
        found.append((name.strip("` "), [re.sub(r"\n {1,3}", "\n", hint).strip()
                                         for hint in re.split(r"(?m)^\d\. ", body)[1:]]))
    return found


def mistakes(directory):
    """The entries of mistakes.toml, as a list."""
    return list(entries.read(pathlib.Path(directory) / "mistakes.toml").values())


def picture_size(path):
    """Width and height of an SVG or PNG in pixels; (0, 0) if it does not say."""
    with open(path, "rb") as file:
        start = file.read(2000)
    if start.startswith(b"\x89PNG"):
        return int.from_bytes(start[16:20], "big"), int.from_bytes(start[20:24], "big")
    found = re.search(rb'<svg[^>]*?\bwidth="([\d.]+)(pt|px)?"\s+height="([\d.]+)', start, re.S)
    if not found:
        return 0, 0
    scale = 4 / 3 if found.group(2) == b"pt" else 1
    return round(float(found.group(1)) * scale), round(float(found.group(3)) * scale)


def copy_picture(path, target):
    """Copies a picture; a drawing in fewer letters."""
    if path.endswith(".svg"):
        pathlib.Path(target).write_text(small_svg.smaller(read(path)), encoding="utf-8")
    else:
        shutil.copyfile(path, target)
