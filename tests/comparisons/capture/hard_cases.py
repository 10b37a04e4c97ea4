"""Functions that other ways of capturing torch code lose or get wrong."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class Swish(torch.autograd.Function):
    """x σ(x) with its own backward."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        ctx.save_for_backward(x)
        return x * torch.sigmoid(x)

    @staticmethod
    def backward(ctx: Any, g: Tensor) -> Tensor:
        (x,) = ctx.saved_tensors
        s = torch.sigmoid(x)
        return g * (s * (1 + x * (1 - s)))


class SwishByContext(torch.autograd.Function):
    """The same in the style that functorch takes."""

    @staticmethod
    def forward(x: Tensor) -> Tensor:
        return x * torch.sigmoid(x)

    @staticmethod
    def setup_context(ctx: Any, inputs: Any, output: Any) -> None:  # noqa: ARG004
        ctx.save_for_backward(inputs[0])

    @staticmethod
    def backward(ctx: Any, g: Tensor) -> Tensor:
        (x,) = ctx.saved_tensors
        s = torch.sigmoid(x)
        return g * (s * (1 + x * (1 - s)))


class CrossEntropyInPlace(torch.autograd.Function):
    """The gradient computed in the forward, in place, as Liger's cross entropy does."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, t: Tensor) -> Tensor:
        rows = torch.arange(len(t))
        p = torch.softmax(x, 1)
        loss = -torch.log(p[rows, t]).mean()
        p[rows, t] -= 1
        p /= len(t)
        ctx.save_for_backward(p)
        return loss

    @staticmethod
    def backward(ctx: Any, g: Tensor) -> tuple[Tensor, None]:
        (p,) = ctx.saved_tensors
        return g * p, None


class NumpyInside(torch.autograd.Function):
    """A forward that leaves torch: nothing of it can be recorded."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        ctx.save_for_backward(x)
        return torch.from_numpy(x.detach().numpy() ** 2)

    @staticmethod
    def backward(ctx: Any, g: Tensor) -> Tensor:
        (x,) = ctx.saved_tensors
        return 2 * x * g


def in_place_on_views(x: Tensor) -> Tensor:
    y = x * 2
    y[0] += 1
    y[:, 1].mul_(3)
    y.relu_()
    return y


def branch(x: Tensor) -> Tensor:
    return x.exp() if x.sum() > 0 else x.sin()


def loop(x: Tensor) -> Tensor:
    n = 0
    while x.norm() < 10 and n < 9:
        x = x * 1.5
        n += 1
    return x


def item(x: Tensor) -> Tensor:
    return x * float(x.detach().abs().max())


def mask(x: Tensor) -> Tensor:
    return torch.where(x > 0, x.exp(), x) * (x < 1)


def boolean_index(x: Tensor) -> Tensor:
    return x[x > 0].square()


def index(x: Tensor) -> Tensor:
    return x[torch.tensor([0, 2, 0])] + x[1:, None, 2].sum()


def casts(x: Tensor) -> Tensor:
    return F.softmax(x.to(torch.bfloat16).float(), 1).to(torch.bfloat16)


def tensor_constants(x: Tensor) -> Tensor:
    return x * torch.tensor([1.0, 2.0, 3.0], dtype=torch.float64) + torch.arange(3)


def dropout(x: Tensor) -> Tensor:
    return F.dropout(x, 0.5, training=True)


def noise(x: Tensor) -> Tensor:
    return x + torch.randn_like(x) * x


def detached(x: Tensor) -> Tensor:
    return x * x.detach()


def without_grad(x: Tensor) -> Tensor:
    with torch.no_grad():
        y = x.exp()
    return x * y


def straight_through(x: Tensor) -> Tensor:
    return x + (x.round() - x).detach()


def einsum(x: Tensor, w: Tensor) -> Tensor:
    return torch.einsum("nd,de->ne", x, w)


def attention(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    return F.scaled_dot_product_attention(q, k, v, is_causal=True)


def embedded_cross_entropy(E: Tensor, W: Tensor, t: Tensor) -> Tensor:
    return F.cross_entropy(F.embedding(t, E) @ W, t)


def numpy_inside(x: Tensor) -> Tensor:
    return torch.from_numpy(x.detach().numpy() ** 2) * x


def containers(d: dict[str, Any]) -> Tensor:
    return d["a"] * d["b"][0]


def checkpointed(x: Tensor) -> Tensor:
    from torch.utils.checkpoint import checkpoint

    found: Tensor = checkpoint(lambda z: z.sin().exp(), x, use_reentrant=False)
    return found


def vmapped(x: Tensor) -> Tensor:
    return torch.vmap(lambda row: row.softmax(0) * row.sum())(x)


def gradient_penalty(x: Tensor) -> Tensor:
    y = (x**3).sum()
    (g,) = torch.autograd.grad(y, x, create_graph=True)
    return (g**2).sum()


def singular_values(x: Tensor) -> Tensor:
    return torch.linalg.svdvals(x)


class Normed(nn.Module):
    """A linear layer and a batch norm."""

    def __init__(self) -> None:
        super().__init__()
        self.l, self.bn = nn.Linear(3, 3), nn.BatchNorm1d(3)

    def forward(self, x: Tensor) -> Tensor:
        return self.bn(self.l(x))


class Recurrent(nn.Module):
    """An LSTM over time."""

    def __init__(self) -> None:
        super().__init__()
        self.l = nn.LSTM(3, 4)

    def forward(self, x: Tensor) -> Tensor:
        return self.l(x)[0]


class Convolutional(nn.Module):
    """Convolution, norm, pooling."""

    def __init__(self) -> None:
        super().__init__()
        self.c, self.b = nn.Conv2d(2, 3, 3, padding=1), nn.BatchNorm2d(3)

    def forward(self, x: Tensor) -> Tensor:
        return F.max_pool2d(F.relu(self.b(self.c(x))), 2).flatten(1)


def drawn(*shape: int) -> Tensor:
    return torch.randn(*shape, dtype=torch.float64)


def encoder() -> nn.Module:
    return nn.TransformerEncoderLayer(8, 2, 16, 0.0, "gelu", batch_first=True)


def hard_cases() -> dict[str, tuple[Any, tuple[Any, ...]]]:
    """Every case with arguments, drawn from one seed."""
    torch.manual_seed(0)
    x = drawn(4, 3)
    return {
        "autograd.Function": (Swish.apply, (x,)),
        "Function with setup_context": (SwishByContext.apply, (x,)),
        "Function with the gradient in the forward": (
            CrossEntropyInPlace.apply,
            (x, torch.tensor([0, 2, 1, 1])),
        ),
        "in place on views": (in_place_on_views, (x,)),
        "if on values": (branch, (x,)),
        "while on values": (loop, (x,)),
        "item()": (item, (x,)),
        "where and mask": (mask, (x,)),
        "x[x > 0]": (boolean_index, (x,)),
        "index by tensor and slice": (index, (x,)),
        "casts": (casts, (x,)),
        "tensor constants": (tensor_constants, (x,)),
        "dropout": (dropout, (x,)),
        "randn_like": (noise, (x,)),
        "detach()": (detached, (x,)),
        "no_grad()": (without_grad, (x,)),
        "straight through by detach()": (straight_through, (x,)),
        "einsum": (einsum, (x, drawn(3, 2))),
        "scaled_dot_product_attention": (
            attention,
            (drawn(1, 2, 4, 3), drawn(1, 2, 4, 3), drawn(1, 2, 4, 3)),
        ),
        "embedding and cross entropy": (
            embedded_cross_entropy,
            (drawn(5, 3), drawn(3, 5), torch.tensor([0, 2, 4, 1])),
        ),
        "numpy inside": (numpy_inside, (x,)),
        "dict and list": (containers, ({"a": drawn(3), "b": [drawn(3)]},)),
        "checkpoint": (checkpointed, (x,)),
        "vmap inside": (vmapped, (x,)),
        "grad inside": (gradient_penalty, (x,)),
        "svdvals": (singular_values, (x,)),
        "BatchNorm in training": (Normed(), (x,)),
        "BatchNorm in evaluation": (Normed().eval(), (x,)),
        "LSTM": (Recurrent(), (drawn(5, 2, 3),)),
        "convolution, norm, pool": (Convolutional(), (drawn(2, 2, 6, 6),)),
        "TransformerEncoderLayer": (encoder(), (drawn(2, 4, 8),)),
        "TransformerEncoderLayer, fast path": (encoder().eval(), (drawn(2, 4, 8),)),
    }
