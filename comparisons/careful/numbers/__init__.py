"""Ask the same code at other numbers: points, arrays, cotangents, types, and NaN."""
