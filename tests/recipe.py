#!/usr/bin/env python3
"""Runs the Python of the pages: the recipes to bring arrays, and the lines beside the lessons' formulas.

The `python` and `sh` blocks of PAGES are run in order, those of a page in one shell that
starts at the top of the repository. A block that fails, by an exception, an assertion or an exit
status, fails the test.

Of the lessons in FORMULAS the blocks of a section are its formulas in both libraries. A comment that begins
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
# What a formula needs: the chapter and the section, the shapes of its arrays, its results, and with which options the
# chapter's program computes the first of them.
Formula = types.SimpleNamespace
FORMULAS = [
    Formula(chapter="01_dot_products", section="By hand", shapes={"a": (8,), "b": (8,)}, result="cosine", options=None),
    Formula(
        chapter="01_dot_products", section="From one", shapes={"q": (6, 4), "k": (5, 4)}, result="scores",
        options="--a {q} --b {k_T}"),
    Formula(chapter="02_softmax", section="Rows", shapes={"s": (6, 5)}, result="a", options="--x {s}"),
    Formula(
        chapter="02_softmax", section="Temperature", shapes={"s": (6, 5)}, result="a bits",
        options="--x {s} --temperature 0.7"),
    Formula(chapter="02_softmax", section="Log-sum-exp", shapes={"x": (6, 5)}, result="lse", options=None),
    Formula(
        chapter="03_self_attention", section="The formula", shapes={"q": (6, 4), "k": (5, 4), "v": (5, 3)}, result="out",
        options="--q {q} --k {k} --v {v}"),
    Formula(
        chapter="04_head_splitting", section="Formula", shapes={"x": (6, 8)}, result="split", options="--x {x} --heads 2"),
    Formula(
        chapter="05_multi_head_attention", section="Formula", shapes={"x": (6, 8)}, result="out",
        options="--x {x} --wq {w_q} --wk {w_k} --wv {w_v} --wo {w_o} --heads 2"),
    Formula(
        chapter="06_positional_encoding", section="Formula", shapes={}, result="pe", options="--positions 6 --d-model 8"),
    Formula(
        chapter="07_masking", section="Formula", shapes={"q": (6, 4), "k": (5, 4), "v": (5, 3)}, result="out",
        options="--q {q} --k {k} --v {v} --mask {allowed}"),
    Formula(
        chapter="08_transformer_block", section="Formula", shapes={"x": (6, 8), "g": (8,), "s": (8,)}, result="n z", options=None),
    Formula(
        chapter="09_encoder_decoder", section="Formula", result="x h p", options=None,
        shapes={"pe": (6, 8), "z": (5, 8), "w_q": (8, 4), "w_k": (8, 4), "w_v": (8, 3), "out": (6, 8), "E": (7, 8)}),
]
SIZES = {"T": 6, "d": 8, "d_model": 8, "d_ff": 12, "heads": 2, "epsilon": 1e-5, "tau": 0.7, "words": [3, 1, 4, 1, 5, 6]}


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


def norm(x):
    """Chapter 8's with a gain of 1 and a shift of 0, as a new layer of PyTorch's has it."""
    return (x - x.mean(-1, keepdims=True)) / numpy.sqrt(x.var(-1, keepdims=True) + SIZES["epsilon"])


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


def lines_of(root, chapter, heading):
    page = root / "chapters" / chapter / "README.md"
    return in_libraries(BLOCK.findall(section(page.read_text(), heading)))


def of_attention(layer):
    """The weights that a layer of PyTorch's made for itself as (out, in), as (in, out)."""
    weights = [*layer.in_proj_weight.reshape(3, 8, 8), layer.out_proj.weight]
    return {name: weight.detach().numpy().T for name, weight in zip(("w_q", "w_k", "w_v", "w_o"), weights)}


def of_block(block):
    network = {"w_1": block.linear1.weight.T, "b_1": block.linear1.bias, "w_2": block.linear2.weight.T, "b_2": block.linear2.bias}
    return of_attention(block.self_attn) | {name: array.detach().numpy() for name, array in network.items()}


def run_formula(root, formula, random):
    """Runs one formula in three ways: in NumPy, in PyTorch, and by the chapter's program."""
    chapter = formula.chapter
    ours, theirs = lines_of(root, chapter, formula.section)
    arrays = arrays_of(formula, random)
    in_torch = {name: torch.from_numpy(array) for name, array in arrays.items()}
    in_torch |= SIZES | {"torch": torch, "np": torch, "F": functional()}
    exec(theirs, in_torch)
    if "layer" in in_torch:
        arrays |= of_attention(in_torch["layer"])
        ours += "\nout = multi_head_attention(x, w_q, w_k, w_v, w_o, heads)"
    if "block" in in_torch:
        arrays |= of_block(in_torch["block"])
        ours = lines_of(root, "05_multi_head_attention", "Formula")[0] + "\n" + ours
    in_numpy = arrays | SIZES | {"np": numpy, "softmax": softmax, "norm": norm}
    exec(ours, in_numpy)
    results = [in_numpy[name] for name in formula.result.split()]
    for name, result in zip(formula.result.split(), results):
        expect(f"{chapter}: {name} of NumPy and of PyTorch", result, in_torch[name].detach().numpy())
    if formula.options:
        arrays |= {"k_T": arrays["k"].T} if "k" in arrays else {}
        expect(f"{chapter}: the program", results[0], from_program(root, chapter, formula.options, arrays))


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
    for formula in FORMULAS:
        run_formula(root, formula, random)
    count = 0
    for page, heading in PAGES.items():
        blocks = BLOCK.findall(section((root / page).read_text(), heading))
        if not blocks:
            sys.exit(f"{page}: no recipe found")
        if subprocess.run(["bash", "-c", script(blocks)], cwd=root, timeout=300).returncode != 0:
            sys.exit(f"{page}: a block fails; what it said is above")
        count += len(blocks)
    print(f"recipes: {count} blocks run, the formulas of {len(FORMULAS)} sections the same in NumPy, in PyTorch and here")


if __name__ == "__main__":
    main()
