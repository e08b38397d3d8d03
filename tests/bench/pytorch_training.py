"""PyTorch: training steps of nn.TransformerEncoder, a language model, and nn.Transformer: forwards, backwards, Adam.
The parameters stand in the order of chapter 11's ParameterList; linear layers are turned there."""
import sys
import time

import worker

try:
    import numpy
    import torch
    from torch.nn import functional
except ImportError as why:
    torch = None
    worker.absent(f"PyTorch: {why}")

RATE = 1e-6


def build(case):
    sizes = dict(dim_feedforward=4 * case.d_model, dropout=0.0, norm_first=True, batch_first=True)
    if not case.causal:
        return torch.nn.Transformer(case.d_model, case.heads, 1, 1, **sizes)
    layer = torch.nn.TransformerEncoderLayer(case.d_model, case.heads, **sizes)
    return torch.nn.TransformerEncoder(layer, 2, torch.nn.LayerNorm(case.d_model), enable_nested_tensor=False)


def waves(tokens, d_model):
    position = torch.arange(tokens)[:, None]
    angle = position / 10000 ** (torch.arange(0, d_model, 2, dtype=torch.float64) / d_model)
    return torch.stack((angle.sin(), angle.cos()), dim=2).reshape(tokens, d_model).float()


class Training:
    def __init__(self, case):
        words = case.target.astype(numpy.int64)
        self.source, self.target, self.right = (
            torch.from_numpy(part).contiguous()
            for part in (case.source.astype(numpy.int64), words[:, :-1], words[:, 1:]))
        self.case, self.model = case, build(case).train()
        self.table = torch.nn.Parameter(torch.empty(256, case.d_model))
        self.positions = waves(case.tokens, case.d_model)
        self.mask = torch.full((case.tokens, case.tokens), float("-inf")).triu(1)
        self.parameters = [self.table] + list(self.model.parameters())
        self.copy_values(torch.from_numpy(case.values.reshape(-1)))
        self.optimizer = optimizer(self.parameters)
        self.amounts = [0.0, 0.0]

    def copy_values(self, values):
        first = 0
        for tensor in self.parameters:
            part = values[first:first + tensor.numel()]
            first += tensor.numel()
            turned = tensor.dim() == 2 and tensor is not self.table
            tensor.data.copy_(part.view(tensor.shape[::-1]).T if turned else part.view(tensor.shape))

    def rows(self, words):
        return functional.embedding(words, self.table) * self.case.d_model ** 0.5 + self.positions

    def forward(self):
        if self.case.causal:
            out = self.model(self.rows(self.target), mask=self.mask)
        else:
            out = self.model(self.rows(self.source), self.rows(self.target), tgt_mask=self.mask)
        logits = out @ self.table.T
        return functional.cross_entropy(logits.view(-1, 256), self.right.view(-1))

    def __call__(self):
        begin = time.perf_counter()
        self.optimizer.zero_grad(set_to_none=True)
        self.loss = self.forward()
        turn = time.perf_counter()
        self.loss.backward()
        self.amounts[0] += turn - begin
        self.amounts[1] += time.perf_counter() - turn
        self.optimizer.step()
        return self

    def __array__(self, dtype=None, copy=None):
        turned = [t.grad.T if t.dim() == 2 and t is not self.table else t.grad for t in self.parameters]
        return torch.cat([part.reshape(-1) for part in turned] + [self.loss.detach().view(1)])[None].numpy()


def optimizer(parameters):
    try:
        return torch.optim.Adam(parameters, lr=RATE, fused=True)
    except (TypeError, RuntimeError):  # a version that has no such loop
        return torch.optim.Adam(parameters, lr=RATE)


if torch is not None:
    torch.set_num_threads(int(sys.argv[2]))
    torch.set_num_interop_threads(1)
    worker.serve(numpy, torch.__version__ + worker.blas(), Training)
