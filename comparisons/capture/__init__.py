"""Capture torch code as symdiff's graph while it runs: your code is the definition.

>>> import torch
>>> from comparisons.capture import capture
>>> import symdiff
>>> x, w = torch.randn(4, 3), torch.randn(3)
>>> print(symdiff.adjoints(capture(lambda x, w: torch.tanh(x @ w), x, w).graph))
"""

from __future__ import annotations

from comparisons.capture.captured import Captured
from comparisons.capture.capturing import capture
from comparisons.capture.refusal import Refused
from comparisons.capture.running.place import Place

__all__ = ["Captured", "Place", "Refused", "capture"]
