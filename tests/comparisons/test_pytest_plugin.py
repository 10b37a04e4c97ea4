"""The pytest plugin, run in pytest."""

import pytest

TWO = """
    import pytest

    @pytest.mark.parametrize("dtype", ["float64", "float32"])
    @pytest.mark.parametrize("name", ["tanh", "relu"])
    def test_holds(compare_gradients, name, dtype):
        compare_gradients(name, dtype=dtype)
"""
WRONG = """
    import torch

    def wrong(z):
        return torch.tanh(z) * 1.0009

    def test_fails(compare_gradients):
        compare_gradients(wrong, "tanh")
"""


@pytest.fixture(params=[(), ("-n2",)], ids=["one process", "xdist"])
def run(request, pytester):
    """Run pytest, in one process and under xdist."""
    return lambda *args: pytester.runpytest_subprocess(*request.param, *args)


class TestReport:
    @pytest.mark.parametrize("suffix", ["html", "md"])
    def test_holds_every_comparison(self, pytester, run, suffix):
        """Four comparisons, none lost or doubled, in both formats and under xdist."""
        pytester.makepyfile(TWO)
        result = run(f"--symdiff-report=out/report.{suffix}")

        result.assert_outcomes(passed=4)
        page = (pytester.path / "out" / f"report.{suffix}").read_text()
        assert {"html": "hold, of 4<", "md": "4 comparisons"}[suffix] in page
        for name in ("tanh", "relu"):
            assert name in page

    def test_has_the_failures_too(self, pytester, run):
        """A gradient that disagrees fails its test and is in the report with its reproduction."""
        pytester.makepyfile(WRONG)
        result = run("--symdiff-report=report.md")

        result.assert_outcomes(failed=1)
        result.stdout.fnmatch_lines(["*GradientMismatch: wrong as tanh*"])
        page = (pytester.path / "report.md").read_text()
        assert "1 disagree" in page
        assert "torch.full((64,)" in page

    @pytest.mark.parametrize("path", ["report.pdf", "report"])
    def test_of_an_unknown_format_is_refused_before_the_run(self, pytester, path):
        """One sentence, exit code 4, no test run."""
        pytester.makepyfile(TWO)
        result = pytester.runpytest_subprocess(f"--symdiff-report={path}")

        assert result.ret == pytest.ExitCode.USAGE_ERROR
        result.stderr.fnmatch_lines(["*a report ends in .html or .md*"])

    def test_that_cannot_be_written_is_refused_before_the_run(self, pytester):
        """A folder that is a file is found at once."""
        pytester.makefile(".txt", taken="")
        result = pytester.runpytest_subprocess("--symdiff-report=taken.txt/report.md")

        assert result.ret == pytest.ExitCode.USAGE_ERROR
        result.stderr.fnmatch_lines(["*cannot be written*"])

    def test_of_an_interrupted_run_says_so(self, pytester):
        """What was compared before Ctrl-C is in the report, marked incomplete."""
        pytester.makepyfile("""
            def test_one(compare_gradients):
                compare_gradients("relu")

            def test_two():
                raise KeyboardInterrupt
        """)
        pytester.runpytest_subprocess("--symdiff-report=report.md")

        page = (pytester.path / "report.md").read_text()
        assert "Incomplete" in page
        assert "relu" in page


class TestSummary:
    def test_is_one_line_a_subject(self, pytester, run):
        """Each type with its verdict."""
        pytester.makepyfile(TWO)
        result = run()

        result.stdout.re_match_lines_random(
            [r"relu\s+.*float64 accurate \(0 ulp\).*", r"tanh\s+.*float32 agrees \(.* ulp\).*"]
        )

    def test_is_silent_where_nothing_was_compared(self, pytester):
        """A suite that compares no gradient sees nothing of the plugin."""
        pytester.makepyfile("def test_nothing(): pass")
        result = pytester.runpytest_subprocess()

        result.stdout.no_fnmatch_line("*closed forms*")


def test_the_plugin_imports_nothing_heavy(pytester):
    """A pytest run that compares nothing imports neither torch nor SymPy nor numpy."""
    pytester.makepyfile("""
        import sys

        def test_light():
            assert not {"torch", "sympy", "numpy", "jinja2"} & sys.modules.keys()
    """)

    pytester.runpytest_subprocess("-p", "no:xdist").assert_outcomes(passed=1)
