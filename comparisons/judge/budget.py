"""Say how much error is allowed, and why.

Two lines, in units that grow with the problem and not with its formula:

*What the type could give.* One conditioned unit is ulp(g) + u·Σ|v ∂g/∂v|: the answer rounded once
and each value it is computed from rounded once. A few elementary functions of an ulp each, and as
many products, stay within 4 at every input. A gradient that does is called accurate.

*What PyTorch gives.* Its backward formulas subtract from 1 (σ(1 − σ), 1 − tanh², 1 + erf), so their
error is absolute: half an ulp of 1, times the |z| it is multiplied with (silu, mish), which matters
up to |z| = −log u, 37 in float64. So 32 units of ulp(max(|g|, 1)) hold for a sound kernel. Measured
on torch 2.13 (CPU) where gradients are finite: 19.3 for gelu_tanh, 18.1 for mish and 14.7 for silu
in float64, 8.6 in float32, under 2 elsewhere and under 1 in the 16-bit types; hardsigmoid in
float64, which is wrong, has 2.2e7. Those called accurate stay within 3 conditioned units.

A gradient within the second line and not the first agrees, with its small values inaccurate.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Budget:
    """The largest errors that count as accurate and as agreeing, in conditioned ulp."""

    accurate: float = 4.0  # units of ulp(g) + u·Σ|v ∂g/∂v|
    absolute: float = 32.0  # units of ulp(max(|g|, 1)) + u·Σ|v ∂g/∂v|
    # Of a graph of arrays: whether only what no first-order rounding explains is wrong, √N τ
    # instead of 16 τ (`symdiff.rounding`). It sees less, and what it rejects is wrong for sure.
    strict: bool = False

    def __post_init__(self) -> None:
        if not 0 <= self.accurate <= self.absolute:
            raise ValueError(
                f"a budget has 0 ≤ accurate ≤ absolute; {self.accurate} and {self.absolute} given"
            )
