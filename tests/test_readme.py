"""What the README shows is what happens."""

import re
from pathlib import Path

import pytest

import comparisons
import symdiff

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```python\n(.*?)```", README, flags=re.DOTALL)


def test_the_ten_lines_run():
    """Each line of the API example, as written."""
    code = next(block for block in BLOCKS if block.startswith("import symdiff"))
    place = {"my_torch_function": __import__("torch").nn.functional.gelu}
    exec(code, place)  # noqa: S102 - that it runs is what is tested

    assert place["result"].verdict is comparisons.Verdict.FAILS_AT_INFINITY
    values = place["f"](w=0.5, x=[-40.0, 1.0, 2.0], b=0.0, t=1.0)["w"]
    assert values == pytest.approx([-4.4e-85, -0.5676, -0.3437], rel=2e-2)
    enclosed = place["adjoints"].enclose(w=0.5, x=1.0, b=0.0, t=1.0)["w"]
    assert repr(enclosed) in README
    assert "z̄ = ȳ (Φ(z) + z φ(z))" in str(place["adjoints"])


def test_the_first_result_is_from_a_real_run():
    """Every line of the message shown is in the message raised."""
    shown = next(block for block in BLOCKS if "GradientMismatch: hardsigmoid" in block)
    with pytest.raises(comparisons.GradientMismatch) as caught:
        comparisons.check("hardsigmoid")

    for line in shown.splitlines()[3:]:
        assert line in str(caught.value)
    assert str(caught.value).splitlines()[0] in shown


@pytest.mark.usefixtures("imports_kept")
def test_the_fixture_example_runs(pytester):
    """Three lines check one's own activation."""
    code = next(block for block in BLOCKS if "def test_my_activation" in block)
    pytester.makepyfile(f"from torch.nn.functional import mish as my_activation\n\n\n{code}")

    pytester.runpytest_inprocess().assert_outcomes(passed=1)


def test_it_names_what_there_is():
    """Commands, verdicts and functions that the README speaks of exist."""
    for verdict in comparisons.Verdict:
        assert f"| {verdict} |" in README
    for name in ("neuron", "linear_layer", "vector_jacobian_product"):
        assert name in README
        assert callable(getattr(symdiff, name))
        assert callable(getattr(comparisons, name))
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for command in re.findall(r"make ([a-z-]+)", README):
        assert f"\n{command}:" in makefile or command == "is"


def test_the_picture_shows_what_its_caption_says():
    """torch's float32 gradient of gelu has no right digit between −13 and −7: 2²³ ulp are one."""
    found = comparisons.compare("gelu", dtype="float32").adjoints["z"]
    z, off = found.inputs["z"], found.judgement.ulp

    assert "docs/gelu_float32.png" in README
    assert (ROOT / "docs" / "gelu_float32.png").stat().st_size > 10_000
    assert off[(z > -13) & (z < -7)].min() > 2**22
    assert off[(z > -4) & (z < -1)].max() < 2**17  # near −0.75 f′ has a root, where ulp say little
