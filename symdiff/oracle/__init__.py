"""Certified arithmetic: the true value of a closed form, with a proven bound.

`enclose` is the one way in. The names below are loaded when first used, so that importing this
package needs neither python-flint nor numba.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from symdiff.oracle.ball import enclose_ball
    from symdiff.oracle.choice import enclose
    from symdiff.oracle.elementary import Undecided
    from symdiff.oracle.enclosure import FORMATS, Enclosure
    from symdiff.oracle.from_balls import enclosure_of
    from symdiff.oracle.translate import CannotCertify, compile_ball

_HOMES = {
    "FORMATS": "enclosure",
    "CannotCertify": "translate",
    "Enclosure": "enclosure",
    "Undecided": "elementary",
    "compile_ball": "translate",
    "enclose": "choice",
    "enclose_ball": "ball",
    "enclosure_of": "from_balls",
}

__all__ = [
    "FORMATS",
    "CannotCertify",
    "Enclosure",
    "Undecided",
    "compile_ball",
    "enclose",
    "enclose_ball",
    "enclosure_of",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
