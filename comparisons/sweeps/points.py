"""Hold points of a sweep: where they are, and what was computed there."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from comparisons.dtypes import Float64Array
from symdiff.array_types import IndexArray
from symdiff.oracle.enclosures.enclosure import Enclosure


@dataclass(frozen=True, eq=False)
class Points:
    """Some points, in ascending order of their bit patterns: arrays of one length."""

    patterns: npt.NDArray[np.uint32]
    inputs: Float64Array
    computed: Float64Array

    def __len__(self) -> int:
        return len(self.patterns)

    def at(self, index: Any) -> Points:
        """The points that a NumPy index selects."""
        return Points(self.patterns[index], self.inputs[index], self.computed[index])


@dataclass(frozen=True, eq=False)
class Chunk:
    """The gradients computed at consecutive float32 values, as torch holds them."""

    first: int  # the bit pattern of the first value
    computed: npt.NDArray[np.float32]

    def at(self, index: slice | IndexArray) -> Points:
        """The points of a slice, or of indices."""
        if isinstance(index, slice):
            index = np.arange(*index.indices(len(self.computed)))
        patterns = np.asarray(index).astype(np.uint32)
        patterns += np.uint32(self.first)
        with np.errstate(invalid="ignore"):  # a signalling NaN becomes a quiet one
            return Points(
                patterns,
                patterns.view(np.float32).astype(np.float64),
                self.computed[index].astype(np.float64),
            )


@dataclass(eq=False)
class Left:
    """Points to be judged later, together, each with its truth."""

    _parts: list[tuple[Points, Enclosure]] = field(default_factory=list)

    def add(self, points: Points, truth: Enclosure) -> None:
        """Add points with their truths."""
        if len(points):
            self._parts.append((points, truth))

    def __bool__(self) -> bool:
        return bool(self._parts)

    def together(self) -> tuple[Points, Enclosure]:
        """All points in ascending order of their bit patterns."""
        points = [p for p, _ in self._parts]
        truths = [t for _, t in self._parts]
        order = np.argsort(np.concatenate([p.patterns for p in points]), kind="stable")

        def joined(arrays: list[Any]) -> Any:
            return np.concatenate(arrays)[order]

        return (
            Points(
                joined([p.patterns for p in points]),
                joined([p.inputs for p in points]),
                joined([p.computed for p in points]),
            ),
            Enclosure(
                joined([t.high for t in truths]),
                joined([t.low for t in truths]),
                joined([t.bound for t in truths]),
                joined([t.certified for t in truths]),
                joined([t.why for t in truths]),
            ),
        )
