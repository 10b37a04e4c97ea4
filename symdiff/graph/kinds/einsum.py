"""Multiply and sum over axes: matrix products, transposes, sums, repeats."""

from __future__ import annotations

import string
from collections.abc import Iterable
from typing import Any

import numpy as np
import sympy
from sympy import Expr, Symbol, Tuple
from sympy.utilities.iterables import sift

from symdiff.graph.arrays.contract import contract
from symdiff.graph.arrays.layout import spread
from symdiff.graph.arrays.products import summed_product
from symdiff.graph.arrays.steps import (
    EXACT,
    ArrayOperation,
    Roundings,
    Tangents,
    ValueOf,
    operation,
)
from symdiff.graph.node import Entries, Indices, Node, Steps, Write, axes_named
from symdiff.notation.arrays import Axes, Contraction, is_array, size, symbols
from symdiff.trees.over_index import sum_over


class Einsum(Node):
    """The product of the operands, summed over every axis that the result does not have.

    An axis of the result that no operand has is broadcast.
    """

    __slots__ = ()

    def pullback(self, cotangent: Node) -> tuple[Node | None, ...]:
        """The same product with the cotangent in each operand's place, over that operand's axes."""
        return tuple(
            contraction((*self.operands[:i], cotangent, *self.operands[i + 1 :]), operand.axes)
            for i, operand in enumerate(self.operands)
        )

    def lowered(self, steps: Steps) -> Symbol:
        """The step of numpy's einsum over the operands' axes, repeated along the others."""
        names = dict.fromkeys(a for o in self.operands for a in o.axes)
        letter = dict(zip(names, string.ascii_letters, strict=False))
        groups = ["".join(letter[a] for a in o.axes) for o in self.operands]
        kept = tuple(a for a in self.axes if a in letter)
        subscripts = f"{','.join(groups)}->{''.join(letter[a] for a in kept)}"
        operands = map(steps.value, self.operands)
        product = steps.assign(operation(contract, subscripts, *operands, kind=Contract))
        return spread(steps, product, kept, self.axes)

    def whole(self, write: Write) -> Expr:
        """The contraction, with scalar factors before it: (S̄/√d) K is S̄ K/√d.

        What is repeated along an axis that is summed counts as often: Σ 1 over n is n.
        """
        scalars: list[Expr] = []
        factors: list[tuple[Expr, Axes]] = []
        for operand in self.operands:
            scalar, array = scalar_part(write(operand))
            scalars.append(scalar)
            if is_array(array):
                shown = _varying(operand, write)
                layout = repeated(operand).axes  # a repeat is written as what it repeats
                axes = layout if shown == set(layout) else operand.axes
                factors.append((array, tuple(a for a in axes if a in shown)))
            else:
                scalars.append(array)
        stated = {a for o in self.operands for a in o.axes}
        varying = {a for _, axes in factors for a in axes}
        summed = stated.difference(self.axes)
        scalars += [size(a) for a in sorted(summed - varying)]
        arrays = [array for array, _ in factors]
        if not summed & varying and (
            any(axes == self.axes for _, axes in factors)
            or not factors
            or (len(factors) == 1 and varying < set(self.axes))  # repeated: entry by entry itself
        ):
            return sympy.Mul(*scalars, *arrays)
        terms = (Tuple(array, symbols(axes)) for array, axes in factors)
        return sympy.Mul(*scalars) * Contraction(symbols(self.axes), *terms)

    def entry(self, indices: Indices, entries: Entries) -> Expr:
        """A sum over an index for each axis that the result does not have."""
        summed = list(dict.fromkeys(a for o in self.operands for a in o.axes if a not in indices))
        inner = {**indices, **{a: entries.take() for a in summed}}
        product = sympy.Mul(*(entries.write(o, inner) for o in self.operands))
        ranges = [(inner[a], 0, size(a) - 1) for a in summed]
        return sum_over(product, *ranges) if ranges else product


class Contract(ArrayOperation):
    """The step of an einsum over arrays: its subscripts, as numpy takes them, and its operands."""

    @property
    def subscripts(self) -> str:
        """The subscripts, one letter for each axis."""
        return str(self.args[1].value)

    @property
    def operands(self) -> tuple[Symbol, ...]:
        """The arrays that are multiplied."""
        return tuple(self.args[2:])

    def moved(self, value: ValueOf, made: Any, tangents: Tangents) -> Any:  # noqa: ARG002 - a product
        """The sum over the operands of the product with each one's tangents in its place."""
        groups, result = self.subscripts.split("->")[0].split(","), self.subscripts.split("->")[1]
        along = next(letter for letter in string.ascii_letters if letter not in self.subscripts)
        terms = []
        for i, operand in enumerate(self.operands):
            if operand not in tangents:
                continue
            left = ",".join(along + g if j == i else g for j, g in enumerate(groups))
            of = (tangents[o] if j == i else value(o) for j, o in enumerate(self.operands))
            terms.append(summed_product(f"{left}->{along}{result}", *of))
        return sum(terms[1:], start=terms[0])

    def moved_twice(self, tangents: Tangents) -> Any:
        """The sum over pairs of operands of the product with the tangents of both, if it is one.

        With more operands their values would stand in it; those of such products are left out.
        """
        groups, result = self.subscripts.split("->")[0].split(","), self.subscripts.split("->")[1]
        if len(self.operands) != 2 or not all(o in tangents for o in self.operands):
            return None
        along = next(letter for letter in string.ascii_letters if letter not in self.subscripts)
        left = ",".join(along + group for group in groups)
        return summed_product(f"{left}->{along}{result}", *(tangents[o] for o in self.operands))

    def roundings(self, value: ValueOf, made: Any) -> Roundings:
        """(n − 1) Σ |products| for a sum of n terms, and one unit for each other rounding.

        Source: Higham, Accuracy and Stability of Numerical Algorithms, 2nd ed. 2002, §3.1.
        """
        left, result = self.subscripts.split("->")
        lengths = {
            letter: length
            for group, o in zip(left.split(","), self.operands, strict=True)
            for letter, length in zip(group, np.shape(value(o)), strict=True)
        }
        added = np.prod([n for letter, n in lengths.items() if letter not in result]) - 1
        multiplied = len(self.operands) - 1
        if not added and not multiplied:
            return EXACT
        if not added:
            return Roundings(multiplied * np.abs(made))
        size = summed_product(self.subscripts, *(np.abs(value(o)) for o in self.operands))
        return Roundings(np.abs(made), (added + multiplied) * size)


def einsum(subscripts: str, *operands: Node) -> Node:
    """Multiply the operands and sum as `subscripts` states, axes named as in einops.

    `einsum("n, n m -> m", x, w)` is x w; `einsum("i j -> j i", a)` is aᵀ.

    Args: subscripts, the axes of each operand, an arrow, the axes of the result.
    Raises: ValueError if the operands or their axes are not those of the subscripts.
    """
    left, arrow, right = subscripts.partition("->")
    stated = [axes_named(part) for part in left.split(",")]
    if not arrow or len(stated) != len(operands):
        raise ValueError(
            f"einsum({subscripts!r}) was given {len(operands)} operand(s); "
            "write one group of axes for each before '->'"
        )
    for axes, operand in zip(stated, operands, strict=True):
        if axes != operand.axes:
            raise ValueError(
                f"einsum({subscripts!r}): an operand has axes ({' '.join(operand.axes)}) where "
                f"({' '.join(axes)}) is written"
            )
    return contraction(operands, axes_named(right))


def contraction(operands: Iterable[Node], axes: Axes) -> Node:
    """The product of the operands over `axes`, everything else summed; trivial ones vanish."""
    operands = tuple(operands)
    if len(operands) == 1 and operands[0].axes == axes:
        return operands[0]
    return Einsum(axes, operands)


def broadcast(node: Node, axes: Axes) -> Node:
    """The node repeated along the axes it lacks, its axes in the given order."""
    return contraction((node,), axes)


def repeated(node: Node) -> Node:
    """The node that another repeats along new axes, or that other itself if it repeats nothing."""
    while (
        isinstance(node, Einsum)
        and len(node.operands) == 1
        and set(node.operands[0].axes) < set(node.axes)
    ):
        (node,) = node.operands
    return node


def total(node: Node, over: Iterable[str]) -> Node:
    """The sum of a node over some axes."""
    summed = set(over)
    return contraction((node,), tuple(a for a in node.axes if a not in summed))


def _varying(node: Node, write: Write) -> set[str]:
    """The axes of what is written for a node: fewer than it has where a repeat goes unwritten."""
    known: dict[Node, set[str]] = {}

    def of(one: Node) -> set[str]:
        if one not in known:
            source = repeated(one)
            if source is not one and write(source) == write(one):
                known[one] = of(source)
            else:
                known[one] = set(one.axes) if write(one).is_Symbol else one.varying(of)
        return known[one]

    return of(node)


def scalar_part(expression: Expr) -> tuple[Expr, Expr]:
    """A product's scalar factors, if any factor is an array, and the rest."""
    if not is_array(expression):
        return sympy.S.One, expression
    arrays, scalars = sift(sympy.Mul.make_args(expression), is_array, binary=True)
    return sympy.Mul(*scalars), sympy.Mul(*arrays)
