"""The automatic methods: torch's reverse mode, forward mode and compiler, and JAX."""

from __future__ import annotations

import shutil
import warnings
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from comparisons.costs.method import Method, timed
from comparisons.costs.problem import Problem
from comparisons.engines.engine import own_deprecations_ignored
from comparisons.frameworks.every import FRAMEWORKS
from comparisons.frameworks.libraries.jax import Jax
from comparisons.inputs.values import Inputs

_TOO_LONG = 32  # layers of torch.compile: at 16 it takes half a minute, twice that at 32
_COMPILED_AT = (64, 1024)  # entries: a compiled function is warm before it is timed

Gradients = Callable[[Any], Any]


def torch_eager(problem: Problem) -> Method | str:
    """One backward pass."""
    gradients = _reverse(problem.torch)
    kernels = _kernels(gradients, _leaves(problem)(problem.judged_at))
    return Method(
        "torch, reverse", 0.0, kernels, "kernels", gradients, _leaves(problem), _named(problem)
    )


def torch_forward(problem: Problem) -> Method | str:
    """`torch.func.jvp`, with a tangent of ones.

    Of a function that is the gradient; of a layer it is one directional derivative, of as many as
    the inputs have entries.
    """

    def pass_(primals: tuple[Any, ...]) -> Any:
        import torch

        with own_deprecations_ignored():
            tangents = tuple(map(torch.ones_like, primals))
            return torch.func.jvp(problem.torch, primals, tangents)[1]

    def prepare(inputs: Inputs) -> tuple[Any, ...]:
        return tuple(problem.split(inputs, _tensor)[0])

    (first, *_) = problem.names
    kernels = _kernels(pass_, prepare(problem.judged_at))
    made = Method("torch, forward", 0.0, kernels, "kernels", pass_, prepare)
    if problem.pointwise:
        return replace(made, numbers=lambda found: {first: found.numpy()})
    passes = sum(problem.judged_at[name].size for name in problem.names)
    note = (
        "a pass gives the derivative in one direction, so it has no error here; the gradients take "
        f"as many passes as the inputs have entries, {passes:,} where the error is measured"
    )
    return replace(made, name="torch, forward, one pass", numbers=None, note=note)


def torch_compiled(problem: Problem) -> Method | str:
    """`torch.compile` of the function, then one backward pass."""
    import torch
    import torch._inductor.config as inductor

    if problem.depth > _TOO_LONG:
        return f"torch.compile of {problem.depth} layers takes minutes; it is tried to {_TOO_LONG}"
    if not any(map(shutil.which, ("c++", "g++", "clang++"))):
        return "torch.compile needs a C++ compiler, and there is none on this machine"

    def compile_() -> Gradients:
        # What an earlier process compiled is on the disk, and would cost nothing.
        with own_deprecations_ignored(), inductor.patch(force_disable_caches=True):
            warnings.filterwarnings("ignore", message="dynamo_pgo force disabled")  # as we asked
            torch._dynamo.reset()  # noqa: SLF001 - the documented way to forget earlier functions
            gradients = _reverse(torch.compile(problem.torch, dynamic=True))
            for size in _COMPILED_AT:  # another size makes the size a variable
                gradients(_leaves(problem)(problem.inputs(size)))
            return gradients

    gradients, seconds = timed(compile_)
    return Method(
        "torch, compiled", seconds, None, "", gradients, _leaves(problem), _named(problem)
    )


def jax_compiled(problem: Problem) -> Method | str:
    """`jax.jit` of `jax.grad`, of a layer of `jax.vjp`."""
    framework = FRAMEWORKS["jax"]
    assert isinstance(framework, Jax)  # noqa: S101 - as registered
    reason = framework.missing()
    if reason is not None:
        return reason
    jax, jnp = framework.names["jax"], framework.names["jnp"]
    jax.config.update("jax_cpu_enable_async_dispatch", False)  # noqa: FBT003 - in this thread
    function = problem.jax()

    def pulled_back(primals: list[Any], cotangent: Any) -> Any:
        if cotangent is None:
            return jax.grad(lambda *arrays: function(*arrays).sum())(*primals)
        return jax.vjp(function, *primals)[1](cotangent)

    compiled = jax.jit(pulled_back)

    def prepare(inputs: Inputs) -> tuple[list[Any], Any]:
        return problem.split(inputs, jnp.asarray)

    def run(given: tuple[list[Any], Any]) -> Any:
        return jax.block_until_ready(compiled(*given))

    def numbers(found: Any) -> dict[str, Any]:
        each = found if isinstance(found, tuple) else (found,)
        return dict(zip(problem.names, map(np.asarray, each), strict=True))

    (_, seconds) = timed(lambda: run(prepare(problem.inputs(_COMPILED_AT[0]))))
    return Method("JAX, compiled", seconds, None, "", run, prepare, numbers, frugal=False)


def _reverse(function: Callable[..., Any]) -> Gradients:
    """One backward pass of a torch function, from its inputs and the cotangent, None for ones."""

    def gradients(given: tuple[list[Any], Any]) -> Any:
        import torch

        leaves, cotangent = given
        if cotangent is None:
            return torch.autograd.grad(function(*leaves).sum(), leaves)
        return torch.autograd.grad(function(*leaves), leaves, cotangent)

    return gradients


def _leaves(problem: Problem) -> Callable[[Inputs], tuple[list[Any], Any]]:
    def prepare(inputs: Inputs) -> tuple[list[Any], Any]:
        tensors, cotangent = problem.split(inputs, _tensor)
        return [tensor.requires_grad_() for tensor in tensors], cotangent

    return prepare


def _tensor(values: Any) -> Any:
    import torch

    return torch.tensor(values, dtype=torch.float64)


def _named(problem: Problem) -> Callable[[Any], dict[str, Any]]:
    def numbers(found: Any) -> dict[str, Any]:
        each = (gradient.detach().numpy() for gradient in found)
        return dict(zip(problem.names, each, strict=True))

    return numbers


def _kernels(gradients: Gradients, given: Any) -> int:
    from comparisons.engines.operations import operations

    return operations(lambda: gradients(given))
