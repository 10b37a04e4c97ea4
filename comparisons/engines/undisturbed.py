"""Save, set and restore the state of torch, numpy, the ball arithmetic and the processor.

The outcome must not depend on the caller's state, nor change it. So gradients are recorded, in no
inference mode, without autocast and anomaly mode, with float32 as torch's default type and the CPU
as its default device, from the same seed at every call; numpy is silent; one thread at a time uses
mpmath and flint, whose precision belongs to the process.
"""

from __future__ import annotations

import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import flint
import mpmath
import numpy as np

from comparisons.inputs.values import SEED
from symdiff.float_balls.environment import is_ieee

_alone = threading.RLock()


@contextmanager
def undisturbed() -> Iterator[None]:
    """Set the state that a comparison needs; afterwards it is as it was. It may be nested."""
    with _alone, np.errstate(all="ignore"):
        decimal, binary = mpmath.mp.prec, flint.ctx.prec
        try:
            yield
        finally:
            mpmath.mp.prec, flint.ctx.prec = decimal, binary


@contextmanager
def calling(what: object) -> Iterator[None]:
    """Set the state in which a user's code runs, and warn of what the code leaves changed.

    Args: what, as it is called in the warning.
    """
    import torch

    default = torch.get_default_dtype()
    with ExitStack() as stack:
        stack.enter_context(undisturbed())
        stack.enter_context(torch.inference_mode(mode=False))
        stack.enter_context(torch.enable_grad())
        stack.enter_context(torch.random.fork_rng(devices=[]))
        if torch.is_anomaly_enabled():
            stack.enter_context(torch.autograd.set_detect_anomaly(False))
        for device in ("cpu", "cuda"):
            if torch.is_autocast_enabled(device):
                stack.enter_context(torch.autocast(device, enabled=False))
        if torch.get_default_device().type != "cpu":
            stack.enter_context(torch.device("cpu"))
        torch.set_default_dtype(torch.float32)
        _seed()
        before = {name: now() for name, (now, _) in _watched().items()}
        try:
            yield
        finally:
            changed = _put_back(before)
            torch.set_default_dtype(default)
    if changed:
        warnings.warn(f"{what} left {', '.join(changed)}; it is put back", stacklevel=3)


def _seed() -> None:
    """Seed torch's generators, those of devices if there is one.

    Of each kind of device that is not there `torch.manual_seed` puts down who asked, for later.
    """
    import torch

    accelerator = getattr(torch, "accelerator", None)  # from torch 2.6 on
    if accelerator is None or accelerator.is_available():
        torch.manual_seed(SEED)
    else:
        torch.default_generator.manual_seed(SEED)


@contextmanager
def subnormals_kept(what: str) -> Iterator[None]:
    """Check that the processor keeps subnormal numbers before and after the block.

    `torch.set_flush_denormal(True)` makes it take them for zero, and so does code compiled with
    fast mathematics when it is loaded. Gradients near 0 are then wrong, and so is what computes
    their truth in float64.

    Args: what, is done, in words.
    Raises: ValueError, one sentence, if they are not.
    """
    if not is_ieee():
        raise ValueError(
            "the processor takes subnormal numbers for zero here, or does not round to nearest, so "
            "that no gradient can be judged; call torch.set_flush_denormal(False) first"
        )
    try:
        yield
    finally:
        flushed = not is_ieee()
        if flushed:
            import torch

            torch.set_flush_denormal(False)
    if flushed:
        raise ValueError(
            f"{what} made the processor take subnormal numbers for zero, as code compiled with "
            "fast mathematics does when it is loaded; its gradient is not judged, and the "
            "processor is as it was"
        )


def _watched() -> dict[str, tuple[Callable[[], Any], Callable[[Any], object]]]:
    """The state that user code may leave changed: how to read it, and how to restore it."""
    import torch

    return {
        "grad mode": (torch.is_grad_enabled, torch.set_grad_enabled),
        "torch's default type": (torch.get_default_dtype, torch.set_default_dtype),
        "torch's number of threads": (torch.get_num_threads, torch.set_num_threads),
        "torch's deterministic mode": (
            torch.are_deterministic_algorithms_enabled,
            torch.use_deterministic_algorithms,
        ),
        "numpy's error state": (np.geterr, lambda state: np.seterr(**state)),
    }


def _put_back(before: dict[str, Any]) -> list[str]:
    """Restore what differs from before, and say in words what that was."""
    changed = []
    for name, (now, put) in _watched().items():
        if now() != before[name]:
            changed.append(f"{name} at {now()}, which was {before[name]}")
            put(before[name])
    return changed
