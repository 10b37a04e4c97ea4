"""What a check says of hand-written backwards that others published: docs/published.md."""
