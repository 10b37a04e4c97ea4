"""Make the report of `make report`: `symdiff report`, what each checker rejects, and a cost.

python -m tools.report report/index.html
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import comparisons
import symdiff
from comparisons.cli.report import whole
from comparisons.report.data.row import Row
from comparisons.report.data.rows import detection_row
from tools.mutants import MUTATIONS, TORCH_NN, TYPES, applies, gradcheck_catches, mutant, rejected


def detections() -> Iterator[Row]:
    """Test each mutation that changes a gradient: whether symdiff and gradcheck reject it."""
    for name in TORCH_NN:
        definition = symdiff.activations[name]
        for mutation in MUTATIONS:
            types = [t for t in TYPES if applies(definition, mutation, t)]
            if types:
                wrong = mutant(definition, mutation)
                caught = {
                    "symdiff": all(rejected(wrong, definition, dtype) for dtype in types),
                    "gradcheck": gradcheck_catches(wrong),
                }
                yield detection_row(name, mutation, caught)


def main() -> None:
    """Measure everything, and write the page to the path that is given."""
    (path,) = map(Path, sys.argv[1:])
    measured = whole(json=path.with_suffix(".json"), report=path)
    measured.tell_refusals()
    if measured.complete:
        measured.rows += detections()
        measured.rows.append(comparisons.cost("gelu", depths=(1, 16)).row())
        measured.rows.append(comparisons.cost("softmax").row())
    measured.write(json=path.with_suffix(".json"), csv=None, report=path)
    sys.stdout.write(f"The report: {path.resolve()}\n")


if __name__ == "__main__":
    main()
