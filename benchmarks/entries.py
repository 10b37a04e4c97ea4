"""Random entries of every kernel beside flint's balls of 400 bits: how many lie outside.

    python benchmarks/entries.py [--entries 1000000] [--journal build/entries.jsonl]

A batch is of one kind, drawn by its number, so that a run that was stopped goes on where its
journal ends and two machines may take odd and even ones (`--from 0 --step 2`):

- an operation of float balls on balls of every size and width, the truth anywhere in them;
- a function of the catalogue, or its first or second derivative, in float balls;
- the same by the tables of float32 and of float64;
- the adjoints of a layer or a loss of the catalogue, whole arrays of every size, in float balls;
- operations and adjoints in balls of two float64.

Points are of usual size or of any binade, half and half. The truth is enclosed with 400 bits, and
with 2,400 where these do not tell; what is outside is told, and nothing else ends the run.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import sympy
from flint import arb, ctx

import symdiff
from symdiff.balls.compiled import compile_ball
from symdiff.balls.elementary import CannotCertify
from symdiff.bridge.interpret import interpret
from symdiff.catalogue.layers import layers
from symdiff.double_doubles.array import DOUBLE_DOUBLE
from symdiff.expression.differentiate import differentiate
from symdiff.float_balls.arithmetic import Arithmetic, Balls
from symdiff.float_balls.array import FLOAT
from symdiff.float_balls.contraction import entrywise
from symdiff.float_balls.evaluate import evaluate_in
from symdiff.float_balls.lowering import NotLoweredError, tape_of
from symdiff.functions import (
    Phi,
    expm1,
    log1p,
    maximum,
    minimum,
    phi,
    sech,
    sigmoid,
    softplus,
    tanh,
)
from symdiff.graph.template import placeholder
from symdiff.oracle.tables.table import Table, build
from symdiff.programs.program import program

SEED = 20261130
SIZE = 16384  # entries of a batch
BITS, MORE = 400, 2400
TOLD = 2.0**-900  # a smaller radius says nothing of rounding: it is what underflow may lose
A, B = placeholder(0), placeholder(1)
OPERATIONS: dict[str, sympy.Expr] = {
    "add": A + B,
    "subtract": A - B,
    "multiply": A * B,
    "divide": A / B,
    "maximum": maximum(A, B),
    "minimum": minimum(A, B),
    "abs": sympy.Abs(A),
    "sqrt": sympy.sqrt(A),
    "exp": sympy.exp(A),
    "log": sympy.log(A),
    "sin": sympy.sin(A),
    "cos": sympy.cos(A),
    **{f.__name__: f(A) for f in (expm1, log1p, sigmoid, tanh, sech, softplus, phi, Phi)},
}
# A table for float64 takes seconds to build.
DOUBLE = (
    *("gelu", "silu", "tanh", "softplus", "mish"),
    *("elu", "snake", "hardswish", "erf", "gaussian"),
)
PAIRS = " in pairs"  # two float64 a ball
KINDS = (
    *("operation", "function", "table of float32", "table of float64", "arrays"),
    *("operation" + PAIRS, "function" + PAIRS, "arrays" + PAIRS),
)
SHARES = (0.15, 0.25, 0.2, 0.1, 0.05, 0.1, 0.1, 0.05)


@dataclass
class Batch:
    """What one batch found."""

    number: int
    kind: str
    name: str
    entries: int = 0  # drawn
    known: int = 0  # of which something was said
    told: int = 0  # compared with a truth
    outside: int = 0
    worst: float = 0.0  # the largest error over its bound
    seconds: float = 0.0
    examples: list[str] = field(default_factory=list)


def numbers(rng: np.random.Generator, count: int) -> np.ndarray:
    """Of usual size, or of any binade of float64; some whole numbers and zeros."""
    exponents = np.where(
        rng.random(count) < 0.5, rng.uniform(-12, 10, count), rng.uniform(-1074, 1023, count)
    )
    values = rng.choice([-1.0, 1.0], count) * np.exp2(exponents)
    whole = rng.random(count) < 0.02
    values[whole] = rng.integers(-40, 40, int(whole.sum()))
    return values


def inside(of: Balls, shares: np.ndarray) -> list[arb]:
    """A number in each ball."""
    listed = zip(*(part.tolist() for part in of), shares.tolist(), strict=True)
    return [sum(map(arb, parts), arb(e) * arb(s) if e else arb(0)) for *parts, e, s in listed]


def arithmetic(kind: str) -> Arithmetic[Any]:
    """The balls that a kind is of."""
    return DOUBLE_DOUBLE if kind.endswith(PAIRS) else FLOAT


def bounds_of(balls: Balls, count: int) -> list[np.ndarray]:
    """High parts, low parts and radii."""
    high, *low, radius = (np.broadcast_to(part, count) for part in map(np.ravel, balls))
    return [high, low[0] if low else np.zeros(count), radius]


Truth = Callable[[int], arb | None]  # of an entry, at the working precision; None where none


def compared(
    batch: Batch, where: Iterable[int], bounds: Sequence[np.ndarray], truth: Truth
) -> None:
    """Whether the truths of some entries lie inside (high + low) ± bound."""
    highs, lows, radii = (b.tolist() for b in bounds)
    for i in where:
        for bits in (BITS, MORE):
            with ctx.workprec(bits):
                value = truth(i)
                if value is None:
                    continue
                off = (
                    abs(value - arb(highs[i]) - arb(lows[i]))
                    if lows[i]
                    else abs(value - arb(highs[i]))
                )
                radius = arb(radii[i])
                if off.is_finite() and (off <= radius or off > radius):
                    batch.told += 1
                    if off > radius:
                        batch.outside += 1
                        batch.examples.append(f"entry {i}: {highs[i].hex()} ± {radii[i].hex()}")
                    elif radii[i] > TOLD:
                        batch.worst = max(batch.worst, float(off) / radii[i])
                    break


def operation(batch: Batch, rng: np.random.Generator) -> None:
    """An operation on balls."""
    expression, on = OPERATIONS[batch.name], arithmetic(batch.kind)
    count = len(expression.free_symbols)
    truth = compile_ball(expression, [A, B][:count])
    operands = []
    for _ in range(count):
        values = numbers(rng, SIZE)
        with np.errstate(under="ignore", over="ignore"):
            radii = np.abs(values) * np.exp2(rng.uniform(-60 if on is FLOAT else -110, 0, SIZE))
            low = np.abs(values) * rng.uniform(-(2.0**-54), 2.0**-54, SIZE)
        radii[rng.random(SIZE) < 0.4] = 0.0
        low[rng.random(SIZE) < 0.3] = 0.0
        high = values + low
        low -= high - values  # the sum's own rounding
        operands.append(on.made(*((values,) if on is FLOAT else (high, low)), radii))
    shares = np.clip(rng.uniform(-1.6, 1.6, (count, SIZE)), -1, 1)
    found = entrywise(tape_of(expression, count, on.scalars), operands)
    with ctx.workprec(MORE):
        points = [inside(o, s) for o, s in zip(operands, shares, strict=True)]
    batch.entries, batch.known = SIZE, int(found.known.sum())
    compared(batch, np.flatnonzero(found.known), bounds_of(found, SIZE), _of(truth, points))


def _of(function: Any, points: Sequence[Sequence[arb]]) -> Truth:
    def truth(i: int) -> arb | None:
        try:
            return function(*(p[i] for p in points))
        except ArithmeticError:  # no value, or none that these bits tell
            return None

    return truth


@lru_cache(maxsize=512)
def form(name: str, order: int) -> tuple[sympy.Expr, Any]:
    """A function of the catalogue or a derivative, as an expression and over balls."""
    definition = symdiff.activation(name)
    (z,) = definition.symbols
    expression = definition.valued(definition.formula if order == 0 else definition.derivative())
    if order == 2:
        expression = differentiate(expression, z)
    return expression.xreplace({z: A}), compile_ball(expression.xreplace({z: A}), [A])


def function(batch: Batch, rng: np.random.Generator) -> None:
    """A function at exact points, in balls."""
    name, order = batch.name.rsplit(" ", 1)
    expression, truth = form(name, int(order))
    on, z = arithmetic(batch.kind), numbers(rng, SIZE)
    found = entrywise(tape_of(expression, 1, on.scalars), [on.exactly(z)])
    known = np.broadcast_to(found.known, SIZE)
    batch.entries, batch.known = SIZE, int(known.sum())
    points = [[arb(x) for x in z.tolist()]]
    compared(batch, np.flatnonzero(known), bounds_of(found, SIZE), _of(truth, points))


@cache
def table(name: str, order: int, target: str) -> Table:
    """A table, built once."""
    return build(form(name, order)[0], target)


def tabulated(batch: Batch, rng: np.random.Generator) -> None:
    """A function at exact points, by a table."""
    name, order = batch.name.rsplit(" ", 1)
    target = batch.kind.rsplit(" ", 1)[1]
    expression, truth = form(name, int(order))
    if not expression.free_symbols:
        return
    z = numbers(rng, SIZE)
    if target == "float32":
        with np.errstate(over="ignore", under="ignore"):
            z = np.where(rng.random(SIZE) < 0.5, z, np.exp2(rng.uniform(-149, 128, SIZE)))
            z = z.astype(np.float32).astype(np.float64)
        z[~np.isfinite(z)] = 1.0
    found = table(name, int(order), target).enclose(z)
    known = found.certified & np.isfinite(found.high)
    batch.entries, batch.known = SIZE, int(known.sum())
    points = [[arb(x) for x in z.tolist()]]
    bounds = (found.high, found.low, found.bound)
    compared(batch, np.flatnonzero(known), bounds, _of(truth, points))


@lru_cache(maxsize=4096)
def _entry(used: tuple[sympy.Symbol, ...], expression: sympy.Expr) -> Callable[..., arb]:
    compiled = compile_ball(expression, used)

    def evaluated(*balls: arb) -> arb:
        try:
            return compiled(*balls)
        except ArithmeticError:
            return arb.nan()

    return evaluated


def arrays(batch: Batch, rng: np.random.Generator) -> None:
    """The adjoints of a layer or a loss, whole arrays, several times."""
    while batch.entries < SIZE // 8:
        before = batch.entries
        one_array(batch, rng)
        if batch.entries == before:
            raise NotLoweredError(batch.name)


def one_array(batch: Batch, rng: np.random.Generator) -> None:
    """Once."""
    graph = {**layers, **symdiff.array_losses}[batch.name]()
    adjoints = symdiff.adjoints(graph)
    axes = {a: int(rng.integers(2, 9)) for i in adjoints.signature.inputs.values() for a in i}
    axes |= adjoints.signature.lengths
    size = 2.0 ** rng.uniform(-40, 6)
    inputs = {}
    for name, letters in adjoints.signature.inputs.items():
        shape = tuple(axes[a] for a in letters)
        values = rng.normal(size=shape) * size
        inputs[name] = np.where(
            rng.random(shape) < 0.05, numbers(rng, values.size).reshape(shape), values
        )
    given, parameters, lengths = adjoints.signature.bind(inputs)
    arguments, steps = {**given, **parameters, **lengths}, program(adjoints.nodes)
    found = evaluate_in(arithmetic(batch.kind), steps, arguments)
    if found is None:
        return
    ball = np.frompyfunc(lambda x: arb(x.p) / arb(x.q) if hasattr(x, "p") else arb(x), 1, 1)
    exact: dict[int, dict[str, Any]] = {}

    def truths() -> dict[str, Any]:
        if ctx.prec not in exact:
            balls = {k: np.asarray(ball(arguments[k]), object) for k in steps.arguments}
            made = interpret(steps, balls, lambda used, e: _entry(tuple(used), e))
            exact[ctx.prec] = {k: np.ravel(v).tolist() for k, v in made.items()}
        return exact[ctx.prec]

    for name, balls in found.items():
        known = np.ravel(balls.known)
        batch.entries += known.size
        batch.known += int(known.sum())
        bounds = bounds_of(balls, known.size)
        compared(batch, np.flatnonzero(known), bounds, lambda i, name=name: truths()[name][i])


RUN = {
    "operation": operation,
    "function": function,
    "table of float32": tabulated,
    "table of float64": tabulated,
    "arrays": arrays,
    "operation" + PAIRS: operation,
    "function" + PAIRS: function,
    "arrays" + PAIRS: arrays,
}


def run(number: int) -> Batch:
    """The batch of a number."""
    rng = np.random.default_rng([SEED, number])
    kind = str(rng.choice(KINDS, p=SHARES))
    of = kind.removesuffix(PAIRS)
    if of == "operation":
        name = str(rng.choice(list(OPERATIONS)))
    elif of == "arrays":
        name = str(rng.choice([*layers, *symdiff.array_losses]))
    else:
        double = kind == "table of float64"
        order = int(rng.integers(0 if of == "function" else 1, 2 if double else 3))
        name = f"{rng.choice(DOUBLE if double else list(symdiff.activations))} {order}"
    batch = Batch(number, kind, name)
    start = time.process_time()
    try:
        RUN[kind](batch, rng)
    except (NotLoweredError, CannotCertify):
        batch.name += " (no kernel)"
    batch.seconds = round(time.process_time() - start, 3)
    return batch


def told(batches: Iterable[Batch]) -> Iterator[str]:
    """A line a kind."""
    listed = list(batches)
    for kind in (*KINDS, "all"):
        some = [b for b in listed if kind in (b.kind, "all")]
        drawn, known, compared_, outside = (
            sum(getattr(b, k) for b in some) for k in ("entries", "known", "told", "outside")
        )
        worst = max((b for b in some), key=lambda b: b.worst, default=None)
        of = "" if worst is None else f"{worst.worst:.3f} ({worst.name})"
        seconds = sum(b.seconds for b in some)
        yield (
            f"{kind:18}{drawn:14,} drawn{known:14,} known{compared_:14,} told{outside:4} outside, "
            f"worst {of}, {seconds:,.0f} s"
        )


def main() -> None:
    """Run as many batches as are asked for, and tell what was found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--entries", type=int, default=200_000, help="drawn, in all")
    parser.add_argument("--journal", type=Path, help="where batches are kept, and taken up from")
    parser.add_argument("--first", type=int, default=0, help="the number of the first batch")
    parser.add_argument("--step", type=int, default=1, help="from one number to the next")
    asked = parser.parse_args()
    done: list[Batch] = []
    if asked.journal is not None and asked.journal.exists():
        lines = asked.journal.read_text(encoding="utf-8").splitlines()
        done = [Batch(**json.loads(line)) for line in lines]
    known, drawn, number = {b.number for b in done}, sum(b.entries for b in done), asked.first
    while drawn < asked.entries:
        if number not in known:
            batch = run(number)
            done.append(batch)
            drawn += batch.entries
            if asked.journal is not None:
                with asked.journal.open("a", encoding="utf-8") as journal:
                    journal.write(json.dumps(asdict(batch)) + "\n")
            if batch.outside:
                print(f"OUTSIDE: batch {number}, {batch.kind}, {batch.name}: {batch.examples[0]}")
        number += asked.step
    print("\n".join(told(done)))
    without = Counter(b.name for b in done if b.name.endswith("(no kernel)"))
    print(f"{len(without)} functions have no kernel of float balls and go to flint's")
    sys.exit(any(b.outside for b in done))


if __name__ == "__main__":
    main()
