"""The corpus itself can be trusted: every wrong entry is wrong, every honest one is right."""

from __future__ import annotations

import bases
import pytest
from pointwise_wrong import WRONG
from showing import relative_error

_BASE = {base.exact: base for base in bases.ALL}


@pytest.mark.parametrize("entry", WRONG, ids=str)
def test_a_wrong_function_is_wrong_at_its_witness(entry):
    """By more than it says, in the float type it says."""
    assert relative_error(entry.function, entry.exact, entry.witness) > entry.witness.above


@pytest.mark.parametrize("entry", [e for e in WRONG if e.exact in _BASE], ids=str)
def test_the_right_function_is_not_wrong_there(entry):
    """So that what the witness shows is the entry's doing, and not rounding."""
    right = _BASE[entry.exact]
    function = right.value if entry.witness.asked == "jvp" else right.right()

    assert relative_error(function, entry.exact, entry.witness) < entry.witness.above
