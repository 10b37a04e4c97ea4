"""The reverse sweep stays linear: operations and seconds at depth 1 to 128, SymPy's diff beside it.

A chain of layers y ← f(w y + b), each with its own w and b, differentiated with respect to all of
them. An operation is a scalar +, −, ×, ÷, power or function call, after common subexpressions are
shared; the ratio is (primal and gradient) over primal.
"""

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

import sympy

from symdiff import Graph, activation, adjoints, array, elementwise, scalars
from symdiff.application import apply
from symdiff.graph.reading.closed_form import closed_form
from symdiff.programs.program import program

DEPTHS = (1, 2, 4, 8, 16, 32, 64, 128)
DEEP = (1_000, 5_000)
PATIENCE = 20  # seconds that SymPy's diff and cse may take

Made = TypeVar("Made")


def chain(name: str, depth: int) -> Graph:
    """`depth` layers of f(w y + b)."""
    f = activation(name)
    y = array("x")
    inputs, lines = [y], {}
    for k in range(depth):
        w, b = scalars(f"w{k} b{k}")
        inputs += [w, b]
        y = apply(f, elementwise(lambda w, y, b: w * y + b, w, y, b))
        lines[f"y{k}"] = y
    return Graph(f"{name} chain", tuple(inputs), lines)


def ours(graph: Graph) -> tuple[int, int, float]:
    """Primal operations, primal and gradient operations, seconds to derive."""
    start = time.perf_counter()
    derived = adjoints(graph)
    seconds = time.perf_counter() - start
    primal = program({"y": graph.output})
    both = program({"y": graph.output, **{f"{n}_bar": g for n, g in derived.nodes.items()}})
    return primal.operation_count(), both.operation_count(), seconds


def deep(name: str, depth: int) -> str:
    """Processor seconds to write a deep chain, to derive it and to build its program."""
    graph, written = _timed(lambda: chain(name, depth))
    derived, swept = _timed(lambda: adjoints(graph))
    named = {f"{n}_bar": g for n, g in derived.nodes.items()}
    _, built = _timed(lambda: program({"y": graph.output, **named}))
    return f"{name:10}{depth:6}{written:10.2f}{swept:10.2f}{built:10.2f}"


def _timed(what: Callable[[], Made]) -> tuple[Made, float]:
    start = time.process_time()
    made = what()
    return made, time.process_time() - start


def sympys(graph: Graph) -> tuple[int, float] | None:
    """Operations and seconds of sympy.diff of the closed form followed by cse; None if too slow."""
    start = time.perf_counter()
    try:
        with alarm(PATIENCE):
            y = closed_form(graph.output)
            variables = [sympy.Symbol(i.name, real=True) for i in graph.inputs]
            replaced, reduced = sympy.cse([y, *(sympy.diff(y, v) for v in variables)])
            count = sum(sympy.count_ops(e) for _, e in replaced) + sum(
                map(sympy.count_ops, reduced)
            )
    except (TimeoutError, RecursionError, MemoryError):
        return None
    return count, time.perf_counter() - start


@contextmanager
def alarm(seconds: int) -> Iterator[None]:
    """Raise TimeoutError after so many seconds."""

    def ring(*_: object) -> None:
        raise TimeoutError

    signal.signal(signal.SIGALRM, ring)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)


def main() -> None:
    """One row a function and depth."""
    print("           depth  primal    both  ratio       s   SymPy: ops, s, ops over ours")
    for name in ("tanh", "silu"):
        hopeless = False
        for depth in DEPTHS:
            graph = chain(name, depth)
            primal, both, seconds = ours(graph)
            beside = None if hopeless else sympys(graph)
            hopeless = beside is None
            told = (
                f"more than {PATIENCE} s"
                if beside is None
                else f"{beside[0]}, {beside[1]:.2f}, {beside[0] / both:.1f}"
            )
            print(
                f"{name:10}{depth:6}{primal:8}{both:8}{both / primal:7.3f}{seconds:8.3f}   {told}"
            )
    depths()


def depths() -> None:
    """One row a function and depth, of deep chains."""
    print("           depth     write    derive   program   (s)")
    for name in ("tanh", "silu"):
        for depth in DEEP:
            print(deep(name, depth))


if __name__ == "__main__":
    main()
