#!/usr/bin/env python3
"""Makes the golden numbers in pytorch/ with a real torch.nn.MultiheadAttention.

Run it in this directory. It needs PyTorch and NumPy; the tests only read what it wrote. The layer's
numbers are float32, so that the C code starts from the same ones; all arithmetic is float64.
"""

import numpy
import torch

D_MODEL, HEADS, TOKENS, LENGTHS = 64, 8, 10, [10, 7]


def save(name, tensor):
    numpy.save(f"pytorch/{name}.npy", tensor.detach().numpy().astype("float32"))


def main():
    torch.manual_seed(20171206)
    layer = torch.nn.MultiheadAttention(D_MODEL, HEADS, batch_first=True)
    with torch.no_grad():  # a new layer's biases are 0: give them something to be wrong about
        layer.in_proj_bias.normal_()
        layer.out_proj.bias.normal_()
    x = torch.randn(len(LENGTHS), TOKENS, D_MODEL)

    save("x", x)
    for name, weight, bias in zip("qkv", layer.in_proj_weight.chunk(3), layer.in_proj_bias.chunk(3)):
        save(f"w{name}", weight.T)
        save(f"b{name}", bias)
    save("wo", layer.out_proj.weight.T)
    save("bo", layer.out_proj.bias)

    layer, x = layer.double().eval(), x.double()
    # In this class True means blocked.
    future = torch.ones(TOKENS, TOKENS, dtype=torch.bool).triu(1)
    filling = torch.arange(TOKENS)[None, :] >= torch.tensor(LENGTHS)[:, None]
    cases = {
        "plain": {},
        "causal": {"attn_mask": future},
        "padded": {"key_padding_mask": filling},
    }
    for name, masks in cases.items():
        out, weights = layer(x, x, x, average_attn_weights=False, **masks)
        save(f"{name}_out", out)
        save(f"{name}_weights", weights)


if __name__ == "__main__":
    main()
