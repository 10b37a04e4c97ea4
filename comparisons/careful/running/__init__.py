"""Code run once more, and the statements that run it again."""
