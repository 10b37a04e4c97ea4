"""The pytest plugin, run in pytest."""

import csv
import json
import re
import xml.etree.ElementTree as ET

import pytest

from comparisons.report.data.files import read_json

TWO = """
    import pytest

    @pytest.mark.parametrize("dtype", ["float64", "float32"])
    @pytest.mark.parametrize("name", ["tanh", "relu"])
    def test_holds(compare_gradients, name, dtype):
        compare_gradients(name, dtype=dtype)
"""
ONE = """
    def test_holds(compare_gradients):
        compare_gradients("relu")
"""
WRONG = """
    import torch

    def wrong(z):
        return torch.tanh(z) * 1.0009

    def test_fails(compare_gradients):
        compare_gradients(wrong, "tanh")
"""
TYPES_SEEN = """
    import pytest

    def test_plain(compare_gradients):
        assert str(compare_gradients("relu").dtype) == {plain!r}

    @pytest.mark.symdiff(dtype="float16")
    class TestMarked:
        def test_class(self, compare_gradients):
            assert str(compare_gradients("relu").dtype) == "float16"

        @pytest.mark.symdiff(dtype="float32")
        def test_nearest(self, compare_gradients):
            assert str(compare_gradients("relu").dtype) == "float32"

        def test_call(self, compare_gradients):
            assert str(compare_gradients("relu", dtype="float64").dtype) == "float64"

    @pytest.mark.symdiff(strict=True)
    def test_strict(compare_gradients):
        assert compare_gradients("softmax").budget.strict
        assert not compare_gradients("softmax", strict=False).budget.strict
"""

# xdist starts three processes that each import torch: one such test is enough where it is quick.
XDIST = pytest.param(("-n2",), marks=pytest.mark.slow)
EACH = [(), XDIST]


@pytest.fixture(params=EACH, ids=["one process", "xdist"])
def run(request, pytester):
    """Run pytest, in one process and under xdist."""
    start = pytester.runpytest_subprocess if request.param else pytester.runpytest_inprocess
    return lambda *args: start(*request.param, *args)


def compared(path):
    """The functions and types in a report kept as JSON."""
    rows = json.loads(path.read_text())["rows"]
    return sorted((row["subject"], row["dtype"]) for row in rows)


class TestReport:
    @pytest.mark.parametrize("suffix", ["html", "md"])
    def test_holds_every_comparison(self, pytester, suffix):
        """Four comparisons, in both formats."""
        pytester.makepyfile(TWO)
        result = pytester.runpytest_inprocess(f"--symdiff-report=out/report.{suffix}")

        result.assert_outcomes(passed=4)
        page = (pytester.path / "out" / f"report.{suffix}").read_text()
        assert {"html": "hold, of 4<", "md": "4 comparisons"}[suffix] in page
        for name in ("tanh", "relu"):
            assert name in page

    def test_loses_and_doubles_no_row(self, pytester, run):
        """Each comparison is in the JSON once, and once in the CSV."""
        pytester.makepyfile(TWO)
        run("--symdiff-json=out.json", "--symdiff-csv=out.csv")

        four = [(n, t) for n in ("relu", "tanh") for t in ("float32", "float64")]
        assert four == compared(pytester.path / "out.json")
        with (pytester.path / "out.csv").open() as lines:
            assert four == sorted((r["subject"], r["dtype"]) for r in csv.DictReader(lines))

    def test_counts_a_test_that_is_run_again_once(self, pytester, run):
        """A retry takes the place of the run before it."""
        pytester.makepyfile("""
            from pathlib import Path

            def test_flaky(compare_gradients):
                compare_gradients("relu")
                seen = Path(__file__).with_name("seen")
                first = not seen.exists()
                seen.touch()
                assert not first
        """)
        result = run("--reruns=1", "--symdiff-json=out.json")

        result.stdout.fnmatch_lines(["*1 passed, 1 rerun*"])
        assert [("relu", "float64")] == compared(pytester.path / "out.json")

    def test_has_the_failures_too(self, pytester):
        """A gradient that disagrees fails its test and is in the report with its reproduction."""
        pytester.makepyfile(WRONG)
        result = pytester.runpytest_inprocess("--symdiff-report=report.md")

        result.assert_outcomes(failed=1)
        result.stdout.fnmatch_lines(["*GradientMismatch: wrong as tanh*", "*worst points*"])
        assert "torch.full((64,)" in (pytester.path / "report.md").read_text()

    @pytest.mark.parametrize(
        "option", ["--symdiff-report=r.pdf", "--symdiff-report=r", "--symdiff-json=r.txt"]
    )
    def test_of_an_unknown_format_is_refused_before_the_run(self, pytester, option):
        """One sentence, exit code 4, no test run."""
        pytester.makepyfile(TWO)
        result = pytester.runpytest_inprocess(option)

        assert result.ret == pytest.ExitCode.USAGE_ERROR
        result.stderr.fnmatch_lines(["*the file's name should end in .*"])

    @pytest.mark.parametrize("kind", ["report", "json", "csv"])
    def test_that_cannot_be_written_is_refused_before_the_run(self, pytester, kind):
        """A folder that is a file is found at once."""
        pytester.makefile(".txt", taken="")
        suffix = {"report": "md"}.get(kind, kind)
        result = pytester.runpytest_inprocess(f"--symdiff-{kind}=taken.txt/out.{suffix}")

        assert result.ret == pytest.ExitCode.USAGE_ERROR
        result.stderr.fnmatch_lines(["*cannot be written*"])

    def test_that_fails_to_be_written_hides_no_results(self, pytester, monkeypatch):
        """The tests' outcomes stand, the failure is said and is in the exit code."""
        pytester.makepyfile(ONE)

        def broken(*_, **__):
            raise RuntimeError("no ink")

        monkeypatch.setattr("comparisons.report.page.document.write", broken)
        result = pytester.runpytest_inprocess("--symdiff-report=out.md", "-p", "no:xdist")

        result.assert_outcomes(passed=1)
        result.stdout.fnmatch_lines(["*could not write *out.md: RuntimeError: no ink*"])
        assert result.ret == pytest.ExitCode.INTERNAL_ERROR


@pytest.mark.parametrize("options", EACH, ids=["one process", "xdist"])
def test_engines_are_recorded(pytester, options):
    """Each engine's comparison, and where they differ."""
    pytester.makepyfile("""
        def test_engines(compare_gradients):
            names = ["reverse", "strided"]
            table = compare_gradients.engines("gelu", dtype="float32", names=names)
            assert list(table) == names
    """)
    result = pytester.runpytest_inprocess(*options, "--symdiff-json=found.json")

    result.assert_outcomes(passed=1)
    rows = read_json(pytester.path / "found.json")["rows"]
    kinds = [row["kind"] for row in rows]
    assert [kinds.count(k) for k in ("comparison", "difference")] == [2, 1]


@pytest.mark.parametrize("options", EACH, ids=["one process", "xdist"])
def test_two_runs_leave_the_same_bytes(pytester, monkeypatch, options):
    """The page and the JSON of a run, in one process and in two: dates aside, which are set."""
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "0")
    pytester.makepyfile(TWO)
    for name, other in (("a", ()), ("b", options)):
        files = (f"--symdiff-report={name}.html", f"--symdiff-json={name}.json")
        pytester.runpytest_inprocess(*other, *files).assert_outcomes(passed=4)

    for suffix in ("html", "json"):
        found = {(pytester.path / f"{name}.{suffix}").read_bytes() for name in "ab"}
        assert len(found) == 1


class TestOptions:
    @pytest.mark.parametrize(
        ("ini", "options", "plain"),
        [
            ("", (), "float64"),
            ("symdiff_dtype = float32", (), "float32"),
            ("symdiff_dtype = float32", ("--symdiff-dtype=bfloat16",), "bfloat16"),
            pytest.param(
                "symdiff_dtype = float32",
                ("--symdiff-dtype=bfloat16", "-n2"),
                "bfloat16",
                marks=pytest.mark.slow,
            ),
        ],
        ids=["neither", "ini", "both", "both under xdist"],
    )
    def test_the_nearest_wins(self, pytester, ini, options, plain):
        """The call before the nearest marker before the command line before the ini file."""
        pytester.makeini(f"[pytest]\n{ini}")
        pytester.makepyfile(TYPES_SEEN.format(plain=plain))

        result = pytester.runpytest_inprocess(*options, "--strict-markers")
        result.assert_outcomes(passed=5)

    @pytest.mark.parametrize(
        ("option", "sentence"),
        [
            ("--symdiff-dtype=float31", "*did you mean 'float32'*"),
            (
                "--symdiff-engine=backwards",
                "*--symdiff-engine: unknown engine 'backwards'; known are reverse*",
            ),
        ],
    )
    def test_a_wrong_default_is_refused_before_the_run(self, pytester, option, sentence):
        """One sentence, exit code 4."""
        result = pytester.runpytest_inprocess(option)

        assert result.ret == pytest.ExitCode.USAGE_ERROR
        result.stderr.fnmatch_lines([sentence])

    def test_a_wrong_marker_is_refused(self, pytester):
        """A marker takes what compare_gradients takes."""
        pytester.makepyfile("""
            import pytest

            @pytest.mark.symdiff(dtyp="float32")
            def test_marked(compare_gradients):
                pass
        """)
        result = pytester.runpytest_inprocess()

        result.assert_outcomes(errors=1)
        result.stdout.fnmatch_lines(["*takes dtype, engine, points, strict by keyword, not dtyp*"])

    def test_a_report_in_the_ini_file_lies_in_the_root(self, pytester):
        """From wherever pytest is started."""
        pytester.makeini("[pytest]\nsymdiff_report = out/report.md")
        folder = pytester.mkdir("below")
        (folder / "test_below.py").write_text("def test_nothing(): pass")
        pytester.runpytest_inprocess("--rootdir", str(pytester.path), "below")

        assert (pytester.path / "out" / "report.md").exists()


class TestSummary:
    def test_is_a_table(self, pytester):
        """A line a function, a column a type, the worst first."""
        pytester.makepyfile(TWO)
        result = pytester.runpytest_inprocess()

        result.stdout.re_match_lines(
            [
                r"function\s+float64\s+float32",
                r"tanh\s+agrees \S+ ulp\s+agrees \S+ ulp",
                r"relu\s+accurate 0 ulp\s+accurate 0 ulp",
            ],
            consecutive=True,
        )

    def test_is_coloured_by_verdict(self, pytester):
        """Green for accurate, on a terminal that has colours."""
        pytester.makepyfile(ONE)
        result = pytester.runpytest_inprocess("--color=yes", "-p", "no:xdist")

        assert "\x1b[32maccurate 0 ulp" in result.stdout.str()

    def test_says_where_the_report_is(self, pytester):
        """The path, at the end."""
        result = pytester.runpytest_inprocess("--symdiff-report=out.md")

        result.stdout.fnmatch_lines(["symdiff report: out.md"])

    def test_is_silent_where_nothing_was_compared(self, pytester):
        """A suite that compares no gradient sees one line of the plugin: its header."""
        pytester.makepyfile("def test_nothing(): pass")
        result = pytester.runpytest_inprocess()

        result.stdout.no_fnmatch_line("*closed forms*")
        (line,) = (text for text in result.outlines if text.startswith("symdiff: "))
        assert re.fullmatch(r"symdiff: torch \S+, dtype float64, engine reverse", line)


class TestJUnit:
    def test_has_the_verdict_and_no_more(self, pytester, run):
        """Two short properties a comparison: a row would be a page of text."""
        pytester.makepyfile(TWO)
        run("--junitxml=out.xml")

        found = {
            p.get("name"): p.get("value")
            for p in ET.parse(pytester.path / "out.xml").findall(".//property")
        }
        assert found["symdiff.relu.float32.reverse.verdict"] == "accurate"
        assert found["symdiff.relu.float32.reverse.bulk_ulp"] == "0"
        assert len(found) == 8
        assert max(map(len, found.values())) < 20


class TestWithoutOtherPlugins:
    @pytest.mark.parametrize("plugin", ["xdist", "terminal"])
    def test_the_report_is_the_same(self, pytester, plugin):
        """The report needs no plugin but this one."""
        pytester.makepyfile(ONE)
        pytester.runpytest_inprocess("-p", f"no:{plugin}", "--symdiff-report=report.md")

        assert "relu" in (pytester.path / "report.md").read_text()

    def test_it_can_be_switched_off(self, pytester):
        """-p no:symdiff leaves a suite that compares nothing as it was."""
        pytester.makepyfile("def test_nothing(): pass")
        result = pytester.runpytest_inprocess("-p", "no:symdiff")

        result.assert_outcomes(passed=1)
        result.stdout.no_fnmatch_line("*symdiff: torch*")


def test_the_plugin_imports_nothing_heavy(pytester):
    """A pytest run that compares nothing imports neither torch nor SymPy nor numpy."""
    pytester.makepyfile("""
        import sys

        def test_light():
            assert not {"torch", "sympy", "numpy", "jinja2"} & sys.modules.keys()
    """)

    pytester.runpytest_subprocess("-p", "no:xdist").assert_outcomes(passed=1)


def test_own_code_is_called_with_tensors(pytester):
    """As `comparisons.check` is: a right and a wrong Function of one name, two rows, two ends."""
    pytester.makepyfile(
        """
        import torch, pytest

        def double(factor):
            class Double(torch.autograd.Function):
                @staticmethod
                def forward(ctx, x, s):
                    return 2 * x + s

                @staticmethod
                def backward(ctx, v):
                    return factor * v, v

            return Double

        @pytest.mark.symdiff(dtype="float32")
        @pytest.mark.parametrize("factor", [2, 1])
        def test_double(compare_gradients, factor):
            x = torch.linspace(-2, 2, 12).reshape(4, 3)
            found = compare_gradients(double(factor).apply, x, x + 0.1)
            assert str(found.dtype) == "float32"
        """
    )
    result = pytester.runpytest_inprocess("--symdiff-json=rows.json")

    result.assert_outcomes(passed=1, failed=1)
    rows = read_json(pytester.path / "rows.json")["rows"]
    assert {r["subject"]: r["verdict"] for r in rows} in (
        {"Double": "accurate", "Double (2)": "disagrees"},
        {"Double": "disagrees", "Double (2)": "accurate"},
    )
