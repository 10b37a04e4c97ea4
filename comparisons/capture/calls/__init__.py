"""Read the calls of torch's operators: their arguments as nodes, and what only moves entries."""
