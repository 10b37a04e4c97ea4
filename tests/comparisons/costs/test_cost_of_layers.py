"""Layers as problems of costs: the same gradients by every method, and counts that are exact."""

import re

import numpy as np
import pytest
import sympy

import comparisons
import symdiff
from comparisons.cli.command import main
from comparisons.costs import automatic, methods, symbolic
from comparisons.costs.layers import of_layer
from comparisons.costs.method import Method
from comparisons.costs.numpy_steps import NumpySteps
from comparisons.costs.row_diff import RowDiff
from comparisons.costs.timing import error, truth_of
from comparisons.report.data.files import read_json, write_json
from comparisons.report.page.document import Document
from comparisons.report.summaries.costs import costs_of
from comparisons.subjects.catalogue.layers import LAYERS, layer

SMALL = {
    "sparsemax": 2,
    "attention": 2,
    "maxout": 2,
    "geglu": 2,
    "swiglu": 2,
    "reglu": 2,
}  # a row of 4 takes SymPy seconds
CHAINED = ("softmax", "layer_norm", "group_norm", "attention", "swiglu")
QUICK = ("sympy diff", "torch compiled", "jax compiled")


def problem(name, depth=1):
    """The problem of a layer."""
    return of_layer(layer(name), depth, name)


@pytest.fixture(scope="module")
def softmax():
    """Of all methods but the compiled ones."""
    return comparisons.cost("softmax", sizes=(128,), without=QUICK[1:])


@pytest.mark.parametrize("name", LAYERS)
def test_sympy_derives_the_layer_that_symdiff_does(name):
    """Of one row, by each component of each input, at the same numbers; seed 20240229."""
    one = problem(name)
    width = SMALL.get(name, 4)
    row, written = one.rows(1, width), one.written(width)
    at = {
        sympy.Symbol("_".join(map(str, (n, *place))), real=True): sympy.Float(value[place], 30)
        for n, value in row.items()
        for place in np.ndindex(value.shape)
    }
    slopes = [sympy.diff(written.expression, each).doit() for each in written.variables]
    found = [float(slope.xreplace(at).evalf(20)) for slope in slopes]
    ours = symdiff.adjoints(one.graph).lambdify("numpy")(**row)

    expected = np.concatenate([np.broadcast_to(ours[n], row[n].shape).ravel() for n in one.names])
    assert found == pytest.approx(expected, rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("name", LAYERS)
def test_each_method_has_the_true_gradients_of_all_inputs(name):
    """Plain numpy, symdiff's evaluator and torch, at the shapes that errors are measured at."""
    one = problem(name)
    truth = truth_of(one)

    assert {*truth} == {*one.names}
    for make in (symbolic.numpy_plain, symbolic.adjoints_shared, automatic.torch_eager):
        assert error(make(one), one, truth) < 200, make


@pytest.mark.parametrize("name", CHAINED)
def test_a_layer_goes_into_itself_in_every_language(name):
    """The same function of the same other inputs, three times."""
    one = problem(name, 3)
    inputs = one.inputs(64)
    ours = symbolic.numpy_plain(one).call(inputs)
    eager = automatic.torch_eager(one)
    theirs = eager.numbers(eager.call(eager.prepare(inputs)))

    for each in one.names:
        np.testing.assert_allclose(theirs[each], ours[each], rtol=1e-6, atol=1e-12)


def test_the_cotangent_is_not_ones():
    """Of ones the gradient of softmax is 0."""
    one = problem("softmax")
    gradient = symbolic.numpy_plain(one).call(one.judged_at)["x"]

    assert np.abs(gradient).max() > 0.01


def test_a_size_is_that_of_the_first_input():
    """Rows of 64, attention square; rounded, and one row at least."""
    assert problem("softmax").inputs(1000)["x"].shape == (16, 64)
    assert problem("softmax").inputs(1)["x"].shape == (1, 64)
    attention = problem("attention").inputs(1000)
    assert {value.shape for value in attention.values()} == {(32, 32)}
    for name in LAYERS:
        one = problem(name)
        assert one.entries(one.inputs(4096)) == 4096


def test_operations_are_counted_exactly():
    """By hand, of a row of softmax and of the five products of bilinear; a − b, a/b are two."""
    row = NumpySteps(symdiff.adjoints(problem("softmax").graph))
    # max n; exp(x − m) 3n; Σ n − 1; e/t 2n; v p n; Σ n − 1; p (v − t) 3n
    by_hand = {n: n + 3 * n + n - 1 + 2 * n + n + n - 1 + 3 * n for n in (2, 4, 64)}
    # a = xW, b = xV: n products and n − 1 sums an entry; v a, v b; two more products with W and V
    # to x̄ and their sum, two outer products to W̄ and V̄
    products = NumpySteps(symdiff.adjoints(problem("bilinear").graph))
    outer = {n: 4 * n * (2 * n - 1) + 2 * n + n + 2 * n * n for n in (2, 4, 8)}

    assert {n: row.operations(problem("softmax").rows(1, n)) for n in by_hand} == by_hand
    assert {n: products.operations(problem("bilinear").rows(1, n)) for n in outer} == outer


def test_what_moves_data_costs_nothing():
    """The halves of glu are taken and put back: 9 operations a column, σ of one half."""
    steps = NumpySteps(symdiff.adjoints(problem("glu").graph))

    assert [steps.operations(problem("glu").rows(1, n)) for n in (2, 64)] == [9, 9 * 32]


@pytest.mark.parametrize("name", LAYERS)
def test_sympys_code_of_a_row_gives_the_gradients_of_many(name):
    """Of three rows by columns; what the rows share is summed over them."""
    width = SMALL.get(name, 4)
    one = problem(name).at_width(width)
    inputs = one.rows(3, width)
    found = RowDiff(one, width).lambdified()(inputs)
    ours = symdiff.adjoints(one.graph).lambdify("numpy")(**inputs)

    assert {*found} == {*one.names}
    for each in one.names:
        expected = np.broadcast_to(ours[each], inputs[each].shape)
        np.testing.assert_allclose(found[each], expected, rtol=1e-9, atol=1e-12)


def test_sympys_diff_alone_swells_with_the_row(softmax):
    """The shared sweep grows with the row, SymPy's diff by its square and more; all are timed."""
    widths = (2, 4, 8, 16)
    diff, shared, torch = (
        [line for line in softmax.by_width if line.method == method]
        for method in ("SymPy diff, lambdified", "symdiff, lambdified", "torch, reverse")
    )

    for lines in (diff, shared, torch):
        assert tuple(line.width for line in lines) == widths
        assert all(line.nanoseconds[128] > 0 and line.ulp < 200 for line in lines)
    assert diff[-1].operations > 100 * diff[0].operations
    assert [line.operations for line in shared] == [12 * n - 2 for n in widths]
    assert softmax.line("SymPy diff").operations == diff[1].operations
    assert diff[-1].nanoseconds[128] > 3 * diff[0].nanoseconds[128]


def test_the_widths_are_the_callers():
    """Of a function there are none, and of a layer none but those that are given."""
    kept = {"sizes": (64,), "without": ("torch forward", *QUICK[1:])}

    assert {line.width for line in comparisons.cost("glu", widths=(4,), **kept).by_width} == {4}
    assert not comparisons.cost("glu", widths=(), **kept).by_width
    assert not comparisons.cost("tanh", widths=(4,), **kept).by_width


def test_what_is_beyond_sympys_reach_is_told(monkeypatch):
    """A row that is foreseen to be too large, and a layer put into itself."""
    monkeypatch.setattr(symbolic, "_TOO_LARGE", 1000)

    assert symbolic.sympy_diff(problem("softmax").at_width(4)).operations == 260
    assert "a row of 8 swells beyond reach" in symbolic.sympy_diff(problem("softmax").at_width(8))
    assert "depth 1" in symbolic.sympy_diff(problem("softmax", 2))


def test_forward_mode_is_one_pass_and_says_how_many_it_would_take(softmax):
    """It has a time and no error."""
    line = softmax.line("torch, forward, one pass")

    assert line.nanoseconds[128] > 0
    assert line.ulp is None
    assert "256 where the error is measured" in softmax.absent["torch forward, depth 1"]


def test_a_wrong_gradient_of_one_input_has_a_large_error():
    """Though those of the others are right."""
    one = problem("layer_norm")
    truth, right = truth_of(one), symbolic.numpy_plain(problem("layer_norm"))

    for name in one.names:

        def wrong(inputs, name=name):
            found = right.call(inputs)
            return {**found, name: found[name] * (1 + 1e-9)}

        assert error(Method("wrong", 0.0, None, "", wrong), one, truth) > 1e5


def test_what_is_no_gradient_is_not_the_fastest(softmax):
    """One pass of forward mode, however quick."""
    row = softmax.row()
    (line,) = (line for line in row["lines"] if line["method"] == "torch, forward, one pass")
    line["nanoseconds"] = [[128, 1e-3]]
    (costs,) = costs_of([row])
    fastest = [line.method for line in costs.lines if any(t and t.least for t in line.times)]

    assert len(fastest) == 1
    assert fastest != ["torch, forward, one pass"]


@pytest.mark.parametrize(
    ("name", "options", "says"),
    [
        (
            "logsumexp",
            {"depths": (1, 2)},
            "logsumexp cannot be put into itself, .* ask for depth 1",
        ),
        ("crelu", {"depths": [2]}, "crelu cannot be put into itself"),
        ("mse", {}, "'mse' is a loss, and costs are of activations and layers"),
        ("cross_entropy", {}, "'cross_entropy' is a loss"),
        ("atention", {}, "unknown function 'atention'; did you mean 'attention'"),
        ("softmax", {"alpha": 1}, "softmax has no option 'alpha'"),
    ],
)
def test_what_cannot_be_compared_is_refused_in_one_sentence(name, options, says):
    """Before anything is measured."""
    with pytest.raises(ValueError, match=says):
        comparisons.cost(name, sizes=(64,), **options)


def test_a_report_shows_the_layer(tmp_path, monkeypatch, softmax):
    """Its table, its plot, its narrow rows; its JSON gives the same figures."""
    few = (symbolic.sympy_diff, symbolic.adjoints_shared, automatic.torch_eager)
    monkeypatch.setattr(methods, "METHODS", few)
    page = tmp_path / "cost.html"

    assert main(["cost", "logsumexp", "--sizes", "64", "--report", str(page)]) == 0
    section = page.read_text().partition('<h2 id="costs">')[2].partition("</section>")[0]
    assert "<h3>logsumexp</h3>" in section
    assert section.count("<circle") == 2
    narrow = section.partition("With narrow rows")[2]
    assert re.search(r"SymPy diff, lambdified<td class=\"n\">4<td[^\n]*>40 operations", narrow)

    kept = tmp_path / "run.json"
    write_json(kept, [softmax.row()])
    (costs,) = Document(read_json(kept)).costs
    assert [line.ulp for line in costs.lines] == [line.ulp for line in softmax.lines]
    assert [line.ulp for line in costs.by_width] == [line.ulp for line in softmax.by_width]
    assert "260 operations |" in Document(read_json(kept)).render(".md")
