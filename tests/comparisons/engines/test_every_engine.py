"""Each way of differentiating against the truth, and against wrong kernels that only it can see."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from sampled import in_turns

import comparisons
from comparisons import ENGINES, Verdict
from comparisons.dtypes import FLOAT_TYPES
from comparisons.results.code.reproduction import reproduction

FIRST_ORDER = [
    n for n, e in ENGINES.items() if e.order == 1 and n not in ("compiled", "noncontiguous")
]
SECOND_ORDER = [n for n, e in ENGINES.items() if e.order == 2]


@pytest.mark.parametrize(("name", "dtype"), in_turns(["tanh", "gelu", "elu", "huber"], FLOAT_TYPES))
def test_first_order_engines_agree_with_the_truth(name, dtype):
    """Reverse, forward, functional and every layout: at no finite input is torch wrong."""
    table = comparisons.compare_engines(name, dtype=dtype, engines=FIRST_ORDER)

    assert set(table) == set(FIRST_ORDER)
    for engine in table:
        assert not table[engine].verdict.worse_than(Verdict.FAILS_AT_INFINITY), table[engine]
        assert all(a.certified for a in table[engine].adjoints.values())


@pytest.mark.parametrize(
    ("name", "dtype"), in_turns(["tanh", "elu", "softplus", "sigmoid"], FLOAT_TYPES, at_once=2)
)
def test_second_order_engines_agree_with_the_second_derivative(name, dtype):
    """f'' derived by symdiff is what torch's backward of its backward gives."""
    table = comparisons.compare_engines(name, dtype=dtype, engines=SECOND_ORDER)

    assert set(table) == set(SECOND_ORDER)
    for engine in table:
        assert not table[engine].verdict.worse_than(Verdict.FAILS_AT_INFINITY), table[engine]


@pytest.mark.parametrize("subject", ["gelu", "snake"])
def test_what_inductor_compiles_agrees(subject):
    """`torch.compile` of torch's function and of a line of torch; skipped without a compiler."""
    reason = ENGINES["compiled"].unavailable()
    if reason:
        pytest.skip(reason)
    result = comparisons.compare(subject, dtype="float32", engine="compiled")

    assert not result.verdict.worse_than(Verdict.FAILS_AT_INFINITY), result


def test_without_a_compiler_the_compiled_engine_says_so(monkeypatch):
    """The reason is a sentence, in the table and in the error."""
    monkeypatch.setattr("shutil.which", lambda _: None)
    table = comparisons.compare_engines("tanh", dtype="float32", engines=["reverse", "compiled"])

    assert "C++ compiler" in table.absent["compiled"]
    assert "not asked" in repr(table)
    with pytest.raises(ValueError, match="C\\+\\+ compiler"):
        comparisons.compare("tanh", dtype="float32", engine="compiled")


@pytest.mark.parametrize("engine", [*FIRST_ORDER, *SECOND_ORDER])
@pytest.mark.parametrize("name", ["sigmoid", "mish"])
def test_the_reproduction_prints_what_the_engine_computed(engine, name):
    """One line of plain torch, executed, gives the gradient that was judged."""
    at = {"z": np.linspace(-3, 3, 64)}
    result = comparisons.compare(name, dtype="float64", engine=engine, inputs=at)
    printed = []
    exec(reproduction(result), {"print": printed.append})  # noqa: S102 - that it runs is tested

    assert printed == [result.worst.computed]


class _RightThenWrong(torch.autograd.Function):
    """x³: a right backward whose own backward has 5x for 6x."""

    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x**3

    @staticmethod
    def backward(ctx, cotangent):
        (x,) = ctx.saved_tensors
        return _Slope.apply(x) * cotangent


class _Slope(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return 3 * x**2

    @staticmethod
    def backward(ctx, cotangent):
        (x,) = ctx.saved_tensors
        return 5 * x * cotangent


class _WrongTangent(torch.autograd.Function):
    """x²: a right backward beside a jvp that has x for 2x."""

    @staticmethod
    def forward(x):
        return x * x

    @staticmethod
    def setup_context(ctx, inputs, output):  # noqa: ARG004 - torch's signature
        ctx.save_for_backward(*inputs)
        ctx.save_for_forward(*inputs)

    @staticmethod
    def backward(ctx, cotangent):
        (x,) = ctx.saved_tensors
        return 2 * x * cotangent

    @staticmethod
    def jvp(ctx, tangent):
        (x,) = ctx.saved_tensors
        return x * tangent


class _Layout(torch.autograd.Function):
    """x² whose backward is wrong where `broken` says so of the tensor."""

    @staticmethod
    def forward(ctx, x, broken):
        ctx.save_for_backward(x)
        ctx.broken = broken(x)
        return x * x

    @staticmethod
    def backward(ctx, cotangent):
        (x,) = ctx.saved_tensors
        return 2 * x * cotangent * (1 - 0.01 * ctx.broken), None


MODERATE = {"z": np.linspace(-4, 4, 801)}


def verdicts(function, definition, engines):
    """Which engines find the function wrong."""
    table = comparisons.compare_engines(function, definition, engines=engines, inputs=MODERATE)
    return {engine: table[engine].verdict is Verdict.DISAGREES for engine in table}


def test_a_wrong_double_backward_is_seen_by_second_order_alone():
    """6x that is 5x: reverse agrees, reverse over reverse does not."""
    found = verdicts(_RightThenWrong.apply, "z**3", ["reverse", "grad", "reverse_over_reverse"])

    assert found == {"reverse": False, "grad": False, "reverse_over_reverse": True}


def test_a_wrong_tangent_is_seen_by_forward_mode_alone():
    """A jvp of x where 2x belongs, beside a right backward."""
    engines = ["reverse", "func_vjp", "jvp", "forward_ad"]
    found = verdicts(_WrongTangent.apply, "z**2", engines)

    assert found == {"reverse": False, "func_vjp": False, "jvp": True, "forward_ad": True}


@pytest.mark.parametrize(
    ("broken", "seen_by"),
    [
        (lambda x: not x.is_contiguous(), {"strided", "transposed"}),
        (lambda x: x.numel() == 1, {"single", "tails"}),
        (lambda x: x.numel() == 33, {"tails"}),
        (lambda x: bool(x.isnan().any()), {"with_nan"}),
        (lambda x: x.dim() == 2, {"transposed"}),
    ],
    ids=["stride", "one element", "a tail of 33", "a NaN beside", "two axes"],
)
def test_a_kernel_that_is_wrong_in_one_layout_is_seen_in_that_layout(broken, seen_by):
    """1 % off for a stride, a length, a neighbour: only the layout that has it disagrees."""
    engines = ["reverse", "strided", "transposed", "single", "tails", "with_nan"]
    found = verdicts(lambda x: _Layout.apply(x, broken), "z**2", engines)

    assert {engine for engine, wrong in found.items() if wrong} == seen_by


class TestCotangents:
    @pytest.mark.parametrize("cotangent", ["random", "subnormal", "largest", "zero"])
    @pytest.mark.parametrize("dtype", FLOAT_TYPES)
    def test_the_truth_is_the_cotangent_times_the_slope(self, cotangent, dtype):
        """elu and sigmoid hold for each; products at the edges of the type included."""
        for name in ("elu", "sigmoid"):
            result = comparisons.compare(
                name, dtype=dtype, points="structured", cotangent=cotangent
            )
            assert not result.verdict.worse_than(Verdict.FAILS_AT_INFINITY), result
            assert all(a.certified for a in result.adjoints.values())

    def test_a_given_cotangent_is_what_the_gradient_is_multiplied_with(self):
        """v = 3 at z = 2 under z²: 12."""
        result = comparisons.compare(
            lambda z: z * z, "z**2", inputs={"z": [2.0]}, cotangent=np.array([3.0])
        )
        assert result.adjoints["z"].truth.tolist() == [12.0]
        assert result.adjoints["z"].computed.tolist() == [12.0]

    def test_a_backward_that_forgets_the_cotangent_is_seen(self):
        """Right for ones, wrong for anything else."""

        class Forgetful(torch.autograd.Function):
            @staticmethod
            def forward(ctx, x):
                ctx.save_for_backward(x)
                return x * x

            @staticmethod
            def backward(ctx, cotangent):
                (x,) = ctx.saved_tensors
                return 2 * x + 0 * cotangent

        plain = comparisons.compare(Forgetful.apply, "z**2", inputs=MODERATE)
        other = comparisons.compare(Forgetful.apply, "z**2", inputs=MODERATE, cotangent="random")
        assert plain.verdict is Verdict.ACCURATE
        assert other.verdict is Verdict.DISAGREES

    @pytest.mark.parametrize("name", ["glu", "softmax", "layer_norm"])
    @pytest.mark.parametrize("cotangent", ["random", "subnormal", "zero"])
    def test_a_layer_takes_one_in_the_shape_of_its_output(self, name, cotangent):
        """In place of the v among its inputs."""
        result = comparisons.compare(name, dtype="float32", cotangent=cotangent)
        (x, *_) = result.adjoints.values()

        assert result.cotangent == cotangent
        assert (x.inputs["v"] == 0).all() == (cotangent == "zero")
        assert not result.verdict.worse_than(Verdict.AGREES), result

    def test_a_layer_s_may_be_an_array(self):
        """v = 3 everywhere: three times what v = 1 gives, under (inp + 1)²ᵀ."""
        subject = comparisons.vector_jacobian_product()
        one, three = (
            comparisons.compare(subject, cotangent=np.full((5, 4), v)).adjoints["inp"]
            for v in (1.0, 3.0)
        )
        assert (three.truth == 3 * one.truth).all()

    def test_of_a_loss_it_is_one(self):
        """A single number has no other."""
        with pytest.raises(ValueError, match="is one number; its cotangent is 1"):
            comparisons.compare(comparisons.linear_layer(), cotangent="random")


@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no CUDA device here")
class TestCuda:
    @pytest.mark.parametrize("dtype", FLOAT_TYPES)
    @pytest.mark.parametrize("name", ["tanh", "elu"])
    def test_the_same_code_judges_the_device(self, name, dtype):
        """Every engine of first order, and what it found says where."""
        table = comparisons.compare_engines(name, dtype=dtype, engines=FIRST_ORDER, device="cuda")

        assert set(table) == set(FIRST_ORDER)
        for engine in table:
            assert table[engine].device == "cuda"
            assert not table[engine].verdict.worse_than(Verdict.FAILS_AT_INFINITY), table[engine]


@pytest.mark.parametrize("engine", ["reverse", "jvp", "strided", "single"])
@pytest.mark.parametrize("name", ["tanh", "softmax"])
def test_a_reproduction_computes_on_the_device_of_the_finding(name, engine):
    """Every tensor of the line is made there."""
    here = comparisons.compare(name, dtype="float32", engine="reverse")
    there = replace(here, engine=ENGINES[engine], device="cuda:0")

    assert "device" not in reproduction(here)
    assert "dtype=torch.float32, device='cuda:0'" in reproduction(there)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"engine": "revers"}, "unknown engine 'revers'"),
        ({"cotangent": "one"}, "unknown cotangent 'one'"),
        ({"cotangent": np.ones(3)}, "the cotangent has shape"),
        ({"device": "warp"}, "cannot compute on the device 'warp'"),
        ({"engine": "noncontiguous"}, "has no matrix"),
    ],
)
def test_what_cannot_be_asked_is_answered_in_a_sentence(options, sentence):
    """What was given, and what is known."""
    with pytest.raises(ValueError, match=sentence):
        comparisons.compare("tanh", dtype="float32", **options)


class TestTable:
    def test_contiguous_and_strided_gelu_are_not_the_same_numbers(self):
        """float32: another kernel for a stride, and it is nearer the truth."""
        engines = ["reverse", "grad", "strided", "single"]
        table = comparisons.compare_engines("gelu", dtype="float32", engines=engines)
        found = {(d.first, d.second): d for d in table.differences()}

        assert ("reverse", "grad") not in found
        strided = found["reverse", "strided"]
        assert 0 < strided.points < strided.compared == table["reverse"].values
        assert strided.nearer == "strided"
        assert strided.first_nearer + strided.second_nearer <= strided.points
        assert found["reverse", "single"].compared == 1024
        assert str(strided) in repr(table)

    def test_an_engine_is_compared_with_itself_at_the_points_that_both_took(self):
        """A selection of points is aligned by position: the same inputs on both sides."""
        table = comparisons.compare_engines("gelu", dtype="float32", engines=["reverse", "single"])
        whole, some = table["reverse"].adjoints["z"], table["single"].adjoints["z"]

        at = whole.at(table["single"].chosen)
        assert np.array_equal(at.inputs["z"], some.inputs["z"], equal_nan=True)

    def test_the_neuron_has_no_second_derivative_and_forward_mode_has_its_inputs(self):
        """What an engine cannot take is listed with the reason; the rest is compared."""
        table = comparisons.compare_engines(
            comparisons.neuron("tanh"), engines=["reverse", "jvp", "reverse_over_reverse"]
        )

        assert "no one f''" in table.absent["reverse_over_reverse"]
        assert set(table["jvp"].adjoints) == {"w", "b", "x", "t"}
        assert set(table["reverse"].adjoints) > {"z", "y"}

    def test_an_engine_that_torch_does_not_have_for_a_function_is_told(self):
        """torch 2.13 does not vmap rrelu; a function that always fails is an error."""
        table = comparisons.compare_engines("rrelu", dtype="float32", engines=["reverse", "vmap"])
        assert "rrelu_with_noise" in table.absent["vmap"]
        assert set(table) == {"reverse"}

        def broken(z):
            return z.reshape(-1, 10**9)

        with pytest.raises(ValueError, match="no engine could be asked: broken"):
            comparisons.compare_engines(broken, "z", engines=["reverse", "grad"])
