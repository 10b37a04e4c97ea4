"""The verbs: compare, check, compare many engines, sweep all values."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Executor
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy.typing as npt

from comparisons.case import Asked, ask, case_of
from comparisons.dtypes import FloatType, float_type
from comparisons.engines.engine import Engine
from comparisons.engines.every import engine_named
from comparisons.inputs.points import Points
from comparisons.judge.budget import Budget
from comparisons.judge.vocabulary import Verdict
from comparisons.results.comparison import Comparison
from comparisons.results.engine_table import EngineTable
from comparisons.results.mismatch import accepted
from comparisons.subjects.choose import Described, subject_of
from comparisons.subjects.subject import Subject
from comparisons.sweeps.sweep import Sweep, swept
from symdiff import Definition

if TYPE_CHECKING:
    import torch


def compare(
    subject: str | Definition | Subject | Callable[..., torch.Tensor],
    definition: Described | None = None,
    *,
    dtype: str | torch.dtype | FloatType = "float64",
    engine: str | Engine = "reverse",
    inputs: Mapping[str, npt.ArrayLike] | None = None,
    points: Points | None = None,
    cotangent: str | npt.ArrayLike = "ones",
    device: str = "cpu",
    budget: Budget | None = None,
    **parameters: object,
) -> Comparison:
    """Say how far torch's gradient is from the truth.

    Args:
        subject: a catalogue name (torch's own function is judged), a torch function of a tensor
            with its `definition`, or a `Subject` such as `comparisons.neuron("gelu")`.
        definition: what a torch function should compute, in z: a name, text or SymPy.
        dtype: the type torch computes in.
        engine: how torch differentiates; `comparisons.ENGINES` has them all. Second-order engines
            are judged by f''.
        inputs: where, by input name; by default points chosen for the definition.
        points: `structured`, or `all` bit patterns of the type: the default of 16-bit types.
        cotangent: what is put in at the output: `ones`, `random`, `subnormal`, `largest`, `zero`
            or an array. Of a layer `ones` leaves the `v` of its inputs as it is.
        device: where torch computes, such as `cuda`.
        budget: the error allowed.
        parameters: values for the definition's parameters.

    Returns: the comparison, whatever it found.
    Raises: TypeError or ValueError, one sentence, if what was given cannot be compared;
        ModuleNotFoundError if torch is not installed.
    """
    chosen = engine_named(engine)
    _require_torch()
    judged = subject_of(subject, definition, parameters)
    asked = Asked(judged, float_type(dtype), inputs, points, cotangent, device, budget)
    return case_of(asked).answer(chosen)


def check(
    subject: str | Definition | Subject | Callable[..., torch.Tensor],
    definition: Described | None = None,
    *,
    accept: Verdict | str = Verdict.FAILS_AT_INFINITY,
    **options: Any,
) -> Comparison:
    """Compare, and raise if a gradient fares worse than `accept`.

    By default a gradient has to hold at every finite input. `accept="agrees"` asks for the limits
    at ±∞ too, `accept="accurate"` for small values as well.

    Args: options, those of `compare`.
    Raises: GradientMismatch, saying where and by how much; ValueError for an unknown verdict; and
        what `compare` raises.
    """
    return accepted(compare(subject, definition, **options), accept)


def compare_engines(
    subject: str | Definition | Subject | Callable[..., torch.Tensor],
    definition: Described | None = None,
    *,
    dtype: str | torch.dtype | FloatType = "float64",
    engines: Iterable[str | Engine] | None = None,
    inputs: Mapping[str, npt.ArrayLike] | None = None,
    points: Points | None = "structured",
    cotangent: str | npt.ArrayLike = "ones",
    device: str = "cpu",
    budget: Budget | None = None,
    **parameters: object,
) -> EngineTable:
    """Say how far the gradients of many engines are from the truth, and from each other.

    The truth is computed once. Arguments are those of `compare`; `engines` are names, by default
    all that torch has. Those that cannot take the subject, or run here, are listed with the reason.

    Raises: TypeError or ValueError, one sentence, if what was given cannot be compared, or no
        engine could be asked; ModuleNotFoundError if torch is not installed.
    """
    _require_torch()
    judged = subject_of(subject, definition, parameters)
    asked = Asked(judged, float_type(dtype), inputs, points, cotangent, device, budget)
    return ask(case_of(asked), engines)


def sweep(
    subject: str | Definition | Subject,
    *,
    dtype: str | torch.dtype | FloatType = "float32",
    engine: str | Engine = "reverse",
    budget: Budget | None = None,
    accept: Verdict | str | None = None,
    executor: Executor | None = None,
    checkpoint: str | Path | None = None,
    **parameters: object,
) -> Sweep:
    """Compare a catalogue function with its definition at every value of float32, in minutes.

    Args:
        subject: a catalogue name of one variable, or its `Definition`.
        dtype: float32, the one type that has 2³² values.
        engine: how torch differentiates, by name.
        budget: the error allowed.
        accept: raise if the gradient fares worse than this verdict; by default none is raised.
        executor: where the parts run; by default one process a core (a script then needs the usual
            `if __name__ == "__main__":` around the call). One that is given is not shut down.
        checkpoint: a file by which a sweep that was stopped goes on where it was.
        parameters: values for the definition's parameters.

    Returns: what was found, which reads as a `Comparison` does and holds no arrays.
    Raises: TypeError or ValueError, one sentence, if what was given cannot be swept, or the
        checkpoint is another sweep's; GradientMismatch, if `accept` is given;
        ModuleNotFoundError if torch is not installed.
    """
    chosen = engine_named(engine)
    _require_torch()
    judged = subject_of(subject, None, parameters)
    path = None if checkpoint is None else Path(checkpoint)
    found = swept(
        judged,
        dtype=float_type(dtype),
        engine=chosen,
        budget=budget,
        executor=executor,
        checkpoint=path,
    )
    return found if accept is None else accepted(found, accept)


def _require_torch() -> None:
    if find_spec("torch") is None:
        raise ModuleNotFoundError(
            "comparisons runs torch, which is not installed; pip install torch (any build will do)"
        )
