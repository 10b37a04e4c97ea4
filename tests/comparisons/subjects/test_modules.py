"""torch.nn modules, judged as they are."""

import pytest
import torch
from torch.utils.checkpoint import checkpoint

import comparisons
from comparisons import Verdict
from comparisons.dtypes import FLOAT_TYPES
from comparisons.subjects.catalogue.modules import definition_of


@pytest.mark.parametrize("dtype", FLOAT_TYPES)
@pytest.mark.parametrize("channels", [1, 3])
def test_prelu_s_weight_has_an_adjoint_of_its_own(channels, dtype):
    """w̄ = Σ v·min(0, z) over the points of each channel, beside z̄."""
    result = comparisons.compare(torch.nn.PReLU(channels), dtype=dtype)

    assert set(result.adjoints) == {"z", "weight"}
    assert result.adjoints["weight"].computed.shape == (channels,)
    assert all(a.certified for a in result.adjoints.values())
    assert not result.verdict.worse_than(Verdict.AGREES), result


def test_a_wrong_parameter_gradient_is_found():
    """The right z̄ does not hide a weight's gradient that is 1 % too large."""

    class Wrong(torch.nn.PReLU):
        def forward(self, z):
            off = torch.nn.functional.prelu(z.detach(), self.weight) * 0.01
            return torch.nn.functional.prelu(z, self.weight) + off - off.detach()

    result = comparisons.compare(Wrong(), "prelu")

    assert result.adjoints["z"].verdict is Verdict.ACCURATE
    assert result.adjoints["weight"].verdict is Verdict.DISAGREES


def test_a_learned_swish_of_one_s_own():
    """A parameter that bears the definition's name is an input of it."""

    class Swish(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.beta = torch.nn.Parameter(torch.tensor(1.5))

        def forward(self, z):
            return z * torch.sigmoid(self.beta * z)

    result = comparisons.compare(Swish(), "swish", dtype="float64")

    assert set(result.adjoints) == {"z", "beta"}
    assert not result.verdict.worse_than(Verdict.AGREES), result


@pytest.mark.parametrize(
    ("module", "name", "parameters"),
    [
        (torch.nn.ELU(alpha=0.5), "elu", {"alpha": 0.5}),
        (torch.nn.GELU(approximate="tanh"), "gelu_tanh", {}),
        (torch.nn.GELU(), "gelu", {}),
        (torch.nn.Softplus(beta=2, threshold=10), "softplus", {"beta": 2, "threshold": 10}),
        (torch.nn.Hardtanh(-2, 2), "hardtanh", {"min_val": -2, "max_val": 2}),
        (torch.nn.LeakyReLU(0.2), "leaky_relu", {"negative_slope": 0.2}),
    ],
    ids=repr,
)
def test_a_module_finds_its_entry_with_its_values(module, name, parameters):
    """By class and attributes; a module needs no definition beside it."""
    found = definition_of(module)

    assert found.name == name
    assert {k: float(v) for k, v in found.parameters.items() if k in parameters} == parameters
    assert comparisons.compare(module, dtype="float32").verdict is not Verdict.DISAGREES or (
        name == "gelu_tanh"
    )


def test_a_module_that_learns_something_else_is_refused():
    """The sentence names the parameter and those that are known."""
    with pytest.raises(TypeError, match="Linear learns weight, which swish does not have"):
        comparisons.compare(torch.nn.Linear(2, 2), "swish")


def test_a_module_of_an_unknown_class_states_its_definition():
    """As any callable does."""

    class Mine(torch.nn.Module):
        def forward(self, z):
            return z

    assert comparisons.compare(Mine()).verdict is Verdict.ACCURATE
    assert comparisons.compare(Mine(), "z").verdict is Verdict.ACCURATE


class _Learned(torch.nn.Module):
    """x σ(a x), whose gradient may be wrong far out."""

    def __init__(self, beyond):
        super().__init__()
        self.beta = torch.nn.Parameter(torch.tensor(1.5))
        self.beyond = beyond

    def forward(self, z):
        """Beyond 200, where it is 1 to 100 digits, the slope is as given."""
        y = z * torch.sigmoid(self.beta * z)
        return torch.where(z > 200, y.detach() + self.beyond * (z - z.detach()), y)


def test_a_module_that_learns_gets_every_point():
    """As the same code with a constant does; what it is wrong in far out is found."""
    right, wrong = _Learned(1.0), _Learned(0.9)

    assert comparisons.check(right, "z*sigmoid(beta*z)", beta=1.5)
    with pytest.raises(comparisons.GradientMismatch):
        comparisons.check(wrong, "z*sigmoid(beta*z)", beta=1.5)


class _Checkpointed(torch.nn.Module):
    """A block that is computed again in the backward pass, by its own parameters."""

    def __init__(self, *, reentrant):
        super().__init__()
        self.block, self.reentrant = torch.nn.Linear(3, 3), reentrant

    def forward(self, x):
        """A residual."""
        return x + checkpoint(lambda x: self.block(x).tanh(), x, use_reentrant=self.reentrant)


@pytest.mark.parametrize("reentrant", [False, True], ids=["", "reentrant"])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_a_checkpoint_sees_the_parameters_of_the_call(reentrant, dtype):
    """Float32 ones were computed with float64 inputs, and recomputed tensors were others."""
    x = torch.linspace(-1, 2, 12).reshape(4, 3)
    module = _Checkpointed(reentrant=reentrant)
    before = [p.clone() for p in module.parameters()]

    assert comparisons.check(module, x, dtype=dtype).verdict is Verdict.ACCURATE
    assert all(torch.equal(p, b) for p, b in zip(module.parameters(), before, strict=True))
