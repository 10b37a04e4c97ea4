"""What a pass of a function of points is worth: the errors rejected there, and where none is."""

import numpy as np
import pytest
import torch
from hand_written import with_slope

import comparisons
from comparisons.results.mismatch import accepted

Z = np.linspace(-6.0, 5.0, 301)


def _softplus_off(by, where):
    """softplus with a gradient off by a relative error where a condition holds."""

    class Off(torch.autograd.Function):
        @staticmethod
        def forward(ctx, z):
            ctx.save_for_backward(z)
            return torch.nn.functional.softplus(z)

        @staticmethod
        def backward(ctx, v):
            (z,) = ctx.saved_tensors
            gradient = v * torch.sigmoid(z)
            return torch.where(where(z), gradient * (1 + by), gradient)

    return Off.apply


def _compared(function, **options):
    return comparisons.compare(function, "log(1 + exp(z))", **{"inputs": {"z": Z}, **options})


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_an_error_of_the_stated_size_is_rejected(dtype):
    """Above `all` at every point; above `half` in half of them; far below none is."""
    plain = _compared(torch.nn.functional.softplus, dtype=dtype)
    power = plain.adjoints["z"].power

    assert power.entries == Z.size
    assert power.own.half < power.own.all < 1
    for size, share in ((1.01 * power.own.all, 1.0), (1.01 * power.own.half, 0.5)):
        found = _compared(_softplus_off(size, lambda z: z < 10), dtype=dtype)
        assert found.adjoints["z"].judgement.wrong >= share * Z.size
    smallest = power.own.half / 100
    assert _compared(_softplus_off(smallest, lambda z: z < 10), dtype=dtype).wrong == 0


@pytest.mark.parametrize(
    ("dtype", "by"), [("bfloat16", 0.2), ("bfloat16", -0.06), ("float16", 0.01)]
)
def test_in_16_bits_all_points_together_say_what_none_says(dtype, by):
    """32 ulp of 1 are a quarter in bfloat16; but every number of the type has the error."""
    wrong = comparisons.compare(_softplus_off(by, torch.isfinite), "log(1 + exp(z))", dtype=dtype)
    power = wrong.adjoints["z"].power

    assert wrong.wrong == 0
    assert wrong.verdict is comparisons.Verdict.DISAGREES
    assert power.found == pytest.approx(by, rel=0.1)
    assert power.common < abs(by)
    assert f"{power.common:.2g} of all together" in power.sentence
    with pytest.raises(comparisons.GradientMismatch, match="of itself off in all points together"):
        accepted(wrong)


@pytest.mark.parametrize("by", [0.01, -0.01])
def test_in_16_bits_what_allclose_rejects_is_said(by):
    """Where each error is too large, and where each is too small."""
    off = with_slope(torch.relu, lambda v, z: v * (z > 0) * torch.where(z > 1e30, 1 + by, 1.0))
    found = comparisons.compare(off, "max(z, 0)", dtype="bfloat16")

    assert found.wrong == 0
    assert "allclose rejects it as it is" in found.adjoints["z"].power.sentence
    assert "allclose rejects" not in repr(comparisons.compare("relu", dtype="bfloat16"))


def test_in_16_bits_what_rounds_otherwise_passes():
    """The textbook's formula in bfloat16, each operation rounded: its errors have no factor."""
    found = comparisons.compare(
        lambda z: -torch.sigmoid(-z).log(), "log(1 + exp(z))", dtype="bfloat16", inputs=None
    )
    power = found.adjoints["z"].power

    assert abs(power.found) < power.common


def test_where_nothing_was_asked_is_said():
    """Between two points; in 16 bits there is nothing between."""
    gap = np.array([-2.0, -1.0, 3.0, 3.5])
    asked = _compared(torch.nn.functional.softplus, inputs={"z": gap})

    assert "errors between the points are not seen, such as from -1 to 3" in repr(asked)
    # so an error there passes, as is said
    hidden = _softplus_off(1.0, lambda z: (z > -1) & (z < 3))
    assert _compared(hidden, inputs={"z": gap}).wrong == 0
    whole = comparisons.compare("relu", dtype="bfloat16")
    assert "every number of the type was asked" in repr(whole)


def test_of_small_gradients_no_more_is_claimed_than_is_rejected():
    """Beside 1 a gradient of 10⁻³⁰ may be off by itself: so it is said."""
    found = _compared(
        torch.nn.functional.softplus, inputs={"z": np.array([-70.0, -60.0, 0.0, 1.0])}
    )
    power = found.adjoints["z"].power

    assert power.own.all > 1
    assert "in most points no error below the size of the gradient" in power.sentence
    assert (
        _compared(_softplus_off(0.5, lambda z: z < -50), inputs={"z": np.array([-70.0, 0.0])}).wrong
        == 0
    )


def test_it_is_in_the_row_and_in_the_message(tmp_path):
    """As figures and as a sentence, kept as JSON; `allowed` stays in ulp."""
    from comparisons.report.data.files import read_json, write_json
    from comparisons.report.data.rows import result_row

    write_json(tmp_path / "rows.json", [result_row(_compared(torch.nn.functional.softplus))])
    (row,) = read_json(tmp_path / "rows.json")["rows"]
    assert row["adjoints"][0]["power"]["sentence"].startswith("a relative error of")
    with pytest.raises(comparisons.GradientMismatch) as caught:
        comparisons.check(_softplus_off(1e-3, lambda z: z > 1), "log(1 + exp(z))")
    assert "this check   a relative error of" in str(caught.value)
    assert "allowed      32 ulp of max(|g|, 1)" in str(caught.value)
