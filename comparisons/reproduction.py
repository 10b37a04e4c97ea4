"""A finding in plain torch: one line that prints the gradient, as the engine computed it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from comparisons.comparison import AdjointResult, Comparison
from comparisons.engines.forward_pass import COTANGENT
from comparisons.torch_code import mentions

REPEAT = 64  # torch takes its vectorised path for a contiguous tensor, and another for one element
_MOST_ENTRIES = 512  # of all inputs together, in a snippet

_BACKWARD = "({code}){sum}.backward({v}); print({name}.grad[{at}].item())"
_FUNCTION = "f = lambda {names}: {code}; "

# How each engine differentiates, where it is not by `backward`.
_STATEMENTS: Mapping[str, str] = MappingProxyType(
    {
        "grad": "print(torch.autograd.grad(({code}){sum}, {name}{comma_v})[0][{at}].item())",
        "jvp": _FUNCTION
        + "print(torch.func.jvp(lambda {name}: f({names}), ({name}.detach(),), ({tangent},))"
        "[1][{at}].item())",
        "forward_ad": "import torch.autograd.forward_ad as fwd; fwd.enter_dual_level(); "
        "{name} = fwd.make_dual({name}.detach(), {tangent}); "
        "print(fwd.unpack_dual({code}).tangent[{at}].item()); fwd.exit_dual_level()",
        "reverse_over_reverse": "g, = torch.autograd.grad(({code}).sum(), {name}, "
        "create_graph=True); g.sum().backward(); print({name}.grad[{at}].item())",
        "forward_over_reverse": "f = torch.func.grad(lambda {name}: ({code}).sum()); "
        "print(torch.func.jvp(f, ({name}.detach(),), (torch.ones_like({name}),))[1][{at}].item())",
        "compiled": _FUNCTION
        + "torch.compile(f)({names}){sum}.backward({v}); print({name}.grad[{at}].item())",
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

    Of a graph with arrays it holds all of them, where they are small.

    Only a leaf has a `.grad` to print: for a line in between, such as z of a neuron, the worst of
    the inputs is taken.
    """
    subject = comparison.subject
    elsewhere = "" if comparison.device == "cpu" else f", device={comparison.device!r}"
    dtype = f"torch.{comparison.dtype}{elsewhere}"
    names = [i.name for i in subject.graph.inputs]
    chosen = adjoint or comparison.worst_adjoint
    if chosen is not None and chosen.name not in names:
        leaves = [a for a in comparison.adjoints.values() if a.name in names]
        chosen = max(leaves, key=lambda a: a.judged.excess.max(initial=0.0), default=None)
    if any(i.axes for i in subject.graph.inputs):
        written = None if chosen is None else _arrays(chosen, names, subject.code, dtype)
        if chosen is None or written is None:
            return f"import torch; {subject.code}  # with the inputs of comparison.adjoints"
        tensors, given, at = written, COTANGENT in chosen.inputs, chosen.worst_index
        full = COTANGENT if given else ""
    else:
        if chosen is None or not set(names) <= chosen.worst.inputs.keys():
            return f"import torch; {subject.code}  # with the inputs of comparison.adjoints"
        point, at = chosen.worst.inputs, (0,)
        layout = _LAYOUTS.get(comparison.engine, _CONTIGUOUS)
        tensors = [f"{n} = {layout.format(value=_number(point[n]), dtype=dtype)}" for n in names]
        given = COTANGENT in point
        full = f"torch.full_like({chosen.name}, {_number(point[COTANGENT])})" if given else ""
    statement = _STATEMENTS.get(comparison.engine, _BACKWARD).format(
        code=subject.code,
        name=chosen.name,
        names=", ".join(names),
        at=", ".join(map(str, at)) or "()",
        sum="" if given else ".sum()",
        v=full,
        comma_v=f", {full}" if given else "",
        tangent=full or f"torch.ones_like({chosen.name})",
    )
    return f"import torch; {'; '.join(tensors)}; {statement}"


def _arrays(chosen: AdjointResult, names: Sequence[str], code: str, dtype: str) -> list[str] | None:
    """Statements that make the inputs, every entry exact; None if they are not small."""
    wanted = [n for n in chosen.inputs if n in names or n == COTANGENT]
    size = sum(chosen.inputs[n].size for n in wanted)
    if size > _MOST_ENTRIES or not mentions(code, chosen.name):
        return None
    statements = ["h = float.fromhex"]
    for n in wanted:
        grad = "" if n == COTANGENT else ", requires_grad=True"
        entries = _entries(chosen.inputs[n].tolist())
        statements.append(f"{n} = torch.tensor({entries}, dtype={dtype}{grad})")
    return statements


def _entries(values: Any) -> str:
    if isinstance(values, list):
        return f"[{', '.join(map(_entries, values))}]"
    return f"h('{values.hex()}')"


def _number(value: float) -> str:
    return f"float.fromhex('{value.hex()}')"
