#!/usr/bin/env python3
"""Makes the golden losses and gradients in gradients/ with real torch.nn.Transformer and -Encoder, by autograd.

Run it in this directory. It needs PyTorch and NumPy; the tests only read what it wrote: the loss, then the gradient of
each parameter, in the order and in the layout of chapters/11_learning/shared/learning_model.c. As in make_encoder.py the weights
are not stored: both sides make them from the same generator, array after array in that order, and then the words. All
arithmetic is float64. tests/11_training_test.c has the same table of cases.
"""

import collections

import numpy
import torch

from make_encoder import SplitMix64, values

Case = collections.namedtuple("Case", "name seed words d_model heads d_ff encoder decoder classes causal pre activation")
CASES = [
    Case("post_relu", 31, 11, 24, 2, 40, 2, 2, 0, False, False, "relu"),
    Case("pre_gelu", 32, 13, 32, 4, 20, 1, 3, 0, False, True, "gelu"),
    Case("language_model", 33, 17, 20, 5, 36, 3, 0, 0, True, True, "gelu"),
    Case("tagger", 34, 9, 16, 1, 24, 2, 0, 0, False, False, "gelu"),
    Case("classifier", 35, 12, 24, 3, 28, 2, 0, 4, False, True, "relu"),
]
BATCH, SOURCE, TARGET = 3, 7, 5


def build(case):
    options = dict(activation=case.activation, norm_first=case.pre, batch_first=True, dropout=0.0)
    if case.decoder > 0:
        return torch.nn.Transformer(case.d_model, case.heads, case.encoder, case.decoder, case.d_ff, **options)
    layer = torch.nn.TransformerEncoderLayer(case.d_model, case.heads, case.d_ff, **options)
    return torch.nn.TransformerEncoder(layer, case.encoder, norm=torch.nn.LayerNorm(case.d_model), enable_nested_tensor=False)


def waves(tokens, d_model):
    """Positions as in chapter 6."""
    position = torch.arange(tokens, dtype=torch.float64)[:, None]
    angle = position / 10000 ** (torch.arange(0, d_model, 2, dtype=torch.float64) / d_model)
    return torch.stack((angle.sin(), angle.cos()), dim=2).reshape(tokens, d_model)


def words(random, case, tokens):
    return torch.from_numpy((random.uniform(BATCH * tokens) * case.words).astype(numpy.int64).reshape(BATCH, tokens))


def main():
    if hasattr(torch.backends, "mha"):
        torch.backends.mha.set_fastpath_enabled(False)
    for case in CASES:
        random = SplitMix64(case.seed)
        model = build(case).train()
        embedding = torch.nn.Embedding(case.words, case.d_model)
        parameters = [("embedding.weight", embedding.weight)] + list(model.named_parameters())
        classifier = torch.nn.Linear(case.d_model, max(case.classes, 1))
        if case.classes > 0:
            parameters += [("classifier.weight", classifier.weight), ("classifier.bias", classifier.bias)]
        for module in (model, embedding, classifier):
            module.double()
        for name, tensor in parameters:
            tensor.data.copy_(torch.from_numpy(values(random, name, tuple(tensor.shape))))

        def rows(numbers):
            return embedding(numbers) * case.d_model**0.5 + waves(numbers.shape[1], case.d_model)

        source = words(random, case, SOURCE)
        causal = torch.ones(SOURCE, SOURCE).triu(1).bool()
        if case.decoder > 0:
            target = words(random, case, TARGET + 1)
            later = torch.ones(TARGET, TARGET).triu(1).bool()
            out, right = model(rows(source), rows(target[:, :-1]), tgt_mask=later), target[:, 1:]
        else:
            out = model(rows(source), mask=causal if case.causal else None)
            right = words(random, case, SOURCE)
        if case.classes > 0:
            logits, right = classifier(out.mean(dim=1)), right[:, 0] % case.classes
        else:
            logits = out @ embedding.weight.T
            right = right.clone()
            right[0, -2:] = -1  # padding
        loss = torch.nn.functional.cross_entropy(logits.reshape(-1, logits.shape[-1]), right.reshape(-1), ignore_index=-1)
        loss.backward()
        # a linear layer's weights are turned here
        parts = [tensor.grad.T if tensor.dim() == 2 and name != "embedding.weight" else tensor.grad for name, tensor in parameters]
        flat = torch.cat([loss.detach().reshape(1)] + [part.reshape(-1) for part in parts])
        numpy.save(f"gradients/{case.name}.npy", flat.numpy().astype(numpy.float32))


if __name__ == "__main__":
    main()
