"""Turn what a user gives (a name, a function, a module, tensors) into a subject."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import symdiff
from comparisons.dtypes import FloatType
from comparisons.subjects.catalogue.torch_calls import definition_of_torch
from comparisons.subjects.functions import from_catalogue, from_function
from comparisons.subjects.own.from_code import from_code
from comparisons.subjects.own.read_off import read_off
from comparisons.subjects.subject import Subject
from symdiff import Definition, Graph
from symdiff.suggestion import closest, same_name

if TYPE_CHECKING:
    from comparisons.subjects.catalogue.array_code import ArrayCode

Described = Any  # a name, text, a SymPy expression (untyped) or a Definition


@dataclass(frozen=True)
class Given:
    """The arguments that a user gives beside a subject: a definition, or what to call it with.

    Args: values, what follows the subject; keywords, parameters of a definition, or keyword
        arguments of a function; reference, gradient, order, inputs: as `compare` takes them.
    """

    values: tuple[Any, ...] = ()
    keywords: Mapping[str, Any] = field(default_factory=dict)
    reference: Callable[..., Any] | None = None
    gradient: Callable[..., Any] | None = None
    order: int = 1
    inputs: Mapping[str, Any] | None = None

    @property
    def is_call(self) -> bool:
        """Whether the subject is to be called with the arguments: a tensor is among them."""
        if not self.values and not self.keywords:
            return False
        from torch import Tensor
        from torch.utils._pytree import tree_leaves

        return any(isinstance(x, Tensor) for x in tree_leaves((self.values, dict(self.keywords))))

    @property
    def usual_dtype(self) -> str:
        """The type to judge in where none is asked for.

        A 16-bit type that all floating-point tensors of a call have; else float64: float32 is what
        torch makes where nothing is said.
        """
        if not self.values and not self.keywords and not self.inputs:
            return "float64"
        from torch import Tensor
        from torch.utils._pytree import tree_leaves

        leaves = tree_leaves((self.values, dict(self.keywords), dict(self.inputs or {})))
        types = {x.dtype for x in leaves if isinstance(x, Tensor) and x.is_floating_point()}
        (only,) = types if len(types) == 1 else (None,)
        return (
            str(only).removeprefix("torch.")
            if only is not None and only.itemsize == 2
            else "float64"
        )

    def called(self, function: Callable[..., Any]) -> Given:
        """The same request with `inputs` as the arguments of these names.

        Raises: ValueError if it has none of such a name.
        """
        from comparisons.capture.running.code import by_name

        arguments, keywords = by_name(function, {**(self.inputs or {}), **self.keywords})
        return replace(self, values=arguments, keywords=keywords, inputs=None)

    @property
    def definition(self) -> Described | None:
        """The definition, if one is given. Raises: TypeError if there are several."""
        if len(self.values) > 1:
            raise TypeError(
                f"a function takes one definition, or tensors to call it with; {len(self.values)} "
                "values without a tensor were given"
            )
        return self.values[0] if self.values else None


def chosen_in_a_type(
    subject: Any, given: Given, dtype: FloatType, *, asked_for: bool
) -> tuple[Subject, FloatType]:
    """The subject to judge and the type to judge it in: its tensors' own if `dtype` fails.

    Args: asked_for, whether the user asked for the type.
    Raises: TypeError or ValueError, one sentence, if it cannot be judged.
    """
    if given.inputs is not None and not given.values and _is_code(subject):
        given = given.called(subject)
    if not callable(subject) or not given.is_call:
        return _chosen(subject, given, dtype), dtype
    from comparisons.capture.narrowing import narrowed
    from comparisons.capture.running.code import name_of
    from comparisons.capture.running.own_type import in_its_own_type, types_of

    tensors = (given.values, dict(given.keywords))
    narrower = not asked_for and any(own.precision < dtype.precision for own in types_of(tensors))

    def in_type(kind: FloatType) -> Subject:
        if narrower and kind == dtype and (why := narrowed(subject, *tensors, dtype)):
            raise TypeError(why)
        return _chosen(subject, given, kind)

    found, kind, why = in_its_own_type(in_type, dtype, tensors)
    if not why:
        return found, kind
    if asked_for:
        raise TypeError(
            f"{name_of(subject)} runs in {kind}, the type of its tensors, and not in {dtype} "
            f"({why}); leave dtype= out, or write the code for any type"
        )
    return replace(found, no_double=f"{dtype} (the function runs in {kind} only: {why})"), kind


def _chosen(subject: Any, given: Given, dtype: FloatType) -> Subject:
    """The subject of what `compare` was asked to judge, in a type."""
    if callable(subject) and given.is_call:
        return from_code(
            subject,
            given.values,
            given.keywords,
            dtype,
            reference=given.reference,
            gradient=given.gradient,
            order=given.order,
        )
    if callable(subject) and not isinstance(subject, Subject):
        _require_tensors(subject, given)
    if given.reference is not None or given.gradient is not None or given.order != 1:
        raise TypeError(
            "reference=, gradient= and order= are for functions that are called with tensors, "
            "such as compare(function, torch.randn(4), reference=other)"
        )
    return subject_of(subject, given.definition, given.keywords)


def _require_tensors(function: Any, given: Given) -> None:
    """Check that a function is called with tensors.

    Raises: TypeError if a function is to be called with what is no tensor.
    """
    from comparisons.capture.running.code import name_of

    said = f"{name_of(function)} takes tensors, not"
    for value in given.values:
        if isinstance(value, int | float):
            raise TypeError(f"{said} the number {value}; pass torch.tensor({float(value)})")
        if isinstance(value, list | tuple):
            what = type(value).__name__
            raise TypeError(f"{said} a {what} of numbers; pass torch.tensor(…) of it")
    for value in (*given.values, *given.keywords.values()):
        if type(value).__module__ == "numpy":
            what = type(value).__name__
            raise TypeError(f"{said} numpy's {what}; pass torch.from_numpy(…) of it")


def subject_of(
    subject: Any, definition: Described | None, parameters: Mapping[str, object]
) -> Subject:
    """The subject of a name, a function with or without a definition, a module or a subject.

    Raises: TypeError or ValueError, one sentence, if it cannot be one.
    """
    if isinstance(subject, Subject):
        if definition is not None or parameters:
            raise TypeError(f"{subject} has its definition already; give nothing beside it")
        return subject
    if isinstance(subject, str | Definition):
        if definition is not None:
            raise TypeError(
                f"compare({str(subject)!r}, …) judges torch's own function; to judge one of yours, "
                "pass the function first and its definition second"
            )
        of_arrays = _of_arrays().get(subject) if isinstance(subject, str) else None
        if of_arrays is not None:
            return of_arrays.subject(**parameters)
        if isinstance(subject, str) and subject not in symdiff.activations:
            near = closest(subject, _of_arrays())
            if near is not None and closest(subject, symdiff.activations) is None:
                raise ValueError(f"unknown function {subject!r}; did you mean {near!r}?")
        return from_catalogue(_definition(subject, parameters))
    if isinstance(subject, Graph):
        raise TypeError(
            f"{subject.name} is a graph without torch code to judge; give a torch function, or "
            "comparisons.neuron and comparisons.linear_layer, which have it"
        )
    if not callable(subject):
        raise TypeError(
            f"compare takes a name, a torch function or a Subject, not {type(subject).__name__}"
        )
    described = None if definition is None else _definition(definition, parameters)
    if described is None and parameters and _is_code(subject):
        names = ", ".join(parameters)
        raise TypeError(
            f"{names} would be of a definition, and none is given; give it, as in "
            "compare(function, 'z*sigmoid(beta*z)', beta=2)"
        )
    if _is_module(subject):
        from comparisons.subjects.catalogue.modules import definition_of, with_parameters

        described = described or definition_of(subject)
        if described is not None:
            _require_agreement(subject, described)
        if described is not None and any(True for _ in subject.parameters()):
            return with_parameters(subject, described)
    return from_function(subject, described or _stated(subject))


def _stated(function: Callable[..., Any]) -> Definition:
    """The catalogue's definition of torch's own function, or what the code computes of an entry.

    Raises: ValueError if it computes more.
    """
    try:
        return definition_of_torch(function) or read_off(function)
    except ValueError as error:
        raise ValueError(
            f"{error}, or, if it is compared, tensors to call it with, as in compare(function, "
            "torch.randn(4))"
        ) from None


def _require_agreement(module: Any, definition: Definition) -> None:
    """Check that the numbers that the module holds are those of its definition.

    Raises: ValueError if a number that the module holds is another in its definition.
    """
    for name, value in definition.parameters.items():
        own = getattr(module, name, None)
        if isinstance(own, int | float) and float(own) != float(value):
            raise ValueError(
                f"{type(module).__name__} has {name} = {own!r} and its definition {name} = "
                f"{float(value)!r}; give both one value"
            )


def _is_code(subject: Any) -> bool:
    """Whether it is the user's own, with no definition known of it."""
    if not callable(subject) or isinstance(subject, Subject | Definition | Graph):
        return False
    if not _is_module(subject):
        return True
    from comparisons.subjects.catalogue.modules import definition_of

    return definition_of(subject) is None


def _is_module(subject: Any) -> bool:
    """Whether it is a torch.nn.Module; torch is not imported to find out."""
    return any(c.__module__.startswith("torch.nn.modules") for c in type(subject).__mro__)


def _of_arrays() -> dict[str, ArrayCode]:
    """The catalogue's layers and losses by name; a user's own code does not wait for them."""
    from comparisons.subjects.catalogue.layers import LAYERS
    from comparisons.subjects.catalogue.losses import LOSSES

    return {**LAYERS, **LOSSES}


def _definition(described: Described, parameters: Mapping[str, object]) -> Definition:
    """The definition that a loss's name gives; else a name, a formula in z, or a Definition."""
    if isinstance(described, str) and described in symdiff.losses:
        return symdiff.loss(described, **parameters)
    if isinstance(described, str) and same_name(described, _of_arrays()):
        raise ValueError(
            f"{described!r} is a function of arrays, not a definition in z; call yours with "
            "tensors beside plain torch code, as in compare(function, x, reference=torch_code)"
        )
    return symdiff.activation(described, **parameters)
