"""Each value is judged by the type that it is held in: honest mixed code passes, wrong does not."""

import pytest
import torch
import torch.nn.functional as F

import comparisons
from comparisons import GradientMismatch
from comparisons.cases.asked import Asked, case_of
from comparisons.dtypes import FLOAT_TYPES
from comparisons.judge.graphs.held import precisions
from comparisons.subjects.own.from_code import from_code
from symdiff.graph import topological


def _normal(*shape):
    return torch.randn(*shape, dtype=torch.float64, generator=torch.manual_seed(len(shape)))


def _scaled(function, factor):
    """The function, its gradients times a factor."""

    class Scaled(torch.autograd.Function):
        @staticmethod
        def forward(ctx, *inputs):
            ctx.save_for_backward(*inputs)
            return function(*inputs)

        @staticmethod
        def backward(ctx, v):
            with torch.enable_grad():
                again = [x.detach().requires_grad_() for x in ctx.saved_tensors]
                grads = torch.autograd.grad(function(*again), again, v)
            return tuple(g * factor for g in grads)

    return Scaled.apply


def in_two_types(a, b, c):
    """A product in bfloat16 beside a sine in the type given."""
    return (a.bfloat16() @ b.bfloat16()).to(a.dtype).tanh(), torch.sin(c).sum(0)


def rms_norm(x, w):
    """As large models have it: the norm in float32, the product in the type given."""
    h = x.float()
    h = h * torch.rsqrt((h * h).mean(-1, keepdim=True) + 1e-6)
    return w * h.to(x.dtype)


def attention(q, k, v):
    """The weights in float32, the products in the type given."""
    weights = (q @ k.mT / 2).float().softmax(-1)
    return weights.to(v.dtype) @ v


def under_autocast(x, w, b):
    """A linear layer under autocast, which leaves float64 alone."""
    with torch.autocast("cpu"):
        h = F.linear(x, w, b)
    return (h.float() / 4).tanh(), torch.sin(b)


def residual(x, w):
    """What a bfloat16 branch adds to the type given."""
    return x + F.gelu(x.bfloat16() @ w.bfloat16()).to(x.dtype)


class Saved(torch.autograd.Function):
    """A softmax in float32 that keeps its rounded output for the backward."""

    @staticmethod
    def forward(ctx, x):  # noqa: D102 - as torch has it
        y = x.float().softmax(-1).to(x.dtype)
        ctx.save_for_backward(y)
        return y

    @staticmethod
    def backward(ctx, v):  # noqa: D102 - as torch has it
        (y,) = ctx.saved_tensors
        return y * (v - (v * y).sum(-1, keepdim=True))


def cross_entropy(logits):
    """A loss in float32 of logits in the type given."""
    return F.cross_entropy(logits.float(), torch.arange(6) % 5)


HONEST = {
    in_two_types: ((6, 7), (7, 5), (4, 3)),
    rms_norm: ((6, 16), (16,)),
    attention: ((2, 5, 4),) * 3,
    under_autocast: ((6, 16), (8, 16), (8,)),
    residual: ((6, 8), (8, 8)),
    Saved.apply: ((4, 9),),
    cross_entropy: ((6, 5),),
}


@pytest.mark.parametrize("dtype", ["float64", "float32", "bfloat16", "float16"])
@pytest.mark.parametrize("function", HONEST, ids=lambda f: f.__qualname__)
def test_honest_mixed_code_is_not_rejected(function, dtype):
    """Whatever it is called in."""
    found = comparisons.compare(function, *map(_normal_of, HONEST[function]), dtype=dtype)

    assert found.wrong == 0, found
    assert not found.verdict.worse_than(comparisons.Verdict.INCONCLUSIVE)


def _normal_of(shape):
    return _normal(*shape)


@pytest.mark.parametrize(
    ("dtype", "factor"), [("float64", 1 + 1e-12), ("float32", 1 + 1e-5), ("float64", 1.5)]
)
def test_beside_a_cast_nothing_is_excused(dtype, factor):
    """An error of 10⁻¹² in what is float64 is seen beside what is bfloat16."""

    def mixed(a, b, c):
        y, _ = in_two_types(a, b, c)
        return y, _scaled(lambda c: torch.sin(c).sum(0), factor)(c)

    with pytest.raises(GradientMismatch, match=r"c\.grad"):
        comparisons.check(mixed, _normal(6, 7), _normal(7, 5), _normal(4, 3), dtype=dtype)


def test_beside_autocast_nothing_is_excused():
    """Of b alone, which the layer does not take."""

    def mixed(x, w, b):
        y, _ = under_autocast(x, w, torch.zeros(8, dtype=b.dtype))
        return y, _scaled(torch.sin, 1 + 1e-5)(b)

    with pytest.raises(GradientMismatch, match=r"b\.grad"):
        comparisons.check(mixed, _normal(6, 16), _normal(8, 16), _normal(8), dtype="float32")


def test_a_cast_that_is_wrong_is_rejected():
    """An error of a half in what goes through the bfloat16 branch."""
    half = _scaled(lambda x, w: F.gelu(x.bfloat16() @ w.bfloat16()).to(x.dtype), 0.5)
    with pytest.raises(GradientMismatch):
        comparisons.check(lambda x, w: x + half(x, w), _normal(6, 8), _normal(8, 8))


@pytest.mark.parametrize("function", HONEST, ids=lambda f: f.__qualname__)
def test_every_value_has_a_precision(function):
    """Of the value and of what the sweep makes; the coarsest that leads to it."""
    kind = FLOAT_TYPES["bfloat16"]
    subject = from_code(function, tuple(map(_normal_of, HONEST[function])), {}, kind)
    adjoints = case_of(Asked(subject, kind)).truth.adjoints
    held = dict.fromkeys(list(subject.held)[::2], "float32")
    found = precisions(adjoints, held, (), kind)

    nodes = topological(adjoints.nodes.values(), computed=True)
    assert [] == [node for node in nodes if node not in found]
    assert {2.0**-8} <= {p.unit for p in found.values()} <= {2.0**-8, 2.0**-24}
