"""LaTeX as MathML."""

from importlib.resources import files
from xml.etree import ElementTree as ET

import pytest
from fontTools.ttLib import TTFont

import symdiff
from comparisons.report.page.mathml import mathml
from symdiff.notation.names import barred

# Latin and Greek letters that a lone <mi> shows as: its mathematical italic.
_ITALIC = {**{chr(97 + i): chr(0x1D44E + i) for i in range(26)}, "h": "ℎ"}


@pytest.mark.parametrize("name", symdiff.activations)
def test_every_formula_is_markup_whose_glyphs_the_font_has(name):
    """No closed form of the catalogue falls back on another font, or shows its source."""
    font = TTFont(files("comparisons.report.page").joinpath("font/stix-two-math.woff2"))
    adjoints = symdiff.adjoints(symdiff.pointwise(symdiff.activation(name)))
    for key, value in adjoints.lines.items():
        markup = mathml(
            f"{symdiff.latex(symdiff.expression.formula.real_symbol(key))} = {symdiff.latex(value)}"
        )
        text = "".join(ET.fromstring(markup).itertext())

        assert "\\" not in text, barred(key)
        missing = {c for c in text if ord(_ITALIC.get(c, c)) not in font.getBestCmap()}
        assert not missing, (markup, missing)


def test_the_font_can_stretch():
    """It has the table that says how braces and roots are put together."""
    assert "MATH" in TTFont(files("comparisons.report.page").joinpath("font/stix-two-math.woff2"))


def test_text_is_escaped():
    """A comparison sign is no tag."""
    assert "<mo>&lt;</mo>" in mathml("z < 0")
