"""Every method by turns, and the problem that a name stands for."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator

from comparisons.costs.automatic import jax_compiled, torch_compiled, torch_eager, torch_forward
from comparisons.costs.method import Method
from comparisons.costs.problem import Problem
from comparisons.costs.symbolic import (
    adjoints_shared,
    adjoints_unshared,
    numpy_plain,
    sympy_diff,
)

Maker = Callable[[Problem], Method | str]  # or why there is none

# What a function that a framework does not take, or SymPy cannot write as code, fails with.
FAILURES = (
    NotImplementedError,
    RecursionError,
    MemoryError,
    RuntimeError,
    TypeError,
    ValueError,
    NameError,
)

METHODS: tuple[Maker, ...] = (
    sympy_diff,
    adjoints_unshared,
    adjoints_shared,
    numpy_plain,
    torch_eager,
    torch_forward,
    torch_compiled,
    jax_compiled,
)

# What is not asked again with narrower rows, by plain name: it is not narrow rows that swell it.
NOT_BY_WIDTH = ("torch forward", "torch compiled", "jax compiled")


def methods(problem: Problem, without: Collection[str]) -> Iterator[tuple[str, Method | str]]:
    """Each method, or why there is none, under its plain name: `torch compiled`.

    Args: without, the plain names of those that are not asked for.
    """
    for make in METHODS:
        name = make.__name__.replace("_", " ")
        if name in without:
            continue
        try:
            yield name, make(problem)
        except FAILURES as error:
            yield name, first_line(error)


def first_line(error: Exception) -> str:
    """What an error says first."""
    return str(error).partition("\n")[0]
