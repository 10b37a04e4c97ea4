"""What else to ask of captured code, which is judged for a random cotangent already."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from comparisons.careful.unasked import Unasked
from comparisons.case import Case
from comparisons.engines.accumulated import Accumulated
from comparisons.engines.engine import Engine
from comparisons.engines.noncontiguous import NonContiguous
from comparisons.results.comparison import Comparison

_ENGINES: tuple[Engine, ...] = (NonContiguous(), Accumulated())


def of_arrays(
    case: Case, engines: Sequence[Engine] | None = None
) -> Iterator[Comparison | Unasked]:
    """Other layouts, and a second call; or what another framework's engines say."""
    for engine in engines or _ENGINES:
        if engine.refuses(case.subject) is None and engine.unavailable() is None:
            yield case.answer(engine)
