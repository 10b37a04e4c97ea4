"""One small report that every test of this folder reads."""

import pytest
import torch

import comparisons
import symdiff
from comparisons.dtypes import FLOAT_TYPES
from comparisons.engines.every import ENGINES
from comparisons.judge.budget import Budget
from comparisons.report.data.rows import (
    convention_row,
    detection_row,
    difference_row,
    result_row,
)
from comparisons.results.kink_conventions import conventions
from comparisons.subjects.choose import subject_of
from comparisons.sweeps.blocks import prepared
from comparisons.sweeps.recipe import Recipe
from comparisons.sweeps.sweep import Sweep


def cost_line(depth, width, method, operations, nanoseconds, bytes_, ulp):
    """A line of what a gradient costs."""
    return {
        "depth": depth,
        "width": width,
        "method": method,
        "operations": operations,
        "unit": "operations",
        "seconds": 0.25,
        "nanoseconds": nanoseconds,
        "bytes": bytes_,
        "ulp": ulp,
    }


COST = {
    "kind": "cost",
    "subject": "softsign",
    "sizes": [1000, 100000],
    "lines": [
        cost_line(1, 1, "closed form", 12, [[1000, 40.5], [100000, 30.25]], 24.0, 7.125),
        cost_line(1, 1, "torch, reverse", 5, [[1000, 90.0], [100000, 8.5]], None, 4.5),
        cost_line(1, 1, "before sharing", 99, [], None, None),
        cost_line(16, 1, "torch, reverse", None, [[1000, 9e2], [100000, 85.0]], 16.0, float("inf")),
    ],
    "by_width": [
        cost_line(1, 2, "SymPy <diff>", 50, [[100000, 61.5]], 32.0, 34.5),
        cost_line(1, 2, "closed form", 22, [[100000, 42.5]], 48.0, 18.25),
        cost_line(1, 4, "closed form", 46, [[100000, 50.5]], 42.0, 10.25),
    ],
    "absent": {"SymPy diff, depth 16": "it swells <beyond> reach"},
}


@pytest.fixture(scope="session")
def rows():
    """Verdicts of every kind, a cut graph, engines, a sweep, kinks, and a name that is markup."""

    def evil(z):
        return torch.tanh(z) * 2

    evil.__name__ = "<script>alert(1)</script>"
    found = [
        comparisons.compare("tanh"),
        comparisons.compare("tanh", dtype="bfloat16"),
        comparisons.compare("tanh", engine="jvp"),
        comparisons.compare("hardsigmoid"),
        comparisons.compare("gelu_tanh", dtype="float16"),
        comparisons.compare("relu", dtype="float32"),
        comparisons.compare("elu"),
        comparisons.compare(comparisons.linear_layer(cut="detach()")),
        comparisons.compare(evil, "tanh"),
    ]
    budget = Budget()
    tally = prepared(Recipe("sigmoid", (), "float32", "reverse", budget)).chunk(0x40000000)
    subject = subject_of("sigmoid", None, {})
    adjoints = symdiff.adjoints(subject.graph)
    how = (FLOAT_TYPES["float32"], ENGINES["reverse"], budget)
    found.append(Sweep(subject, adjoints, *how, tally))
    table = comparisons.compare_engines("silu", dtype="float32", engines=["reverse", "jvp"])
    found += table.comparisons.values()
    others = [difference_row(d, table[d.first]) for d in table.beside_first()]
    others += [convention_row(c) for name in ("absolute", "elu") for c in conventions(name)]
    detections = [
        detection_row("tanh", "sign flipped", {"symdiff": True, "gradcheck": True}),
        detection_row("tanh", "factor 1.0009", {"symdiff": True, "gradcheck": False}),
        detection_row("relu", "sign flipped", {"symdiff": True, "gradcheck": True}),
    ]
    return [*map(result_row, found), *others, *detections, COST]
