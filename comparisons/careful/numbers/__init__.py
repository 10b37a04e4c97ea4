"""The same code at other numbers: other points, arrays, cotangents, types, and NaN."""
