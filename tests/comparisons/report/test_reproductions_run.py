"""Every reproduction of a report of the whole catalogue is run, and prints what the page says."""

import contextlib
import importlib
import io
import json
import math
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from fresh_process import run_fresh

import comparisons
from comparisons.report.data.files import document
from comparisons.report.data.rows import result_row
from comparisons.report.page.document import Document

# How a kernel adds up depends on where its array begins in memory.
AS_ADDED = {"float64": 1e-12, "float32": 1e-4, "bfloat16": 2e-2, "float16": 4e-3}
ROOT = Path(__file__).parents[3]


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # of torch's own code, which a reader may see too
def test_every_reproduction_of_a_report_prints_what_the_page_says(tmp_path):
    """Some eight hundred statements, each in a namespace of its own."""
    page = tmp_path / "index.html"
    subprocess.run(
        [sys.executable, "-m", "tools.report", str(page)], cwd=ROOT, check=True, capture_output=True
    )
    rows = json.loads(page.with_suffix(".json").read_text(encoding="utf-8"))["rows"]
    known = [(row, row["worst"]) for row in rows if isinstance(row.get("worst"), dict)]
    stated = [(r["dtype"], p["reproduction"], float(p["computed"])) for r, p in known]
    wrong = []
    for dtype, code, computed in stated:
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(code, {})  # noqa: S102 - what the page tells its reader to run
        found = float(printed.getvalue())
        nan = math.isnan(found) and math.isnan(computed)
        if not nan and not math.isclose(found, computed, rel_tol=AS_ADDED[dtype]):
            wrong.append((code, found, computed))

    assert len(stated) > 500
    assert wrong == []
    assert [r["subject"] for r in rows if r.get("problems") and not r["reproduction"]] == []


CODE = """
import torch


class Function(torch.autograd.Function):
    @staticmethod
    def forward(ctx, a, h):
        ctx.save_for_backward(a, h)
        return a * h


class Missing(Function):
    @staticmethod
    def backward(ctx, v):
        a, h = ctx.saved_tensors
        return v * h, None


class Doubling(Function):
    @staticmethod
    def backward(ctx, v):
        a, h = ctx.saved_tensors
        gradients = v * h, v * a
        v.mul_(2)
        return gradients


class Both(Function):
    @staticmethod
    def backward(ctx, v):
        a, h = ctx.saved_tensors
        if not all(ctx.needs_input_grad):
            raise RuntimeError("both are needed")
        return v * h, v * a


class Swallowing(torch.autograd.Function):
    @staticmethod
    def forward(ctx, z):
        ctx.save_for_backward(z)
        return z * torch.tanh(z)

    @staticmethod
    def backward(ctx, v):
        (z,) = ctx.saved_tensors
        t = torch.tanh(z)
        return torch.nan_to_num(v * (t + z * (1 - t * t)))
"""
X = torch.linspace(-2, 2, 12, dtype=torch.float64).reshape(1, 4, 3) + 0.01
SAID = {
    "Missing": ("h.grad has no gradient (None), and should have one.", "None"),
    "Doubling": ("h.grad comes with a side effect", None),
    "Both": ("RuntimeError: both are needed.", "RuntimeError: both are needed"),
    "Swallowing": ("for a cotangent of inf", None),
}


@pytest.mark.parametrize("name", SAID)
@pytest.mark.parametrize("suffix", [".html", ".md"])
def test_a_finding_in_words_is_shown_too(name, suffix, tmp_path, monkeypatch):
    """The page has the statements, which run in a fresh process and print what the card says.

    One input is called h, as the snippets call `float.fromhex` where that is free.
    """
    module = f"code_of_{name.lower()}"
    (tmp_path / f"{module}.py").write_text(CODE, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    function = getattr(importlib.import_module(module), name).apply
    with pytest.raises(comparisons.GradientMismatch) as raised:
        comparisons.check(function, *(() if name == "Swallowing" else (X, X + 3)))
    row = result_row(raised.value.comparison)
    page = Document(document([row], complete=True))
    (finding,) = page.findings
    (code,) = finding.reproductions
    said, printed = SAID[name]
    done = run_fresh(code, tmp_path)
    last = (done.stdout if printed is None or printed == "None" else done.stderr).splitlines()[-1]

    assert said.removeprefix("h.grad ") in finding.sentences[0]
    assert last in finding.sentences[0] or (last, printed) == ("None", "None")
    assert printed in (None, last)
    shown = page.render(suffix).replace("&#39;", "'")
    assert code.rpartition("; ")[2] in shown
    assert code in str(raised.value).replace("\n               ", "\n")
