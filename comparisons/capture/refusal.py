"""What cannot be captured, said in one sentence: the operation, the user's line, what to do."""

from __future__ import annotations

WAY_OUT = "give reference= the same function in plain torch, or a formula"


class Refused(ValueError):
    """A function whose derivative symdiff cannot derive; the message is one sentence."""


class NoRule(Exception):
    """A rule does not cover this call of its operation; a decomposition may."""


def refused(what: str, place: str, way_out: str = WAY_OUT) -> Refused:
    """The refusal of `what`, met at `place` (empty where that is unknown)."""
    where = f" ({place})" if place else ""
    return Refused(f"{what}{where} cannot be captured; {way_out}")
