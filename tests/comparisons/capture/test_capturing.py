"""What a capture promises: names, nothing changed, nothing judged by half a graph."""

import random

import numpy as np
import pytest
import sympy
import torch
from agreement import captured_right
from hard_cases import Normed, Swish, drawn
from torch import nn

import symdiff
from comparisons.capture import Refused, capture
from comparisons.capture.calls.call import Call
from comparisons.capture.rules import registry
from symdiff.graph import elementwise


class TestNames:
    """Inputs and outputs are called as the user calls them."""

    def test_arguments_by_the_signature(self):
        """Positional and keyword arguments have their parameter's name."""
        captured = capture(lambda a, b, *, c: a * b + c, drawn(2), drawn(2), c=drawn(2))

        assert ["a", "b", "c"] == list(captured.inputs)

    def test_nested_arguments_by_their_place(self):
        """A tensor in a dict in a list says where it is."""
        captured = capture(lambda d: d["w"][1] * d["x"], {"w": [1, drawn(2)], "x": drawn(2)})

        assert {"d_w_1", "d_x"} == set(captured.inputs)

    def test_parameters_by_their_dotted_names(self):
        """Dots become underscores."""
        captured = capture(Normed(), drawn(4, 3))

        assert {"x", "l_weight", "l_bias", "bn_weight", "bn_bias"} == set(captured.inputs)

    def test_a_custom_function_by_its_class(self):
        """`apply` is no name; its arguments are those of forward without ctx."""
        captured = capture(Swish.apply, drawn(3))

        assert captured.name == "Swish"
        assert ["x"] == list(captured.inputs)

    def test_an_input_may_be_called_v(self):
        """It gives way to the cotangent, which has the name everywhere."""
        captured = capture(lambda q, v: q * v, drawn(2), drawn(2))

        assert ["q", "v_"] == list(captured.inputs)
        assert "v" in symdiff.adjoints(captured.graph).signature.inputs

    def test_several_outputs(self):
        """A dict's keys, else numbers."""
        assert ("mean", "spread") == capture(
            lambda x: {"mean": x.mean(), "spread": x.std()}, drawn(4)
        ).outputs
        assert ("y1", "y2") == capture(lambda x: (x.sin(), x.cos()), drawn(4)).outputs


class TestWhichTensorsAreInputs:
    """Those that a gradient may be asked for."""

    def test_all_of_floating_point(self):
        """Integers and booleans are constants."""
        index = torch.tensor([0, 1])

        assert ["x"] == list(capture(lambda x, i: x[i], drawn(3), index).inputs)

    def test_only_those_that_require_grad_if_some_do(self):
        """As gradcheck takes it."""
        captured = capture(lambda x, t: x * t, drawn(3).requires_grad_(), drawn(3))

        assert ["x"] == list(captured.inputs)

    def test_one_tensor_given_twice_is_two_inputs(self):
        """Each argument has a gradient of its own."""
        x = drawn(3)

        assert ["a", "b"] == list(captured_right(lambda a, b: a * b.sin(), x, x).inputs)

    def test_frozen_parameters_are_constants(self):
        """They have no gradient."""
        module = nn.Linear(3, 2)
        module.bias.requires_grad_(requires_grad=False)

        assert {"input", "weight"} == set(captured_right(module, drawn(4, 3)).inputs)

    def test_parameters_of_a_closure_are_constants(self):
        """The gradient of the arguments is right all the same."""
        layer = nn.Linear(3, 2).double()

        assert ["x"] == list(captured_right(lambda x: layer(x * 2).sin(), drawn(4, 3)).inputs)


class TestNothingIsChanged:
    """Capturing leaves no trace."""

    def test_arguments_and_buffers_are_as_before(self):
        """In-place operations see clones."""
        module, x = Normed(), drawn(4, 3)
        before = {n: t.clone() for n, t in (*module.state_dict().items(), ("x", x))}
        captured = capture(module, x)
        captured.call(**{n: torch.tensor(v) for n, v in captured.inputs.items()})

        for name, value in (*module.state_dict().items(), ("x", x)):
            assert torch.equal(before[name], value)

    def test_generators_are_as_before(self):
        """torch's, numpy's and Python's."""
        x = drawn(3)
        torch.manual_seed(3)
        np.random.seed(3)  # noqa: NPY002 - that it is kept is the test
        random.seed(3)
        expected = (torch.rand(2).tolist(), np.random.rand(), random.random())  # noqa: NPY002, S311
        torch.manual_seed(3)
        np.random.seed(3)  # noqa: NPY002
        random.seed(3)
        capture(lambda x: x * torch.rand(3) * random.random(), x)  # noqa: S311

        found = (torch.rand(2).tolist(), np.random.rand(), random.random())  # noqa: NPY002, S311
        assert expected == found

    def test_grad_mode_is_as_before(self):
        """Also where the code itself switches it."""

        def switches(x: torch.Tensor) -> torch.Tensor:
            y = x * 2
            torch.set_grad_enabled(False)
            return y

        capture(switches, drawn(3))

        assert torch.is_grad_enabled()

    def test_the_same_numbers_are_drawn_when_it_runs_again(self):
        """The code and its graph see one dropout mask."""
        captured = capture(nn.Dropout(0.5), drawn(50))
        first, second = (captured.call(input=torch.ones(50))["y"] for _ in range(2))

        assert torch.equal(first, second)


class TestRunningAgain:
    """The user's own code at other tensors."""

    def test_in_another_type(self):
        """Parameters and buffers follow."""
        captured = capture(Normed(), drawn(4, 3))
        values = {n: torch.tensor(v, dtype=torch.float32) for n, v in captured.inputs.items()}

        assert captured.call(**values)["y"].dtype == torch.float32

    def test_a_missing_input_is_named(self):
        """The message says which."""
        captured = capture(lambda a, b: a * b, drawn(2), drawn(2))
        with pytest.raises(TypeError, match="needs b"):
            captured.call(a=torch.ones(2))


class TestRefusals:
    """One sentence: what, where, what to do."""

    @pytest.mark.parametrize(
        ("function", "what"),
        [
            (lambda x: torch.fft.rfft(x).real, "complex numbers, in fft_r2c"),
            (lambda x: torch.linalg.eigvalsh(x @ x.T), "linalg_eigh"),
            (torch.matrix_exp, "linalg_matrix_exp"),
            (lambda x: x.to_sparse(), "sparse"),
        ],
    )
    def test_what_no_graph_holds(self, function, what):
        """Complex, decompositions into eigenvectors, sparse."""
        with pytest.raises(Refused, match=what) as caught:
            capture(function, drawn(3, 3))

        assert "\n" not in str(caught.value)

    def test_the_line_is_given(self):
        """File and line of the user's code."""
        with pytest.raises(Refused, match=r"test_capturing\.py:\d+"):
            capture(lambda x: torch.linalg.svdvals(x * 2), drawn(3, 3))

    def test_nothing_to_differentiate(self):
        """No floating-point tensor goes in, or none comes out."""
        with pytest.raises(Refused, match="was given no tensor of real floating-point numbers"):
            capture(lambda i: i + 1, torch.tensor([1, 2]))
        with pytest.raises(Refused, match="returned int without a floating-point tensor"):
            capture(lambda x: len(x), drawn(3))  # noqa: PLW0108 - a builtin has no signature
        with pytest.raises(TypeError, match="takes a function or a module, not int"):
            capture(3, drawn(3))

    def test_a_graph_with_another_value_is_refused(self, monkeypatch):
        """A rule that is wrong by 10⁻⁸ is found by the value of the whole."""

        def off(call: Call):
            return elementwise(
                lambda a: sympy.sin(a) * (1 + sympy.Rational(1, 10**8)), call.node("self")
            )

        monkeypatch.setitem(registry._RULES, "sin", off)
        with pytest.raises(Refused, match="gives y with an error of 1e-08"):
            capture(torch.sin, drawn(3))

    def test_a_compiled_kernel_is_refused(self):
        """An operator without rule, decomposition and Python code is named in full."""
        linear, w = torch.ops.mkldnn._linear_pointwise, torch.ones(3, 3)
        with pytest.raises(Refused, match=r"mkldnn::_linear_pointwise .*reference="):
            capture(lambda x: linear(x.float(), w.float(), None, "none", [], ""), drawn(3, 3))

    def test_a_result_that_no_rule_gives_is_refused_when_it_is_read(self, monkeypatch):
        """It is never taken for a constant, though the value would be right."""
        monkeypatch.setitem(registry._RULES, "var_mean", lambda call: (call.outcome, None))
        with pytest.raises(Refused, match="a result of var_mean"):
            capture(lambda x: x * torch.var_mean(x)[1], drawn(3))

    def test_two_rules_for_one_operator_are_refused(self):
        """One of them would never be asked."""
        with pytest.raises(ValueError, match="a rule for 'sin' already"):
            registry.rule("sin")(lambda call: call.node("self"))


class TestConstants:
    """What is not differentiable is what it was."""

    def test_a_comparison_of_nan_is_constant(self):
        """x ≠ x holds for NaN, which no formula says."""
        x = torch.tensor([1.0, float("nan"), 3.0], dtype=torch.float64)
        captured_right(lambda x: torch.where(x.isnan(), 0.0, x).exp(), x)

    def test_rows_hidden_by_minus_infinity(self):
        """A mask of −∞ before a softmax, of a whole row too, passes no NaN on."""
        hidden = torch.tensor([[False, True, True], [True, True, True]])

        def function(x: torch.Tensor) -> torch.Tensor:
            weights = x.masked_fill(hidden, float("-inf")).softmax(-1)
            return torch.where(hidden.all(-1, keepdim=True), 0.0, weights)

        captured_right(function, drawn(2, 3))

    def test_a_padding_row_has_no_gradient(self):
        """torch.nn.Embedding holds it as it is."""
        embedding = nn.Embedding(5, 3, padding_idx=1)
        graph = captured_right(embedding, torch.tensor([1, 2, 1, 4])).graph

        assert ["weight"] == [i.name for i in graph.inputs]


class TestWhereItComesFrom:
    """Every operation has its line."""

    def test_a_line_of_the_users_code(self):
        """The output's node leads to the lambda."""
        captured = capture(lambda x: torch.exp(x) * 2, drawn(3))

        assert "test_capturing.py:" in captured.source("y")

    def test_of_torchs_own_layer_the_line_in_torch(self):
        """nn.Linear alone has no line of the user's."""
        captured = capture(nn.Linear(3, 2), drawn(4, 3))

        assert "linear.py:" in captured.source("y")


def test_a_decomposition_that_needs_itself_is_refused():
    """The one that torch has for igamma calls igamma."""
    x = torch.rand(5, dtype=torch.float64, generator=torch.manual_seed(0))
    with pytest.raises(ValueError, match="gammainc cannot be captured"):
        capture(lambda x: torch.special.gammainc(torch.full_like(x, 2), x), x)
