"""Formulas: text and SymPy read, checked, rewritten in stable functions, and differentiated."""
