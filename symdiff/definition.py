"""What a function is said to be: its formula, parameters, kinks and source."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from sympy import Expr, Rational, Symbol

from symdiff import notation
from symdiff.differentiate import differentiate
from symdiff.formula import exact, formula, real_symbol
from symdiff.kinks import Kink, kinks


@dataclass(frozen=True, eq=False)
class Definition:
    """An elementwise function of real variables, as its source documents it.

    `stable` holds partial derivatives that SymPy would leave in a form that cancels; each is
    proven equal by the tests. `at` states the derivative taken at each breakpoint.
    """

    name: str
    formula: Expr  # in `variables` and the symbols named by `parameters`
    variables: tuple[str, ...] = ("z",)
    parameters: Mapping[str, Rational] = field(default_factory=dict)  # name → value
    stable: Mapping[str, Expr] = field(default_factory=dict)  # variable → ∂formula/∂variable
    at: Mapping[Expr, Expr] = field(default_factory=dict)  # breakpoint → derivative there
    ideal: Expr | None = None  # the mathematical function, where the documented one departs
    domain: Mapping[str, tuple[float, float]] = field(default_factory=dict)  # open intervals
    edges: Mapping[str, tuple[Rational, ...]] = field(default_factory=dict)  # values to try too
    source: str = ""

    def __str__(self) -> str:
        return self.name

    def _repr_latex_(self) -> str:
        arguments = r", \, ".join(map(notation.latex, self.symbols))
        name = notation.latex(Symbol(self.name if self.name.isidentifier() else "f"))
        return rf"$${name}\left({arguments}\right) = {notation.latex(self.formula)}$$"

    @property
    def symbols(self) -> tuple[Symbol, ...]:
        """The variables as SymPy symbols."""
        return tuple(real_symbol(v) for v in self.variables)

    def derivative(self, variable: str | None = None) -> Expr:
        """∂formula/∂variable (by default the first), in a stable form."""
        name = variable or self.variables[0]
        if name in self.stable:
            return self.stable[name]
        return differentiate(self.formula, real_symbol(name))

    def valued(self, expression: Expr) -> Expr:
        """`expression` with the parameters' values put in."""
        return expression.xreplace({real_symbol(k): v for k, v in self.parameters.items()})

    def kinks(self) -> tuple[Kink, ...]:
        """The breakpoints in the first variable, at the parameters' values."""
        z = self.symbols[0]
        return kinks(self.valued(self.formula), self.valued(self.derivative()), z)

    def with_parameters(self, **values: object) -> Definition:
        """The same function with other parameter values.

        Raises: ValueError if a parameter is unknown or not finite; TypeError if it is no number.
        """
        for name in values:
            if name not in self.parameters:
                known = ", ".join(map(repr, self.parameters)) or "no parameters"
                raise ValueError(f"{self.name} has no parameter {name!r}; it has {known}")
        changed = {name: exact(value) for name, value in values.items()}
        return replace(self, parameters={**self.parameters, **changed})


def user_definition(
    source: str | Expr, variables: tuple[str, ...], values: Mapping[str, object]
) -> Definition:
    """A definition from a user's own formula, in the given variables and parameters."""
    parameters = {name: exact(value) for name, value in values.items()}
    for name in variables:
        if name in parameters:
            raise ValueError(
                f"{name!r} is the variable of '{source}', not a parameter with a value"
            )
    expression = formula(source, (*variables, *parameters))
    unused = [p for p in parameters if real_symbol(p) not in expression.free_symbols]
    if unused:
        raise ValueError(f"'{source}' has no parameter {unused[0]!r}; leave it out")
    return Definition(str(source), expression, variables, parameters, source="given by the user")
