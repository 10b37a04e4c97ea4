"""Prove limits at ±∞ by what a function is like for all large z."""
