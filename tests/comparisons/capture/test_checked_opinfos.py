"""torch's own test database, put to the bare check: what is called wrong is wrong.

A slice here, all of it under `slow`: the operator itself, and a Function that calls it and hands on
torch's own gradient, as a kernel's would be.
"""

import random

import pytest
import torch
from opinfos import SEED, operations
from torch.utils._pytree import tree_flatten, tree_unflatten

import comparisons
from comparisons import GradientMismatch
from comparisons.results.mismatch import Inconclusive

# What torch 2.13 gets wrong, each reproduced in test_findings.py or test_findings_in_arrays.py, or
# documented to be undefined: max_unpool's indices that repeat. Of native_group_norm the gradients
# of mean and deviation are dropped; linear_cross_entropy in chunks has no second derivative and
# raises no error; ndtri loses digits with z² at 10⁻³⁰⁰.
WRONG = (
    "as_strided_scatter",
    "cholesky_inverse",
    "cholesky_solve",
    "digamma",
    "expm1",
    "logcumsumexp",
    "native_group_norm",
    "nn.functional.gelu",
    "nn.functional.hardsigmoid",
    "nn.functional.linear_cross_entropy.chunked",
    "nn.functional.max_unpool",
    "polygamma",
    "rsqrt",
    "scatter_reduce",
    "sinc",
    "special.i1",
    "special.log_ndtr",
    "special.ndtri",
    "special.xlog1py",
    "triangular_solve",
    "xlogy",
)
# Of what they are given outside its documented domain, or of what they write into, no Function can
# hand on a gradient: running statistics, and mean and deviation without one.
NO_FUNCTION = (
    "_batch_norm",
    "_native_batch_norm",
    "native_batch_norm",
    "native_layer_norm",
    "nextafter",
    "clamp",
    "linalg.householder_product",
)
PARTS = 20
pytestmark = pytest.mark.filterwarnings("ignore")  # torch's, of operators that it will drop

# Called wrong once, and right.
SLICE = (
    "as_strided",
    "bfloat16",
    "corrcoef",
    "half",
    "index_put",
    "linalg.lu_factor",
    "logsumexp",
    "lu",
    "msort",
    "nextafter",
    "nn.functional.interpolate.bicubic",
    "nn.functional.interpolate.bilinear",
    "T",
)


def _sample(name, dtype):
    """The operator as a function of its tensors, and those: at one sample of torch's."""
    op = operations()[name]
    if dtype not in op.supported_dtypes("cpu"):
        pytest.skip(f"there is none in {dtype}")
    torch.manual_seed(SEED)
    samples = list(op.sample_inputs("cpu", dtype, requires_grad=True))
    random.Random(f"{SEED} {name}").shuffle(samples)  # noqa: S311 - a choice
    for sample in samples:
        leaves, structure = tree_flatten((sample.input, sample.args, sample.kwargs))
        tensors = [t for t in leaves if isinstance(t, torch.Tensor)]
        if any(t.layout != torch.strided or t.is_complex() or not t.numel() for t in tensors):
            continue
        asked = [i for i, t in enumerate(leaves) if isinstance(t, torch.Tensor) and t.requires_grad]

        def function(*given, leaves=leaves, asked=asked, structure=structure):
            filled = list(leaves)
            for i, x in zip(asked, given, strict=True):
                filled[i] = x
            positional, args, kwargs = tree_unflatten(filled, structure)
            return op(positional, *args, **kwargs)

        given = [leaves[i].detach().clone() for i in asked]
        if given:
            return function, given
    return pytest.skip("no sample has tensors of real numbers")


def _handed_on(function):
    """A Function with torch's own gradient of the function for a backward."""

    def real(found):
        return [t for t in tree_flatten(found)[0] if isinstance(t, torch.Tensor)]

    class HandedOn(torch.autograd.Function):
        @staticmethod
        def forward(ctx, *given):
            ctx.save_for_backward(*given)
            outputs = tuple(t for t in real(function(*given)) if t.is_floating_point())
            return outputs if len(outputs) > 1 else outputs[0]

        @staticmethod
        @torch.autograd.function.once_differentiable
        def backward(ctx, *v):
            given = [x.detach().requires_grad_() for x in ctx.saved_tensors]
            with torch.enable_grad():
                outputs = [t for t in real(function(*given)) if t.is_floating_point()]
            live = [(y, g) for y, g in zip(outputs, v, strict=True) if y.requires_grad]
            ys, gs = zip(*live, strict=True)
            return torch.autograd.grad(ys, given, gs, allow_unused=True)

    return HandedOn.apply


def _is_not_called_wrong(function, given):
    try:
        comparisons.check(function, *given)
    except GradientMismatch:
        raise
    except (Inconclusive, TypeError, ValueError, RuntimeError, IndexError, NotImplementedError):
        pytest.skip("it cannot be captured, or be judged there")


@pytest.mark.parametrize("name", SLICE)
def test_an_operator_is_not_called_wrong(name):
    """By the gradient of what it computes."""
    _is_not_called_wrong(*_sample(name, torch.float64))


@pytest.mark.parametrize("name", SLICE)
def test_a_function_that_hands_on_its_gradient_is_not_called_wrong(name):
    """A backward written by hand is asked more."""
    function, given = _sample(name, torch.float64)

    _is_not_called_wrong(_handed_on(function), given)


@pytest.mark.slow
@pytest.mark.parametrize("dtype", [torch.float64, torch.float32], ids=str)
@pytest.mark.parametrize("part", range(PARTS))
def test_every_operator_is_called_wrong_where_it_is(part, dtype):
    """The others are not."""
    assert _called_wrong(part, dtype, lambda function: function, WRONG) == {}


@pytest.mark.slow
@pytest.mark.parametrize("part", range(PARTS))
def test_every_gradient_handed_on_is_called_wrong_where_it_is(part):
    """The others are not."""
    apart = (*WRONG, *NO_FUNCTION)
    assert _called_wrong(part, torch.float64, _handed_on, apart) == {}


def _called_wrong(part, dtype, made, apart):
    """What the check says of the operators of a part, where it rejects them."""
    found = {}
    for name in sorted(operations())[part::PARTS]:
        if not name.startswith(apart):
            try:
                function, given = _sample(name, dtype)
                _is_not_called_wrong(made(function), given)
            except GradientMismatch as wrong:
                found[name] = str(wrong)
            except pytest.skip.Exception:
                continue
    return found
