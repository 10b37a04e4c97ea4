"""A function with a backward of one's own, made of what its gradients should be."""

import torch


def with_backward(forward, backward):
    """The function, with what `backward` makes of its gradients: of gradients, inputs, v."""

    class Written(torch.autograd.Function):
        @staticmethod
        def forward(ctx, *inputs):
            ctx.save_for_backward(*inputs)
            return forward(*inputs)

        @staticmethod
        @torch.autograd.function.once_differentiable
        def backward(ctx, *v):
            given = ctx.saved_tensors
            with torch.enable_grad():
                again = [x.detach().requires_grad_() for x in given]
                grads = torch.autograd.grad(forward(*again), again, v)
            return tuple(backward(list(grads), given, v))

    return Written.apply


def with_slope(forward, backward):
    """The function, with a backward of v and the inputs."""

    class Sloped(torch.autograd.Function):
        @staticmethod
        def forward(ctx, *inputs):
            ctx.save_for_backward(*inputs)
            return forward(*inputs)

        @staticmethod
        def backward(ctx, v):
            return backward(v, *ctx.saved_tensors)

    return Sloped.apply
