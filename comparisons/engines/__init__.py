"""The ways torch differentiates, one small class each; all of them in `ENGINES`."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from comparisons.engines.compiled import Compiled
from comparisons.engines.engine import Engine, Gradients, Setting
from comparisons.engines.forward import DualNumbers, Jvp
from comparisons.engines.functional import FuncGrad, FuncVjp, Vmap
from comparisons.engines.layouts import (
    SINGLE,
    STRIDED,
    TAILS,
    TRANSPOSED,
    WITH_NAN,
    NonContiguous,
)
from comparisons.engines.reverse import Accumulated, Grad, Reverse
from comparisons.engines.second_order import ForwardOverReverse, ReverseOverReverse

__all__ = ["ENGINES", "Engine", "Gradients", "Setting", "engine_named"]

_ALL: tuple[Engine, ...] = (
    Reverse(),
    Grad(),
    Accumulated(),
    Jvp(),
    DualNumbers(),
    FuncGrad(),
    FuncVjp(),
    Vmap(),
    STRIDED,
    TRANSPOSED,
    SINGLE,
    TAILS,
    WITH_NAN,
    NonContiguous(),
    Compiled(),
    ReverseOverReverse(),
    ForwardOverReverse(),
)

ENGINES: Mapping[str, Engine] = MappingProxyType({engine.name: engine for engine in _ALL})


def engine_named(name: str) -> Engine:
    """The engine called `name`. Raises: ValueError, naming those known, if there is none."""
    if name not in ENGINES:
        raise ValueError(f"unknown engine {name!r}; known are {', '.join(ENGINES)}")
    return ENGINES[name]
