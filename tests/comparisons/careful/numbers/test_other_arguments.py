"""Backwards that are right where no two entries are equal, no index is twice and axes are short."""

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor
from torch.autograd.function import once_differentiable

import comparisons
from comparisons import GradientMismatch
from comparisons.careful.numbers import moves


def _written(forward, backward):
    """A Function whose backward takes the cotangent and the arguments."""

    class Written(torch.autograd.Function):
        @staticmethod
        def forward(ctx, *given):
            ctx.save_for_backward(*given)
            return forward(*given)

        @staticmethod
        @once_differentiable
        def backward(ctx, v):
            found = backward(v, *ctx.saved_tensors)
            return found if isinstance(found, tuple) else (found,)

    return Written.apply


def _drawn(*shape):
    return torch.randn(*shape, generator=torch.manual_seed(17), dtype=torch.float64)


def _stored(v, w, i):
    found = torch.zeros_like(w)
    found[i] = v
    return found, None


def _added(v, w, i):
    return torch.zeros_like(w).index_add(0, i, v), None


def _whole(largest):
    """Each of several that tie gets all of the gradient."""
    return lambda v, x: (x == largest(x)) * v[..., None]


def _first(v, x):
    """The first of several gets all."""
    return torch.zeros_like(x).scatter(-1, x.max(-1, keepdim=True).indices, v[..., None])


def _pooled(x):
    return F.max_pool1d(x, 2)


def _whole_of_pairs(v, x):
    return (x == _pooled(x).repeat_interleave(2, -1)) * v.repeat_interleave(2, -1)


def _first_of_pairs(v, x):
    first = x[..., ::2] >= x[..., 1::2]
    return torch.stack([v * first, v * ~first], -1).flatten(-2)


def _summed_from_the_right(v):
    return v.flip(-1).cumsum(-1).flip(-1)


def _summed_in_blocks(v, _, block=64):
    """The carry from one block to the next is forgotten."""
    return torch.cat([_summed_from_the_right(part) for part in v.split(block, -1)], -1)


def _mean_of_segments(x, i):
    counts = torch.bincount(i, minlength=3)
    return torch.zeros(3, 2, dtype=x.dtype).index_add(0, i, x) / counts[:, None]


def _direction(v, x):
    y = F.normalize(x, dim=-1)
    return (v - y * (v * y).sum(-1, keepdim=True)) / x.norm(dim=-1, keepdim=True)


def _entropy(v, x, t):
    """Of targets that are none: torch's mean leaves out −100."""
    found = torch.softmax(x, -1)
    found = found - F.one_hot(t.clamp(min=0), x.shape[-1])
    return v * found / len(t), None


def _entropy_right(v, x, t):
    counts = t >= 0
    found = torch.softmax(x, -1) - F.one_hot(t.clamp(min=0), x.shape[-1])
    return v * found * counts[:, None] / counts.sum(), None


_ROWS, _SOME = torch.tensor([0, 2, 5]), torch.tensor([[0, 3], [5, 1], [2, 4]])
_SEGMENTS, _TARGETS = torch.tensor([0, 0, 1, 1, 2, 2]), torch.tensor([1, 0, 3, 3, 2])

WRONG = {
    "an index twice: stored, not added": (lambda w, i: w[i], _stored, _drawn(6, 3), _ROWS),
    "an index twice: scattered, not added": (
        lambda x, i: x.gather(-1, i),
        lambda v, x, i: (torch.zeros_like(x).scatter(-1, i, v), None),
        _drawn(3, 6), _SOME,
    ),
    "segments of another length": (
        _mean_of_segments, lambda v, _, i: (v[i] / 2, None), _drawn(6, 2), _SEGMENTS,
    ),
    "a target that is ignored": (F.cross_entropy, _entropy, _drawn(5, 4), _TARGETS),
    "the largest twice": (
        lambda x: x.amax(-1), _whole(lambda x: x.amax(-1, keepdim=True)), _drawn(4, 5),
    ),
    "the middle twice": (
        lambda x: x.median(-1).values,
        _whole(lambda x: x.median(-1, keepdim=True).values),
        _drawn(4, 5),
    ),
    "two of a window": (_pooled, _whole_of_pairs, _drawn(2, 3, 8)),
    "a second block": (lambda x: x.cumsum(-1), _summed_in_blocks, _drawn(3, 8)),
    "a row of zeros": (lambda x: F.normalize(x, dim=-1), _direction, _drawn(4, 5)),
}  # fmt: skip

RIGHT = {
    "rows added": (lambda w, i: w[i], _added, _drawn(6, 3), _ROWS),
    "of a permutation what undoes it": (
        lambda x, i: x[i], lambda v, _, i: (v[i.argsort()], None), _drawn(4, 3),
        torch.tensor([2, 0, 3, 1]),
    ),
    "rows stored where none is yet": (
        lambda x, i: torch.zeros(8, 3, dtype=x.dtype).index_put((i,), x),
        lambda v, _, i: (v[i], None), _drawn(3, 3)[:, :3], torch.tensor([0, 2, 5]),
    ),
    "segments by their counts": (
        _mean_of_segments,
        lambda v, _, i: ((v / torch.bincount(i, minlength=3)[:, None])[i], None),
        _drawn(6, 2), _SEGMENTS,
    ),
    "without what is ignored": (F.cross_entropy, _entropy_right, _drawn(5, 4), _TARGETS),
    "the first of the largest": (lambda x: x.amax(-1), _first, _drawn(4, 5)),
    "the first of a window": (_pooled, _first_of_pairs, _drawn(2, 3, 8)),
    "from the right": (
        lambda x: x.cumsum(-1), lambda v, _: _summed_from_the_right(v), _drawn(3, 8),
    ),
    "a length's own derivative": (
        lambda x: F.normalize(x, dim=-1),
        lambda v, x: torch.autograd.functional.vjp(lambda y: F.normalize(y, dim=-1), x, v)[1],
        _drawn(4, 5),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_what_no_given_argument_shows_is_wrong(name):
    """The given ones are right: no two entries are equal, no index is there twice."""
    forward, backward, *given = WRONG[name]

    with pytest.raises(GradientMismatch, match=r" at (entries|rows|an index|one index|axes)"):
        comparisons.check(_written(forward, backward), *given)


@pytest.mark.parametrize("name", WRONG)
def test_what_a_reference_shows_is_wrong_too(name):
    """The same, judged by other code."""
    forward, backward, *given = WRONG[name]

    with pytest.raises(GradientMismatch):
        comparisons.check(_written(forward, backward), *given, reference=forward)


@pytest.mark.parametrize("name", RIGHT)
def test_what_is_right_at_other_arguments_passes(name):
    """Each choice at a tie, each count of a segment."""
    forward, backward, *given = RIGHT[name]
    found = comparisons.check(_written(forward, backward), *given)

    assert found.wrong == 0
    assert (
        any("131 long" in words for words in found.also)
        or "stored" in name
        or "permutation" in name
    )


def test_a_backward_that_raises_where_the_forward_has_a_value_is_told():
    """It is no wrong gradient: whoever meets it sees it."""

    def entropy(v, x, t):
        found = torch.softmax(x, -1)
        found[torch.arange(len(t)), t] -= 1
        return v * found / len(t), None

    found = comparisons.check(_written(F.cross_entropy, entropy), _drawn(5, 4), _TARGETS)

    assert any("one index ignored (its backward raises IndexError" in u for u in found.unasked)


def test_nan_at_the_tip_of_a_norm_is_told():
    """The length of 0 has no derivative: torch.norm takes 0, (x x).sum().sqrt() NaN."""

    def length(x):
        return x.norm(dim=-1)

    written = _written(length, lambda v, x: x / length(x)[..., None] * v[..., None])
    found = comparisons.check(written, _drawn(4, 5))

    assert any("a row is 0 (its gradient is NaN there" in u for u in found.unasked)


@pytest.mark.filterwarnings("error")
def test_no_warning_comes_of_arguments_that_were_not_given():
    """The deviation of one entry has no degree of freedom, of which torch warns."""

    def slope(v, x):
        off = x - x.mean(-1, keepdim=True)
        return off / (x.std(-1, keepdim=True) * (x.shape[-1] - 1)) * v[..., None]

    found = comparisons.check(_written(lambda x: x.std(-1), slope), _drawn(4, 5))

    assert str(found.verdict) == "accurate"


@pytest.mark.parametrize("dtype", [torch.complex64, torch.uint8, torch.uint16, torch.bool])
def test_arguments_of_any_type_are_taken(dtype):
    """torch sorts no complex numbers and counts in no uint16."""
    other = torch.ones(4, 6).to(dtype)
    doubled = _written(lambda x, _: 2 * x, lambda v, *_: (2 * v, None))

    found = comparisons.check(doubled, _drawn(4, 6), other)

    assert str(found.verdict) == "accurate"


def _filled(x):
    """tᵢⱼ = tanh(xᵢⱼ + ½ tᵢ₋₁ⱼ + ½ tᵢⱼ₋₁), one entry after the other, in rows."""
    rows, above = [], [torch.zeros_like(x[0, 0])] * x.shape[1]
    for i in range(x.shape[0]):
        row, left = [], torch.zeros_like(x[0, 0])
        for j in range(x.shape[1]):
            left = torch.tanh(x[i, j] + above[j] / 2 + left / 2)
            row.append(left)
        above = row
        rows.append(torch.stack(row))
    return torch.stack(rows)


def _filled_back(most):
    """Its backward, of so many rows."""

    def backward(v, x):
        t, down = _filled(x), torch.zeros_like(x)
        for i in reversed(range(min(len(x), most))):
            for j in reversed(range(x.shape[1])):
                below = down[i + 1, j] if i + 1 < len(x) else 0
                right = down[i, j + 1] if j + 1 < x.shape[1] else 0
                down[i, j] = (v[i, j] + below / 2 + right / 2) * (1 - t[i, j] ** 2)
        return down

    return backward


def _recurrence(a, x):
    """hᵢ = aᵢ hᵢ₋₁ + (1 − aᵢ) xᵢ, one entry after the other."""
    made = [torch.zeros_like(x[0])]
    for i in range(len(x)):
        made.append(a[i] * made[-1] + (1 - a[i]) * x[i])
    return torch.stack(made[1:])


def _back_in_time(block):
    """Its backward, block by block; each begins anew, which is wrong."""

    def backward(v, a, x):
        h = torch.cat([torch.zeros_like(x[:1]), _recurrence(a, x)[:-1]])
        down, of_a, of_x = torch.zeros_like(v[0]), torch.zeros_like(a), torch.zeros_like(x)
        for i in reversed(range(len(v))):
            down = v[i] + (down if (i + 1) % block else 0)
            of_a[i], of_x[i] = down * (h[i] - x[i]), down * (1 - a[i])
            down = down * a[i]
        return of_a, of_x

    return backward


class TestLoops:
    """A loop over entries is asked at 131 if that is soon done, else at twice its length."""

    def test_a_right_one_passes(self):
        """It is said of how many entries."""
        found = comparisons.check(_written(_filled, _filled_back(1000)), _drawn(3, 3))

        assert any("axes of 3 that are 7 long" in words for words in found.also)

    def test_a_wrong_one_is_rejected(self):
        """It forgets the rows after the fifth."""
        with pytest.raises(GradientMismatch, match="axes of 3 that are 7 long"):
            comparisons.check(_written(_filled, _filled_back(5)), _drawn(3, 3))

    def test_a_second_block_is_asked_of_a_recurrence(self):
        """Its definition is a loop of 131 steps."""
        function = _written(_recurrence, _back_in_time(64))
        with pytest.raises(GradientMismatch, match="axes of 3 that are 131 long"):
            comparisons.check(function, _drawn(3), _drawn(3))


class TestMoves:
    """What is changed, and what stays as its caller keeps it."""

    def test_a_permutation_stays(self):
        """What undoes it goes by its being one."""
        assert moves.of_integers((torch.tensor([2, 0, 1]), _drawn(3))) == {}

    def test_what_is_sorted_stays_sorted(self):
        """Segments may have to be."""
        changes = moves.of_integers((_SEGMENTS,))
        made = {name: change((_SEGMENTS,))[0] for name, change in changes.items()}

        assert made["an index more often"].tolist() == [0, 0, 0, 1, 2, 2]
        assert made["one index ignored"].tolist() == [0, 0, 1, 1, 2, -100]

    def test_entries_of_a_longer_axis_lie_between_those_given(self):
        """Whatever range they were drawn from, they stay in it."""
        x = _drawn(3, 8)
        changes = dict(moves.of_lengths((x,), lambda _: True))
        longer = changes["axes of 8 that are 131 long"]((x,))[0]

        assert longer.shape == (3, 131)
        assert x.min() <= longer.min() <= longer.max() <= x.max()
        assert changes["axes of 8 that are 1 long"]((x,))[0].shape == (3, 1)

    def test_lengths_at_which_code_does_not_run_are_left_out(self):
        """The next one is taken."""
        x = _drawn(3, 8)
        runs = lambda change: max(change((x,))[0].shape) < 100  # noqa: E731 - one expression
        names = list(dict(moves.of_lengths((x,), runs)))

        assert names[:2] == ["axes of 3 that are 67 long", "axes of 3 that are 1 long"]
        runs = lambda change: max(change((x,))[0].shape) < 20  # noqa: E731 - one expression
        names = list(dict(moves.of_lengths((x,), runs)))
        assert names[2:] == ["axes of 8 that are 17 long", "axes of 8 that are 1 long"]

    @pytest.mark.parametrize(
        "chosen", [torch.softmax(_drawn(3, 8), -1), _drawn(3, 8).sort(-1).values, torch.ones(8)]
    )
    def test_an_axis_along_which_numbers_were_chosen_stays(self, chosen: Tensor):
        """Rows that sum to one, sorted, all one."""
        changes = dict(moves.of_lengths((chosen,), lambda _: True))
        assert not [name for name in changes if name.startswith("axes of 8")]
