"""Find the derivative that torch takes at a kink; two ways to write a function may differ.

At a kink any number between the one-sided derivatives is a subgradient (Clarke 1983, §2.1); which
one a framework takes is its convention, and an optimiser that sits on the kink feels it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import symdiff
from comparisons.subjects.catalogue.torch_code import TorchCode, filled_in

# definition → ways to write it in torch that are the same function of real numbers
SYNONYMS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "relu": (
            "F.relu(z)",
            "F.threshold(z, 0.0, 0.0)",
            "F.leaky_relu(z, 0.0)",
            "torch.clamp(z, min=0)",
            "torch.maximum(z, torch.zeros_like(z))",
            "torch.where(z > 0, z, 0.0)",
            "torch.where(z >= 0, z, 0.0)",
            "z * (z > 0)",
            "(z + torch.abs(z)) / 2",
        ),
        "relu6": (
            "F.relu6(z)",
            "F.hardtanh(z, 0.0, 6.0)",
            "torch.clamp(z, 0, 6)",
            "torch.minimum(F.relu(z), torch.full_like(z, 6))",
        ),
        "absolute": (
            "torch.abs(z)",
            "torch.maximum(z, -z)",
            "torch.where(z > 0, z, -z)",
            "z * torch.sign(z)",
            "torch.sqrt(z * z)",
            "torch.linalg.vector_norm(z.unsqueeze(-1), dim=-1)",
        ),
        "hardtanh": (
            "F.hardtanh(z)",
            "torch.clamp(z, -1, 1)",
            "torch.maximum(torch.minimum(z, torch.ones_like(z)), -torch.ones_like(z))",
        ),
        "hardsigmoid": (
            "F.hardsigmoid(z)",
            "F.relu6(z + 3) / 6",
            "torch.clamp(z + 3, 0, 6) / 6",
        ),
        "hardswish": (
            "F.hardswish(z)",
            "z * F.relu6(z + 3) / 6",
            "z * torch.clamp(z + 3, 0, 6) / 6",
        ),
        "leaky_relu": (
            "F.leaky_relu(z, 0.01)",
            "torch.where(z > 0, z, 0.01 * z)",
            "torch.where(z >= 0, z, 0.01 * z)",
            "torch.maximum(z, 0.01 * z)",
        ),
        "softshrink": (
            "F.softshrink(z, 0.5)",
            "torch.sign(z) * F.relu(torch.abs(z) - 0.5)",
            "z - torch.clamp(z, -0.5, 0.5)",
        ),
        "hardshrink": ("F.hardshrink(z, 0.5)", "torch.where(torch.abs(z) > 0.5, z, 0.0)"),
        "softsign": ("F.softsign(z)", "z / (1 + torch.abs(z))", "z / (1 + torch.sqrt(z * z))"),
        "elu": ("F.elu(z)", "torch.where(z > 0, z, torch.expm1(z))"),
        "relu_squared": ("F.relu(z) ** 2", "z * F.relu(z)", "torch.where(z > 0, z * z, 0.0)"),
    }
)


@dataclass(frozen=True)
class Convention:
    """The derivative that one way of writing a function takes at one of its kinks."""

    definition: str
    code: str
    at: float
    left: float
    right: float
    taken: float  # by torch, in float64

    @property
    def inside(self) -> bool:
        """Whether it lies in Clarke's interval [f'₋, f'₊]; NaN does not."""
        return min(self.left, self.right) <= self.taken <= max(self.left, self.right)

    def __str__(self) -> str:
        where = "inside" if self.inside else "OUTSIDE"
        return (
            f"{self.definition} at {self.at:g} as {self.code}: {self.taken:g}, {where} "
            f"[{min(self.left, self.right):g}, {max(self.left, self.right):g}]"
        )


def conventions(name: str) -> list[Convention]:
    """The derivatives that torch takes at a definition's breakpoints, for each way of writing it.

    Raises: ValueError if no synonyms are listed for the name.
    """
    if name not in SYNONYMS:
        raise ValueError(f"no synonyms are listed for {name!r}; they are for {', '.join(SYNONYMS)}")
    definition = symdiff.activation(name)
    found = []
    for template in SYNONYMS[name]:
        code = filled_in(template, ("z",), {})
        for kink in definition.kinks():
            at = float(kink.at)
            found.append(
                Convention(
                    name, code.code, at, float(kink.left), float(kink.right), _slope(code, at)
                )
            )
    return found


def disagreements() -> dict[tuple[str, float], list[Convention]]:
    """Each kink, by definition and place, at which two ways to write it take different values."""
    found: dict[tuple[str, float], list[Convention]] = {}
    for name in SYNONYMS:
        for convention in conventions(name):
            found.setdefault((name, convention.at), []).append(convention)
    # as text, so that one NaN is like another
    return {k: v for k, v in found.items() if len({str(c.taken) for c in v}) > 1}


def _slope(code: TorchCode, at: float) -> float:
    import torch

    z = torch.tensor([at], dtype=torch.float64, requires_grad=True)
    torch.autograd.backward(code(z).sum())
    assert z.grad is not None  # noqa: S101 - a leaf that was used
    return float(z.grad.item())
