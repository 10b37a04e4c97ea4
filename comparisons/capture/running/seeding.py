"""Make random draws come out the same every time, and leave no trace."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch

from comparisons.inputs.values import SEED


@contextmanager
def seeding() -> Iterator[None]:
    """Seed the generators of torch, numpy and Python, and restore their state afterwards.

    Gradients are enabled inside, and what is set there is undone.
    """
    of_python, of_numpy = random.getstate(), np.random.get_state()  # noqa: NPY002 - the user's code may draw from it
    of_torch = torch.get_rng_state()
    try:
        with torch.enable_grad():
            torch.default_generator.manual_seed(SEED)  # torch.manual_seed asks for every device
            random.seed(SEED)
            np.random.seed(SEED)  # noqa: NPY002
            yield
    finally:
        torch.set_rng_state(of_torch)
        random.setstate(of_python)
        np.random.set_state(of_numpy)  # noqa: NPY002
