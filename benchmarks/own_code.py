"""What judging your own code costs, part by part, beside gradcheck fast and slow, in one run.

python benchmarks/own_code.py [widths…]: a pre-norm transformer block at each width, and a function
of 64 × 256. The truth is what a check asks for, far within what rounding may amount to; and, beside
it, each entry to 2⁻⁶⁴ of its value. CPU seconds of one thread; gradcheck slow is asked of the
smallest only, since its time grows with the square of the entries.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from comparisons.capture import capture
from comparisons.dtypes import float_type
from comparisons.inputs.values import Inputs
from comparisons.judge.graphs.allowance import Allowance, precision_of
from comparisons.judge.truth import Truth
from comparisons.subjects.own.from_code import from_code
from comparisons.subjects.subject import Subject


class Block(nn.Module):
    """A pre-norm transformer block."""

    def __init__(self, width: int, heads: int = 4) -> None:
        super().__init__()
        self.heads = heads
        self.n1, self.n2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.qkv, self.o = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.f1, self.f2 = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

    def forward(self, x: Tensor) -> Tensor:
        """Attention and two layers, each beside its input."""
        b, t, d = x.shape
        split = self.qkv(self.n1(x)).view(b, t, 3, self.heads, d // self.heads)
        q, k, v = split.permute(2, 0, 3, 1, 4)
        mixed = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + self.o(mixed.transpose(1, 2).reshape(b, t, d))
        return x + self.f2(F.gelu(self.f1(self.n2(x))))


def seconds(call: Callable[[], Any]) -> tuple[float, Any]:
    """The CPU time of a call, and what it gave."""
    began = time.process_time()
    found = call()
    return time.process_time() - began, found


def captured_inputs(subject: Subject) -> Inputs:
    """Where captured code is judged: at the arguments, with drawn cotangents."""
    if subject.sample is None:
        raise ValueError(f"{subject} does not say where it is judged")
    return subject.sample(float_type("float64"))


def measure(name: str, function: Any, *given: Tensor, slow: bool) -> None:
    """A line of the table."""
    dtype = float_type("float64")
    capture(function, *given)  # what is imported and compiled once is not counted
    captured, _ = seconds(lambda: capture(function, *given))
    made, subject = seconds(lambda: from_code(function, given, {}, dtype))
    derived, truth = seconds(lambda: Truth(subject.graph))
    inputs = captured_inputs(subject)
    allowance = Allowance(truth.adjoints, inputs, precision_of(dtype))
    rounded, enough = seconds(lambda: allowance.enough)
    enclosed, found = seconds(lambda: truth.enclosed(inputs, dtype, enough))
    relatively, _ = seconds(lambda: truth.enclosed(inputs, dtype))
    entries = sum(e.high.size for e in found.values())
    inside, parameters = [t.double().requires_grad_() for t in given], []
    call: Callable[..., Any] = function
    if isinstance(function, nn.Module):
        names = [n for n, _ in function.named_parameters()]
        parameters = [p.detach().double().requires_grad_() for p in function.parameters()]

        def call(*tensors: Tensor) -> Any:
            state = dict(zip(names, tensors[len(given) :], strict=True))
            return torch.func.functional_call(function, state, tensors[: len(given)])

    leaves = (*inside, *parameters)
    fast, _ = seconds(lambda: torch.autograd.gradcheck(call, leaves, fast_mode=True))
    whole = "–"
    if slow:
        whole = f"{seconds(lambda: torch.autograd.gradcheck(call, leaves))[0]:.2f}"
    line = (captured, made - captured, derived, rounded, enclosed, relatively, fast)
    print(
        name.ljust(22), f"{entries:>9,}", *(f"{t:9.2f}" for t in line), whole.rjust(9), flush=True
    )


def main(widths: list[int]) -> None:
    """The table."""
    torch.manual_seed(0)
    torch.set_num_threads(1)
    columns = ("capture", "+ subject", "derive", "rounding", "truth", "2⁻⁶⁴", "gc fast", "gc slow")
    print("".ljust(22), "entries".rjust(9), *(c.rjust(9) for c in columns))
    for width in widths:
        x = torch.randn(2, 8, width)
        measure(f"block of width {width}", Block(width), x, slow=width <= 8)
    a, b = torch.randn(64, 256), torch.randn(64, 256)
    measure("swiglu of 64 × 256", lambda a, b: F.silu(a) * b, a, b, slow=False)


if __name__ == "__main__":
    print(f"torch {torch.__version__}")
    main([int(w) for w in sys.argv[1:]] or [8, 16, 48, 128])
