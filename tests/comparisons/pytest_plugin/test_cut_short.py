"""Runs that are cut short: by Ctrl-C, a failure, a worker that dies. What was compared is kept."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest

WRONG = """
    import torch

    def wrong(z):
        return torch.tanh(z) * 1.0009

    def test_fails(compare_gradients):
        compare_gradients(wrong, "tanh")
"""

# xdist starts three processes that each import torch: the worker that crashes in the middle of a
# test stands for them where it is quick.
EACH = [(), pytest.param(("-n2",), marks=pytest.mark.slow)]

ONE_THEN_LONG = """
    import os, signal, time
    from pathlib import Path

    def test_one(compare_gradients):
        compare_gradients("relu", dtype="float32")
        Path("seen").touch()
        time.sleep(100)
"""


def wait_for(path, running):
    """Until the run has come so far."""
    while not path.exists():
        assert running.poll() is None
        time.sleep(0.05)


def interruptible(folder, *options):
    """A run of pytest that Ctrl-C reaches, also where this one was started in the background."""
    start = (
        "import signal, sys, pytest; signal.signal(signal.SIGINT, signal.default_int_handler); "
        "sys.exit(pytest.main(sys.argv[1:]))"
    )
    command = [sys.executable, "-c", start, *options]
    return subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, start_new_session=True)


class TestCutShort:
    @pytest.mark.parametrize("options", EACH, ids=["one process", "xdist"])
    @pytest.mark.parametrize("times", [pytest.param(1, marks=pytest.mark.slow), 2])
    def test_by_an_interrupt(self, pytester, options, times):
        """What was compared before Ctrl-C, pressed once or twice, is kept, marked incomplete."""
        pytester.makepyfile("""
            import time
            from pathlib import Path

            import pytest

            @pytest.mark.parametrize("number", range(100))
            def test_one(compare_gradients, number):
                compare_gradients("relu", dtype="float32")
                Path(f"{number}.seen").touch()
                time.sleep(0.1)
        """)
        running = interruptible(pytester.path, *options, "--symdiff-report=report.md")
        while len(list(pytester.path.glob("*.seen"))) < 4:
            assert running.poll() is None
            time.sleep(0.05)
        for _ in range(times):
            os.killpg(running.pid, signal.SIGINT)
            time.sleep(0.05)

        assert running.wait(60) != 0
        page = (pytester.path / "report.md").read_text()
        assert "Incomplete" in page
        assert "relu" in page

    @pytest.mark.parametrize("options", EACH, ids=["one process", "xdist"])
    def test_by_the_first_failure(self, pytester, options):
        """-x leaves tests out, and the report says that it is incomplete."""
        pytester.makepyfile(
            WRONG
            + """
    def test_later():
        import time; time.sleep(1)

    def test_never(compare_gradients):
        compare_gradients("relu")
"""
        )
        start = pytester.runpytest_subprocess if options else pytester.runpytest_inprocess
        start(*options, "-x", "--symdiff-report=report.md")

        page = (pytester.path / "report.md").read_text()
        assert "Incomplete" in page
        assert "wrong as tanh" in page

    @pytest.mark.slow
    def test_by_a_worker_that_crashes(self, pytester):
        """The other tests' rows are kept, and the report is marked incomplete."""
        pytester.makepyfile("""
            import os

            def test_one(compare_gradients):
                compare_gradients("relu")

            def test_two():
                os._exit(1)
        """)
        result = pytester.runpytest_subprocess("-n1", "--symdiff-report=report.md")

        result.assert_outcomes(passed=1, failed=1)
        page = (pytester.path / "report.md").read_text()
        assert "Incomplete" in page
        assert "relu" in page

    def test_by_a_worker_that_crashes_in_the_middle_of_a_test(self, pytester):
        """What the test had compared is kept too, once, with what others compare afterwards."""
        pytester.makepyfile("""
            import os

            def test_one(compare_gradients):
                compare_gradients("relu")
                compare_gradients("silu")
                os._exit(1)

            def test_two(compare_gradients):
                compare_gradients("tanh", dtype="bfloat16")
        """)
        result = pytester.runpytest_subprocess("-n1", "--symdiff-json=found.json")

        result.assert_outcomes(passed=1, failed=1)
        found = json.loads((pytester.path / "found.json").read_text())
        assert [row["subject"] for row in found["rows"]] == ["relu", "silu", "tanh"]
        assert not found["complete"]

    @pytest.mark.slow
    @pytest.mark.parametrize("options", [(), ("-n2",)], ids=["one process", "xdist"])
    def test_by_an_interrupt_in_the_middle_of_a_test(self, pytester, options):
        """What the test had compared before Ctrl-C is in the report."""
        pytester.makepyfile("""
            import time
            from pathlib import Path

            def test_one(compare_gradients):
                compare_gradients("relu", dtype="float32")
                Path("seen").touch()
                time.sleep(100)
        """)
        running = interruptible(pytester.path, *options, "--symdiff-report=report.md")
        while not (pytester.path / "seen").exists():
            assert running.poll() is None
            time.sleep(0.05)
        os.killpg(running.pid, signal.SIGINT)

        assert running.wait(60) != 0
        page = (pytester.path / "report.md").read_text()
        assert "Incomplete" in page
        assert "relu" in page

    @pytest.mark.parametrize("name", ["SIGTERM", pytest.param("SIGHUP", marks=pytest.mark.slow)])
    def test_by_a_signal(self, pytester, name):
        """As by Ctrl-C: the report is there, and the shell is told which signal it was."""
        pytester.makepyfile(ONE_THEN_LONG)
        running = interruptible(pytester.path, "--symdiff-report=report.md")
        wait_for(pytester.path / "seen", running)
        running.send_signal(getattr(signal, name))

        assert running.wait(60) == 128 + getattr(signal, name)
        page = (pytester.path / "report.md").read_text()
        assert "Incomplete" in page
        assert "relu" in page

    @pytest.mark.parametrize("death", ["SIGKILL", pytest.param("os._exit", marks=pytest.mark.slow)])
    def test_by_death(self, pytester, death, tmp_path, monkeypatch):
        """The next run writes what was compared, says so, and leaves nothing behind."""
        (tmp_path / "t").mkdir()
        monkeypatch.setenv("TMPDIR", str(tmp_path / "t"))
        end = "os._exit(7)" if death == "os._exit" else "os.kill(os.getpid(), signal.SIGKILL)"
        pytester.makepyfile(test_dies=ONE_THEN_LONG.replace("time.sleep(100)", end))
        running = interruptible(pytester.path, "--symdiff-json=found.json", "test_dies.py")
        assert running.wait(60) in (7, -signal.SIGKILL)
        assert not (pytester.path / "found.json").exists()

        pytester.makepyfile(test_next="def test_nothing(): pass")
        after = pytester.runpytest_subprocess("test_next.py")

        after.stdout.fnmatch_lines(["symdiff: *found.json has the 1 rows of a run that was killed"])
        found = json.loads((pytester.path / "found.json").read_text())
        assert [row["subject"] for row in found["rows"]] == ["relu"]
        assert not found["complete"]
        assert not list((tmp_path / "t").glob("symdiff*"))

    def test_to_collecting_alone(self, pytester):
        """--co runs nothing, and a report of before is left as it is."""
        pytester.makepyfile(WRONG)
        (pytester.path / "report.md").write_text("of before")
        pytester.runpytest_inprocess("--co", "--symdiff-report=report.md")

        assert (pytester.path / "report.md").read_text() == "of before"
