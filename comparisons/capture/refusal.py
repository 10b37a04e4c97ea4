"""Refuse what cannot be captured in one sentence: the operation, the user's line, what to do."""

from __future__ import annotations

WAY_OUT = "give reference= the same function in plain torch, or a formula"


class Refused(ValueError):
    """Raised for a function that symdiff cannot differentiate; the message is one sentence."""


class NoRule(Exception):
    """Raised where a rule does not cover a call of its operator; a decomposition may."""


def refused(what: str, place: str, way_out: str = WAY_OUT) -> Refused:
    """The exception that refuses `what`, met at `place` (empty where that is unknown)."""
    where = f" ({place})" if place else ""
    return Refused(f"{what}{where} cannot be captured; {way_out}")
