"""What torch's own references would load to be decomposed: captured without, and right."""

import subprocess
import sys

import pytest
import torch
import torch.nn.functional as F
from agreement import captured_right


def _normal(*shape):
    return torch.randn(*shape, dtype=torch.float64, generator=torch.manual_seed(len(shape)))


X, T = _normal(3, 4) * 2, _normal(3, 4)
CASES = {
    "huber_loss": lambda x: F.huber_loss(x, T),
    "huber_loss, summed": lambda x: F.huber_loss(x, T, reduction="sum", delta=0.7),
    "huber_loss of each": lambda x: F.huber_loss(x, T, reduction="none", delta=2.0),
    "huber_loss at its border": lambda x: F.huber_loss(x, x.detach() + 1, reduction="none"),
    "glu": F.glu,
    "glu of rows": lambda x: F.glu(x[:2], 0),
    "celu": F.celu,
    "celu of an alpha": lambda x: F.celu(x, alpha=0.7),
}


@pytest.mark.parametrize("name", CASES)
def test_the_adjoints_are_torchs(name):
    """The first derivatives and the second ones."""
    captured_right(CASES[name], X, second=True)


def test_no_compiler_is_loaded_for_a_loss():
    """torch._dynamo takes 0.6 s of a check that takes as long, and numba 0.4 s."""
    code = (
        "import sys, torch, comparisons, torch.nn.functional as F\n"
        "x = torch.linspace(-3, 3, 8, dtype=torch.float64)\n"
        "for function in (F.huber_loss, F.smooth_l1_loss, F.mse_loss):\n"
        "    comparisons.check(lambda y: function(y, x), x.flip(0) + 0.1)\n"
        "for function in (F.glu, F.celu, F.gelu, F.silu, lambda x: (2 * x - 1).abs() / x):\n"
        "    comparisons.check(function, x)\n"
        "def attention(x):\n"
        "    return F.scaled_dot_product_attention(2 * x, x, x + 1)\n"
        "comparisons.check(attention, x.reshape(1, 1, 2, 4))\n"
        "x = torch.linspace(-3, 3, 320, dtype=torch.float64)\n"
        "comparisons.check(F.huber_loss, x.reshape(20, 16), x.flip(0).reshape(20, 16) + 0.1)\n"
        "print('torch._dynamo' in sys.modules, 'numba' in sys.modules)\n"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert told.stdout.strip() == "False False"
