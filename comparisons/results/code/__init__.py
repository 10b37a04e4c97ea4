"""Write findings as Python text: a line that prints a gradient, and what it needs above it."""
