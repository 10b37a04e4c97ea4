"""compare and check: what they accept and what they find."""

import re

import numpy as np
import pytest
import sympy
import torch
from sampled import in_turns
from torch.nn.functional import gelu, silu

import comparisons
import symdiff
from comparisons import GradientMismatch, Inconclusive, Verdict
from comparisons.report.data.rows import result_row
from symdiff.oracle import deadline


class _WrongSilu(torch.autograd.Function):
    """silu with the gradient of the sigmoid."""

    @staticmethod
    def forward(ctx, z):
        ctx.save_for_backward(z)
        return silu(z)

    @staticmethod
    def backward(ctx, v):
        s = torch.sigmoid(ctx.saved_tensors[0])
        return v * s * (1 - s)


class TestCompare:
    def test_a_name(self):
        """torch's own function is judged by the catalogue's definition."""
        result = comparisons.compare("gelu", dtype="float32")

        assert result.verdict is Verdict.FAILS_AT_INFINITY  # ∞·φ(∞) is NaN, and the limit 1
        assert 0.5 < result.bulk_ulp < 64
        assert result.worst.inputs.keys() == {"z"}

    @pytest.mark.parametrize(
        "definition",
        [
            "gelu",
            "z * Phi(z)",
            "z/2*(1 + erf(z/sqrt(2)))",
            sympy.Symbol("q")
            * symdiff.activation("gelu")
            .formula.args[1]
            .subs(symdiff.activation("gelu").symbols[0], sympy.Symbol("q")),
        ],
        ids=["name", "text", "naive text", "sympy"],
    )
    def test_a_function_and_its_definition(self, definition):
        """A name, text, naive text or SymPy: all mean the same closed form."""
        found = comparisons.check(gelu, definition, dtype="float32", points="structured")

        assert found.verdict is Verdict.FAILS_AT_INFINITY

    def test_a_parameter_of_the_user_s_own(self):
        """β is declared with its value, and reaches the closed form."""

        def swish(z):
            return z * torch.sigmoid(1.5 * z)

        definition = "z*sigmoid(beta*z)"
        accepted = comparisons.check(swish, definition, beta=1.5)
        assert accepted.verdict is Verdict.FAILS_AT_INFINITY
        with pytest.raises(GradientMismatch):
            comparisons.check(swish, definition, beta=1.6)

    @pytest.mark.parametrize("parameters", [{"alpha": 0.5}, {"alpha": 2}])
    def test_parameters_reach_torch_and_the_definition(self, parameters):
        """elu at another α is judged by elu at that α."""
        assert comparisons.check("elu", **parameters).verdict is Verdict.ACCURATE

    def test_inputs_of_the_user_s_own(self):
        """The comparison is made at the given inputs, in their shape."""
        result = comparisons.compare("tanh", inputs={"z": [[0.0, 1.0], [2.0, 3.0]]})

        assert result.adjoints["z"].computed.shape == (2, 2)

    @pytest.mark.parametrize("dtype", ["float64", "bfloat16"])
    def test_a_constant_function_has_no_gradient_or_zero(self, dtype):
        """torch's zeros for 0·z are right; a gradient of 1 is not."""
        assert comparisons.check(lambda z: 0 * z, "0*z", dtype=dtype).absent.keys() >= {"z"}
        with pytest.raises(GradientMismatch, match="should have none"):
            comparisons.check(lambda z: z, "0*z", dtype=dtype)

    @pytest.mark.parametrize(
        ("function", "definition", "dtype"),
        in_turns(
            [
                (torch.log, "log(z)"),
                (torch.sqrt, "sqrt(z)"),
                (torch.asin, "asin(z)"),
                (lambda z: 1 / z, "1/z"),
                (lambda z: z**2.5, "z**2.5"),
                (lambda z: torch.maximum(z, torch.zeros_like(z)), "max(z, 0)"),
            ],
            ["float64", "float32"],
        ),
    )
    def test_poles_and_domains_are_no_errors(self, function, definition, dtype):
        """NaN and ∞ where the gradient is undefined are counted apart."""
        assert comparisons.check(function, definition, dtype=dtype)

    @pytest.mark.parametrize("dtype", ["bfloat16", "float32"])
    def test_a_border_within_a_case_is_no_error_of_torch(self, dtype):
        """||z|⁺ − 1|, by the ball and by the table: right code is called right."""
        found = comparisons.check(lambda z: (z.relu() - 1).abs(), "abs(relu(z) - 1)", dtype=dtype)

        assert found.verdict is comparisons.Verdict.ACCURATE

    def test_where_no_point_is_certified_nothing_passes(self):
        """A check that judged nothing is no pass: it says why there is no truth."""
        with deadline.allowed(0), pytest.raises(Inconclusive, match=r"no entry was judged.*time"):
            comparisons.check("gelu")

    @pytest.mark.parametrize(
        ("function", "source"),
        [
            (torch.nn.functional.softplus, symdiff.activations["softplus"].source),
            (torch.sigmoid, symdiff.activations["sigmoid"].source),
            (torch.sqrt, "given by the user"),
            (lambda x: x * torch.tanh(x), "given by the user"),
        ],
        ids=["F.softplus", "torch.sigmoid", "torch.sqrt", "lambda"],
    )
    def test_a_function_of_one_number_states_its_definition(self, function, source):
        """torch's own by the catalogue's, any other by what its code computes of an entry."""
        found = comparisons.compare(function, dtype="float32")

        assert found.subject.definition.source == source
        assert found.values > 1000
        assert not found.verdict.worse_than(Verdict.FAILS_AT_INFINITY)

    def test_a_backward_is_judged_by_its_own_forward_where_nothing_is_given(self):
        """As with tensors; here at every point."""
        with pytest.raises(GradientMismatch, match=r"z̄ is wrong at \d+ of"):
            comparisons.check(_WrongSilu.apply)

    @pytest.mark.parametrize(
        "called",
        [
            (lambda x: x.flip(0) * torch.log(x), torch.tensor([-1.0, 2.0, -3.0, 4.0])),
            (lambda x, y: torch.log(x).flip(0) + y.sin(), *torch.tensor([[-1.0], [1.0]])),
            (torch.log, "log(z)", {"z": [-1.0, -2.0]}),
        ],
        ids=["array", "two inputs", "points"],
    )
    def test_where_there_is_no_value_nothing_passes(self, called):
        """Not one entry judged: inconclusive in the result, each row, the table and the check."""
        function, *given = called
        options = {"inputs": given.pop()} if isinstance(given[-1], dict) else {}
        found = comparisons.compare(function, *given, **options)
        row = result_row(found)
        table = comparisons.compare_engines(function, *given, engines=["reverse"], **options)

        assert found.verdict is table["reverse"].verdict is comparisons.Verdict.INCONCLUSIVE
        assert row["verdict"] == row["adjoints"][0]["verdict"] == "inconclusive"
        assert "no entry was judged: the function has no real value there" in repr(found)
        with pytest.raises(Inconclusive, match="no entry was judged: the function has no real"):
            comparisons.check(function, *given, **options)

    def test_one_input_s_gradient_that_nothing_is_known_of_is_said(self):
        """Beside one that is judged: neither a pass, nor is the other's failure hidden."""
        x, y = torch.tensor([0.0, 0.0]), torch.tensor([1.0, 2.0])
        found = comparisons.compare(lambda x, y: torch.sqrt(x) + y.sin(), x, y)

        assert found.adjoints["y"].verdict is comparisons.Verdict.ACCURATE
        assert found.adjoints["x"].verdict is comparisons.Verdict.INCONCLUSIVE
        with pytest.raises(Inconclusive, match=r"inconclusive for x\.grad, of which no entry"):
            comparisons.check(lambda x, y: torch.sqrt(x) + y.sin(), x, y)

    def test_at_a_kink_alone_the_convention_is_judged(self):
        """The slope taken lies between the two sides: that is known, and said."""
        found = comparisons.check(torch.relu, "relu(z)", inputs={"z": [0.0]})

        assert "each entry that was judged is at a kink" in repr(found)

    def test_a_user_s_array_is_left_alone(self):
        """torch computes on a copy."""
        z = np.array([1.0, 2.0])
        comparisons.compare("tanh", inputs={"z": z})

        assert list(z) == [1.0, 2.0]

    def test_says_which_points_broke_it_and_how(self):
        """The worst first, each with its input, both values and its status."""
        result = comparisons.compare("gelu_tanh", dtype="bfloat16").adjoints["z"]
        broken = result.broken(most=5)

        assert len(broken) == 5
        assert broken[0].inputs == result.worst.inputs
        assert {p.status for p in broken} == {comparisons.Status.SPURIOUS}
        assert min(abs(p.inputs["z"]) for p in broken) == 2.0**64  # where z² overflows
        assert not comparisons.compare("tanh").adjoints["z"].broken()

    def test_the_repr_reads(self):
        """Name, type, engine, verdict, and each adjoint with its counts and worst input."""
        text = repr(comparisons.compare("relu"))

        assert re.match(r"<Comparison relu, float64, reverse: accurate, \d+ values", text)
        assert "z̄ accurate" in text
        assert "correctly rounded" in text

    def test_a_torch_module_is_a_function(self):
        """torch.nn.GELU() is a callable like any other."""
        accepted = comparisons.check(torch.nn.GELU(), "gelu")
        assert accepted.verdict is Verdict.FAILS_AT_INFINITY


def test_the_bulk_error_is_of_finite_inputs():
    """relu_keras is right everywhere but at ∞, where its case of z ≥ max_value has slope 0."""
    result = comparisons.compare("relu_keras", dtype="float32")

    assert result.verdict is Verdict.FAILS_AT_INFINITY
    assert result.worst.inputs == {"z": float("inf")}
    assert result.bulk_ulp == 0


@pytest.mark.parametrize("dtype", ["float64", "bfloat16"])
def test_what_a_constant_makes_of_nan_is_no_matter(dtype):
    """hardshrink with λ = ∞ is 0: torch's zeros are right, and its 1 at NaN is no gradient."""
    result = comparisons.compare("hardshrink", dtype=dtype, lambd=float("inf"))

    assert result.verdict is Verdict.ACCURATE
    assert "z" in result.absent
    wrong = comparisons.compare(lambda z: z * 0 + z.clamp(min=5), "0*z", dtype=dtype)
    assert wrong.verdict is Verdict.DISAGREES


class TestCheck:
    def test_returns_the_comparison_where_it_holds(self):
        """The result of a check that holds is the comparison."""
        assert isinstance(comparisons.check("tanh"), comparisons.Comparison)

    def test_the_message_names_everything(self):
        """Subject, type, adjoint, worst input with bits, both values, error, reproduction."""

        def wrong(z):
            return silu(z) * 1.0009

        with pytest.raises(GradientMismatch) as caught:
            comparisons.check(wrong, "silu", dtype="float32")
        message = str(caught.value)
        for part in ("wrong", "silu", "float32", "reverse", "z̄", "worst input  z = ", "(0x"):
            assert part in message
        for part in ("torch  ", "closed form", "ulp", "relative 0.0009", "import torch; "):
            assert part in message

    def test_what_is_no_number_is_said_to_be_none(self):
        """NaN is not `inf ulp, relative nan` off."""
        with pytest.raises(GradientMismatch) as caught:
            comparisons.check("gelu_tanh", dtype="float32")

        assert "  error        spurious non-finite: NaN where the truth is a number" in str(
            caught.value
        )

    @pytest.mark.parametrize(
        "subject",
        [
            "hardsigmoid",
            comparisons.neuron("hardsigmoid"),
            comparisons.neuron("hardsigmoid", "mse"),
            comparisons.neuron("hardsigmoid", "huber"),
        ],
        ids=str,
    )
    def test_the_reproduction_reproduces(self, subject):
        """The line of plain torch, executed, prints a gradient that is the wrong one found."""
        with pytest.raises(GradientMismatch) as caught:
            comparisons.check(subject)
        line = str(caught.value).split("reproduce")[1].strip()
        printed = []
        exec(line, {"print": printed.append})  # noqa: S102 - that it runs is what is tested

        leaves = {i.name for i in caught.value.comparison.subject.graph.inputs}
        found = [a.worst for n, a in caught.value.comparison.adjoints.items() if n in leaves]
        assert printed[0] in [point.computed for point in found]


class TestLosses:
    def test_a_user_s_loss_by_name_or_definition(self):
        """A loss of two variables is judged in both of them."""

        def squared(y, t):
            return (y - t) ** 2

        for definition in ("mse", symdiff.loss("y**2 - 2*y*t + t**2")):
            assert set(comparisons.check(squared, definition).adjoints) == {"y", "t"}

    def test_a_wrong_one_is_rejected(self):
        """Half the gradient is not the gradient."""
        with pytest.raises(GradientMismatch):
            comparisons.check(lambda y, t: (y - t) ** 2 / 2, "mse")


class TestAccept:
    def test_the_line_can_be_drawn_elsewhere(self):
        """By default ∞ does not count; `agrees` asks for it, `accurate` for small values too."""
        assert comparisons.check("silu", dtype="float32")
        with pytest.raises(GradientMismatch, match="fails at ∞, and more was asked"):
            comparisons.check("silu", dtype="float32", accept="agrees")
        assert comparisons.check("tanh", dtype="float32", accept="agrees")
        with pytest.raises(GradientMismatch, match="agrees, and more was asked"):
            comparisons.check("tanh", dtype="float32", accept="accurate")

    def test_an_unknown_line_is_refused(self):
        """With the verdicts there are."""
        with pytest.raises(ValueError, match="unknown verdict 'good'"):
            comparisons.check("relu", accept="good")
