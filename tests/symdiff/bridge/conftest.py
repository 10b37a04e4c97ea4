"""Both ways of evaluating points: of a few by running errors, of many by float balls."""

import pytest

from symdiff.bridge import evaluator


@pytest.fixture(params=["few points", "many points"])
def either_way(request, monkeypatch):
    """The test is run twice, each number of points taken for few, and for many."""
    if request.param == "many points":
        monkeypatch.setattr(evaluator, "_MANY", 1)
