"""Print the names of symbols: z̄ for the adjoint of z, α for alpha."""

from __future__ import annotations

import unicodedata

from sympy import Symbol

MACRON = "\N{COMBINING MACRON}"
HAT = "\N{COMBINING CIRCUMFLEX ACCENT}"

# a name in ASCII → its letter
LETTERS = {
    name: unicodedata.lookup(f"GREEK SMALL LETTER {name.upper()}")
    for name in (
        "alpha",
        "beta",
        "gamma",
        "delta",
        "epsilon",
        "theta",
        "mu",
        "sigma",
        "tau",
        "omega",
    )
} | {"lambd": "λ", "eps": "ε"}


def lettered(name: str) -> str:
    """A name in Greek letters and with its index: α of alpha, α_p of alpha_p, λ of lambd."""
    head, underscore, tail = name.partition("_")
    return LETTERS.get(head, head) + underscore + tail


class ArraySymbol(Symbol):
    """The name of an array in a line: its products are entry by entry."""

    __slots__ = ()


def barred(name: str) -> str:
    """The adjoint's name: z̄ of z, γ̄ of gamma, w̄eight of weight (over the first letter)."""
    name = lettered(name)
    return unicodedata.normalize("NFC", name[:1] + MACRON + name[1:])


def is_barred(name: str) -> bool:
    """Whether the name is an adjoint's."""
    return MACRON in unicodedata.normalize("NFD", name)


def unbarred(name: str) -> str:
    """The name without its bar: z of z̄."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", name).replace(MACRON, ""))
