#!/usr/bin/env python3
"""A new chapter needs its own files and no edit of any list: the smallest one is added to a copy, built, tried and proven.

It is chapter 0, below all others, so that nothing else has to be built.
"""
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

TOP = pathlib.Path.cwd()
PYTHON = sys.executable
CHAPTER = "chapters/00_means"

HEADER = '''/**
 * @file means.h
 * @brief Chapter 0: the mean of a row.
 */
#ifndef HEADWISE_MEANS_H
#define HEADWISE_MEANS_H

#include "matrix.h"
#include "status.h"

/**
 * The mean of each row.
 *
 * @param x   T x d, d at least 1.
 * @param out Receives the means, T x 1; must not overlap x.
 * @return STATUS_SHAPE when the shapes do not fit; then nothing is written.
 */
Status row_means(Matrix x, Matrix out) MUST_USE;

#endif
'''
REFERENCE = '''#include "means.h"

Status row_means(Matrix x, Matrix out)
{
    Status status = STATUS_OK;
    TRY(matrix_expect("row_means", "out", out, x.rows, 1, "T x 1"));
    for (size_t r = 0; r < x.rows; r++) {
        double sum = 0.0;
        for (size_t c = 0; c < x.cols; c++)
            sum += matrix_row(x, r)[c];
        matrix_row(out, r)[0] = (float)(sum / (double)x.cols);
    }
done:
    return status;
}
'''
EXERCISE = '''#include "means.h"

#include "exercise.h"

Status row_means(Matrix x, Matrix out)
{
    /* 1. Check the shape of out. 2. Add up each row. 3. Divide by its length. */
    NOT_WRITTEN_YET();
}
'''
LESSON = '''# 0. Means

## By hand

<!-- yours -->

```console
$ build/bin/00_means
means (2 x 1)
  2.0
  5.0
```

## The code

`row_means`.

## Break it

A sum is no mean (`not_divided`).
'''
DEMO = '''/* The program of chapter 0: the means of two rows. */
#include "means.h"
#include "print.h"
#include "program.h"

#include <stdio.h>

static Status example(const char *sentence)
{
    Status status = STATUS_OK;
    float x[] = {1, 2, 3, 4, 5, 6}, means[2];
    (void)sentence;
    TRY(row_means(matrix_view(x, 2, 3), matrix_view(means, 2, 1)));
    print_matrix(stdout, matrix_view(means, 2, 1), (PrintStyle){.title = "means", .decimals = 1});
done:
    return status;
}

enum { X, OUT, OPTION_COUNT };
static const Option OPTIONS[OPTION_COUNT] = {
    [X] = {"x", "FILE", "the rows"},
    [OUT] = {"out", "FILE", "receives their means"},
};

static Status arrays(void)
{
    return program_require((const size_t[]){X, OUT}, 2);
}

int main(int argc, char **argv)
{
    const Program program = {.name = "00_means", .summary = "means of rows", .options = OPTIONS,
                             .option_count = OPTION_COUNT, .example = example, .arrays = arrays,
                             .no_sentence = true};
    return program_main(&program, argc, argv);
}
'''
CHECKS = '''/* Chapter 0: what each function must do. */
#include "checks.h"

#include "means.h"

static void some_rows(Case *given)
{
    given->as_views = given->index == 3;
    case_input(given, "x", 2 + given->index, 3 - given->index % 2);
    case_output(given, 2 + given->index, 1);
}

static void no_room(Case *given)
{
    case_input(given, "x", 2, 3);
    case_output(given, given->index + 1, 2 - given->index);
}

static Status call_row_means(const Case *given, Matrix out)
{
    return row_means(given->inputs[0], out);
}

const Check CHECKS[] = {
    {"each_row_has_its_mean", "row_means", "divide the sum of a row by its length", 6, some_rows,
     call_row_means},
    {"other_shapes_are_refused", "row_means", "refuse an out of another shape", 2, no_room,
     call_row_means},
};
const size_t CHECK_COUNT = sizeof CHECKS / sizeof *CHECKS;
'''
MISTAKES = {  # name: (what stands in the reference, what comes there)
    "not_divided": ("(float)(sum / (double)x.cols)", "(float)sum"),
    "divided_by_rows": ("(double)x.cols", "(double)x.rows"),
    "first_left_out": ("size_t c = 0", "size_t c = 1"),
    "not_cleared": ("sum += matrix_row(x, r)[c]", "sum = matrix_row(x, r)[c]"),
    "first_row_for_all": ("sum += matrix_row(x, r)[c]", "sum += matrix_row(x, 0)[c]"),
}


def entry(name, old, new):
    line = next(line for line in REFERENCE.splitlines() if old in line)
    check = "each_row_has_its_mean"
    return (f'[{name}]\nbelief = "{name}"\nsymptom = "other means"\ncheck = "{check}"\ndiagnosis = "it is {name}"\n'
            f"place = 'lesson 0, \"The code\"'\n[[{name}.edit]]\nreplace = '''\n{line}\n'''\nby = '''\n"
            f"{line.replace(old, new)}\n'''\n")


HINTS = "# Hints\n\n## row_means\n\n1. Three steps.\n2. A loop in a loop.\n3. Divide at the end.\n"
QUIZ = "\n".join(f"? Question {i}\n+ Right\n  Yes.\n- Wrong\n  No.\n" for i in range(5))

FILES = {
    f"{CHAPTER}/README.md": LESSON, f"{CHAPTER}/means.h": HEADER, f"{CHAPTER}/means.c": REFERENCE,
    f"{CHAPTER}/exercise.c": EXERCISE, f"{CHAPTER}/hints.md": HINTS, f"{CHAPTER}/quiz.txt": QUIZ,
    f"{CHAPTER}/mistakes.toml": "\n".join(entry(name, *edit) for name, edit in MISTAKES.items()),
    f"{CHAPTER}/demo/demo.c": DEMO,
    f"{CHAPTER}/demo/calls.txt": "# Calls that work.\n$ 00_means --x 2x3.npy --out out.npy\nout.npy (2, 1)\n",
    "tests/00_means_checks.c": CHECKS,
    "tests/variants/00_means_1.c": REFERENCE.replace("double sum", "long double sum"),
    "tests/variants/00_means_2.c": REFERENCE.replace("sum / (double)x.cols", "sum * (1.0 / (double)x.cols)"),
    "tests/variants/00_means_3.c": REFERENCE.replace("size_t c = 0; c < x.cols; c++", "size_t c = x.cols; c-- > 0;"),
    "tests/variants/00_means_4.c": REFERENCE.replace("sum / (double)x.cols", "1.0 / (double)x.cols * sum"),
    "tests/variants/00_means_5.c": REFERENCE.replace("double sum", "volatile double sum"),
}


class NewChapter(unittest.TestCase):

    @classmethod
    def setUpClass(cls):
        cls.directory = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.directory.cleanup)
        cls.top = pathlib.Path(cls.directory.name) / "copy"
        shutil.copytree(TOP, cls.top, ignore=shutil.ignore_patterns("build", "mine", ".git"))
        for path, text in FILES.items():
            (cls.top / path).parent.mkdir(parents=True, exist_ok=True)
            (cls.top / path).write_text(text)

    def make(self, *words, status=0):
        environment = {name: value for name, value in os.environ.items() if name not in ("MAKEFLAGS", "BUILD", "BUILT")}
        result = subprocess.run(["make", "--no-print-directory", "-j2", *words], cwd=self.top, env=environment, text=True,
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.assertEqual(result.returncode != 0, status != 0, result.stdout)
        return result.stdout

    def course(self, *words):
        result = subprocess.run([PYTHON, "-B", "tests/course.py", *words], cwd=self.top, text=True,
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.assertEqual(result.returncode, 0, result.stdout)
        return result.stdout

    def test_its_own_files_are_enough(self):
        self.assertIn("  2.0\n  5.0\n", self.make("run-00"))
        self.assertIn("row_means is not written yet", self.make("try-00", status=2))
        self.assertIn("row_means, hint 1 of 3", self.make("hint-00"))
        (self.top / "mine").mkdir()
        (self.top / "mine/00_means.c").write_text(REFERENCE.replace("sum / (double)x.cols", "sum"))
        self.assertIn("not_divided: it is not_divided", self.make("try-00", status=2))
        (self.top / "mine/00_means.c").write_text(REFERENCE)
        self.assertIn("With your code:\n\nmeans (2 x 1)\n  2.0\n", self.make("try-00"))
        self.assertRegex(self.make("progress"), r"\* 0\. Means +passed")
        self.assertIn("the belief: not_divided", self.make("break-00"))
        self.assertIn("mistakes: 5 named", self.course("mistakes", "00"))
        self.assertIn("slips", self.course("slips", "00"))
        self.assertIn("00_means", self.make("-n", "tour"))


if __name__ == "__main__":
    unittest.main()
