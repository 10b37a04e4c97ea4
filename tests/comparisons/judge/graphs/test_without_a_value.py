"""Entries of arrays without a value, or too large for their type: what they say of the others."""

import pytest
import torch
import torch.nn.functional as F

import comparisons
from comparisons import Verdict
from comparisons.judge.vocabulary import Standing, Status

_ROWS = torch.tensor([[1.0, 2.0], [-1.0, 3.0], [4.0, 5.0]])


@pytest.mark.parametrize(
    ("function", "given", "judged"),
    [
        (torch.atan2, torch.tensor([[0.0, 1.0, 2.0], [0.0, 1.0, -1.0]]).unbind(), (2, 2, 2)),
        (lambda x: torch.log(x).logsumexp(-1), (_ROWS,), (4, 2)),
        (lambda x: torch.log(x).amax(-1), (_ROWS,), (0, 0)),
        (lambda x: torch.log(x).cumsum(0), (torch.tensor([1.0, 2.0, -1.0, 3.0]),), (0, 2)),
        (lambda x: x.std(-1), (torch.tensor([[1.0, 1.0, 1.0], [1.0, 2.0, 3.0]]),), (6, 2)),
        (lambda x: torch.where(x > 0, torch.log(x), 0 * x).sum(), (_ROWS,), (6, 1)),
    ],
    ids=["atan2", "logsumexp", "amax", "cumsum", "std", "where"],
)
def test_entries_without_a_value_spoil_what_hangs_on_them_alone(function, given, judged):
    """Nothing is refused, nothing of them is held against torch, and the rest is judged."""
    found = comparisons.compare(function, *given)
    each = tuple(a.power.entries for a in found.adjoints.values())

    assert each == judged
    assert found.verdict is (Verdict.ACCURATE if all(judged) else Verdict.INCONCLUSIVE)
    apart = {Status.UNDEFINED, Status.OUTSIDE}
    assert {s for s in found.counts() if s.standing is Standing.NOT_JUDGED} <= apart


@pytest.mark.parametrize("points", [2, 400])
def test_nan_is_right_where_a_mask_leaves_a_logarithm_of_0(points):
    """log(x [x > 0]) is −∞ below 0: torch's NaN is no wrong gradient, and the rest is judged."""
    found = comparisons.compare(lambda x: torch.log(x * (x > 0)), torch.linspace(-1, 2, points))
    positive = int((torch.linspace(-1, 2, points) > 0).sum())

    assert tuple(a.power.entries for a in found.adjoints.values()) == (positive, positive)
    assert found.verdict is Verdict.ACCURATE


@pytest.mark.parametrize(
    "function",
    [
        lambda x, w: torch.log(x) * torch.where(w > 2.5, w, 0.0),
        lambda x, w: torch.log(x) @ w.masked_fill(w < 1.5, 0.0),
        lambda x, w: torch.log(x) @ torch.diag(w[0]),
        lambda x, w: torch.log(x)[:, None] * F.pad(w[:, :1], (1, 0)),
    ],
    ids=["where", "masked_fill", "diag", "pad"],
)
def test_nan_is_right_where_0_is_multiplied_with_what_has_no_value(function):
    """0 log(−1) has none: torch's NaN is no wrong value, and nothing else is held against it."""
    given = torch.tensor([-1.0, 2.0]), torch.tensor([[1.0, 2.0], [3.0, 4.0]])
    found = comparisons.compare(function, *given)

    assert found.verdict in (Verdict.ACCURATE, Verdict.INCONCLUSIVE)
    assert Status.UNDEFINED in found.counts()


def _entmax_loss(x, target):
    """The loss of 1.5-entmax by sorting. Source: Peters, Niculae and Martins 2019, alg. 2."""
    z = x / 2 - (x / 2).max(-1, keepdim=True).values
    ordered = z.sort(dim=-1, descending=True).values
    rho = torch.arange(1, z.shape[-1] + 1, dtype=z.dtype)
    mean, mean_of_squares = ordered.cumsum(-1) / rho, ordered.square().cumsum(-1) / rho
    delta = (1 - rho * (mean_of_squares - mean.square())) / rho
    tau = mean - torch.sqrt(torch.clamp(delta, 0))
    last = (tau <= ordered).sum(-1, keepdim=True) - 1
    p = torch.clamp(z - tau.gather(-1, last), min=0).square()
    omega = (1 - (p * torch.sqrt(p)).sum(-1)) / 0.75
    return (omega + (p * x).sum(-1) - x.gather(-1, target[:, None])[:, 0]).sum()


def test_the_loss_of_entmax_is_certified_where_its_formula_is_one_over_zero():
    """√p at p = 0, which is constant around: 0 · 1/√0 in the formula, and 0 in truth."""
    x, target = (
        torch.randn(3, 5, dtype=torch.float64, generator=torch.manual_seed(0)),
        torch.tensor([0, 1, 4]),
    )
    found = comparisons.compare(lambda x: _entmax_loss(x, target), x)

    assert found.verdict is Verdict.ACCURATE
    assert found.adjoints["x"].power.entries == x.numel()


@pytest.mark.parametrize(("dtype", "x"), [("float32", 95.0), ("float16", 13.0)])
def test_what_overflows_in_the_type_is_right_as_an_infinity(dtype, x):
    """e^x, a number of float64 far beyond the largest of the type."""
    x = torch.tensor([x, 1.0])
    found = comparisons.compare(lambda x: x.exp(), x, dtype=dtype)

    assert torch.isinf(x.to(getattr(torch, dtype)).exp())[0]
    assert found.verdict is Verdict.ACCURATE


def test_what_overflows_in_the_type_is_wrong_as_the_largest_number():
    """A value that is cut there, or of the other sign."""
    x = torch.tensor([95.0, 1.0])
    for wrong in (
        lambda x: x.exp().clamp(max=3.4e38),
        lambda x: torch.where(x > 90, -x.exp(), x.exp()),
    ):
        with pytest.raises(comparisons.GradientMismatch):
            comparisons.check(wrong, x, reference=lambda x: x.exp(), dtype="float32")
