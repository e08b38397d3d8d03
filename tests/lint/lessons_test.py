#!/usr/bin/env python3
"""Checks of tests/lessons.py itself: what is right passes, and each kind of mistake is found."""
import os
import subprocess
import sys
import tempfile
import unittest

SCRIPT = os.path.abspath("tests/lessons.py")
FENCE = "```"


def block(language, *lines):
    return "\n".join([FENCE + language, *lines, FENCE, ""])


class Lessons(unittest.TestCase):
    """Each test writes a small repository and runs the script in it."""

    def setUp(self):
        self.directory = tempfile.TemporaryDirectory()
        self.addCleanup(self.directory.cleanup)
        self.write("chapters/01_first/first.c",
                   "int first(void)\n{\n    int a = 1;\n\n    return a;\n}\n")
        self.write("chapters/02_second/second.c", "int second(void);\n")
        self.write("common/ground.h", "int ground(void);\n")

    def write(self, path, text):
        path = os.path.join(self.directory.name, path)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)

    def read(self, path):
        with open(os.path.join(self.directory.name, path), encoding="utf-8") as file:
            return file.read()

    def run_script(self, *arguments):
        process = subprocess.run([sys.executable, SCRIPT, *arguments], cwd=self.directory.name,
                                 stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                 universal_newlines=True, check=False)
        return process.returncode, process.stdout

    def accepts(self, *parts, summary=""):
        self.write("chapters/01_first/README.md", "# First\n\n" + "\n".join(parts))
        status, output = self.run_script()
        self.assertEqual((status, ""), (0, "" if status == 0 else output))
        self.assertIn(summary, output)

    def refuses(self, expected, *parts):
        self.write("chapters/01_first/README.md", "# First\n\n" + "\n".join(parts))
        status, output = self.run_script()
        self.assertNotEqual(status, 0, output)
        self.assertIn(expected, output)

    def test_a_right_output_passes(self):
        self.accepts(block("console", "$ echo a; echo b >&2", "a", "b"), summary="1 outputs")

    def test_a_wrong_output_is_shown_with_its_place(self):
        self.refuses("chapters/01_first/README.md:5:", block("console", "$ echo 0.25", "0.52"))
        self.refuses("-0.52\n+0.25", block("console", "$ echo 0.25", "0.52"))

    def test_missing_and_added_lines_are_found(self):
        self.refuses("+b", block("console", "$ printf 'a\\nb\\n'", "a"))
        self.refuses("-b", block("console", "$ echo a", "a", "b"))

    def test_dots_stand_for_any_lines(self):
        self.accepts(block("console", "$ seq 9", "1", "...", "8", "9"))
        self.accepts(block("console", "$ seq 9", "1", "..."))
        self.refuses("prints otherwise", block("console", "$ seq 9", "1", "...", "10"))

    def test_commands_of_a_block_share_a_session(self):
        self.accepts(block("console", "$ x=3", "$ echo $x", "3", "$ (exit 2)", "$ echo $?", "2")
                     .replace("$ (exit 2)\n", "$ (echo bad; exit 2)\nbad\n"), summary="4 outputs")

    def test_a_command_may_go_on_in_the_next_line(self):
        self.accepts(block("console", "$ echo a \\", "> b", "a b"))

    def test_a_silent_failure_is_found(self):
        self.refuses("ends with status 3", block("console", "$ exit 3"))
        self.refuses("ends with status 3", block("console", "$ echo a; exit 3", "..."))

    def test_a_failure_whose_message_is_shown_passes(self):
        self.accepts(block("console", "$ echo refused >&2; exit 2", "refused"))

    def test_crashes_and_missing_programs_are_found(self):
        self.refuses("ends with status 127", block("console", "$ no_such_program", "..."))
        self.refuses("ends with status 139", block("console", "$ sh -c 'kill -SEGV $$'", "..."))

    def test_a_console_block_without_a_command_is_found(self):
        self.refuses("begins with", block("console", "0.25"))

    def test_a_marked_text_block_is_compared(self):
        self.accepts("<!-- output: echo 0.25 -->", block("text", "0.25"), summary="1 outputs")
        self.refuses("+0.25", "<!-- output: echo 0.25 -->", block("text", "0.52"))
        self.refuses("ends with status 1", "<!-- output: echo 0.25; false -->",
                     block("text", "0.25"))

    def test_a_mark_without_its_block_is_found(self):
        self.refuses("no block follows", "<!-- output: echo 0.25 -->", "Prose.",
                     block("text", "0.25"))

    def test_numbers_of_a_marked_paragraph_are_compared(self):
        self.accepts("It is 0.25, then −1.5.\n<!-- shows: echo '[0.25, -1.5]' -->",
                     summary="2 numbers")
        self.refuses("0.5 is not printed", "It is 0.5.\n<!-- shows: echo 0.55 10.5 -0.5 0.5.1 -->")
        self.refuses("no decimals", "It is 5.\n<!-- shows: echo 5 -->")

    def test_only_the_paragraph_before_the_mark_is_compared(self):
        self.accepts("Two.\n\nBut 0.25 (§3.2, arXiv:1706.03762).\n\n<!-- shows: echo 0.25 -->",
                     summary="1 numbers")
        self.refuses("0.75 needs a mark", "Not 0.75.\n\nBut 0.25.\n\n<!-- shows: echo 0.25 -->")

    def test_a_listing_is_an_excerpt(self):
        self.accepts(block("c", "int a = 1;", "", "return a;"), summary="1 listings")
        self.accepts(block("c", "int first(void)", "{", "    ...", "    return a;", "}"))
        self.accepts(block("c", "int ground(void);"))
        self.refuses("-int a = 2;\n+    int a = 1;", block("c", "int a = 2;", "", "return a;"))
        self.refuses("no such code", block("c", "int a = 1;", "return a;"))
        self.refuses("no such code", block("c", "    int a = 1;", "", "return a;"))
        self.refuses("empty", block("c", "..."))

    def test_a_listing_of_a_later_chapter_is_refused(self):
        self.refuses("no such code", block("c", "int second(void);"))

    def test_links_must_lead_somewhere(self):
        self.accepts("[code](first.c) [up](../../common) [here](#first)",
                     "`[no](no.c)` [elsewhere](https://example.org/c)", summary="3 links")
        self.refuses("there is no chapters/01_first/no.c", "[code](no.c)")
        self.refuses("no such heading", "[here](#second)")
        self.refuses("no program draws it", "![a picture](../../build/plots/no.svg)")
        self.refuses("there is no chapters/01_first/no.svg", '<img src="no.svg">')
        self.refuses("there is no ../outside", "[out](../../../outside)")

    def test_pictures_are_those_that_the_programs_draw(self):
        shown = "![a picture](../../docs/pictures/a.png)"
        for kind, text in (("png", ""), ("table", "title\tA\n0.25\t1\n")):
            self.write("build/plots/a." + kind, text)
        self.refuses("there is no docs/pictures/a.png", shown)
        self.assertEqual(self.run_script("--pictures"), (0, ""))
        self.accepts(shown, summary="1 pictures")
        self.write("build/plots/a.table", "title\tA\n0.2500001\t1\n")
        self.accepts(shown)
        self.write("build/plots/a.table", "title\tA\n0.26\t1\n")
        self.refuses("make pictures", shown)
        self.write("build/plots/a.table", "title\tB\n0.25\t1\n")
        self.refuses("make pictures", shown)
        os.remove(os.path.join(self.directory.name, "build/plots/a.png"))
        self.refuses("no program draws", shown)

    def test_exercises_have_their_tiers_and_minutes(self):
        tiers = ["**Implement** (20 minutes).", "", "**Experiment** (10 minutes).", "",
                 "**Explain** (5 minutes)."]
        self.accepts("35 for the exercises", "", "## Exercises", "", *tiers)
        self.refuses('must say "35 for the exercises"', "30 for the exercises", "", "## Exercises", *tiers)
        self.refuses('must say "35 for the exercises"', "## Exercises", *tiers)
        self.refuses("no exercise begins with **Explain**", "30 for the exercises", "", "## Exercises",
                     *tiers[:3])

    def test_a_heading_counts_its_steps(self):
        steps = ["**1. One.** It is.", "", block("text", "**3. no step**"), "", "**Step 2: two.** It is."]
        self.accepts("## The code, in two steps", "", *steps, "", "## Then", "", "**3. Three.**",
                     summary="1 counts")
        self.refuses("there are 2 steps", "## The code, in three steps", "", *steps, "", "## Then")
        self.refuses("numbered [1, 3]", "## The code, in two steps", "", "**1. One.**", "", "**3. Two.**")

    def test_a_number_before_a_list_counts_its_items(self):
        items = ["- one,", "  which has", "", "  - a list", "  - of its own", "", "- two"]
        self.accepts("One of ten. There are two ways:", "", *items, summary="1 counts")
        self.accepts("There are ways:", "", *items, summary="0 counts")
        self.refuses("there are 2 items", "One of two. There are three ways:", "", *items)
        self.refuses("there are 2 items", "Write down four.", "", "1. one", "2. two")
        self.accepts("- after seven", "", "Text.", "", "- one", summary="0 counts")

    def test_mistakes_are_the_rows_below_the_right_one(self):
        table = block("console", "$ printf 'x\\n  right 1\\n  a b 2\\n  c 3\\n\\n  d 4\\n'",
                      "x", "  right 1", "  a b 2", "  c 3", "", "  d 4")
        self.accepts("A row under two mistakes:", "", table, summary="1 counts")
        self.refuses("there are 2 rows below the right one", "A row under three mistakes. See:", "", table)

    def test_a_lesson_opens_with_something_to_see(self):
        self.accepts("## The question", "", "What?", "", "<!-- live: masks -->", "", "## By hand", "", "So.")
        self.refuses('README.md:3: no picture and no live part stands under "The question"',
                     "## The question", "", "What?", "", "## By hand", "", "<!-- live: masks -->")

    def test_a_description_counts_what_a_picture_has(self):
        for place in ("docs/pictures/", "build/plots/"):
            for end, text in (("png", ""), ("table", "# A\n" + "panel\t2\n" * 2 + "curve\tA\n" * 3)):
                self.write(place + "a." + end, text)
                self.write(place + "a_break_b." + end, text)
        link = "(../../docs/pictures/a.png)"
        self.accepts("![Two heatmaps of words]" + link, summary="1 counts")
        self.accepts("![Three rising lines over four words]" + link, summary="1 counts")
        self.accepts("![Two rows of weights]" + link, summary="0 counts")
        self.refuses("the picture has 2", "![Three heatmaps]" + link)
        self.refuses("the picture has 2", "![Two rows of two maps]" + link)
        self.refuses("the picture has 3", "![Two curves]" + link)
        self.accepts("![Two curves, right and wrong](../../docs/pictures/a_break_b.png)")

    def test_marked_counts_are_compared(self):
        self.accepts("It has both, and 12 of 0.5.", "<!-- counts: echo 2; echo 12 -->",
                     "<!-- shows: echo 0.5 -->", summary="2 counts")
        self.refuses("counts 3, which", "It has two, 3.5 and 0.3.", "<!-- counts: echo 3 -->")
        self.refuses("ends with status 0", "It has two.", "<!-- counts: true -->")
        self.refuses("ends with status 1", "It has two.", "<!-- counts: echo 2; false -->")

    def test_marked_ratios_are_compared(self):
        self.accepts("Half of it, three times as\nfast, and two thirds.",
                     "<!-- ratios: echo half 0.45; echo three times 3.3; echo two thirds 0.68 -->", summary="3 counts")
        self.accepts("One and a half.", "<!-- ratios: echo one and a half 1.54 -->", summary="1 count")
        self.refuses("\"one and a half\": but", "One and a half.", "<!-- ratios: echo one and a half 1 -->")
        self.refuses("\"half\": but the marked command prints 0.6", "Half.", "<!-- ratios: echo half 0.6 -->")
        self.refuses("\"twice\": but", "Twice.", "<!-- ratios: echo twice nan -->")
        self.refuses("does not say \"a third\"", "Half.", "<!-- ratios: echo a third 0.33 -->")
        self.refuses("or it is no factor", "It is often.", "<!-- ratios: echo often 2 -->")
        self.refuses("ends with status 0", "Half.", "<!-- ratios: true -->")

    def test_a_factor_that_compares_needs_a_mark(self):
        self.accepts("Half a page, twice. The right half of it. How many times as long? x times the half.\n\n## Quiz\n\n(a) ten times as large (b) a tenth")
        for words, text in (("half", "Half\nas much."), ("a third", "A third more."), ("twice", "It has twice the size."),
                            ("one and a half", "One and a half."), ("ten times", "It is ten times slower."), ("eighty times", "Eighty times as fast.")):
            self.refuses(f"README.md:3: \"{words}\" needs a mark", text)
        self.refuses("\"twice\" needs a mark", "Half as much is twice as good.", "<!-- ratios: echo half 0.5 -->")

    def test_headings_become_fragments_as_on_github(self):
        self.accepts("## By hand: `w_q`, *twice*\n\n## Same\n\n## Same\n",
                     "[a](#by-hand-w_q-twice) [b](#same-1)")

    def test_every_block_has_a_language_and_an_end(self):
        self.refuses("needs a language", block("", "a"))
        self.refuses("has no end", FENCE + "text\na")

    def test_what_is_not_checked_is_counted(self):
        self.accepts(block("sh", "make deps"), block("text", "a"),
                     summary="not checked: 1 sh blocks, 1 text blocks")

    def test_refreshing_makes_outputs_right_and_touches_nothing_else(self):
        listed = block("console", "$ seq 2", "%s", "", "$ seq 3", "...", "3").replace("\n", "\n  ")
        before = ("# First\n\n- " + listed + "\n<!-- output: echo 0.25 -->\n" + block("text", "%s")
                  + "End.\n")
        self.write("chapters/01_first/README.md", before % ("7", "8"))
        status, output = self.run_script("--refresh")
        self.assertEqual(status, 0, output)
        self.assertEqual(self.read("chapters/01_first/README.md"), before % ("1\n  2", "0.25"))
        self.assertEqual(self.run_script()[0], 0)


if __name__ == "__main__":
    unittest.main()
