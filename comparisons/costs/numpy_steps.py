"""Run a program's steps in plain numpy, and count the scalar operations that they are."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any

import numpy as np
import sympy
from sympy import Expr, Symbol

from comparisons.inputs.values import Inputs
from symdiff import Adjoints
from symdiff.functions import STABLE_FUNCTIONS
from symdiff.graph.arrays.steps import ArrayOperation, Unmoved
from symdiff.graph.kinds.einsum import Contract
from symdiff.programs.program import Program, program
from symdiff.programs.sharing import Step

Run = Callable[[Mapping[Symbol, Any]], Any]  # of the values before

_KNOWN = [{f.__name__: f.numpy for f in STABLE_FUNCTIONS}, "scipy", "numpy"]


def _in_numpy(what: Expr) -> Run:
    """A step as a function of the values before."""
    if isinstance(what, ArrayOperation):
        return lambda values: what.run(values.__getitem__)
    names = sorted(what.free_symbols, key=str)
    step = sympy.lambdify(names, what, modules=_KNOWN)
    return lambda values: step(*(values[name] for name in names))


class NumpySteps:
    """The gradients of a graph's inputs as numpy code, a step a line, without bounds or rescue."""

    def __init__(self, derived: Adjoints, *, shared: bool = True) -> None:
        """Lower the adjoints of the inputs, the parameters' values put in."""
        self._signature = derived.signature
        names = [i.name for i in derived.graph.inputs if i.name in derived.nodes]
        made = program({name: derived.nodes[name] for name in names}, shared=shared)
        self.program: Program = made.at(derived.graph.parameters)

    @cached_property
    def _compiled(self) -> list[tuple[Symbol, Run]]:
        return [(symbol, _in_numpy(what)) for symbol, what in self.program.assignments]

    def compile(self) -> None:
        """Write the steps as numpy code; otherwise the first run does."""
        _ = self._compiled

    def __call__(self, inputs: Inputs) -> dict[str, Any]:
        """The gradients by name."""
        found = self._run(inputs)
        return {
            name: np.broadcast_to(found[symbol], inputs[name].shape)
            for name, symbol in self.program.results.items()
        }

    def _run(self, inputs: Inputs) -> dict[Symbol, Any]:
        given = {**inputs, **self._lengths(inputs)}
        found = {symbol: given[name] for name, symbol in self.program.arguments.items()}
        for symbol, step in self._compiled:
            found[symbol] = step(found)
        return found

    def _lengths(self, inputs: Inputs) -> dict[str, int]:
        if self._signature.pointwise:
            return {}
        lengths: dict[str, int] = {}
        for name, axes in self._signature.inputs.items():
            lengths |= zip(axes, inputs[name].shape, strict=True)
        return lengths

    def operations(self, inputs: Inputs) -> int:
        """The scalar operations at inputs of some shapes.

        Entry by entry as `Program.operation_count` has it, where a − b and a/b are two; of a
        contraction each product and each addition; a maximum or a flag is one for every entry that
        it looks at. What only moves data costs none.
        """
        values = self._run(inputs)
        return sum(_counted(step, values) for step in self.program.steps)


def _counted(step: Step, values: Mapping[Symbol, Any]) -> int:
    symbol, what = step
    size = int(np.size(values[symbol]))
    if isinstance(what, Contract):
        left = what.subscripts.partition("->")[0].split(",")
        lengths: dict[str, int] = {}
        for letters, operand in zip(left, what.operands, strict=True):
            lengths |= zip(letters, np.shape(values[operand]), strict=True)
        products = math.prod(lengths.values())
        return (len(left) - 1) * products + products - size
    if isinstance(what, ArrayOperation):
        most = max(int(np.size(values[s])) for s in what.free_symbols)
        return most if isinstance(what, Unmoved) else 0
    return size * Program({}, (step,), {}).operation_count()
