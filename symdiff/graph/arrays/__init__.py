"""Compute on arrays of numbers what the steps of a lowered graph ask for."""
