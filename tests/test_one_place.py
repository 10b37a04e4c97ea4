"""What is new is defined in one place: here, and nowhere else is anything touched."""

import numpy as np
import pytest
import torch

import comparisons
import symdiff
from comparisons.engines.engine import Engine, Gradients
from comparisons.inputs.drawn import narrow
from comparisons.report.data.files import document
from comparisons.report.data.rows import result_row
from comparisons.report.page.document import Document
from comparisons.results.code.reproduction import reproduction
from comparisons.subjects.catalogue.array_code import ArrayCode
from symdiff import Graph, array, einsum, elementwise
from symdiff.graph import Node
from symdiff.graph.arrays.steps import operation
from symdiff.notation.arrays import applied

# An activation: its formula beside the code.
bump = symdiff.activation("z**2 / (c + z**2)", c="1/2")


def bump_in_torch(z):
    """The same in torch."""
    return z * z / (0.5 + z * z)


# A layer: the builder of its graph beside torch's code, and how it is drawn.
def centred(axes: str = "n c", over: str = "c") -> Graph:
    """y = x − (Σ x)/5 along an axis."""
    x = array("x", axes)
    kept = " ".join(a for a in axes.split() if a != over)
    total = einsum(f"{axes} -> {kept}", x)
    lines = {"y": elementwise(lambda a, t: a - t / 5, x, total)}
    return Graph("centred", (x,), lines, barred=True)


CENTRED = ArrayCode(centred, "x - x.sum({dim}, True) / 5", {"x": narrow})


class Reversed(Node):
    """A node kind: derivative, computation and notation in one class."""

    __slots__ = ("axis",)

    def pullback(self, cotangent):
        """The cotangent from its end to its start."""
        return (Reversed(self.axes, (cotangent,), self.axis),)

    def lowered(self, steps):
        """One step, of numbers of any kind."""
        (x,) = self.operands
        return steps.assign(operation(np.flip, steps.value(x), x.axes.index(self.axis)))

    def whole(self, write):
        """reversed_n(x)."""
        return applied("reversed", (self.axis,), self.axes, map(write, self.operands))


def backwards(axes: str = "n") -> Graph:
    """y = x² from its end to its start along the first axis."""
    x = array("x", axes)
    square = elementwise(lambda a: a**2, x)
    lines = {"y": Reversed(x.axes, (square,), x.axes[0])}
    return Graph("backwards", (x,), lines, barred=True)


BACKWARDS = ArrayCode(backwards, "(x * x).flip(0)", {"x": narrow})


class CentralDifference(Engine):
    """An engine: how it differentiates beside its summary and its reproduction."""

    name = "central_difference"
    summary = "The difference of two values, far apart for a straight line."

    def gradients(self, subject, inputs, setting):
        """Exact for a straight line."""
        (name,) = (i.name for i in subject.graph.inputs)
        z = setting.tensor(inputs[name])
        slope = (subject.forward(z + 1) - subject.forward(z - 1)) / 2
        return Gradients({name: slope.double().numpy()})

    def statement(self, shown):
        """The same in a line."""
        f = f"(lambda {shown.name}: {shown.code})"
        return shown.printed(f"(({f}({shown.name} + 1) - {f}({shown.name} - 1)) / 2)")


def page(*results):
    """The report of some results, as Markdown."""
    rows = map(result_row, results)
    return Document(document(rows, complete=True)).render(".md")


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_an_activation_is_its_formula(dtype):
    """It is judged, and a report has its closed form."""
    found = comparisons.check(bump_in_torch, bump, dtype=dtype, inputs={"z": np.arange(-9.0, 9)})

    assert "bump_in_torch" in page(found)
    with pytest.raises(comparisons.GradientMismatch):
        comparisons.check(lambda z: 1.01 * bump_in_torch(z), bump, dtype=dtype)


def test_a_layer_is_one_stanza():
    """Its options are the builder's keywords; a wrong code is rejected, a right one reported."""
    for subject in (CENTRED.subject(), CENTRED.subject(axes="c n", over="c")):
        found = comparisons.check(subject, dtype="float32")
        assert "### centred" in page(found)
    assert CENTRED.subject(axes="c n").code == "x - x.sum(0, True) / 5"
    with pytest.raises(ValueError, match="centred has no option 'axis'; it has axes, over"):
        CENTRED.subject(axis=1)

    wrong = ArrayCode(centred, "x - x.sum({dim}, True) / 4", {"x": narrow}).subject()
    with pytest.raises(comparisons.GradientMismatch):
        comparisons.check(wrong)


def test_a_node_kind_is_one_class():
    """Its graph is judged, and a report has its notation; a wrong code is rejected."""
    found = comparisons.check(BACKWARDS.subject(), dtype="float32")
    assert "reversed" in page(found)

    wrong = ArrayCode(backwards, "1.001 * (x * x).flip(0)", {"x": narrow}).subject()
    with pytest.raises(comparisons.GradientMismatch):
        comparisons.check(wrong)


def test_an_engine_is_one_class():
    """By itself and beside others; its own line prints what it computed."""
    at = {"z": np.linspace(-8, 8, 65)}
    line = comparisons.compare(lambda z: 3 * z, "3*z", engine=CentralDifference(), inputs=at)
    assert line.verdict is comparisons.Verdict.ACCURATE
    assert "central_difference" in page(line)

    square = comparisons.compare_engines(
        "tanh", engines=["reverse", CentralDifference()], inputs=at
    )
    assert list(square) == ["reverse", "central_difference"]
    found = square["central_difference"]
    assert found.verdict is comparisons.Verdict.DISAGREES
    printed = []
    exec(reproduction(found), {"print": printed.append, "torch": torch})  # noqa: S102 - that it runs is tested
    assert printed == [found.worst.computed]
    assert [d.second for d in square.beside_first()] == ["central_difference"]
