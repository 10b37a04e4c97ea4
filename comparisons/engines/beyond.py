"""Add points at ±∞ and NaN for code of several variables, which may refuse them."""

from __future__ import annotations

import numpy as np

from comparisons.engines.call import leaf_values, run
from comparisons.engines.engine import Setting
from comparisons.engines.undisturbed import calling
from comparisons.inputs.beyond import beyond
from comparisons.inputs.values import Inputs
from comparisons.subjects.subject import Subject


def and_beyond(subject: Subject, at: Inputs, setting: Setting) -> Inputs:
    """The points, with ±∞ and NaN added unless the code raises there."""
    assert subject.definition is not None  # noqa: S101 - of several variables
    more = beyond(subject.definition, setting.dtype)
    if subject.framework == "torch" and not _takes(subject, more, setting):
        return at
    return {name: np.concatenate([values, more[name]]) for name, values in at.items()}


def _takes(subject: Subject, inputs: Inputs, setting: Setting) -> bool:
    import torch

    try:
        with calling(subject), torch.no_grad():
            run(subject, {k: setting.tensor(v) for k, v in leaf_values(subject, inputs).items()})
    except Exception:  # noqa: BLE001 - code that refuses may raise anything
        return False
    return True
