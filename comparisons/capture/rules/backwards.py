"""Rules of backward operators without a decomposition: the adjoint of the forward's own rule.

They run where a backward is followed, or written by hand with torch's own.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from comparisons.capture.arrays.axes import axes_of, axis_at
from comparisons.capture.calls.call import Call
from comparisons.capture.refusal import NoRule
from comparisons.capture.rules.registry import RULES, rule
from symdiff.functions import sigmoid
from symdiff.graph import Node, contraction, elementwise, renamed, sweep, topological


@rule("log_sigmoid_backward")
def log_sigmoid_backward(call: Call) -> Node:
    """v σ(−x); what the forward kept for it is not needed."""
    return elementwise(lambda v, x: v * sigmoid(-x), call.node("grad_output"), call.node("self"))


@rule("avg_pool2d_backward", "avg_pool3d_backward")
def average_pool_backward(call: Call) -> Node:
    """The adjoint of the mean over each window."""
    forward = getattr(torch.ops.aten, call.name.removesuffix("_backward")).default
    return _pulled_back(call, forward, call.in_order[1:], ["self"])[0]


@rule("_adaptive_avg_pool2d_backward", "_adaptive_avg_pool3d_backward")
def adaptive_pool_backward(call: Call) -> Node:
    """The adjoint of the mean over windows that divide the input."""
    forward = getattr(torch.ops.aten, call.name.removesuffix("_backward")).default
    sizes = call.shape("grad_output")
    sizes = sizes[-(2 if "2d" in call.name else 3) :]
    return _pulled_back(call, forward, [call["self"], list(sizes)], ["self"])[0]


@rule("convolution_backward")
def convolution_backward(call: Call) -> Sequence[Node | None]:
    """The adjoints of the input, the weight and the bias, those that are asked for."""
    names = ["stride", "padding", "dilation", "transposed", "output_padding", "groups"]
    given = [call["input"], call["weight"], None, *(call[name] for name in names)]
    forward = torch.ops.aten.convolution.default
    x, w = _pulled_back(call, forward, given, ["input", "weight"])
    shape = call.shape("grad_output")
    along = () if shape[1] == 1 else (axis_at(shape, 1),)
    bias = renamed(contraction((call.full("grad_output"),), along), axes_of((shape[1],)))
    asked = zip((x, w, bias), call["output_mask"], strict=True)
    return [node if wanted else None for node, wanted in asked]


def _pulled_back(
    call: Call, forward: Any, arguments: Sequence[Any], names: Sequence[str]
) -> list[Node]:
    """The adjoints of some tensors that the forward operator was given."""
    operands = [call.node(name) for name in names]
    for name, operand in zip(names, operands, strict=True):
        others = [o for o in operands if o is not operand]
        mixed = len(others) < len(operands) - 1 or operand in topological(others)
        if mixed or set(operand.axes) != set(axes_of(call.shape(name))):
            raise NoRule
    made = Call(forward, list(arguments), {}, call.read, call.varies)
    made.results = tuple(_tensors(forward(*arguments)))
    rule_of = next((RULES[key] for key in made.keys if key in RULES), None)
    if rule_of is None:
        raise NoRule
    value = rule_of(made)
    assert isinstance(value, Node)  # noqa: S101 - each of these has one result
    # an operand that is itself the value's is reached only through the rule
    found = sweep(value, call.whole("grad_output")).adjoints
    return [found[operand] for operand in operands]


def _tensors(result: Any) -> list[Tensor]:
    return [result] if isinstance(result, Tensor) else [t for t in result if isinstance(t, Tensor)]
