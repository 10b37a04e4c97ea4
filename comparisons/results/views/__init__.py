"""Show results as numbers, tables, data frames and plots."""
