"""Walk SymPy's trees without recursion, limit their size, compare values with cases."""
