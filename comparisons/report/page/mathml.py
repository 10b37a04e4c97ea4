"""Turn LaTeX into MathML that a browser sets without help: short, with brackets that stretch.

The converter writes what stands in a `text` command as it is, markup included. So only its tree is
taken: elements and attributes of a whitelist are written out here, and every character between
them is escaped. Whatever comes in, nothing but formulas comes out.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from xml.etree.ElementTree import Element

from latex2mathml.converter import convert_to_element

from symdiff.notation.printable import printable

LONGEST = 20_000  # characters; the longest of the catalogue has 600
_DEEPEST = 120  # braces within braces: each takes the converter some ten frames of Python's stack
# A command that a formula defines could double itself at every use.
_DEFINING = re.compile(r"\\(?:[gex]?def|let|(?:re)?newcommand|providecommand|DeclareMathOperator)")

# Source: w3.org/TR/mathml-core, section 2.1.3; without what links, acts or embeds.
# fmt: off
_ELEMENTS = frozenset({
    "math", "merror", "mfrac", "mi", "mmultiscripts", "mn", "mo", "mover", "mpadded",
    "mphantom", "mprescripts", "mroot", "mrow", "ms", "mspace", "msqrt", "mstyle", "msub",
    "msubsup", "msup", "mtable", "mtd", "mtext", "mtr", "munder", "munderover", "none",
})
# fmt: on
_SIZE = re.compile(r"[+-]?[0-9.]{1,8}(?:em|ex|px|pt|cm|mm|in|pc|mu|%)?")
_WORDS = re.compile(r"[a-z -]{1,40}")
_ATTRIBUTES: Mapping[str, re.Pattern[str]] = {
    **dict.fromkeys(("accent", "accentunder", "fence", "form", "largeop", "movablelimits"), _WORDS),
    **dict.fromkeys(("mathvariant", "separator", "stretchy", "symmetric", "displaystyle"), _WORDS),
    **dict.fromkeys(("columnlines", "rowlines", "linebreak"), _WORDS),
    **dict.fromkeys(("width", "height", "depth", "lspace", "rspace", "voffset"), _SIZE),
    **dict.fromkeys(("linethickness", "maxsize", "minsize", "scriptlevel"), _SIZE),
}
_BRACKETS = frozenset("()[]{}")


@lru_cache(maxsize=4096)
def mathml(latex: str) -> str:
    """The formula as a MathML element that holds MathML and text alone.

    Raises: ValueError, one sentence, if it is too long or too deep, defines commands, or is no
        formula that the converter knows.
    """
    if len(latex) > LONGEST:
        raise ValueError(f"a formula of {len(latex):,} characters is too long to be set")
    if _DEFINING.search(latex):
        raise ValueError("a formula that defines commands is not set")
    if _depth(latex) > _DEEPEST:
        raise ValueError("a formula nested so deeply is not set")
    try:
        # latex2mathml has no sans-serif transpose.
        tree = convert_to_element(latex.replace(r"\mathsf{T}", "T"), display="inline")
        return "".join(_written(tree))
    except Exception as error:  # noqa: BLE001 - of a wrong formula the converter raises anything
        raise ValueError(f"the formula cannot be set: {error!r}") from None


def _depth(latex: str) -> int:
    """The depth of nested brackets of any kind; an unpaired one counts."""
    deepest = depth = 0
    for character in latex:
        depth += (character in "{([") - (character in "})]" and depth > 0)
        deepest = max(deepest, depth)
    return deepest


def _written(element: Element) -> Iterator[str]:
    """The element as text; one that is not of the whitelist gives its content alone."""
    text = _escaped(element.text)
    children = list(element)
    if element.tag not in _ELEMENTS:
        yield from (text, *_content(children))
        return
    if element.tag == "mrow" and _is_leaf_alone(children):  # a row of one
        yield from (*_written(children[0]), _escaped(children[0].tail))
        return
    attributes = "".join(f' {name}="{value}"' for name, value in _attributes(element, children))
    if element.tag == "mo" and text in _BRACKETS:
        # What the operator dictionary of MathML Core says of brackets anyway.
        attributes = attributes.replace(' stretchy="true" fence="true" form="prefix"', "")
        attributes = attributes.replace(' stretchy="true" fence="true" form="postfix"', "")
    if not text and not children:
        yield f"<{element.tag}{attributes} />"
        return
    yield f"<{element.tag}{attributes}>{text}"
    yield from _content(children)
    yield f"</{element.tag}>"


def _content(children: list[Element]) -> Iterator[str]:
    for child in children:
        yield from _written(child)
        yield _escaped(child.tail)


def _is_leaf_alone(children: list[Element]) -> bool:
    return len(children) == 1 and children[0].tag in ("mi", "mn", "mo") and not len(children[0])


def _attributes(element: Element, children: list[Element]) -> Iterator[tuple[str, str]]:
    if element.tag == "mover" and _is_bar(children[-1:]):
        yield "accent", "true"
    for name, value in element.attrib.items():
        allowed = _ATTRIBUTES.get(name)
        if allowed is not None and allowed.fullmatch(value) and not _is_bar([element]):
            yield name, value


def _is_bar(elements: list[Element]) -> bool:
    return len(elements) == 1 and elements[0].tag == "mo" and _escaped(elements[0].text) == "¯"


def _escaped(text: str | None) -> str:
    """The characters that the converter means, of which some are entities, as text of HTML."""
    return "" if not text else html.escape(printable(html.unescape(text)), quote=False)
