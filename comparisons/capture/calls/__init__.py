"""Calls of torch's operators: their arguments as nodes, and what an operator only moves."""
