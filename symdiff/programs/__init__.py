"""Turn a graph into a straight-line program, for every arithmetic that runs one."""
