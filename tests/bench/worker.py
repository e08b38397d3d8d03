"""The protocol of worker.h, for competitors in Python."""
import resource
import sys
import time


class Case:
    def __init__(self, numpy, line):
        kind, _, tokens, d_model, heads, causal, directory = line.split(" ", 6)
        self.decode = kind == "decode"
        self.tokens, self.d_model, self.heads = int(tokens), int(d_model), int(heads)
        self.causal = causal == "1"
        for name in ("values", "source", "target") if kind == "step" else ("x", "w_q", "w_k", "w_v", "w_o"):
            setattr(self, name, numpy.load(f"{directory}/{name}.npy").astype(numpy.float32))


def peak_bytes():
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else 1024 * peak


def timed(run, times):
    used, begin = time.process_time(), time.perf_counter()
    for _ in range(times):
        result = run()
    return time.perf_counter() - begin, time.process_time() - used, result


def serve(numpy, version, prepare):
    """prepare(case) gives a function that runs once and returns a NumPy-like result. What it knows more about its runs,
    it adds to its `amounts`."""
    run = None

    def answer(line):
        nonlocal run
        command, _, rest = line.partition(" ")
        if command == "case":
            run = None
            run = prepare(Case(numpy, rest))
            return "ok"
        if command == "result":
            seconds, _, result = timed(run, 1)
            numpy.save(rest, numpy.asarray(result, dtype=numpy.float32))
            return f"ok {seconds:.9g}"
        if command == "run":
            amounts = getattr(run, "amounts", [0.0, 0.0])
            amounts[:] = 0.0, 0.0
            seconds, used, _ = timed(run, int(rest))
            return f"ok {seconds:.9g} {used:.9g} {amounts[0]:.9g} {amounts[1]:.9g}"
        if command == "memory":
            return f"ok {peak_bytes()}"
        return f"error unknown command: {line}"

    print("ready", version, flush=True)
    for line in sys.stdin:
        try:
            print(answer(line.rstrip("\n")), flush=True)
        except Exception as why:  # whatever it is, the bench must hear of it
            print("error", type(why).__name__, str(why).replace("\n", " ")[:200], flush=True)


def blas():
    """What multiplies matrices, as far as the system tells; without an optimised one Debian has the slow reference."""
    try:
        with open("/proc/self/maps", encoding="utf-8") as maps:
            loaded = maps.read()
    except OSError:
        return ""
    names = {"openblas": "OpenBLAS", "blis": "BLIS", "libblas": "the reference BLAS, which is slow"}
    return next((f" with {name}" for part, name in names.items() if part in loaded), "")


def absent(why):
    print("absent", why, "(make deps-bench)", flush=True)
