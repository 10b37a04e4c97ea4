"""Make subjects of torch.nn modules: their catalogue entry, and their parameters' adjoints."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from sympy import Rational

import symdiff
from comparisons.dtypes import FloatType
from comparisons.inputs.values import COTANGENT, Inputs, seeded
from comparisons.subjects.subject import Subject
from symdiff import Definition, Graph
from symdiff.application import apply

if TYPE_CHECKING:
    from torch import Tensor

_POINTS = 96  # a channel; the sum over them is certified in ball arithmetic

# class in torch.nn → catalogue entry, and its attribute for each parameter of the entry
_MODULES: Mapping[str, tuple[str, Mapping[str, str]]] = MappingProxyType(
    {
        "Identity": ("identity", {}),
        "ReLU": ("relu", {}),
        "ReLU6": ("relu6", {}),
        "LeakyReLU": ("leaky_relu", {"negative_slope": "negative_slope"}),
        "RReLU": ("rrelu", {"lower": "lower", "upper": "upper"}),
        "ELU": ("elu", {"alpha": "alpha"}),
        "SELU": ("selu", {}),
        "CELU": ("celu", {"alpha": "alpha"}),
        "SiLU": ("silu", {}),
        "Mish": ("mish", {}),
        "Softplus": ("softplus", {"beta": "beta", "threshold": "threshold"}),
        "Softsign": ("softsign", {}),
        "Softshrink": ("softshrink", {"lambd": "lambd"}),
        "Hardshrink": ("hardshrink", {"lambd": "lambd"}),
        "Hardtanh": ("hardtanh", {"min_val": "min_val", "max_val": "max_val"}),
        "Hardsigmoid": ("hardsigmoid", {}),
        "Hardswish": ("hardswish", {}),
        "LogSigmoid": ("logsigmoid", {}),
        "Sigmoid": ("sigmoid", {}),
        "Tanh": ("tanh", {}),
        "Tanhshrink": ("tanhshrink", {}),
        "PReLU": ("prelu", {}),
        "Threshold": ("threshold", {"threshold": "threshold", "value": "value"}),
    }
)


def definition_of(module: Any) -> Definition | None:
    """The catalogue entry that a module without parameters computes, at the module's values.

    None if the module is of another class, or learns a parameter.
    """
    name = type(module).__name__
    if name == "GELU":
        tanh = module.approximate == "tanh"
        return symdiff.activation("gelu_tanh" if tanh else "gelu")
    if name not in _MODULES or type(module).__module__.partition(".")[0] != "torch":
        return None
    entry, attributes = _MODULES[name]
    values = {p: getattr(module, attribute) for p, attribute in attributes.items()}
    return symdiff.activation(entry, **values)


def with_parameters(module: Any, definition: Definition) -> Subject:
    """The subject of a module and its definition, its parameters among the inputs.

    A parameter of the module that bears the name of one of the definition's is an input of the
    graph: one number a channel, over all points of which its adjoint sums, w̄ = Σₙ z̄ ∂f/∂w.

    Raises: TypeError if the module learns a parameter that the definition does not have.
    """
    learned = {name: tuple(p.shape) for name, p in module.named_parameters()}
    unknown = [name for name in learned if name not in definition.parameters]
    if unknown or len(definition.variables) > 1:
        raise TypeError(
            f"{type(module).__name__} learns {unknown[0] if unknown else 'a parameter'}, which "
            f"{definition} does not have; its parameters are "
            f"{', '.join(definition.parameters) or 'none'}: write the formula with all of them"
        )
    channels = max((shape[0] for shape in learned.values() if shape), default=1)
    (variable,) = definition.variables
    z = symdiff.array(variable, "n c")
    weights = [symdiff.array(name, "c" if shape else "") for name, shape in learned.items()]
    fixed = {k: v for k, v in definition.parameters.items() if k not in learned}
    promoted = replace(definition, variables=(variable, *learned), parameters=fixed).settled()
    y = apply(promoted, z, *weights)
    graph = Graph(str(definition), (z, *weights), {"y": y}, promoted.parameters)

    def forward(**tensors: Tensor) -> Tensor:
        from torch.func import functional_call

        given = {name: tensors[name] for name in learned}
        result: Tensor = functional_call(module, given, (tensors[variable],))
        return result

    def sample(dtype: FloatType) -> Inputs:
        draw = seeded()
        values = {
            name: dtype.round(parameter.detach().double().cpu().numpy())
            for name, parameter in module.named_parameters()
        }
        shape = (_POINTS, channels)
        values[variable] = dtype.round(draw.normal(scale=2.0, size=shape))
        values[COTANGENT] = dtype.round(draw.normal(size=shape))
        return values

    name = type(module).__name__
    code = f"torch.nn.{module!r}.to({variable}.dtype)({variable})"
    label = name if name.lower() == definition.name else f"{name} as {definition}"
    alone = _alone(module, definition, label, code)
    return Subject(label, graph, forward, code, sample=sample, alone=alone)


def _alone(module: Any, definition: Definition, label: str, code: str) -> Callable[[], Subject]:
    """The module as a function of its input, which can be judged at every point.

    Of several channels each has the first one's parameters, and the points go round them.
    """
    learned = {name: p.detach().double() for name, p in module.named_parameters()}
    channels = max((p.numel() for p in learned.values()), default=1)
    # exact in every type that it is computed in, if it is rounded to the shortest
    values = {k: Rational(float(p.bfloat16().flatten()[0])) for k, p in learned.items()}
    fixed = definition.with_parameters(**values)

    def forward(z: Tensor) -> Tensor:
        import torch
        from torch.func import functional_call

        given = {k: z.new_full(learned[k].shape, float(v)) for k, v in values.items()}
        if channels == 1:
            result: Tensor = functional_call(module, given, (z,))
            return result
        flat = z.reshape(-1)
        filled = torch.cat([flat, flat[-1:].expand(-flat.numel() % channels)])
        result = functional_call(module, given, (filled.reshape(-1, channels),))
        return result.reshape(-1)[: flat.numel()].reshape(z.shape)

    torch_own = type(module).__module__.partition(".")[0] == "torch"
    return lambda: Subject(
        label, symdiff.pointwise(fixed), forward, code, definition=fixed, of_user=not torch_own
    )
