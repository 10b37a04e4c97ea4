"""What a capture has to show: the adjoints of the graph are torch's gradients."""

from __future__ import annotations

from typing import Any

from opinfos import first_error, second_error

from comparisons.capture import Captured, capture


def captured_right(function: Any, *args: Any, second: bool = False, **kwargs: Any) -> Captured:
    """The capture, once its derivatives are found equal to torch's to 10⁻⁸ of each tensor."""
    captured = capture(function, *args, **kwargs)
    assert first_error(captured) < 1e-8
    if second:
        assert second_error(captured) < 1e-7
    return captured
