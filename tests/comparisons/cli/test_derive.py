"""`symdiff derive`."""

import json

import pytest

import symdiff
from comparisons.cli.command import main


def derived(capsys, *arguments):
    """What the command prints."""
    assert main(["derive", *arguments]) == 0
    return capsys.readouterr().out


@pytest.mark.parametrize("what", ["gelu", "z*sigmoid(z)"])
def test_the_lines_are_the_tutorials(capsys, what):
    """Those that Adjoints prints, under the problem they belong to."""
    out = derived(capsys, what)

    assert str(symdiff.adjoints(symdiff.neuron(what))) in out
    assert out.startswith("z = w x + b\n")


def test_the_latex_is_the_librarys(capsys):
    """One aligned block, in either form."""
    found = symdiff.adjoints(symdiff.neuron("tanh"))

    assert found.latex() + "\n" == derived(capsys, "tanh", "--latex")
    assert found.latex("closed") + "\n" == derived(capsys, "tanh", "--latex", "--closed")


def test_closed_forms_are_in_the_inputs(capsys):
    """No line names another."""
    out = derived(capsys, "tanh", "--closed")
    line = f"w̄ = {symdiff.text(symdiff.adjoints(symdiff.neuron('tanh'))['w'])}"

    assert line in out.splitlines()
    assert "z̄ x" not in out


def test_parameters_and_the_loss_are_taken(capsys):
    """0.1 is a tenth, and the loss is the one named."""
    out = derived(capsys, "z*sigmoid(beta*z)", "--set", "beta=0.1", "--loss", "mse")

    assert "with β = 1/10" in out
    assert "ȳ = 2 y − 2 t" in out


def test_a_loss_stands_by_itself(capsys):
    """Its adjoints are of y and t."""
    assert str(symdiff.adjoints(symdiff.pointwise(symdiff.loss("mse")))) in derived(capsys, "mse")


def test_the_json_has_both_forms(capsys):
    """As text and as LaTeX."""
    found = json.loads(derived(capsys, "tanh", "--json"))
    adjoint = symdiff.adjoints(symdiff.neuron("tanh"))

    assert found["equations"]["y"] == "tanh(z)"
    assert found["adjoints"]["w"]["line"]["text"] == "z̄ x"
    assert found["adjoints"]["w"]["closed"]["latex"] == symdiff.latex(adjoint["w"])
    assert list(found["adjoints"]) == list(adjoint)


def test_a_layer_is_derived_as_a_paper_writes_it(capsys):
    """softmax's adjoint in terms of its own output."""
    assert main(["derive", "softmax"]) == 0
    assert "x̄ = s ∘ (ȳ − Σ_c ȳ ∘ s)" in capsys.readouterr().out
