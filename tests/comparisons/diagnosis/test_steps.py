"""A backward is followed operator by operator, torch's own too."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

import comparisons
from comparisons.diagnosis.steps import follow
from comparisons.dtypes import float_type
from comparisons.subjects.own.from_code import from_code

F64 = torch.float64


def drawn(*shape):
    """A normal tensor, the same each time."""
    return torch.randn(*shape, generator=torch.Generator().manual_seed(5), dtype=F64)


@pytest.mark.parametrize(
    ("function", "shape"),
    [
        (nn.Conv1d(4, 6, 3, padding=1, stride=2, groups=2).double(), (2, 4, 8)),
        (nn.ConvTranspose1d(4, 3, 3, stride=2).double(), (2, 4, 5)),
        (nn.Conv2d(1, 1, 2).double(), (1, 1, 4, 3)),
        (nn.AvgPool2d(2, padding=1), (1, 2, 4, 6)),
        (nn.AdaptiveAvgPool2d((2, 3)), (1, 2, 5, 4)),
        (F.logsigmoid, (3, 4)),
    ],
    ids=lambda x: getattr(x, "__name__", type(x).__name__) if callable(x) else "",
)
def test_backwards_without_a_decomposition_are_followed(function, shape):
    """Convolution, pooling, logsigmoid: each gradient is explained, and sound."""
    found = comparisons.diagnose(function, drawn(*shape))

    assert not found.notes
    assert not found.findings
    assert any(name.endswith(".grad") for name in found.sound)


def test_a_backward_step_has_the_line_of_its_forward():
    """By autograd's sequence number; a hand-written backward has its own lines."""

    class Squared(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x * x

        @staticmethod
        def backward(ctx, v):
            (x,) = ctx.saved_tensors
            return 2 * v * x

    def function(x):
        y = torch.tanh(x)
        return Squared.apply(y)

    kind = float_type("float64")
    subject = from_code(function, (drawn(3),), {}, kind)
    run = follow(subject, subject.sample(kind), F64)
    steps = {s.operator: s for s in run.steps if s.backward and s.place}

    tanh = next(s for s in run.steps if s.operator == "tanh")
    assert steps["tanh_backward"].place == tanh.place
    assert not steps["tanh_backward"].written
    own = [s for s in run.steps if s.written]
    assert {s.place.function.rpartition(".")[2] for s in own} == {"backward"}


def test_a_backward_that_is_not_followed_leaves_the_values():
    """A fused attention's: it is said, and the value is diagnosed all the same."""
    q, k, v = (drawn(1, 1, 3, 4) + i for i in range(3))
    found = comparisons.diagnose(F.scaled_dot_product_attention, q, k, v)

    assert "scaled_dot_product" in found.notes[0]
    assert "y (the value)" in found.sound
    assert not found.findings
