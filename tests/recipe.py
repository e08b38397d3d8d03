#!/usr/bin/env python3
"""Runs the recipes for readers with NumPy and PyTorch: to bring arrays, and to see what a lesson says of it.

The `python` and `sh` blocks of the pages below are run in order, those of a page in one shell that
starts at the top of the repository. A block that fails, by an exception, an assertion or an exit
status, fails the test. Needs NumPy and PyTorch, and the programs built.
"""

import pathlib
import re
import shlex
import subprocess
import sys

PAGES = {
    "docs/your-own-arrays.md": None,  # all of it
    "README.md": "Your own arrays",  # this section
    "chapters/07_masking/README.md": "A large number for minus infinity",
}
BLOCK = re.compile(r"^```(python|sh)\n(.*?)^```", re.M | re.S)


def section(text, heading):
    """The part of a page under a heading of the second level."""
    if heading is None:
        return text
    parts = re.split(r"^## ", text, flags=re.M)
    return next(part for part in parts if part.startswith(heading))


def script(blocks):
    """All blocks as one shell script, which stops at the first that fails."""
    lines = ["set -e"]
    for language, code in blocks:
        lines.append(f"{shlex.quote(sys.executable)} -c {shlex.quote(code)}" if language == "python" else code)
    return "\n".join(lines)


def main():
    root = pathlib.Path(__file__).resolve().parent.parent
    count = 0
    for page, heading in PAGES.items():
        blocks = BLOCK.findall(section((root / page).read_text(), heading))
        if not blocks:
            sys.exit(f"{page}: no recipe found")
        if subprocess.run(["bash", "-c", script(blocks)], cwd=root, timeout=300).returncode != 0:
            sys.exit(f"{page}: a block fails; what it said is above")
        count += len(blocks)
    print(f"recipes: {count} blocks run")


if __name__ == "__main__":
    main()
