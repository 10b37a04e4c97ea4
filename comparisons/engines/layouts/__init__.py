"""Engines of reverse mode that differ in the memory layout of the inputs, one file each."""
