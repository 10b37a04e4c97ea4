"""A finding in plain torch: one line that prints the gradient, as the engine computed it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from comparisons.comparison import AdjointResult, Comparison
from comparisons.engines.forward_pass import COTANGENT

REPEAT = 64  # torch takes its vectorised path for a contiguous tensor, and another for one element

_BACKWARD = "({code}){sum}.backward({v}); print({name}.grad[0].item())"
_FUNCTION = "f = lambda {names}: {code}; "

# How each engine differentiates, where it is not by `backward`.
_STATEMENTS: Mapping[str, str] = MappingProxyType(
    {
        "grad": "print(torch.autograd.grad(({code}){sum}, {name}{comma_v})[0][0].item())",
        "jvp": _FUNCTION
        + "print(torch.func.jvp(lambda {name}: f({names}), ({name}.detach(),), ({tangent},))"
        "[1][0].item())",
        "forward_ad": "import torch.autograd.forward_ad as fwd; fwd.enter_dual_level(); "
        "{name} = fwd.make_dual({name}.detach(), {tangent}); "
        "print(fwd.unpack_dual({code}).tangent[0].item()); fwd.exit_dual_level()",
        "reverse_over_reverse": "g, = torch.autograd.grad(({code}).sum(), {name}, "
        "create_graph=True); g.sum().backward(); print({name}.grad[0].item())",
        "forward_over_reverse": "f = torch.func.grad(lambda {name}: ({code}).sum()); "
        "print(torch.func.jvp(f, ({name}.detach(),), (torch.ones_like({name}),))[1][0].item())",
        "compiled": _FUNCTION
        + "torch.compile(f)({names}){sum}.backward({v}); print({name}.grad[0].item())",
    }
)
_LAYOUTS: Mapping[str, str] = MappingProxyType(
    {
        "single": "torch.full((1,), {value}, dtype={dtype}, requires_grad=True)",
        "tails": "torch.full((1,), {value}, dtype={dtype}, requires_grad=True)",
        "strided": "torch.full((128,), {value}, dtype={dtype})[::2].requires_grad_()",
    }
)
_CONTIGUOUS = f"torch.full(({REPEAT},), {{value}}, dtype={{dtype}}, requires_grad=True)"


def reproduction(comparison: Comparison, adjoint: AdjointResult | None = None) -> str:
    """One line of plain torch that prints the gradient at the worst input.

    Only a leaf has a `.grad` to print: for a line in between, such as z of a neuron, the worst of
    the inputs is taken.
    """
    subject, dtype = comparison.subject, f"torch.{comparison.dtype}"
    names = [i.name for i in subject.graph.inputs]
    chosen = adjoint or comparison.worst_adjoint
    if chosen is not None and chosen.name not in names:
        leaves = [a for a in comparison.adjoints.values() if a.name in names]
        chosen = max(leaves, key=lambda a: a.judged.excess.max(initial=0.0), default=None)
    if chosen is None or not set(names) <= chosen.worst.inputs.keys():
        return f"import torch; {subject.code}  # with the inputs of comparison.adjoints"
    at = chosen.worst.inputs
    written = _LAYOUTS.get(comparison.engine, _CONTIGUOUS)
    tensors = [f"{n} = {written.format(value=_number(at[n]), dtype=dtype)}" for n in names]
    given = COTANGENT in at
    full = f"torch.full_like({chosen.name}, {_number(at[COTANGENT])})" if given else ""
    statement = _STATEMENTS.get(comparison.engine, _BACKWARD).format(
        code=subject.code,
        name=chosen.name,
        names=", ".join(names),
        sum="" if given else ".sum()",
        v=full,
        comma_v=f", {full}" if given else "",
        tangent=full or f"torch.ones_like({chosen.name})",
    )
    return f"import torch; {'; '.join(tensors)}; {statement}"


def _number(value: float) -> str:
    return f"float.fromhex('{value.hex()}')"
