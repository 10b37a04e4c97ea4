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
from comparisons.costs import automatic, methods, symbolic
from comparisons.costs.chain import z
from comparisons.costs.functions import of_function
from comparisons.costs.method import Method
from comparisons.costs.timing import bytes_a_value, error, nanoseconds_a_value, truth_of
from comparisons.report.data.files import read_json, write_json
from comparisons.report.page.cost_plot import CostPlot
from comparisons.report.page.document import Document


@pytest.fixture(scope="module")
def quick():
    """Of all methods but the compiled one, which takes seconds."""
    return comparisons.cost("silu", depths=(1, 3), sizes=(100,), without=["torch compiled"])


def problem(name, depth=1):
    """The problem of an activation."""
    return of_function(symdiff.activation(name), depth)


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
    twice = problem("gelu", 2)
    expression = twice.written(1).expression
    slope = symdiff.adjoints(twice.graph).lambdify("numpy")(z=0.7)["z"]

    assert float(sympy.diff(expression, z).subs(z, 0.7)) == pytest.approx(slope, rel=1e-12)
    assert not any(hasattr(f, "numpy") for f in expression.atoms(sympy.Function))


def test_a_wrong_gradient_has_a_large_error_and_a_nan_an_infinite_one():
    """The error is of what the method computes."""
    tanh = problem("tanh")
    truth = truth_of(tanh)
    right = Method("right", 0.0, None, "", lambda v: {"z": 1 / np.cosh(v["z"]) ** 2})
    wrong = Method("wrong", 0.0, None, "", lambda v: {"z": 1.001 / np.cosh(v["z"]) ** 2})
    broken = Method("broken", 0.0, None, "", lambda v: {"z": v["z"] * np.nan})

    assert error(right, tanh, truth) < 10
    assert error(wrong, tanh, truth) > 1e10
    assert error(broken, tanh, truth) == np.inf


def test_memory_is_what_the_call_holds():
    """Three arrays of float64 at once beyond the result are some 24 bytes a value."""
    size = 2_000_000

    def hungry(values):
        held = [values["z"] + k for k in range(3)]
        return held[0] + held[1] + held[2]

    found = bytes_a_value(Method("hungry", 0.0, None, "", hungry), problem("tanh"), size)
    assert found is None or 20 < found < 48


def test_time_is_the_methods_own():
    """A loop of so many steps takes longer than one step."""
    quick, slow = (
        Method("steps", 0.0, None, "", lambda v, n=n: [np.sin(v["z"]) for _ in range(n)])
        for n in (1, 40)
    )

    tanh = problem("tanh")
    assert nanoseconds_a_value(slow, tanh, 1000) > 5 * nanoseconds_a_value(quick, tanh, 1000)


def test_the_time_of_other_threads_is_counted():
    """As much as that of the thread which asks."""
    with ThreadPoolExecutor(1) as threads:
        here, there = (
            nanoseconds_a_value(Method("sines", 0.0, None, "", call), problem("tanh"), 100_000)
            for call in (_sines, lambda v: threads.submit(_sines, v).result())
        )

    assert 0.5 < there / here < 2


def _sines(values):
    return [np.sin(values["z"]) for _ in range(4)]


def test_what_cannot_be_asked_is_told(quick):
    """A depth that SymPy's diff does not reach, in words."""
    assert "swells beyond reach" in symbolic.sympy_diff(problem("silu", 64))
    assert "takes minutes" in automatic.torch_compiled(problem("silu", 64))
    assert "depth" in repr(quick)
    with pytest.raises(ValueError, match="unknown activation"):
        comparisons.cost("geluu")


def test_the_command_writes_the_table_the_json_and_the_plot(tmp_path, capsys, monkeypatch):
    """And refuses what is no depth."""
    monkeypatch.setattr(methods, "METHODS", (symbolic.adjoints_shared, automatic.torch_eager))
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
    monkeypatch.setattr(methods, "METHODS", (symbolic.adjoints_shared, automatic.torch_eager))
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
    derived = symbolic.adjoints_shared(problem("silu", 6))
    started = time.process_time()
    derived.call({"z": np.linspace(-1, 1, 64)})
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
