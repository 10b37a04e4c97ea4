"""Every engine by its name."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from comparisons.engines.accumulated import Accumulated
from comparisons.engines.compiled import Compiled
from comparisons.engines.engine import Engine
from comparisons.engines.forward_ad import ForwardAD
from comparisons.engines.forward_over_reverse import ForwardOverReverse
from comparisons.engines.func_grad import FuncGrad
from comparisons.engines.func_vjp import FuncVjp
from comparisons.engines.grad import Grad
from comparisons.engines.jvp import Jvp
from comparisons.engines.noncontiguous import NonContiguous
from comparisons.engines.reverse import Reverse
from comparisons.engines.reverse_over_reverse import ReverseOverReverse
from comparisons.engines.single import Single
from comparisons.engines.strided import Strided
from comparisons.engines.tails import Tails
from comparisons.engines.transposed import Transposed
from comparisons.engines.vmap import Vmap
from comparisons.engines.with_nan import WithNan

_ALL: tuple[Engine, ...] = (
    Reverse(),
    Grad(),
    Accumulated(),
    Jvp(),
    ForwardAD(),
    FuncGrad(),
    FuncVjp(),
    Vmap(),
    Strided(),
    Transposed(),
    Single(),
    Tails(),
    WithNan(),
    NonContiguous(),
    Compiled(),
    ReverseOverReverse(),
    ForwardOverReverse(),
)

ENGINES: Mapping[str, Engine] = MappingProxyType({engine.name: engine for engine in _ALL})


def engine_named(engine: str | Engine) -> Engine:
    """The engine so called, or the one given.

    Raises: ValueError, naming those known, if there is none.
    """
    if isinstance(engine, Engine):
        return engine
    if engine not in ENGINES:
        raise ValueError(f"unknown engine {engine!r}; known are {', '.join(ENGINES)}")
    return ENGINES[engine]
