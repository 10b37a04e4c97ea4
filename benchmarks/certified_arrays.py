"""The adjoints of whole arrays, certified, beside what is not and what is slower.

    python benchmarks/certified_arrays.py [--balls]

For softmax and layer norm of 1024 × 1024 and attention of 256 × 64: seconds of processor time of
numpy in float64 without a bound, of float balls, which decide float32, of balls of two float64,
which decide float64, and of torch in float32, forward and backward; with --balls flint's too, and
mpmath, by the entry, at a size that they take. Then the share of entries whose bound is below 2⁻⁴⁰
of the value, and below 2⁻⁴⁰ of the median value: far below what float32 can be asked for, 2⁻²⁴; and
of those in pairs whose bound is below 2⁻⁶⁴, as float64 is asked for.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import sympy

import symdiff
from symdiff.double_doubles.array import DOUBLE_DOUBLE
from symdiff.expression.formula import exact
from symdiff.float_balls.evaluate import evaluate, evaluate_in
from symdiff.graph import Graph, array, einsum, elementwise, size
from symdiff.graph.composed.normalised import EPS, standardised
from symdiff.graph.composed.softmax import softmax
from symdiff.oracle import deadline
from symdiff.oracle.adjoints import enclose_adjoints
from symdiff.programs.program import program

SMALL = 32  # times as few rows and columns for what goes entry by entry


def cases(rows: int) -> dict[str, tuple[Graph, dict[str, np.ndarray], Callable[..., Any]]]:
    """Graph, inputs and torch's function by name."""
    import torch
    import torch.nn.functional as F

    rng = np.random.default_rng(0)

    def drawn(*shape: int) -> np.ndarray:
        return rng.standard_normal(shape).astype(np.float32).astype(np.float64)

    x, g = array("x", "n m"), array("g", "m")
    q, k, w = array("q", "t e"), array("k", "s e"), array("w", "s e")
    scores = elementwise(lambda a: a / sympy.sqrt(size("e")), einsum("t e, s e -> t s", q, k))
    attention = einsum("t s, s e -> t e", softmax(scores, "s"), w)
    norm = elementwise(lambda u, a: u * a, standardised(x, ("m",)), g)
    high, wide = max(rows // 4, 4), max(rows // 16, 4)
    return {
        "softmax": (
            Graph("softmax", (x,), {"y": softmax(x, "m")}),
            {"x": drawn(rows, rows), "v": drawn(rows, rows)},
            lambda x: torch.softmax(x, -1),
        ),
        "layer norm": (
            Graph("norm", (x, g), {"y": norm}, {EPS: exact("1e-5")}),
            {"x": drawn(rows, rows), "g": drawn(rows), "v": drawn(rows, rows)},
            lambda x, g: F.layer_norm(x, (x.shape[-1],), g),
        ),
        "attention": (
            Graph("attention", (q, k, w), {"y": attention}),
            {n: drawn(high, wide) for n in "qkwv"},
            F.scaled_dot_product_attention,
        ),
    }


def seconds(what: Callable[[], Any], times: int = 3) -> tuple[float, Any]:
    """The least processor time of some runs, and what came out."""
    best, made = np.inf, None
    for _ in range(times):
        start = time.process_time()
        made = what()
        best = min(best, time.process_time() - start)
    return best, made


def backward(
    function: Callable[..., Any], inputs: Mapping[str, np.ndarray], dtype: str = "float32"
) -> None:
    """torch's forward and backward."""
    import torch

    given = {n: torch.tensor(a, dtype=getattr(torch, dtype)) for n, a in inputs.items()}
    seed = given.pop("v")
    function(*(t.requires_grad_() for t in given.values())).backward(seed)


def main() -> None:
    """One row a case."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--balls", action="store_true", help="flint's balls and mpmath too")
    asked = parser.parse_args()
    print(
        "            torch float32  numpy float64  float balls  over numpy     pairs  over numpy"
        "   ≤2⁻⁴⁰|g|  ≤2⁻⁴⁰ med|g|  pairs ≤2⁻⁶⁴|g|"
    )
    for name, (graph, inputs, function) in cases(1024).items():
        adjoints = symdiff.adjoints(graph)
        given, parameters, lengths = adjoints.signature.bind(inputs)
        arguments, steps = {**given, **parameters, **lengths}, program(adjoints.nodes)
        evaluate(steps, arguments)  # compiled
        evaluate_in(DOUBLE_DOUBLE, steps, arguments)
        plain = adjoints.lambdify()
        theirs, _ = seconds(lambda f=function, i=inputs: backward(f, i))
        bare, _ = seconds(lambda p=plain, i=inputs: p(**i))
        ours, found = seconds(lambda s=steps, a=arguments: evaluate(s, a))
        twice, pairs = seconds(lambda s=steps, a=arguments: evaluate_in(DOUBLE_DOUBLE, s, a))
        names = [n for n in inputs if n != "v"]
        value = np.concatenate([np.abs(found[n].value).ravel() for n in names])
        bound, close = (
            np.concatenate([balls[n].radius.ravel() for n in names]) for balls in (found, pairs)
        )
        shares = (bound <= 2.0**-40 * value).mean(), (bound <= 2.0**-40 * np.median(value)).mean()
        line = f"{name:12}{theirs:13.4f}{bare:15.4f}{ours:13.4f}{ours / bare:12.2f}"
        line += f"{twice:10.4f}{twice / bare:12.2f}{shares[0]:11.4f}{shares[1]:14.4f}"
        print(line + f"{(close <= 2.0**-64 * value).mean():16.6f}")
    if asked.balls:
        slow()


def slow() -> None:
    """Microseconds an entry of what goes entry by entry."""
    print("\nµs an entry   float balls       pairs     flint's      mpmath")
    for name, (graph, inputs, _) in cases(1024 // SMALL).items():
        adjoints = symdiff.adjoints(graph)
        given, parameters, lengths = adjoints.signature.bind(inputs)
        arguments, steps = {**given, **parameters, **lengths}, program(adjoints.nodes)
        entries = sum(a.size for a in given.values())
        ours, _ = seconds(lambda s=steps, a=arguments: evaluate(s, a))
        twice, _ = seconds(lambda s=steps, a=arguments: evaluate_in(DOUBLE_DOUBLE, s, a))
        with deadline.allowed(600):  # too few entries for anything but flint's
            balls, _ = seconds(lambda d=adjoints, i=inputs: enclose_adjoints(d, i), 1)
        in_mpmath = adjoints.lambdify("mpmath")
        many, _ = seconds(lambda f=in_mpmath, i=inputs: f(**i), 1)
        each = (t / entries * 1e6 for t in (ours, twice, balls, many))
        print(f"{name:12}" + "".join(f"{t:12.2f}" for t in each))


if __name__ == "__main__":
    main()
