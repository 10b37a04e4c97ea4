"""Enclose one formula at one point, and prove whether it is the derivative there."""
