"""Make deliberately wrong backwards, which a checker of gradients must reject."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import sympy
from sympy import Expr, Piecewise, Rational, Symbol
from sympy.core.relational import Relational

import comparisons
import symdiff
from comparisons.dtypes import FLOAT_TYPES, FloatType
from comparisons.inputs.points import structured
from comparisons.inputs.values import SEED
from comparisons.subjects.catalogue.torch_calls import torch_call
from symdiff import Definition, elementwise, scalars
from symdiff.bridge.evaluator import Evaluator
from symdiff.graph.signature import Signature
from symdiff.kinks import breakpoints

if TYPE_CHECKING:
    from torch import Tensor

# torch.nn's own: the mutations of more would show nothing new
TORCH_NN = [k for k, d in symdiff.activations.items() if d.source.startswith("torch.nn.")][1:]
TYPES = (FLOAT_TYPES["float64"], FLOAT_TYPES["float32"])
ZEROED_BEYOND = Rational(13, 2)
KINK_SHIFT = Rational(1, 2)
FACTOR = Rational(10009, 10000)


def _sign_flipped(derivative: Expr, z: Symbol) -> Expr:  # noqa: ARG001 - all mutations are alike
    return -derivative


def _scaled(derivative: Expr, z: Symbol) -> Expr:  # noqa: ARG001 - all mutations are alike
    return derivative * FACTOR


def _zeroed(derivative: Expr, z: Symbol) -> Expr:
    return Piecewise((0, z > ZEROED_BEYOND), (0, z < -ZEROED_BEYOND), (derivative, True))


def _kink_moved(derivative: Expr, z: Symbol) -> Expr:
    """Every border between cases half a unit to the right; the cases themselves as they were."""
    moved = z - KINK_SHIFT
    borders = derivative.atoms(Relational, sympy.Abs, sympy.sign)
    return derivative.xreplace({border: border.xreplace({z: moved}) for border in borders})


def _term_dropped(derivative: Expr, z: Symbol) -> Expr:
    """A term less; a factor, a power, a case or the function less where there is no sum."""
    if isinstance(derivative, sympy.Add):
        return sympy.Add(*derivative.args[1:])
    if isinstance(derivative, sympy.Mul) and sum(a.has(z) for a in derivative.args) > 1:
        return sympy.Mul(*[a for a in derivative.args if a.has(z)][1:])
    if isinstance(derivative, Piecewise):
        (first, condition), *others = derivative.args
        dropped = _term_dropped(first, z) if first.has(z) else sympy.S.Zero
        return Piecewise((dropped if first != 0 else sympy.S.One, condition), *others)
    if isinstance(derivative, sympy.Pow):
        return derivative.base
    return sympy.S.One


MUTATIONS: Mapping[str, Callable[[Expr, Symbol], Expr]] = {
    "sign flipped": _sign_flipped,
    "factor 1.0009": _scaled,
    "term dropped": _term_dropped,
    "zeroed for |z| > 6.5": _zeroed,
    "kink moved": _kink_moved,
}


@dataclass(frozen=True, eq=False)
class Mutant:
    """A torch function with the right forward and a backward of our choosing."""

    name: str
    forward: Callable[[Tensor], Tensor]
    derivative: Evaluator  # of z

    def __call__(self, z: Tensor) -> Tensor:
        """Compute the right value, whose backward is wrong."""
        import torch

        forward, derivative = self.forward, self.derivative

        class Wrong(torch.autograd.Function):
            @staticmethod
            def forward(ctx: Any, z: Tensor) -> Tensor:
                ctx.save_for_backward(z)
                return forward(z)

            @staticmethod
            def backward(ctx: Any, cotangent: Tensor) -> Tensor:
                (z,) = ctx.saved_tensors
                slope = derivative(z=z.detach().to(torch.float64).numpy())["derivative"]
                return cotangent * torch.from_numpy(np.asarray(slope)).to(z.dtype)

        return Wrong.apply(z)  # type: ignore[no-untyped-call]  # torch is untyped here


def mutant(definition: Definition, mutation: str | None) -> Mutant:
    """Make torch's own function with its derivative mutated; with None, with the true one.

    Raises: KeyError if there is no such mutation.
    """
    (z,) = definition.symbols
    derivative = definition.valued(definition.derivative())
    changed = derivative if mutation is None else MUTATIONS[mutation](derivative, z)
    (node,) = scalars("z")
    wrong = elementwise(lambda a: changed.xreplace({z: a}), node)
    evaluator = Evaluator(Signature(definition.name, {"z": ()}, {}), {"derivative": wrong})
    name = f"{definition}, {mutation or 'unchanged'}"
    return Mutant(name, torch_call(definition), evaluator)


def applies(definition: Definition, mutation: str, dtype: FloatType) -> bool:
    """Whether the mutation changes the derivative as `dtype` can hold it, at structured points.

    A gradient that is zero beyond |z| = 6.5 anyway is not wrong when zeroed there, a smooth
    formula has no kink to move, and softplus' at its threshold differs by 2e-9 between its cases.
    """
    (z,) = definition.symbols
    if mutation == "kink moved" and not breakpoints(definition.valued(definition.formula), z):
        return False
    points = structured(dtype)
    right, wrong = (mutant(definition, m).derivative for m in (None, mutation))
    at_right, at_wrong = (dtype.round(f(z=points)["derivative"]) for f in (right, wrong))
    return not np.array_equal(at_right, at_wrong, equal_nan=True)


def rejected(
    function: Callable[[Tensor], Tensor], definition: Definition, dtype: FloatType
) -> bool:
    """Whether `comparisons.check` raises for the function."""
    try:
        # The value is torch's own, which is not what is tried: F.hardswish overflows above 3e307.
        comparisons.check(function, definition, dtype=dtype, engine="reverse")
    except comparisons.GradientMismatch as mismatch:
        return str(dtype) in str(mismatch)
    return False


def gradcheck_catches(function: Callable[[Tensor], Tensor], seed: int = SEED) -> bool:
    """Whether `torch.autograd.gradcheck` rejects the function, at its default tolerances.

    At 256 normal inputs of standard deviation 3, in float64, as its documentation advises.
    """
    import torch

    draw = torch.Generator().manual_seed(seed)
    z = 3 * torch.randn(256, dtype=torch.float64, generator=draw)
    return not torch.autograd.gradcheck(function, (z.requires_grad_(),), raise_exception=False)
