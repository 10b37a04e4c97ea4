"""The oracle against what one would use instead, side by side, as ratios.

Certified float32 derivatives by the table, against NumPy's float64 lambdify of the same stable
form, which certifies nothing, and against mpmath at 30 and 50 digits, compared, which proves
nothing; and the ball against the same mpmath. One process and one thread each, the same points,
the best of several runs; the runs of a row alternate, so that a busy machine slows all of them.

    python benchmarks/oracle.py           the comparison, in about a minute
    python benchmarks/oracle.py sweep     all 2³² float32 through each table, in about two
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

import mpmath
import numpy as np
import sympy

from symdiff.array_types import Float64Array
from symdiff.catalogue.activations import activations
from symdiff.functions import STABLE_FUNCTIONS
from symdiff.oracle.points.ball import enclose_ball
from symdiff.oracle.tables.table import build

NAMES = ("tanh", "silu", "softplus", "mish", "gelu")
COUNT = 1 << 22  # 32 MiB of float64
CHUNK = 1 << 15  # 256 KiB: temporaries stay in the cache
FEW = 4_000  # points for mpmath, whose time a point is constant
ROUNDS = 5

Function = Callable[[Float64Array], object]


def points() -> dict[str, Float64Array]:
    """float32 numbers: all those from ½ on, in order as a sweep takes them, and random ones."""
    bits = np.arange(0x3F000000, 0x3F000000 + COUNT, dtype=np.uint32)
    random = np.random.default_rng(0).normal(size=COUNT) * 4
    return {
        "consecutive": bits.view(np.float32).astype(np.float64),
        "random": random.astype(np.float32).astype(np.float64),
    }


def in_chunks(function: Function) -> Function:
    """The function called on pieces that fit the cache."""

    def chunked(x: Float64Array) -> None:
        for start in range(0, len(x), CHUNK):
            function(x[start : start + CHUNK])

    return chunked


def two_precisions(expression: sympy.Expr, z: sympy.Symbol) -> Function:
    """mpmath at 30 and at 50 digits, and whether they agree to 12."""
    lowerings = {f.__name__: f.mpmath for f in STABLE_FUNCTIONS}
    function = sympy.lambdify(z, expression, [lowerings, "mpmath"], cse=True)

    def evaluate(x: Float64Array) -> list[bool]:
        agreeing = []
        for value in x.tolist():
            with mpmath.workdps(30):
                first = function(mpmath.mpf(value))
            with mpmath.workdps(50):
                second = function(mpmath.mpf(value))
            agreeing.append(abs(first - second) <= 1e-12 * abs(second))
        return agreeing

    return evaluate


def rates(functions: list[tuple[Function, Float64Array]]) -> list[float]:
    """Values a second of each function on its points, the best of the rounds."""
    best = [np.inf] * len(functions)
    for _ in range(ROUNDS):
        for i, (function, x) in enumerate(functions):
            start = time.perf_counter()
            function(x)
            best[i] = min(best[i], (time.perf_counter() - start) / len(x))
    return [1 / seconds for seconds in best]


def main() -> None:
    """Print one row a function and kind of points."""
    print(
        "M values/s, one thread: table, numpy | table/numpy whole, in chunks | ball k/s, ", end=""
    )
    print("mpmath k/s | table/mpmath, ball/mpmath")
    for name in NAMES:
        definition = activations[name]
        expression = definition.valued(definition.derivative())
        (z,) = definition.symbols
        lowerings = {f.__name__: f.numpy for f in STABLE_FUNCTIONS}
        plain = sympy.lambdify(z, expression, [lowerings, "scipy", "numpy"], cse=True)
        start = time.perf_counter()
        table = build(expression, "float32")
        seconds = time.perf_counter() - start
        slow = two_precisions(expression, z)

        def ball(x: Float64Array, expression: sympy.Expr = expression) -> object:
            return enclose_ball(expression, {"z": x}, relative=2.0**-40, absolute=2.0**-189)

        for kind, x in points().items():
            table.enclose(x[:CHUNK])  # compiles
            certified = table.enclose(x).certified.mean()
            by_table, by_numpy, table_chunks, numpy_chunks, by_ball, by_mpmath = rates(
                [
                    (table.enclose, x),
                    (plain, x),
                    (in_chunks(table.enclose), x),
                    (in_chunks(plain), x),
                    (ball, x[:: COUNT // (10 * FEW)]),
                    (slow, x[:: COUNT // FEW]),
                ]
            )
            print(
                f"{name:9}{kind:12}{by_table / 1e6:5.0f} {by_numpy / 1e6:5.0f} | "
                f"{by_table / by_numpy:5.2f} {table_chunks / numpy_chunks:5.2f} | "
                f"{by_ball / 1e3:5.0f} {by_mpmath / 1e3:6.1f} | "
                f"{by_table / by_mpmath:7,.0f} {by_ball / by_mpmath:5.1f}   "
                f"({certified:.4%} certified; {table} in {seconds:.2f} s)"
            )


def sweep() -> None:
    """Print, for each function, the time for all 2³² float32 and how many are left to the ball."""
    block = 1 << 20
    for name in NAMES:
        definition = activations[name]
        table = build(definition.valued(definition.derivative()), "float32")
        start, left = time.perf_counter(), 0
        for first in range(0, 1 << 32, block):
            bits = np.arange(first, first + block, dtype=np.uint64).astype(np.uint32)
            with np.errstate(invalid="ignore"):  # signalling NaN among the bit patterns
                x = bits.view(np.float32).astype(np.float64)
            certified = table.enclose(x).certified
            if not certified.all():
                left += int((~certified & np.isfinite(x)).sum())
        seconds = time.perf_counter() - start
        rate = 2**32 / seconds / 1e6
        print(
            f"{name:9} {seconds:5.1f} s, {rate:4.0f} M/s; {left} points, ±0 among them, left open"
        )


if __name__ == "__main__":
    sweep() if sys.argv[1:] == ["sweep"] else main()
