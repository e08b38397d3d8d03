"""The protocol of worker.h, for competitors in Python."""
import resource
import sys
import time


class Case:
    def __init__(self, numpy, line):
        kind, tokens, d_model, heads, causal, directory = line.split(" ", 5)
        self.decode = kind == "decode"
        self.tokens, self.d_model, self.heads = int(tokens), int(d_model), int(heads)
        self.causal = causal == "1"
        for name in ("x", "w_q", "w_k", "w_v", "w_o"):
            setattr(self, name, numpy.load(f"{directory}/{name}.npy").astype(numpy.float32))


def peak_bytes():
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else 1024 * peak


def timed(run, times):
    begin = time.perf_counter()
    for _ in range(times):
        result = run()
    return time.perf_counter() - begin, result


def serve(numpy, version, prepare):
    """prepare(case) gives a function that runs once and returns a NumPy-like result."""
    run = None

    def answer(line):
        nonlocal run
        command, _, rest = line.partition(" ")
        if command == "case":
            run = None
            run = prepare(Case(numpy, rest))
            return "ok"
        if command == "result":
            seconds, result = timed(run, 1)
            numpy.save(rest, numpy.asarray(result, dtype=numpy.float32))
            return f"ok {seconds:.9g}"
        if command == "run":
            seconds, _ = timed(run, int(rest))
            return f"ok {seconds:.9g} 0"
        if command == "memory":
            return f"ok {peak_bytes()}"
        return f"error unknown command: {line}"

    print("ready", version, flush=True)
    for line in sys.stdin:
        try:
            print(answer(line.rstrip("\n")), flush=True)
        except Exception as why:  # whatever it is, the bench must hear of it
            print("error", type(why).__name__, str(why).replace("\n", " ")[:200], flush=True)


def absent(why):
    print("absent", why, "(make deps-bench)", flush=True)
