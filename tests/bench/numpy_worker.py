"""NumPy: the formula as one writes it, with arrays that are allocated once where NumPy lets one."""
import worker

try:
    import numpy
except ImportError as why:
    numpy = None
    worker.absent(f"NumPy: {why}")


def split(x, heads):
    return x.reshape(len(x), heads, -1).swapaxes(0, 1)


def attend(case, x, k, v, mask):
    q = split(x @ case.w_q, case.heads)
    scores = q @ k.swapaxes(1, 2)
    scores *= numpy.float32((case.d_model // case.heads) ** -0.5)
    if mask is not None:
        scores += mask
    scores -= scores.max(axis=-1, keepdims=True)
    numpy.exp(scores, out=scores)
    scores /= scores.sum(axis=-1, keepdims=True)
    return (scores @ v).swapaxes(0, 1).reshape(len(x), -1) @ case.w_o


def prepare(case):
    mask = None
    if case.decode:
        # the cache: keys and values of all heads, with room for the new token
        keys = numpy.ascontiguousarray(split(case.x @ case.w_k, case.heads))
        values = numpy.ascontiguousarray(split(case.x @ case.w_v, case.heads))
        last = case.x[-1:]

        def run():
            keys[:, -1:] = split(last @ case.w_k, case.heads)
            values[:, -1:] = split(last @ case.w_v, case.heads)
            return attend(case, last, keys, values, None)

        return run
    if case.causal:
        mask = numpy.triu(numpy.full((case.tokens, case.tokens), -numpy.inf, numpy.float32), 1)
    return lambda: attend(case, case.x, split(case.x @ case.w_k, case.heads),
                          split(case.x @ case.w_v, case.heads), mask)


if numpy is not None:
    worker.serve(numpy, numpy.__version__, prepare)
