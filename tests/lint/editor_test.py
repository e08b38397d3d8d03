#!/usr/bin/env python3
"""Checks of what editors read: .editorconfig says what .clang-format says, and clangd finds every include.

That compile_flags.txt has the makefile's flags, `make lint-editor` checks.
"""
import configparser
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

CLANGD = shutil.which("clangd")


class Editor(unittest.TestCase):

    def test_editorconfig_says_what_clang_format_says(self):
        config = configparser.ConfigParser()
        config.read_string("[top]\n" + pathlib.Path(".editorconfig").read_text())
        style = dict(re.findall(r"(?m)^(\w+): (.*)$", pathlib.Path(".clang-format").read_text()))
        self.assertEqual(config["*.{c,h}"]["indent_size"], style["IndentWidth"])
        self.assertEqual(config["*.{c,h}"]["max_line_length"], style["ColumnLimit"])
        self.assertEqual(config["*.{c,h}"]["indent_style"], "space")

    @unittest.skipUnless(CLANGD, "without clangd")
    def test_clangd_complains_of_no_exercise(self):
        for path in sorted(pathlib.Path("chapters").glob("*/exercise.c")):
            self.assertEqual(self.complaints(path), [], path)

    @unittest.skipUnless(CLANGD, "without clangd")
    def test_clangd_finds_what_each_room_includes(self):
        for path in ("common/pictures/plot.c", "tests/10_fast_layer_test.c", "tests/checks/story.c", "docs/live/live.c",
                     "tests/whole/live_test.c", "tests/bench/trial_kernels.c", "tests/variants/02_softmax_1.c"):
            self.assertEqual(self.complaints(path), [], path)

    @unittest.skipUnless(CLANGD, "without clangd")
    def test_clangd_finds_the_systems_assert_in_a_readers_file(self):
        mine = pathlib.Path("mine")
        mine.mkdir(exist_ok=True)
        with tempfile.NamedTemporaryFile("w", suffix=".c", dir=mine) as file:
            file.write('#include "exercise.h"\n#include <assert.h>\nvoid f(int i)\n{\n    assert(i > 0);\n}\n')
            file.flush()
            self.assertEqual(self.complaints(os.path.relpath(file.name)), [])

    def complaints(self, path):
        said = subprocess.run([CLANGD, f"--check={path}", "--check-lines=1"], capture_output=True, text=True).stderr
        self.assertIn("All checks completed", said)
        return [line for line in said.splitlines() if re.match(r"[EW]\[.*\] \[", line)]


if __name__ == "__main__":
    unittest.main()
