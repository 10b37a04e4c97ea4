"""A case: one truth, derived once, however many engines are asked."""

import pytest

import comparisons
import symdiff.adjoint
from comparisons.report.data.rows import result_row


@pytest.fixture
def derivations(monkeypatch):
    """The graphs whose adjoints are derived from now on."""
    derived = []
    initialise = symdiff.adjoint.Adjoints.__init__

    def counted(self, graph, *args, **kwargs):
        derived.append(graph.name)
        initialise(self, graph, *args, **kwargs)

    monkeypatch.setattr(symdiff.adjoint.Adjoints, "__init__", counted)
    return derived


def test_a_comparison_derives_once(derivations):
    """Points, judging and the table of kinks share one derivation."""
    comparisons.compare("gelu", dtype="float32")

    assert derivations == ["gelu"]


def test_engines_share_the_derivation(derivations):
    """Three engines, one truth."""
    comparisons.compare_engines("tanh", dtype="float32", engines=["reverse", "jvp", "vmap"])

    assert derivations == ["tanh"]


def test_the_ideal_is_a_truth_of_its_own(derivations):
    """softplus as documented and as meant; printing the result derives nothing."""
    found = comparisons.compare("softplus", dtype="float32")
    assert len(derivations) == 2
    assert "beside the ideal" in repr(found)
    assert len(derivations) == 2


def test_a_row_derives_the_neuron_alone(derivations):
    """The function's own adjoints come with the result."""
    found = comparisons.compare("tanh", dtype="float32")
    derivations.clear()
    result_row(found)

    assert derivations == ["neuron(tanh)"]


@pytest.mark.parametrize("cotangent", ["ones", "random"])
def test_the_ideal_has_the_cotangent_of_the_gradient(cotangent):
    """What is meant is multiplied with it too: softplus is 2e-9 off, and not by the cotangent."""
    found = comparisons.compare("softplus", dtype="float32", cotangent=cotangent)

    assert found.ideal.bulk_ulp < 2


def test_the_subject_keeps_its_name_to_the_row():
    """From the definition to the page one name."""
    found = comparisons.compare("gelu", dtype="float32")
    names = {str(found.subject.definition), str(found.subject), result_row(found)["subject"]}

    assert names == {"gelu"}


def test_a_function_called_as_torch_s_is_not_torch_s():
    """A user's own `tanh` is a user's, whatever its name."""

    def tanh(z):
        return z.tanh()

    mine = comparisons.compare(tanh, "tanh", dtype="float32")
    assert str(mine.subject) == "tanh"
    assert not result_row(mine)["of_torch"]
    assert result_row(comparisons.compare("tanh", dtype="float32"))["of_torch"]
