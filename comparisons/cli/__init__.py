"""The command line, one file a command; each imports SymPy or torch only when it runs."""
