"""Express whole arrays as a line holds them: contractions, functions, parts."""

from __future__ import annotations

from collections.abc import Iterable

from sympy import Expr, Symbol, Tuple
from sympy.core.symbol import Str

from symdiff.notation.names import ArraySymbol

Axes = tuple[str, ...]

PRIME = "\N{PRIME}"  # n′ is another axis of n's length


def size(axis: str) -> Symbol:
    """The symbol of an axis's length; that of n′ is n's."""
    return _axis(axis.rstrip(PRIME))


def symbols(axes: Axes) -> Tuple:
    """The axes as SymPy symbols."""
    return Tuple(*map(_axis, axes))


def _axis(name: str) -> Symbol:
    return Symbol(name, integer=True, positive=True)


def _names(axes: Tuple) -> Axes:
    return tuple(a.name for a in axes)


class Contraction(Expr):
    """An einsum over whole arrays inside a line; printed as matrix algebra where it is one."""

    is_commutative = True
    is_extended_real = True

    @property
    def factors(self) -> tuple[tuple[Expr, Axes], ...]:
        """Each factor with its axes."""
        return tuple((factor, _names(axes)) for factor, axes in self.args[1:])

    @property
    def axes(self) -> Axes:
        """The axes of the result."""
        return _names(self.args[0])


class ArrayFunction(Expr):
    """A function of whole arrays, written by its name and the axes it goes over: softmax_c(x)."""

    is_commutative = True
    is_extended_real = True

    @property
    def name(self) -> str:
        """The function's name."""
        return str(self.args[0])

    @property
    def over(self) -> Axes:
        """The axes that it goes over."""
        return _names(self.args[1])

    @property
    def axes(self) -> Axes:
        """The axes of the result."""
        return _names(self.args[2])

    @property
    def operands(self) -> tuple[Expr, ...]:
        """The expressions that it is applied to."""
        return tuple(self.args[3:])


class PartOf(ArrayFunction):
    """One part of its operand along an axis, by its number: x₂."""


class SideBySide(ArrayFunction):
    """Operands one after another along an axis: [a, b]."""


def applied(
    name: str,
    over: Axes,
    axes: Axes,
    operands: Iterable[Expr],
    kind: type[ArrayFunction] = ArrayFunction,
) -> ArrayFunction:
    """The function called `name`, over some axes, of the operands; the result has `axes`."""
    return kind(Str(name), symbols(over), symbols(axes), *operands)


def is_array(expression: Expr) -> bool:
    """Whether the value has axes: an array symbol, or what keeps some axes of one."""
    if isinstance(expression, Contraction | ArrayFunction):
        return bool(expression.axes)
    return isinstance(expression, ArraySymbol) or any(map(is_array, expression.args))
