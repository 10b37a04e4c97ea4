"""Limits at ±∞, by proof: what a function is like for all large z."""
