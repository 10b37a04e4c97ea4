"""How torch is asked to differentiate: a mode a file."""
