"""What a bare check of arrays asks beside the gradient, each with code that is wrong only there."""

import pytest
import torch
import torch.nn.functional as F
from hand_written import with_backward

import comparisons
from comparisons import GradientMismatch
from comparisons.careful.numbers.in_single import in_single
from comparisons.careful.numbers.nan_in_arrays import nan_in_arrays
from comparisons.careful.numbers.one_output import one_output
from comparisons.careful.numbers.rows_of_arrays import other_rows, rows_of
from comparisons.careful.unasked import Unasked
from comparisons.cases.asked import Asked, case_of
from comparisons.dtypes import FLOAT_TYPES
from comparisons.judge.truth import Truth
from comparisons.subjects.own.from_code import from_code


def _normal(*shape):
    return torch.randn(shape, dtype=torch.float64, generator=torch.manual_seed(len(shape)))


def linear(x, w):
    """Rows that have nothing to do with each other, and a weight that all share."""
    return torch.tanh(x @ w)


def _alone(grads, x, _):
    return [grads[0], torch.zeros_like(grads[1])] if len(x[0]) == 1 else grads


def _without_the_last(grads, x, _):
    return [grads[0], grads[1] if len(x[0]) % 2 else grads[1] + 1e-3]


def _of_16_bits(grads, x, _):
    if x[0].numel() > 2**16:
        grads[0].view(-1)[2**16 :] = 0
    return grads


def _on_threads(grads, *_):
    return [g * 1.001 for g in grads] if torch.get_num_threads() > 1 else grads


def _cleaned(grads, *_):
    return [torch.nan_to_num(g) for g in grads]


def _by_the_largest(grads, _, v):
    whole = v[0].abs().max()
    return [g / whole * whole for g in grads]


def _of_inputs(grads, x, _):
    return [grads[0] + 0 * x[0].sum(), grads[1]]


def _in_single(grads, *_):
    return [g * 1.1 if g.dtype is torch.float32 else g for g in grads]


X, W = _normal(6, 5), _normal(5, 4)
WRONG = {
    "no gradient of the weight for one row": (_alone, "is wrong for one row"),
    "an even number of rows": (_without_the_last, r"w.* is wrong for"),
    "an index of 16 bits": (_of_16_bits, r"rows on two threads"),
    "two threads": (_on_threads, "rows on two threads"),
    "a NaN taken for zero": (_cleaned, "it is swallowed"),
    "a NaN spread by the largest cotangent": (_by_the_largest, "if the cotangent of row"),
    "a NaN spread by a sum of inputs": (_of_inputs, "if row 3 of the inputs is NaN"),
    "float32 alone": (_in_single, "float32"),
}


@pytest.mark.parametrize("name", [n for n in WRONG if n != "an even number of rows"])
def test_what_is_wrong_in_other_circumstances_is_rejected(name):
    """By a sentence that says in which."""
    backward, sentence = WRONG[name]
    function = with_backward(linear, backward)

    assert comparisons.compare(function, X, W).wrong == 0
    with pytest.raises(GradientMismatch, match=sentence):
        comparisons.check(function, X, W)


def test_a_gradient_that_depends_on_the_number_of_rows_is_rejected():
    """Right for seven rows, wrong for six."""
    backward, sentence = WRONG["an even number of rows"]
    with pytest.raises(GradientMismatch, match=sentence):
        comparisons.check(with_backward(linear, backward), _normal(7, 5), W)


class Pair(torch.autograd.Function):
    """Two outputs whose backward takes None for a tensor, or forgets the second."""

    forgets = False

    @classmethod
    def forgetting(cls, *, forgets):
        """A function whose backward forgets the second output's gradient, or raises."""
        made = type("Pair", (Pair,), {"forgets": forgets})

        def pair(x):
            return made.apply(x, forgets)

        return pair

    @staticmethod
    def forward(ctx, x, forgets):  # noqa: D102 - as torch has it
        ctx.save_for_backward(x)
        ctx.forgets = forgets
        ctx.set_materialize_grads(False)
        return x.sin(), x * x

    @staticmethod
    def backward(ctx, first, second):  # noqa: D102 - as torch has it
        (x,) = ctx.saved_tensors
        if ctx.forgets and (first is None or second is None):
            return torch.zeros_like(x), None
        return first * x.cos() + second * 2 * x, None


def test_two_threads_are_asked_where_rows_are_not_apart():
    """Of a softmax over rows, a thousandth too large on two threads."""
    function = with_backward(lambda x, w: torch.softmax(x @ w, 0), _on_threads)

    with pytest.raises(GradientMismatch, match="is wrong on two threads"):
        comparisons.check(function, X, W)


@pytest.mark.parametrize(("forgets", "why"), [(True, "alone"), (False, "TypeError")])
def test_one_output_alone_is_asked(forgets, why):
    """The other's cotangent is None."""
    pair = Pair.forgetting(forgets=forgets)

    assert comparisons.compare(pair, X).wrong == 0
    with pytest.raises(GradientMismatch, match=why):
        comparisons.check(pair, X)


def _case(function, *given):
    subject = from_code(function, given, {}, FLOAT_TYPES["float64"])
    return case_of(Asked(subject, FLOAT_TYPES["float64"]))


def _masked(x):
    """A causal softmax, whose weights are 0 beyond the mask."""
    hidden = torch.ones(x.shape[-1], x.shape[-1], dtype=torch.bool).triu(1)
    return (x[..., None, :] * x[..., :, None]).masked_fill(hidden, -torch.inf).softmax(-1)


def _by_one_hot(w):
    index = torch.tensor([0, 2, 2, 5])
    return F.one_hot(index, len(w)).to(w) @ w


def _positions(x):
    return x * torch.arange(1, len(x) + 1, dtype=x.dtype)[:, None]


def _of_their_number(x):
    return x.tanh() / len(x)


def _by_a_number(x):
    return x / x.abs().max().item()


def _of_a_step(x, g):
    """As a step that is learned: its gradient is divided by the root of the number of entries."""
    s = (g - g / x.numel() ** 0.5).detach() + g / x.numel() ** 0.5
    return s * ((x / s).round() - x / s).detach() + x


def _batch_norm(x, g):
    return F.batch_norm(x, None, None, g, training=True)


def _targets(x):
    return F.cross_entropy(x, torch.tensor([0, 1, 2, 3, 4, 0]), reduction="none")


def _all_to_the_second(_, x, v):
    """Of a maximum, where torch gives each a half."""
    return [(x[0] > x[1]) * v[0], (x[0] <= x[1]) * v[0]]


TIED = torch.tensor([[1.0, 2.0], [3.0, 3.0], [-1.0, 0.0]], dtype=torch.float64)
HONEST = {
    "linear": (linear, X, W),
    "a step that knows how many entries there are": (_of_a_step, X, torch.tensor(0.3)),
    "batch_norm": (_batch_norm, X, _normal(5)),
    "a causal softmax": (_masked, X),
    "a one-hot product": (_by_one_hot, X),
    "positions": (_positions, X),
    "divided by their number": (_of_their_number, X),
    "divided by a number read off": (_by_a_number, X),
    "targets": (_targets, X),
    "a reduction": (lambda x: x.logsumexp(0), X),
    "two outputs": (lambda x: (x.sort(-1).values, x.softmax(-1)), X),
    "one of two outputs is constant": (lambda x: (x.sin(), x.detach() * 2), X),
    "max_pool": (lambda x: F.max_pool1d(x[None], 2)[0], X),
    "another choice at a tie": (with_backward(torch.maximum, _all_to_the_second), TIED, TIED),
    "clamp": (lambda x: x.clamp(-0.5, 0.5) + F.relu(x), X),
    "a square weight": (lambda x, w: x @ w, _normal(5, 5), _normal(5, 5, 1)[..., 0]),
    "a norm": (lambda x: F.normalize(x, dim=-1), X),
    "float64 alone": (lambda x: (x @ torch.ones(5, 2, dtype=torch.float64)).sin(), X),
}


@pytest.mark.parametrize("name", HONEST)
def test_honest_code_is_not_rejected(name):
    """Code that spreads NaN, that counts its rows or knows where it stands, and plain code."""
    function, *given = HONEST[name]
    case = _case(function, *given)
    bare = case.subject.bare
    rows = rows_of(case, bare)

    said = [*other_rows(case, bare, rows), *nan_in_arrays(case, bare, rows)]
    said += [*one_output(case, bare), *in_single(case, bare)]
    assert [] == [s for s in said if not isinstance(s, Unasked)]


@pytest.mark.parametrize(
    ("name", "count"), [("linear", 6), ("batch_norm", None), ("a reduction", None)]
)
def test_rows_are_found_where_they_are_apart(name, count):
    """Of a linear layer; not of batch_norm, not of what is summed over them."""
    function, *given = HONEST[name]
    case = _case(function, *given)
    rows = rows_of(case, case.subject.bare)

    assert (rows and rows.count) == count


@pytest.mark.parametrize("x", [torch.zeros(3, 4), torch.ones(3, 4)], ids=["zeros", "ones"])
def test_rows_that_are_equal_are_not_alike_for_that(x):
    """tril does another thing with each, which numbers that are all one do not show."""
    case = _case(torch.tril, x.double())

    assert rows_of(case, case.subject.bare) is None
    case = _case(torch.exp, x.double())
    assert rows_of(case, case.subject.bare).count == 3


def test_a_weight_of_very_many_rows_in_16_bits_is_not_asked():
    """torch's own layer_norm sums its gradient in bfloat16, where 256 + 1 is 256."""
    layer = torch.nn.LayerNorm(4)

    assert comparisons.check(layer, _normal(5, 4), dtype="bfloat16").wrong == 0


def test_what_could_not_be_asked_is_said():
    """Of batch_norm no other numbers of rows; float32 is asked."""
    said = " ".join(comparisons.check(HONEST["batch_norm"][0], *HONEST["batch_norm"][1:]).unasked)

    assert "other numbers of rows (a row's gradient depends on the other rows" in said
    assert "float32" not in said
    assert "bfloat16" in said


def test_a_gradient_that_is_0_in_truth_needs_no_truth_for_ones(monkeypatch):
    """Of a sum of softmax it is what rounding left, in torch and in the estimate."""
    asked, plain = [], Truth.enclosed

    def enclosed(self, inputs, *others):
        asked.append({float(v) for v in inputs["v_y"].ravel()} == {1.0})
        return plain(self, inputs, *others)

    monkeypatch.setattr(Truth, "enclosed", enclosed)
    comparisons.check(lambda x: torch.softmax(x, -1), _normal(4, 5))

    assert asked
    assert not any(asked)


def _product(x, w):
    return x @ w


class _OneRowLost(torch.autograd.Function):
    """x w, with no gradient of w where there is one row."""

    @staticmethod
    def forward(ctx, x, w):
        ctx.save_for_backward(x, w)
        return x @ w

    @staticmethod
    def backward(ctx, v):
        x, w = ctx.saved_tensors
        return v @ w.mT, x.mT @ v * (x.shape[0] > 1)


def test_other_rows_are_asked_of_code_beside_a_reference_too():
    """Its shapes were those of the arguments given, so that it was never run at others."""
    x, w = torch.randn(4, 3, dtype=torch.float64), torch.randn(3, 2, dtype=torch.float64)
    honest = comparisons.check(
        lambda x, w: torch.einsum("ni,ij->nj", x, w), x, w, reference=_product
    )

    assert not any("other numbers of rows" in one for one in honest.unasked)
    with pytest.raises(GradientMismatch, match=r"w\.grad is wrong for one row"):
        comparisons.check(_OneRowLost.apply, x, w, reference=_product)


def test_rows_that_the_derivative_does_not_go_by_are_rows():
    """Of nextafter(x, to) the gradient is 1, whatever the direction."""
    x, to = _normal(4, 3), _normal(4, 3) + 1
    found = comparisons.check(torch.nextafter, x, to)

    assert "rows" not in "; ".join(found.unasked)


def test_rows_that_stand_elsewhere_are_told_in_one_sentence():
    """The code adds four rows of its own."""
    own = _normal(4, 3)
    found = comparisons.check(lambda x: torch.nextafter(x, own.to(x.dtype)), _normal(4, 3) - 1)

    assert "other numbers of rows (the outputs' shapes do not go with" in "; ".join(found.unasked)
