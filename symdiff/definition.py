"""Define an elementwise function: its formula, parameters, kinks and source."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import sympy
from sympy import Expr, Number, Symbol

from symdiff import notation
from symdiff.expression.differentiate import differentiate
from symdiff.expression.formula import formula, parameter, real_symbol
from symdiff.expression.rewriting import with_values
from symdiff.kinks import Kink, Kinks, Unresolved, isolate
from symdiff.trees.refusals import cut, refusing

smooth = Symbol("smooth")  # in `at`: both sides agree, there is nothing to choose
_NO_NUMBERS = (sympy.oo, -sympy.oo, sympy.zoo, sympy.nan)


@dataclass(frozen=True, eq=False)
class Definition:
    """An elementwise function of real variables, as its source documents it.

    `stable` holds partial derivatives that SymPy would leave in a form that cancels; each is
    proven equal by the tests. `at` states the derivative taken at each breakpoint. `edges` are
    values of parameters that implementations are known to get wrong.
    """

    name: str
    formula: Expr  # in `variables` and the symbols named by `parameters`
    variables: tuple[str, ...] = ("z",)
    parameters: Mapping[str, Number] = field(default_factory=dict)  # name → exact value, or ±∞
    stable: Mapping[str, Expr] = field(default_factory=dict)  # variable → ∂formula/∂variable
    at: Mapping[Expr, Expr] = field(default_factory=dict)  # breakpoint → derivative there
    ideal: Expr | None = None  # the mathematical function, where the documented one departs
    domain: Mapping[str, tuple[float, float]] = field(default_factory=dict)  # open intervals
    edges: Mapping[str, tuple[Number, ...]] = field(default_factory=dict)  # values to try too
    ranges: Mapping[str, tuple[Number, Number]] = field(default_factory=dict)  # of parameters
    source: str = ""

    def __str__(self) -> str:
        return self.name

    def _repr_latex_(self) -> str:
        """The formula as LaTeX, and the derivative taken at each breakpoint with two sides."""
        arguments = r", \, ".join(map(notation.latex, self.symbols))
        name = notation.latex(Symbol(self.name if self.name.isidentifier() else "f"))
        stated = {k: v for k, v in self.at.items() if v != smooth}
        if not stated:
            return rf"$${name}\left({arguments}\right) = {notation.latex(self.formula)}$$"
        rows = [rf"{name}\left({arguments}\right) &= {notation.latex(self.formula)}"]
        rows += [
            rf"{name}'\left({notation.latex(point)}\right) &= {notation.latex(slope)}"
            for point, slope in stated.items()
        ]
        return f"$${notation.aligned(rows)}$$"

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
        """The expression with the parameters' values put in."""
        return with_values(expression, self._values)

    def kinks(self) -> tuple[Kink, ...]:
        """The breakpoints in the first variable, at the parameters' values."""
        return self._isolated().found

    def unresolved_kinks(self) -> tuple[Unresolved, ...]:
        """The intervals of the first variable that may hold other breakpoints, and why."""
        return self._isolated().unresolved

    def _isolated(self) -> Kinks:
        z = self.symbols[0]
        return isolate(self.valued(self.formula), self.valued(self.derivative()), z)

    def with_parameters(self, **values: object) -> Definition:
        """The same function with other parameter values.

        Raises: ValueError if a parameter is unknown, outside its range, or leaves the formula
            without a value; TypeError if it is no number.
        """
        for name in values:
            if name not in self.parameters:
                known = ", ".join(map(repr, self.parameters)) or "no parameters"
                raise ValueError(f"{self.name} has no parameter {name!r}; it has {known}")
        changed = {name: parameter(value) for name, value in values.items()}
        for name, value in changed.items():
            low, high = self.ranges.get(name, (-sympy.oo, sympy.oo))
            if not low <= value <= high:
                raise ValueError(
                    f"{self.name} is defined for {name} from {notation.text(low)} to "
                    f"{notation.text(high)}; {notation.text(value)} was given"
                )
        return replace(self, parameters={**self.parameters, **changed}).checked()

    def edge_cases(self) -> tuple[Definition, ...]:
        """The same function at each of the parameter values in `edges`, one changed at a time."""
        return tuple(
            self.with_parameters(**{name: value})
            for name, values in self.edges.items()
            for value in values
        )

    def checked(self) -> Definition:
        """The definition itself, after a check that formula and derivatives have a value.

        Raises: ValueError if not, or if they are too large.
        """
        with refusing("the formula", self.name):
            settled = self.settled()
            settled.valued(settled.formula)
            for variable in settled.variables:
                settled.valued(settled.derivative(variable))
        return self

    def settled(self) -> Definition:
        """The same function with the parameters put in that arithmetic would stumble over.

        They are infinite ones, and zeros that the formula divides by. The case that they belong to
        drops out: softplus with threshold = ∞ is log(1 + e^z), smooth L1 with β = 0 is |y − t|.

        Raises: ValueError if one of them leaves the formula without a value.
        """
        put = {
            s: v for s, v in self._values.items() if v.is_infinite or _divides(self.formula, s, v)
        }
        if not put:
            return self
        changed = replace(
            self,
            formula=self.formula.xreplace(put),
            parameters={k: v for k, v in self.parameters.items() if real_symbol(k) not in put},
            stable={k: e.xreplace(put) for k, e in self.stable.items()},
            at={k.xreplace(put): v.xreplace(put) for k, v in self.at.items()},
            ideal=None if self.ideal is None else self.ideal.xreplace(put),
        )
        forms = (changed.formula, *changed.stable.values(), changed.ideal)
        left = _with_cases_of(self.formula, put)
        if any(e is not None and e.has(*_NO_NUMBERS) for e in forms) or any(
            _divides(left, s, v) for s, v in put.items()
        ):
            what = ", ".join(f"{s.name} = {notation.text(v)}" for s, v in put.items())
            raise ValueError(
                f"{cut(self.name)} has no value at {what}: {cut(notation.text(self.formula))} "
                "would hold an infinity; give another number"
            )
        return changed

    @property
    def _values(self) -> dict[Symbol, Number]:
        return {real_symbol(k): v for k, v in self.parameters.items()}


def _divides(formula: Expr, parameter: Symbol, value: Number) -> bool:
    """Whether the value is a zero that the formula divides by."""
    powers = formula.atoms(sympy.Pow) if value.is_zero else ()
    return any(p.xreplace({parameter: value}) is sympy.zoo for p in powers)


def _with_cases_of(formula: Expr, values: Mapping[Symbol, Number]) -> Expr:
    """The formula with those cases that there are at the values, otherwise as it is."""

    def cases(*pairs: tuple[Expr, Expr]) -> Expr:
        return sympy.Piecewise(*((e, condition.xreplace(values)) for e, condition in pairs))

    return formula.replace(sympy.Piecewise, cases)


def user_definition(
    source: str | Expr, variables: tuple[str, ...], values: Mapping[str, object]
) -> Definition:
    """Make a definition of a user's own formula, in the given variables and parameters."""
    parameters = {name: parameter(value) for name, value in values.items()}
    for name in variables:
        if name in parameters:
            raise ValueError(
                f"{name!r} is the variable of '{source}', not a parameter with a value"
            )
    expression = formula(source, (*variables, *parameters))
    unused = [p for p in parameters if real_symbol(p) not in expression.free_symbols]
    if unused:
        raise ValueError(f"'{source}' has no parameter {unused[0]!r}; leave it out")
    return Definition(
        str(source), expression, variables, parameters, source="given by the user"
    ).checked()
