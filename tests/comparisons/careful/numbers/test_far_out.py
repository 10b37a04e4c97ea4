"""Backwards written by hand that are wrong far out or near 0 alone, or overflow there."""

import pytest
import torch
import torch.nn.functional as F
from hand_written import with_backward

import comparisons
from comparisons import GradientMismatch


def _normal(*shape):
    return torch.randn(*shape, dtype=torch.float64, generator=torch.manual_seed(len(shape)))


def _product(x, w):
    return x @ w


def _norm(x):
    return x / torch.linalg.vector_norm(x, dim=-1, keepdim=True)


def _wrong_beyond(size):
    return lambda g, x, _: [torch.where(x[0].abs() > size, 1.5 * g[0], g[0]), *g[1:]]


def _wrong_below(size):
    def spoilt(g, x, _):
        near = (x[0].abs() < size) & (x[0] != 0)
        return [torch.where(near, 1.5 * g[0], g[0]), *g[1:]]

    return spoilt


def _of_the_largest(g, x, _):
    """Cut off in rows with an entry above 100."""
    return [g[0] * (x[0].amax(-1, keepdim=True) < 100)]


def _log_sum_exp(x):
    return torch.logsumexp(x, -1)


X, W = _normal(4, 12), _normal(12, 3)
WRONG = {
    "a product beyond 64": (_product, _wrong_beyond(64.0), X, W),
    "a product beyond 10⁵": (_product, _wrong_beyond(1e5), X, W),
    "a product beyond 10²⁰": (_product, _wrong_beyond(1e20), X, W),
    "a product below 10⁻²⁰": (_product, _wrong_below(1e-20), X, W),
    "a product of subnormals": (_product, _wrong_below(1e-310), X, W),
    "a log-sum-exp of large rows": (_log_sum_exp, _of_the_largest, X),
    "a norm of large rows": (_norm, _wrong_beyond(64.0), X),
    "a norm of small rows": (_norm, _wrong_below(1e-8), X),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_far_out_or_near_0_is_seen(name):
    """Entries are scaled by powers of two as far as the values are right."""
    forward, backward, *given = WRONG[name]
    wrong = with_backward(forward, backward)

    assert comparisons.compare(wrong, *given).wrong == 0
    with pytest.raises(GradientMismatch, match="at entries"):
        comparisons.check(wrong, *given)


def _gate(x, y):
    return F.silu(x) * y


def _tiny_logarithm(x, y):
    return torch.log(x.abs()) + y


ENTRYWISE = {
    "a gate beyond 64": (_gate, _wrong_beyond(64.0)),
    "a gate beyond 10⁶": (_gate, _wrong_beyond(1e6)),
    "a logarithm of tiny numbers": (_tiny_logarithm, _wrong_below(2.0**-30)),
    "a gate of subnormals": (_gate, _wrong_below(1e-310)),
}


@pytest.mark.parametrize("name", ENTRYWISE)
def test_entry_by_entry_too(name):
    """Of two tensors; the arguments given are of usual size."""
    forward, backward = ENTRYWISE[name]
    wrong = with_backward(forward, backward)

    assert comparisons.compare(wrong, _normal(3, 4), _normal(3, 4, 1)[..., 0]).wrong == 0
    with pytest.raises(GradientMismatch, match=r"far out and near 0|at other points|at entries"):
        comparisons.check(wrong, _normal(3, 4), _normal(3, 4, 1)[..., 0])


def _by_exponentials(_, x, v):
    """e^x/(1 + e^x)², as textbooks have it: NaN from 355 on."""
    e = torch.exp(x[0])
    return [v[0] * e / (1 + e) ** 2]


def _by_squares(_, x, v):
    """Of a norm: squares and cubes, which leave the type where their roots do not."""
    n = x[0].pow(2).sum(-1, keepdim=True)
    along = (x[0] * v[0]).sum(-1, keepdim=True)
    return [v[0] / n.sqrt() - x[0] * along / n.sqrt() ** 3]


def _textbook_softmax(x):
    e = torch.exp(x)
    return e / e.sum(-1, keepdim=True)


def _of_its_value(_, x, v):
    p = _textbook_softmax(x[0])
    return [p * (v[0] - (p * v[0]).sum(-1, keepdim=True))]


HONEST = {
    "a textbook softmax": (_textbook_softmax, _of_its_value, X),
    "a norm by squares and cubes": (_norm, _by_squares, X),
    "a product": (_product, lambda g, *_: g, X, W),
    "a variance": (lambda x: F.layer_norm(x, (12,)), lambda g, *_: g, X),
    "attention": (
        lambda q, k, v: torch.softmax(q @ k.mT / 12**0.5, -1) @ v,
        lambda g, *_: g,
        X,
        _normal(5, 12, 1)[..., 0],
        _normal(5, 12, 1, 1)[..., 0, 0],
    ),
    "log-sum-exp": (
        lambda x: torch.logsumexp(x, -1),
        lambda _, x, v: [v[0][:, None] * torch.softmax(x[0], -1)],
        X,
    ),
    "a gate by its value": (
        lambda x: x.sigmoid(),
        lambda _, x, v: [v[0] * x[0].sigmoid() * (1 - x[0].sigmoid())],
        X,
    ),
    "tanh by its value": (torch.tanh, lambda _, x, v: [v[0] * (1 - x[0].tanh() ** 2)], X),
    "a quotient": (
        lambda x, y: x / y,
        lambda _, x, v: [v[0] / x[1], -v[0] * x[0] / x[1] ** 2],
        X,
        _normal(4, 12, 1)[..., 0],
    ),
}


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("name", HONEST)
def test_honest_code_is_not_rejected_there(name, dtype):
    """Where its own forward overflows, and where squares and cubes do, nothing is asked."""
    forward, backward, *given = HONEST[name]
    result = comparisons.check(with_backward(forward, backward), *given, dtype=dtype)

    assert not result.verdict.worse_than(comparisons.Verdict.AGREES)


def test_a_backward_that_overflows_where_the_value_does_not_is_rejected():
    """As it is in float32 at 45, and as the same by a formula is: NaN for a gradient of 0."""
    wrong = with_backward(torch.sigmoid, _by_exponentials)
    with pytest.raises(GradientMismatch):
        comparisons.check(wrong, X, dtype="float32")
    with pytest.raises(GradientMismatch):
        comparisons.check(wrong, X)


def test_how_far_it_was_asked_is_said():
    """In the words of a pass."""
    said = " ".join(comparisons.check(with_backward(_norm, lambda g, *_: g), X).also)

    assert "from 2^-200 to 2^200 times as large" in said


def test_an_overflow_of_the_backward_alone_is_said_where_it_is_no_error():
    """At entries of a million, e^x of a backward whose forward is log-sum-exp."""

    def by_exponentials(_, x, v):
        most = x[0].amax(-1, keepdim=True)
        shifted = torch.exp(x[0] - torch.where(x[0].abs() > 1e4, 0.0, most))
        return [v[0][:, None] * shifted / shifted.sum(-1, keepdim=True)]

    found = comparisons.check(with_backward(lambda x: torch.logsumexp(x, -1), by_exponentials), X)
    assert any("its backward overflows" in one for one in found.unasked)


PIVOTS = torch.tensor([3, 3, 3], dtype=torch.int32)


def _solved(lu, b):
    return torch.linalg.lu_solve(lu, PIVOTS, b)


def test_a_triangle_with_ones_that_are_not_given_is_not_scaled_up():
    """L of entries of 2²⁰ and ones has no inverse in float64: torch's own gradient is 1e-5 off."""
    lu, b = _normal(3, 3), _normal(3, 4)
    found = comparisons.check(with_backward(_solved, lambda g, *_: g), lu, b)

    assert "larger entries (the ones on a diagonal" in "; ".join(found.unasked)
    assert "entries from 2^-100 to 2^0 times as large" in "; ".join(found.also)
    with pytest.raises(GradientMismatch):
        comparisons.check(with_backward(_solved, _wrong_below(2.0**-40)), lu, b)
