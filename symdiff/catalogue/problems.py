"""Build the three problems of PyTorch's autograd tutorial as graphs.

Source: https://pytorch.org/tutorials/beginner/basics/autogradqs_tutorial.html (the layer and the
vector-Jacobian product); the neuron is the five lines that its backward pass stands on.
"""

from __future__ import annotations

from typing import Literal, get_args

from sympy import Expr

from symdiff.application import apply
from symdiff.catalogue.lookup import activation as activation_of
from symdiff.catalogue.lookup import loss as loss_of
from symdiff.definition import Definition
from symdiff.expression.formula import real_symbol
from symdiff.functions import unspecified
from symdiff.graph import Graph, array, einsum, elementwise, mean, scalars, stop

Cut = Literal["detach()", "no_grad()"]


def neuron(
    activation: str | Expr | Definition | None = None,
    loss: str | Expr | Definition = "half_squared",
    **parameters: object,
) -> Graph:
    """Build one neuron of scalars: z = wx + b, y = f(z), L = loss(y, t), by default ½(y − t)².

    Args:
        activation: a name, a formula in z, or None to leave f symbolic.
        loss: a name or a formula in y and t.
        parameters: values for the activation's parameters.

    Raises: what `symdiff.activation` and `symdiff.loss` raise.
    """
    w, x, b, t = scalars("w x b t")
    z = elementwise(lambda w, x, b: w * x + b, w, x, b)
    if activation is None:
        f = Definition("f", unspecified("f")(real_symbol("z")), source="left symbolic")
    else:
        f = activation_of(activation, **parameters)
    f, cost = f.settled(), loss_of(loss).settled()
    y = apply(f, z)
    lines = {"z": z, "y": y, "L": apply(cost, y, t)}
    return Graph(f"neuron({f})", (w, b, x, t), lines, {**f.parameters, **cost.parameters})


def linear_layer(*, batched: bool = False, cut: Cut | None = None) -> Graph:
    """Build a linear layer and its loss: z = xw + b, and L its mean binary cross-entropy.

    Shapes: x (n), w (n m), b (m), z and y (m), of symbolic lengths; batched, x (N n), y (N m).

    Args:
        batched: whether x and y have a leading axis N.
        cut: end the graph at z as a constant, by `z.detach()` or under `torch.no_grad()`.

    Raises: ValueError if `cut` is none of these.
    """
    if cut not in (None, *get_args(Cut)):
        raise ValueError(f"cut takes 'detach()', 'no_grad()' or None, not {cut!r}")
    batch = "N " if batched else ""
    x, w = array("x", f"{batch}n"), array("w", "n m")
    b, y = array("b", "m"), array("y", f"{batch}m")
    product = einsum(f"{batch}n, n m -> {batch}m", x, w)
    z = elementwise(lambda xw, b: xw + b, product, b)
    if cut:
        if cut == "no_grad()":
            return Graph("linear layer under no_grad()", (w, b, x), {"z": stop(z, cut)})
        return Graph("linear layer, detached", (w, b, x), {"z": z, "z_det": stop(z, cut)})
    cost = apply(loss_of("bce_with_logits"), z, y)
    name = "linear layer, batched" if batched else "linear layer"
    return Graph(name, (w, b, x, y), {"z": z, "L": mean(cost)})


def vector_jacobian_product() -> Graph:
    """Build out = (inp + 1)²ᵀ, whose adjoint takes a cotangent v.

    Shapes: inp (i j), out and v (j i).
    """
    inp = array("inp", "i j")
    squared = elementwise(lambda a: (a + 1) ** 2, inp)
    return Graph("vector-Jacobian product", (inp,), {"out": einsum("i j -> j i", squared)})
