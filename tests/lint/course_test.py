#!/usr/bin/env python3
"""Checks of tests/course.py itself: what the reader calls says the right thing, and loses nothing.

Each test works in a copy of the repository without the build, whose objects it borrows.
"""
import os
import pathlib
import pty
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

TOP = pathlib.Path.cwd()
BUILD = (TOP / os.environ.get("BUILD", "build")).resolve()
EXERCISE = "chapters/02_softmax/exercise.c"
MINE = "mine/02_softmax.c"
REFERENCE = "chapters/02_softmax/softmax.c"


class Course(unittest.TestCase):

    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.top = pathlib.Path(directory.name).resolve()
        for folder in ("chapters", "common", "tests"):
            shutil.copytree(TOP / folder, self.top / folder)
        self.build = self.top / "build"
        self.build.mkdir()
        for part in ("obj", "bin", "openmp.flags"):
            (self.build / part).symlink_to(BUILD / part)
        # A reader may have edited the exercise in this very tree.
        self.write(EXERCISE, self.shown(f"HEAD:{EXERCISE}", TOP))
        self.git("init", "-q")
        self.git("add", "chapters")
        self.git("-c", "user.name=n", "-c", "user.email=e@example.com", "commit", "-qm", "as it came")

    def git(self, *words):
        subprocess.run(["git", *words], cwd=self.top, check=True)

    @staticmethod
    def shown(path, top):
        return subprocess.run(["git", "-c", "safe.directory=*", "show", path], cwd=top, check=True,
                              capture_output=True, text=True).stdout

    def write(self, path, text):
        (self.top / path).parent.mkdir(parents=True, exist_ok=True)
        (self.top / path).write_text(text)

    def read(self, path):
        return (self.top / path).read_text()

    def command(self, words):
        # Not as a part of the make that runs this test: its job server cannot be reached from here.
        environment = dict(os.environ, BUILD="build", BUILT="1", MAKEFLAGS="")
        return dict(args=[sys.executable, "tests/course.py", *words], cwd=self.top, env=environment)

    def run_course(self, *words, status=0, answers=""):
        result = subprocess.run(**self.command(words), input=answers, text=True, timeout=120,
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.assertEqual(result.returncode, status, result.stdout)
        self.assertNotIn("Traceback", result.stdout)
        return result.stdout

    def solve(self, old="", new="", path=MINE):
        """The reader's file: the reference, with one thing changed."""
        text = self.read("chapters/02_softmax/softmax.c")
        self.assertIn(old, text)
        self.write(path, text.replace(old, new, 1) if old else text)

    def refuse(self, *words):
        """The checks fail and say all of this. Gives what they printed."""
        printed = self.run_course("try", "02", status=1)
        for word in words:
            self.assertIn(word, printed)
        return printed


class Try(Course):

    def test_an_untouched_exercise_says_what_to_write_first(self):
        printed = self.refuse(f"softmax_row is not written yet: open {EXERCISE}", "make hint-02")
        self.assertNotIn("softmax_row_naive is not", printed)

    def test_what_passes_is_told(self):
        self.solve()
        self.assertIn("All checks of chapter 2 pass", self.run_course("try", "02"))

    def test_a_file_in_mine_comes_first(self):
        self.solve(path=EXERCISE)
        self.write(MINE, "int unfinished(void) { return 1 }\n")
        printed = self.refuse(f"{MINE} does not compile yet", f"{MINE}:1:")
        self.assertIn("error", printed)

    def test_a_known_misunderstanding_is_named(self):
        self.solve("float greatest = -INFINITY;", "float greatest = 0.0f;")
        self.refuse("maximum_from_zero: ", "lesson 2, ", "what came out", "what was expected")

    def test_an_unknown_one_is_shown_by_its_smallest_case(self):
        self.solve("out[i] = (float)(out[i] / sum);", "out[i] = (float)(out[i] / sum) + 0.125f;")
        self.refuse("what came out", "what was expected", "No known mistake does this")

    def test_a_slip_is_looked_for_and_the_hint_tells_it(self):
        self.solve("        out[i] /= sum;", "        out[i] *= sum;")
        told = self.refuse("One slip would explain all of this. It is in softmax_row_naive: ")
        self.assertNotIn("No known mistake", told)
        hint = " ".join(self.run_course("hint", "02").split())
        self.assertIn("softmax_row_naive: one slip would explain what the last try saw: something is multiplied, but must be divided", hint)
        self.assertIn("hint 1 of 3", self.run_course("hint", "02"))

    def test_who_treats_the_empty_input_apart_is_named_too(self):
        text, mine = self.read("chapters/01_dot_products/dot_products.c"), "mine/01_dot_products.c"
        self.write(mine, text.replace("    return (float)sqrt(dot(a, a, n));",
                                      "    return n == 0 ? 0.0f : (float)sqrt(dot(a, a, n) / (double)n);"))
        self.assertIn("length_averaged: ", self.run_course("try", "01", status=1))

    def test_a_stride_that_is_ignored_is_named_whatever_the_function(self):
        self.solve("softmax_row_at(matrix_row(x, r), x.cols, temperature, matrix_row(out, r));",
                   "softmax_row_at(x.data + r * x.cols, x.cols, temperature, matrix_row(out, r));")
        self.refuse("stride_ignored: ")

    def test_what_runs_over_an_array_is_recognised_too(self):
        self.solve("    return softmax_with_temperature(x, 1.0f, out);",
                   "    for (size_t r = 0; r < x.rows; r++)\n"
                   "        softmax_row_at(matrix_row(x, r), x.rows + 9, 1.0, matrix_row(out, r));\n"
                   "    return STATUS_OK;")
        told = self.refuse(f"maximum, {MINE}:", ", called by softmax_row_at in line ", "beyond the end of an array")
        self.assertNotIn("is right, though", told)
        self.solve("    float greatest = -INFINITY;\n    for (size_t i = 0;", "    float greatest = x[0];\n    for (size_t i = 1;")
        self.refuse("beyond the end of an array\nIts result is right, though")

    def test_no_way_to_end_passes(self):
        for end in ("exit(0)", "_exit(0)", "quick_exit(0)", "abort()", "raise(9)"):
            self.solve("    double sum = 0.0;", f"    {end};\n    double sum = 0.0;")
            self.write(MINE, "#include <signal.h>\n#include <stdlib.h>\n#include <unistd.h>\n" + self.read(MINE))
            self.assertNotIn("  ok  softmax_row_gives_weights", self.refuse(f"softmax_row, {MINE}: this function"))

    def test_a_program_that_ends_before_it_begins_does_not_pass(self):
        self.solve()
        self.write(MINE, self.read(MINE) + "#include <unistd.h>\n__attribute__((constructor)) void a(void) { _exit(0); }\n")
        self.assertNotIn("  ok  ", self.refuse("ends the whole program"))

    def test_a_null_pointer_is_explained_with_its_function(self):
        self.solve("double sum = 0.0;", "double sum = *(double *)(n - n);")
        self.refuse(f"softmax_row_at, {MINE}:", "follows a pointer that points nowhere")

    def test_writing_beyond_the_end_is_explained(self):
        self.solve("    double sum = 0.0;", "    float room[2]; volatile size_t at = n + 2;\n"
                                            "    room[at - n] = 1.0f; double sum = 0.0 * room[0];")
        self.refuse("softmax_row_at, ", "reads or writes beyond the end of an array")

    def test_a_use_of_freed_memory_is_explained(self):
        self.solve("    double sum = 0.0;", "    double *s = calloc(1, sizeof *s);\n"
                                            "    free(s);\n    double sum = *s;")
        self.add_include("stdlib.h")
        self.refuse("softmax_row_at, ", "uses memory after it was freed")

    def test_a_leak_is_explained(self):
        self.solve("    double sum = 0.0;", "    void *volatile lost = malloc(n + 1);\n"
                                            "    double sum = 0.0 * (lost == NULL);")
        self.add_include("stdlib.h")
        self.refuse("allocates memory that is never freed: look where it should be freed")

    def test_where_no_function_is_known_none_is_blamed(self):
        words = ("from reader import recording; import pathlib, types; "
                 "source = types.SimpleNamespace(path=pathlib.Path('mine/x.c')); "
                 "call = recording.Call(source, 'none', 'a_check', pathlib.Path('.')); "
                 "call.take('detected memory leaks\\n', print); call.status = 1; print(call.explain(True))")
        told = subprocess.run([sys.executable, "-c", words], cwd=self.top / "tests", text=True, capture_output=True)
        self.assertIn("mine/x.c, in the check a_check: something in it allocates memory", told.stdout, told.stderr)

    def test_a_recursion_without_end_is_explained(self):
        self.solve("    double sum = 0.0;", "    double sum = 0.0; softmax_row_at(x, n, 1.0, out);")
        self.refuse("softmax_row_at, ", "calls itself forever")

    def test_a_loop_without_end_is_explained(self):
        os.environ["CK_DEFAULT_TIMEOUT"] = "1"
        self.addCleanup(os.environ.pop, "CK_DEFAULT_TIMEOUT")
        self.solve("    double sum = 0.0;", "    double sum = 0.0;\n    for (volatile int i = 1; i;) {}")
        self.refuse("softmax_row", "never ends")

    def test_the_readers_file_is_never_written(self):
        self.solve("float greatest = -INFINITY;", "float greatest = 0.0f;")
        before, exercise = self.read(MINE), self.read(EXERCISE)
        self.refuse()
        self.assertEqual((self.read(MINE), self.read(EXERCISE)), (before, exercise))

    def test_a_rounding_to_float_is_no_reason_to_warn(self):
        self.solve("out[i] = (float)(out[i] / sum);", "out[i] = out[i] / sum;")
        self.assertNotIn("warning", self.run_course("try", "02"))

    def test_a_forgotten_return_does_not_compile(self):
        self.write(MINE, "int forgotten(void)\n{\n}\n")
        self.refuse("return-type", f"{MINE} does not compile yet")

    def test_the_file_is_named_right_below_what_was_said(self):
        self.solve("float greatest = -INFINITY;", "float greatest = 0.0f;")
        self.assertRegex(self.refuse(), r"[^\n]\n\nYour file: ")

    def test_one_digit_names_a_chapter_too(self):
        self.assertIn("make hint-02", self.run_course("try", "2", status=1))

    def test_there_is_no_chapter_99(self):
        self.assertIn("there is no chapter 99", self.run_course("try", "99", status=1))

    def test_notes_that_cannot_be_kept_are_one_line(self):
        (self.build / "progress").write_text("a file in the place of the folder")
        self.assertTrue(self.run_course("try", "02", status=1).endswith("\nbuild/progress: File exists\n"))

    def add_include(self, name):
        self.write(MINE, f"#include <{name}>\n" + self.read(MINE))


class Watch(Course):

    def watch(self):
        process = subprocess.Popen(**self.command(["watch", "02"]), text=True,
                                   stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.wait)
        self.addCleanup(signal.alarm, 0)
        signal.alarm(60)  # a line that never comes ends the test
        self.addCleanup(process.kill)  # first of the three: a failed check leaves it watching
        return process

    def test_the_checks_run_again_when_the_file_is_saved(self):
        self.write(MINE, " ")
        process = self.watch()
        self.assertIn(MINE, process.stdout.readline())
        self.next_check(process, "as it is")
        time.sleep(0.1)  # for a file system whose times are coarse
        self.write(MINE, "  \n")
        self.next_check(process, "saved")
        process.send_signal(signal.SIGINT)
        self.assertNotIn("Traceback", process.communicate(timeout=60)[0])
        self.assertEqual(process.returncode, 0)

    def test_an_editor_may_save_by_renaming(self):
        self.write(MINE, " ")
        process = self.watch()
        process.stdout.readline()
        self.next_check(process, "as it is")
        (self.top / MINE).rename(self.top / "mine/backup")
        time.sleep(1.2)  # the file is away for longer than a look takes
        self.write(MINE, "  \n")
        self.next_check(process, "saved")
        process.send_signal(signal.SIGINT)
        self.assertNotIn("Traceback", process.communicate(timeout=60)[0])

    def next_check(self, process, why):
        self.assertEqual(process.stdout.readline(), "\n")
        self.assertRegex(process.stdout.readline(), rf"^--- \d\d:\d\d:\d\d {why} ---\n$")
        self.assertIn(MINE, process.stdout.readline())

    def test_what_passes_takes_one_line(self):
        self.solve()
        os.environ["WATCHING"] = "1"
        self.addCleanup(os.environ.pop, "WATCHING")
        self.assertRegex(self.run_course("try", "02"), r"^  ok  \d\d checks\n\nAll checks")


class Hints(Course):

    def test_each_call_gives_the_next_level(self):
        for level in (1, 2, 3):
            self.assertIn(f"softmax_row, hint {level} of 3\n", self.run_course("hint", "02"))
        printed = self.run_course("hint", "02")
        self.assertIn("those were all 3 hints", printed)
        self.assertIn("softmax_row, hint 1 of 3\n", printed)

    def test_the_first_unwritten_function_is_meant(self):
        text = self.read(EXERCISE)
        self.write(EXERCISE, text.replace("NOT_WRITTEN_YET();", "(void)n;", 1))
        self.assertIn("softmax_row_naive, hint 1 of 3\n", self.run_course("hint", "02"))

    def test_the_function_at_which_the_last_try_stopped_comes_first(self):
        self.solve("float greatest = -INFINITY;", "float greatest = 0.0f;")
        self.write(MINE, self.read(MINE) + "float unused(void) { NOT_WRITTEN_YET(); }\n")
        self.write(MINE, '#include "exercise.h"\n' + self.read(MINE))
        self.refuse("make hint-02 FUNCTION=softmax_row\n")
        self.assertIn("softmax_row, hint 1 of 3\n", self.run_course("hint", "02"))

    def test_what_passes_is_no_longer_hinted_at(self):
        self.run_course("try", "02", status=1)
        self.solve()
        self.run_course("try", "02")
        self.write(EXERCISE, self.read(EXERCISE).replace("NOT_WRITTEN_YET();", "(void)n;", 1))
        (self.top / MINE).unlink()
        self.assertIn("softmax_row_naive, hint 1 of 3\n", self.run_course("hint", "02"))

    def test_a_function_may_be_named(self):
        self.assertIn("log_sum_exp, hint 1 of 3\n", self.run_course("hint", "02", "log_sum_exp"))

    def test_an_unknown_function_gets_the_list(self):
        printed = self.run_course("hint", "02", "softmin", status=1)
        self.assertIn("no hints for softmin", printed)
        self.assertIn("entropy_bits", printed)


class Quiz(Course):

    def letters(self, right):
        """The right letter, or the first wrong one, of each question."""
        questions = re.split(r"^\? .*$", self.read("chapters/02_softmax/quiz.txt"), flags=re.M)[1:]
        marks = [re.findall(r"^([+-]) ", question, re.M) for question in questions]
        return ["abcd"[of_one.index("+" if right else "-")] for of_one in marks]

    def test_right_answers_are_marked(self):
        printed = self.run_course("quiz", "02", answers="\n".join(self.letters(True)) + "\n")
        self.assertEqual(printed.count("Right."), 5)
        self.assertNotIn("The answer is", printed)
        self.assertIn("5 of 5 right", printed)

    def test_wrong_answers_are_answered(self):
        printed = self.run_course("quiz", "02", answers="\n".join(self.letters(False)) + "\n")
        self.assertEqual(len(re.findall(r"No\. \w", printed)), 5)
        self.assertIn("0 of 5 right", printed)
        told = re.findall(r"The answer is ([a-d])\) ", printed)
        self.assertEqual(told, self.letters(True))
        self.assertIn("chapters/02_softmax/README.md, \"Quiz\"", printed)

    def test_nonsense_is_asked_again(self):
        first, *rest = self.letters(True)
        answers = "\n".join(["", "z", "ab", f" {first.upper()} ", *rest]) + "\n"
        printed = self.run_course("quiz", "02", answers=answers)
        self.assertEqual(printed.count("one letter from a to"), 3)
        self.assertIn("5 of 5 right", printed)

    def test_answers_may_end_early(self):
        printed = self.run_course("quiz", "02", answers=self.letters(True)[0] + "\n", status=1)
        self.assertIn("the answers ended after question 1: 1 right so far", printed)

    def test_it_works_on_a_terminal(self):
        master, slave = pty.openpty()
        self.addCleanup(os.close, master)
        with subprocess.Popen(**self.command(["quiz", "02"]), stdin=slave, stdout=subprocess.PIPE,
                              text=True) as process:
            os.close(slave)
            for letter in self.letters(True):
                os.write(master, f"{letter}\n".encode())
            self.assertIn("5 of 5 right", process.stdout.read())


class Progress(Course):

    def test_at_first_the_first_chapter_is_next(self):
        printed = self.run_course("progress")
        self.assertEqual(printed.count("not begun"), len(list(self.top.glob("chapters/*/exercise.c"))))
        self.assertIn("Next: read chapters/01_dot_products/README.md,\nwrite mine/01_dot_products.c (a copy of", printed)

    def test_an_exercise_that_was_begun_where_it_stands_is_gone_on_with(self):
        exercise = "chapters/01_dot_products/exercise.c"
        self.write(exercise, self.read(exercise) + "\n")
        self.assertIn(f"write {exercise},\nrun make try-01", self.run_course("progress"))

    def test_what_passed_and_what_changed_since_is_told(self):
        self.solve()
        self.assertIn("2. Softmax                       begun", self.run_course("progress"))
        self.run_course("try", "02")
        self.assertRegex(self.run_course("progress"), rf"\* 2\. Softmax +passed, in {MINE}\n")
        self.write(MINE, self.read(MINE) + "\n")
        self.assertRegex(self.run_course("progress"), rf"  2\. Softmax +passed before; changed since, in {MINE}\n")

    def test_nothing_is_next_when_all_is_done(self):
        for path in self.top.glob("chapters/*/exercise.c"):
            if path.parent.name != "02_softmax":
                path.unlink()
        self.solve()
        self.run_course("try", "02")
        self.assertIn("Every chapter is yours", self.run_course("progress"))


class Reset(Course):

    def test_an_untouched_exercise_stays(self):
        self.assertIn("is as it came", self.run_course("reset", "02"))
        self.assertEqual(list(self.top.glob("chapters/02_softmax/*.kept-*")), [])

    def test_the_readers_file_is_kept_beside_it_each_time(self):
        came = self.read(EXERCISE)
        for number, text in ((1, "int first;\n"), (2, "int second;\n")):
            self.write(EXERCISE, text)
            self.assertIn(f"yours is kept as {EXERCISE}.kept-{number}", self.run_course("reset", "02"))
            self.assertEqual(self.read(EXERCISE), came)
        self.assertEqual(self.read(f"{EXERCISE}.kept-1"), "int first;\n")
        self.assertEqual(self.read(f"{EXERCISE}.kept-2"), "int second;\n")

    def test_a_file_in_mine_becomes_the_exercise_again(self):
        self.solve()
        solved = self.read(MINE)
        self.assertIn(f"kept as {MINE}.kept-1", self.run_course("reset", "02"))
        self.assertEqual(self.read(MINE), self.read(EXERCISE))
        self.assertEqual(self.read(f"{MINE}.kept-1"), solved)

    def test_without_git_nothing_is_touched(self):
        shutil.rmtree(self.top / ".git")
        self.write(EXERCISE, "int mine;\n")
        self.assertIn("nothing to restore it from", self.run_course("reset", "02", status=1))
        self.assertEqual(self.read(EXERCISE), "int mine;\n")


class Break(Course):

    def test_the_mistakes_are_listed(self):
        printed = self.run_course("break", "02")
        names = re.findall(r"(?m)^\[(\w+)\]\n(?!as = )", self.read("chapters/02_softmax/mistakes.toml"))
        for name in names:
            self.assertRegex(printed, rf"(?m)^  {name}(\n      the belief:| ) ")
        self.assertEqual(printed.count("the belief: ") + len(re.findall(r"(?m)^  \w+  ", printed)), len(names))

    def test_the_lessons_mistakes_come_first_and_in_its_order(self):
        self.write("chapters/02_softmax/README.md", "# 2. Softmax\n\n## Break it\n\n(`no_maximum`), (`divide_by_n`)\n")
        printed = self.run_course("break", "02")
        self.assertEqual(re.findall(r"(?m)^  (\w+)\n      the belief: ", printed), ["no_maximum", "divide_by_n"])
        self.assertLess(printed.index("divide_by_n"), printed.index("blocked_row_is_nan  "))
        self.assertIn("make break-02 MISTAKE=no_maximum", printed)

    def test_an_unknown_mistake_is_refused(self):
        printed = self.run_course("break", "02", "no_such", status=1)
        self.assertEqual(printed, "chapter 02 has no mistake no_such; make break-02 lists them\n")

    def test_right_and_wrong_are_told_apart(self):
        printed = self.run_course("break", "02", "down_the_columns")
        self.assertIn("the belief: ", printed)
        self.assertRegex(printed, r"(?m)^--- right$")
        self.assertRegex(printed, r"(?m)^\+\+\+ wrong$")
        pictures = re.findall(r"^picture: (.*)$", printed, re.M)
        self.assertTrue(pictures or not shutil.which("gnuplot"), printed)
        for picture in pictures:
            self.assertEqual((self.top / picture).read_bytes()[:4], b"\x89PNG")

    def blocks(self, number, name, picture):
        """What a picture of a mistake is made of: its blocks, each as rows of fields."""
        if not shutil.which("gnuplot"):
            self.skipTest("without gnuplot nothing is drawn")
        self.assertIn(f"picture: build/plots/{picture}_break_{name}.png\n", self.run_course("break", number, name))
        table = self.read(f"build/plots/{picture}_break_{name}.table")
        return [[line.split("\t") for line in block.splitlines()] for block in table.split("\n\n\n")]

    def test_the_wrong_half_does_not_call_itself_right(self):
        page, right, _, wrong, *_ = self.blocks("02", "down_the_columns", "02_rows")
        self.assertEqual([row[1:] for row in page if row[0] == "half"],
                         [["A row is one word's choice: its weights sum to 1", "right"],
                          ["the columns sum to 1, the rows do not", "wrong: down_the_columns"]])
        self.assertEqual([row[1].partition(":")[0] for row in page if row[0] == "panel"],
                         ["right", "wrong", "should be", "wrong"])
        self.assertNotEqual(right, wrong)

    def test_what_the_program_shows_as_wrong_stays_wrong(self):
        printed = self.run_course("break", "02", "down_the_columns")
        self.assertNotRegex(printed, r"(?m)^[-+] +wrong ")
        printed = self.run_course("break", "05", "w_o_transposed")
        self.assertNotRegex(printed, r"(?m)^\+ +right ")

    def test_padding_on_the_queries_is_seen(self):
        printed = self.run_course("break", "07", "padding_masks_the_queries")
        self.assertRegex(printed, r"(?m)^\+  pad +0 +0 +0 +0 +0 +0 +0 +0$")

    def test_no_half_has_a_claim_that_is_false_there(self):
        page = self.blocks("07", "mask_after_softmax", "07_masks")[0]
        self.assertNotIn("title", [row[0] for row in page])
        self.assertEqual([row[1:] for row in page if row[0] == "half"],
                         [["Four masks, and the weights they leave: each row still sums to one", "right"],
                          ["the rows no longer sum to 1, and the result is too small",
                           "wrong: mask_after_softmax"]])

    def test_both_halves_have_one_scale(self):
        page = self.blocks("03", "swapped_q_k", "03_bank")[0]
        self.assertEqual([row for row in page if row[0] in ("low", "high")], [["low", "0"], ["high", "1"]])
        svg = self.read("build/plots/03_bank_break_swapped_q_k.svg")
        self.assertEqual(svg.count("<text>weight</text>"), 1)

    def test_both_halves_have_the_same_axes(self):
        self.blocks("02", "divide_by_n", "02_temperature")
        svg = self.read("build/plots/02_temperature_break_divide_by_n.svg")
        ticks = re.findall(r"<text>([\d.]+)</text>", svg)
        self.assertEqual(ticks[:len(ticks) // 2], ticks[len(ticks) // 2:])

    def test_a_picture_that_is_not_wrong_any_more_goes(self):
        old = "build/plots/02_overflow_break_down_the_columns.png"
        self.write(old, "")
        self.run_course("break", "02", "down_the_columns")
        self.assertFalse((self.top / old).exists())

    def test_what_the_example_does_not_show_the_checks_show(self):
        printed = self.run_course("break", "02", "entropy_of_zero")
        self.assertIn("does not show this mistake", printed)
        self.assertIn("what was expected", printed)
        self.assertIn("entropy_of_zero: ", printed)


class Proof(Course):

    PATH = "chapters/02_softmax/mistakes.toml"

    def entries(self, count=5):
        """Leaves the first few entries, so that a proof is quick. Gives the text of the first, and that of the others."""
        first, *others = re.split(r"(?m)^(?=\[\w+\]\n(?!as = ))", self.read(self.PATH))[1:count + 1]
        self.write(self.PATH, first + "".join(others))
        return first, "".join(others)

    def prove(self):
        return self.run_course("mistakes", "02", status=1)

    def test_an_entry_that_proves_nothing_is_found_out(self):
        first, others = self.entries()
        name = re.match(r"\[(\w+)\]", first)[1]
        for pattern, text, said in (
            (r'(?m)^check = .*$', 'check = "no_such_check"', "is not caught by no_such_check"),
            (r"(?m)^check = .*\n", "", "no check"),
            (r"(?m)^check = ", "checks = ", "no check; unknown field checks"),
        ):
            self.write(self.PATH, re.sub(pattern, text, first) + others)
            self.assertRegex(self.prove(), rf"{re.escape(self.PATH)}: {name}:? {re.escape(said)}")

    def test_an_edit_must_fit_in_one_place(self):
        first, others = self.entries()
        for lines, times in (("    no such line;\n", 0), ("}\n", self.read(REFERENCE).count("\n}\n"))):
            edit = f"replace = '''\n{lines}'''\nby = '''\n'''\n"
            self.write(self.PATH, re.sub(r"(?s)replace = .*\Z", lambda _: edit, first) + others)
            self.assertIn(f"must stand there once, but does {times} times:\n{lines}", self.prove())

    def test_two_edits_do_not_meet(self):
        first, others = self.entries()
        edit = re.search(r"(?s)\[\[\w+\.edit\]\].*?\n'''\nby = '''.*?'''\n", first)[0]
        self.write(self.PATH, first + edit + others)
        self.assertIn("two edits change the same lines", self.prove())

    def test_a_file_that_is_no_toml_is_told(self):
        self.write(self.PATH, "[no_maximum\n")
        self.assertRegex(self.prove(), rf"\A{re.escape(self.PATH)}: .*line 1.*\n\Z")

    def test_two_checks_of_one_name_are_found_out(self):
        self.entries()
        path = "tests/02_softmax_checks.c"
        first, second = re.findall(r'(?m)^    \{"(\w+)"', self.read(path))[:2]
        self.write(path, self.read(path).replace(f'"{second}"', f'"{first}"'))
        self.assertIn(f"has two checks called {first}", self.prove())

    def test_a_wrong_variant_is_found_out(self):
        self.entries()
        self.solve("float greatest = -INFINITY;", "float greatest = 0.0f;", "tests/variants/02_softmax_1.c")
        self.assertIn("tests/variants/02_softmax_1.c is right, but does not pass", self.prove())


if __name__ == "__main__":
    unittest.main()
