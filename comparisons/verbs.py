"""The public functions: compare, check, diagnose, compare many engines, sweep all values."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Mapping
from concurrent.futures import Executor
from contextlib import closing
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy.typing as npt

from comparisons.careful.circumstances.another_slope import require_its_own_slope
from comparisons.careful.questions import asked_too, careful
from comparisons.careful.unasked import Also, Unasked, left_out
from comparisons.cases.asked import Asked, case_of
from comparisons.cases.case import Case, ask
from comparisons.dtypes import FloatType, float_type
from comparisons.engines.engine import Engine
from comparisons.engines.every import engine_named
from comparisons.engines.undisturbed import calling
from comparisons.frameworks.array_framework import ArrayFramework
from comparisons.frameworks.choose import subject_of_framework
from comparisons.frameworks.every import framework_named
from comparisons.frameworks.framework import Framework
from comparisons.inputs.points import Points
from comparisons.judge.budget import Budget
from comparisons.judge.vocabulary import Verdict
from comparisons.results.comparison import Comparison
from comparisons.results.engine_table import EngineTable
from comparisons.results.mismatch import accepted, inconclusive
from comparisons.subjects.choose import Described, Given, chosen_in_a_type, subject_of
from comparisons.subjects.subject import Subject
from symdiff import Definition

if TYPE_CHECKING:
    import torch

    from comparisons.diagnosis.diagnosis import Diagnosis
    from comparisons.sweeps.sweep import Sweep


def compare(
    subject: str | Definition | Subject | Callable[..., Any],
    *given: Any,
    reference: Callable[..., Any] | None = None,
    gradient: Callable[..., Any] | None = None,
    order: int = 1,
    dtype: str | torch.dtype | FloatType | None = None,
    engine: str | Engine = "reverse",
    framework: str | Framework = "torch",
    inputs: Mapping[str, npt.ArrayLike] | None = None,
    points: Points | None = None,
    cotangent: str | npt.ArrayLike = "ones",
    device: str = "cpu",
    budget: Budget | None = None,
    strict: bool = False,
    **parameters: object,
) -> Comparison:
    """Say how far torch's gradient is from the truth.

    Args:
        subject: your function, `autograd.Function.apply` or `torch.nn.Module`; a catalogue name
            (torch's own function is judged); or a `Subject` such as `comparisons.neuron("gelu")`.
        given: of your own code the arguments it is called with, tensors that say shapes and where
            its gradients are judged, by the derivative of what it computes. Or the definition of
            a function of one tensor, in z: a name, text or SymPy; it is judged at chosen points.
            With nothing given that is the catalogue's, of torch's own function, or what the code
            computes of each entry.
        reference: plain torch code of the same arguments whose derivative is right, for a kernel.
        gradient: what ∂y/∂x should be entry by entry, as a function of the same arguments, where
            it is not the derivative: a straight-through or surrogate gradient.
        order: 2 to judge the gradient of the gradient of your own code.
        dtype: the type torch computes in: by default float64, and of your own code the 16-bit type
            of its tensors, if they have one. (float32 is torch's default and says nothing; code
            that fails in float64 and runs as it is called is judged as it is called, and so is a
            backward written by hand that float32 tensors which it holds make narrow there.)
        engine: how torch differentiates; `comparisons.ENGINES` has them all. Second-order engines
            are judged by f''.
        framework: whose function it is, and who differentiates it: `torch`, or another of
            `comparisons.FRAMEWORKS`, whose engines are `reverse`, `forward` and `compiled`. A
            `reference` stays plain torch code, and the arguments beside it torch's tensors.
        inputs: where, by input name; by default points chosen for the definition. Of your own code
            its arguments, arrays or tensors, by name.
        points: `structured`, or `all` bit patterns of the type: the default of 16-bit types.
        cotangent: what is put in at the output: `ones`, `random`, `subnormal`, `largest`, `zero`
            or an array. Of a layer `ones` leaves the `v` of its inputs as it is.
        device: where torch computes, such as `cuda`.
        budget: the error allowed.
        strict: of a function of arrays, whether only what no first-order rounding explains is
            wrong: a proof, which sees less. Functions of points are judged as ever.
        parameters: keyword arguments of your own code, or values for the definition's parameters.

    Returns: the comparison, whatever it found.

    Raises: TypeError or ValueError, one sentence, if what was given cannot be compared;
        ModuleNotFoundError if torch is not installed.
    """
    chosen = _engine(engine, framework)
    case = _case(
        subject,
        *given,
        framework=framework,
        reference=reference,
        gradient=gradient,
        order=order,
        dtype=dtype,
        inputs=inputs,
        points=points,
        cotangent=cotangent,
        device=device,
        budget=budget,
        strict=strict,
        **parameters,
    )
    return case.answer(chosen)


def check(
    subject: str | Definition | Subject | Callable[..., Any],
    *given: Any,
    accept: Verdict | str = Verdict.FAILS_AT_INFINITY,
    **options: Any,
) -> Comparison:
    """Compare, and raise if a gradient fares worse than `accept`.

    By default a gradient has to hold at every finite input. `accept="agrees"` asks for the limits
    at ±∞ too, `accept="accurate"` for small values as well.

    Of your own code it asks what a careful person would, unless an engine is named. What was asked
    beside the gradient stands in the result's `also`, what was not in its `unasked`.

    Of a function of one variable:

    - the value, and the gradient in each mode of autograd;
    - 130,000 points, of which those are certified that look worst;
    - cotangents of every size, zeros and NaN among them;
    - tensors that are not contiguous, of every short length, of no dimension, of 140,000 elements
      on two threads, with NaNs among them;
    - a second call and a second pass, and whether inputs and earlier gradients are left alone;
    - forward mode, vmap and the second derivative, where the code has them.

    Of arrays:

    - the value, a second call, and whether inputs and earlier gradients are left alone;
    - each layout and each cotangent that a caller may bring: slices, reversed memory, of one input
      alone, expanded, ones, zeros, of every size;
    - one row, all but the last, very many on two threads, where rows are apart;
    - a NaN, one output alone, float32 beside float64, values without a gradient;
    - one input alone that requires a gradient, one tensor given for two;
    - of a backward written by hand forward mode, vmap and the second derivative;
    - of it, and of code beside a `reference=`, other arguments: larger and smaller ones, of one
      sign, equal in pairs, a row of zeros, an index twice or ignored, longer axes; if it works
      entry by entry, whatever is asked of a function of one variable, where its value is right
      within ±32.

    Of code that works entry by entry, on one tensor or several of a shape, the gradient is asked at
    some ten thousand other points too, those among them on the borders of its formula. A function
    of several variables that is judged by a formula is asked its values and random cotangents
    within ±32, and on tensors what is asked of arrays.

    Args: options, those of `compare`.

    Raises: GradientMismatch, saying where and by how much; ValueError for an unknown verdict; and
        what `compare` raises.
    """
    __tracebackhide__ = True
    beside: list[Unasked | Also] = []
    # closed also where one raises: what runs inside has the state of torch and numpy in its hands
    with closing(answers(subject, *given, beside=beside, **options)) as asked:
        found = accepted(next(asked), accept)
        for other in asked:
            if other.verdict is Verdict.INCONCLUSIVE:  # what was asked for is known all the same
                what = f"{other.subject}, {other.dtype}, {other.engine}"
                beside.append(Unasked(what, inconclusive(other)))
            else:
                accepted(other, accept)
    if not found.subject.of_user or options.get("engine") is not None:
        return found
    unasked = [one for one in beside if isinstance(one, Unasked)]
    also = tuple(one.what for one in beside if isinstance(one, Also))
    left = left_out(unasked, found.dtype, asked_too(found.subject, found.dtype))
    return replace(found, unasked=(*found.unasked, *left), also=also)


def diagnose(
    subject: str | Definition | Subject | Callable[..., Any], *given: Any, **options: Any
) -> Diagnosis:
    """Say where the errors of a gradient come from, and of the value.

    The line of your code that loses the digits, with its share, and an equal formula that keeps
    them where torch has one; or, of a backward that is wrong, how what it gives is related to the
    truth. The same as `compare(…).diagnose()`.

    Args: those of `compare`.

    Raises: what `compare` raises.
    """
    return compare(subject, *given, **options).diagnose()


def answers(
    subject: str | Definition | Subject | Callable[..., Any],
    *given: Any,
    beside: list[Unasked | Also] | None = None,
    **options: Any,
) -> Generator[Comparison]:
    """The comparison asked for; then, unless an engine is named, what a careful person would ask.

    Args and Raises: those of `compare`; to `beside` is added what else was asked, and what
        could not be, and why.
    """
    engine, framework = options.pop("engine", None), options.get("framework", "torch")
    case = _case(subject, *given, **options)
    first = case.answer(_engine(engine or "reverse", framework))
    if engine is None and options.get("reference") is None and options.get("gradient") is None:
        require_its_own_slope(case, first)
    yield first
    if engine is None:
        elsewhere, other = options.get("inputs") is None, _beside_torch(framework)
        ways = None if other is None else [other.engine("value"), *other.engines]
        for answer in careful(case, elsewhere=elsewhere, engines=ways):
            if not isinstance(answer, Unasked | Also):
                yield answer
            elif beside is not None:
                beside.append(answer)


def compare_engines(
    subject: str | Definition | Subject | Callable[..., Any],
    *given: Any,
    engines: Iterable[str | Engine] | None = None,
    framework: str | Framework = "torch",
    points: Points | None = "structured",
    **options: Any,
) -> EngineTable:
    """Say how far the gradients of many engines are from the truth, and from each other.

    The truth is computed once. Those that cannot take the subject, or run here, are listed with
    the reason.

    Args: engines, names, by default all that torch has; options, those of `compare`.

    Raises: TypeError or ValueError, one sentence, if what was given cannot be compared, or no
        engine could be asked; ModuleNotFoundError if torch is not installed.
    """
    case = _case(subject, *given, framework=framework, points=points, **options)
    beside = _beside_torch(framework)
    if beside is not None:
        engines = beside.engines if engines is None else [_engine(e, beside) for e in engines]
    return ask(case, engines)


def _case(
    subject: Any,
    *given: Any,
    reference: Callable[..., Any] | None = None,
    gradient: Callable[..., Any] | None = None,
    order: int = 1,
    dtype: str | torch.dtype | FloatType | None = None,
    framework: str | Framework = "torch",
    inputs: Mapping[str, npt.ArrayLike] | None = None,
    points: Points | None = None,
    cotangent: str | npt.ArrayLike = "ones",
    device: str = "cpu",
    budget: Budget | None = None,
    strict: bool = False,
    **parameters: object,
) -> Case:
    """The case that is asked for, whatever the engine."""
    _require_torch()
    asked = Given(given, parameters, reference, gradient, order, inputs)
    kind = float_type(dtype or asked.usual_dtype)
    beside = _beside_torch(framework)
    with calling(getattr(subject, "__name__", type(subject).__name__)):
        if beside is None:
            judged, kind = chosen_in_a_type(subject, asked, kind, asked_for=dtype is not None)
        else:
            judged = subject_of_framework(subject, asked, kind, beside)
    if inputs is not None and judged.captured:
        inputs = judged.sampled_beside(inputs, kind)
    if strict and isinstance(budget, Budget | None):
        budget = replace(budget or Budget(), strict=True)
    return case_of(Asked(judged, kind, inputs, points, cotangent, device, budget))


def sweep(
    subject: str | Definition | Subject | Callable[..., Any],
    definition: Described | None = None,
    *,
    dtype: str | torch.dtype | FloatType = "float32",
    engine: str | Engine = "reverse",
    budget: Budget | None = None,
    accept: Verdict | str | None = None,
    executor: Executor | None = None,
    checkpoint: str | Path | None = None,
    **parameters: object,
) -> Sweep:
    """Compare a function with its definition at every value of float32, in minutes.

    Args:
        subject: a catalogue name of one variable (torch's own function is judged), or its
            `Definition`; or your own function of one tensor, entry by entry.
        definition: of your own function, in z: a name, text or SymPy; by default what its code
            computes (of an `autograd.Function` its forward), if that is one formula.
        dtype: float32, the one type that has 2³² values.
        engine: how torch differentiates, by name.
        budget: the error allowed.
        accept: raise if the gradient fares worse than this verdict; by default none is raised.
        executor: where the parts run; by default one process a core (a script then needs the usual
            `if __name__ == "__main__":` around the call). One that is given is not shut down.
            A lambda, or another function that no import finds, is swept in this process alone.
        checkpoint: a file by which a sweep that was stopped goes on where it was; it is of your
            function as its code and the numbers that it holds are.
        parameters: values for the definition's parameters.

    Returns: what was found, which reads as a `Comparison` does and holds no arrays.

    Raises: TypeError or ValueError, one sentence, if what was given cannot be swept, or the
        checkpoint is another sweep's; GradientMismatch, if `accept` is given;
        ModuleNotFoundError if torch is not installed.
    """
    from comparisons.sweeps.sweep import swept  # its kernels are compiled: seconds

    chosen = engine_named(engine)
    _require_torch()
    judged = subject_of(subject, definition, parameters)
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


def _beside_torch(framework: str | Framework) -> ArrayFramework | None:
    """The framework, if it is another than torch."""
    found = framework_named(framework)
    return found if isinstance(found, ArrayFramework) else None


def _engine(engine: str | Engine, framework: str | Framework) -> Engine:
    """The engine so called of the framework, or the one given."""
    beside = _beside_torch(framework)
    if beside is None or isinstance(engine, Engine):
        return engine_named(engine)
    return beside.engine(engine)


def _require_torch() -> None:
    if find_spec("torch") is None:
        raise ModuleNotFoundError(
            "comparisons runs torch, which is not installed; pip install torch (any build will do)"
        )
