"""List every engine by its name."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from comparisons.engines.engine import Engine
from comparisons.engines.layouts.noncontiguous import NonContiguous
from comparisons.engines.layouts.single import Single
from comparisons.engines.layouts.strided import Strided
from comparisons.engines.layouts.tails import Tails
from comparisons.engines.layouts.transposed import Transposed
from comparisons.engines.layouts.with_nan import WithNan
from comparisons.engines.modes.accumulated import Accumulated
from comparisons.engines.modes.compiled import Compiled
from comparisons.engines.modes.forward_ad import ForwardAD
from comparisons.engines.modes.forward_over_reverse import ForwardOverReverse
from comparisons.engines.modes.func_grad import FuncGrad
from comparisons.engines.modes.func_vjp import FuncVjp
from comparisons.engines.modes.grad import Grad
from comparisons.engines.modes.jvp import Jvp
from comparisons.engines.modes.reverse import Reverse
from comparisons.engines.modes.reverse_over_reverse import ReverseOverReverse
from comparisons.engines.modes.vmap import Vmap
from symdiff.suggestion import looked_up

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
    """The engine of that name, or the one given.

    Raises: ValueError, naming those known, if there is none.
    """
    return engine if isinstance(engine, Engine) else looked_up(engine, ENGINES, "engine")
