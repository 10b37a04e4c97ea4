"""Turn results into pandas data frames and LaTeX tables, for papers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from comparisons.judge.vocabulary import status_at
from comparisons.results.views.need import needed

if TYPE_CHECKING:
    from comparisons.results.adjoint_result import AdjointResult

_MARKS = {"&": r"\&", "%": r"\%", "_": r"\_", "#": r"\#", "$": r"\$", "∞": r"$\infty$"}


def frame_of_values(results: Iterable[AdjointResult]) -> Any:
    """A pandas DataFrame with a row a gradient: where, computed, truth, its error, its status.

    Inputs of another shape than the gradient are left out; of an array `entry` is its position.
    Raises: ModuleNotFoundError if pandas is not installed.
    """
    pandas = needed("pandas", "to_frame()")
    frames = []
    for result in results:
        shape = result.computed.shape
        inputs = {k: v.ravel() for k, v in result.inputs.items() if v.shape == shape}
        columns = {
            "adjoint": result.name,
            "entry": [tuple(map(int, index)) for index in np.ndindex(shape)],
            **inputs,
            "computed": result.computed.ravel(),
            "truth": result.truth.ravel(),
            "bound": result.enclosure.bound.ravel(),
            "ulp": result.judgement.ulp.ravel(),
            "status": [str(status_at(int(s))) for s in result.judgement.status.ravel()],
        }
        frames.append(pandas.DataFrame(columns))
    return pandas.concat(frames, ignore_index=True) if frames else pandas.DataFrame()


def frame_of_rows(head: Sequence[str], rows: Iterable[Sequence[object]]) -> Any:
    """A pandas DataFrame of the rows of a table.

    Raises: ModuleNotFoundError if pandas is not installed.
    """
    return needed("pandas", "to_frame()").DataFrame(list(rows), columns=list(head))


def latex_table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A LaTeX `tabular` with the rules of booktabs, its text escaped."""
    lines = [" & ".join(map(_escaped, row)) + r" \\" for row in (head, *rows)]
    return "\n".join(
        [
            rf"\begin{{tabular}}{{{'l' * len(head)}}}",
            r"\toprule",
            lines[0],
            r"\midrule",
            *lines[1:],
            r"\bottomrule",
            r"\end{tabular}",
        ]
    )


def _escaped(cell: object) -> str:
    return "".join(_MARKS.get(c, c) for c in str(cell))
