"""Where cases meet: what no choice at a tie excuses is rejected, and what one explains is not."""

import pytest
import torch
import torch.nn.functional as F
from hand_written import with_backward

import comparisons
from comparisons import GradientMismatch

X = torch.tensor([0.0, 1.0, -1.0, 0.0, 2.0], dtype=torch.float64)


def _masked_mean(x):
    kept = x != 0
    return (x * kept).sum(-1) / kept.sum(-1)


def _mask_without_gradients(x):
    with torch.no_grad():
        kept = x != 0
    return x * kept


# They jump, or the choice is meant to be constant: what autograd gives is a choice like another.
RIGHT = {
    "e^x where x ≠ 0": lambda x: x.exp() * (x != 0),
    "e^x where x ≥ 0": lambda x: x.exp() * (x >= 0),
    "the mean of what is not 0": _masked_mean,
    "5 at 1": lambda x: torch.where(x == 1, torch.full_like(x, 5), x),
    "|x|, 5 at 0": lambda x: torch.where(x == 0, torch.full_like(x, 5), x.abs()),
    "x but 1": lambda x: x * (x != 1),
    "rounded": torch.round,
    "the rest": lambda x: (x / 2) - (x / 2).floor(),
    "hardshrink": lambda x: F.hardshrink(x, 1.0),
    "threshold": lambda x: F.threshold(x, 1.0, 0.0),
    "a mask from detached x": lambda x: x * (x.detach() != 0),
    "a mask without gradients": _mask_without_gradients,
    "the largest alone": lambda x: (x * (x == x.max())).sum(),
    "the median of many that are equal": lambda x: x.repeat(7).clamp(max=0).median() * x.sum(),
    "a median that only rounding makes equal": lambda x: (x * 1e-17 + 1).median(),
    "equal on a whole interval": lambda x: torch.minimum(x, torch.fmod(x - x.floor(), 1.5)),
}


@pytest.mark.parametrize("name", RIGHT)
def test_a_choice_at_a_tie_is_no_error(name):
    """Not one of them has a derivative there."""
    assert str(comparisons.check(RIGHT[name], X).verdict) == "accurate"


@pytest.mark.parametrize("slope", [0.0, 1.0])
def test_at_a_jump_the_slope_of_either_side_is_no_error(slope):
    """Nor is it called right: of x + 1 where x > 0, and 0 elsewhere, there is none at 0."""
    f = with_backward(
        lambda x: torch.where(x > 0, x + 1, 0.0),
        lambda _, given, v: [v[0] * torch.where(given[0] == 0, slope, (given[0] > 0).to(v[0]))],
    )
    x = torch.tensor([0.0, 0.5, -1.0], dtype=torch.float64)
    found = comparisons.check(f, x)

    assert str(found.verdict) == "accurate"
    (adjoint,) = (a for name, a in found.adjoints.items() if not name.startswith("v"))
    assert adjoint.enclosure.certified.tolist() == [False, True, True]


def test_of_jumps_alone_nothing_is_judged():
    """Each of these is a whole number."""
    with pytest.raises(comparisons.Inconclusive):
        comparisons.check(lambda x: x - x.floor(), X)


def test_an_answer_beside_that_tells_nothing_is_said():
    """Of points where cases are equal nothing is certified; the gradient asked for is."""
    x = torch.tensor([0.0, 1e-5, -1e-5, 0.5, -0.5, 2.5], dtype=torch.float64)
    result = comparisons.check(
        lambda x: torch.minimum(x, torch.fmod(x - x.floor(), x.abs() + 1.5)), x
    )

    assert str(result.verdict) == "accurate"
    assert result.also or any("inconclusive" in words for words in result.unasked)


def _expm1_by_x(x):
    safe = torch.where(x == 0, torch.ones_like(x), x)
    return torch.where(x == 0, torch.ones_like(x), torch.expm1(safe) / safe)


def _huber(x):
    return torch.where(x.abs() <= 1, 0.5 * x * x, x.abs() - 0.5)


def _at(where, slope):
    """The gradients, but `slope` for that of entries where `where` says so."""
    return lambda g, x, v: [torch.where(where(x[0]), slope * v[0], g[0])]


WRONG = {
    "0 for ½ where the limit is taken": _expm1_by_x,
    "of a limit": with_backward(_expm1_by_x, lambda g, *_: g),
    "0 where Huber's pieces join": with_backward(_huber, _at(lambda x: x.abs() == 1, 0.0)),
    "½ for 1 of min(x, |x|)": lambda x: torch.minimum(x, x.abs()),
}


@pytest.mark.parametrize("name", WRONG)
def test_where_pieces_join_smoothly_there_is_no_choice(name):
    """The slopes on both sides are one, and so it is said."""
    with pytest.raises(GradientMismatch, match="on both sides"):
        comparisons.check(WRONG[name], X)


def test_the_limit_itself_is_right():
    """½ for (e^x − 1)/x at 0; beside it the quotient's slope has no digit, and is not asked for."""
    honest = with_backward(_expm1_by_x, _at(lambda x: x == 0, 0.5))
    result = comparisons.compare(honest, X)

    assert str(result.verdict) == "accurate"


@pytest.mark.parametrize("dtype", [torch.float64, torch.float16])
def test_nan_at_a_kink_is_none_for_a_cotangent_of_0_either(dtype):
    """Of hypot(x, 0) = |x| torch has 0/0 at 0, whatever multiplies it."""
    x = torch.tensor([0.0, 1.0, -1.0, 0.0, 2.0, -2.0, 0.5, 3.0, 6.0, -3.0, 1.0], dtype=dtype)
    result = comparisons.check(lambda x: torch.hypot(x, torch.zeros_like(x)), x)

    assert str(result.verdict) == "accurate"


def _middle(x, y, z):
    """The middle of three, which has the slope 0 in each where they are equal, and is no plane."""
    return torch.maximum(torch.minimum(x, y), torch.minimum(torch.maximum(x, y), z))


@pytest.mark.parametrize("summed", [False, True])
def test_slopes_of_single_entries_are_no_derivative_of_all(summed):
    """Each share that the chain rule makes of choices is right."""
    given = [torch.tensor([1.0, 2.0, 0.5], dtype=torch.float64) for _ in range(3)]

    def code(x, y, z):
        return _middle(x, y, z).sum() if summed else _middle(x, y, z)

    assert str(comparisons.check(code, *given).verdict) == "accurate"
    assert str(comparisons.check(lambda x: code(x[0], x[1], x[2]), torch.stack(given)).verdict) == (
        "accurate"
    )


def test_without_a_gradient_there_is_no_second_derivative():
    """x − x, in a sentence."""
    with pytest.raises(ValueError, match="no gradient that could be differentiated again"):
        comparisons.check(lambda x: torch.nan_to_num(x) - x, X, order=2)
