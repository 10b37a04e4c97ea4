"""The first screen: torch's own functions with the largest errors at ordinary inputs."""

import numpy as np
import pytest

import comparisons
from comparisons.report.data.rows import result_row
from comparisons.report.summaries.findings import HERE, TORCH, USER, findings, origin_of
from comparisons.report.summaries.overview import ORDINARY, overview


def row(*subject, **options):
    """A comparison's row with its title, as the document has it."""
    found = result_row(comparisons.compare(*subject, **options))
    return {**found, "title": found["subject"]}


def test_the_largest_error_is_that_of_the_comparison():
    """Of gelu in float32 at |z| ≤ 90 the largest error in ulp, and where it is."""
    found = comparisons.compare("gelu", dtype="float32")
    (operator,) = overview([{**result_row(found), "title": "gelu"}])
    z, off = found.adjoints["z"].inputs["z"], found.adjoints["z"].judgement.ulp
    within = np.abs(z) <= ORDINARY
    worst = z[within][np.argmax(off[within])]

    largest = operator.largest["float32"]
    assert largest.ulp == pytest.approx(off[within].max(), rel=1e-2)
    assert not largest.wrong
    assert abs(largest.near / worst) == pytest.approx(1, abs=0.45)  # in its bin of half an octave


def test_what_is_wrong_comes_first():
    """hardsigmoid's float64 gradient is beyond what is allowed; gelu's is only of many ulp."""
    found = overview([row("gelu"), row("hardsigmoid"), row("relu")])

    assert [o.title for o in found] == ["hardsigmoid", "gelu"]  # relu is within an ulp
    assert found[0].largest["float64"].wrong


def test_only_torch_s_own_are_in_it():
    """A user's function and a line that symdiff wrote are not torch's."""
    here, yours = row("snake"), row(lambda z: z * z * z, "z**3")

    assert overview([here, yours]) == []
    assert [origin_of(r) for r in (row("relu"), here, yours)] == [TORCH, HERE, USER]


def test_engines_that_fail_alike_share_a_card():
    """hardsigmoid's backward is one cause, whichever way it is called; gelu's reverse another."""
    rows = [row("hardsigmoid", engine=e) for e in ("reverse", "strided")]
    found = findings(rows)

    assert [f.engines for f in found] == [["reverse", "strided"]]
    rows[1]["worst"] = {**rows[1]["worst"], "ulp": 12.0}
    assert len(findings(rows)) == 2


def test_a_function_wrong_far_out_alone_comes_later():
    """gelu's tanh form is NaN beyond 10¹⁹, in bfloat16 too; hardsigmoid is wrong at 1."""
    far = row("gelu_tanh", dtype="bfloat16")
    found = findings([far, row("hardsigmoid")])

    assert [f.title for f in found] == ["hardsigmoid", "gelu_tanh"]
    assert [f.origin for f in found] == [TORCH, TORCH]
