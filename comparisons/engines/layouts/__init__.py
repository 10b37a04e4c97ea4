"""How the memory of the inputs is laid out for reverse mode: a layout a file."""
