"""The layers of torch.nn and small real networks pass the bare check, in every usual type."""

import pytest
import torch
from hard_cases import drawn
from test_captured_modules import IMAGE, LAYERS, ROWS, SIGNAL, VOLUME, Classifier
from torch import nn

import comparisons

MORE = {
    "BatchNorm1d in evaluation": (lambda: nn.BatchNorm1d(4).eval(), [ROWS]),
    "BatchNorm2d": (lambda: nn.BatchNorm2d(2), [IMAGE]),
    "BatchNorm3d in evaluation": (lambda: nn.BatchNorm3d(2).eval(), [VOLUME]),
    "InstanceNorm1d with statistics": (
        lambda: nn.InstanceNorm1d(4, track_running_stats=True).eval(),
        [SIGNAL],
    ),
    "AdaptiveAvgPool3d": (lambda: nn.AdaptiveAvgPool3d(2), [VOLUME]),
    "AdaptiveMaxPool1d": (lambda: nn.AdaptiveMaxPool1d(2), [SIGNAL]),
    "LPPool1d": (lambda: nn.LPPool1d(2, 2), [SIGNAL]),
    "ReflectionPad2d": (lambda: nn.ReflectionPad2d(1), [IMAGE]),
    "ReplicationPad3d": (lambda: nn.ReplicationPad3d(1), [VOLUME]),
    "Upsample nearest": (lambda: nn.Upsample(scale_factor=2), [IMAGE]),
    "LogSoftmax": (lambda: nn.LogSoftmax(-1), [ROWS]),
    "GELU": (nn.GELU, [ROWS]),
    "Flatten": (nn.Flatten, [IMAGE]),
}
EVERY = {**LAYERS, **MORE}
TYPES = ("float64", "float32", "bfloat16")
FEW = (
    "Conv2d circular",
    "ConvTranspose2d",
    "MaxPool2d",
    "BatchNorm2d in evaluation",
    "LayerNorm",
    "GroupNorm",
    "MultiheadAttention",
    "GRUCell",
    "conv net",
    "pre-norm block",
)
QUICK = [(name, TYPES[i % 3]) for i, name in enumerate(FEW)]


def passes(module, *args, dtype):
    """Whether the bare check lets it pass, or torch has no such kernel; a rejection is raised."""
    try:
        comparisons.check(module, *args, dtype=dtype)
    except TypeError as error:
        if "not implemented for" not in str(error):
            raise
        return False
    return True


@pytest.mark.parametrize(
    ("name", "dtype"),
    [
        pytest.param(
            name,
            dtype,
            marks=[] if (name, dtype) in QUICK else pytest.mark.slow,
            id=f"{name}-{dtype}",
        )
        for name in EVERY
        for dtype in TYPES
    ],
)
def test_a_layer_is_not_wrongly_rejected(name, dtype):
    """Values and gradients, whatever the careful check asks."""
    make, shapes = EVERY[name]
    torch.manual_seed(0)
    found = passes(make(), *(drawn(*shape) for shape in shapes), dtype=dtype)

    assert found or dtype == "bfloat16"


def test_indices_go_in_as_they_are():
    """An embedding with a cross entropy: parameters alone are judged."""
    torch.manual_seed(0)
    t, y = torch.randint(0, 11, (2, 5)), torch.randint(0, 11, (2, 5))

    assert passes(Classifier(), t, y, dtype="float32")
    assert passes(nn.EmbeddingBag(11, 4, mode="mean"), t, dtype="float64")


def test_a_wrong_layer_is_rejected():
    """LayerNorm whose variance is cut off from the gradient, off by 1e-3 of it."""

    class Stale(nn.LayerNorm):
        def forward(self, x):
            apart = x - x.mean(-1, keepdim=True)
            variance = (apart * apart).mean(-1, keepdim=True)
            variance = variance * 0.999 + variance.detach() * 0.001
            return apart / (variance + self.eps).sqrt() * self.weight + self.bias

    torch.manual_seed(0)
    with pytest.raises(comparisons.GradientMismatch):
        comparisons.check(Stale(4), drawn(*ROWS), reference=nn.LayerNorm(4))


def test_parameters_are_rounded_to_the_type():
    """Where torch computes is where the truth is: at bfloat16's numbers, not at float32's."""
    torch.manual_seed(0)
    found = comparisons.check(nn.Linear(4, 3), drawn(*ROWS), dtype="bfloat16")
    weight = torch.tensor(found.adjoints["weight"].inputs["weight"])

    assert torch.equal(weight, weight.bfloat16().double())


@pytest.mark.parametrize("which", ["weight", "bias"])
def test_a_hook_on_a_parameter_is_part_of_its_gradient(which):
    """As one of the whole module's backward is: it clips what training would see."""
    x = torch.sin(torch.arange(1.0, 13.0) ** 2).reshape(3, 4)
    layer = nn.Linear(4, 2)
    seen = getattr(layer, which).register_hook(lambda g: g.clone())

    assert comparisons.check(layer, x).verdict is comparisons.Verdict.ACCURATE
    seen.remove()
    getattr(layer, which).register_hook(lambda g: g.clamp(-0.1, 0.1))
    with pytest.raises(comparisons.GradientMismatch, match=f"{which}.grad is wrong"):
        comparisons.check(layer, x)
