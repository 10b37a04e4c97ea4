"""The diagnosis of the corpus: the line that loses the digits, and stable code left alone."""

import pytest
import torch
from unstable import UNSTABLE

import comparisons
from comparisons.diagnosis.diagnosis import Cause

# What torch has for each: by the name of the entry, the form, and whether of the whole function.
FORMS = {
    "softplus": ("F.softplus(z)", True),
    "mish": ("F.mish(z)", True),
    "logsumexp": ("torch.logsumexp(x, -1)", True),
    "softmax": ("F.softmax(x, -1)", True),
    "layer_norm": ("F.layer_norm(x, x.shape[-1:])", True),
    "logsigmoid": ("F.logsigmoid(z)", True),
    "1 - tanh²": ("4 * torch.sigmoid(2 * z) * torch.sigmoid(-2 * z)", True),
    "expm1 over z": ("torch.expm1(z)", False),
    "hypot": ("torch.hypot(a, b)", True),
    "cosine similarity": (None, False),  # torch's own has the same squares
    "pseudo-Huber": ("z * z / (torch.sqrt(1 + z * z) + 1)", True),
    "erf's tail": ("torch.special.erfc(z)", False),
}


@pytest.fixture(scope="module", params=UNSTABLE, ids=str)
def diagnosed(request):
    """An entry and its diagnosis, made once."""
    return request.param, comparisons.diagnose(request.param.function, *request.param.example())


def test_the_line_that_loses_the_digits_is_named(diagnosed):
    """As the corpus has it, with nearly all of the error; and the formula itself is right."""
    entry, found = diagnosed

    assert found.line.text == entry.line
    assert found.line.share > 0.95
    assert found.cause in (Cause.UNSTABLE, Cause.RANGE)
    assert all(abs(f.formula) < 1e-9 for f in found.findings)


def test_what_is_lost_is_found_in_value_and_gradient(diagnosed):
    """Where the corpus says so, and nowhere else."""
    entry, found = diagnosed
    lost = {"value" if "(the value)" in f.quantity else "gradient" for f in found.findings}

    assert lost == ({"value", "gradient"} if entry.lost == "both" else {entry.lost})


def test_all_of_the_error_is_explained(diagnosed):
    """What the lines and the formula have adds up to the error."""
    _, found = diagnosed

    for finding in found.findings:
        total = finding.formula + sum(line.share for line in finding.lines)
        assert total == pytest.approx(1, abs=0.1)


def test_the_stable_form_is_proposed(diagnosed):
    """Equal at 400 bits, with an error at least a thousand times smaller at the same inputs."""
    entry, found = diagnosed
    form, whole = FORMS[entry.name]
    texts = {s.text: s for s in found.stable}
    if form is None:
        assert not texts
        return

    assert form in texts
    assert texts[form].bits == 400
    assert texts[form].apart == 0
    assert texts[form].error < 1e-15
    assert texts[form].error * 1000 < texts[form].instead
    assert (texts[form].gradient is not None) is whole


@pytest.mark.parametrize("entry", UNSTABLE, ids=str)
def test_stable_code_is_not_blamed(entry):
    """The stable form of each at the same inputs."""
    found = comparisons.diagnose(entry.stable, *entry.example())

    assert found.sound
    assert not found.findings
    assert not found.stable


def test_ordinary_inputs_of_unstable_code_are_not_blamed():
    """Naive softplus at 1 loses nothing."""
    entry = next(e for e in UNSTABLE if e.name == "softplus")
    z = torch.tensor([0.3, 1.0, 2.0], dtype=torch.float64)

    assert not comparisons.diagnose(entry.function, z).findings
