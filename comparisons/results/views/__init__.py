"""Results to look at: numbers, tables, data frames, plots."""
