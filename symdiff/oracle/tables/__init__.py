"""Tables: a function of one variable as certified polynomials, made, kept and evaluated."""
