"""The line that a finding in a user's own code is reproduced with: it imports the code and runs."""

import math
import os
import subprocess
import sys

import own_code
import pytest
import torch
from torch import nn

import comparisons
from comparisons.results.code.reproduction import reproduction

X = torch.linspace(-2, 2, 12).reshape(4, 3) + 0.01
FREE = X.clone().requires_grad_()
ROW, S = torch.tensor([[0.5, 2.0, -1.0]]), torch.tensor([0.5, 2.0, -1.0])

CASES = {
    "apply": (own_code.Twice.apply, (X, S), {}),
    "axes of length 1": (own_code.scaled, (X, ROW), {}),
    "a scalar": (own_code.scaled, (X, torch.tensor(2.0)), {}),
    "in place, two outputs": (own_code.in_place, (X, S), {}),
    "constants": (
        own_code.chosen,
        (X, torch.tensor([0, 2, 2]), torch.tensor([True, False, False])),
        {"scale": 0.5, "mode": "none"},
    ),
    "random numbers": (own_code.noisy, (X, S), {}),
    "a module under a name": (own_code.named_layer, (X,), {}),
    "another layout": (own_code.scaled, (X.T.contiguous().T, S), {}),
    "some inputs only": (own_code.scaled, (X.clone().requires_grad_(), S), {}),
    "second order": (own_code.Cube.apply, (X,), {"order": 2}),
    "a torch layer": (nn.Linear(3, 2), (X,), {}),
    "a torch function": (torch.logsumexp, (X, 1), {}),
}


def printed(line):
    """What it prints."""
    found = []
    exec(line, {"print": found.append})  # noqa: S102 - that it runs is what is tested
    (number,) = found
    return number


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("case", CASES)
def test_it_prints_the_gradient_that_was_judged(case, dtype):
    """To the last bit, whatever the arguments are."""
    function, arguments, options = CASES[case]
    found = comparisons.compare(function, *arguments, dtype=dtype, **options)
    adjoint = found.adjoints[found.example.name]
    number, expected = printed(reproduction(found)), adjoint.computed[found.example.index]

    assert number == expected or (math.isnan(number) and math.isnan(expected))


@pytest.mark.parametrize("engine", ["grad", "accumulated", "noncontiguous"])
def test_it_differentiates_as_the_engine_did(engine):
    """The engine's own statement around the user's call."""
    found = comparisons.compare(own_code.named_layer, X, engine=engine)
    adjoint = found.adjoints[found.example.name]

    assert printed(reproduction(found)) == adjoint.computed[found.example.index]


def test_it_runs_anywhere(tmp_path):
    """In another process, from another folder."""
    with pytest.raises(comparisons.GradientMismatch) as caught:
        comparisons.check(own_code.Twice.apply, X, S)
    line = str(caught.value).rpartition("  reproduce    ")[2].splitlines()[0]
    done = subprocess.run(
        [sys.executable, "-c", line],
        cwd=tmp_path,
        env={k: v for k, v in os.environ.items() if k != "PYTHONPATH"},
        capture_output=True,
        text=True,
        check=True,
    )

    assert float(done.stdout) == caught.value.comparison.worst.computed


def test_of_points_too():
    """A function with a formula is imported alike."""
    found = comparisons.compare(own_code.unary, "2*z")

    assert printed(reproduction(found)) == found.worst.computed


def test_what_no_import_finds_is_said():
    """A lambda, a local function, a layer made on the way: in words, above the line."""

    def local(x):
        return own_code.Twice.apply(x, x)

    for function, who in (
        (lambda x: own_code.Twice.apply(x, x), "f is a lambda (tests/"),
        (local, "local (tests/"),
        (own_code.Scale(), "module is a Scale (tests/"),
    ):
        remark, _, line = reproduction(comparisons.compare(function, X)).partition("\n")
        assert remark.startswith(f"# {who}")
        assert remark.endswith("so no import finds it: define it first")
        assert line.startswith("import torch; ")


def test_many_entries_are_not_written_out():
    """They are where the comparison has them."""
    found = comparisons.compare(own_code.scaled, torch.randn(30, 20), torch.randn(20))

    assert "see comparison.example.inputs" in reproduction(found).partition("\n")[0]
    assert found.example.inputs["x"].shape == (30, 20)


def _line(function, *arguments):
    """The last line of the message, and the message."""
    with pytest.raises(comparisons.GradientMismatch) as caught:
        comparisons.check(function, *arguments)
    (found,) = [line for line in str(caught.value).splitlines() if "import torch; " in line]
    return f"import torch; {found.partition('import torch; ')[2]}", str(caught.value)


@pytest.mark.parametrize(
    ("code", "arguments"),
    [(own_code.cut_of_one, (X,)), (own_code.Cut.apply, (FREE, X + 3))],
    ids=["of one tensor", "beside a constant"],
)
def test_what_is_wrong_at_other_points_is_shown_there(code, arguments):
    """With the variables of the points for the tensors that were given."""
    with pytest.raises(comparisons.GradientMismatch, match=r"at other points \(tests/") as caught:
        comparisons.check(code, *arguments)

    found = caught.value.comparison
    assert printed(reproduction(found)) == found.worst.computed


def test_one_entry_alone_is_shown_in_its_own_shape():
    """It was a row of 64 that no `reshape((1,))` takes."""
    x = torch.tensor([2e-20]), torch.tensor([2e-20])
    line, _ = _line(lambda a, b: torch.atan2(a.float(), b.float()).double(), *x)
    found = []
    exec(line, {"f": lambda a, b: torch.atan2(a.float(), b.float()), "print": found.append})  # noqa: S102 - as above

    assert found == [-math.inf]


def test_a_function_of_torch_special_is_called_by_its_public_name():
    """The C function behind `torch.special.xlog1py` is called special_xlog1py."""
    line, _ = _line(torch.special.xlog1py, torch.tensor([0.0, 1.0]), torch.tensor([-1.0, 2.0]))

    assert "torch.special.xlog1py(" in line
    assert math.isnan(printed(line))


def test_a_gradient_that_should_be_zero_is_shown_itself():
    """It was another input's, or the cotangent's, that was printed."""
    line, said = _line(
        torch.nn.functional.layer_norm, torch.full((3, 1), 1e6), (1,), torch.tensor([2.0])
    )

    assert "weight.grad" in said.splitlines()[0] or "x2.grad" in said.splitlines()[0]
    assert "print(weight.grad" in line or "print(x2.grad" in line
    assert abs(float(printed(line))) > 0


def test_a_nan_that_is_swallowed_is_shown_with_the_nan_in_the_cotangent():
    """The line was of tensors that it did not make."""
    x = torch.tensor([[0.3, -1.0, 2.0]], dtype=torch.float64)
    line, said = _line(torch.logcumsumexp, x, 1)

    assert "for a cotangent of NaN: it is swallowed" in said
    assert "h('nan')" in line
    assert f"is {printed(line)!r} at [" in said


class _OfClass(torch.autograd.Function):
    """x², whose backward is a method of the class."""

    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x * x

    @classmethod
    def backward(cls, ctx, v):
        return cls.slope(ctx.saved_tensors[0]) * v

    @staticmethod
    def slope(x):
        return 2 * x


def test_a_backward_that_is_a_method_of_its_class_is_judged():
    """What tells it apart was looked for in its class again and again."""
    comparisons.check(_OfClass.apply, X)
