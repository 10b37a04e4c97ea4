"""Axes get letters, so that adjoints read as a paper's."""

import pytest
import torch
from hard_cases import drawn
from torch import nn

import symdiff
from comparisons.capture import capture
from symdiff.graph import topological
from symdiff.graph.kinds.renamed import Renamed

X, A, B, W = drawn(4, 3), drawn(3, 2), drawn(3, 2), drawn(3)

FORMS = [
    (lambda x, w: torch.tanh(x @ w), (X, W), "w̄ = (v ∘ sech²(x w)) x"),
    (lambda x, A, B: (x @ A) @ (x @ B).T, (X, A, B), "Ā = xᵀ (v (x B))"),
    (lambda x, A: (A.T @ x.T).T, (X, A), "Ā = xᵀ v"),
    (lambda x, A: torch.einsum("nd,de->ne", x, A), (X, A), "x̄ = v Aᵀ"),
    (lambda x: torch.softmax(x, 1), (X,), "x̄ = y ∘ (v − Σ_j v ∘ y)"),
    (nn.Linear(3, 2), (X,), "īnput = v weight"),
    (lambda x: 0.1 * x, (X,), "x̄ = 0.1 v"),
]


@pytest.mark.parametrize(("function", "args", "line"), FORMS)
def test_an_adjoint_reads_as_a_papers(function, args, line):
    """No redundant transpose, constants as written."""
    printed = str(symdiff.adjoints(capture(function, *args).graph))

    assert line in printed.splitlines()


def test_no_renaming_is_left_where_none_is_needed():
    """A transpose and a keepdim are only names."""
    graph = capture(lambda x, A: ((x @ A).T - (x @ A).T.mean(1, keepdim=True)).T, X, A).graph

    assert not any(isinstance(n, Renamed) for n in topological(graph.lines.values()))


def test_one_input_along_two_axes_keeps_them_apart():
    """x xᵀ goes over the rows of x twice, so one of them has another name."""
    graph = capture(lambda x: x @ x.T, X).graph

    assert len(set(graph.output.axes)) == 2
    assert str(symdiff.adjoints(graph)).splitlines()[-1] == "x̄ = v x + vᵀ x"


def test_letters_leave_the_names_of_inputs_alone():
    """An input called i keeps its name."""
    graph = capture(lambda i, j: i * j, X, X).graph

    assert not {"i", "j", "y"} & set(graph.output.axes)
