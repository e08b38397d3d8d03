#!/usr/bin/env python3
"""Makes the golden numbers in encoder/ with real torch.nn.TransformerEncoder and -EncoderLayer.

Run it in this directory. It needs PyTorch and NumPy; the tests only read what it wrote. The weights are
not stored: both sides make them, float32, from the same SplitMix64 (common/numbers/random.h), array after array
in the order of state_dict(). All arithmetic is float64. tests/08_block_model_test.c has the same table of
cases.
"""

import collections

import numpy
import torch

Case = collections.namedtuple("Case", "name seed layers d_model heads d_ff tokens pre activation causal lengths norm biases")
CASES = [
    Case("one_layer", 1, 0, 16, 2, 24, 5, False, "relu", False, None, False, True),
    Case("pre_gelu_padded", 2, 2, 24, 3, 40, 7, True, "gelu", False, [7, 4], True, True),
    Case("post_gelu_causal", 3, 3, 32, 4, 20, 6, False, "gelu", True, None, False, True),
    Case("pre_relu_causal_padded", 4, 6, 64, 8, 128, 9, True, "relu", True, [3, 9], True, True),
    Case("no_biases", 5, 2, 20, 5, 30, 4, True, "gelu", False, None, False, False),
    Case("post_relu_512", 6, 6, 512, 8, 2048, 4, False, "relu", False, [4, 3], True, True),
]
BATCH = 2


class SplitMix64:
    """common/numbers/random.c's generator, many numbers at a time."""

    def __init__(self, seed):
        self.state = seed

    def uniform(self, count):
        with numpy.errstate(over="ignore"):
            z = numpy.uint64(self.state) + numpy.arange(1, count + 1, dtype=numpy.uint64) * numpy.uint64(0x9E3779B97F4A7C15)
            self.state = int(z[-1])
            z = (z ^ (z >> numpy.uint64(30))) * numpy.uint64(0xBF58476D1CE4E5B9)
            z = (z ^ (z >> numpy.uint64(27))) * numpy.uint64(0x94D049BB133111EB)
            z = z ^ (z >> numpy.uint64(31))
        return (z >> numpy.uint64(11)).astype(numpy.float64) * 2.0**-53

    def between_ones(self, shape):
        return 2 * self.uniform(int(numpy.prod(shape))).reshape(shape) - 1


def values(random, name, shape):
    """The numbers of one array: weights that keep the variance, small biases, gains around 1."""
    numbers = random.between_ones(shape)
    if len(shape) == 2:
        return (numbers * numpy.sqrt(3.0 / shape[1])).astype(numpy.float32)
    return (0.5 * numbers + (1 if "norm" in name and name.endswith("weight") else 0)).astype(numpy.float32)


def build(case):
    layer = torch.nn.TransformerEncoderLayer(case.d_model, case.heads, case.d_ff, activation=case.activation,
                                             norm_first=case.pre, batch_first=True)
    if case.layers == 0:  # a layer by itself
        return layer
    norm = torch.nn.LayerNorm(case.d_model) if case.norm else None
    return torch.nn.TransformerEncoder(layer, case.layers, norm=norm, enable_nested_tensor=False)


def main():
    if hasattr(torch.backends, "mha"):  # newer PyTorch: its fast path blanks the rows of padding
        torch.backends.mha.set_fastpath_enabled(False)
    for case in CASES:
        random = SplitMix64(case.seed)
        model = build(case).train()  # the fast path is for eval() only; without dropout both are the same
        state = model.state_dict()
        for name, tensor in state.items():
            if name.endswith("bias") and not case.biases:
                tensor.zero_()
            else:
                tensor.copy_(torch.from_numpy(values(random, name, tuple(tensor.shape))))
        x = torch.from_numpy(random.between_ones((BATCH, case.tokens, case.d_model)).astype(numpy.float32)).double()
        for module in model.modules():
            if isinstance(module, torch.nn.Dropout):
                module.p = 0.0
            if isinstance(module, torch.nn.MultiheadAttention):
                module.dropout = 0.0
        masks = {}
        if case.causal:
            masks["src_mask" if case.layers == 0 else "mask"] = torch.ones(case.tokens, case.tokens).triu(1).bool()
        if case.lengths:
            masks["src_key_padding_mask"] = torch.arange(case.tokens)[None, :] >= torch.tensor(case.lengths)[:, None]
        out = model.double()(x, **masks).detach().numpy().astype(numpy.float32)
        numpy.save(f"encoder/{case.name}.npy", out)


if __name__ == "__main__":
    main()
