"""List torch's own operators by how far off each is at ordinary inputs."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from comparisons.report.data.row import WIDEST_FIRST, Row
from comparisons.results.envelope import LAST, OCTAVES

ORDINARY = 2.0**6.5  # |z| up to here, 90.5: the end of a bin of the profile
_SHOWN = 12  # functions in the table


@dataclass(frozen=True)
class Largest:
    """The largest error of a gradient in a type at ordinary inputs."""

    ulp: float  # ∞ where a gradient is not finite and should be
    near: float  # the middle of the inputs of its bin
    wrong: bool  # whether some gradient of the bin is beyond what is allowed


@dataclass(frozen=True)
class Operator:
    """One of torch's own functions, and its largest error by type."""

    title: str
    largest: Mapping[str, Largest]

    @property
    def rank(self) -> tuple[int, float, str]:
        """The key to sort by: the most types wrong first, then the largest error."""
        found = self.largest.values()
        return -sum(f.wrong for f in found), -max(f.ulp for f in found), self.title


def overview(comparisons: Iterable[Row]) -> Sequence[Operator]:
    """The own functions of torch of one input that are off by more than an ulp, the worst first.

    Args: comparisons, rows with a `title`; where several engines were asked, the first counts.
    """
    found: dict[str, dict[str, Largest]] = {}
    for row in comparisons:
        if row["of_torch"] and row["profile"] and row["dtype"] in WIDEST_FIRST:
            largest = _largest(row["profile"])
            if largest is not None:
                found.setdefault(row["title"], {}).setdefault(row["dtype"], largest)
    every = [Operator(title, by_type) for title, by_type in found.items()]
    off = [o for o in every if max(f.ulp for f in o.largest.values()) > 1]
    return sorted(off, key=lambda o: o.rank)[:_SHOWN]


def _largest(profile: Mapping[str, str]) -> Largest | None:
    """The bin of ordinary inputs with the largest error, a wrong one before others."""
    columns = [profile[name].split() for name in ("above", "below", "wrong")]
    bins = []
    for number, (above, below, wrong) in zip(
        range(-LAST, LAST + 1), zip(*columns, strict=True), strict=True
    ):
        low, high = _sizes(abs(number))
        if above != "-" and high <= ORDINARY:
            middle = math.copysign(math.sqrt(low * high), number) if low else 0.0
            bins.append(Largest(max(float(above), float(below)), middle, float(wrong) > 0))
    return max(bins, key=lambda f: (f.wrong, f.ulp), default=None)


def _sizes(number: int) -> tuple[float, float]:
    """From which |z| to which a bin goes; `comparisons.results.envelope.bins` counts them."""
    if number == 0:
        return 0.0, 2.0**-OCTAVES
    return 2.0 ** ((number - 1) / 2 - OCTAVES), 2.0 ** (number / 2 - OCTAVES)
