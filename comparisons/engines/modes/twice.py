"""Compute second derivatives where torch can differentiate the first."""

from __future__ import annotations

import numpy as np

from comparisons.engines.call import output_of
from comparisons.engines.engine import Gradients, Setting, float64
from comparisons.engines.modes.reverse_over_reverse import ReverseOverReverse
from comparisons.inputs.values import Inputs, seeded
from comparisons.subjects.subject import Subject


class NotDifferentiable(TypeError):
    """Raised for a gradient that, to torch, depends on nothing."""


class Twice(ReverseOverReverse):
    """f'' by double backward, with a random cotangent of the gradient too."""

    name = "reverse_over_reverse"

    def gradients(self, subject: Subject, inputs: Inputs, setting: Setting) -> Gradients:
        """f'' times the cotangent; the gradient's own is a power of 2 and is divided out.

        Raises: NotDifferentiable if the gradient does not even depend on its cotangent: a backward
            in numpy, or of a kernel, whose second derivative torch takes for 0 in silence.
        """
        import torch

        ((name, z),) = setting.leaves(subject, inputs).items()
        output = output_of(subject)(z)
        if not output.requires_grad:
            return Gradients({name: np.zeros(tuple(z.shape))})
        given = setting.cotangent(inputs)
        seed = (torch.ones_like(output) if given is None else given).requires_grad_()
        (slope,) = torch.autograd.grad(output, z, seed, create_graph=True)
        if not slope.requires_grad:
            raise NotDifferentiable("its backward is not differentiable")
        weights = seeded().choice([-2.0, -1.0, 1.0, 2.0], size=tuple(z.shape))
        # not `torch.autograd.grad`, which passes by the error of `once_differentiable`
        slope.backward(setting.tensor(weights))
        curvature = torch.zeros_like(z) if z.grad is None else z.grad
        return Gradients({name: float64(curvature) / weights})
