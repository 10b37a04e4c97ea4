"""A framework's own function: how it is called, and the formula that its documentation states."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import symdiff
from symdiff import Definition


@dataclass(frozen=True)
class Own:
    """One of a framework's functions, under the name that the catalogue has for it.

    Args:
        code: the call in the framework's code, of `z`.
        parameters: at which the catalogue's definition is the documented one, where those differ
            from torch's; as text.
        formula: of the documented definition, where the catalogue's has another; as text.
        note: in words how it differs from its namesakes elsewhere, or is called otherwise.
    """

    code: str
    parameters: Mapping[str, str] = field(default_factory=dict)
    note: str = ""
    formula: str = ""

    def definition(self, name: str) -> Definition:
        """The definition of what the function is documented to compute."""
        described = self.formula or FORMULAS.get(name, name)
        return symdiff.activation(described, **self.parameters)


# Functions that frameworks have by name and the catalogue of activations has not, or otherwise.
FORMULAS: Mapping[str, str] = {
    "sine": "sin(z)",  # the catalogue's has a frequency, 30
    "log1p": "log1p(z)",
    "expm1": "expm1(z)",
    "sinh": "sinh(z)",
    "cosh": "cosh(z)",
    "erfc": "erfc(z)",
    "arctanh": "atanh(z)",
    "sqrt": "sqrt(z)",
    "reciprocal": "1/z",
    "logarithm": "log(z)",
    "tangent": "tan(z)",
}


def own(code: str, note: str = "", *, formula: str = "", **parameters: str) -> Own:
    """Describe a framework's function; the parameters are those of the catalogue's definition."""
    return Own(code, parameters, note, formula)
