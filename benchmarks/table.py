"""What each way to a gradient costs, in one run: `docs/speed.md`.

    python benchmarks/table.py [--page docs/speed.md]

Certified truth by symdiff, torch's own gradient, float64 in numpy without a bound, mpmath, arb
alone, and gradcheck; then the bridge, a sweep, depth, and how cost grows. Nanoseconds of processor
time an entry of the gradient, the least of some rounds in which the methods alternate. What goes
number by number is asked of few entries; gradcheck, whose time grows with the square of the
entries, of fewer, so that at the size of the row it would be slower than it says.
"""

from __future__ import annotations

import argparse
import contextlib
import cProfile
import datetime as dt
import io
import os
import platform
import pstats
import statistics
import textwrap
import time
from collections.abc import Callable, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

import bridge
import certified_arrays
import linear
import mpmath
import numpy as np
import own_code
import reverse_sweep
import sweep
import sympy
import torch
from flint import arb, ctx

import comparisons
import symdiff
from comparisons.subjects.functions import from_catalogue
from symdiff.balls.compiled import compile_ball
from symdiff.double_doubles.array import DOUBLE_DOUBLE
from symdiff.float_balls.arithmetic import Arithmetic
from symdiff.float_balls.array import FLOAT
from symdiff.float_balls.evaluate import evaluate, evaluate_in
from symdiff.functions import STABLE_FUNCTIONS
from symdiff.oracle import deadline
from symdiff.oracle.adjoints import enclose_adjoints
from symdiff.oracle.choice import enclose
from symdiff.programs.program import program

ROUNDS = 3
POINTS, FEW, ASKED = 2**20, 500, 200  # entries; of what goes number by number; of gradcheck
SMALL = 8  # rows and columns of the arrays that gradcheck is asked of
DIGITS, BITS = 30, 128  # of mpmath and of arb alone
ACTIVATIONS = ("gelu", "silu", "tanh", "softplus", "mish")
COLUMNS = ("symdiff", "torch", "numpy", "mpmath", "arb", "gradcheck")

STAGES_OF_ARRAY = {
    ("tape", "_exp"): "eˣ",
    ("tape", "_divide"): "quotients",
    ("tape", "_multiply"): "products",
    ("tape", "_subtract"): "differences",
    ("sums", "rows"): "sums of rows",
}

# Profiles of commit 13e7ad4, by `cProfile` with processor time: a sweep's chunks, one in 64, and
# `enclose` of softmax at 64 × 64. An AMD EPYC (AVX2).
BEFORE = """\
Before there were float balls and a compiled pass (commit 13e7ad4, on an AMD EPYC with AVX2), a
certified softmax took 7,174 ns an entry, all of it spent in Python on one ball at a time (25% of it
on asking how much time was left), and a sweep of gelu 58.3 ns a value: 53% the judge, 19% the
oracle, 13% the engine, 7% sorting, 8% the rest."""

Method = tuple[Callable[[], Any], int]  # what is called, and for how many entries


def each(methods: Mapping[str, Method]) -> dict[str, float]:
    """Nanoseconds an entry, the least of some rounds in which the methods alternate."""
    best = dict.fromkeys(methods, np.inf)
    for _ in range(ROUNDS):
        for name, (what, entries) in methods.items():
            start = time.process_time()
            what()
            best[name] = min(best[name], (time.process_time() - start) / entries * 1e9)
    return best


def of_activation(name: str) -> dict[str, float]:
    """An activation's derivative at a million float32 numbers, the truth certified for float32."""
    definition = symdiff.activation(name)
    form = definition.valued(definition.derivative())
    (z,) = definition.symbols
    lowerings = {f.__name__: f.numpy for f in STABLE_FUNCTIONS}
    plain = sympy.lambdify(z, form, [lowerings, "scipy", "numpy"], cse=True)
    exact = {f.__name__: f.mpmath for f in STABLE_FUNCTIONS}
    slowly = sympy.lambdify(z, form, [exact, "mpmath"], cse=True)
    ball = compile_ball(form, [z])
    forward = from_catalogue(definition).forward
    x = np.random.default_rng(0).normal(scale=3, size=POINTS).astype(np.float32)
    given, seed = torch.tensor(x), torch.ones(POINTS)
    wide, few = x.astype(np.float64), x[:FEW].astype(np.float64).tolist()
    double = torch.tensor(x[:ASKED], dtype=torch.float64).requires_grad_()

    def in_mpmath() -> None:
        with mpmath.workdps(DIGITS):
            for value in few:
                slowly(mpmath.mpf(value))

    def in_arb() -> None:
        with ctx.workprec(BITS):
            for value in few:
                ball(arb(value))

    return each(
        {
            "symdiff": (lambda: enclose(form, {"z": wide}, target="float32"), POINTS),
            "torch": (lambda: forward(given.requires_grad_()).backward(seed), POINTS),
            "numpy": (lambda: plain(wide), POINTS),
            "mpmath": (in_mpmath, FEW),
            "arb": (in_arb, FEW),
            "gradcheck": (lambda: torch.autograd.gradcheck(forward, double), ASKED),
        }
    )


def of_array(name: str, dtype: str) -> dict[str, float]:
    """The adjoints of whole arrays, certified for a type."""
    graph, inputs, function = certified_arrays.cases(1024)[name]
    small, inputs_small, _ = certified_arrays.cases(1024 // certified_arrays.SMALL)[name]
    _, inputs_least, _ = certified_arrays.cases(SMALL)[name]
    adjoints, few = symdiff.adjoints(graph), symdiff.adjoints(small)
    on: Arithmetic[Any] = FLOAT if dtype == "float32" else DOUBLE_DOUBLE
    given, parameters, lengths = adjoints.signature.bind(inputs)
    arguments, steps = {**given, **parameters, **lengths}, program(adjoints.nodes)
    plain, slowly = adjoints.lambdify(), few.lambdify("mpmath")

    def entries(of: Mapping[str, np.ndarray]) -> int:
        return sum(a.size for n, a in of.items() if n != "v")

    leaves = [
        torch.tensor(a, dtype=torch.float64).requires_grad_()
        for n, a in inputs_least.items()
        if n != "v"
    ]

    def in_balls() -> None:
        with deadline.allowed(600):
            enclose_adjoints(few, inputs_small)

    def in_mpmath() -> None:
        with mpmath.workdps(DIGITS):
            slowly(**inputs_small)

    whole, some = entries(inputs), entries(inputs_small)
    return each(
        {
            "symdiff": (lambda: evaluate_in(on, steps, arguments), whole),
            "torch": (lambda: certified_arrays.backward(function, inputs, dtype), whole),
            "numpy": (lambda: plain(**inputs), whole),
            "mpmath": (in_mpmath, some),
            "arb": (in_balls, some),
            "gradcheck": (
                lambda: torch.autograd.gradcheck(function, leaves),
                entries(inputs_least),
            ),
        }
    )


def table() -> str:
    """Nanoseconds an entry, by work and method."""
    rows = {f"`{n}`′, {POINTS:,} values": of_activation(n) for n in ACTIVATIONS}
    sizes = {"softmax": "1024 × 1024", "layer norm": "1024 × 1024", "attention": "256 × 64"}
    for dtype in ("float32", "float64"):
        beside = "" if dtype == "float32" else ", in float64"
        rows |= {f"{n}, {size}{beside}": of_array(n, dtype) for n, size in sizes.items()}
    lines = [
        "| ns an entry | " + " | ".join(COLUMNS) + " | symdiff ÷ numpy | ÷ torch |",
        "|---|" + "---:|" * (len(COLUMNS) + 2),
    ]
    for name, row in rows.items():
        figures = [written(row[c]) for c in COLUMNS]
        figures += [f"{row['symdiff'] / row[c]:.2f}" for c in ("numpy", "torch")]
        lines.append(f"| {name} | " + " | ".join(figures) + " |")
    return "\n".join(lines)


def written(figure: float) -> str:
    """Three digits, with a comma at thousands."""
    return f"{figure:.2f}" if figure < 10 else f"{figure:.1f}" if figure < 100 else f"{figure:,.0f}"


def shares_of_array() -> str:
    """What the time of a certified softmax goes to, by a profile."""
    graph, inputs, _ = certified_arrays.cases(1024)["softmax"]
    adjoints = symdiff.adjoints(graph)
    given, parameters, lengths = adjoints.signature.bind(inputs)
    arguments, steps = {**given, **parameters, **lengths}, program(adjoints.nodes)
    evaluate(steps, arguments)
    profile = cProfile.Profile()
    profile.enable()
    evaluate(steps, arguments)
    profile.disable()
    spent: dict[str, float] = {}
    for (file, _, function), (_, _, alone, *_) in pstats.Stats(profile).stats.items():  # type: ignore[attr-defined]
        stage = STAGES_OF_ARRAY.get((Path(file).stem, function), "the rest")
        spent[stage] = spent.get(stage, 0.0) + alone
    spent["the rest"] = spent.pop("the rest")
    return "; ".join(f"{stage} {t / sum(spent.values()):.0%}" for stage, t in spent.items())


def checks() -> str:
    """A whole check beside a whole gradcheck of the same function."""
    lines = [
        "| processor seconds | entries | check | gradcheck, fast | gradcheck |",
        "|---|---:|---:|---:|---:|",
    ]
    torch.manual_seed(0)
    a, b = torch.randn(24, 16), torch.randn(24, 16)
    block = own_code.Block(8)
    cases: dict[str, tuple[Callable[..., Any], tuple[torch.Tensor, ...]]] = {
        "swiglu of 24 × 16": (lambda a, b: torch.nn.functional.silu(a) * b, (a, b)),
        "softmax of 24 × 16": (lambda a: torch.softmax(a, -1), (a,)),
        "a transformer block of width 8, its input": (block, (torch.randn(2, 8, 8),)),
    }
    for name, (function, given) in cases.items():
        double = [t.double().requires_grad_() for t in given]
        inside = block.double() if function is block else function
        slow = least(lambda f=inside, d=double: torch.autograd.gradcheck(f, d))
        fast = least(lambda f=inside, d=double: torch.autograd.gradcheck(f, d, fast_mode=True))
        single = block.float() if function is block else function
        ours = least(lambda f=single, g=given: comparisons.check(f, *g))
        entries = sum(t.numel() for t in given)
        lines.append(f"| {name} | {entries:,} | {ours:.2f} | {fast:.3f} | {slow:.2f} |")
    return "\n".join(lines)


def least(what: Callable[[], Any]) -> float:
    """The least processor seconds of some calls."""
    return bridge.least(ROUNDS, what)[0]


def bridges() -> str:
    """`lambdify` beside torch, all activations at 10⁵ values and some at 10⁷."""
    lines = [
        "| `lambdify` ÷ torch, float64 | functions | median | no slower | the most |",
        "|---|---:|---:|---:|---:|",
    ]
    whole = list(symdiff.activations)
    for count, names, rounds in ((10**5, whole, 5), (10**7, whole[::6], 3)):
        pairs = {n: bridge.measured(n, count, rounds) for n in names}
        ratios = {n: ours / theirs for n, (ours, theirs) in pairs.items()}
        most = max(ratios, key=lambda n: ratios[n])
        slower = sum(r > 1 for r in ratios.values())
        lines.append(
            f"| {count:,} values | {len(names)} | {statistics.median(ratios.values()):.2f} | "
            f"{len(names) - slower} | {ratios[most]:.1f} (`{most}`) |"
        )
    return "\n".join(lines)


def printed(what: Callable[..., Any], *given: Any) -> str:
    """What a benchmark prints, as a block of text."""
    page = io.StringIO()
    with contextlib.redirect_stdout(page):
        what(*given)
    return textwrap.indent(page.getvalue().rstrip(), "    ")


def about() -> str:
    """The machine, the day, the versions."""
    names = ("torch", "numpy", "numba", "sympy", "mpmath", "python-flint")
    versions = ", ".join(f"{n} {version(n)}" for n in names)
    cores = f"{os.cpu_count()} cores, one used, load {os.getloadavg()[1]:.0f}"
    day = dt.datetime.now(dt.UTC).date().isoformat()
    model = next(
        (
            line.split(":", 1)[1].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        platform.machine(),
    )
    capability = torch.backends.cpu.get_cpu_capability()
    return f"{day}; {model} ({capability}), {cores}; Python {platform.python_version()}, {versions}"


def main() -> None:
    """Print the page, or write it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--page", type=Path, help="where to write it")
    asked = parser.parse_args()
    torch.set_num_threads(1)
    # What a sweep asks of memory is told first: a process's peak never falls.
    swept = printed(sweep.table)
    made = f"""\
# What it costs

`python benchmarks/table.py --page docs/speed.md` wrote this page in one run: {about()}.

Processor time, since the machine is shared; the methods of a row alternate, so that its ratios hold
elsewhere.

## A gradient's truth beside the gradient

{table()}

symdiff: certified for float32, or for float64 where the row says so. torch: its own gradient,
forward and backward, in that type, of which nothing is known. numpy: the same closed form in
float64, without a bound. mpmath: at {DIGITS} digits, without one. arb: balls, of {BITS} bits for
functions of one number. gradcheck: differences in float64, at {ASKED} values or at arrays of
{SMALL} × {SMALL}; its time an entry grows with the entries.

Of a certified softmax's time, by a profile: {shares_of_array()}
(Python between the loops, copies, memory).

{BEFORE}

## A check beside gradcheck

{checks()}

A check also asks what gradcheck does not: other points, layouts, modes, threads, types
([gradcheck](gradcheck.md)).

## The bridge

{bridges()}

What `lambdify` gives is within 10⁻⁹ of the truth, or NaN; torch's is what it is.

## A sweep

{swept}

Nanoseconds a value: of torch's forward and backward alone, of the whole, of its stages (the engine
that runs torch; sorting what is plainly faithful; what is off by an ulp or more; the judge's); then
the ratio of the whole to torch alone, seconds for 2³² values on two cores, memory. Below, each
stage's share of the whole, and torch alone beside it, of which the engine's share is made.

## Depth

{printed(reverse_sweep.depths)}

Seconds for 1,000 and 5,000 layers of three lines each: written, derived, built as a program.

## How cost grows

{printed(linear.main)}

Nanoseconds a value; memory beyond input and output, a value and in all.
"""
    if asked.page is None:
        print(made)
    else:
        asked.page.write_text(made, encoding="utf-8")


if __name__ == "__main__":
    main()
