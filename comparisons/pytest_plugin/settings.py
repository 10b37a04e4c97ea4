"""Read what a run chooses for its comparisons: on the command line, in the ini file, by markers."""

from __future__ import annotations

from typing import Any

import pytest

DEFAULTS = ("dtype", "engine")  # what a comparison that chooses none takes
_MARKED = (*DEFAULTS, "points", "strict")


def setting(config: pytest.Config, name: str) -> str | None:
    """The value of an option of the command line, or else of the ini file."""
    return config.getoption(f"symdiff_{name}") or config.getini(f"symdiff_{name}") or None


def defaults(config: pytest.Config) -> dict[str, str]:
    """The type and the engine that the run sets for comparisons which choose none."""
    found = {name: setting(config, name) for name in DEFAULTS}
    return {name: value for name, value in found.items() if value is not None}


def check_defaults(config: pytest.Config) -> None:
    """Refuse an unknown type or engine before the run starts.

    Raises: TypeError or ValueError, one sentence.
    """
    chosen = defaults(config)
    if "dtype" in chosen:
        from comparisons.dtypes import float_type

        float_type(chosen["dtype"])
    if "engine" in chosen:
        from comparisons.engines.every import engine_named

        try:
            engine_named(chosen["engine"])
        except ValueError as error:
            raise ValueError(f"--symdiff-engine: {error}") from None


def marked(item: pytest.Item) -> dict[str, Any]:
    """The options of a test's markers, the nearest to the test last."""
    found: dict[str, Any] = {}
    for marker in reversed(list(item.iter_markers("symdiff"))):
        unknown = [*map(repr, marker.args), *sorted(marker.kwargs.keys() - set(_MARKED))]
        if unknown:
            raise pytest.UsageError(
                f"@pytest.mark.symdiff takes {', '.join(_MARKED)} by keyword, not {unknown[0]}"
            )
        found |= marker.kwargs
    return found
