#!/usr/bin/env python3
"""Runs the Python of the pages: the recipes to bring arrays, and the lines beside the lessons' formulas.

The `python` and `sh` blocks of PAGES are run in order, those of a page in one shell that
starts at the top of the repository. A block that fails, by an exception, an assertion or an exit
status, fails the test.

Of the lessons in FORMULAS the first block of the section is one formula in both libraries. A comment that begins
`# NumPy`, `# PyTorch` or `# NumPy and PyTorch` says to which its line and those below belong. They are run with the same
random arrays and must give the same, and the chapter's program the same again. Needs NumPy and PyTorch, and the
programs built.
"""

import pathlib
import re
import shlex
import subprocess
import sys
import tempfile
import types

import numpy
import torch

PAGES = {
    "docs/your-own-arrays.md": None,  # all of it
    "chapters/07_masking/README.md": "A large number for minus infinity",
}
BLOCK = re.compile(r"^```(python|sh)\n(.*?)^```", re.M | re.S)
# What a formula needs: the section, the shapes of its arrays, and the program that computes it, with its options.
Formula = types.SimpleNamespace
FORMULAS = {
    "01_dot_products": Formula(
        section="From one", shapes={"q": (6, 4), "k": (5, 4)}, result="scores", options="--a {q} --b {k_T}"),
    "02_softmax": Formula(section="Rows", shapes={"s": (6, 5)}, result="a", options="--x {s}"),
    "03_self_attention": Formula(
        section="The formula", shapes={"q": (6, 4), "k": (5, 4), "v": (5, 3)}, result="out",
        options="--q {q} --k {k} --v {v}"),
    "04_head_splitting": Formula(
        section="Formula", shapes={"x": (6, 8)}, result="split", options="--x {x} --heads 2"),
    "05_multi_head_attention": Formula(
        section="Formula", shapes={"x": (6, 8)}, result="out",
        options="--x {x} --wq {w_q} --wk {w_k} --wv {w_v} --wo {w_o} --heads 2"),
    "06_positional_encoding": Formula(
        section="Formula", shapes={}, result="pe", options="--positions 6 --d-model 8"),
    "07_masking": Formula(
        section="Formula", shapes={"q": (6, 4), "k": (5, 4), "v": (5, 3)}, result="out",
        options="--q {q} --k {k} --v {v} --mask {allowed}"),
    "08_transformer_block": Formula(
        section="Formula", shapes={"x": (6, 8), "g": (8,), "s": (8,)}, result="n", options=None),
    "09_encoder_decoder": Formula(
        section="Formula", result="h p", options=None,
        shapes={"x": (6, 8), "z": (5, 8), "w_q": (8, 4), "w_k": (8, 4), "w_v": (8, 3), "out": (6, 8), "E": (7, 8)}),
}
SIZES = {"T": 6, "d": 8, "d_model": 8, "heads": 2, "epsilon": 1e-5, "tau": 0.7}


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


def softmax(scores):
    """Chapter 2's, for NumPy."""
    numbers = numpy.exp(scores - scores.max(-1, keepdims=True))
    return numbers / numbers.sum(-1, keepdims=True)


def functional():
    """torch.nn.functional; before PyTorch 2 its attention was there under another name and gave the weights too."""
    functions = torch.nn.functional
    if not hasattr(functions, "scaled_dot_product_attention"):
        functions.scaled_dot_product_attention = lambda *args, **kw: functions._scaled_dot_product_attention(*args, **kw)[0]
    return functions


def in_libraries(blocks):
    """The lines of the blocks for (NumPy, PyTorch)."""
    lines, libraries = {"NumPy": [], "PyTorch": []}, ["NumPy"]
    for line in "\n".join(code for _, code in blocks).split("\n"):
        comment = re.search(r"# (NumPy|PyTorch)( and PyTorch)?", line)
        if comment:
            libraries = ["NumPy", "PyTorch"] if comment.group(2) else [comment.group(1)]
        for library in libraries:
            lines[library].append(line)
    return ["\n".join(lines[library]) for library in ("NumPy", "PyTorch")]


def arrays_of(formula, random):
    arrays = {name: random.standard_normal(shape).astype("float32") for name, shape in formula.shapes.items()}
    if "{allowed}" in (formula.options or ""):
        arrays["allowed"] = numpy.tri(6, 5, dtype=bool)
    return arrays


def run_formula(root, chapter, formula, random):
    """Runs one formula in three ways: in NumPy, in PyTorch, and by the chapter's program."""
    page = root / "chapters" / chapter / "README.md"
    ours, theirs = in_libraries(BLOCK.findall(section(page.read_text(), formula.section)))
    arrays = arrays_of(formula, random)
    in_torch = {name: torch.from_numpy(array) for name, array in arrays.items()}
    in_torch |= SIZES | {"torch": torch, "np": torch, "F": functional()}
    exec(theirs, in_torch)
    if "layer" in in_torch:  # a class makes its own weights, as (out, in)
        layer = in_torch["layer"]
        weights = [*layer.in_proj_weight.detach().numpy().reshape(3, 8, 8), layer.out_proj.weight.detach().numpy()]
        arrays |= {name: weight.T for name, weight in zip(("w_q", "w_k", "w_v", "w_o"), weights)}
        ours += "\nout = multi_head_attention(x, w_q, w_k, w_v, w_o, heads)"
    in_numpy = arrays | SIZES | {"np": numpy, "softmax": softmax}
    exec(ours, in_numpy)
    results = [in_numpy[name] for name in formula.result.split()]
    for name, result in zip(formula.result.split(), results):
        expect(f"{page}: {name} of NumPy and of PyTorch", result, in_torch[name].detach().numpy())
    if formula.options:
        arrays |= {"k_T": arrays["k"].T} if "k" in arrays else {}
        expect(f"{page}: the program", results[0], from_program(root, chapter, formula.options, arrays))


def from_program(root, chapter, options, arrays):
    with tempfile.TemporaryDirectory() as folder:
        for name, array in arrays.items():
            numpy.save(f"{folder}/{name}.npy", array)
        files = {name: f"{folder}/{name}.npy" for name in arrays}
        command = [root / "build/bin" / chapter, *options.format(**files).split(), "--out", f"{folder}/result.npy"]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, timeout=300)
        return numpy.load(f"{folder}/result.npy")


def expect(what, result, expected):
    if result.shape != expected.shape or not numpy.allclose(result, expected, rtol=1e-5, atol=1e-5):
        sys.exit(f"{what}: not the same\n{result}\n{expected}")


def main():
    root = pathlib.Path(__file__).resolve().parent.parent
    random = numpy.random.default_rng(8)
    for chapter, formula in FORMULAS.items():
        run_formula(root, chapter, formula, random)
    count = 0
    for page, heading in PAGES.items():
        blocks = BLOCK.findall(section((root / page).read_text(), heading))
        if not blocks:
            sys.exit(f"{page}: no recipe found")
        if subprocess.run(["bash", "-c", script(blocks)], cwd=root, timeout=300).returncode != 0:
            sys.exit(f"{page}: a block fails; what it said is above")
        count += len(blocks)
    print(f"recipes: {count} blocks run, {len(FORMULAS)} formulas the same in NumPy, in PyTorch and here")


if __name__ == "__main__":
    main()
