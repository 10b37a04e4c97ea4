"""The corpus itself can be trusted: every wrong entry is wrong, every honest one is right."""

from __future__ import annotations

import bases
import pytest
import torch
from arrays_wrong import WRONG as WRONG_ARRAYS
from pointwise_wrong import WRONG
from showing import relative_error

_BASE = {base.exact: base for base in bases.ALL}


@pytest.mark.parametrize("entry", WRONG, ids=str)
def test_a_wrong_function_is_wrong_at_its_witness(entry):
    """By more than it says, in the float type it says."""
    assert relative_error(entry.function, entry.exact, entry.witness) > entry.witness.above


@pytest.mark.parametrize("entry", [e for e in WRONG if e.exact in _BASE], ids=str)
def test_the_right_function_is_not_wrong_there(entry):
    """So that what the witness shows is the entry's doing, and not rounding."""
    right = _BASE[entry.exact]
    function = right.value if entry.witness.asked == "jvp" else right.right()

    assert relative_error(function, entry.exact, entry.witness) < entry.witness.above


def _gradients(function, inputs, *, twice=False):
    """Of a random cotangent, by torch; with `twice` those of a random product of these."""
    leaves = [x.detach().clone(memory_format=torch.preserve_format) for x in inputs]
    leaves = [x.requires_grad_(x.is_floating_point()) for x in leaves]
    asked = [x for x in leaves if x.requires_grad]
    y = function(*leaves)
    draw = torch.Generator().manual_seed(7)
    v = torch.randn(y.shape, dtype=y.dtype, generator=draw).requires_grad_()
    found = torch.autograd.grad(y, asked, v, create_graph=twice, allow_unused=True)
    if not twice:
        return found
    mixed = sum((g * torch.randn(g.shape, dtype=g.dtype, generator=draw)).sum() for g in found)
    return torch.autograd.grad(mixed, asked, allow_unused=True, materialize_grads=True)


def _distance(found, wanted):
    """The largest relative distance in norm between two lists of arrays."""
    return max(
        float((a - b).detach().norm() / (b.detach().norm() or 1.0))
        for a, b in zip(found, wanted, strict=True)
    )


@pytest.mark.parametrize("entry", WRONG_ARRAYS, ids=lambda e: f"{e}, {e.wrong}")
def test_a_wrong_function_of_arrays_is_wrong_in_what_it_says(entry):
    """In its gradient or value, which is torch's own for the right one, or in what it leaves."""
    given = entry.example()
    if entry.asked == "inputs kept":
        inputs = entry.example()
        entry.function(*inputs)

        assert not all(torch.equal(a, b) for a, b in zip(inputs, given, strict=True))
        return
    value, right = entry.function(*entry.example()), entry.right(*entry.example())
    if entry.asked == "value":
        assert _distance([value], [right]) > 1e-7
        return
    assert torch.equal(value, right)
    twice = entry.asked == "second"
    if twice:
        assert _distance(_gradients(entry.function, given), _gradients(entry.right, given)) == 0
    wrong, wanted = (_gradients(f, given, twice=twice) for f in (entry.function, entry.right))
    assert _distance(wrong, wanted) > 1e-6


@pytest.mark.parametrize("size", [1e-3, 1e-6, 1e-9])
@pytest.mark.parametrize("entry", [e for e in WRONG_ARRAYS if e.of_size], ids=str)
def test_its_error_can_be_made_as_small_as_asked(entry, size):
    """The largest relative error of a gradient, in norm, is the size."""
    given = entry.example()
    distance = _distance(_gradients(entry.of_size(size), given), _gradients(entry.right, given))

    assert distance == pytest.approx(size, rel=1e-3)


@pytest.mark.parametrize("entry", WRONG_ARRAYS, ids=lambda e: f"{e}, {e.wrong}")
def test_the_right_function_of_arrays_is_right(entry):
    """torch's gradcheck, whose finite differences know nothing of a backward pass, passes it."""
    if entry.name == "max":
        pytest.skip("at a tie there is no derivative; torch's is inside the interval")
    if entry.asked == "inputs kept":
        pytest.skip("the right function is torch's own sum or product")
    assert torch.autograd.gradcheck(entry.right, entry.example(), fast_mode=True)
