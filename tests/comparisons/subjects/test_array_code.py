"""Layers and losses of arrays: torch beside the graph, each beside numbers of another origin."""

import subprocess
import sys
from dataclasses import replace

import mpmath
import numpy as np
import pytest
import torch
from sampled import in_turns, sampled

import comparisons
import symdiff
from comparisons import Status, Verdict
from comparisons.dtypes import FLOAT_TYPES, float_type
from comparisons.inputs.drawn import LENGTHS
from comparisons.results.code.reproduction import reproduction
from comparisons.subjects.choose import subject_of as chosen
from symdiff.bridge.evaluator import Evaluator
from symdiff.graph.signature import Signature
from symdiff.oracle.adjoints import enclose_adjoints

# torch.nn.KLDivLoss warns that its mean is not what the mathematics calls the divergence.
pytestmark = pytest.mark.filterwarnings("ignore:reduction. 'mean' divides:UserWarning")

OPTIONS = {
    "softmax": [{}, {"axes": "n c h", "over": "c"}, {"axes": "c", "over": "c"}],
    "log_softmax": [{}, {"axes": "c h", "over": "c"}],
    "logsumexp": [{}, {"axes": "n c h", "over": "c"}],
    "sparsemax": [{}, {"axes": "n c h", "over": "c"}],
    "layer_norm": [{}, {"eps": "0.001"}],
    "rms_norm": [{}, {"eps": "0.001"}],
    "maxout": [{}, {"ties": "first"}],
    "attention": [{}, {"causal": True}],
    "cross_entropy": [
        {"weighted": True, "label_smoothing": "0.1", "ignore_index": 2},
        {"target": "probabilities"},
        {"target": "probabilities", "weighted": True, "label_smoothing": "0.25"},
    ],
    "nll": [{"weighted": True}, {"ignore_index": 1}],
    "kl_div": [{"log_target": True}, {"reduction": "batchmean"}],
    "multi_margin": [{"p": 2}, {"weighted": True, "margin": "0.5"}],
    "multilabel_soft_margin": [{"weighted": True}],
    "binary_cross_entropy": [{"weighted": True}],
    "binary_cross_entropy_with_logits": [
        {"weighted": True},
        {"pos_weighted": True},
        {"weighted": True, "pos_weighted": True},
    ],
    "margin_ranking": [{"margin": "0.5"}],
    "hinge_embedding": [{"margin": 2}],
    "poisson_nll": [{"log_input": False}, {"full": True}],
    "gaussian_nll": [{"full": True}],
    "cosine_embedding": [{"margin": "0.25"}],
    "triplet_margin": [{"swap": True}, {"margin": 2}, {"norm": 1}, {"norm": 3}],
}
LAYERS = [(n, o) for n in symdiff.layers for o in OPTIONS.get(n, [{}])]
LOSSES = [(n, {"reduction": r}) for n in symdiff.array_losses for r in ("none", "sum", "mean")]
LOSSES += [(n, o) for n in symdiff.array_losses for o in OPTIONS.get(n, [])]
POINTWISE = [
    (n, {"reduction": r})
    for n in symdiff.losses
    if n != "half_squared"  # the tutorial's: torch has none
    for r in ("none", "sum", "mean")
]
NO_KERNEL = {  # torch 2.13 on the CPU
    (name, t) for name in ("multi_margin", "multilabel_margin") for t in ("bfloat16", "float16")
}
# Running sums of entries of ±1000 in 16 bits: another support than the true one, or none.
KNOWN = {("sparsemax", t) for t in ("bfloat16", "float16")}
# e^(−tx) overflows: see test_findings.py.
KNOWN |= {("soft_margin", t) for t in FLOAT_TYPES}
# At ±1000 what is normalised is a small difference of large numbers: 16 bits leave it no digit.
UNTOLD = {("layer_norm", "bfloat16"), ("group_norm", "bfloat16"), ("group_norm", "float16")}
DIGITS = 60
STEP = mpmath.mpf(10) ** -20


def subject_of(name, options):
    """The subject; a pointwise loss has a reduction."""
    if name in symdiff.losses:
        return comparisons.array_loss(name, **options)
    return chosen(name, None, options)


def case_id(value):
    """softmax-axes=n c h."""
    return "-".join(f"{k}={v}" for k, v in value.items()) if isinstance(value, dict) else value


def drawn_only(subject, dtype="float64"):
    """The inputs without the rows on borders, where there is no derivative, or several."""
    inputs = subject.sample(float_type(dtype))
    axes = {i.name: i.axes for i in subject.graph.inputs} | {"v": subject.graph.output.axes}
    with_rows = [n for n in inputs if axes[n][:1] == ("n",)]
    few = min(LENGTHS["n"], *(len(inputs[n]) for n in with_rows)) if with_rows else 0
    return {n: a[:few] if n in with_rows else a for n, a in inputs.items()}


CASES = LAYERS + LOSSES + POINTWISE
EVERY = pytest.mark.parametrize(("name", "options"), CASES, ids=case_id)


@EVERY
def test_torch_s_jacobian_is_that_of_the_closed_form(name, options):
    """torch.autograd.functional.jacobian in float64, contracted with the cotangent."""
    subject = subject_of(name, options)
    inputs = drawn_only(subject)
    adjoints = symdiff.adjoints(subject.graph)
    names = [i.name for i in subject.graph.inputs]
    tensors = tuple(torch.tensor(inputs[n], dtype=torch.float64) for n in names)

    def function(*given):
        return subject.forward(**dict(zip(names, given, strict=True)))

    jacobian = torch.autograd.functional.jacobian(function, tensors)
    found = adjoints.lambdify()(**inputs)
    v = inputs.get("v", np.ones(()))
    assert set(names) & set(found)
    for n, j in zip(names, jacobian, strict=True):
        expected = np.tensordot(v, j.numpy(), axes=v.ndim)
        # A row without variance is divided by √ε: what rounds at 1 shows 300 times larger.
        np.testing.assert_allclose(
            found.get(n, np.zeros_like(expected)), expected, rtol=1e-10, atol=1e-12
        )


@EVERY
def test_the_enclosure_holds_the_values_at_60_digits(name, options):
    """And is certified, at every entry of every adjoint."""
    subject = subject_of(name, options)
    inputs = drawn_only(subject)
    adjoints = symdiff.adjoints(subject.graph)
    enclosed = enclose_adjoints(adjoints, inputs)
    with mpmath.workdps(DIGITS):
        numbers = adjoints.lambdify("mpmath")(**inputs)
        for n, enclosure in enclosed.items():
            assert enclosure.certified.all()
            values = np.broadcast_to(np.asarray(numbers[n], dtype=object), enclosure.shape)
            parts = (enclosure.high, enclosure.low, enclosure.bound)
            for value, high, low, bound in zip(values.flat, *(p.flat for p in parts), strict=True):
                off = abs(mpmath.mpf(value) - mpmath.mpf(float(high)) - mpmath.mpf(float(low)))
                assert off <= float(bound) + mpmath.mpf(10) ** -50 * (1 + abs(value))


@pytest.mark.parametrize(("name", "options"), sampled(CASES, 2), ids=case_id)
def test_a_central_difference_at_60_digits_is_the_adjoint(name, options):
    """Of the primal alone, at step 10⁻²⁰: no rule and no sweep has a part in it."""
    subject = subject_of(name, options)
    graph = subject.graph
    inputs = away_from_ties(drawn_only(subject))
    adjoints = symdiff.adjoints(graph)
    signature = Signature(graph.name, {i.name: i.axes for i in graph.inputs}, graph.parameters)
    primal = Evaluator(signature, {"y": graph.output}, "mpmath")
    with mpmath.workdps(DIGITS):
        exact = {k: np.frompyfunc(mpmath.mpf, 1, 1)(a) for k, a in inputs.items()}
        truth = adjoints.lambdify("mpmath")(**inputs)
        v = exact.pop("v", np.asarray(mpmath.mpf(1), dtype=object))

        def moved(n, entry, by):
            array = exact[n].copy()
            array[entry] += by
            return np.sum(primal(**{**exact, n: array})["y"] * v)

        for n in set(exact) & set(truth):
            for entry in some_entries(exact[n].shape):
                slope = (moved(n, entry, STEP) - moved(n, entry, -STEP)) / (2 * STEP)
                size = 1 + max(abs(x) for x in np.ravel(truth[n]))
                assert abs(slope - np.asarray(truth[n])[entry]) < size * mpmath.mpf(10) ** -28


def away_from_ties(inputs):
    """The inputs without −100 and without points at a kink, which have no derivative."""
    return {n: np.where(a == 0, 0.125, a) if n == "x" else a for n, a in inputs.items()}


def some_entries(shape, most=7):
    """Evenly spread entries of an array, the first among them."""
    size = int(np.prod(shape))
    chosen = np.unique(np.linspace(0, size - 1, min(size, most)).astype(int))
    return [tuple(map(int, np.unravel_index(i, shape))) for i in chosen]


@pytest.mark.parametrize(("name", "options", "dtype"), in_turns(CASES, FLOAT_TYPES), ids=case_id)
def test_each_has_a_verdict_in_each_type(name, options, dtype, compare_gradients):
    """Certified, and sound in torch 2.13; where torch has no kernel, that is what is said."""
    if (name, str(dtype)) in NO_KERNEL:
        with pytest.raises(
            TypeError, match=f"{name}.* failed on torch.{dtype} tensors: .*not impl"
        ):
            comparisons.compare(subject_of(name, options), dtype=dtype)
        return
    result = compare_gradients.compare(subject_of(name, options), dtype=dtype)

    assert result.adjoints
    if name != "multilabel_margin":  # at a tie of a maximum nothing is certified but an interval
        assert all(a.certified for a in result.adjoints.values())
    if (name, str(dtype)) in KNOWN:
        assert result.verdict is Verdict.DISAGREES
    elif (name, str(dtype)) in UNTOLD and not options:
        assert result.verdict is Verdict.INCONCLUSIVE
    else:
        assert not result.verdict.worse_than(Verdict.AGREES), result


def test_a_name_is_enough():
    """compare("softmax") is torch's own softmax; options are keywords."""
    assert comparisons.compare("softmax").subject.code == "torch.nn.functional.softmax(x, 1)"
    assert comparisons.compare("softmax", axes="c h").subject.code.endswith("softmax(x, 0)")


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: comparisons.layer("sofmax"), "unknown layer 'sofmax'; known are softmax,"),
        (lambda: comparisons.layer("attention", head=2), "no option 'head'; it has causal"),
        (lambda: comparisons.array_loss("mse", reduction="max"), "unknown reduction 'max'"),
    ],
)
def test_what_is_unknown_is_refused(call, sentence):
    """One sentence, with what there is."""
    with pytest.raises(ValueError, match=sentence):
        call()


def wrong_softmax(backward):
    """softmax with another backward, of s and the cotangent."""

    class Wrong(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            s = torch.softmax(x, 1)
            ctx.save_for_backward(s)
            return s

        @staticmethod
        def backward(ctx, v):
            return backward(*ctx.saved_tensors, v)

    def forward(x):  # by keyword, which apply does not take
        return Wrong.apply(x)

    return replace(comparisons.layer("softmax"), forward=forward)


def wrong_layer_norm(missing):
    """LayerNorm's x̂ with a term of its backward left out."""

    class Wrong(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            sigma = (x.var(1, keepdim=True, unbiased=False) + 1e-5).sqrt()
            unit = (x - x.mean(1, keepdim=True)) / sigma
            ctx.save_for_backward(unit, sigma)
            return unit

        @staticmethod
        def backward(ctx, v):
            unit, sigma = ctx.saved_tensors
            terms = {
                "mean": v.mean(1, keepdim=True),
                "projection": unit * (v * unit).mean(1, keepdim=True),
                "nothing": 0 * v,
            }
            terms.pop(missing)
            return (v - sum(terms.values())) / sigma

    return lambda x, gamma, beta: gamma * Wrong.apply(x) + beta


@pytest.mark.parametrize("dtype", FLOAT_TYPES)
class TestAWrongBackwardIsRejected:
    def test_softmax_without_its_sum(self, dtype):
        """A term less, in every type."""
        wrong = wrong_softmax(lambda s, v: s * v)

        assert comparisons.compare(wrong, dtype=dtype).verdict is Verdict.DISAGREES

    @pytest.mark.parametrize("missing", ["mean", "projection"])
    def test_layer_norm_without_a_term(self, dtype, missing):
        """Either of the two that its statistics give."""
        wrong = replace(comparisons.layer("layer_norm"), forward=wrong_layer_norm(missing))

        assert comparisons.compare(wrong, dtype=dtype).verdict is Verdict.DISAGREES


class Scaled(torch.autograd.Function):
    """The identity with a gradient 0.09 % too large."""

    @staticmethod
    def forward(_, x):  # noqa: D102 - as torch documents
        return x.clone()

    @staticmethod
    def backward(_, v):  # noqa: D102 - as torch documents
        return 1.0009 * v


@pytest.mark.parametrize(
    ("name", "options", "dtype"), in_turns(CASES, ["float64", "float32"]), ids=case_id
)
def test_a_factor_of_1_0009_is_rejected(name, options, dtype):
    """gradcheck lets it pass; here no conditioning excuses it, for any layer or loss."""
    subject = subject_of(name, options)

    def forward(**tensors):
        return subject.forward(**{n: Scaled.apply(x) for n, x in tensors.items()})

    wrong = replace(subject, forward=forward)
    assert comparisons.compare(wrong, dtype=dtype).verdict is Verdict.DISAGREES


def test_a_layer_norm_written_out_with_all_its_terms_is_not():
    """The mutants above are rejected for what they lack: the whole formula agrees."""
    whole = replace(comparisons.layer("layer_norm"), forward=wrong_layer_norm("nothing"))

    assert not comparisons.compare(whole).verdict.worse_than(Verdict.AGREES)


@pytest.mark.parametrize("ties", ["even", "first"])
def test_pieces_that_are_equal_share_the_gradient_or_do_not(ties):
    """torch.amax shares it evenly and torch.max gives it to one: each is right as itself.

    Where the graph says `first`, an even share is inside the interval too. Where it says `even`,
    nothing of x̄ is certified, to which every tie leads.
    """
    subject = comparisons.layer("maxout", ties=ties)
    other = comparisons.layer("maxout", ties="first" if ties == "even" else "even")
    inputs = dict(subject.sample(float_type("float32")))
    inputs["W"][1], inputs["b"][1] = inputs["W"][0], inputs["b"][0]
    inputs["b"][:2] += 100  # the two equal ones are the largest

    own = comparisons.compare(subject, inputs=inputs).adjoints
    undecided = {"x"} if ties == "even" else set()
    assert {n for n, a in own.items() if a.verdict is Verdict.INCONCLUSIVE} == undecided
    assert {a.verdict for n, a in own.items() if n not in undecided} == {Verdict.ACCURATE}
    swapped = replace(subject, forward=other.forward)
    found = comparisons.compare(swapped, inputs=inputs)
    assert found.verdict is (Verdict.ACCURATE if ties == "first" else Verdict.DISAGREES)
    assert (Status.KINK_INSIDE in found.counts()) == (ties == "first")


def test_a_clamped_variance_keeps_its_gradient():
    """Below ε, as torch documents: "the clamping is ignored with respect to autograd"."""
    subject = comparisons.array_loss("gaussian_nll")
    inputs = dict(subject.sample(float_type("float64")))
    inputs["s"][:3] = [1e-8, 0.0, 1e-6]
    result = comparisons.compare(subject, inputs=inputs)

    assert result.verdict is Verdict.ACCURATE
    assert (result.adjoints["s"].computed[:3] != 0).all()


@pytest.mark.parametrize("engine", ["reverse", "grad", "accumulated", "func_vjp", "noncontiguous"])
@pytest.mark.parametrize("name", ["softmax", "cross_entropy", "attention"])
def test_every_engine_that_takes_arrays_takes_these(name, engine):
    """torch.func has zeros, not None, for class indices: that is no gradient either."""
    result = comparisons.compare(name, engine=engine, dtype="float32")

    assert not result.verdict.worse_than(Verdict.AGREES), result


def test_the_reproduction_is_whole():
    """Run by itself, with nothing but torch, it prints the gradient that was judged."""
    names = ("softmax", "layer_norm", "cross_entropy", "attention")
    results = [comparisons.compare(name, dtype="float32") for name in names]
    code = "\n".join(f"exec({reproduction(result)!r}, {{}})" for result in results)
    printed = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout

    worst = [result.worst_adjoint for result in results]
    assert [float(line) for line in printed.split()] == [a.computed[a.worst_index] for a in worst]
