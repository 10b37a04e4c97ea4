"""The documentation's settings: `make docs` builds it, any warning being an error."""

from importlib.metadata import version as version_of

project = "symdiff"
version = release = version_of("symdiff-autograd")
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
myst_heading_anchors = 3
default_role = "code"  # `name` in a docstring is code, as in Markdown
html_theme = "furo"
html_title = "symdiff: how right is a gradient?"
autodoc_member_order = "bysource"
autodoc_typehints = "none"  # signatures have them


def _bars(_app, _what, _name, _object, _options, lines):
    """|g| is a magnitude, not reStructuredText's substitution."""
    lines[:] = [line.replace("|", r"\|") for line in lines]


def setup(app):
    """Sphinx calls this."""
    app.connect("autodoc-process-docstring", _bars)
