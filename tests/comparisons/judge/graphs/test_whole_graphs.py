"""Gradients of whole graphs: judged by their own roundings, whatever the size and the types."""

from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hand_written import with_slope

import comparisons
from comparisons import Budget, GradientMismatch, Inconclusive, Verdict
from comparisons.judge.vocabulary import Status


def _normal(*shape, dtype=torch.float64):
    return torch.randn(*shape, dtype=torch.float64, generator=torch.manual_seed(0)).to(dtype)


@pytest.mark.parametrize("rows", [4, 40, 400])
def test_the_verdict_does_not_depend_on_the_size(rows):
    """A softmax of 64, 640 and 6,400 entries is accurate, by the same allowance."""
    found = comparisons.compare(lambda x: torch.softmax(x, -1), _normal(rows, 16))

    assert found.verdict is Verdict.ACCURATE
    assert 0 < found.adjoints["x"].max_conditioned < 4


class _Off(torch.autograd.Function):
    """swish with a gradient that is 10⁻¹² of itself too large in one entry of a hundred."""

    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return F.silu(x)

    @staticmethod
    def backward(ctx, v):
        (x,) = ctx.saved_tensors
        s = torch.sigmoid(x)
        gradient = v * s * (1 + x * (1 - s))
        gradient.view(-1)[::100] *= 1 + 1e-12
        return gradient


@pytest.mark.parametrize("rows", [10, 100])
def test_a_small_error_in_few_entries_is_seen(rows):
    """10⁻¹² is seen in float64, entry by entry, at 100 and at 1,000 entries alike."""
    found = comparisons.compare(_Off.apply, _normal(rows, 10))

    assert found.verdict is Verdict.DISAGREES
    wrong = found.adjoints["x"].judgement.excess > 1
    assert 0 < wrong.sum() <= rows // 10
    assert not wrong.ravel()[np.arange(wrong.size) % 100 != 0].any()


def test_a_cast_has_its_own_unit():
    """A product in bfloat16 inside float64 code is right to bfloat16's digits, and so judged."""

    def mixed(a, b):
        return (a.bfloat16() @ b.bfloat16()).double().tanh()

    found = comparisons.compare(mixed, _normal(6, 7), _normal(7, 5))

    assert found.verdict is Verdict.ACCURATE
    assert 1e-3 < found.adjoints["a"].power.common < 0.5


def test_a_surrogate_of_an_array_is_judged_by_what_it_should_be():
    """A straight-through rounding: the identity is accurate, twice the identity is not."""
    rounded = with_slope(torch.round, lambda v, _: v)
    x = _normal(4, 8)

    assert comparisons.check(rounded, x, gradient=torch.ones_like).verdict is Verdict.ACCURATE
    with pytest.raises(GradientMismatch):
        comparisons.check(rounded, x, gradient=lambda x: torch.full_like(x, 2))


def test_what_underflows_is_not_wrong():
    """e^−2000 is 0 in float64: the enclosure says no more than that, and 0 is right."""
    x = torch.tensor([[0.0, 2000.0, -2000.0]], dtype=torch.float64)
    found = comparisons.compare(lambda x: torch.softmax(x, -1), x)

    assert found.verdict is Verdict.ACCURATE
    assert set(found.counts()) <= {Status.CORRECT, Status.FAITHFUL, Status.WITHIN}


class _Scaled(torch.autograd.Function):
    """silu(a) b with a gradient of b that is 6 % too large."""

    @staticmethod
    def forward(ctx, a, b):
        ctx.save_for_backward(a, b)
        return F.silu(a) * b

    @staticmethod
    def backward(ctx, v):
        a, b = ctx.saved_tensors
        s = torch.sigmoid(a)
        return v * b * s * (1 + a * (1 - s)), v * a * s * 1.06


def test_in_bfloat16_all_entries_together_say_what_none_says():
    """An error of 6 % is within what one entry is allowed; 1,600 entries have it in common."""
    given = _normal(40, 40), _normal(40, 40).T
    honest = comparisons.check(lambda a, b: F.silu(a) * b, *given, dtype="bfloat16")
    found = comparisons.compare(_Scaled.apply, *given, dtype="bfloat16").adjoints["b"]

    assert honest.verdict is Verdict.ACCURATE
    assert found.judgement.wrong == 0
    assert found.verdict is Verdict.DISAGREES
    again = comparisons.compare(_Scaled.apply, *given, dtype="bfloat16").adjoints["b"]
    assert again.power == found.power
    assert found.power.found == pytest.approx(0.06, abs=0.006)
    with pytest.raises(GradientMismatch, match=r"b.grad is \+0.0.* of itself off in all entries"):
        comparisons.check(_Scaled.apply, *given, dtype="bfloat16")


def test_where_nothing_would_be_seen_there_is_no_pass():
    """10⁸ x + x − 10⁸ x in float32 has no digit of x left: neither right nor wrong."""

    def cancelling(x, one):
        return x * 1e8 * one + x - x * 1e8

    x = _normal(20)
    found = comparisons.compare(cancelling, x, torch.ones(1), dtype="float32")

    assert found.adjoints["v_y"].verdict is Verdict.INCONCLUSIVE
    assert found.verdict.worse_than(Verdict.FAILS_AT_INFINITY)
    with pytest.raises(Inconclusive, match=r"inconclusive for .*the value.*compare in float64"):
        comparisons.check(cancelling, x, torch.ones(1), dtype="float32")
    assert comparisons.check(cancelling, x, torch.ones(1)).verdict is not Verdict.INCONCLUSIVE


def test_an_entry_that_is_zero_in_truth_is_not_inconclusive():
    """What is added to all entries of a softmax has no gradient: torch's 10⁻¹⁷ is right."""
    found = comparisons.check(lambda x, b: torch.softmax(x + b, -1), _normal(6, 5), _normal(1))
    power = found.adjoints["b"].power

    assert power.entries == power.zeros == 1
    assert 0 < power.absolute < 1e-12
    assert "all 1 entries are 0 in truth" in repr(found)


def test_what_a_pass_is_worth_is_said():
    """In the repr, the failure message and a report's row: beside gradcheck and allclose."""
    found = comparisons.compare(F.gelu, _normal(10, 10))

    assert "in half of the entries would have been seen" in repr(found)
    assert "gradcheck sees 0.001" in repr(found)
    assert "z Φ(z) for -" in repr(found)
    assert "errors elsewhere are not seen" in repr(found)
    with pytest.raises(GradientMismatch, match="would have been seen"):
        comparisons.check(_Scaled.apply, _normal(4, 4), _normal(4, 4))


def test_the_row_of_a_report_holds_it():
    """As figures and as the sentence; what the schema says fits."""
    from comparisons.report.data.files import SCHEMA, document
    from comparisons.report.data.rows import result_row

    row = result_row(comparisons.compare(F.gelu, _normal(10, 10)))
    SCHEMA.require(document([row], complete=True), Path("report.json"))

    power = row["adjoints"][0]["power"]
    assert power["own"]["half"] < 1e-13
    assert power["gradcheck"]["half"] > 1e-3
    assert power["sentence"].startswith("a relative error of")
    assert power["reached"][0]["function"] == "z Φ(z)"


def test_a_strict_budget_rejects_only_what_no_rounding_explains():
    """√N τ instead of 16 τ: ten times as wide here; an error of 6 % is still far outside."""
    given = _normal(30, 30), _normal(30, 30)
    usual = comparisons.compare(lambda a, b: F.silu(a) * b, *given)
    strict = comparisons.compare(lambda a, b: F.silu(a) * b, *given, strict=True)

    assert strict.verdict is Verdict.ACCURATE
    assert strict.adjoints["a"].power.own.half > 4 * usual.adjoints["a"].power.own.half
    assert strict.budget == Budget(strict=True)
    assert "of all together" not in strict.adjoints["a"].power.sentence
    with pytest.raises(GradientMismatch, match="what no first-order rounding of the operations"):
        comparisons.check(_Scaled.apply, *given, strict=True)
    with pytest.raises(TypeError, match=r"budget takes a comparisons\.Budget"):
        comparisons.compare(F.gelu, given[0], strict=True, budget=4)


def test_a_message_says_which_entry_and_by_how_much():
    """Its index, its error in its own size beside what is allowed, and what would be right."""
    with pytest.raises(GradientMismatch) as caught:
        comparisons.check(_Off.apply, _normal(10, 10))
    found = caught.value.comparison
    said, worst = str(caught.value), found.worst

    assert worst.index[0] * 10 + worst.index[1] == 0
    assert "worst entry  x.grad[0, 0], where x = " in said
    assert f"allowed      {worst.allowed:.2g}: 2 ulp and 16 times" in said
    assert worst.allowed < abs(worst.computed - worst.truth)
    assert "print(comparisons.closed_form(…))" in said


def test_no_relative_error_above_one_is_said_to_be_seen():
    """Of an entry that is wrong the line is said; of one near 0, that it may be off by itself."""
    wrong = comparisons.compare(_Scaled.apply, _normal(4, 4), _normal(4, 4))
    cancelling = comparisons.compare(_cancelling, _normal(20), torch.ones(1))

    assert wrong.adjoints["b"].power.own.all < 1e-12
    power = cancelling.adjoints["v_y"].power
    assert power.own.half > 1
    assert "in most entries no error below the size of the entry" in power.sentence
    assert "gradcheck" in power.sentence
    half = comparisons.compare(F.silu, _normal(8, 8), dtype="bfloat16").adjoints["input"].power
    assert "gradcheck" not in half.sentence
    assert "allclose rejects it as it is" in half.sentence


def _cancelling(x, one):
    return x * 1e15 * one + x - x * 1e15


class _LogSumExp(torch.autograd.Function):
    """With its own rounded value in the backward, as torch has it, off by a factor."""

    @staticmethod
    def forward(ctx, x, factor):
        y = x.logsumexp(-1)
        ctx.save_for_backward(x, y)
        ctx.factor = factor
        return y

    @staticmethod
    def backward(ctx, v):
        x, y = ctx.saved_tensors
        return v[..., None] * (x - y[..., None]).exp() * ctx.factor, None


@pytest.mark.parametrize("dtype", ["float64", "float32", "bfloat16", "float16"])
@pytest.mark.parametrize("shift", [20, 150])
def test_a_value_that_is_rounded_for_many_entries_alike_is_no_error(shift, dtype):
    """e^(x − y) is off by a rounding of y, which may be 150: all of a row in one direction."""
    x = 2 * _normal(4, 6) + shift

    assert comparisons.compare(_LogSumExp.apply, x, 1.0, dtype=dtype).wrong == 0
    assert comparisons.check(_LogSumExp.apply, x, 1.0, dtype=dtype)
    # nearly 1 by the formula, which no rounding of its own moves
    x[:, 0] += 40
    assert comparisons.compare(_LogSumExp.apply, x, 1.0, dtype=dtype).wrong == 0


@pytest.mark.parametrize(("dtype", "factor"), [("float64", 1 + 1e-11), ("float32", 1 + 1e-3)])
def test_a_larger_error_of_all_entries_alike_is_one(dtype, factor):
    """Beyond two roundings of y."""
    with pytest.raises(GradientMismatch):
        comparisons.check(_LogSumExp.apply, 2 * _normal(4, 6) + 150, factor, dtype=dtype)


def test_an_entry_without_a_value_leaves_the_others_judged():
    """torch.pow at 0^0: that entry is not certified, its neighbours are accurate."""
    x, y = torch.tensor([0.0, 1.0, 2.0]).double(), torch.tensor([0.0, 2.0, 0.5]).double()
    found = comparisons.check(torch.pow, x, y)

    assert found.adjoints["x1"].counts[Status.NOT_CERTIFIED] == 1
    assert found.adjoints["x1"].verdict is Verdict.ACCURATE


def test_constants_are_written_as_they_were_typed():
    """1e-8, not the long fraction of its float64; where nothing was judged nothing is the worst."""
    zero, x = torch.zeros(2, 3).double(), _normal(2, 3)
    told = repr(comparisons.compare(F.cosine_similarity, zero, x))

    assert "max(1e-8, z)" in told
    assert "for nan" not in told


def test_an_underflow_that_a_large_cotangent_shows_is_no_error():
    """e^(−x²) is 0 from 27.3 on in float64; 2¹⁰⁰ times that is 0 too, where the truth is 1e-305."""

    def step(x):
        return 0.5 * (1 + torch.erf(x * 2.5))

    x = torch.linspace(-12, 12, 60, dtype=torch.float64)
    assert comparisons.check(step, x).verdict is Verdict.ACCURATE

    class Cut(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return step(x)

        @staticmethod
        def backward(ctx, v):
            (x,) = ctx.saved_tensors
            slope = 2.5 * torch.exp(-((2.5 * x) ** 2)) / torch.pi**0.5
            return v * torch.where(x.abs() > 6, 0.0, slope)

    with pytest.raises(GradientMismatch):
        comparisons.check(Cut.apply, x)
