"""Run code once more, and write the statements that run it again."""
