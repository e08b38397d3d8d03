#!/usr/bin/env python3
"""Makes the book: pages of the lessons, Doxygen over them and the code, and the finishing touches to its HTML.

Run from the top of the repository by `make docs`. BUILD says where everything goes. Any warning of Doxygen is
an error.
"""
import glob
import os
import shutil
import subprocess
import sys

import finish
import frame
import pages
import search
import sources

BUILD = os.environ.get("BUILD", "build")
HTML = BUILD + "/docs/html"
THEME = os.environ.get("DOXYGEN_AWESOME", "/usr/share/doxygen-awesome-css")
MATHJAX = os.environ.get("MATHJAX", "/usr/share/javascript/mathjax")
FACE = os.environ.get("TEXT_FACE", "/usr/share/fonts/truetype/open-sans")
FACE_PARTS = ("OpenSans-Regular.ttf", "OpenSans-Bold.ttf", "OpenSans-Italic.ttf")
# Of the 54 MB that MathJax has: TeX in, SVG out, in one font.
MATHJAX_PARTS = ("MathJax.js", "extensions/tex2jax.js", "extensions/MathEvents.js", "extensions/MathMenu.js",
                 "extensions/MathZoom.js", "extensions/AssistiveMML.js", "extensions/toMathML.js",
                 "extensions/TeX", "jax/element", "jax/input/TeX", "jax/output/SVG/config.js", "jax/output/SVG/jax.js",
                 "jax/output/SVG/autoload", "jax/output/SVG/fonts/TeX")


def styles():
    """The theme's style sheet, if it is installed, and the book's own."""
    theme = [f"{THEME}/doxygen-awesome.css"]
    if not os.path.exists(theme[0]):
        print(f"make docs: no theme in {THEME}: the book comes out in Doxygen's own looks "
              "(make deps, or DOXYGEN_AWESOME=DIRECTORY)", file=sys.stderr)
        theme = []
    face = ["docs/book/face.css"] if has_face() else []
    own = [f"docs/book/{name}.css" for name in ("book", "boxes", "parts", "narrow", "bar", "frame")]
    return theme + own + face


def has_face():
    return all(os.path.exists(f"{FACE}/{part}") for part in FACE_PARTS)


def copy_mathjax():
    """Copies what typesets the formulas; without it they are shown as they are written."""
    if not os.path.exists(f"{MATHJAX}/MathJax.js"):
        print(f"make docs: no MathJax 2 in {MATHJAX}: formulas are shown as they are written "
              "(make deps, or MATHJAX=DIRECTORY)", file=sys.stderr)
        return False
    for part in MATHJAX_PARTS:
        source, target = f"{MATHJAX}/{part}", f"{HTML}/mathjax/{part}"
        if os.path.isdir(source):
            shutil.copytree(source, target, dirs_exist_ok=True)
        else:
            os.makedirs(os.path.dirname(target), exist_ok=True)
            shutil.copyfile(source, target)
    return True


def run_doxygen(paths):
    code = [path for path in sorted(glob.glob("c*/*/**/*.[ch]", recursive=True))
            if sources.is_input(path)]
    environment = dict(os.environ, BUILD=BUILD, PAGES=" ".join(paths), SOURCES=" ".join(code),
                       STYLES=" ".join(styles()))
    result = subprocess.run(["doxygen", "docs/Doxyfile"], env=environment, text=True, check=False,
                            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    if result.stderr.strip() or result.returncode:
        sys.exit(f"{result.stderr.strip()}\nmake docs: Doxygen is not content")


def main():
    os.makedirs(HTML, exist_ok=True)
    book = pages.Book(pictures=BUILD + "/plots")
    paths = book.write(BUILD + "/docs/pages", HTML)
    run_doxygen(paths)
    for name in (*frame.SCRIPTS, *sum(frame.OWN_SCRIPTS.values(), ()), "favicon.svg"):
        shutil.copyfile(f"docs/book/{name}", f"{HTML}/{name}")
    shutil.copyfile(f"docs/pictures/{finish.PREVIEW}", f"{HTML}/{finish.PREVIEW}")
    for part in FACE_PARTS if has_face() else ():
        shutil.copyfile(f"{FACE}/{part}", f"{HTML}/{part}")
    groups = book.groups()
    names = finish.finish(HTML, BUILD + "/docs/names.xml", copy_mathjax(), groups)
    search.write(HTML, groups, names)
    print(f"The book begins at:\n{HTML}/index.html")


if __name__ == "__main__":
    main()
