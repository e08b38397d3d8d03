#!/usr/bin/env python3
"""What the makefiles promise to a reader, whatever compiler and libraries there are."""
import os
import pathlib
import re
import subprocess
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent

# A compiler that says of itself what files say.
COMPILER = """#!/bin/sh
here=$(dirname "$0")
for word; do
    case $word in
    -dumpmachine) exec cat "$here/machine" ;;
    -fopenmp) [ -e "$here/openmp" ] || exit 1 ;;
    -m*) [ "$(cat "$here/machine")" = x86_64-linux-gnu ] || exit 1 ;;
    esac
    [ "${word#-m}" = "$word" ] && set -- "$@" "$word"
    shift
done
exec cc "$@"
"""


def is_here(library):
    return subprocess.run(["sh", "tests/deps/library.sh", library], cwd=ROOT, capture_output=True).returncode == 0


class Make(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.place = pathlib.Path(self.folder.name)
        self.build = self.place / "build"
        self.addCleanup(self.folder.cleanup)

    def start(self, *words, **environment):
        clean = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS", "BUILD"))}
        return subprocess.Popen(["make", "--no-print-directory", f"BUILD={self.build}", "CFLAGS=-O0", *words], cwd=ROOT,
                                env=dict(clean, **environment), text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

    def make(self, *words, status=0, **environment):
        process = self.start(*words, **environment)
        said = process.communicate()[0]
        self.assertEqual(process.returncode, status, said)
        return said

    def compiler(self, machine, openmp):
        """A compiler for a machine, with or without OpenMP."""
        path = self.place / "compiler"
        path.write_text(COMPILER)
        path.chmod(0o755)
        (self.place / "machine").write_text(machine + "\n")
        (self.place / "openmp").unlink(missing_ok=True)
        if openmp:
            (self.place / "openmp").touch()
        return f"CC={path}"

    def test_what_the_compiler_can_is_asked_again_and_rebuilds(self):
        objects = [f"{self.build}/obj/chapters/10_fast_attention/engine/{name}.o" for name in ("parallel", "kernels_avx2")]
        seen = []
        for machine, openmp in (("aarch64-linux-gnu", False), ("x86_64-linux-gnu", True), ("x86_64-linux-gnu", True)):
            seen.append(self.make("V=1", self.compiler(machine, openmp), *objects))
        self.assertNotRegex(seen[0], "-mavx2|-fopenmp")
        self.assertRegex(seen[1], "-mavx2 -mfma .*kernels_avx2")
        self.assertRegex(seen[1], "-fopenmp .*parallel")
        self.assertNotIn("parallel.c", seen[2])

    def test_what_follows_deps_is_asked_when_everything_is_there(self):
        said = self.make("-n", "deps", "help", "CC=/no/such/compiler")
        self.assertRegex(said, r"(?s)install\.sh deps.*make --no-print-directory .*help")

    def test_without_a_compiler_one_line_says_what_to_do(self):
        said = self.make("CC=/no/such/compiler", "all", status=2)
        self.assertEqual(said.splitlines()[0], "no compiler /no/such/compiler here: make deps")

    @unittest.skipIf(is_here("openblas"), "the library itself is here")
    def test_a_header_of_another_library_is_no_library(self):
        (self.place / "cblas.h").write_text("void cblas_sgemm(void);\n")
        found = subprocess.run(["sh", "tests/deps/library.sh", "openblas"], cwd=ROOT, capture_output=True, text=True,
                               env=dict(os.environ, BUILD=str(self.build), C_INCLUDE_PATH=str(self.place)))
        self.assertEqual((found.returncode, found.stdout, found.stderr), (1, "", ""))

    @unittest.skipIf(is_here("dnnl"), "the library has come already")
    def test_a_worker_is_built_again_when_its_library_has_come(self):
        worker, include = f"{self.build}/bench/bin/onednn_worker", self.place / "include"
        include.mkdir()
        before = self.make(worker)
        # A library of that name whose version this worker does not know.
        (include / "dnnl.h").write_text("const void *dnnl_version(void);\n")
        (include / "dnnl.c").write_text("const void *dnnl_version(void) { return 0; }\n")
        subprocess.run(["cc", "-shared", "-fPIC", "-o", include / "libdnnl.so", include / "dnnl.c"], check=True)
        after = self.make("V=1", worker, C_INCLUDE_PATH=str(include), LIBRARY_PATH=str(include))
        self.assertIn("onednn_worker", before)
        self.assertRegex(after, "-DHAVE_dnnl .*onednn_worker")
        self.assertIn("-ldnnl", after)

    def test_a_room_finds_no_header_of_a_room_above(self):
        said = self.make("-n", "V=1", f"{self.build}/obj/common/files/npy.o")
        self.assertEqual(re.findall(r" -I(\S+)", said), ["common/numbers", "common/example", "common/files"])

    def test_a_program_is_nobodys_floor(self):
        said = self.make("-n", "V=1", f"{self.build}/obj/chapters/03_self_attention/self_attention.o", f"{self.build}/bin/03_self_attention")
        self.assertIn("-Ichapters/02_softmax/shared", said)
        self.assertNotIn("/demo ", said)
        self.assertNotRegex(said, r"chapters/0[12]\w*/demo/")

    def test_a_warning_does_not_stop_a_reader(self):
        said = self.make("CFLAGS=-O3 -Wunused-macros -Wdeclaration-after-statement", f"{self.build}/obj/common/pictures/plot_file.o")
        self.assertIn("warning:", said)

    def test_two_makes_at_once_do_not_meet(self):
        program = self.build / "bin" / "01_dot_products"
        both = [self.start(str(program)) for _ in range(2)]
        for process in both:
            said = process.communicate()[0]
            self.assertEqual(process.returncode, 0, said)
        subprocess.run([program, "--help"], check=True, capture_output=True)
        left = [path for path in self.build.rglob("*") if path.suffix[1:].isdigit()]
        self.assertEqual(left, [])

    def test_a_build_directory_of_two_words_is_refused(self):
        said = self.make("all", "BUILD=a b", status=2)
        self.assertRegex(said, r'^Makefile:\d+: \*\*\* BUILD is "a b": make takes it for 2 names, .*\n\Z')


if __name__ == "__main__":
    unittest.main(verbosity=0)
