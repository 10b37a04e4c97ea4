"""What `lambdify` makes of every activation beside torch's forward and backward, float64, one core.

    python benchmarks/bridge.py [--values 100000] [--names gelu silu …] [--rounds 5]

Both compute the adjoint of z for a cotangent of ones, at the same values, N(0, 3²) inside the
domain; ours is within 10⁻⁹ or NaN, torch's is what it is. Seconds of processor time, the least of
some rounds, which alternate, so that a busy machine slows both.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from typing import Any

import numpy as np

import symdiff
from comparisons.subjects.functions import from_catalogue
from comparisons.subjects.subject import Subject

SPREAD = 3.0
SEED = 0


def least(rounds: int, *what: Callable[[], Any]) -> list[float]:
    """The least processor seconds of each, called in turn."""
    best = [np.inf] * len(what)
    for _ in range(rounds):
        for i, one in enumerate(what):
            start = time.process_time()
            one()
            best[i] = min(best[i], time.process_time() - start)
    return best


def drawn(subject: Subject, count: int) -> np.ndarray:
    """Values of z inside the function's domain."""
    domain = subject.definition.domain if subject.definition else {}
    low, high = domain.get("z", (-np.inf, np.inf))
    z = np.random.default_rng(SEED).normal(scale=SPREAD, size=count)
    if np.isfinite(low) and np.isfinite(high):
        return low + (high - low) * np.random.default_rng(SEED).uniform(0.01, 0.99, size=count)
    return z if not np.isfinite(low) else low + np.abs(z) + 0.01


def measured(name: str, count: int, rounds: int) -> tuple[float, float]:
    """Seconds of ours and of torch's."""
    import torch

    subject = from_catalogue(symdiff.activation(name))
    z = drawn(subject, count)
    function = symdiff.adjoints(subject.graph).lambdify()
    given, seed = torch.tensor(z), torch.ones(count, dtype=torch.float64)

    def theirs() -> None:
        leaf = given.detach().requires_grad_()
        subject.forward(leaf).backward(seed)

    def ours() -> None:
        function(z=z)

    ours(), theirs()
    a, b = least(rounds, ours, theirs)
    return a, b


def main() -> None:
    """One row an activation, the slowest last."""
    import torch

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--values", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--names", nargs="*", default=list(symdiff.activations))
    asked = parser.parse_args()
    torch.set_num_threads(1)
    rows = [(n, *measured(n, asked.values, asked.rounds)) for n in asked.names]
    rows.sort(key=lambda row: row[1] / row[2])
    print(f"{asked.values:,} values, ns a value       ours     torch     ratio")
    for name, ours, theirs in rows:
        a, b = (s / asked.values * 1e9 for s in (ours, theirs))
        print(f"{name:28}{a:10.2f}{b:10.2f}{ours / theirs:10.2f}")
    ratios = [ours / theirs for _, ours, theirs in rows]
    slower = sum(r > 1 for r in ratios)
    print(
        f"median ratio {statistics.median(ratios):.2f}, {slower} of {len(rows)} slower than torch"
    )


if __name__ == "__main__":
    main()
