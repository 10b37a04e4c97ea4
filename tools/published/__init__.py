"""Check hand-written backwards that others published, for docs/published.md."""
