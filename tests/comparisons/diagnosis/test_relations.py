"""What is said of a wrong backward is so, and of one that is no simple relation nothing is."""

import pytest
import torch

import comparisons

# ruff: noqa: ARG005 - a wrong backward leaves out what it should use
F64 = torch.float64


def written(value, backward):
    """An autograd.Function of these."""

    class Written(torch.autograd.Function):
        @staticmethod
        def forward(ctx, *inputs):
            ctx.save_for_backward(*inputs)
            return value(*inputs)

        @staticmethod
        def backward(ctx, v):
            return backward(v, *ctx.saved_tensors)

    return Written.apply


def said(value, backward, *inputs):
    """The relations of the quantities that are wrong, by name."""
    found = comparisons.diagnose(written(value, backward), *inputs, reference=value)
    assert all(f.cause is comparisons.Cause.WRONG for f in found.findings)
    return {f.quantity: f.relation for f in found.findings}


def drawn(*shapes):
    """Normal tensors, the same each time."""
    draw = torch.Generator().manual_seed(3)
    return [torch.randn(*s, generator=draw, dtype=F64) for s in shapes]


def _squared(a, b):
    return a * a * b


CASES = {
    "a factor": (
        _squared,
        lambda v, a, b: (4 * v * a * b, v * a * a),
        [(4, 3), (4, 3)],
        {"a.grad": "a.grad is the truth times 2"},
    ),
    "a sign": (
        _squared,
        lambda v, a, b: (2 * v * a * b, -v * a * a),
        [(4, 3), (4, 3)],
        {"b.grad": "b.grad is the truth with the opposite sign"},
    ),
    "swapped": (
        _squared,
        lambda v, a, b: (v * a * a, 2 * v * a * b),
        [(4, 3), (4, 3)],
        {
            "a.grad": "a.grad is that of b.grad, and the reverse",
            "b.grad": "b.grad is that of a.grad, and the reverse",
        },
    ),
    "the cotangent is missing": (
        _squared,
        lambda v, a, b: (2 * a * b, v * a * a),
        [(4, 3), (4, 3)],
        {"a.grad": "a.grad is the gradient for a cotangent of ones: v_y is not multiplied in"},
    ),
    "a factor of the code's is missing": (
        _squared,
        lambda v, a, b: (2 * v * a, v * a * a),
        [(4, 3), (4, 3)],
        {"a.grad": "a.grad is the truth divided by b: that factor is missing"},
    ),
    "transposed": (
        lambda x, w, z: x @ w @ z,
        lambda v, x, w, z: (v @ (w @ z).T, (x.T @ v @ z.T).T, (x @ w).T @ v),
        [(4, 3), (3, 3), (3, 5)],
        {"w.grad": "w.grad is the truth transposed"},
    ),
    "not summed over a broadcast axis": (
        lambda x, b: x * b,
        lambda v, x, b: (v * b, (v * x)[0]),
        [(4, 3), (3,)],
        {"b.grad": "b.grad takes the first entry along axis 0 of v_y alone, not the sum"},
    ),
    "a mean for a sum": (
        lambda x, b: x * b,
        lambda v, x, b: (v * b, (v * x).mean(0)),
        [(4, 3), (3,)],
        {
            "b.grad": "b.grad is the truth divided by 4 "
            "(4 entries are averaged that should be summed?)"
        },
    ),
    "a term is missing": (
        lambda x: x * torch.tanh(x),
        lambda v, x: v * torch.tanh(x),
        [(4, 3)],
        {"x.grad": "x.grad is the truth if tanh(x) were a constant: its derivative is missing"},
    ),
    "wrong in a region": (
        lambda x: torch.where(x > 0, x, 0.25 * x),
        lambda v, x: v * torch.where(x > 0, 1.0, 0.5),
        [(5, 4)],
        {
            "x.grad": "x.grad is right in RIGHT of 20 entries, and wrong where x < 0; "
            "there it is the truth times 2"
        },
    ),
    "nothing simple": (
        torch.sin,
        lambda v, x: v * (1 - x * x / 2),
        [(4, 3)],
        {"x.grad": ""},
    ),
    "zero": (
        _squared,
        lambda v, a, b: (torch.zeros_like(a), v * a * a),
        [(4, 3), (4, 3)],
        {"a.grad": "a.grad is 0 everywhere, and the truth is not"},
    ),
}


@pytest.mark.parametrize("case", CASES, ids=lambda c: c.replace(" ", "-"))
def test_a_wrong_backward_is_related_to_the_right_one(case):
    """In words, for the gradient that is wrong and for no other."""
    value, backward, shapes, expected = CASES[case]
    inputs = drawn(*shapes)
    right = sum(int((x > 0).sum()) for x in inputs)

    found = said(value, backward, *inputs)
    assert found == {k: r.replace("RIGHT", str(right)) for k, r in expected.items()}


def test_a_right_backward_has_no_relation():
    """Nothing is said of it."""
    found = comparisons.diagnose(
        written(_squared, lambda v, a, b: (2 * v * a * b, v * a * a)),
        *drawn((4, 3), (4, 3)),
        reference=_squared,
    )

    assert not found.findings
    assert set(found.sound) == {"y (the value)", "a.grad", "b.grad"}
