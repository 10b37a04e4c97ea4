"""One small report that every test of this folder reads."""

import pytest
import torch

import comparisons
from comparisons.report.rows import comparison_row, detection_row


@pytest.fixture(scope="session")
def rows():
    """Verdicts of every kind, a cut graph, two engines, and a name that is markup."""

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
    detections = [
        detection_row("tanh", "sign flipped", {"symdiff": True, "gradcheck": True}),
        detection_row("tanh", "factor 1.0009", {"symdiff": True, "gradcheck": False}),
        detection_row("relu", "sign flipped", {"symdiff": True, "gradcheck": True}),
    ]
    return [*map(comparison_row, found), *detections]
