"""SymPy's trees: walked without recursion, held to a size, compared without writing out cases."""
