"""Measure what a gradient costs: symbolic and automatic differentiation compared as methods."""
