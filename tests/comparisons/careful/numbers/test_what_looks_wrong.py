"""Operators of torch's own database that only look wrong, beside what is wrong in that way."""

import pytest
import torch
import torch.nn.functional as F
from hand_written import with_backward

import comparisons
from comparisons import GradientMismatch
from comparisons.cases.asked import Asked, case_of
from comparisons.dtypes import FLOAT_TYPES
from comparisons.subjects.own.from_code import from_code


def _normal(*shape):
    return torch.randn(shape, dtype=torch.float64, generator=torch.manual_seed(len(shape)))


def test_an_index_with_as_many_rows_is_not_left_behind():
    """torch's segment_reduce reads beyond the end of offsets that are too short, and crashes."""
    offsets = torch.tensor([[0, 1, 4]] * 3)

    def means(x, offsets):
        return torch.segment_reduce(x, "mean", offsets=offsets, axis=1)

    found = comparisons.check(means, _normal(3, 4), offsets)

    assert "other numbers of rows (an argument that is no input has as many)" in found.unasked


@pytest.mark.parametrize("read", [torch.as_strided, torch.as_strided_copy])
def test_code_that_reads_memory_by_strides_is_not_asked_for_other_layouts(read):
    """There it reads other entries, as it should."""
    found = comparisons.check(read, _normal(3, 3), (2, 2), (1, 2), 1)

    assert "other layouts (the code reads memory by strides of its own)" in found.unasked


@pytest.mark.parametrize("entries", [(), (1,), (5,)])
@pytest.mark.parametrize(
    "cast",
    [
        lambda x: x.bfloat16(),
        lambda x: x.float().sin().double(),
        lambda x: x.half().exp().double(),
        lambda x: x * x.half().double(),
    ],
)
def test_a_number_is_judged_in_the_type_that_the_code_casts_to(cast, entries):
    """As an array is: what goes back through a cast is rounded to it."""
    found = comparisons.check(cast, _normal(*entries))

    assert str(found.verdict) == "accurate"


@pytest.mark.parametrize(
    "of_rows",
    [lambda x: x.logcumsumexp(-1), lambda x: x.cumsum(-1).sin(), lambda x: x.flip(-1).exp()],
    ids=["logcumsumexp", "cumsum", "flip"],
)
@pytest.mark.parametrize("shape", [(), (1,), (5, 1)])
def test_code_is_not_entry_by_entry_because_a_row_has_one_entry(of_rows, shape):
    """Of one entry a sum is that entry; of several it is not."""
    x = _normal(*shape)
    case = case_of(
        Asked(from_code(of_rows, (x,), {}, FLOAT_TYPES["float64"]), FLOAT_TYPES["float64"])
    )

    assert case.subject.entrywise() is None
    sine = case_of(
        Asked(from_code(torch.sin, (x,), {}, FLOAT_TYPES["float64"]), FLOAT_TYPES["float64"])
    )
    assert sine.subject.entrywise() is not None


@pytest.mark.parametrize("factor", [torch.linalg.lu_factor, torch.linalg.qr])
def test_code_that_solves_is_not_asked_for_a_cotangent_of_every_size(factor):
    """LAPACK's errors are small beside the largest entry."""
    found = comparisons.check(lambda x: factor(x)[0], _normal(5, 5))

    assert "a cotangent of every size, some of it 0 (linalg_" in " ".join(found.unasked)


def test_a_vmap_of_another_shape_is_wrong():
    """Its value is said before the error that its gradient ends in."""

    class Summed(torch.autograd.Function):
        @staticmethod
        def forward(x):
            return x.sum(-1)

        @staticmethod
        def setup_context(ctx, inputs, _):
            ctx.shape = inputs[0].shape

        @staticmethod
        def backward(ctx, v):
            return v[..., None].expand(ctx.shape)

        @staticmethod
        def vmap(_, __, x):
            return x.sum(0), 0

    with pytest.raises(GradientMismatch, match=r"under torch\.func\.vmap: the value y"):
        comparisons.check(Summed.apply, _normal(3, 4))


def test_nothing_added_anywhere_is_judged():
    """No entry of v comes to a place: its gradient is 0."""
    nowhere = torch.zeros(5, dtype=torch.bool)

    found = comparisons.check(
        lambda x, v: x.index_put((nowhere,), v, accumulate=True), _normal(5, 5), _normal(5)
    )

    assert str(found.verdict) == "accurate"


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize(
    "cancelling",
    [
        torch.corrcoef,
        lambda x: F.layer_norm(x[..., None], (1,), x.new_ones(1) / 3, x.new_ones(1) / 7),
        lambda x: x / x,
    ],
    ids=["corrcoef", "layer_norm", "division"],
)
def test_what_rounding_leaves_where_all_parts_cancel_is_no_gradient(cancelling, dtype):
    """x does not matter, and torch's backward computes 1e-17."""
    assert str(comparisons.check(cancelling, _normal(5), dtype=dtype).verdict) == "accurate"


@pytest.mark.parametrize("slope", [1e-9, 1e-3])
def test_a_gradient_where_there_is_none_is_no_residue(slope):
    """Of float64 rounding leaves less."""
    constant = with_backward(lambda x: x / x, lambda _, __, v: [slope * v[0]])

    with pytest.raises(GradientMismatch, match="is wrong at 5 of 5 points"):
        comparisons.check(constant, _normal(5))


@pytest.mark.parametrize("entries", [(), (5,)])
def test_a_cast_excuses_no_more_than_its_own_rounding(entries):
    """Of single precision a thousandth is 10⁴ roundings."""
    with pytest.raises(comparisons.GradientMismatch):
        comparisons.check(
            lambda x: (x.float() * 1.001).sin().double(),
            _normal(*entries),
            reference=lambda x: x.float().sin().double(),
        )
