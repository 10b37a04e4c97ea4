"""The one way in: a torch callable, its definition and a type → a Comparison."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, overload

import numpy as np
import numpy.typing as npt

from comparisons.budget import Budget
from comparisons.comparison import AdjointResult, Comparison
from comparisons.dtypes import Float64Array, FloatType, float_type
from comparisons.engines import ENGINES, Gradients
from comparisons.judging import Judge
from comparisons.mismatch import GradientMismatch
from comparisons.points import chosen_inputs
from comparisons.subjects import Described, Inputs, Subject, subject_of
from comparisons.torch_code import TorchCode
from comparisons.truth import TruthOf
from comparisons.verdict import Verdict, verdict_named
from symdiff import Definition
from symdiff.adjoint import NO_DEPENDENCE, requiring_grad

if TYPE_CHECKING:
    import torch

    from comparisons.sweep import Sweep


@overload
def compare(
    subject: str | Definition | Subject | Callable[..., torch.Tensor],
    definition: Described | None = None,
    *,
    dtype: str | torch.dtype | FloatType = ...,
    engine: str = ...,
    inputs: Mapping[str, npt.ArrayLike] | None = ...,
    points: Literal["structured"] | None = ...,
    budget: Budget | None = ...,
    executor: None = ...,
    checkpoint: None = ...,
    **parameters: object,
) -> Comparison: ...
@overload
def compare(
    subject: str | Definition | Subject | Callable[..., torch.Tensor],
    definition: Described | None = None,
    *,
    dtype: str | torch.dtype | FloatType = ...,
    engine: str = ...,
    inputs: None = ...,
    points: Literal["all"],
    budget: Budget | None = ...,
    executor: Executor | None = ...,
    checkpoint: str | Path | None = ...,
    **parameters: object,
) -> Comparison | Sweep: ...
def compare(
    subject: str | Definition | Subject | Callable[..., torch.Tensor],
    definition: Described | None = None,
    *,
    dtype: str | torch.dtype | FloatType = "float64",
    engine: str = "reverse",
    inputs: Mapping[str, npt.ArrayLike] | None = None,
    points: Literal["structured", "all"] | None = None,
    budget: Budget | None = None,
    executor: Executor | None = None,
    checkpoint: str | Path | None = None,
    **parameters: object,
) -> Comparison | Sweep:
    """How far torch's gradient is from the truth.

    Args:
        subject: a catalogue name (torch's own function is judged), a torch function of a tensor
            with its `definition`, or a `Subject` such as `comparisons.neuron("gelu")`.
        definition: what a torch function should compute, in z: a name, text or SymPy.
        dtype: the type torch computes in.
        engine: how torch differentiates.
        inputs: where, by input name; by default points chosen for the definition.
        points: `structured`, or `all` bit patterns of the type: the default of 16-bit types, and
            of float32 on request, for catalogue functions (2³² values, some minutes).
        executor: where the parts of a float32 sweep run; by default one process a core (a script
            then needs the usual `if __name__ == "__main__":` around the call).
        checkpoint: a file by which a float32 sweep that was stopped goes on where it was.
        budget: the error allowed.
        parameters: values for the definition's parameters.

    Returns: the comparison, whatever it found; of a float32 sweep a `Sweep`, which reads alike
        and holds no arrays.
    Raises: TypeError or ValueError, one sentence, if what was given cannot be compared;
        ModuleNotFoundError if torch is not installed.
    """
    if find_spec("torch") is None:
        raise ModuleNotFoundError(
            "comparisons runs torch, which is not installed; pip install torch (any build will do)"
        )
    chosen = subject_of(subject, definition, parameters)
    float_format = float_type(dtype)
    if engine not in ENGINES:
        raise ValueError(f"unknown engine {engine!r}; known are {', '.join(ENGINES)}")
    truth_of = TruthOf(chosen.graph)
    if points == "all" and float_format.bits == 32 and inputs is None:
        return _swept(chosen, float_format, engine, budget, executor, checkpoint)
    if executor is not None or checkpoint is not None:
        raise ValueError("executor and checkpoint are for points='all' in float32 only")
    at = chosen_inputs(chosen, truth_of, float_format, inputs, points)
    allowed = budget or Budget()
    gradients = ENGINES[engine].gradients(chosen, at, float_format)
    adjoints, wrong = _judged(chosen, truth_of, gradients, at, float_format, allowed)
    absent = {k: why for k, why in truth_of.adjoints.missing.items() if k not in wrong}
    return Comparison(chosen, float_format, engine, allowed, adjoints, absent, wrong)


def _swept(
    subject: Subject,
    dtype: FloatType,
    engine: str,
    budget: Budget | None,
    executor: Executor | None,
    checkpoint: str | Path | None,
) -> Sweep:
    from comparisons.sweep import sweep

    if subject.definition is None or not isinstance(subject.forward, TorchCode):
        raise ValueError(
            f"{subject} cannot travel to other processes; a float32 sweep takes a catalogue name"
        )
    path = None if checkpoint is None else Path(checkpoint)
    return sweep(
        subject.definition,
        dtype=dtype,
        engine=engine,
        budget=budget,
        executor=executor,
        checkpoint=path,
    )


def check(
    subject: str | Definition | Subject | Callable[..., torch.Tensor],
    definition: Described | None = None,
    *,
    accept: Verdict | str = Verdict.FAILS_AT_INFINITY,
    **options: Any,
) -> Comparison:
    """`compare`, but a gradient that fares worse than `accept` raises.

    By default a gradient has to hold at every finite input. `accept="agrees"` asks for the limits
    at ±∞ too, `accept="accurate"` for small values as well.

    Raises: GradientMismatch, saying where and by how much; and what `compare` raises. TypeError for
        a float32 sweep, which holds no points to show: look at its verdict; ValueError for an
        unknown verdict.
    """
    comparison: Comparison | Sweep = compare(subject, definition, **options)
    if not isinstance(comparison, Comparison):
        raise TypeError("check is for comparisons point by point; read a sweep's .verdict instead")
    if comparison.verdict.worse_than(verdict_named(accept)):
        raise GradientMismatch(comparison)
    return comparison


def _judged(
    subject: Subject,
    truth_of: TruthOf,
    gradients: Gradients,
    inputs: Inputs,
    dtype: FloatType,
    budget: Budget,
) -> tuple[dict[str, AdjointResult], dict[str, str]]:
    """Each adjoint's result, and what is wrong with there being, or not being, a gradient.

    The output's own adjoint is the cotangent that was put in: nothing to judge.
    """
    truth = truth_of.enclosed(inputs, dtype)
    judge = Judge(subject, truth_of, dtype, budget)
    missing = truth_of.adjoints.missing
    differentiable = requiring_grad(subject.graph)
    results: dict[str, AdjointResult] = {}
    wrong: dict[str, str] = {}
    for name, value in gradients.values.items():
        if name == subject.graph.output_name and missing.get(name) == NO_DEPENDENCE:
            continue
        problem = _presence(
            value,
            requires_grad=gradients.requires_grad[name],
            expected=name in differentiable,
            missing=missing.get(name),
        )
        if problem is not None:
            wrong[name] = problem
        elif value is not None and name in truth and name != subject.graph.output_name:
            judged, enclosure = judge.judged(name, value, truth[name], inputs)
            results[name] = AdjointResult(name, inputs, value, enclosure, judged)
    return results, wrong


def _presence(
    value: Float64Array | None, *, requires_grad: bool, expected: bool, missing: str | None
) -> str | None:
    """What is wrong with there being, or not being, a gradient; None is not zero."""
    if missing == NO_DEPENDENCE:  # torch may well give zeros where nothing depends on a value
        useless = value is None or not np.any(value)
        return None if useless else f"has a gradient, and should have none: {missing}"
    if requires_grad != expected:
        return f"has requires_grad = {requires_grad}, and should have {expected}"
    if missing is None:
        return "has no gradient (None), and should have one" if value is None else None
    return None if value is None else f"has a gradient, and should have none: {missing}"
