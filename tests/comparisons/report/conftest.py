"""One small report that every test of this folder reads."""

import pytest
import torch

import comparisons
from comparisons.blocks import Trial, run_block
from comparisons.budget import Budget
from comparisons.dtypes import FLOAT_TYPES
from comparisons.kink_conventions import conventions
from comparisons.report.rows import (
    comparison_row,
    convention_row,
    detection_row,
    difference_row,
)
from comparisons.subjects import subject_of
from comparisons.sweep import Sweep


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
    tally = run_block(Trial("sigmoid", (), "float32", "reverse", budget), 64)
    subject = subject_of("sigmoid", None, {})
    found.append(Sweep(subject, FLOAT_TYPES["float32"], "reverse", budget, tally))
    table = comparisons.compare_engines("silu", dtype="float32", engines=["reverse", "jvp"])
    found += table.comparisons.values()
    others = [difference_row(d, table[d.first]) for d in table.beside_first()]
    others += [convention_row(c) for name in ("absolute", "elu") for c in conventions(name)]
    detections = [
        detection_row("tanh", "sign flipped", {"symdiff": True, "gradcheck": True}),
        detection_row("tanh", "factor 1.0009", {"symdiff": True, "gradcheck": False}),
        detection_row("relu", "sign flipped", {"symdiff": True, "gradcheck": True}),
    ]
    return [*map(comparison_row, found), *others, *detections]
