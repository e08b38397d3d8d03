"""Finds the lines of C that the interactive parts of the book show, such as the one that computes each matrix of the layer.

    lines.py

Prints a script for live.js. A line is named by its function and a part of its text, and stands there as long as the
statement goes on. One that is gone, or no longer the only one, is an error.
"""

import json
import pathlib
import re
import sys

# Of each matrix or step: the directory and the source, the function, and what only this line of it contains.
LINES = {
    "dot": ("01_dot_products", "dot_products.c", "dot", "sum +="),
    "view": ("04_head_splitting", "head_splitting.c", "head_view", "matrix_columns"),
    "copy": ("04_head_splitting", "head_splitting.c", "split_heads", "matrix_copy"),
    "residual": ("08_transformer_block", "transformer_block.c", "add", "[c] ="),
    "norm": ("08_transformer_block", "transformer_block.c", "sublayer_output", "layer_norm"),
    "kept": ("09_encoder_decoder", "generation.c", "append", "linear("),
    "rescale": ("10_fast_attention", "fast_attention.c", "rescale", "->sum *="),
    "vectors": ("common/example", "sentence.c", "fill", "memcpy("),
    "x": ("06_positional_encoding", "positional_encoding.c", "add_positions", "[c] ="),
    "q": ("05_multi_head_attention", "multi_head_attention.c", "multi_head_project", "query_of"),
    "k": ("05_multi_head_attention", "multi_head_attention.c", "multi_head_project", "key_of"),
    "v": ("05_multi_head_attention", "multi_head_attention.c", "multi_head_project", "value_of"),
    "scores": ("03_self_attention", "self_attention.c", "attention_scores", "matrix_product_transposed"),
    "scaled": ("03_self_attention", "self_attention.c", "attention_scores", "*= scale"),
    "blocked": ("07_masking", "masking.c", "mask_scores", "-INFINITY"),
    "weights": ("02_softmax", "softmax.c", "softmax_row_at", "/ sum"),
    "head": ("07_masking", "masking.c", "mix_values", "sum +="),
    "concat": ("05_multi_head_attention", "multi_head_attention.c", "multi_head_select", "->concat"),
    "out": ("05_multi_head_attention", "multi_head_attention.c", "multi_head_output", "matrix_product"),
}


def statement(path, function, part):
    """The statement of a function whose first line contains a text, on one line."""
    source = path.read_text(encoding="utf-8")
    bodies = re.findall(rf"(?ms)^\w[^\n;]*\b{function}\([^;{{]*\)\n{{\n(.*?)^}}", source)
    lines = bodies[0].split("\n") if len(bodies) == 1 else []
    places = [i for i, line in enumerate(lines) if part in line]
    if len(places) != 1:
        sys.exit(f"{path}: {function}() has {len(places)} lines with {part!r}, but the book shows one")
    found = lines[places[0]:]
    end = next(i for i, line in enumerate(found) if ";" in line)
    return " ".join(" ".join(found[:end + 1]).split())


def entry(directory, source, function, part):
    chapter = re.match(r"(\d\d)_", directory)
    path = pathlib.Path("chapters" if chapter else "", directory, source)
    told = {"text": statement(path, function, part), "function": function}
    if chapter:
        told |= {"chapter": int(chapter.group(1)), "address": f"chapter_{directory}.html"}
    return told


if __name__ == "__main__":
    print(f"const LIVE_LINES = {json.dumps({name: entry(*where) for name, where in LINES.items()})};")
