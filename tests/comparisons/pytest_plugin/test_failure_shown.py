"""What pytest shows of a gradient that is wrong: the user's own line, the function, the number."""

import pytest

CALLS = {
    "the fixture": "compare_gradients('hardsigmoid')",
    "check": "comparisons.check('hardsigmoid')",
}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_only_the_user_s_own_line_is_in_the_traceback(call, pytester, monkeypatch):
    """The frames of the tool are hidden, and the summary line says which function and where."""
    monkeypatch.setenv("COLUMNS", "200")  # the summary line is cut to the terminal's width
    pytester.makepyfile(f"import comparisons\n\ndef test_it(compare_gradients):\n    {call}\n")

    result = pytester.runpytest_inprocess()

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines([f">*{call[:20]}*", "*GradientMismatch: hardsigmoid, float64*"])
    result.stdout.fnmatch_lines(["FAILED *GradientMismatch: hardsigmoid*"])
    shown = str(result.stdout)
    assert "comparisons.GradientMismatch: " in shown
    assert "mismatch.py" not in shown
    assert "verbs.py" not in shown
    assert "fixture.py" not in shown
