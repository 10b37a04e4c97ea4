"""Tell whether a hand-written backward uses numbers that its forward computed and kept.

Autograd follows inputs and outputs that a Function keeps, and takes whatever was computed between
them for a constant when the backward is differentiated. Such a backward is right once; twice it is
silently wrong, unless it is marked `once_differentiable`. Source: PyTorch, "Double Backward with
Custom Functions", https://docs.pytorch.org/tutorials/intermediate/custom_function_double_backward_tutorial.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from comparisons.cases.case import Case
from comparisons.dtypes import Float64Array
from comparisons.engines.call import run
from comparisons.engines.undisturbed import calling

if TYPE_CHECKING:
    from torch import Tensor

WHY = (
    "it is silently wrong, for the backward takes what forward computed and kept for a constant: "
    "compute that in the backward, or mark it with once_differentiable of torch.autograd.function"
)
_MOVED = 1 + 2.0**-6


def keeps_values(case: Case) -> bool:
    """Whether a Function keeps numbers that change with its inputs and that autograd cannot follow.

    Inputs, outputs, integers and constants are none.
    """
    with calling(case.subject):
        here = _kept(case, case.inputs)
    with calling(case.subject):
        moved = {name: values * _MOVED for name, values in case.inputs.items()}
        there = _kept(case, moved)
    if len(here) != len(there):
        return True
    pairs = zip(here, there, strict=True)
    return any(not np.array_equal(a, b, equal_nan=True) for a, b in pairs)


def _kept(case: Case, inputs: Mapping[str, Float64Array]) -> list[Any]:
    """The numbers that Functions keep in a run and autograd does not follow, as arrays."""
    from torch.utils._pytree import tree_leaves

    from comparisons.capture.captured import function_nodes_in

    leaves = case.setting.leaves(case.subject, inputs)
    output = run(case.subject, leaves)[case.subject.graph.output_name]
    nodes = list(function_nodes_in([output]))
    known = {leaf.data_ptr() for leaf in leaves.values()}
    every = [v for node in nodes for v in tree_leaves((node.saved_tensors, vars(node)))]
    return list(_of_numbers(every, known))


def _of_numbers(values: list[Any], known: set[int]) -> Iterator[Any]:
    import torch

    for value in values:
        if isinstance(value, float):
            yield np.float64(value)
        elif isinstance(value, torch.Tensor) and _is_apart(value, known):
            yield value.detach().double().numpy(force=True)


def _is_apart(tensor: Tensor, known: set[int]) -> bool:
    """Whether it is no input, in no autograd graph, and of real numbers."""
    return (
        tensor.is_floating_point()
        and not tensor.requires_grad
        and bool(tensor.numel())
        and tensor.data_ptr() not in known
    )
