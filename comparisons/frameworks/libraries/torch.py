"""torch as one of the frameworks: the catalogue's own calls and torch's engines."""

from __future__ import annotations

from types import MappingProxyType

import symdiff
from comparisons.dtypes import FLOAT_TYPES
from comparisons.engines.engine import Engine
from comparisons.engines.every import ENGINES
from comparisons.frameworks.framework import Framework
from comparisons.frameworks.own import Own, own
from comparisons.subjects.catalogue.torch_calls import TORCH_CALLS
from comparisons.subjects.catalogue.torch_code import filled_in, mentions
from comparisons.subjects.functions import from_catalogue
from comparisons.subjects.subject import Subject

_WAYS = {"reverse": "reverse", "forward": "jvp", "compiled": "compiled"}
_BESIDE_THE_CATALOGUE = {
    "sine": "torch.sin(z)",
    "log1p": "torch.log1p(z)",
    "expm1": "torch.expm1(z)",
    "sinh": "torch.sinh(z)",
    "cosh": "torch.cosh(z)",
    "erfc": "torch.special.erfc(z)",
    "arctanh": "torch.atanh(z)",
    "sqrt": "torch.sqrt(z)",
    "reciprocal": "torch.reciprocal(z)",
    "logarithm": "torch.log(z)",
    "tangent": "torch.tan(z)",
}


class Torch(Framework):
    """torch, with the functions and engines that the rest of this package has for it."""

    name = "torch"
    title = "PyTorch"
    distribution = "torch"
    dtypes = tuple(FLOAT_TYPES)
    ways = tuple(_WAYS)
    functions = MappingProxyType(
        {name: own(code) for name, code in TORCH_CALLS.items() if mentions(code, "z")}
        | {name: own(code) for name, code in _BESIDE_THE_CATALOGUE.items()}
    )

    def engine(self, way: str) -> Engine:
        """The engine of that name, or that differentiates in that way."""
        return ENGINES[_WAYS[self.checked_way(way)]]

    def subject(self, name: str) -> Subject:
        """torch's own function, with its definition."""
        found: Own = self.own(name)
        definition = found.definition(name)
        if name not in _BESIDE_THE_CATALOGUE:
            return from_catalogue(definition)
        call = filled_in(found.code, definition.variables, {})
        graph = symdiff.pointwise(definition)
        return Subject(
            str(definition), graph, call, call.code, definition=definition, of_torch=True
        )
