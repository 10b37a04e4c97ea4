"""Bound how far off an honest implementation of a whole graph may be, entry by entry.

An entry is *accurate* within 16 τ + 2 ulp(g). τ is the root mean square of what independent
roundings add up to; measured over honest implementations errors stay below 2 τ at every depth, and
τ itself, estimated from 8 random tangents, is below an eighth of its value for one entry in 10⁶.
So 16 is twice eight, and 2 ulp are for the result itself. With floors for the formulas by which
frameworks lose digits, τ′ instead of τ, an entry *agrees*; else it *disagrees*.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

import numpy as np

from comparisons.dtypes import Float64Array, FloatType
from comparisons.inputs.values import Inputs
from symdiff.graph import Node
from symdiff.graph.adjoints.derivation import Derivation
from symdiff.graph.arrays.steps import Roundings
from symdiff.rounding import Precision, RoundingErrors, rounding_errors

Shared = Literal["matrix", "neighbours"]

TIMES = 16.0  # τ
PLUS = 2.0  # ulp(g)
ENOUGH = 1 / 16  # of τ: a bound of the truth that leaves the verdict to the gradient
_SINGLE = 2.0**-24  # what 16-bit kernels sum in


def precision_of(dtype: FloatType) -> Precision:
    """The precision of a type; 16-bit types are summed in float32, as torch's kernels do."""
    short = dtype.unit_roundoff > _SINGLE
    return Precision(
        dtype.unit_roundoff, dtype.smallest_normal, accumulator=_SINGLE if short else None
    )


@dataclass(frozen=True, eq=False)
class Allowance:
    """The errors allowed in the adjoints of one graph of arrays, at inputs, in a type.

    Args:
        adjoints: of the graph.
        inputs: with the cotangents.
        precision: of all nodes, or of each: a bfloat16 cast has its own.
        computed: constants that operators compute themselves, with the roundings of each.
        shared: the entries that an entry has its line in common with: `matrix`, as of what LAPACK
            computes, whose errors are small beside the largest entry; `neighbours`, as of pixels
            between which a rounded position lies.
        weights: of a gradient's own gradient, by each input the one that weights its derivative.
        left: what rounding may leave of an adjoint that is 0 in every entry, by its name: what the
            code computes the graph may have cancelled.
        widened: the errors with those of the framework's own formula, where that loses digits.
        strict: whether √N τ counts, which no first-order error exceeds, instead of 16 τ.
        watched: nodes whose range at these inputs is wanted.
    """

    adjoints: Derivation
    inputs: Inputs
    precision: Precision | Mapping[Node, Precision]
    computed: Mapping[Node, Roundings] = field(default_factory=dict)
    shared: Shared | None = None
    weights: Mapping[str, str] = field(default_factory=dict)
    left: Callable[[str], Float64Array] = lambda _: np.zeros(())
    widened: Callable[[RoundingErrors], RoundingErrors] = lambda errors: errors
    strict: bool = False
    watched: Iterable[Node] = ()

    @cached_property
    def narrow(self) -> RoundingErrors:
        """The root mean square rounding error τ of the operations."""
        return rounding_errors(
            self.adjoints,
            self.inputs,
            self.precision,
            computed=self.computed,
            ranges=self.watched,
        )

    @cached_property
    def wide(self) -> RoundingErrors:
        """The rounding error τ′, larger where the frameworks' formulas are known to lose digits."""
        errors = rounding_errors(
            self.adjoints, self.inputs, self.precision, computed=self.computed, floors=True
        )
        return errors if self.strict else self.widened(errors)

    @property
    def unit(self) -> float:
        """The unit roundoff of the coarsest type."""
        kinds = self.precision
        return max(p.unit for p in ([kinds] if isinstance(kinds, Precision) else kinds.values()))

    @property
    def enough(self) -> Mapping[str, Float64Array]:
        """By adjoint how narrow the truth's bound has to be, far below what is allowed."""
        return {name: size * ENOUGH for name, size in self.narrow.sizes.items()}

    def accurate(self, name: str, unit: Float64Array) -> Float64Array:
        """The error of each entry that is called accurate; `unit` is ulp(g)."""
        return self._line(self.narrow, name, unit)

    def agreeing(self, name: str, unit: Float64Array) -> Float64Array:
        """The error of each entry that agrees; at least as large."""
        line = self._line(self.wide, name, unit) + self._of_quotients(name)
        if self.shared is None or not line.ndim or not line.size:
            return line
        if self.shared == "matrix":
            largest = np.max(line, axis=tuple(range(line.ndim))[-2:], keepdims=True)
            return np.broadcast_to(largest, line.shape)
        for axis in range(line.ndim)[-3:]:
            wider = np.pad(line, [(1, 1) if a == axis else (0, 0) for a in range(line.ndim)])
            n = line.shape[axis]
            line = np.maximum.reduce([wider.take(range(k, k + n), axis) for k in range(3)])
        return line

    def _of_quotients(self, name: str) -> Float64Array:
        """The error where x̄ = v y/x is differentiated: v ȳ/x and v y/x² may cancel.

        So torch writes the derivatives of copysign and prod (tools/autograd/derivatives.yaml).
        """
        w = self.weights.get(name)
        if w is None or w not in self.wide.values or self.strict:
            return np.zeros(())
        x, first = np.abs(self.inputs[name]), np.abs(self.wide.values[w])
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            size = np.abs(self.inputs[w]) * first / x
        return TIMES * self.unit * np.where((x > 0) & np.isfinite(size), size, 0.0)

    def _line(self, errors: RoundingErrors, name: str, unit: Float64Array) -> Float64Array:
        if self.strict:
            return errors.bound(name) + PLUS * unit
        return TIMES * errors.sizes[name] + PLUS * unit + self.left(name)
