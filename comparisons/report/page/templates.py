"""Load the templates of a report, each with what it needs to keep others' text mere text.

A document may come from anywhere. In HTML every value is escaped; formulas are set by `mathml`,
which lets nothing but MathML out; and the page's policy forbids every script, style and load but
the ones it was written with. In Markdown every value is escaped as well, code by fences.
"""

from __future__ import annotations

import base64
import hashlib
import math
import re
from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from comparisons.inputs.position import entry
from comparisons.report.data.decided import briefly, decided
from comparisons.report.data.row import Row
from comparisons.report.page import markdown, plots
from comparisons.report.page.cost_plot import CostPlot
from comparisons.report.page.glossary import STATUSES, TERMS, VERDICTS
from comparisons.report.page.mathml import mathml
from comparisons.report.summaries.findings import HERE, TORCH, USER
from comparisons.results.views.number import shown
from symdiff.notation.names import lettered

_ARXIV = re.compile(r"arXiv:([0-9]{4}\.[0-9]{4,5}|[a-z-]{2,20}/[0-9]{7})")


def template(name: str) -> Any:
    """The template of a name that ends in `.html.jinja` or `.md.jinja`."""
    return (_markdown() if name.endswith(".md.jinja") else _html()).get_template(name)


def anchor(name: str) -> str:
    """The name in letters, digits and hyphens, at most 250 bytes, for an id, a class or a file."""
    words = "".join(c if c.isalnum() else " " for c in name.replace("∞", "infinity")).split()
    return "-".join(words)[:_LONGEST_ANCHOR] or "unnamed"


def _place(value: float) -> str:
    """An input in two digits, in words of its own sign: −6.7."""
    return f"{value:.2g}".replace("-", "−")


def _entry(point: Row) -> str:
    """The entry that a point is: `x.grad[3, 17]`; documents of before say no more than `x.grad`."""
    return entry(point["adjoint"], point.get("index"))


STYLE_FILE = "style.css"  # beside the pages of a folder
_LONGEST_ANCHOR = 56  # of letters of at most four bytes


@cache
def _html() -> Environment:
    style = style_sheet()
    script = _text("page.js")
    environment = _environment(autoescape=True)
    environment.globals |= {
        "STYLE": Markup(style),  # noqa: S704 - our own
        "SCRIPT": Markup(script),  # noqa: S704 - our own
        "POLICY": _policy(_hash(script), _hash(style)),
        "POLICY_OF_A_FOLDER": _policy("'none'", "'self' file:"),
        "STYLE_FILE": STYLE_FILE,
        "AXES": plots.AXES,
        "ORIGINS": (TORCH, HERE, USER),
        "inf": math.inf,
        "equation": _equation,
    }
    environment.filters |= {"place": _place, "breaking": _breaking, "cited": _cited}
    environment.filters["cost_plot"] = CostPlot
    environment.filters |= {"error_plot": plots.error_plot, "curve_plot": plots.curve_plot}
    return environment


@cache
def _markdown() -> Environment:
    environment = _environment(autoescape=False, finalize=markdown.shown_as_it_is)
    environment.filters |= {
        "code": markdown.code,
        "fenced": markdown.fenced,
        "indented": markdown.indented,
    }
    return environment


def _environment(**options: Any) -> Environment:
    environment = Environment(  # noqa: S701 - Markdown's own escapes are `finalize`
        loader=PackageLoader("comparisons", "report/page"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        **options,
    )
    environment.filters |= {"number": shown, "anchor": anchor, "lettered": lettered}
    environment.filters |= {"decided": decided, "briefly": briefly, "entry": _entry}
    environment.globals |= {"VERDICTS": VERDICTS, "STATUSES": STATUSES, "TERMS": TERMS}
    return environment


def style_sheet() -> str:
    """The style sheet with its font: within a page, or a file that a folder's pages share."""
    return _text("page.css").replace("FONT", base64.b64encode(_font()).decode())


def _breaking(name: str) -> Markup:
    """A name that may go on in the next line after an underscore."""
    return Markup("_<wbr>").join(name.split("_"))


def _cited(source: str) -> Markup:
    """A source with its arXiv identifiers as links."""
    found = Markup("")
    last = 0
    for match in _ARXIV.finditer(source):
        found += source[last : match.start()]
        found += Markup('<a href="https://arxiv.org/abs/{}">{}</a>').format(match[1], match[0])
        last = match.end()
    return found + source[last:]


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _policy(script: str, style: str) -> str:
    """The Content-Security-Policy: the page may use its own script, style sheet and font alone.

    Source: w3.org/TR/CSP3.
    """
    return (
        f"default-src 'none'; script-src {script}; style-src {style}; font-src data:; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )


def _equation(text: str, latex: str) -> str:
    """The formula set, or, where that cannot be, its text."""
    try:
        return Markup(mathml(latex))  # noqa: S704 - which escapes all text
    except ValueError:
        return Markup("<code>{}</code>").format(text)  # which escapes the text


def _text(name: str) -> str:
    return files("comparisons.report.page").joinpath(name).read_text(encoding="utf-8")


def _font() -> bytes:
    return files("comparisons.report.page").joinpath("font/stix-two-math.woff2").read_bytes()
