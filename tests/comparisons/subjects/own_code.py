"""Code as users have it in their files, some of it wrong: reproductions import it from here."""

import torch
import torch.nn.functional as F
from torch import nn


class Twice(torch.autograd.Function):
    """2 x s, with half the gradient in s."""

    @staticmethod
    def forward(ctx, x, s):
        """Scales."""
        ctx.save_for_backward(x, s)
        return 2 * x * s

    @staticmethod
    def backward(ctx, v):
        """Forgets the 2 for s."""
        x, s = ctx.saved_tensors
        return 2 * v * s, (v * x).sum_to_size(s.shape)


class Cube(torch.autograd.Function):
    """x³, wrong in the second derivative alone."""

    @staticmethod
    def forward(ctx, x):
        """Cubes."""
        ctx.save_for_backward(x)
        return x**3

    @staticmethod
    def backward(ctx, v):
        """Right, but the graph of the gradient has x² cut off."""
        (x,) = ctx.saved_tensors
        return v * 3 * x * x.detach()


class Cut(torch.autograd.Function):
    """t tanh x, whose gradient in x has the wrong sign from −6 down; t is a constant."""

    @staticmethod
    def forward(ctx, x, t):
        """Scales the hyperbolic tangent."""
        ctx.save_for_backward(x, t)
        return t * torch.tanh(x)

    @staticmethod
    def backward(ctx, v):
        """Right where anyone looks."""
        x, t = ctx.saved_tensors
        right = v * t / torch.cosh(x) ** 2
        return torch.where(x < -6, -right, right), None


def cut_of_one(x):
    """The same of one tensor."""
    return Cut.apply(x, torch.ones_like(x))


def scaled(x, s):
    """With shapes that have axes of length 1."""
    return Twice.apply(x, s)


def in_place(x, w):
    """Writes into its argument, and returns two values."""
    x.mul_(w)
    return x.sum(0), Twice.apply(x, w)


def chosen(x, index, mask, scale=1.0, mode="sum"):
    """With integers, flags, numbers and text."""
    picked = x[index].masked_fill(mask, float("-inf")).exp() * scale
    total = Twice.apply(picked, picked.detach())
    return total.sum() if mode == "sum" else total


def noisy(x, s):
    """With random numbers."""
    return Twice.apply(F.dropout(x, 0.5), s)


class Scale(nn.Module):
    """A layer with one parameter, by a wrong kernel."""

    def __init__(self) -> None:
        super().__init__()
        self.s = nn.Parameter(torch.tensor([0.5, 2.0, -1.0]))

    def forward(self, x):
        """Scales the last axis."""
        return Twice.apply(x, self.s)


named_layer = Scale()


def unary(z):
    """A function of points."""
    return Twice.apply(z, torch.ones_like(z)) * 1.001
