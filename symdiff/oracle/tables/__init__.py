"""Make, keep and evaluate tables: certified polynomials of a function of one variable."""
