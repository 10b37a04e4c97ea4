"""Defects that were reported: the bare check rejects those that stand, and passes the others."""

from __future__ import annotations

import pytest
from reported import REPORTED

import comparisons


@pytest.mark.parametrize("entry", REPORTED, ids=str)
def test_a_report_is_answered_as_it_has_to_be(entry):
    """A defect that stands is rejected; what is mended, or documented, passes."""
    expected = {"rejected": comparisons.GradientMismatch, "refused": ValueError}
    if entry.outcome == "passes":
        found = comparisons.check(entry.function, *entry.inputs, **entry.options)
        assert entry.says in repr(found)
        return
    with pytest.raises(expected[entry.outcome]) as raised:
        comparisons.check(entry.function, *entry.inputs, **entry.options)
    assert entry.says in str(raised.value)
