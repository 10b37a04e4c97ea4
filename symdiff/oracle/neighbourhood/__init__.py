"""Examine a program of arrays all around a point, and to one side of it."""
