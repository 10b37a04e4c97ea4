"""Start the processes that make an atlas where no executor is given."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context


@contextmanager
def processes(number: int) -> Iterator[Executor | None]:
    """A pool of so many processes with one torch thread each; None for this process alone."""
    if number == 1:
        yield None
        return
    with ProcessPoolExecutor(number, get_context("spawn"), initializer=_one_thread) as executor:
        yield executor


def _one_thread() -> None:
    import torch

    torch.set_num_threads(1)
