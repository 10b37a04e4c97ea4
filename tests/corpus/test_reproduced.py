"""What is found in words is shown in a fresh process: it prints the number said, or raises it.

Many functions of the corpus are made on the way, so that no import finds them: what the comment
above a reproduction asks for, to define the function first, is done by its place in the corpus.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from arrays_wrong import WRONG as WRONG_ARRAYS
from fresh_process import run_fresh
from pointwise_wrong import WRONG as WRONG_POINTWISE

import comparisons
from comparisons.results.code.reproduction import reproduction_of_finding
from comparisons.subjects.own.origin import origin_of

ROOT = Path(__file__).parents[2]
_CORPUS = {"arrays_wrong": WRONG_ARRAYS, "pointwise_wrong": WRONG_POINTWISE}
# One of each way in which a finding is shown.
_SLICE = (
    "0 in a second pass: what was saved is overwritten",
    "1 % off if the second input alone is transposed",
    "the other input's gradient if only one is needed",
    "doubles the cotangent it was given",
    "half of the gradient if both inputs are one tensor",
    "another value where no gradient is recorded",
    "0.001 for a cotangent of 0",
    "0 for a cotangent of NaN",
    "forward mode has the second tangent's sign wrong",
    "under vmap the second argument's batch is reversed",
    "under vmap the sum of the batch",
    "a NaN taken for zero",
)


def found_in_words(entry):
    """The comparison that rejects an entry of the corpus; None if one does by a number."""
    given = entry.example() if hasattr(entry, "example") else (entry.definition,)
    options = {} if hasattr(entry, "example") else {"dtype": entry.dtypes[0]}
    try:
        comparisons.check(entry.function, *given, **options)
    except comparisons.GradientMismatch as mismatch:
        found = mismatch.comparison
        return found if found.wrong_presence else None
    return None


def shown(found, module, number):
    """What the reproduction prints or raises in a fresh process."""
    remark, _, statements = reproduction_of_finding(found).rpartition("\n")
    assert not remark or remark.endswith("so no import finds it: define it first")
    folder = str(Path(__file__).parent)
    name = origin_of(_CORPUS[module][number].function).path.partition(".")[0]
    defined = f"""
import sys; sys.path[:0] = [{folder!r}, {str(ROOT)!r}]
import {module}
function = {module}.WRONG[{number}].function
{name} = getattr(function, "__self__", function)
"""
    done = run_fresh(f"{defined if remark else ''}{statements}\n", Path(folder))
    return (done.stdout if done.returncode == 0 else done.stderr).strip().splitlines()[-1]


def is_said(last, sentence):
    """Whether a sentence has what was printed: the error word by word, or the number."""
    if re.fullmatch(r"[-\d.e+]+ [-\d.e+]+", last):  # both products of forward mode
        return all(is_said(number, sentence) for number in last.split())
    if (last == "nan" and "NaN" in sentence) or (last == "None" and "(None)" in sentence):
        return True
    return re.search(rf"(?<![\w.-]){re.escape(last)}(?![\w.]*\d)", sentence) is not None


def entries():
    """Each entry that is wrong in a circumstance, with its place; most of them slow."""
    for module, wrong in _CORPUS.items():
        for number, entry in enumerate(wrong):
            if entry.wrong in _SLICE or entry.name in _SLICE:
                yield pytest.param(module, number, id=str(entry))
            else:
                yield pytest.param(module, number, id=str(entry), marks=pytest.mark.slow)


@pytest.mark.parametrize(("module", "number"), list(entries()))
def test_a_finding_in_words_is_shown_by_its_reproduction(module, number):
    """Run as it stands, it prints what the sentence says."""
    entry = _CORPUS[module][number]
    found = found_in_words(entry)
    if found is None:
        return  # a number is judged, and printed, as in the report's own test
    sentence = next(iter(found.wrong_presence.values()))  # the first is shown

    assert is_said(shown(found, module, number), sentence)


def test_the_slice_is_found_in_words():
    """Each of its entries tests something."""
    chosen = [e for es in _CORPUS.values() for e in es if e.wrong in _SLICE or e.name in _SLICE]

    assert len(chosen) >= len(_SLICE)
    assert [e for e in chosen if found_in_words(e) is None] == []
