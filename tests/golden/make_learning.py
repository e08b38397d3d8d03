#!/usr/bin/env python3
"""Makes the golden numbers in learning/ with PyTorch's autograd and its optimizers, all in float64.

Run it in this directory. It needs PyTorch and NumPy; the tests only read what it wrote. What goes in is not
stored: both sides make it, float32, from the same SplitMix64 (common/numbers/random.h), array after array, as
make_encoder.py does. tests/11_learning_test.c has the same sizes. Each file is one list of numbers: what the
operation gave, then the gradients of what went in, in the order in which that was made.
"""

import numpy
import torch
from torch.nn import functional

from make_encoder import SplitMix64

T, D, H, S, F, V = 5, 12, 3, 7, 20, 9


class Made:
    """What goes into an operation, in order."""

    def __init__(self, seed):
        self.random, self.all = SplitMix64(seed), []

    def __call__(self, *shape):
        numbers = self.random.between_ones(shape).astype(numpy.float32)
        self.all.append(torch.from_numpy(numbers).double().requires_grad_())
        return self.all[-1]


def save(name, *tensors):
    flat = [tensor.detach().reshape(-1) for tensor in tensors]
    numpy.save(f"learning/{name}.npy", torch.cat(flat).numpy().astype(numpy.float32))


def save_backward(name, made, out):
    """The loss is the sum of out times a last array."""
    slope = made(*out.shape)
    (out * slope.detach()).sum().backward()
    save(name, out, *(tensor.grad for tensor in made.all[:-1]))


def loss():
    made = Made(1)
    logits = made(T, V)
    out = functional.cross_entropy(4 * logits, torch.tensor([8, 3, -100, 0, 3]), ignore_index=-100)
    out.backward()
    save("loss", out, logits.grad / 4)


def smoothed_loss():
    made = Made(14)
    logits = made(T, V)
    out = torch.nn.CrossEntropyLoss(label_smoothing=0.1)(4 * logits, torch.tensor([8, 3, -100, 0, 3]))
    out.backward()
    save("loss_smoothed", out, logits.grad / 4)


def heads(name, seed, cross):
    made = Made(seed)
    w_q, w_k, w_v, w_o = (made(D, D) for _ in range(4))
    b_q, b_k, b_v, b_o = (made(D) for _ in range(4))
    x = made(T, D)
    context = made(S, D) if cross else x
    blocked = torch.ones(T, T).triu(1).bool()
    if cross:
        blocked = torch.arange(S)[None, :].expand(T, S) >= S - 2
    out, _ = functional.multi_head_attention_forward(
        x[:, None], context[:, None], context[:, None], D, H, torch.cat([w_q.T, w_k.T, w_v.T]),
        torch.cat([b_q, b_k, b_v]), None, None, False, 0.0, w_o.T, b_o, attn_mask=blocked)
    save_backward(name, made, out[:, 0])


def norm():
    made = Made(4)
    gain, shift, x = made(D), made(D), made(T, D)
    save_backward("norm", made, functional.layer_norm(x, (D,), gain, shift, 1e-5))


def network(name, seed, activation):
    made = Made(seed)
    w_1, b_1, w_2, b_2, x = made(D, F), made(F), made(F, D), made(D), made(T, D)
    save_backward(name, made, activation(x @ w_1 + b_1) @ w_2 + b_2)


def words():
    """Tied words: embedded, one linear layer, logits. Word 2 is there twice."""
    made = Made(8)
    table, positions, w = made(V, D), made(T + 1, D), made(D, D)
    x = table[[2, 0, 8, 2, 5]] * D**0.5 + positions[1:]
    save_backward("words", made, (x @ w) @ table.T)


def optimizer(name, seed, make, limit=None):
    """Five steps, each with a gradient of its own."""
    made = Made(seed)
    w = made(3, 4)
    steps = make([w])
    for _ in range(5):
        w.grad = made(3, 4).detach().clone()
        if limit:
            torch.nn.utils.clip_grad_norm_([w], limit)
        steps.step()
    save(name, w)


if __name__ == "__main__":
    loss()
    smoothed_loss()
    heads("heads_causal", 2, False)
    heads("heads_with_a_context", 3, True)
    norm()
    network("network_relu", 5, functional.relu)
    network("network_gelu", 6, functional.gelu)
    network("network_gelu_tanh", 7, lambda x: functional.gelu(x, approximate="tanh"))
    words()
    optimizer("sgd", 9, lambda w: torch.optim.SGD(w, lr=0.1))
    optimizer("momentum", 10, lambda w: torch.optim.SGD(w, lr=0.1, momentum=0.9))
    optimizer("adam", 11, lambda w: torch.optim.Adam(w, lr=0.1))
    optimizer("adamw", 12, lambda w: torch.optim.AdamW(w, lr=0.1, betas=(0.8, 0.95), weight_decay=0.2))
    optimizer("clipped", 13, lambda w: torch.optim.SGD(w, lr=0.1), limit=1.5)
