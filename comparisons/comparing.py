"""The one way in: a torch callable, its definition and a type → a Comparison."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Executor
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, overload

import numpy as np
import numpy.typing as npt

from comparisons.budget import Budget
from comparisons.case import Case
from comparisons.comparison import Comparison
from comparisons.cotangents import cotangent_of
from comparisons.dtypes import FloatType, float_type
from comparisons.engine_table import EngineTable, ask
from comparisons.engines import Setting, engine_named
from comparisons.engines.forward_pass import COTANGENT
from comparisons.mismatch import accepted
from comparisons.points import chosen_inputs
from comparisons.subjects import Described, Subject, subject_of
from comparisons.torch_code import TorchCode
from comparisons.truth import TruthOf
from comparisons.verdict import Verdict
from symdiff import Definition

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
    cotangent: str | npt.ArrayLike = ...,
    device: str = ...,
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
    cotangent: str | npt.ArrayLike = ...,
    device: str = ...,
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
    cotangent: str | npt.ArrayLike = "ones",
    device: str = "cpu",
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
        engine: how torch differentiates; `comparisons.ENGINES` has them all. Second-order engines
            are judged by f''.
        inputs: where, by input name; by default points chosen for the definition.
        points: `structured`, or `all` bit patterns of the type: the default of 16-bit types, and
            of float32 on request, for catalogue functions (2³² values, some minutes).
        cotangent: what is put in at the output: `ones`, `random`, `subnormal`, `largest`, `zero`
            or an array. Of a layer `ones` leaves the `v` of its inputs as it is.
        device: where torch computes, such as `cuda`.
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
    chosen_engine = engine_named(engine)
    asked = (cotangent, device, budget)
    if points == "all" and inputs is None and _is_float32(dtype):
        _require_torch()
        if not isinstance(cotangent, str) or cotangent != "ones" or device != "cpu":
            raise ValueError("a float32 sweep has a cotangent of ones and runs on the CPU")
        chosen = subject_of(subject, definition, parameters)
        return _swept(chosen, float_type(dtype), engine, budget, executor, checkpoint)
    if executor is not None or checkpoint is not None:
        raise ValueError("executor and checkpoint are for points='all' in float32 only")
    return _case(subject, definition, dtype, inputs, points, *asked, parameters).answer(
        chosen_engine
    )


def compare_engines(
    subject: str | Definition | Subject | Callable[..., torch.Tensor],
    definition: Described | None = None,
    *,
    dtype: str | torch.dtype | FloatType = "float64",
    engines: Iterable[str] | None = None,
    inputs: Mapping[str, npt.ArrayLike] | None = None,
    points: Literal["structured", "all"] | None = "structured",
    cotangent: str | npt.ArrayLike = "ones",
    device: str = "cpu",
    budget: Budget | None = None,
    **parameters: object,
) -> EngineTable:
    """How far the gradients of many engines are from the truth, and from each other.

    The truth is computed once. Arguments are those of `compare`; `engines` are names, by default
    all that torch has. Those that cannot take the subject, or run here, are listed with the reason.

    Raises: as `compare`.
    """
    asked = (cotangent, device, budget)
    case = _case(subject, definition, dtype, inputs, points, *asked, parameters)
    return ask(case, engines)


def _case(
    subject: object,
    definition: Described | None,
    dtype: str | torch.dtype | FloatType,
    inputs: Mapping[str, npt.ArrayLike] | None,
    points: str | None,
    cotangent: str | npt.ArrayLike,
    device: str,
    budget: Budget | None,
    parameters: Mapping[str, object],
) -> Case:
    _require_torch()
    chosen = subject_of(subject, definition, parameters)
    setting = Setting(float_type(dtype), _device(device))
    at = dict(chosen_inputs(chosen, TruthOf(chosen.graph), setting.dtype, inputs, points))
    arrays = any(i.axes for i in chosen.graph.inputs)
    if arrays and COTANGENT not in at:
        if not isinstance(cotangent, str) or cotangent != "ones":
            raise ValueError(f"the output of {chosen} is one number; its cotangent is 1")
        return Case(chosen, setting, at, budget or Budget())
    shape = at[COTANGENT].shape if arrays else np.broadcast_shapes(*(v.shape for v in at.values()))
    name, values = cotangent_of(cotangent, shape, setting.dtype)
    if values is not None:
        at[COTANGENT] = values
    return Case(chosen, setting, at, budget or Budget(), name)


def _require_torch() -> None:
    if find_spec("torch") is None:
        raise ModuleNotFoundError(
            "comparisons runs torch, which is not installed; pip install torch (any build will do)"
        )


def _is_float32(dtype: str | torch.dtype | FloatType) -> bool:
    return float_type(dtype).bits == 32


def _device(name: str) -> str:
    import torch

    try:
        torch.empty(1, device=name)
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        reason = str(error).partition("\n")[0]
        raise ValueError(f"torch cannot compute on the device {name!r} here: {reason}") from None
    return name


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


@overload
def check(
    subject: str | Definition | Subject | Callable[..., torch.Tensor],
    definition: Described | None = ...,
    *,
    accept: Verdict | str = ...,
    points: Literal["structured"] | None = ...,
    **options: Any,
) -> Comparison: ...
@overload
def check(
    subject: str | Definition | Subject | Callable[..., torch.Tensor],
    definition: Described | None = ...,
    *,
    accept: Verdict | str = ...,
    points: Literal["all"],
    **options: Any,
) -> Comparison | Sweep: ...
def check(
    subject: str | Definition | Subject | Callable[..., torch.Tensor],
    definition: Described | None = None,
    *,
    accept: Verdict | str = Verdict.FAILS_AT_INFINITY,
    **options: Any,
) -> Comparison | Sweep:
    """`compare`, but a gradient that fares worse than `accept` raises.

    By default a gradient has to hold at every finite input. `accept="agrees"` asks for the limits
    at ±∞ too, `accept="accurate"` for small values as well.

    Raises: GradientMismatch, saying where and by how much; what `compare` raises; ValueError for an
        unknown verdict.
    """
    found: Comparison | Sweep = compare(subject, definition, **options)
    return accepted(found, accept)
