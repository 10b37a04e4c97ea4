"""The lambdify bridge: adjoints as fast functions of numbers, in float64 or in mpmath."""
