#!/usr/bin/env python3
"""Makes the golden numbers in decoder/ with real torch.nn.TransformerDecoder, -DecoderLayer and Transformer.

Run it in this directory. It needs PyTorch and NumPy; the tests only read what it wrote. As in make_encoder.py
the weights are not stored: both sides make them from the same generator, array after array in the order of
state_dict(), then the source and the target. All arithmetic is float64. tests/09_decoder_model_test.c has the same table
of cases.
"""

import collections

import numpy
import torch

from make_encoder import BATCH, SplitMix64, values

Case = collections.namedtuple("Case", "name seed layers encoder_layers d_model heads d_ff source target pre activation lengths norm biases")
CASES = [
    # layers 0: one layer by itself; encoder_layers above 0: an nn.Transformer
    Case("one_layer", 21, 0, 0, 16, 2, 24, 6, 4, False, "relu", None, False, True),
    Case("pre_gelu_padded", 22, 2, 0, 24, 3, 40, 5, 7, True, "gelu", [5, 3], True, True),
    Case("post_gelu_padded", 23, 3, 0, 32, 4, 20, 4, 6, False, "gelu", [2, 4], False, True),
    Case("pre_relu_six_layers", 24, 6, 0, 64, 8, 128, 9, 5, True, "relu", [9, 4], True, True),
    Case("no_biases", 25, 2, 0, 20, 5, 30, 3, 4, True, "gelu", None, False, False),
    Case("post_relu_512", 26, 2, 0, 512, 8, 2048, 4, 3, False, "relu", [4, 3], True, True),
    Case("transformer_post_relu", 27, 2, 3, 24, 2, 32, 6, 5, False, "relu", [6, 2], True, True),
    Case("transformer_pre_gelu", 28, 1, 2, 32, 4, 48, 5, 8, True, "gelu", None, True, True),
]


def build(case):
    options = dict(activation=case.activation, norm_first=case.pre, batch_first=True, dropout=0.0)
    if case.encoder_layers > 0:
        return torch.nn.Transformer(case.d_model, case.heads, case.encoder_layers, case.layers, case.d_ff, **options)
    layer = torch.nn.TransformerDecoderLayer(case.d_model, case.heads, case.d_ff, **options)
    if case.layers == 0:
        return layer
    return torch.nn.TransformerDecoder(layer, case.layers, norm=torch.nn.LayerNorm(case.d_model) if case.norm else None)


def run(case, model, source, target):
    """Calls the model as its documentation says: True is blocked in its masks."""
    causal = torch.ones(case.target, case.target).triu(1).bool()
    padding = None
    if case.lengths:
        padding = torch.arange(case.source)[None, :] >= torch.tensor(case.lengths)[:, None]
    if case.encoder_layers > 0:
        return model(source, target, tgt_mask=causal, src_key_padding_mask=padding, memory_key_padding_mask=padding)
    return model(target, source, tgt_mask=causal, memory_key_padding_mask=padding)


def main():
    if hasattr(torch.backends, "mha"):  # newer PyTorch: its fast path blanks the rows of padding
        torch.backends.mha.set_fastpath_enabled(False)
    for case in CASES:
        random = SplitMix64(case.seed)
        model = build(case).train()  # the fast path is for eval() only; without dropout both are the same
        for name, tensor in model.state_dict().items():
            if name.endswith("bias") and not case.biases:
                tensor.zero_()
            else:
                tensor.copy_(torch.from_numpy(values(random, name, tuple(tensor.shape))))

        def sequence(tokens):
            return torch.from_numpy(random.between_ones((BATCH, tokens, case.d_model)).astype(numpy.float32)).double()

        source = sequence(case.source)
        out = run(case, model.double(), source, sequence(case.target)).detach().numpy().astype(numpy.float32)
        numpy.save(f"decoder/{case.name}.npy", out)


if __name__ == "__main__":
    main()
