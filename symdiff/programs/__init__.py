"""A graph as a straight-line program, for every arithmetic that runs one."""
