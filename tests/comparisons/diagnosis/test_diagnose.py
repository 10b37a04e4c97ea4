"""The verb, the method, and what a failure says."""

import warnings

import pytest
import torch

import comparisons
from comparisons.diagnosis import diagnose as diagnosing
from comparisons.results import mismatch

F64 = torch.float64


def naive_mish(z):
    """Digits of e^z are lost beside 1."""
    s = 1 + torch.exp(z)
    return z * torch.tanh(torch.log(s))


def doubled(z):
    """x² with a backward that is twice too large."""
    return _Doubled.apply(z)


class _Doubled(torch.autograd.Function):
    @staticmethod
    def forward(ctx, z):
        ctx.save_for_backward(z)
        return z * z

    @staticmethod
    def backward(ctx, v):
        (z,) = ctx.saved_tensors
        return 4 * v * z


class TestDiagnose:
    def test_a_function_by_a_formula(self):
        """The user's line is named, and the catalogue's own function proposed."""
        found = comparisons.diagnose(naive_mish, "z*tanh(softplus(z))")

        assert found.line.text == "s = 1 + torch.exp(z)"
        assert [s.text for s in found.stable] == ["F.mish(z)"]
        assert "naive_mish(z) = F.mish(z)" in str(found)

    def test_a_wrong_backward_by_a_formula(self):
        """Its relation, and its line."""
        found = comparisons.diagnose(doubled, "z**2")

        assert found.cause is comparisons.Cause.WRONG
        assert found.findings[0].relation == "z̄ is the truth times 2"
        assert found.findings[0].written[0].function == "_Doubled.backward"

    def test_an_operator_of_torch_s_that_is_off(self):
        """hardsigmoid's backward has 1/6 in single precision."""
        found = comparisons.diagnose("hardsigmoid")

        assert found.cause is comparisons.Cause.KERNEL
        assert found.line.operator == "hardsigmoid_backward"
        assert found.findings[0].relative == pytest.approx(2.98e-8, rel=1e-2)

    def test_a_nan_that_where_does_not_stop(self):
        """sin(z)/z within a where, as people write it: 0/0 comes through its gradient."""
        found = comparisons.diagnose("sinc")
        lines = [line for f in found.findings if f.computed != f.computed for line in f.lines]

        assert [line.operator for line in lines] == ["div"]
        assert "where()" in lines[0].because

    def test_single_precision_is_its_own(self):
        """At −17 float32 has lost e^z beside 1, float64 has not."""
        z = torch.tensor([-17.0, -16.0])
        single = comparisons.diagnose(naive_mish, z, dtype="float32")

        assert single.line.text == "s = 1 + torch.exp(z)"
        assert single.findings[0].relative > 0.05
        assert comparisons.diagnose(naive_mish, z).findings[0].relative < 1e-8

    def test_constants_rounded_in_the_code_are_told(self):
        """The tanh approximation's mate: ½ z (1 + erf(z/1.414…)) is gelu but for √2's rounding."""

        def gelu(z):
            return 0.5 * z * (1 + torch.erf(z / 1.4142135623730951))

        found = comparisons.diagnose(gelu, torch.tensor([-7.0, -8.0, 1.0], dtype=F64))

        assert found.line.text.startswith("return 0.5 * z * (1 + torch.erf")
        assert all(0 < s.apart < 1e-14 for s in found.stable)

    def test_time_that_is_spent_is_said(self):
        """And nothing is claimed."""
        result = comparisons.compare(naive_mish, torch.tensor([-30.0, 1.0], dtype=F64))
        found = result.diagnose(seconds=0)

        assert not found.findings
        assert "more than 0 s would be needed" in str(found)

    def test_what_another_engine_does_is_not_put_on_the_code(self):
        """A plain backward is right: it is the layout that makes the difference."""

        def fragile(z):
            return z * z if z.is_contiguous() else _Doubled.apply(z)

        result = comparisons.compare(fragile, "z**2", engine="strided")

        assert result.verdict is comparisons.Verdict.DISAGREES
        assert "strided that makes the difference" in str(result.diagnose())


class TestFailureMessages:
    def test_a_failure_says_where_it_comes_from(self):
        """The relation and the line, below what it said before."""
        with pytest.raises(comparisons.GradientMismatch) as caught:
            comparisons.check(doubled, "z**2")

        said = str(caught.value)
        assert "z̄ is the truth times 2" in said
        assert said.index("\n  reproduce") < said.index("\n  diagnosis")

    def test_a_diagnosis_that_fails_is_not_told(self, monkeypatch):
        """The failure stands as it was."""

        def broken(*_, **__):
            raise RuntimeError("broken")

        monkeypatch.setattr(diagnosing, "diagnose", broken)
        with pytest.raises(comparisons.GradientMismatch) as caught:
            comparisons.check(doubled, "z**2")

        assert "broken" not in str(caught.value)
        assert "\n  diagnosis" not in str(caught.value)
        assert "z̄ is wrong at" in str(caught.value)

    def test_large_arrays_are_diagnosed_on_demand(self, monkeypatch):
        """The message says how."""
        monkeypatch.setattr(mismatch, "_QUICK", 4)
        z = torch.linspace(-1, 1, 6, dtype=F64)
        with pytest.raises(comparisons.GradientMismatch) as caught:
            comparisons.check(_Doubled.apply, z)

        assert "diagnosis    result.diagnose() says where it comes from" in str(caught.value)
        assert "is the truth times 2" in str(caught.value.comparison.diagnose())

    def test_no_warning_escapes(self):
        """Overflow on the way is what is looked for."""
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            found = comparisons.diagnose(naive_mish, torch.tensor([800.0], dtype=F64))

        assert found.cause is comparisons.Cause.RANGE
