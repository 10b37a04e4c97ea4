"""The command line, a file a command; each imports SymPy or torch only when it runs."""
