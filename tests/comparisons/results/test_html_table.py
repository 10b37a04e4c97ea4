"""Results in a notebook."""

import comparisons
import symdiff
from comparisons.dtypes import FLOAT_TYPES
from comparisons.engines.every import ENGINES
from comparisons.judge.budget import Budget
from comparisons.judge.vocabulary import Status
from comparisons.subjects.choose import subject_of
from comparisons.sweeps.sweep import Sweep
from comparisons.sweeps.tally import Tally


def test_a_comparison_is_a_table():
    """A line an adjoint, with its verdict, and a line for what has rightly none."""
    text = comparisons.compare(comparisons.linear_layer(cut="detach()"))._repr_html_()

    assert text.startswith("<table><caption>linear layer, detached, float64, reverse: accurate")
    assert "none, as it should be" in text


def test_names_are_escaped():
    """A function called <b> does not make the table bold."""

    def function(z):
        return z * z

    function.__name__ = "<b>"
    text = comparisons.compare(function, "z**2")._repr_html_()

    assert "<b>" not in text
    assert "&lt;b&gt; as z**2" in text


def test_a_sweep_is_a_table():
    """One line: all points together."""
    tally = Tally(counts={Status.FAITHFUL: 2**32}, bulk_ulp=0.75)
    subject = subject_of("tanh", None, {})
    adjoints = symdiff.adjoints(subject.graph)
    how = (FLOAT_TYPES["float32"], ENGINES["reverse"], Budget())
    text = Sweep(subject, adjoints, *how, tally)._repr_html_()

    assert "4,294,967,296 faithful" in text
    assert "<td>0.75</td>" in text


def test_an_adjoint_is_a_line():
    """As in its comparison's table."""
    comparison = comparisons.compare("tanh", dtype="float32")
    text = comparison.adjoints["z"]._repr_html_()

    assert text.startswith("<table><caption>z̄: agrees")
    assert text.split("<tbody>")[1] in comparison._repr_html_()


def test_engines_are_a_table():
    """A line an engine and each that could not be asked; then where they differ."""
    names = ["reverse", "strided", "noncontiguous"]
    text = comparisons.compare_engines("gelu", dtype="float32", engines=names)._repr_html_()

    assert "<caption>gelu, float32</caption>" in text
    assert text.count("<tr>") == 5  # the head, two engines, one not asked, one difference
    assert "<td>noncontiguous</td><td>–</td>" in text
    assert "not asked: " in text
    assert "<td>reverse, strided</td><td>≠</td>" in text
