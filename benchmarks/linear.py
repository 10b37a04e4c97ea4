"""Cost grows as the work does: with values, with layers, with the entries of an array.

Processor nanoseconds a value, and the most memory beyond input and output, as the operating system
counts it, in bytes a value: of a sweep it is a constant. Each line is a process of its own.
"""

from __future__ import annotations

import re
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

VALUES = [10**4, 10**5, 10**6, 10**7, 10**8]
LAYERS = [1, 2, 4, 8, 16, 32, 64, 128]
ROWS = [64, 128, 256, 512, 1024, 2048]  # as many columns
SWEPT = [2**21, 2**22, 2**24, 2**26]
LARGEST = (0, 0x3F800000, 0x40400000, 0xC0400000)  # chunks that need as much memory as any


def peak() -> int:
    """The most memory of this process so far, in bytes; getrusage counts its parent's too."""
    found = re.search(r"VmHWM:\s*(\d+) kB", Path("/proc/self/status").read_text())
    return int(found[1]) * 1024 if found else 0


def spent(what: Callable[[], Any], warm: Callable[[], Any]) -> tuple[float, int]:
    """Processor seconds of a call, and the memory it takes beyond what a small one took."""
    warm()
    before = peak()
    what()
    memory = peak() - before
    start = time.process_time()
    what()
    return time.process_time() - start, memory


def told(kind: str, size: int) -> str:
    """One line, measured in this process."""
    import numpy as np

    import symdiff

    rng = np.random.default_rng(0)
    if kind == "bridge":
        f = symdiff.adjoints(symdiff.pointwise(symdiff.activation("gelu"))).lambdify()
        z, few = rng.normal(size=size), rng.normal(size=70_000)
        seconds, memory = spent(lambda: f(z=z), lambda: f(z=few))
        return line(seconds, size, memory - 16 * size)  # ȳ and z̄
    if kind == "table":
        from symdiff.oracle.choice import enclose

        definition = symdiff.activation("gelu")
        form = definition.valued(definition.derivative())
        z = rng.normal(size=size).astype(np.float32).astype(np.float64)
        few = z[: min(size, 5000)]
        seconds, memory = spent(
            lambda: enclose(form, {"z": z}, target="float32"),
            lambda: enclose(form, {"z": few}, target="float32"),
        )
        return line(seconds, size, memory)
    if kind == "sweep":
        from comparisons.judge.budget import Budget
        from comparisons.sweeps.blocks import CHUNK, prepared
        from comparisons.sweeps.recipe import Recipe

        ready = prepared(Recipe("gelu", (), "float32", "reverse", Budget()))
        starts = range(0, 2**32, 2**32 // (size // CHUNK))
        seconds, memory = spent(
            lambda: [ready.chunk(s) for s in starts], lambda: [ready.chunk(s) for s in LARGEST]
        )
        return line(seconds, size, memory)
    if kind == "arrays":
        import certified_arrays

        from symdiff.float_balls.evaluate import evaluate
        from symdiff.programs.program import program

        def certified(rows: int) -> Any:
            graph, inputs, _ = certified_arrays.cases(rows)["softmax"]
            adjoints = symdiff.adjoints(graph)
            steps = program(adjoints.nodes)
            given, parameters, lengths = adjoints.signature.bind(inputs)
            return lambda: evaluate(steps, {**given, **parameters, **lengths})

        seconds, memory = spent(certified(size), certified(32))
        return line(seconds, size * size, memory)
    import reverse_sweep

    graph = reverse_sweep.chain("silu", size)
    start = time.process_time()
    adjoints = symdiff.adjoints(graph)
    f = adjoints.lambdify()
    point = {i.name: np.float64(0.5) for i in graph.inputs}
    f(**point)
    made = time.process_time() - start
    x = rng.normal(size=10**5)
    f(**{**point, "x": x})
    start = time.process_time()
    f(**{**point, "x": x})
    seconds = time.process_time() - start
    return f"{made / size * 1e3:12.2f} ms{seconds / size / len(x) * 1e9:12.2f} ns"


def line(seconds: float, count: int, memory: int) -> str:
    """Nanoseconds and bytes a value, and the bytes in all."""
    return f"{seconds / count * 1e9:12.2f} ns{memory / count:12.2f} B{memory / 2**20:12.1f} MiB"


TABLES = {
    "bridge": ("lambdify of gelu, values", VALUES),
    "table": ("certified for float32 by a table, gelu, values", VALUES[:-1]),
    "sweep": ("a sweep of gelu, values", SWEPT),
    "arrays": ("certified softmax for float32, rows and columns", ROWS),
    "layers": ("a chain of silu: ms a layer to derive and build, ns a layer and value", LAYERS),
}


def main() -> None:
    """Every table."""
    for kind, (title, sizes) in TABLES.items():
        print(title)
        for size in sizes:
            command = [sys.executable, __file__, kind, str(size)]
            found = subprocess.run(command, check=True, capture_output=True, text=True)
            print(f"{size:12,}{found.stdout.rstrip()}", flush=True)


if __name__ == "__main__":
    if sys.argv[1:]:
        print(told(sys.argv[1], int(sys.argv[2])))
    else:
        main()
