"""The user's code with its arguments: which tensors are inputs, and how to run it at others."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Container, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils._pytree import (
    TreeSpec,
    keystr,
    tree_flatten_with_path,
    tree_map_only,
    tree_unflatten,
)

from comparisons.capture.running.checkpoints import recomputed_with
from comparisons.capture.running.operator import overload_of, signature_of_operator
from comparisons.capture.running.seeding import seeding
from comparisons.inputs.values import COTANGENT


@dataclass(frozen=True)
class Code:
    """A function or a module with example arguments.

    Args: inputs, the tensors that are inputs, by name; constants, the arguments that are none.
    """

    name: str
    inputs: Mapping[str, Tensor]
    _call: Callable[[Mapping[str, Tensor]], Any]

    def __call__(self, values: Mapping[str, Tensor]) -> Any:
        """Run the user's code at these inputs, drawing the same random numbers each time.

        Args: values, a tensor for each input, of any floating-point type. They are not changed:
            the code works on clones, through which gradients pass.
        """
        missing = [name for name in self.inputs if name not in values]
        if missing:
            raise TypeError(f"{self.name} needs {', '.join(missing)}; pass a tensor for each")
        own = {n: _laid_out(values[n], like) for n, like in self.inputs.items()}
        with torch.enable_grad():
            return self.on_the_very(own)

    def on_the_very(self, values: Mapping[str, Tensor]) -> Any:
        """Run the user's code on the tensors given, into which it may write.

        Gradients are recorded if they are around the call.
        """
        enabled = torch.is_grad_enabled()
        with seeding(), torch.set_grad_enabled(enabled):
            return self._call(dict(values))


def _laid_out(value: Tensor, like: Tensor) -> Tensor:
    """A copy of the value, strided in memory as it is, or else as the user's own tensor was.

    A backward may be right for contiguous tensors only.
    """
    model = like if value.is_contiguous() else value
    overlaps = any(s == 0 and n > 1 for n, s in zip(model.shape, model.stride(), strict=True))
    if model.is_contiguous() or overlaps or model.shape != value.shape:
        return value.clone()
    copy = torch.empty_strided(value.shape, model.stride(), dtype=value.dtype, device=value.device)
    return copy.copy_(value)


def code_of(
    function: Callable[..., Any],
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    reserved: Container[str] = (COTANGENT,),
) -> Code:
    """The code of a call; its inputs are the tensors that a gradient may be asked for.

    Those are, of the floating-point tensors among the arguments, the ones that require grad, or
    all if none does; and the parameters of a module.

    Args: reserved, names that no input may have.
    Raises: TypeError if it is no function or takes other arguments.
    """
    if not callable(function):
        raise TypeError(f"capture takes a function or a module, not {type(function).__name__}")
    names, leaves, structure = _named_leaves(function, args, kwargs)
    real = [i for i, a in enumerate(leaves) if isinstance(a, Tensor) and a.is_floating_point()]
    asked = [i for i in real if leaves[i].requires_grad] or real
    taken = unique([names[i] for i in asked], reserved)
    positions = dict(zip(taken, asked, strict=True))
    inputs = {name: leaves[i].detach() for name, i in positions.items()}

    def arguments(values: Mapping[str, Tensor]) -> tuple[tuple[Any, ...], dict[str, Any]]:
        kind = _common_type(values)
        filled = tree_map_only(Tensor, lambda t: _copy(t, kind), list(leaves))
        for name, i in positions.items():
            filled[i] = values[name]
        found: tuple[tuple[Any, ...], dict[str, Any]] = tree_unflatten(filled, structure)
        return found

    if isinstance(function, type) and issubclass(function, nn.Module | torch.autograd.Function):
        made = "(…)" if issubclass(function, nn.Module) else ".apply"
        raise TypeError(f"{function.__name__} is a class; pass {function.__name__}{made}")
    if isinstance(function, torch.jit.ScriptModule | nn.DataParallel):
        raise TypeError(
            f"torch cannot exchange the parameters of a {type(function).__name__}; pass the module "
            "that it was made of, or a function that calls it"
        )
    if isinstance(function, nn.Module):
        return _of_module(function, inputs, arguments, reserved)

    def call(values: Mapping[str, Tensor]) -> Any:
        positional, named = arguments(values)
        try:
            return function(*positional, **named)
        except RuntimeError as error:
            if "is not differentiable with respect to argument" not in str(error):
                raise
            raise TypeError(
                f"{name_of(function)}: {str(error).partition('.')[0]}; call requires_grad_() on "
                "the tensors whose gradients are asked for, and the others are constants"
            ) from error

    return Code(name_of(function), inputs, call)


def _of_module(
    module: nn.Module,
    inputs: Mapping[str, Tensor],
    arguments: Callable[[Mapping[str, Tensor]], tuple[tuple[Any, ...], dict[str, Any]]],
    reserved: Container[str],
) -> Code:
    """The code of a module, whose parameters are inputs and whose buffers stay as they are."""
    trained = {n: p for n, p in module.named_parameters() if p.requires_grad}
    frozen = {n: p.detach() for n, p in module.named_parameters() if not p.requires_grad}
    taken = unique([*inputs, *map(_identifier, trained)], reserved)
    dotted = dict(zip(taken[len(inputs) :], trained, strict=True))
    everything = {**inputs, **{name: trained[n].detach() for name, n in dotted.items()}}

    def call(values: Mapping[str, Tensor]) -> Any:
        kind = _common_type(values)
        state = {n: _copy(b, kind) for n, b in (*frozen.items(), *module.named_buffers())}
        state |= {n: _hooked(values[name], trained[n]) for name, n in dotted.items()}
        positional, named = arguments(values)
        with recomputed_with(module, state):
            return torch.func.functional_call(module, state, positional, named)

    return Code(type(module).__name__, everything, call)


def _hooked(value: Tensor, parameter: Tensor) -> Tensor:
    """The value in the parameter's place, with what the user has hooked to its gradient."""
    hooks = list((parameter._backward_hooks or {}).values())
    if not hooks or not value.requires_grad:
        return value
    own = value.view_as(value)  # a leaf keeps its hooks for all calls to come
    for hook in hooks:
        own.register_hook(hook)  # type: ignore[no-untyped-call]  # torch's is untyped
    return own


def _common_type(values: Mapping[str, Tensor]) -> torch.dtype | None:
    """The one type of all inputs, which constants and buffers have to be of too; else None."""
    types = {v.dtype for v in values.values()}
    return types.pop() if len(types) == 1 else None


def _copy(tensor: Tensor, kind: torch.dtype | None = None) -> Tensor:
    """A copy that may be written into; in another floating-point type, if it is of one."""
    copy = tensor.detach().clone()
    return copy.to(kind) if kind is not None and copy.is_floating_point() else copy


def name_of(function: Callable[..., Any]) -> str:
    """The function's name; of an `autograd.Function.apply` the class's, of an operator `my::op`."""
    owner = getattr(function, "__self__", None)
    if isinstance(owner, type) and issubclass(owner, torch.autograd.Function):
        return owner.__name__
    operator = overload_of(function)
    if operator is not None:
        return str(operator._schema.name)
    name = getattr(function, "__name__", type(function).__name__)
    return "function" if name == "<lambda>" else name


def _named_leaves(
    function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[list[str], list[Any], TreeSpec]:
    """Every leaf of the arguments with a name that says where it is: `d["a"][0]` is d_a_0."""
    with_path, structure = tree_flatten_with_path((args, kwargs))
    positional = _parameter_names(function, len(args))
    names = []
    for path, _ in with_path:
        head: Any = path[0]
        first: Any = path[1]
        rest = path[2:]
        is_positional = head.idx == 0
        root = positional[first.idx] if is_positional else str(first.key)
        names.append(_identifier(root + keystr(tuple(rest))))
    return names, [leaf for _, leaf in with_path], structure


def _parameter_names(function: Callable[..., Any], count: int) -> list[str]:
    """The names of the first parameters, as the signature has them; else x, or x1, x2 and so on."""
    try:
        parameters = list(signature_of(function).parameters.values())
    except (TypeError, ValueError):  # a builtin
        parameters = []
    names: list[str] = []
    for parameter in parameters:
        if parameter.kind is parameter.VAR_POSITIONAL:
            names += [f"{parameter.name}_{i}" for i in range(count - len(names))]
        elif parameter.kind in (parameter.POSITIONAL_ONLY, parameter.POSITIONAL_OR_KEYWORD):
            names.append(parameter.name)
    if len(names) < count:
        rest = range(len(names), count)
        names += ["x"] if count == 1 else [f"x{i + 1}" for i in rest]
    return names


def by_name(
    function: Callable[..., Any], given: Mapping[str, Any]
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Split arguments given by name into those passed by position and by keyword.

    Arrays become tensors of their own type. By position goes what can: an `autograd.Function`
    takes nothing by keyword.

    Raises: ValueError if the function has no argument of a name, or one without a value.
    """
    values = {
        n: torch.from_numpy(v.copy()) if isinstance(v, np.ndarray) else v for n, v in given.items()
    }
    name = name_of(function)
    try:
        signature = signature_of(function)
    except (TypeError, ValueError):
        raise ValueError(
            f"{name} does not say what its arguments are called; give them by position"
        ) from None
    try:
        bound = signature.bind(**values)
    except TypeError as error:
        known = ", ".join(signature.parameters)
        raise ValueError(
            f"{name} takes {known}, and was given {', '.join(values)}: {error}"
        ) from None
    return bound.args, bound.kwargs


def signature_of(function: Callable[..., Any]) -> inspect.Signature:
    """The signature of a function, a module's forward, an `autograd.Function` or an operator.

    Raises: TypeError or ValueError of a builtin without one.
    """
    owner = getattr(function, "__self__", None)
    if isinstance(owner, type) and issubclass(owner, torch.autograd.Function):
        signature = inspect.signature(owner.forward)
        if owner.setup_context is torch.autograd.Function.setup_context:  # its first is ctx
            return signature.replace(parameters=list(signature.parameters.values())[1:])
        return signature
    operator = overload_of(function)
    if operator is not None:
        return signature_of_operator(operator)
    target = function.forward if isinstance(function, nn.Module) else function
    return inspect.signature(target)


def _identifier(text: str) -> str:
    """The text as a name: `layers.0.weight` is layers_0_weight."""
    name = re.sub(r"\W+", "_", text).strip("_")
    return name if name.isidentifier() else f"x_{name}".rstrip("_")


def unique(names: Iterable[str], reserved: Container[str] = ()) -> list[str]:
    """The names made distinct: repeated or reserved ones get an underscore behind."""
    found: list[str] = []
    for name in names:
        while name in found or name in reserved:
            name += "_"  # noqa: PLW2901 - until it is free
        found.append(name)
    return found
