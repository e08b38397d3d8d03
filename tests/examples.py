#!/usr/bin/env python3
"""Compiles and runs the examples in the reference: each @code block in a comment of a header.

    tests/examples.py OBJECT...

An example is what could stand in main(). A comment `// 0.09 0.24` at the end of a line with printf says what that
line prints; all that is printed must be said. It is compiled with the warnings of the project (FLAGS) and
linked with the objects (LINK). A status that is not OK ends an example with `return 1`, which fails here.
"""
import glob
import os
import re
import subprocess
import sys
import tempfile

FLAGS = os.environ.get("FLAGS", "").split()
LINK = os.environ.get("LINK", "cc").split()
BLOCK = re.compile(r"^ \* @code\n((?: \*.*\n)*?) \* @endcode", re.M)
SAID = re.compile(r"printf\(.*// (.*)$")


def examples_in(path):
    """(number of the line, lines) of each example of a header."""
    with open(path, encoding="utf-8") as file:
        text = file.read()
    for found in BLOCK.finditer(text):
        lines = [re.sub(r"^ \* ?", "", line) for line in found.group(1).splitlines()]
        yield text[:found.start(1)].count("\n") + 1, lines


def program(path, start, lines):
    """The example as a whole program; errors of the compiler name the place in the header."""
    includes = "".join(line + "\n" for line in lines if line.startswith("#include"))
    body = "\n".join("" if line.startswith("#include") else "    " + re.sub(r"//.*", "", line) for line in lines)
    return (f'#include "{os.path.basename(path)}"\n#include <math.h>\n#include <stdio.h>\n{includes}'
            f'int main(void)\n{{\n#line {start} "{path}"\n{body}\n    return 0;\n}}\n')


def problem_of(path, start, lines, objects, place):
    """What is wrong with an example; None if nothing is."""
    said = [found.group(1) for found in map(SAID.search, lines) if found]
    if not said:
        return "says nothing of what it prints"
    source, target = os.path.join(place, "example.c"), os.path.join(place, "example")
    with open(source, "w", encoding="utf-8") as file:
        file.write(program(path, start, lines))
    compiled = subprocess.run([*LINK, *FLAGS, source, *objects, "-lm", "-o", target], check=False,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if compiled.returncode:
        return f"does not compile:\n{compiled.stdout}"
    result = subprocess.run([target], check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                            timeout=60)
    if result.returncode:
        return f"ends with status {result.returncode}:\n{result.stdout}"
    printed = [line.rstrip() for line in result.stdout.splitlines()]
    if printed != said:
        return "prints\n  " + "\n  ".join(printed) + "\nand says\n  " + "\n  ".join(said)
    return None


def main():
    count, problems = 0, 0
    with tempfile.TemporaryDirectory() as place:
        for path in sorted(glob.glob("c*/*/**/*.h", recursive=True)):
            for start, lines in examples_in(path):
                count += 1
                problem = problem_of(path, start, lines, sys.argv[1:], place)
                if problem:
                    problems += 1
                    print(f"{path}:{start}: this example {problem}", file=sys.stderr)
    if problems or not count:
        sys.exit(f"examples: {problems} of {count} are wrong")
    print(f"examples: {count} in the reference, all compiled and run")


if __name__ == "__main__":
    main()
