"""Write nodes as formulas: in closed form, entry by entry, and line by line in names."""
