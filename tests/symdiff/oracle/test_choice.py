from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
import sympy

from symdiff import oracle
from symdiff.catalogue.activations import activations
from symdiff.expression.formula import real_symbol
from symdiff.functions import sech
from symdiff.oracle import choice, enclose

z, y, t = map(real_symbol, "zyt")


@pytest.fixture(autouse=True)
def _own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("SYMDIFF_CACHE_DIR", str(tmp_path))
    choice._tables.clear()


@pytest.fixture
def tables(monkeypatch):
    """The targets for which a table was asked for."""
    asked = []
    table = choice.table
    monkeypatch.setattr(
        choice, "table", lambda e, target, *r: asked.append(target) or table(e, target, *r)
    )
    return asked


class TestEnclose:
    def test_takes_the_ball_for_few_points_and_the_table_for_many(self, tables):
        """The two agree to within their bounds."""
        points = np.random.default_rng(0).normal(size=60_000).astype(np.float32).astype(float)
        expression = activations["gelu"].derivative()

        few = enclose(expression, {"z": points[:500]}, target="float32")
        many = enclose(expression, {"z": points}, target="float32")

        assert tables == ["float32"]
        assert few.certified.all()
        assert many.certified.all()
        assert np.all(np.abs(few.high - many.high[:500]) <= few.bound + many.bound[:500])

    def test_leaves_to_the_ball_what_the_table_cannot_certify(self, tables):
        """Zeros, a root, a breakpoint and the limit at ∞ are certified; NaN never is."""
        points = np.resize(np.array([0.0, -0.0, 0.5, -0.5, np.inf, np.nan, 1e-45, 1e300]), 60_000)
        softshrink = activations["softshrink"]
        expression = softshrink.valued(softshrink.derivative()) + z

        found = enclose(expression, {"z": points}, target="float32")

        assert tables == ["float32"]
        assert np.array_equal(found.certified, ~np.isnan(points))
        assert list(found.high[:4]) == [0.0, 0.0, 0.5, -0.5]

    def test_takes_the_ball_for_two_variables_and_for_a_finer_bound(self, tables):
        """A table has one variable and its own accuracy."""
        points = np.linspace(1, 2, 60_000)

        enclose(y - t, {"y": points, "t": points}, target="float32")
        fine = enclose(z**2, {"z": points}, target="float32", relative=2.0**-60)

        assert tables == []
        assert fine.certified.all()

    @pytest.mark.parametrize("target", ["float32", "bfloat16", "float16"])
    def test_decides_the_rounding_where_that_is_asked(self, target):
        """Every one of 60,000 derivatives of tanh has a decided rounding in the target."""
        points = np.random.default_rng(1).normal(size=60_000) * 5

        found = enclose(sech(z) ** 2, {"z": points}, target=target, rounding=True)

        assert found.certified.all()
        assert found.rounded(target)[1].all()

    def test_keeps_the_shape(self):
        """A matrix of points gives a matrix of enclosures, by either way."""
        for shape in ((2, 3), (300, 200)):
            assert enclose(z**2, {"z": np.ones(shape)}, target="float32").shape == shape

    def test_reproduces_the_lost_gradients(self):
        """sigmoid' at 40 is 4.25e-18, tanh' just above 19.06 is 1.1e-16, neither of them 0."""
        found = enclose(activations["sigmoid"].derivative(), {"z": np.array([40.0])})
        other = enclose(activations["tanh"].derivative(), {"z": np.array([19.07])})

        assert found.high[0] == pytest.approx(4.248354255291589e-18, rel=1e-12)
        assert other.high[0] == pytest.approx(1.0915e-16, rel=1e-3)

    def test_refuses_an_unknown_target(self):
        """The message names the formats there are."""
        with pytest.raises(ValueError, match="unknown format 'int8'"):
            enclose(z, {"z": np.ones(1)}, target="int8")

    def test_names_a_missing_variable(self):
        """Values for another variable do not serve."""
        with pytest.raises(ValueError, match="no values were given for 'z'"):
            enclose(sympy.exp(z), {"x": np.ones(1)})


class TestPackage:
    def test_every_public_name_is_documented_and_found(self):
        """What __all__ lists can be imported, and says what it is."""
        for name in oracle.__all__:
            assert getattr(oracle, name).__doc__

    def test_an_unknown_name_is_an_attribute_error(self):
        """As of any module."""
        with pytest.raises(AttributeError, match=r"No symdiff\.oracle attribute enclosed"):
            _ = oracle.enclosed

    def test_importing_symdiff_needs_neither_flint_nor_numba_nor_torch(self):
        """Deriving and printing work without the oracle's dependencies."""
        code = (
            "import sys; sys.modules.update(flint=None, numba=None, torch=None);"  # None: no module
            "from symdiff import oracle; from symdiff.catalogue import activation;"
            "print(activation('tanh').derivative())"
        )

        shown = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True
        )

        assert shown.stdout.strip() == "sech(z)**2"
