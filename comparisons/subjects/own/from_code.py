"""Make a subject of a user's torch code: what it computes is captured while it runs.

The subject's output is L = Σ v ∘ y over all outputs y, with a cotangent v drawn for each. So every
engine can take it; the adjoint of an input is what autograd passes back for v; and the adjoint of
v is y itself: the values are judged beside the gradients.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import cache, partial
from typing import TYPE_CHECKING, Any

from comparisons.dtypes import Float64Array, FloatType, coarser, float_type
from comparisons.inputs.values import SEED, Inputs, seeded
from comparisons.subjects.functions import from_function
from comparisons.subjects.own.arguments import rounded_to, shapes_of_constants, tied_to_shape
from comparisons.subjects.own.bare import Bare
from comparisons.subjects.own.entrywise import entrywise
from comparisons.subjects.own.nearby import Nearby
from comparisons.subjects.own.of_gradient import of_gradient
from comparisons.subjects.own.read_off import read_off
from comparisons.subjects.own.weighted_sum import total
from comparisons.subjects.own.written_call import WrittenCall, written_call
from comparisons.subjects.subject import Reading, Subject
from symdiff.graph import Node

if TYPE_CHECKING:
    from torch import Tensor

    from comparisons.capture import Captured

Function = Callable[..., Any]


def from_code(
    function: Function,
    arguments: tuple[Any, ...],
    keywords: Mapping[str, Any],
    dtype: FloatType,
    *,
    reference: Function | None = None,
    gradient: Function | None = None,
    order: int = 1,
) -> Subject:
    """The subject of a function or module at example arguments, judged by its own derivative.

    Args:
        function: the code that is judged.
        arguments: what it is called with by position; the tensors say shapes, and where the
            gradients are judged, once rounded to `dtype`.
        keywords: what it is called with by name.
        dtype: the type that torch will compute in.
        reference: plain torch code that computes the same, whose derivative is taken instead.
        gradient: what ∂y/∂x should be, entry by entry, where it is not the derivative: a function
            of the same arguments that returns a tensor for each input.
        order: 2 to judge the gradient of the gradient.

    Raises: ValueError, in one sentence, if the code cannot be captured, or the reference is not
        of the same inputs and outputs; TypeError if `reference` and `gradient` are both given.
    """
    from comparisons.capture.capturing import captured_call
    from comparisons.capture.running.code import name_of

    if reference is not None and gradient is not None:
        raise TypeError("give reference= or gradient=, not both: each says what is right")
    again = partial(
        _again, function, arguments, keywords, reference=reference, gradient=gradient, order=order
    )
    arguments, named = rounded_to((arguments, dict(keywords)), dtype)
    held: set[str] = set()
    if gradient is not None:
        reference = _surrogate(function, gradient, held)
    judged_by = reference or function
    try:
        by_value = gradient is not None  # constants all of them
        captured = captured_call(judged_by, arguments, named, dtype=dtype, reads=not by_value)
    except TypeError as error:
        if reference is None or gradient is not None:
            raise
        raise TypeError(
            f"reference= is called with the arguments of {name_of(function)}, and does not take "
            f"them: {error}"
        ) from error
    except (RuntimeError, NotImplementedError) as error:
        if dtype.name == "float64":
            raise
        why = str(error).partition("\n")[0]
        raise TypeError(f"{name_of(judged_by)} does not run in {dtype}: {why}") from error
    if reference is not None:
        captured = _beside(captured, function, arguments, named)
    names = list(captured.inputs)
    call = written_call(function, names, arguments, named, copied=captured.writes)
    bare = written_call(function, names, arguments, named, as_given=True)
    if captured.draws:
        seed = f"torch.manual_seed({SEED})"
        call, bare = (replace(c, text=f"({seed}, {c.text})[1]") for c in (call, bare))

    def elsewhere(arguments: tuple[Any, ...], named: dict[str, Any]) -> Subject:
        by = reference if gradient is None else None
        return from_code(function, arguments, named, dtype, reference=by, gradient=gradient)

    weighted = replace(
        _weighted(
            captured,
            (call, bare),
            shapes_of_constants((arguments, named)),
            again,
            elsewhere,
            Nearby(judged_by, (arguments, named), dtype, captured.looked_up),
            by_other_code=reference is not None,
        ),
        reading=partial(_reading, judged_by, arguments, named),
        entrywise=partial(
            entrywise, captured, (function, judged_by), (arguments, named), dtype, elsewhere
        )
        if gradient is None
        else lambda: None,
        draws=captured.draws,
        inexact=captured.inexact,
        lossy=captured.lossy if reference is None else {},
        shared="matrix" if captured.solves else "neighbours" if captured.looked_up else None,
        computed=captured.computed,
        by_memory=captured.by_memory,
        surrogate=gradient is not None,
        tied=cache(partial(tied_to_shape, gradient, (arguments, named)))
        if gradient is not None
        else lambda _: "",
        held=_held(captured, dtype, judged=reference is None),
        reads=tuple(f"{r} ({r.place})" if r.place else str(r) for r in captured.reads),
    )
    weighted = replace(weighted, casts=frozenset(weighted.casts) | held)
    if gradient is None and len(arguments) == 1 and not named:
        weighted = replace(weighted, alone=partial(_of_one_number, function, judged_by))
    if held:  # by a surrogate, whose values are no part of the graph
        weighted = replace(weighted, held=None)
    if order == 1:
        return weighted
    if order == 2:
        return of_gradient(weighted)
    raise ValueError(f"order={order!r} is neither 1, for the gradient, nor 2, for its own gradient")


def _held(captured: Captured, dtype: FloatType, *, judged: bool) -> dict[Node, str]:
    """The type that each value is held in when the code runs in `dtype`.

    A backward that torch makes is computed as the value was. One that is written by hand, or whose
    forward is another function's, may well hold less than that: there `dtype` itself is enough.

    Args: judged, whether the code that was captured is the code that is judged.
    """
    found = dict.fromkeys(captured.doubles, dtype)
    trusted = judged and not captured.written
    for node, held in captured.types.items():
        kind = float_type(held)
        found[node] = kind if trusted else coarser(kind, dtype)
    return {node: kind.name for node, kind in found.items()}


def _again(
    function: Function, arguments: Any, keywords: Any, dtype: FloatType, **options: Any
) -> Subject:
    return from_code(function, arguments, keywords, dtype, **options)


def _outputs(
    captured: Captured, code: Callable[[Mapping[str, Tensor]], Any]
) -> Callable[[Mapping[str, Tensor]], dict[str, Tensor]]:
    """The code's outputs by name, of inputs of any shape."""

    def outputs(leaves: Mapping[str, Tensor]) -> dict[str, Tensor]:
        from comparisons.capture.captured import real_outputs

        found = real_outputs(code(leaves))
        return dict(zip(captured.outputs, (t for _, t in found), strict=True))

    return outputs


def _of_one_number(function: Function, judged_by: Function) -> Subject:
    """The function of each entry of its tensor that the code computes.

    Raises: ValueError, one sentence, if it is none; whatever the code raises.
    """
    return from_function(function, read_off(judged_by))


def _reading(function: Function, arguments: tuple[Any, ...], named: dict[str, Any]) -> Reading:
    """The code that is the definition, captured again with its local variables as lines."""
    from comparisons.capture.closed_form import closed_form

    captured = closed_form(function, *arguments, **named).captured
    return Reading(captured.graph, captured.source_lines)


def _surrogate(function: Function, gradient: Function, held: set[str]) -> Function:
    """A function of the same values whose derivative is the gradient that is given.

    Args: held, to which is added the type of the values, if they are held in less than float64:
        what autograd passes back is rounded to it.
    """
    import torch

    from comparisons.capture.running.code import name_of, signature_of
    from comparisons.capture.running.known_by_value import known_by_value

    def surrogate(*arguments: Any, **keywords: Any) -> Any:
        value = known_by_value(function, *arguments, **keywords)
        if value.dtype in (torch.float32, torch.bfloat16, torch.float16):
            held.add(str(value.dtype).removeprefix("torch."))
        slopes = gradient(*arguments, **keywords)
        slopes = slopes if isinstance(slopes, tuple | list) else (slopes,)
        inputs = [a for a in arguments if isinstance(a, torch.Tensor) and a.is_floating_point()]
        if len(slopes) != len(inputs):
            raise ValueError(
                f"gradient= returned {len(slopes)} tensor(s) for {len(inputs)} inputs; "
                "return one for each"
            )
        moved = sum(s.detach() * (x - x.detach()) for s, x in zip(slopes, inputs, strict=True))
        return value.detach() + moved

    surrogate.__name__ = name_of(function)
    with suppress(ValueError):  # a builtin, whose arguments have no names
        surrogate.__signature__ = signature_of(function)  # type: ignore[attr-defined]  # inspect reads it
    return surrogate


def _beside(
    described: Captured, function: Function, arguments: tuple[Any, ...], keywords: dict[str, Any]
) -> Captured:
    """The graph of the reference beside the code of the function, their inputs in order."""
    from comparisons.capture.captured import real_outputs
    from comparisons.capture.running.code import Code, code_of

    code = code_of(function, arguments, keywords)
    theirs = list(code.inputs) if set(code.inputs) != set(described.inputs) else described.inputs
    if len(theirs) != len(described.inputs):
        raise ValueError(
            f"{code.name} has the inputs {', '.join(code.inputs)} and the reference "
            f"{', '.join(described.inputs)}; both need the same, parameters of modules included"
        )
    names = dict(zip(described.inputs, theirs, strict=True))

    def call(values: Mapping[str, Tensor]) -> Any:
        found = code.on_the_very({names[name]: value for name, value in values.items()})
        shapes = [tuple(t.shape) for _, t in real_outputs(found)]
        expected = [described.shapes[name] for name in described.outputs]
        given = all(tuple(v.shape) == described.shapes[name] for name, v in values.items())
        if shapes != expected and given:  # of another number of rows other shapes come
            raise ValueError(
                f"{code.name} returned tensors of the shapes {shapes} and the reference "
                f"{expected}; both have to return the same"
            )
        return found

    own = Code(code.name, {n: code.inputs[names[n]] for n in described.inputs}, call)
    return replace(described, name=code.name, code=own)


def _weighted(
    captured: Captured,
    texts: tuple[WrittenCall, WrittenCall],
    constants: Sequence[tuple[int, ...]],
    again: Callable[[FloatType], Subject],
    at_others: Callable[[tuple[Any, ...], dict[str, Any]], Subject],
    nearby: Nearby,
    *,
    by_other_code: bool,
) -> Subject:
    """L = Σ v ∘ y.

    Args: texts, of the call, and of one with the very tensors that are given; the others, as `Bare`
        has them.
    """
    whole, weights = total(captured.graph)
    (call, _), outputs = texts, [_outputs_text(t, len(weights)) for t in texts]

    def forward(**leaves: Tensor) -> Tensor:
        found = captured.call(**{n: leaves[n] for n in captured.inputs})
        parts = [
            (leaves[weights[y]] * t.reshape(leaves[weights[y]].shape)).sum()
            for y, t in found.items()
        ]
        return sum(parts[1:], parts[0])

    def sample(dtype: FloatType) -> Inputs:
        draw = seeded()
        drawn: dict[str, Float64Array] = {}
        for y, name in weights.items():
            shape = [n for n in captured.shapes[y] if n != 1]
            drawn[name] = dtype.round(draw.normal(size=shape))
        return {**captured.arrays, **drawn}

    return Subject(
        call.origin.name,
        whole,
        forward,
        _code(call, [(name, captured.shapes[y]) for y, name in weights.items()]),
        sample=sample,
        of_user=True,
        captured=True,
        casts=frozenset(str(t).removeprefix("torch.") for t in captured.types.values()),
        bare=Bare(
            _outputs(captured, captured.code),
            captured.shapes,
            weights,
            _outputs(captured, captured.code.on_the_very),
            constants,
            bool(captured.fixed),
            captured.written,
            again,
            at_others,
            nearby,
            text=outputs[0],
            text_on_the_very=outputs[1],
            stores=captured.stores,
            ones=captured.ones,
            by_other_code=by_other_code,
        ),
        origin=call.origin,
        flat=captured.locally_constant,
        places=captured.places,
        shapes={
            **{name: captured.shapes[name] for name in captured.inputs},
            **{name: captured.shapes[y] for y, name in weights.items()},
        },
        labels={
            **{name: f"{name.rstrip('_')}.grad" for name in captured.inputs},
            **{name: f"{y} (the value)" for y, name in weights.items()},
        },
    )


def _code(call: WrittenCall, weights: Sequence[tuple[str, tuple[int, ...]]]) -> str:
    """The output as a user would write it: a weight has no axes of length 1."""
    shaped = [f"{v}.reshape({shape})" if 1 in shape else v for v, shape in weights]
    if len(shaped) == 1:
        return f"({shaped[0]} * {call.text}).sum()"
    real = _outputs_text(call, len(shaped))
    return f"sum((v * y).sum() for v, y in zip(({', '.join(shaped)}), {real}))"


def _outputs_text(call: WrittenCall, count: int) -> str:
    """A list of the outputs, of which there are so many."""
    if count == 1:
        return f"[{call.text}]"
    leaves = f"torch.utils._pytree.tree_leaves({call.text})"
    return f"[y for y in {leaves} if y.is_floating_point()]"
