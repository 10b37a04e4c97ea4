"""Turn a function or a module of torch into a graph that symdiff can differentiate."""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Callable, Container, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import replace
from enum import Enum
from typing import Any, NamedTuple, cast

import numpy as np
import torch
from torch import Tensor

from comparisons.capture.arrays.axes import axes_of, over
from comparisons.capture.arrays.storage import array_of, unreadable
from comparisons.capture.calls.decisions import decided_by_rounding
from comparisons.capture.calls.operators import IMPLIED_ONES, SOLVES, STORES
from comparisons.capture.calls.positions import Positions
from comparisons.capture.captured import Captured, functions_in, real_outputs, squeezed
from comparisons.capture.letters import lettered
from comparisons.capture.plain import Plain, plainly
from comparisons.capture.reads import Read, reads_that_matter
from comparisons.capture.recorder import Recorder
from comparisons.capture.refusal import Refused, refused
from comparisons.capture.running.code import code_of, unique
from comparisons.capture.running.functions import functions_given, numbers_leaving
from comparisons.capture.running.local_names import local_names
from comparisons.capture.running.rounded import rounded
from comparisons.dtypes import FLOAT_TYPES, Float64Array, FloatType
from comparisons.inputs.values import COTANGENT
from symdiff.bridge.evaluator import Evaluator
from symdiff.graph import Input, Node, topological
from symdiff.graph.signature import Signature

TOLERANCE = 1e-9  # relative to the largest entry, of the graph's values against torch's
_KEPT = (
    "keep them tensors, as x.sum() for float(x.sum()), or give reference= the same function in "
    "plain torch, or gradient="
)
_ROUNDINGS = 64  # of the coarsest type on the way, if that is less than float64


class _Record(NamedTuple):
    """One run of the code that was recorded: at which tensors, and what it returned."""

    recorder: Recorder
    values: dict[str, Tensor]
    inputs: dict[str, Input]
    variables: dict[str, Tensor]
    found: Any


class Lines(Enum):
    """Says which values of a captured function become named lines of its graph."""

    OUTPUTS = "outputs"
    LOCALS = "outputs and the function's local variables"
    SHARED = "those and what is used more than once"


def capture(function: Callable[..., Any], *args: Any, **kwargs: Any) -> Captured:
    """Capture as a graph what a function or a module of torch computes at these arguments.

    The code runs in float64, on copies. Inputs are the floating-point tensors among the
    arguments (those that require grad, if some do), also in lists and dicts, and a module's
    parameters. Everything else is constant: integers, flags, what was drawn at random, and which
    branches were taken.

    Raises: Refused, in one sentence, where the derivative cannot be derived; whatever the code
        itself raises.
    """
    return captured_call(function, args, kwargs)


def captured_call(
    function: Callable[..., Any],
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    *,
    lines: Lines = Lines.OUTPUTS,
    dtype: FloatType = FLOAT_TYPES["float64"],
    beside: float = 0.0,
    seed: int = 0,
    reads: bool = True,
) -> Captured:
    """Capture a call whose arguments are given as a tuple and a dict.

    Args: lines, which values are lines of the graph; dtype, the type that the code runs in, which
        inputs are rounded to, a module's parameters among them; beside, how far at most positions
        at which pixels are looked up are moved, and seed, of which numbers; reads, whether it
        matters which numbers were taken out of tensors.
    """
    reading = lines is not Lines.OUTPUTS
    code = code_of(function, args, kwargs, () if reading else (COTANGENT,))
    for name, tensor in code.inputs.items():
        what = unreadable(tensor)
        if what:
            raise Refused(f"{code.name} was given {what}, {name}; pass a dense one on the CPU")
    if not code.inputs:
        raise Refused(
            f"{code.name} was given no tensor of real floating-point numbers, so there is nothing "
            "to differentiate by; pass one"
        )

    def record(held: Container[int]) -> _Record:
        naming = cast(
            AbstractContextManager[dict[str, Tensor]],
            local_names(function) if reading else nullcontext({}),
        )
        values = {n: rounded(t, dtype).requires_grad_() for n, t in code.inputs.items()}
        recorder = Recorder(held, Positions(beside, seed))

        def leaving(tensors: list[Tensor], number: Callable[[], Any]) -> Any:
            by_user = torch._C._len_torch_dispatch_stack() > 0  # a rule runs with the mode popped
            recorder.takes_numbers |= by_user and any(map(recorder.touches, tensors))
            return number()

        inputs = {n: Input(axes_of(t.shape), (), n) for n, t in values.items()}
        for name, tensor in values.items():
            recorder.input(tensor, inputs[name])
        with (
            naming as variables,
            _operator_by_operator(),
            numbers_leaving(leaving),
            functions_given(recorder.given, recorder.inside_forward),
            recorder,
        ):
            found = code(values)
        return _Record(recorder, values, inputs, variables, found)

    recorded = record(())
    by_rounding = decided_by_rounding(
        recorded.recorder.decisions, {n: squeezed(array_of(t)) for n, t in recorded.values.items()}
    )
    if by_rounding:
        recorded = record(by_rounding)
    recorder, values, inputs, variables, found = recorded
    outputs = _named(code.name, found, set(inputs))
    ends = {n: over(recorder.value(t), axes_of(t.shape)) for n, t in outputs.items()}
    steps = {n: recorder.value(t) for n, t in variables.items() if recorder.touches(t)}
    on_the_way = _on_the_way(steps, ends, set(inputs), shared=lines is Lines.SHARED)
    graph, renewed = lettered(code.name, inputs, on_the_way, ends)
    types = {renewed[n]: t for n, t in recorder.origins.types.items() if n in renewed}
    captured = Captured(
        code.name,
        graph,
        {n: array_of(t) for n, t in values.items()},
        {n: tuple(t.shape) for n, t in (*values.items(), *outputs.items())},
        tuple(recorder.fixed),
        {renewed[n]: p for n, p in recorder.origins.places.items() if n in renewed},
        {n: t for n, t in types.items() if t != torch.float64},
        {renewed[n]: o for n, o in recorder.origins.operations.items() if n in renewed},
        code,
        draws=recorder.draws,
        strides=any(name.startswith("as_strided") for name in recorder.operators),
        solves=tuple(n for name in recorder.operators if (n := name.strip("_")) in SOLVES),
        looked_up=recorder.positions.count,
        stores=any(name.strip("_") in STORES for name in recorder.operators),
        writes=recorder.writes,
        doubles=frozenset(n for n, t in types.items() if t == torch.float64),
        ones=IMPLIED_ONES in recorder.operators,
        written=any(True for _ in functions_in(outputs.values())),
        computed={renewed[n]: r for n, r in recorder.computed.items() if n in renewed},
    )
    _check(captured, {n: array_of(t) for n, t in outputs.items()})
    if recorder.takes_numbers and reads:
        captured = replace(captured, reads=_reads(captured, dtype))
    return captured


@contextmanager
def _operator_by_operator() -> Iterator[None]:
    """Nothing is fused: neither by mkldnn nor by torch.compile.

    mkldnn's kernel of a whole RNN has no rule; torch's own are made of operators that have.
    torch.backends.mkldnn.flags would set more, and warns where there is no GPU of Intel.
    """
    before = torch._C._get_mkldnn_enabled()
    torch._C._set_mkldnn_enabled(False)  # noqa: FBT003 - torch's function
    try:
        # where the compiler was not imported nothing was compiled
        compiled = "torch._dynamo" in sys.modules
        with torch.compiler.set_stance("force_eager") if compiled else nullcontext():
            yield
    finally:
        torch._C._set_mkldnn_enabled(before)


def _named(name: str, found: Any, taken: set[str]) -> dict[str, Tensor]:
    """The outputs by name. Raises: Refused if there is none, or one is no array of real numbers."""
    outputs = real_outputs(found)
    if not outputs:
        raise Refused(
            f"{name} returned {type(found).__name__} without a floating-point tensor; return "
            "the tensors to be differentiated"
        )
    for _, tensor in outputs:
        what = "a complex tensor" if tensor.is_complex() else unreadable(tensor)
        if what:
            raise Refused(f"{name} returned {what}; return dense tensors of real numbers")
    names = _output_names([where for where, _ in outputs], taken)
    return dict(zip(names, (tensor for _, tensor in outputs), strict=True))


def _on_the_way(
    variables: Mapping[str, Node], ends: Mapping[str, Node], taken: set[str], *, shared: bool
) -> dict[str, Node]:
    """The variables that the outputs are computed from, in the order of the computation.

    Args: shared, whether what is used more than once gets a name too: t1, t2, ….
    """
    order = topological(ends.values(), computed=True)
    computed = [n for n in order if n.operands and n not in ends.values()]
    names = {node: name for name, node in variables.items() if node in computed}
    if shared:
        uses = Counter(o for node in order for o in node.operands)
        often = [n for n in computed if uses[n] > 1 and n not in names]
        names |= {node: f"t{i}" for i, node in enumerate(often, 1)}
    named = [node for node in computed if node in names]
    free = unique(
        [names[n] for n in named], {*taken, *ends, COTANGENT, *(f"{COTANGENT}_{y}" for y in ends)}
    )
    return dict(zip(free, named, strict=True))


def _output_names(places: list[str], taken: set[str]) -> list[str]:
    """y for a single output; else y1, y2, … or the keys of a dict."""
    if len(places) == 1:
        wanted = ["y"]
    else:
        keys = [re.sub(r"\W+", "_", place).strip("_") for place in places]
        wanted = [k if k.isidentifier() else f"y{i}" for i, k in enumerate(keys, 1)]
    return unique(wanted, taken)


def forward(captured: Captured) -> Evaluator:
    """Compute the graph's own outputs from its inputs, in float64."""
    graph = captured.graph
    inputs = {i.name: i.axes for i in graph.inputs}
    signature = Signature(graph.name, inputs, graph.parameters, lengths=graph.lengths)
    return Evaluator(signature, {name: graph.nodes[name] for name in captured.outputs})


def _reads(captured: Captured, dtype: FloatType) -> tuple[Read, ...]:
    """The numbers taken out of tensors that the outputs depend on.

    Raises: Refused if a backward that is written by hand may go through one.
    """

    def outputs_of(found: Any) -> list[Tensor]:
        return [tensor for _, tensor in real_outputs(found)]

    found = reads_that_matter(captured.code, captured.inputs, dtype, outputs_of)
    for read in found:
        if read.by_hand:
            what = f"what is computed of numbers that leave torch in `{read}`"
            raise refused(what, "" if read.place is None else str(read.place), _KEPT)
    return tuple(found)


def _check(captured: Captured, expected: Mapping[str, Float64Array]) -> None:
    """Refuses a graph whose values are not those of the code. Raises: Refused."""
    found = forward(captured)(**captured.arrays)
    coarsest = max((torch.finfo(t).eps for t in captured.types.values()), default=0.0)
    allowed = max(TOLERANCE, _ROUNDINGS * coarsest)
    plain: Plain | None = None
    for name, value in expected.items():
        mine, torchs = np.asarray(found[name]), squeezed(value)
        if coarsest:  # a narrow type overflows where float64 does not: the verdict says so
            torchs = np.where(np.isfinite(torchs), torchs, mine)
        finite = np.isfinite(torchs)
        scale = np.abs(torchs[finite]).max(initial=0.0)
        with np.errstate(invalid="ignore"):
            apart = np.abs(mine - torchs)[finite].max(initial=0.0)
        same = np.array_equal(np.isfinite(mine), finite)
        if same and apart <= allowed * max(scale, 1e-300):
            continue
        plain = plain or plainly(captured, coarsest)
        explained = plain.explains(name, torchs, allowed * max(scale, 1e-300))
        if not explained and not _overflows_on_the_way(captured, plain):
            off = f"with an error of {apart / max(scale, 1e-300):.1g}"
            if not same:
                off = "as numbers where the code has none, or the reverse"
            raise Refused(
                f"the graph captured from {captured.name} gives {name} {off}, so it is not what "
                "the code computes; give reference= the same function in plain torch, or a formula"
            )


def _overflows_on_the_way(captured: Captured, plain: Plain) -> bool:
    """Whether a square is beyond a narrow type, and the graph is what the code gives in float64.

    A norm of 10²⁰ overflows in float32, and a cosine by it is 0: that is for the judge to say.
    """
    ends = [float(torch.finfo(t).max) for t in captured.types.values()]
    if captured.draws or not ends or plain.largest**2 <= min(ends):
        return False
    given = {n: torch.from_numpy(np.array(v, dtype=float)) for n, v in captured.inputs.items()}
    try:
        found = captured.call(**given)
        wide = replace(captured, types={})
        _check(wide, {n: array_of(t) for n, t in found.items()})
    except Exception:  # noqa: BLE001 - code that is not made for float64 may raise anything
        return False
    return True
