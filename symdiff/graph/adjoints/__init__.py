"""Derive a graph's adjoints by the reverse sweep."""
