"""What compare and check refuse, each in one sentence."""

import pytest
import sympy
import torch
from torch.nn.functional import gelu

import comparisons
import symdiff
from comparisons import GradientMismatch


def one_sentence(error):
    """What a user's mistake is answered with."""
    text = str(error.value)
    return "\n" not in text and len(text) < 500 and "Traceback" not in text


class Swish(torch.nn.Module):
    """A module that holds its parameter as a number."""

    def __init__(self, beta):
        super().__init__()
        self.beta = beta

    def forward(self, z):
        """The swish of z."""
        return z * torch.sigmoid(self.beta * z)


class TestRefusals:
    @pytest.mark.parametrize(
        ("call", "error", "match"),
        [
            (lambda: comparisons.compare("geluu"), ValueError, "did you mean 'gelu'"),
            (
                lambda: comparisons.compare("crossentropy"),
                ValueError,
                "did you mean 'cross_entropy'",
            ),
            (lambda: comparisons.compare(torch.relu, "softmax"), ValueError, "function of arrays"),
            (lambda: comparisons.compare("gelu", budget=10), TypeError, "a comparisons.Budget"),
            (lambda: comparisons.compare("gelu", inputs={"z": "abc"}), TypeError, "real numbers"),
            (
                lambda: comparisons.compare(Swish(1.5), "z*sigmoid(beta*z)", beta=2),
                ValueError,
                "beta = 1.5 and",
            ),
            (lambda: comparisons.compare("tanh", dtype="complex64"), TypeError, "real floating"),
            (lambda: comparisons.compare("tanh", dtype=torch.int64), TypeError, "real floating"),
            (lambda: comparisons.compare("tanh", engine="sideways"), ValueError, "known are"),
            (lambda: comparisons.compare(torch.matmul), ValueError, "tensors to call it with"),
            (lambda: comparisons.compare(lambda x: x.sum()), ValueError, "not entry by entry"),
            (lambda: comparisons.compare(lambda x: x.inverse()), ValueError, "by its code alone"),
            (lambda: comparisons.compare(gelu, beta=2.0), TypeError, "beta would be of a def"),
            (lambda: comparisons.compare(3), TypeError, "not int"),
            (lambda: comparisons.compare("tanh", "z"), TypeError, "pass the function first"),
            (lambda: comparisons.compare(symdiff.neuron("tanh")), TypeError, "comparisons.neuron"),
            (lambda: comparisons.compare(gelu, "z*q"), ValueError, "unknown symbol 'q'"),
            (lambda: comparisons.compare(gelu, "z*Fi(z)"), ValueError, "unknown function 'Fi'"),
            (lambda: comparisons.compare("elu", beta=1), ValueError, "no parameter 'beta'"),
            (lambda: comparisons.compare("selu", alpha=2), ValueError, "torch fixes alpha"),
            (lambda: comparisons.compare("tanh", inputs={"x": 1}), ValueError, "takes z"),
            (lambda: comparisons.compare("half_squared"), ValueError, "pass one"),
            (lambda: comparisons.compare(lambda _: None, "z"), TypeError, "returned NoneType"),
            (lambda: comparisons.compare(lambda z: z.sum(), "z"), ValueError, "reduction='none'"),
            (lambda: comparisons.compare(lambda z: z[:3], "z"), ValueError, "returned shape"),
            (lambda: comparisons.compare(lambda z: z.int(), "z"), TypeError, "torch.int32"),
            (lambda: comparisons.compare(lambda z: z @ z, "z"), ValueError, "returned shape"),
            (lambda: comparisons.compare(lambda z: z.inverse(), "z"), TypeError, "failed on"),
        ],
    )
    def test_a_mistake_is_answered_in_one_sentence(self, call, error, match):
        """What was given, and what is possible; never a traceback from inside SymPy or torch."""
        with pytest.raises(error, match=match) as caught:
            call()

        assert one_sentence(caught)

    def test_without_torch_it_says_what_to_install(self, monkeypatch):
        """One sentence instead of an import error from inside."""
        monkeypatch.setattr("comparisons.verbs.find_spec", lambda _: None)

        with pytest.raises(ModuleNotFoundError, match="pip install torch"):
            comparisons.compare("tanh")

    def test_a_detached_result_is_a_mismatch(self):
        """A gradient that is missing is wrong, and the message says that it is None."""
        with pytest.raises(GradientMismatch, match="None"):
            comparisons.check(lambda z: gelu(z.detach()), "gelu")

    def test_code_in_a_definition_does_not_run(self, tmp_path, monkeypatch):
        """Neither as text nor as the name of a symbol."""
        monkeypatch.chdir(tmp_path)
        code = "__import__('os').system('touch x')"

        for definition in (code, sympy.Symbol(code), sympy.Symbol("z") * sympy.Symbol(code)):
            with pytest.raises(ValueError, match=r"formula|name|symbol"):
                comparisons.compare(gelu, definition)
        assert not list(tmp_path.iterdir())
