"""What was found: a comparison, a table of engines, a mismatch, and a line that reproduces it."""
