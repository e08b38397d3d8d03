"""The mistakes of a chapter: their list, and the program run right and wrong (`make break-NN`)."""

import difflib
import re
import shutil
import subprocess
import sys

import side_by_side
from reader import building, compiling
from reader.building import BUILD, Source, chapter, read_text
from reader.running import private_place, run_checks
from reader.telling import say


def read_patch(path):
    """The lines before the difference: {'Belief': ..., 'Symptom': ..., 'Check': ..., 'Diagnosis': ...}."""
    head = read_text(path).split("\n--- ")[0]
    fields = dict(re.findall(r"^(\w+): (.*(?:\n  .*)*)", head, re.M))
    missing = {"Belief", "Symptom", "Check", "Diagnosis"} - set(fields)
    if missing:
        sys.exit(f"{path}: no line for {', '.join(sorted(missing))}")
    return {name: " ".join(text.split()) for name, text in fields.items()}


def mistaken_source(one, path, place):
    """The reference with a mistake in it."""
    place.mkdir(parents=True, exist_ok=True)
    source = place / f"{one.topic}.c"
    patched = subprocess.run(["patch", "--silent", "--fuzz=0", "-o", str(source), str(one.reference), str(path)],
                             capture_output=True, text=True)
    if patched.returncode != 0:
        sys.exit(f"{path}: does not apply to {one.reference}: {patched.stdout}{patched.stderr}")
    return source


def list_mistakes(one):
    """The lesson's mistakes in its order and in full, then a line for each of the others."""
    lesson = read_text(one.path / "README.md").partition("\n## Break it\n")[2].partition("\n## ")[0]
    told = list(dict.fromkeys(re.findall(r"`(\w+)`", lesson)))
    paths = {path.stem: path for path in one.mistakes()}
    shown = [paths.pop(name) for name in told if name in paths]
    if shown:
        say(f"The lesson's, in its order ({one.path}/README.md, \"Break it\"):\n")
    for path in shown:
        fields = read_patch(path)
        say(f"  {path.stem}\n      the belief: {fields['Belief']}\n      the symptom: {fields['Symptom']}")
    if paths:
        say("\nOthers that the checks know, with the belief:\n")
    width = max(map(len, paths), default=0)
    for name, path in paths.items():
        say(f"  {name:{width}}  {read_patch(path)['Belief']}", hang=width + 4)
    say(f"\nmake break-{one.number} MISTAKE={(shown or one.mistakes())[0].stem} runs the program right and wrong.")


def no_patch(one, name):
    """What is said of a name that break cannot show: perhaps a check printed it."""
    steps = read_text(f"tests/{one.name}_steps_test.c")
    if f'"{name}"' in steps:
        return f"{name} is only looked for by make try-{one.number}; make break-{one.number} lists what can be run"
    return f"chapter {one.number} has no mistake {name}; make break-{one.number} lists them"


def break_chapter(number, name):
    one = chapter(number)
    if not name:
        list_mistakes(one)
        return
    path = one.path / "mistakes" / f"{name}.patch"
    if not path.exists():
        sys.exit(no_patch(one, name))
    fields = read_patch(path)
    say(f"{name}\n  the belief: {fields['Belief']}\n  the symptom: {fields['Symptom']}\n")
    with private_place("break", one) as place:
        show_mistake(one, mistaken_source(one, path, place), place, name, fields["Symptom"])


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
    # Times differ from run to run, whatever the mistake.
    printed = re.sub(r"^measured just now: .*\n(?:.+\n)*", "", result.stdout, flags=re.M)
    return [line for line in printed.splitlines() if not line.startswith("picture: ")]


def tell_difference(right, wrong):
    # What the program calls right was made by the chapter's code, which is the mistaken one here.
    wrong = [line if line in right else re.sub(r"^(\s+)right   ", r"\1mistaken", line) for line in wrong]
    lines = list(difflib.unified_diff(right, wrong, "right", "wrong", lineterm="", n=2))
    print("\n".join(lines[:60]))
    if len(lines) > 60:
        print(f"... and {len(lines) - 60} lines more")


def draw_pair(right, wrong, name, symptom):
    """Draws what a mistake makes of a picture beside the right one, where the other pictures are."""
    if not wrong.exists() or right.read_bytes() == wrong.read_bytes():
        return
    target = BUILD / "plots" / f"{right.stem}_break_{name}"
    target.parent.mkdir(parents=True, exist_ok=True)
    side_by_side.draw(right.with_suffix(""), wrong.with_suffix(""), name, symptom, target)
    print(f"picture: {target}.png")
