"""Closed form and autograd as methods: counts are exact, and what is measured is of the method."""

import json
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import sympy

import comparisons
import symdiff
from comparisons.cli.command import main
from comparisons.costs import methods
from comparisons.costs.chain import expression_of, graph_of, z
from comparisons.costs.method import Method
from comparisons.costs.timing import bytes_a_value, error, nanoseconds_a_value
from comparisons.report.data.files import read_json, write_json
from comparisons.report.page.cost_plot import CostPlot
from comparisons.report.page.document import Document


@pytest.fixture(scope="module")
def quick():
    """Of all methods but the compiled one, which takes seconds."""
    kept = methods.METHODS
    methods.METHODS = tuple(m for m in kept if m is not methods.torch_compiled)
    yield comparisons.cost("silu", depths=(1, 3), sizes=(100,))
    methods.METHODS = kept


def test_each_method_is_a_line_with_its_figures(quick):
    """Operations, time to derive, time a value at each size, memory, error."""
    for line in quick.lines:
        assert line.seconds >= 0
        if line.method == "symdiff, before sharing":
            assert not line.nanoseconds
            continue
        assert [*line.nanoseconds] == [100]
        assert min(line.nanoseconds.values()) > 0
        assert line.ulp is not None
        assert line.ulp < 64


def test_sympys_diff_swells_and_the_shared_sweep_does_not(quick):
    """From one layer to three."""
    swell, ours = (
        quick.line(name, 3).operations / quick.line(name, 1).operations
        for name in ("SymPy diff, lambdified", "symdiff, lambdified")
    )

    assert ours < 5
    assert swell > 2 * ours


def test_sharing_saves_operations(quick):
    """The primal's values are used again by the adjoints."""
    assert (
        quick.line("symdiff, lambdified", 3).operations
        < quick.line("symdiff, before sharing", 3).operations
    )


def test_every_method_computes_the_same_function():
    """The chain as a graph and as one expression in plain SymPy."""
    definition = symdiff.activation("gelu")
    expression, graph = expression_of(definition, 2), graph_of(definition, 2)
    slope = symdiff.adjoints(graph).lambdify("numpy")(z=0.7)["z"]

    assert float(sympy.diff(expression, z).subs(z, 0.7)) == pytest.approx(slope, rel=1e-12)
    assert not any(hasattr(f, "numpy") for f in expression.atoms(sympy.Function))


def test_a_wrong_gradient_has_a_large_error_and_a_nan_an_infinite_one():
    """The error is of what the method computes."""
    graph = graph_of(symdiff.activation("tanh"), 1)
    right = Method("right", 0.0, None, "", lambda v: 1 / np.cosh(v) ** 2)
    wrong = Method("wrong", 0.0, None, "", lambda v: 1.001 / np.cosh(v) ** 2)
    broken = Method("broken", 0.0, None, "", lambda v: v * np.nan)

    assert error(right, graph) < 10
    assert error(wrong, graph) > 1e10
    assert error(broken, graph) == np.inf


def test_memory_is_what_the_call_holds():
    """Three arrays of float64 at once beyond the result are some 24 bytes a value."""
    size = 2_000_000

    def hungry(values):
        held = [values + k for k in range(3)]
        return held[0] + held[1] + held[2]

    found = bytes_a_value(Method("hungry", 0.0, None, "", hungry), size)
    assert found is None or 20 < found < 48


def test_time_is_the_methods_own():
    """A loop of so many steps takes longer than one step."""
    quick, slow = (
        Method("steps", 0.0, None, "", lambda v, n=n: [np.sin(v) for _ in range(n)])
        for n in (1, 40)
    )

    assert nanoseconds_a_value(slow, 1000) > 5 * nanoseconds_a_value(quick, 1000)


def test_the_time_of_other_threads_is_counted():
    """As much as that of the thread which asks."""
    with ThreadPoolExecutor(1) as threads:
        here, there = (
            nanoseconds_a_value(Method("sines", 0.0, None, "", call), 100_000)
            for call in (_sines, lambda v: threads.submit(_sines, v).result())
        )

    assert 0.5 < there / here < 2


def _sines(values):
    return [np.sin(values) for _ in range(4)]


def test_what_cannot_be_asked_is_told(quick):
    """A depth that SymPy's diff does not reach, in words."""
    assert "swells beyond reach" in methods.sympy_diff(symdiff.activation("silu"), 64)
    assert "takes minutes" in methods.torch_compiled(symdiff.activation("silu"), 64)
    assert "depth" in repr(quick)
    with pytest.raises(ValueError, match="unknown activation"):
        comparisons.cost("geluu")


def test_the_command_writes_the_table_the_json_and_the_plot(tmp_path, capsys, monkeypatch):
    """And refuses what is no depth."""
    monkeypatch.setattr(methods, "METHODS", (methods.adjoints_shared, methods.torch_eager))
    data, plot = tmp_path / "cost.json", tmp_path / "cost.svg"
    options = ["--sizes", "100", "--json", str(data), "--plot", str(plot)]

    assert main(["cost", "tanh", *options]) == 0
    assert "torch, reverse" in capsys.readouterr().out
    assert {line["method"] for line in json.loads(data.read_text())["lines"]} == {
        "symdiff, lambdified",
        "torch, reverse",
    }
    assert plot.read_text().count("<circle") == 2
    assert main(["cost", "tanh", "--depth", "0"]) == 2


def test_a_report_has_the_table_beside_the_functions_own_gradients(tmp_path, monkeypatch, quick):
    """And its JSON, which fits the schema, makes the same section."""
    monkeypatch.setattr(methods, "METHODS", (methods.adjoints_shared, methods.torch_eager))
    page = tmp_path / "cost.html"

    assert main(["cost", "celu", "--sizes", "100", "--set", "alpha=2", "--report", str(page)]) == 0
    text = page.read_text()
    assert '<h2 id="costs">' in text
    assert text.count("<circle") == 2
    assert "celu" in text.partition('id="matrix"')[2]

    kept = tmp_path / "run.json"
    write_json(kept, [quick.row()])
    (costs,) = Document(read_json(kept)).costs
    assert [line.ulp for line in costs.lines] == [line.ulp for line in quick.lines]
    assert [line.depth for line in costs.lines] == [line.depth for line in quick.lines]


def test_what_takes_time_before_the_first_value_is_counted():
    """Compiling is not free because it is done late."""
    graph = symdiff.activation("silu")
    derived = methods.adjoints_shared(graph, 6)
    started = time.process_time()
    derived.call(np.linspace(-1, 1, 64))
    first = time.process_time() - started

    assert first < derived.seconds


@pytest.mark.parametrize("values", [(1.0, 2.0), (0.0, np.inf), (np.nan, np.nan), (-1.0, -1.0)])
def test_a_point_stays_in_the_frame_whatever_was_measured(values):
    """Numbers do not cover each other."""
    plot = CostPlot([values, (30.0, 5.0), (30.0, 5.0), (30.1, 5.1)])

    for mark in plot.marks:
        assert plot.left <= mark.x <= plot.right
        assert plot.top <= mark.y <= plot.bottom
    places = [(m.x, m.y - m.beside) for m in plot.marks]
    assert len({*places}) == 4
    assert plot.x_ticks
