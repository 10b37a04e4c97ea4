"""Each method: SymPy's diff, symdiff's adjoints, torch eager, compiled and forward, JAX."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import sympy

import symdiff
from comparisons.costs.chain import called, expression_of, graph_of, z
from comparisons.costs.method import Method, timed
from comparisons.engines.engine import own_deprecations_ignored
from comparisons.frameworks.every import FRAMEWORKS
from comparisons.frameworks.libraries.jax import Jax
from comparisons.subjects.catalogue.torch_calls import torch_call
from symdiff import Definition
from symdiff.functions import STABLE_FUNCTIONS
from symdiff.programs.program import program

_TOO_DEEP = 12  # layers of SymPy's diff: its expression doubles with nearly every one
_TOO_LONG = 32  # layers of torch.compile: at 16 it takes half a minute, twice that at 32
_COMPILED_AT = 64  # values: a compiled function is warm before it is timed

Maker = Callable[[Definition, int], Method | str]  # or why there is none


def sympy_diff(definition: Definition, depth: int) -> Method | str:
    """`sympy.diff` of the whole expression, and `lambdify` of what it gives."""
    if depth > _TOO_DEEP:
        return f"an expression of {depth} layers swells beyond reach; it is tried to {_TOO_DEEP}"
    primal = expression_of(definition, depth)

    def derive() -> tuple[sympy.Expr, Any]:
        slope = sympy.diff(primal, z)
        return slope, sympy.lambdify(z, slope, modules=["scipy", "numpy"])

    (slope, function), seconds = timed(derive)
    operations = int(sympy.count_ops(slope))
    return Method("SymPy diff, lambdified", seconds, operations, "operations", function)


def adjoints_unshared(definition: Definition, depth: int) -> Method | str:
    """symdiff's adjoint graph, each node once, before common subexpressions are shared."""
    derived, seconds = timed(lambda: symdiff.adjoints(graph_of(definition, depth)))
    count = program({"z": derived.nodes["z"]}, shared=False).operation_count()
    return Method("symdiff, before sharing", seconds, count, "operations")


def adjoints_shared(definition: Definition, depth: int) -> Method | str:
    """The same after sharing, by `Adjoints.lambdify`, which bounds its error and rescues."""

    def derive() -> tuple[Any, Any]:
        derived = symdiff.adjoints(graph_of(definition, depth))
        evaluate = derived.lambdify("numpy")
        evaluate(z=np.linspace(-1, 1, _COMPILED_AT))  # the first call makes what later ones use
        return derived, evaluate

    (derived, evaluate), seconds = timed(derive)
    count = program({"z": derived.nodes["z"]}).operation_count()
    return Method(
        "symdiff, lambdified", seconds, count, "operations", lambda values: evaluate(z=values)["z"]
    )


def numpy_plain(definition: Definition, depth: int) -> Method | str:
    """The shared steps as plain numpy, without bounds or rescue: what the closed form costs."""

    def derive() -> tuple[Any, int]:
        derived = symdiff.adjoints(graph_of(definition, depth))
        steps = program({"z": derived.nodes["z"]})
        values = {k: v for k, v in definition.parameters.items() if k in steps.arguments}
        steps = steps.at(values)
        argument = steps.arguments["z"]
        known = [{f.__name__: f.numpy for f in STABLE_FUNCTIONS}, "numpy"]
        compiled = []
        for symbol, expression in steps.assignments:
            names = sorted(expression.free_symbols, key=str)
            compiled.append((symbol, names, sympy.lambdify(names, expression, modules=known)))
        return (argument, steps.results["z"], compiled), steps.operation_count()

    ((argument, result, compiled), count), seconds = timed(derive)

    def run(values: Any) -> Any:
        found = {argument: values}
        for symbol, names, step in compiled:
            found[symbol] = step(*(found[name] for name in names))
        return np.broadcast_to(found[result], values.shape)

    return Method("closed form, plain numpy", seconds, count, "operations", run)


def torch_eager(definition: Definition, depth: int) -> Method | str:
    """One backward pass."""
    chain = called(torch_call(definition), depth)

    def gradient(leaf: Any) -> Any:
        import torch

        return torch.autograd.grad(chain(leaf).sum(), leaf)[0]

    return Method("torch, reverse", 0.0, _kernels(gradient), "kernels", gradient, _leaf, _numbers)


def torch_forward(definition: Definition, depth: int) -> Method | str:
    """`torch.func.jvp` with a tangent of ones."""
    chain = called(torch_call(definition), depth)

    def gradient(leaf: Any) -> Any:
        import torch

        with own_deprecations_ignored():
            return torch.func.jvp(chain, (leaf,), (torch.ones_like(leaf),))[1]

    return Method("torch, forward", 0.0, _kernels(gradient), "kernels", gradient, _tensor, _numbers)


def torch_compiled(definition: Definition, depth: int) -> Method | str:
    """`torch.compile` of the chain, then one backward pass."""
    import torch
    import torch._inductor.config as inductor

    if depth > _TOO_LONG:
        return f"torch.compile of {depth} layers takes minutes; it is tried to {_TOO_LONG}"
    if not any(map(shutil.which, ("c++", "g++", "clang++"))):
        return "torch.compile needs a C++ compiler, and there is none on this machine"
    chain = called(torch_call(definition).function, depth)

    def compile_() -> Any:
        # What an earlier process compiled is on the disk, and would cost nothing.
        with own_deprecations_ignored(), inductor.patch(force_disable_caches=True):
            torch._dynamo.reset()  # noqa: SLF001 - the documented way to forget earlier functions
            compiled = torch.compile(chain, dynamic=True)
            for size in (_COMPILED_AT, 2 * _COMPILED_AT):  # another size makes the size a variable
                leaf = _leaf(np.linspace(-1, 1, size))
                torch.autograd.grad(compiled(leaf).sum(), leaf)
            return compiled

    compiled, seconds = timed(compile_)

    def gradient(leaf: Any) -> Any:
        return torch.autograd.grad(compiled(leaf).sum(), leaf)[0]

    return Method("torch, compiled", seconds, None, "", gradient, _leaf, _numbers)


def jax_compiled(definition: Definition, depth: int) -> Method | str:
    """`jax.jit` of `jax.grad`."""
    framework = FRAMEWORKS["jax"]
    assert isinstance(framework, Jax)  # noqa: S101 - as registered
    reason = framework.missing()
    if reason is not None:
        return reason
    if definition.name not in framework.functions:
        return f"JAX has no function for {definition.name!r}"
    known = framework.own(definition.name).definition(definition.name)
    if known.valued(known.formula) != definition.valued(definition.formula):
        return "JAX documents another definition"
    jax = framework.names["jax"]
    jax.config.update("jax_cpu_enable_async_dispatch", False)  # noqa: FBT003 - in this thread
    chain = called(framework.subject(definition.name).forward, depth)
    gradient = jax.jit(jax.grad(lambda values: chain(values).sum()))
    (_, seconds) = timed(lambda: gradient(jax.numpy.zeros(_COMPILED_AT)).block_until_ready())
    return Method(
        "JAX, compiled",
        seconds,
        None,
        "",
        lambda values: gradient(values).block_until_ready(),
        jax.numpy.asarray,
        np.asarray,
        frugal=False,
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


def methods(definition: Definition, depth: int) -> Iterator[tuple[str, Method | str]]:
    """Each method, or why there is none, under the first line of what it says of itself."""
    for make in METHODS:
        try:
            yield make.__name__.replace("_", " "), make(definition, depth)
        except (NotImplementedError, RecursionError, RuntimeError, TypeError, ValueError) as error:
            yield make.__name__.replace("_", " "), str(error).partition("\n")[0]


def _tensor(values: Any) -> Any:
    import torch

    return torch.tensor(values, dtype=torch.float64)


def _leaf(values: Any) -> Any:
    return _tensor(values).requires_grad_()


def _numbers(tensor: Any) -> Any:
    return tensor.detach().numpy()


def _kernels(gradient: Callable[[Any], Any]) -> int:
    """The number of torch's operations that run, views and allocations included."""
    from torch.utils._python_dispatch import TorchDispatchMode

    seen = []

    class Counter(TorchDispatchMode):  # type: ignore[no-untyped-call]  # torch's own is untyped
        def __torch_dispatch__(
            self, function: Any, _: Any, arguments: Any = (), keywords: Any = None
        ) -> Any:
            seen.append(function)
            return function(*arguments, **(keywords or {}))

    leaf = _leaf(np.linspace(-1, 1, 8))
    with Counter():  # type: ignore[no-untyped-call]  # torch's own is untyped
        gradient(leaf)
    return len(seen)
