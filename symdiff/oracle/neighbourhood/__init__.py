"""What a program of arrays does all around a point, and to one side of it."""
