"""Turn adjoints into fast functions of numbers, in float64 or in mpmath."""
