"""Wrong backwards of functions of arrays: all of them."""

from __future__ import annotations

from entries import WrongArrays
from wrong_calls import CALLS
from wrong_circumstances import CIRCUMSTANCES
from wrong_layers import LAYERS
from wrong_losses import LOSSES
from wrong_transforms import TRANSFORMS

WRONG: list[WrongArrays] = [*LAYERS, *LOSSES, *CIRCUMSTANCES, *CALLS, *TRANSFORMS]
