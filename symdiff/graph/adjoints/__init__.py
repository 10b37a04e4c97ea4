"""From a graph to its adjoints: the reverse sweep, and what is derived by it."""
