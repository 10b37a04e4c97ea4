"""LaTeX as MathML that a browser sets without help: short, and with brackets that stretch."""

from __future__ import annotations

import html
import re
from functools import cache

from latex2mathml.converter import convert

# What the operator dictionary of MathML Core says of brackets anyway.
_BRACKET = re.compile(r'<mo stretchy="true" fence="true" form="(?:pre|post)fix">([(){}\[\]])</mo>')
_BAR = re.compile(r'<mover>((?:(?!<mover>).)*)<mo stretchy="true">¯</mo>')
_ALONE = re.compile(r"<mrow>(<m[ion]>[^<]*</m[ion]>)</mrow>")  # a row of one
_ENTITY = re.compile(r"&#x0*([0-9A-F]+);")


@cache
def mathml(latex: str) -> str:
    """A formula of ours as a MathML element; its text is escaped."""
    # latex2mathml has no sans-serif transpose.
    found = convert(latex.replace(r"\mathsf{T}", "T"), display="inline")
    found = _ENTITY.sub(lambda m: html.escape(chr(int(m[1], 16)), quote=False), found)
    found = found.replace(' xmlns="http://www.w3.org/1998/Math/MathML"', "")
    for of_the_style_sheet in (' display="inline"', ' columnalign="left"'):
        found = found.replace(of_the_style_sheet, "")
    found = _ALONE.sub(r"\1", found)
    return _BAR.sub(r'<mover accent="true">\1<mo>¯</mo>', _BRACKET.sub(r"<mo>\1</mo>", found))
