"""Results as plots, data frames and LaTeX tables."""

import sys

import matplotlib as mpl
import numpy as np
import pytest

import comparisons

mpl.use("agg")


@pytest.fixture(scope="module")
def gelu():
    """torch's gelu in bfloat16, at a few points."""
    z = np.linspace(-4, 4, 33)
    return comparisons.compare("gelu", dtype="bfloat16", inputs={"z": z})


@pytest.fixture(scope="module")
def softmax():
    """An array, one number of which is judged against a cotangent."""
    return comparisons.compare("softmax")


def test_a_frame_has_a_row_a_gradient(gelu):
    """Where, what was computed, the truth, its bound, the error and the status."""
    frame = gelu.to_frame()

    columns = ["adjoint", "entry", "z", "computed", "truth", "bound", "ulp", "status"]
    assert [*frame.columns][:3] == columns[:3]
    assert {*columns} <= {*frame.columns}
    assert len(frame) == gelu.values
    assert frame["ulp"].max() == gelu.max_ulp
    assert (frame["computed"] == gelu.adjoints["z"].computed).all()


def test_a_frame_of_arrays_has_places(softmax):
    """An entry of an array is found by its position."""
    frame = softmax.to_frame()

    assert len(frame) == softmax.values
    assert len(frame["entry"].iloc[0]) == softmax.adjoints["x"].computed.ndim


def test_a_table_of_engines_as_a_frame_and_as_latex():
    """A row an engine, in both."""
    table = comparisons.compare_engines("relu", engines=["reverse", "jvp"], inputs={"z": [1.0]})

    assert [*table.to_frame()["engine"]] == ["reverse", "jvp"]
    assert table.to_latex().count(r"\\") == 3
    assert table.to_latex().startswith(r"\begin{tabular}{llll}")


def test_latex_is_escaped(gelu):
    """Underscores and ∞ are what LaTeX can read."""
    lines = gelu.to_latex().splitlines()

    assert lines[0] == r"\begin{tabular}{lllll}"
    assert lines[4].startswith("z & ")
    assert "∞" not in gelu.to_latex()


def test_the_plot_has_every_finite_error(gelu):
    """The points drawn are the errors, upwards where torch's gradient is too large."""
    axes = gelu.plot()

    points = np.concatenate([line.get_xydata() for line in axes.lines if len(line.get_xdata()) > 2])
    assert len(points) == gelu.values
    assert np.max(np.abs(points[:, 1])) == gelu.max_ulp
    assert axes.get_xlabel() == "z"
    assert axes.get_ylabel() == "error of z̄, ulp"


def test_the_plot_of_an_array_goes_by_its_input(softmax):
    """Of an adjoint with the shape of its input the error is drawn against that input."""
    assert softmax.plot("x").get_xlabel() == "x"


def test_an_unknown_adjoint_is_refused(gelu):
    """What there is to plot is said."""
    with pytest.raises(KeyError, match="was compared in z, not in 'w'"):
        gelu.plot("w")


def test_a_notebook_shows_the_plot(gelu):
    """The table and, beside it, a picture with a text for who cannot see it."""
    assert 'alt="gelu, bfloat16, reverse: ' in gelu._repr_html_()


@pytest.mark.parametrize(
    ("library", "ask"), [("pandas", "to_frame"), ("matplotlib", "plot")], ids=str
)
def test_without_the_library_it_says_what_to_install(library, ask, gelu, monkeypatch):
    """One sentence, with the command."""
    monkeypatch.setitem(sys.modules, library, None)
    monkeypatch.setitem(sys.modules, f"{library}.pyplot", None)

    with pytest.raises(ModuleNotFoundError, match=f"pip install {library}"):
        getattr(gelu, ask)()
