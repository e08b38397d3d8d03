"""The mistakes of a chapter: their list, and the program run right and wrong (`make break-NN`)."""

import difflib
import re
import shutil
import subprocess
import sys

import side_by_side
from reader import building, compiling, mistakes
from reader.building import BUILD, Source, chapter, private_place, read_text
from reader.recording import run_checks
from reader.telling import say


def mistaken_source(one, name, way, place):
    """The reference with a mistake in it, written in one of its ways."""
    place.mkdir(parents=True, exist_ok=True)
    source = place / f"{one.topic}.c"
    try:
        source.write_text(mistakes.applied(name, way.edits, one.right()), encoding="utf-8")
    except mistakes.Wrong as why:
        sys.exit(f"{one.path}/mistakes.toml: {why}")
    return source


def list_mistakes(one):
    """The lesson's mistakes in its order and in full, then a line for each of the others."""
    lesson = read_text(one.path / "README.md").partition("\n## Break it\n")[2].partition("\n## ")[0]
    told = list(dict.fromkeys(re.findall(r"`(\w+)`", lesson)))
    others = one.mistakes()
    shown = [others.pop(name) for name in told if name in others]
    if shown:
        say(f"The lesson's, in its order ({one.path}/README.md, \"Break it\"):\n")
    for mistake in shown:
        say(f"  {mistake.name}\n      the belief: {mistake.belief}\n      the symptom: {mistake.symptom}")
    if others:
        say("\nOthers that the checks know, with the belief:\n")
    width = max(map(len, others), default=0)
    for name, mistake in others.items():
        say(f"  {name:{width}}  {mistake.belief}", hang=width + 4)
    first = (shown or list(others.values()))[0]
    say(f"\nmake break-{one.number} MISTAKE={first.name} runs the program right and wrong.")


def break_chapter(number, name):
    one = chapter(number)
    if not name:
        list_mistakes(one)
        return
    mistake = one.mistakes().get(name)
    if mistake is None:
        sys.exit(f"chapter {one.number} has no mistake {name}; make break-{one.number} lists them")
    say(f"{name}\n  the belief: {mistake.belief}\n  the symptom: {mistake.symptom}\n")
    with private_place("break", one) as place:
        show_mistake(one, mistaken_source(one, name, mistake.ways[0], place), place, name, mistake.symptom)


def show_mistake(one, path, place, name, symptom):
    right, wrong = run_both(one, Source(path), place)
    if right == wrong:
        print("The worked example does not show this mistake. The chapter's checks do:\n")
        print(run_checks(one, Source(path), place / "checks", [])[1].partition("stop  ")[2], end="")
    else:
        tell_difference(right, wrong)
    for old in (BUILD / "plots").glob(f"{one.number}_*_break_{name}.*"):
        old.unlink()
    for picture in sorted((place / "right").glob("*.png")):
        draw_pair(picture, place / "wrong" / picture.name, name, symptom)


def run_both(one, source, place):
    """The lines of the chapter's program as it is, and with the source in place of its topic."""
    parts = building.built(building.parts_of_program(one, source))
    sound = BUILD / "bin" / one.name
    building.make([str(sound), *parts])
    topic, _ = compiling.compile_topic(one, source, place, [])
    compiling.link_topic(one, source, [topic, *parts], place / "program", [])
    return run_program(sound, place / "right"), run_program(place / "program", place / "wrong")


def run_program(binary, pictures):
    """Runs a worked example with its pictures in a folder. Gives its lines."""
    shutil.rmtree(pictures, ignore_errors=True)
    result = subprocess.run([str(binary), "--plots", str(pictures)], stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT, text=True, errors="replace", timeout=120)
    return [line for line in without_times(result.stdout).splitlines() if not line.startswith("picture: ")]


def without_times(printed):
    """What a program prints, but for times: they differ from run to run, whatever the mistake."""
    return re.sub(r"^measured just now: .*\n(?:.+\n)*", "", printed, flags=re.M)


def tell_difference(right, wrong):
    # What the program calls right was made by the chapter's code, which is the mistaken one here.
    wrong = [line if line in right else re.sub(r"^(\s+)right   ", r"\1mistaken", line) for line in wrong]
    lines = list(difflib.unified_diff(right, wrong, "right", "wrong", lineterm="", n=2))
    print("\n".join(lines[:60]))
    if len(lines) > 60:
        print(f"... and {len(lines) - 60} more lines")


def draw_pair(right, wrong, name, symptom):
    """Draws what a mistake makes of a picture beside the right one, where the other pictures are."""
    if not wrong.exists() or right.read_bytes() == wrong.read_bytes():
        return
    target = BUILD / "plots" / f"{right.stem}_break_{name}"
    target.parent.mkdir(parents=True, exist_ok=True)
    side_by_side.draw(right.with_suffix(".table"), wrong.with_suffix(".table"), name, symptom, target)
    print(f"picture: {target}.png")
