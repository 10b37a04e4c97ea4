"""A function left symbolic, whose derivative is another one: f, f', f'' and so on."""

from __future__ import annotations

from sympy import Expr, Function


class UnspecifiedFunction(Function):
    """A function f without a formula; its derivative is another one, f'."""

    nargs = 1

    def fdiff(self, argindex: int = 1) -> Expr:
        return unspecified(f"{type(self).__name__}'")(self.args[0])

    def _eval_is_extended_real(self) -> bool | None:
        return self.args[0].is_extended_real


def unspecified(name: str) -> type[UnspecifiedFunction]:
    """The function called `name` without a formula; equal names give equal functions."""
    return _unspecified.setdefault(name, type(name, (UnspecifiedFunction,), {}))


_unspecified: dict[str, type[UnspecifiedFunction]] = {}
